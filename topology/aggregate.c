/* aggregate.c - aggregates and cogroups: the verbs, and the operator without windows.
 *
 * Entry points:  leat_aggregate(), leat_cogroup()
 * See also:      windowed.c (the operator with windows), combine.c (before the repartition)
 */
#include "topology/aggregate.h"

#include "base/limits.h"
#include "topology/flow.h"
#include "topology/on_close.h"
#include "topology/operators.h"
#include "topology/windows.h"

#include <stdio.h>

/* The row may point into the record until the callback's end, as a callback's output may. */
static void take_value(const struct change *change, void *out)
{
    if (change->record.value)
        memcpy(out, change->record.value, change->record.type->size);
    else
        leat_none(&change->record);
}

void aggregate_add(const struct aggregation *aggregation, int input, bool existed,
                   const struct change *change, void *out)
{
    if (!existed && aggregation->reduces) {
        take_value(change, out);
        return;
    }
    if (!existed && aggregation->with.init)
        aggregation->with.init(&change->record, out);
    if (change->partial)
        aggregation->with.merge(&change->record, out);
    else
        aggregation->adds[input](&change->record, out);
}

/* Puts a new row's first value there, if it has one: to those behind, that is the row before, as in
 * Kafka Streams. A cache tells them that there was none. */
static bool begin_row(struct node *node, struct row_edit *edit, const struct change *change)
{
    const struct aggregation *aggregation = node->step->options;
    void *value = store_edit(node->stores[0], edit->entry);

    if (aggregation->reduces)
        return false;
    if (aggregation->with.init)
        aggregation->with.init(&change->record, value);
    if (node->step->needs_before && !rows_cached(node))
        edit->before = node_copy_value(node, node->step->type, value);
    return true;
}

static int add_to_row(struct node *node, int input, struct row_edit *edit, struct leat_span window,
                      bool existed, const struct change *change)
{
    struct change result = *change;
    struct leat_call *call = node_enter(node, change);
    bool none;
    int status;

    if (!existed)
        existed = begin_row(node, edit, change);
    aggregate_add(node->step->options, input, existed, change,
                  store_edit(node->stores[0], edit->entry));
    none = call->none;
    status = node_leave(node, change);
    if (status < 0)
        return status;
    result.record.timestamp_ms = rows_result_ms(node, edit, change, none);
    result.record.window = window;
    return rows_close(node, edit, &result, none);
}

int aggregate_row(struct node *node, int input, struct leat_bytes row_key, struct leat_span window,
                  const struct change *change)
{
    struct row_edit edit;
    int status = rows_open(node, row_key, &edit);

    return status ? status : add_to_row(node, input, &edit, window, edit.existed, change);
}

/* To those behind, the row before is the value that it begins with, as in Kafka Streams. */
int aggregate_row_anew(struct node *node, int input, struct leat_bytes row_key,
                       struct leat_span window, const void *value, const struct change *change)
{
    struct row_edit edit;
    int status = rows_open(node, row_key, &edit);
    size_t size = node->step->type->size;

    if (status)
        return status;
    if (value)
        memcpy(store_edit(node->stores[0], edit.entry), value, size);
    else
        memset(store_edit(node->stores[0], edit.entry), 0, size);
    edit.existed = false;
    edit.before = node->step->needs_before ? value : NULL;
    return add_to_row(node, input, &edit, window, value, change);
}

static int aggregate_process(struct node *node, int input, const struct change *change)
{
    if (!change->record.key.data || !change->record.value)
        return node_drop(node);
    return aggregate_row(node, input, change->record.key, (struct leat_span){ 0 }, change);
}

const struct operator aggregate_rows = {
    .verb = "aggregate", .copartitioned = true, .process = aggregate_process,
    .flush = rows_flush, .get = rows_get,
};

/* What moved the clock where records are combined may still be held back there; a record that went
 * past it says how far time had come. */
void aggregate_reach(struct node *node, int input, const struct change *change)
{
    const struct aggregation *aggregation = node->step->options;

    time_reach(&node->clock, input, change->origin, change->record.timestamp_ms);
    if (aggregation->combined && !change->partial)
        time_reach(&node->clock, input, change->origin, change->origin_ms);
}

/* A tumbling or hopping window's retention counts from the last that has begun. A sliding window is
 * looked at for records of windows a difference later; a session that ended a retention ago is open
 * still. */
static int64_t retained_from(const struct node *node)
{
    const struct leat_window *window = node->step->window;
    int64_t settled_ms = time_settled(&node->feed, &node->clock);
    int64_t retention_ms = node->step->stores[0].spec.retention_ms;

    switch (window_kind(window)) {
    case LEAT_SLIDING:
        return settled_ms - retention_ms - window->size;
    case LEAT_SESSION:
        return settled_ms - retention_ms;
    default:
        return window_last(window, settled_ms) - retention_ms + 1;
    }
}

enum { SEGMENT_LEAST_MS = 60000 };

/* Who reads through a record cache finds rows there that the store beneath has given up already.
 * They stay for as long as Kafka Streams' segments keep them. */
static int64_t linger_ms(const struct node *node)
{
    int64_t half_ms = node->step->stores[0].spec.retention_ms / 2;

    if (!rows_cached(node))
        return 0;
    return half_ms > SEGMENT_LEAST_MS ? half_ms : SEGMENT_LEAST_MS;
}

int64_t aggregate_visible_from(const struct node *node)
{
    return retained_from(node) - linger_ms(node);
}

/* What waits to leave stays. */
int aggregate_flush(struct node *node)
{
    int64_t from_ms = aggregate_visible_from(node);
    int64_t emitted_ms = on_close_emitted(node);

    if (emitted_ms != TIME_MAX)
        emitted_ms -= window_closes_after(node->step->window) - 1;
    store_expire(node->stores[0], from_ms < emitted_ms ? from_ms : emitted_ms);
    return rows_flush(node);
}

/* ---- late records --------------------------------------------------------------------------- */

static int late_process(struct node *node, int input, const struct change *change)
{
    return node_forward(node, change);
}

const struct operator late_records = { .verb = "late", .process = late_process };

/* The sender has judged what it combined, by the origin's own time. That is in time here as well,
 * unless the sender had said idle, and the others' time has closed the window meanwhile. */
bool aggregate_too_late(const struct node *node, int input, const struct change *change,
                        int64_t close_ms)
{
    if (change->partial)
        return close_ms <= time_settled(&node->feed, &node->clock);
    return time_late(&node->feed, &node->clock, input, change->origin, change->origin_ms,
                     close_ms);
}

int aggregate_late(struct node *node, struct leat_span window, const struct change *change)
{
    const struct aggregation *aggregation = node->step->options;
    struct change late = *change;
    struct node *child;

    node->late++;
    node->dropped++;
    if (!aggregation->late || change->partial)
        return LEAT_OK;
    child = flow_node(node->flow, aggregation->late);
    late.record.window = window;
    late.late_for = node->step->name;
    return child->operator->process(child, 0, &late);
}

static struct step *late_stream(struct step *step, struct step *in)
{
    char name[LEAT_ERROR_TEXT];
    struct step *late;

    snprintf(name, sizeof name, "%s-late", step->name);
    late = step_new(step->topology, &late_records, name, NOUN_STREAM, in->type);
    late->key_changed = in->key_changed;
    step_connect(step, late);
    return late;
}

/* ---- the verbs ------------------------------------------------------------------------------- */

static void check_window(struct step *step, const struct leat_window *window)
{
    enum leat_window_kind kind = window_kind(window);
    bool instant = kind == LEAT_SLIDING || kind == LEAT_SESSION;
    int64_t longest_ms = leat_days(LIMIT_WINDOW_DAYS);

    step_require(step, window->size > 0 || (instant && !window->size),
                 "the window's .size must %s", instant ? "not be negative" : "be positive");
    step_require(step, window->grace >= 0, "the window's .grace must not be negative");
    step_require(step, window->size <= longest_ms && window->grace <= longest_ms,
                 "the window's .size and .grace must not exceed %d days", LIMIT_WINDOW_DAYS);
    if (kind == LEAT_HOPPING)
        step_require(step, window->advance > 0 && window->advance <= window->size,
                     "the window's .advance must lie between 1 and its .size");
    else
        step_require(step, !window->advance, "only a hopping window has an .advance");
}

static int64_t least_retention(const struct leat_window *window)
{
    bool sliding = window_kind(window) == LEAT_SLIDING;

    return window->size + window->grace + (sliding ? window->size : 0);
}

static void plan_windows(struct step *step, const struct leat_aggregate *with)
{
    bool session = window_kind(&with->window) == LEAT_SESSION;
    struct store_plan *plan = &step->stores[0];
    int64_t least_ms;

    check_window(step, &with->window);
    if (step->topology->mistake.code)
        return;
    least_ms = least_retention(&with->window);
    step->window_ms = session ? WINDOW_SESSION : with->window.size;
    plan->spec.kind = session ? STORE_SESSION : STORE_WINDOW;
    plan->spec.retention_ms = with->retention ? with->retention : least_ms;
    step_require(step, plan->spec.retention_ms >= least_ms,
                 "the .retention must cover the window's size and grace, %lld ms",
                 (long long)least_ms);
    step_require(step, !session || with->merge, "an aggregate over sessions needs .merge");
    if (with->on_close)
        on_close_plan(step);
}

static const struct operator *operator_for(const struct leat_aggregate *with)
{
    switch (window_kind(&with->window)) {
    case LEAT_SESSION:
        return &aggregate_sessions;
    case LEAT_SLIDING:
        return &aggregate_sliding;
    case LEAT_TUMBLING:
    case LEAT_HOPPING:
        return panes_fit(with) ? &aggregate_panes : &aggregate_windows;
    default:
        return &aggregate_rows;
    }
}

static struct step *aggregation_step(struct leat_topology *topology, const char *name,
                                     const struct leat_aggregate *with)
{
    const struct operator *operator = operator_for(with);
    struct step *step = step_new(topology, operator, name, NOUN_TABLE,
                                 with->type ? with->type : &leat_bytes_type);

    step_keep(step, STORE_KEY_VALUE, operator == &aggregate_panes ? &leat_bytes_type : step->type,
              &(struct leat_keep){ with->store, with->in_memory, with->no_cache, NULL });
    step->user = with->user;
    step_require(step, with->type, "an aggregate needs the .type of its rows");
    if (operator->windowed)
        plan_windows(step, with);
    else
        step_require(step, !with->on_close, "only an aggregate over windows emits .on_close");
    return step;
}

/* What the operator finds at step->options. */
static void keep_options(struct step *step, const struct aggregation *aggregation)
{
    const struct aggregation *kept = step_options(step, aggregation, sizeof *aggregation);

    if (step->operator->windowed)
        step->window = &kept->with.window;
}

/* A combine and a repartition of its own where partial aggregates may cross it; the stream's
 * shared repartition otherwise. */
static struct step *grouped(struct leat_stream *in, const char *name,
                            const struct leat_aggregate *with)
{
    struct step *from = step_of(in);

    if (!from->key_changed || !with->merge || !combine_fits(with))
        return step_partitioned(from, false);
    return combine_step(from, name, with);
}

struct leat_table *aggregate_stream(struct leat_stream *in, const char *name,
                                    const struct aggregation *as)
{
    struct aggregation kept = *as;
    struct step *from = grouped(in, name, &kept.with);
    struct step *step = aggregation_step(from->topology, name, &kept.with);
    leat_fill *adds = arena_zeroed(&step->topology->arena, sizeof *adds);

    adds[0] = kept.with.add;
    kept.adds = adds;
    kept.combined = from->twin && from->partial_type;
    step_require(step, adds[0], "an aggregate needs .add");
    step_connect(from, step);
    if (kept.with.late) {
        kept.late = late_stream(step, from);
        *kept.with.late = (struct leat_stream *)kept.late;
    }
    keep_options(step, &kept);
    return (struct leat_table *)step;
}

struct leat_table *leat_aggregate(struct leat_stream *in, const char *name,
                                  const struct leat_aggregate *with)
{
    struct aggregation plain = { .with = with ? *with : (struct leat_aggregate){ 0 } };

    return aggregate_stream(in, name, &plain);
}

struct leat_table *leat_cogroup(const struct leat_cogroup_input *inputs, const char *name,
                                const struct leat_aggregate *with)
{
    struct leat_topology *topology = step_of(inputs[0].stream)->topology;
    struct aggregation kept = { .with = *with };
    struct step **from, *step;
    leat_fill *adds;
    size_t count = 0;

    while (inputs[count].stream)
        count++;
    from = arena_zeroed(&topology->arena, count * sizeof *from);
    kept.adds = adds = arena_zeroed(&topology->arena, count * sizeof *adds);
    for (size_t i = 0; i < count; i++)
        from[i] = step_partitioned(step_of(inputs[i].stream), false);
    step = aggregation_step(topology, name, with);
    step_require(step, !with->late, "a cogroup has no stream of late records: its inputs may "
                                    "differ in type");
    for (size_t i = 0; i < count; i++) {
        adds[i] = inputs[i].add;
        step_require(step, adds[i], "input %zu of the cogroup needs .add", i + 1);
        step_connect(from[i], step);
    }
    keep_options(step, &kept);
    return (struct leat_table *)step;
}
