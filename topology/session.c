/* session.c - the aggregate over sessions: a key's records with no gap of inactivity between them.
 *
 * A record is a session of one instant, which merges with each session of its key that lies within
 * the gap. What merged is deleted, and the whole stands under its new bounds. A session's row has
 * no time of its own: its end is. It is open until gap and grace have gone by since.
 * See also:  state/session_key.h (the layout, in order of end), aggregate.c (the verbs)
 */
#include "topology/aggregate.h"

#include "state/session_key.h"
#include "topology/flow.h"
#include "topology/on_close.h"
#include "topology/operators.h"
#include "topology/windows.h"

struct session {
    struct session *next;
    struct entry *entry;
    struct leat_span span;
};

struct merger {                /* the sessions that a record merges with, in order of end */
    struct session *first, **last;
    struct leat_span span;     /* of all, the record's instant too */
};

static struct leat_span session_span(int64_t start_ms, int64_t end_ms)
{
    return (struct leat_span){ start_ms, end_ms, LEAT_SPAN_SESSION };
}

/* ---- finding --------------------------------------------------------------------------------- */

/* The entry is asked for by key, so that the store keeps it when the cursor moves on. */
static int add_session(struct node *node, struct entry *found, struct leat_span span,
                       struct merger *merger)
{
    struct session *session = arena_zeroed(&node->flow->record, sizeof *session);

    if (span.start_ms < merger->span.start_ms)
        merger->span.start_ms = span.start_ms;
    if (span.end_ms > merger->span.end_ms)
        merger->span.end_ms = span.end_ms;
    session->span = span;
    *merger->last = session;
    merger->last = &session->next;
    return store_entry(node->stores[0], found->key, &session->entry, node->flow->error);
}

/* Sessions of a key lie apart, so those that begin beyond the gap are the last to be looked at. */
static int walk_sessions(struct node *node, struct store_cursor *cursor,
                         const struct leat_record *record, int64_t gap_ms, struct merger *merger)
{
    struct session_key parts;
    struct entry *entry;
    int status;

    while ((status = store_next(cursor, &entry, node->flow->error)) == 1) {
        if (!session_key_of(entry->key, record->key) || !session_key_parse(entry->key, &parts))
            continue;
        if (parts.start_ms - record->timestamp_ms > gap_ms)
            return LEAT_OK;
        status = add_session(node, entry, session_span(parts.start_ms, parts.end_ms), merger);
        if (status)
            return status;
    }
    return status;
}

/* What the retention has passed is not looked at, be it in the store still or not: that depends on
 * the last commit, which decides no results. */
static int find_sessions(struct node *node, const struct leat_record *record,
                         struct merger *merger)
{
    const struct aggregation *aggregation = node->step->options;
    int64_t at_ms = record->timestamp_ms, gap_ms = aggregation->with.window.size;
    int64_t low_ms = aggregate_visible_from(node);
    struct store_cursor *cursor;
    struct leat_bytes from, to;
    int status;

    if (low_ms < at_ms - gap_ms)
        low_ms = at_ms - gap_ms;
    *merger = (struct merger){ .span = session_span(at_ms, at_ms) };
    merger->last = &merger->first;
    session_key_bounds(&node->flow->record, record->key, low_ms, INT64_MAX, &from, &to);
    status = store_range(node->stores[0], from, to, false, &cursor, node->flow->error);
    if (status)
        return status;
    status = walk_sessions(node, cursor, record, gap_ms, merger);
    store_cursor_close(cursor);
    return status;
}

/* ---- merging --------------------------------------------------------------------------------- */

/* Returns whether there is something to add to. What a callback leaves without a value is zeroes to
 * the next one, and no row yet to a reduce. */
static bool add_part(struct node *node, int input, bool existed, const struct change *part,
                     void *out)
{
    const struct aggregation *aggregation = node->step->options;
    struct leat_call *call = part->record.call;

    call->none = false;
    aggregate_add(aggregation, input, existed, part, out);
    if (call->none)
        memset(out, 0, node->step->type->size);
    return !call->none || !aggregation->reduces;
}

/* The initial value is merged too, as Kafka Streams does it. 1: the record is skipped here. */
static int merged_value(struct node *node, int input, const struct change *change,
                        const struct merger *merger, const void **value)
{
    struct leat_call *call = node_enter(node, change);
    struct change part = *change;
    void *out = node_new_value(node);
    bool existed = false;

    part.partial = true;
    part.record.type = node->step->type;
    for (const struct session *at = merger->first; at; at = at->next) {
        part.record.value = at->entry->value;
        part.record.timestamp_ms = at->span.end_ms;
        part.record.window = at->span;
        existed = add_part(node, input, existed, &part, out);
    }
    add_part(node, input, existed, change, out);
    *value = call->none ? NULL : out;
    return node_leave(node, change);
}

/* A row that is written has none before it to tell: what merged was deleted first. Kafka Streams
 * says so, when it does not cache, of a session of one instant too, which is written over. */
static int write_session(struct node *node, struct leat_span span, const void *value,
                         const struct change *cause)
{
    struct leat_bytes key = session_key_build(&node->flow->record, cause->record.key,
                                              span.start_ms, span.end_ms);
    struct change result = *cause;
    struct row_edit edit;
    int status = rows_open(node, key, &edit);

    if (status)
        return status;
    if (value)
        edit.before = NULL;
    result.record.timestamp_ms = span.end_ms;
    result.record.window = span;
    store_set(node->stores[0], edit.entry, value, span.end_ms);
    return rows_close(node, &edit, &result, !value);
}

/* A record that falls on a session of its own single instant replaces that one's row. */
static int replace_sessions(struct node *node, const struct merger *merger, const void *value,
                            const struct change *cause)
{
    int status = LEAT_OK;

    if (merger->span.start_ms != merger->span.end_ms)
        for (const struct session *at = merger->first; at && !status; at = at->next)
            status = write_session(node, at->span, NULL, cause);
    return status ? status : write_session(node, merger->span, value, cause);
}

static int add_record(struct node *node, int input, const struct change *change)
{
    struct merger merger;
    const void *value;
    int64_t close_ms;
    int status = find_sessions(node, &change->record, &merger);

    if (status)
        return status;
    close_ms = merger.span.end_ms + window_closes_after(node->step->window);
    if (aggregate_too_late(node, input, change, close_ms))
        return aggregate_late(node, merger.span, change);
    status = merged_value(node, input, change, &merger, &value);
    if (status)
        return status > 0 ? LEAT_OK : status;
    return replace_sessions(node, &merger, value, change);
}

static int session_process(struct node *node, int input, const struct change *change)
{
    int status;

    if (!change->record.key.data)
        return node_drop(node);
    aggregate_reach(node, input, change);
    status = add_record(node, input, change);
    return status ? status : on_close_look(node, input, change);
}

const struct operator aggregate_sessions = {
    .verb = "session-aggregate", .copartitioned = true, .windowed = true,
    .state_size = sizeof(struct on_close), .holds = on_close_holds, .open = on_close_open,
    .process = session_process, .flush = aggregate_flush, .get = rows_get,
    .advance = on_close_advance, .save = on_close_save, .load = on_close_load,
    .close = on_close_close,
};
