/* suppress.c - changes of a table that wait, for their window's close or for a time, so that only
 * the last one leaves: leat_suppress().
 *
 * Source: Kafka Streams' KTableSuppressProcessorSupplier. There the change that leaves has as the
 * old row the last one that was held back; here it is the one that left before.
 * See also:  held.h (what waits)
 */
#include "state/big_endian.h"
#include "topology/flow.h"
#include "topology/held.h"
#include "topology/operators.h"
#include "topology/rows.h"
#include "topology/windows.h"

/* ---- leaving --------------------------------------------------------------------------------- */

static int pass_on(struct node *node, const struct held *held, const struct change *cause)
{
    const struct entry *waiting = held->waiting;
    struct row before = { 0 };
    struct change out = {
        .record = { .value = held->deleted ? NULL : waiting->value,
                    .type = node->step->type,
                    .timestamp_ms = waiting->timestamp_ms,
                    .call = &node->flow->call },
        .before_known = node->step->needs_before,
        .origin = cause->origin,
        .origin_ms = node->feed.single ? cause->origin_ms : waiting->timestamp_ms,
    };
    int status = out.before_known ? held_before(node, held->row_key, &before) : LEAT_OK;

    if (status)
        return status;
    rows_name(node, held->row_key, &out.record);
    out.before = before.value;
    out.before_ms = before.timestamp_ms;
    return node_forward(node, &out);
}

/* It stops waiting when it has left, as those behind may ask for the row before. */
static int let_go(struct node *node, struct entry *waiting, const struct change *cause)
{
    struct held held;
    int status = held_open(node, waiting, &held);

    if (!status)
        status = pass_on(node, &held, cause);
    return status ? status : held_close(node, &held);
}

static bool too_many(const struct node *node)
{
    const struct leat_suppress *with = &suppression_of(node)->with;
    const struct suppress *suppress = node->state;

    if (with->when_full == LEAT_UNBOUNDED)
        return false;
    if (with->max_bytes && suppress->held[HELD_BYTES] > with->max_bytes)
        return true;
    return (with->max_records || !with->max_bytes) &&
           suppress->held[HELD_RECORDS] > with->max_records;
}

/* The oldest leave while they are due, or while there are too many that may leave early. */
static int walk(struct node *node, struct store_cursor *cursor, int64_t due_ms,
                const struct change *cause)
{
    bool early = suppression_of(node)->with.when_full == LEAT_EMIT_EARLY;
    struct arena *arena = &node->flow->record;
    struct suppress *suppress = node->state;
    struct entry *entry;
    int status;

    while ((status = store_next(cursor, &entry, node->flow->error)) == 1) {
        struct arena_mark mark = arena_mark(arena);

        suppress->low_ms = held_time(entry);
        if (suppress->low_ms > due_ms && !(early && too_many(node)))
            return LEAT_OK;
        status = let_go(node, entry, cause);
        if (status)
            return status;
        arena_rewind(arena, mark);
    }
    suppress->low_ms = INT64_MAX;
    return status;
}

/* From the first that may wait: before it lie only the traces of those that have left. */
static int release_until(struct node *node, int64_t due_ms, const struct change *cause)
{
    struct suppress *suppress = node->state;
    struct leat_bytes none = { 0 };
    struct store_cursor *cursor;
    char from[8];
    int status;

    if (suppress->low_ms > due_ms && !too_many(node))
        return LEAT_OK;
    big_endian_put_64(from, suppress->low_ms > 0 ? (uint64_t)suppress->low_ms : 0);
    status = store_range(node->stores[HELD_WAITING], leat_bytes(from, sizeof from), none, false,
                         &cursor, node->flow->error);
    if (status)
        return status;
    status = walk(node, cursor, due_ms, cause);
    store_cursor_close(cursor);
    return status;
}

static int64_t closing(const struct node *node)
{
    const struct suppress *suppress = node->state;

    return suppress->by_marks ? time_settled(&node->feed, &node->clock)
                              : time_closing(&node->feed, &node->clock, 0);
}

/* Those behind go by what has left: their windows stay open for what waits. */
static int release(struct node *node, const struct change *cause)
{
    int64_t closing_ms = closing(node);
    int64_t due_ms = closing_ms == TIME_NONE ? TIME_NONE
                                             : closing_ms - suppression_of(node)->wait_ms;
    int status = release_until(node, due_ms, cause);

    if (!status)
        node_passed(node, closing_ms - suppression_of(node)->hold_ms);
    return status;
}

static int suppress_process(struct node *node, int input, const struct change *change)
{
    const struct leat_suppress *with = &suppression_of(node)->with;
    const struct suppress *suppress = node->state;
    int status;

    assert(change->before_known);
    time_reach(&node->clock, 0, change->origin, change->record.timestamp_ms);
    status = held_take(node, change);
    if (!status)
        status = suppress->at_flush ? release_until(node, TIME_NONE, change)
                                    : release(node, change);
    if (status || !too_many(node))
        return status;
    return error_set(node->flow->error, LEAT_E_LIMIT,
                     "step '%s' would hold back %lld rows of %lld bytes, and may hold %lld of %lld "
                     "(0: any number); raise .max_records or .max_bytes, or let it emit early",
                     node->step->name, (long long)suppress->held[HELD_RECORDS],
                     (long long)suppress->held[HELD_BYTES], (long long)with->max_records,
                     (long long)with->max_bytes);
}

/* Marks may have moved the closing time. What they make due is no record's doing. */
static int release_due(struct node *node)
{
    struct change none = { .record = { .call = &node->flow->call }, .origin = flow_origin(node) };

    return release(node, &none);
}

static int suppress_advance(struct node *node)
{
    const struct suppress *suppress = node->state;

    return suppress->by_marks && !suppress->at_flush ? release_due(node) : LEAT_OK;
}

/* Those before it have been flushed. */
static int suppress_flush(struct node *node)
{
    const struct suppress *suppress = node->state;

    return suppress->at_flush ? release_due(node) : LEAT_OK;
}

/* ---- its state ------------------------------------------------------------------------------- */

/* Results of partial aggregates come in no order of time. */
static bool is_combined(const struct step *step)
{
    bool combined = step->operator == &repartition_receive && step->partial_type;

    for (int i = 0; i < step->input_count && !combined; i++)
        combined = is_combined(step->inputs[i]);
    return combined;
}

/* Whether changes come to it, or to those before it, at a flush only. */
static bool comes_at_flush(const struct node *node)
{
    bool comes = false;

    for (int i = 0; i < node->step->input_count && !comes; i++) {
        const struct node *from = node->inputs[i];

        comes = from && ((from->step->store_count && rows_cached(from)) ||
                         from->operator == &aggregate_panes || comes_at_flush(from));
    }
    return comes;
}

static int suppress_open(struct node *node)
{
    struct suppress *suppress = node->state;

    suppress->by_marks = !node->feed.single || is_combined(node->step);
    suppress->at_flush = suppress->by_marks && comes_at_flush(node);
    return LEAT_OK;
}

static bool suppress_holds(const struct step *step)
{
    return true;
}

/* The view of what has left: the row before it began to wait, of which Kafka Streams does not know
 * the time, or as the input has it. */
static int suppress_get(struct node *node, struct leat_bytes key, struct row *row)
{
    bool waits;
    int status = held_waits(node, key, &waits);

    if (status)
        return status;
    if (!waits)
        return node->inputs[0]->operator->get(node->inputs[0], key, row);
    status = held_before(node, key, row);
    row->timestamp_ms = -1;
    return status;
}

static int suppress_save(struct node *node)
{
    struct suppress *suppress = node->state;

    if (!suppress->moved)
        return LEAT_OK;
    suppress->moved = false;
    return flow_keep(node, "held", suppress->held, HELD_COUNT);
}

static int suppress_load(struct node *node)
{
    struct suppress *suppress = node->state;
    int status = flow_kept(node, "held", suppress->held, HELD_COUNT);

    for (int i = 0; i < HELD_COUNT; i++)
        if (suppress->held[i] == TIME_NONE)
            suppress->held[i] = 0;
    suppress->low_ms = INT64_MIN;
    suppress->moved = false;
    node_passed(node, closing(node) - suppression_of(node)->hold_ms);
    return status;
}

static const struct operator suppress_operator = {
    .verb = "suppress", .state_size = sizeof(struct suppress), .windowed = true, .buffers = true,
    .needed = held_plan_before, .holds = suppress_holds, .open = suppress_open,
    .process = suppress_process, .get = suppress_get,
    .advance = suppress_advance, .flush = suppress_flush,
    .save = suppress_save, .load = suppress_load,
};

/* ---- the verb -------------------------------------------------------------------------------- */

/* A window leaves at its end and grace; a session may still grow for its gap. */
static int64_t close_wait_ms(const struct leat_window *window)
{
    return window->grace + (window_kind(window) == LEAT_SESSION ? window->size : 0);
}

static void check_options(struct step *step, const struct leat_suppress *with)
{
    bool bounded = with->max_records || with->max_bytes;

    if (with->until_close && !step->window)
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "the keys of its input are of no window, so none closes; suppress the table "
                     "of a windowed aggregate, or for a .wait");
    step_require(step, !with->until_close || !with->wait,
                 "it takes .until_close or a .wait, not both");
    step_require(step, !with->until_close || with->when_full != LEAT_EMIT_EARLY,
                 "a window's last result cannot leave early; with .until_close use LEAT_STOP");
    step_require(step, with->max_records >= 0 && with->max_bytes >= 0,
                 "its bounds must not be negative");
    step_require(step, !bounded || with->when_full != LEAT_UNBOUNDED,
                 "a bound needs .when_full: LEAT_EMIT_EARLY or LEAT_STOP");
}

struct leat_table *leat_suppress(struct leat_table *in, const char *name,
                                 const struct leat_suppress *with)
{
    struct step *from = step_of(in);
    struct step *step = step_new(from->topology, &suppress_operator, name, NOUN_TABLE, from->type);
    struct suppression suppression = { .with = *with };

    step_keys_like(step, from);
    check_options(step, with);
    if (!with->until_close) {
        suppression.wait_ms = suppression.hold_ms = with->wait > 0 ? with->wait : 0;
    } else if (step->window) {
        suppression.wait_ms = close_wait_ms(step->window);
        suppression.hold_ms = window_closes_after(step->window);
    }
    step_options(step, &suppression, sizeof suppression);
    step_connect(from, step);
    table_need_before(from);
    held_plan(step);
    return (struct leat_table *)step;
}
