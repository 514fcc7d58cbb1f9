/* on_close.c - the index of windows by when they close, and passing on what has closed.
 *
 * Key of the index: closing time and start, eight bytes each, big-endian, then the inner key: the
 * order in which results leave. A window stands there from its row's first write until its result
 * has left, for each input of a cogroup. Whose row was deleted meanwhile has no result.
 */
#include "topology/on_close.h"

#include "base/limits.h"
#include "base/memory.h"
#include "state/big_endian.h"
#include "topology/aggregate.h"
#include "topology/flow.h"
#include "topology/windows.h"

#include <stdio.h>

enum { INDEX_HEAD_BYTES = 16 };

void on_close_plan(struct step *step)
{
    char name[LEAT_ERROR_TEXT];
    struct store_plan *plan;

    snprintf(name, sizeof name, "%.*s-open", LIMIT_NAME_BYTES - 5, step->stores[0].spec.name);
    plan = step_store(step, name, STORE_KEY_VALUE, &leat_bytes_type);
    plan->in_memory = step->stores[0].in_memory;
    plan->cached = step->stores[0].cached = false;
    step->stores[0].on_close = true;
}

/* ---- the index ------------------------------------------------------------------------------- */

static struct leat_bytes index_key(struct arena *arena, int64_t close_ms, int64_t start_ms,
                                   struct leat_bytes key)
{
    char *memory = arena_new(arena, INDEX_HEAD_BYTES + key.size);

    big_endian_put_64(memory, (uint64_t)close_ms);
    big_endian_put_64(memory + 8, (uint64_t)start_ms);
    if (key.size)
        memcpy(memory + INDEX_HEAD_BYTES, key.data, key.size);
    return leat_bytes(memory, INDEX_HEAD_BYTES + key.size);
}

/* The window's key and bounds, from its entry in the index; returns when it closes. */
static int64_t read_index(const struct node *node, const struct entry *entry,
                          struct leat_record *record)
{
    const struct leat_window *window = node->step->window;
    int64_t close_ms = (int64_t)big_endian_get_64(entry->key.data);
    int64_t start_ms = (int64_t)big_endian_get_64(entry->key.data + 8);

    record->key = leat_bytes(entry->key.data + INDEX_HEAD_BYTES,
                             entry->key.size - INDEX_HEAD_BYTES);
    record->window = leat_window_span(start_ms, start_ms + window->size);
    if (window_kind(window) == LEAT_SESSION)
        record->window = (struct leat_span){ start_ms, close_ms - window_closes_after(window),
                                             LEAT_SPAN_SESSION };
    return close_ms;
}

static int64_t closes_at(const struct node *node, const struct leat_span *span)
{
    int64_t row_ms = span->kind == LEAT_SPAN_SESSION ? span->end_ms : span->start_ms;

    return row_ms + window_closes_after(node->step->window);
}

static int index_entry(struct node *node, const struct leat_record *record, struct entry **entry)
{
    const struct leat_span *span = &record->window;

    return store_entry(node->stores[1], index_key(&node->flow->record, closes_at(node, span),
                                                  span->start_ms, record->key),
                       entry, node->flow->error);
}

int on_close_forget(struct node *node, const struct leat_record *record)
{
    struct entry *entry;
    int status = index_entry(node, record, &entry);

    if (!status && entry->value)
        store_set(node->stores[1], entry, NULL, record->timestamp_ms);
    return status;
}

int on_close_note(struct node *node, const struct leat_record *record)
{
    const struct leat_bytes mark = LEAT_LITERAL("");
    struct on_close *state = node->state;
    int64_t close_ms = closes_at(node, &record->window);
    struct entry *entry;
    int status = index_entry(node, record, &entry);

    if (status || entry->value)
        return status;
    store_set(node->stores[1], entry, &mark, record->timestamp_ms);
    for (int32_t i = 0; i < state->count; i++)
        if (close_ms < state->clocks[i].next_ms)
            state->clocks[i].next_ms = close_ms;
    return LEAT_OK;
}

/* ---- passing on ------------------------------------------------------------------------------ */

static int pass_on(struct node *node, const struct leat_record *window, const struct change *cause)
{
    struct change result = *cause;
    struct entry *row;
    int status;

    result.record.key = window->key;
    result.record.window = window->window;
    status = store_entry(node->stores[0], rows_key(node, &result.record), &row,
                         node->flow->error);
    if (status || !row->value)
        return status;
    result.record.value = row->value;
    result.record.type = node->step->type;
    result.record.timestamp_ms = row->timestamp_ms;
    if (!node->feed.single) /* of no record's own time, and so by that not late either */
        result.origin_ms = row->timestamp_ms;
    result.before = NULL;
    result.before_known = node->step->needs_before;
    result.superseded = result.partial = false;
    return node_forward(node, &result);
}

/* Whether no clock but this one has it still before it. */
static bool is_last(const struct on_close *state, int32_t clock, int64_t close_ms)
{
    for (int32_t i = 0; i < state->count; i++)
        if (i != clock && state->emitted_ms[i] < close_ms)
            return false;
    return true;
}

static int walk_index(struct node *node, struct store_cursor *cursor, int32_t clock,
                      int64_t closing_ms, const struct change *cause)
{
    struct on_close *state = node->state;
    struct arena *arena = &node->flow->record;
    struct entry *entry;
    int status;

    while ((status = store_next(cursor, &entry, node->flow->error)) == 1) {
        struct arena_mark before = arena_mark(arena);
        struct leat_record window;
        int64_t close_ms = read_index(node, entry, &window);

        state->clocks[clock].next_ms = close_ms;
        if (close_ms > closing_ms)
            return LEAT_OK;
        status = pass_on(node, &window, cause);
        if (status)
            return status;
        if (is_last(state, clock, close_ms))
            store_set(node->stores[1], entry, NULL, cause->record.timestamp_ms);
        arena_rewind(arena, before);
    }
    state->clocks[clock].next_ms = TIME_MAX;
    return status;
}

static int pass_on_closed(struct node *node, int32_t clock, int64_t closing_ms,
                          const struct change *cause)
{
    struct on_close *state = node->state;
    struct leat_bytes none = { 0 };
    struct store_cursor *cursor;
    int status = store_range(node->stores[1], index_key(&node->flow->record,
                                                        state->emitted_ms[clock] + 1, 0, none),
                             none, false, &cursor, node->flow->error);

    if (status)
        return status;
    status = walk_index(node, cursor, clock, closing_ms, cause);
    store_cursor_close(cursor);
    return status;
}

/* Source: Kafka Streams' AbstractKStreamTimeWindowAggregateProcessor: a look counts as one though
 * nothing has closed. */
static bool wall_allows(const struct node *node, struct on_close_clock *clock)
{
    int64_t now_ms;

    if (!node->flow->options.emit_interval_ms)
        return true;
    now_ms = clock_wall_ms(node->flow->options.clock);
    if (now_ms < clock->wall_ms)
        return false;
    clock->wall_ms = now_ms + node->flow->options.emit_interval_ms;
    return true;
}

/* Windows that have not closed began later than this. */
static void tell_passed(struct node *node)
{
    node_passed(node, on_close_emitted(node) - window_closes_after(node->step->window));
}

static int look(struct node *node, int32_t clock, int64_t closing_ms, const struct change *cause)
{
    struct on_close *state = node->state;
    int status = LEAT_OK;

    if (!wall_allows(node, &state->clocks[clock]) || closing_ms <= state->emitted_ms[clock])
        return LEAT_OK;
    if (closing_ms >= state->clocks[clock].next_ms)
        status = pass_on_closed(node, clock, closing_ms, cause);
    state->emitted_ms[clock] = closing_ms;
    state->moved = true;
    tell_passed(node);
    return status;
}

/* Marks tell what has closed where several origins come in, and where partial aggregates do, which
 * may be sent behind records that are later than they. */
static bool by_marks(const struct node *node)
{
    return !node->feed.single || ((const struct aggregation *)node->step->options)->combined;
}

int on_close_look(struct node *node, int input, const struct change *cause)
{
    const struct on_close *state = node->state;

    if (!state->count || by_marks(node))
        return LEAT_OK;
    return look(node, input, time_closing(&node->feed, &node->clock, input), cause);
}

/* No record causes this. */
int on_close_advance(struct node *node)
{
    const struct on_close *state = node->state;
    struct change cause = { .record = { .call = &node->flow->call },
                            .origin = flow_origin(node) };

    if (!state->count || !by_marks(node))
        return LEAT_OK;
    cause.origin_ms = time_settled(&node->feed, &node->clock);
    cause.record.timestamp_ms = cause.origin_ms;
    return look(node, 0, cause.origin_ms, &cause);
}

int64_t on_close_emitted(const struct node *node)
{
    const struct on_close *state = node->state;
    int64_t least_ms = TIME_MAX;

    for (int32_t i = 0; i < state->count; i++)
        if (state->emitted_ms[i] < least_ms)
            least_ms = state->emitted_ms[i];
    return least_ms;
}

/* ---- its life -------------------------------------------------------------------------------- */

bool on_close_holds(const struct step *step)
{
    return step->stores[0].on_close;
}

int on_close_open(struct node *node)
{
    const struct aggregation *aggregation = node->step->options;
    struct on_close *state = node->state;

    if (!aggregation->with.on_close)
        return LEAT_OK;
    state->count = by_marks(node) ? 1 : node->clock.inputs;
    state->emitted_ms = memory_array((size_t)state->count, sizeof *state->emitted_ms);
    state->clocks = memory_array((size_t)state->count, sizeof *state->clocks);
    return LEAT_OK;
}

int on_close_save(struct node *node)
{
    struct on_close *state = node->state;

    if (!state->moved)
        return LEAT_OK;
    state->moved = false;
    return flow_keep(node, "emitted", state->emitted_ms, state->count);
}

/* At the start, and after an abort: what was known of the index and the wall clock's last look may
 * have been undone. */
int on_close_load(struct node *node)
{
    struct on_close *state = node->state;
    int status;

    state->moved = false;
    for (int32_t i = 0; i < state->count; i++)
        state->clocks[i] = (struct on_close_clock){ 0 };
    if (!state->count)
        return LEAT_OK;
    status = flow_kept(node, "emitted", state->emitted_ms, state->count);
    tell_passed(node);
    return status;
}

void on_close_close(struct node *node)
{
    struct on_close *state = node->state;

    memory_free(state->emitted_ms);
    memory_free(state->clocks);
}
