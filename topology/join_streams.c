/* join_streams.c - two streams meet within a window: leat_join_streams().
 *
 * Each side keeps its records in a window store, by key, time and a sequence number, as long as the
 * window and its grace last. A record is written to its own side's store and meets what the other
 * one has. What meets nobody waits, in a left or outer join, until its window has closed.
 * See also:  join_waiting.c (what waits). Source: Kafka Streams' KStreamKStreamJoin.
 */
#include "topology/join_streams.h"

#include "base/limits.h"
#include "state/window_key.h"
#include "topology/flow.h"
#include "topology/join_waiting.h"
#include "topology/rows.h"

#include <stdio.h>

enum { SEQUENCE_MAX = INT32_MAX };

/* ---- results --------------------------------------------------------------------------------- */

/* What the joiner gets: both sides' values, NULL for one that is missing, and the left one's time,
 * which is the right one's where there is no left. */
struct pair {
    const void *left, *right;
    int64_t left_ms;
};

/* The result has the key and the time of the record given. 1: the handler skips it. */
static int pass_on(struct node *node, const struct change *cause, const struct leat_record *record,
                   const struct pair *pair)
{
    struct arena *arena = &node->flow->record;
    struct arena_mark mark = arena_mark(arena);
    struct change result = *cause;
    struct leat_record left = *record;
    void *value = node_new_value(node);
    struct leat_call *call;
    int status;

    left.value = pair->left;
    left.type = node->step->inputs[JOIN_LEFT]->type;
    left.timestamp_ms = pair->left_ms;
    call = node_enter(node, cause);
    streams_join_options(node)->join(&left, pair->right, value);
    result.record = *record;
    result.record.type = node->step->type;
    result.record.value = call->none ? NULL : value;
    status = node_leave(node, cause);
    if (!status)
        status = node_forward(node, &result);
    arena_rewind(arena, mark);
    return status;
}

int streams_join_alone(struct node *node, const struct change *cause, int side,
                       const struct leat_record *record)
{
    struct pair pair = { .left_ms = record->timestamp_ms };

    *(side == JOIN_LEFT ? &pair.left : &pair.right) = record->value;
    return pass_on(node, cause, record, &pair);
}

/* Both meet, at the later one's time. */
static int together(struct node *node, const struct change *change, int side,
                    const struct entry *other, int64_t other_ms)
{
    struct leat_record record = change->record;
    struct pair pair = { record.value, other->value, record.timestamp_ms };

    if (side == JOIN_RIGHT)
        pair = (struct pair){ other->value, record.value, other_ms };
    if (record.timestamp_ms < other_ms)
        record.timestamp_ms = other_ms;
    return pass_on(node, change, &record, &pair);
}

/* ---- the window stores ----------------------------------------------------------------------- */

/* Rows of a side that are older have expired. With one origin they do by what that side's store
 * has seen, as in Kafka Streams. */
static int64_t first_kept_ms(const struct node *node, int side)
{
    const struct streams_join *join = node->state;
    int64_t now_ms = node->feed.single ? join->kept[KEPT_LEFT_MS + side] : streams_join_now(node);

    return now_ms == TIME_NONE ? 0 : now_ms - node->step->stores[side].spec.retention_ms + 1;
}

/* What is not kept counts as dropped, though it still meets what the other side has kept. */
static void keep_row(struct node *node, int side, struct leat_bytes key,
                     const struct leat_record *record)
{
    const struct streams_join *join = node->state;
    int64_t at_ms = record->timestamp_ms, sequence = join->kept[KEPT_SEQUENCE];

    if (at_ms > join->kept[KEPT_LEFT_MS + side])
        streams_join_keep(node, KEPT_LEFT_MS + side, at_ms);
    if (at_ms < first_kept_ms(node, side)) {
        node_drop(node);
        return;
    }
    sequence = sequence < SEQUENCE_MAX ? sequence + 1 : 0;
    streams_join_keep(node, KEPT_SEQUENCE, sequence);
    store_add(node->stores[side],
              window_key_build(&node->flow->record, key, at_ms, (uint32_t)sequence),
              record->value, at_ms);
}

/* One row of the other side, which no longer waits. */
static int meet_row(struct node *node, int side, struct leat_bytes key, const struct change *change,
                    const struct entry *row)
{
    struct window_key parts;
    bool whole = window_key_parse(row->key, &parts);
    int status = LEAT_OK;

    assert(whole);
    if (streams_join_preserves(node, !side))
        status = waiting_remove(node, !side, key, parts.start_ms);
    return status ? status : together(node, change, side, row, parts.start_ms);
}

static int meet_rows(struct node *node, int side, struct leat_bytes key,
                     const struct change *change, struct store_cursor *cursor, bool *met)
{
    struct entry *row;
    int status;

    while ((status = store_next(cursor, &row, node->flow->error)) == 1) {
        if (!window_key_of(row->key, key))
            continue;
        *met = true;
        status = meet_row(node, side, key, change, row);
        if (status)
            return status;
    }
    return status;
}

static int64_t at_least(int64_t at_ms, int64_t least_ms)
{
    return at_ms > least_ms ? at_ms : least_ms;
}

/* The last time of the other side that a record at at_ms meets. */
static int64_t last_met_ms(const struct node *node, int side, int64_t at_ms)
{
    return at_least(streams_join_plus(at_ms, streams_join_reach(node, side)), 0);
}

static int meet(struct node *node, int side, struct leat_bytes key, const struct change *change,
                bool *met)
{
    int64_t at_ms = change->record.timestamp_ms, last_ms = last_met_ms(node, side, at_ms);
    int64_t first_ms = at_least(streams_join_plus(at_ms, -streams_join_reach(node, !side)), 0);
    struct store_cursor *cursor;
    struct leat_bytes from, to;
    int status;

    first_ms = at_least(first_ms, first_kept_ms(node, !side));
    *met = false;
    if (first_ms > last_ms)
        return LEAT_OK;
    window_key_bounds(&node->flow->record, key, first_ms, last_ms, &from, &to);
    status = store_range(node->stores[!side], from, to, false, &cursor, node->flow->error);
    if (status)
        return status;
    status = meet_rows(node, side, key, change, cursor, met);
    store_cursor_close(cursor);
    return status;
}

/* ---- one record ------------------------------------------------------------------------------ */

static bool join_holds(const struct step *step)
{
    return step->store_count > JOIN_WAITING;
}

static int join_record(struct node *node, int side, const struct change *change)
{
    const struct leat_record *record = &change->record;
    struct leat_bytes key = rows_key(node, record);
    bool met;
    int status = LEAT_OK;

    keep_row(node, side, key, record);
    if (join_holds(node->step) && node->feed.single &&
        record->timestamp_ms == streams_join_now(node))
        status = waiting_reached(node, side, change);
    if (!status)
        status = meet(node, side, key, change, &met);
    if (status || met || !streams_join_preserves(node, side))
        return status;
    if (last_met_ms(node, side, record->timestamp_ms) < streams_join_now(node))
        return streams_join_alone(node, change, side, record);
    return waiting_add(node, side, key, record);
}

/* What waits, and what may still begin to wait, is later. */
static void tell_passed(struct node *node)
{
    int64_t now_ms = streams_join_now(node), first_ms = streams_join_of(node)->kept[KEPT_FIRST_MS];
    int64_t reach_ms = at_least(streams_join_reach(node, JOIN_LEFT),
                                streams_join_reach(node, JOIN_RIGHT));
    int64_t begins_ms = now_ms - at_least(reach_ms, 0);

    node_passed(node, (first_ms != TIME_NONE && first_ms < begins_ms ? first_ms : begins_ms) - 1);
}

static int join_process(struct node *node, int side, const struct change *change)
{
    const struct leat_record *record = &change->record;
    int status;

    time_reach(&node->clock, side, change->origin, record->timestamp_ms);
    if (!record->value || (!record->key.data && !streams_join_preserves(node, side)))
        return node_drop(node);
    status = record->key.data ? join_record(node, side, change)
                              : streams_join_alone(node, change, side, record);
    if (status >= 0 && node->feed.single && join_holds(node->step))
        tell_passed(node);
    return status < 0 ? status : LEAT_OK;
}

/* ---- what marks have closed ------------------------------------------------------------------ */

static int join_advance(struct node *node)
{
    struct flow *flow = node->flow;
    struct flow_source source = flow->source;
    struct change cause = { .origin = flow_origin(node), .record = { .call = &flow->call } };
    int status;

    if (node->feed.single || !join_holds(node->step))
        return LEAT_OK;
    flow->source = (struct flow_source){ .offset = -1, .partition = -1 };
    status = waiting_closed(node, &cause);
    flow->source = source;
    tell_passed(node);
    return status;
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static int join_open(struct node *node)
{
    struct streams_join *join = node->state;

    for (int i = 0; i < KEPT_COUNT; i++)
        join->kept[i] = TIME_NONE;
    buffer_init(&join->values, LIMIT_VALUE_BYTES);
    return LEAT_OK;
}

static int join_save(struct node *node)
{
    struct streams_join *join = node->state;

    for (int side = JOIN_LEFT; side <= JOIN_RIGHT; side++)
        store_expire(node->stores[side], first_kept_ms(node, side));
    if (!join->moved)
        return LEAT_OK;
    join->moved = false;
    return flow_keep(node, "join", join->kept, KEPT_COUNT);
}

static int join_load(struct node *node)
{
    struct streams_join *join = node->state;
    int status = flow_kept(node, "join", join->kept, KEPT_COUNT);

    join->moved = false;
    if (!status && join_holds(node->step))
        tell_passed(node);
    return status;
}

static void join_close(struct node *node)
{
    buffer_free(&streams_join_of(node)->values);
}

static const struct operator join_operator = {
    .verb = "join-streams", .copartitioned = true, .windowed = true,
    .state_size = sizeof(struct streams_join), .holds = join_holds, .open = join_open,
    .process = join_process, .advance = join_advance, .wall = join_advance, .save = join_save,
    .load = join_load, .close = join_close,
};

/* ---- the verb -------------------------------------------------------------------------------- */

static void check(struct step *step, const struct step *left, const struct step *right,
                  const struct leat_join_streams *with)
{
    int64_t bound_ms = INT64_MAX / 4;

    step_require(step, with->type && with->join, "a join needs .type and .join");
    step_require(step, with->before <= bound_ms && with->after <= bound_ms &&
                           with->grace <= bound_ms && with->before >= -bound_ms &&
                           with->after >= -bound_ms,
                 "the join's .before, .after and .grace are too large to be times");
    step_require(step, with->before >= -with->after,
                 "the join's .before plus .after must not be negative: no record would meet "
                 "another");
    step_require(step, with->grace >= 0, "the join's .grace must not be negative");
    if ((left->window_ms != 0) != (right->window_ms != 0))
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "only one side has windowed keys; key the other one by windows too");
}

static void plan(struct step *step, const char *part, const struct leat_type *type,
                 const struct leat_join_streams *with)
{
    bool waits = !strcmp(part, "waiting");
    char name[LIMIT_NAME_BYTES + 16];
    struct store_plan *store;

    snprintf(name, sizeof name, "%s-%s", with->store ? with->store : step->name, part);
    store = step_store(step, name, waits ? STORE_KEY_VALUE : STORE_WINDOW, type);
    if (!waits)
        store->spec.retention_ms =
            streams_join_plus(streams_join_plus(with->before, with->after), with->grace);
    store->queryable = with->store && !waits;
    store->in_memory = with->in_memory;
    store->cached = false;
}

struct leat_stream *leat_join_streams(struct leat_stream *in_left, struct leat_stream *in_right,
                                      const char *name, const struct leat_join_streams *with)
{
    struct step *left = step_partitioned(step_of(in_left), with->kind != LEAT_INNER);
    struct step *right = step_partitioned(step_of(in_right), with->kind != LEAT_INNER);
    struct step *step = step_new(left->topology, &join_operator, name, NOUN_STREAM,
                                 with->type ? with->type : left->type);

    step_options(step, with, sizeof *with);
    check(step, left, right, with);
    plan(step, "left", left->type, with);
    plan(step, "right", right->type, with);
    if (with->kind != LEAT_INNER)
        plan(step, "waiting", &leat_bytes_type, with);
    step->user = with->user;
    step_keys_like(step, left);
    step_connect(left, step);
    step_connect(right, step);
    return (struct leat_stream *)step;
}
