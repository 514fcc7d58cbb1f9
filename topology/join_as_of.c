/* join_as_of.c - a stream that waits for a versioned table: the buffer of leat_join_table() with
 * .wait.
 *
 * A record stays in the buffer until time is .grace behind it; by then the versions of its own time
 * are known. Records leave in order of time and key. One that comes later than that meets what is
 * known at once. The time is the closing time of what feeds the stream, with one origin its own
 * clock, as in Kafka Streams. The table's is none of it: a table may stand still for long.
 * A row's key is the record's time, its key, a sequence number, its origin and origin time, its
 * headers and their size.
 */
#include "base/limits.h"
#include "state/big_endian.h"
#include "topology/flow.h"
#include "topology/join_table.h"
#include "topology/operators.h"

#include <stdio.h>

enum { TIME_BYTES = 8, ORIGIN_BYTES = 4 + 4 + 8, SIZE_BYTES = 4 };

struct as_of_state {
    int64_t sequence; /* of the last record that came to wait; TIME_NONE: none yet */
    int64_t low_ms;   /* none waits that is older; a row of the store is read to know it again */
    bool moved;
};

/* ---- a record in the buffer ------------------------------------------------------------------ */

static struct leat_bytes build_key(struct arena *arena, const struct change *change,
                                   uint32_t sequence)
{
    struct leat_bytes key = change->record.key, headers = change->record.call->headers;
    size_t size = TIME_BYTES + key.size + ORIGIN_BYTES + headers.size + SIZE_BYTES;
    char *memory = arena_new(arena, size), *tail = memory + TIME_BYTES + key.size;

    big_endian_put_64(memory, (uint64_t)change->record.timestamp_ms);
    if (key.size)
        memcpy(memory + TIME_BYTES, key.data, key.size);
    big_endian_put_32(tail, sequence);
    big_endian_put_32(tail + 4, (uint32_t)change->origin);
    big_endian_put_64(tail + 8, (uint64_t)change->origin_ms);
    if (headers.size)
        memcpy(tail + ORIGIN_BYTES, headers.data, headers.size);
    big_endian_put_32(tail + ORIGIN_BYTES + headers.size, (uint32_t)headers.size);
    return leat_bytes(memory, size);
}

static int64_t time_of(const struct entry *entry)
{
    return (int64_t)big_endian_get_64(entry->key.data);
}

static struct leat_bytes headers_of(const struct entry *entry)
{
    const char *end = entry->key.data + entry->key.size - SIZE_BYTES;
    uint32_t size = big_endian_get_32(end);

    assert(entry->key.size >= TIME_BYTES + ORIGIN_BYTES + SIZE_BYTES + (size_t)size);
    return leat_bytes(end - size, size);
}

static struct change read_entry(struct node *node, const struct entry *entry)
{
    const char *key = entry->key.data + TIME_BYTES;
    const char *tail = headers_of(entry).data - ORIGIN_BYTES;

    return (struct change){
        .record = { .key = leat_bytes(key, (size_t)(tail - key)),
                    .value = entry->value,
                    .type = node->step->inputs[0]->type,
                    .timestamp_ms = entry->timestamp_ms,
                    .call = &node->flow->call },
        .origin = (int32_t)big_endian_get_32(tail + 4),
        .origin_ms = (int64_t)big_endian_get_64(tail + 8),
    };
}

static int put(struct node *node, const struct change *change)
{
    struct as_of_state *state = node->state;
    struct flow *flow = node->flow;
    struct leat_bytes key = build_key(&flow->record, change, (uint32_t)++state->sequence);
    struct entry *entry;
    int status = store_entry(node->stores[0], key, &entry, flow->error);

    state->moved = true;
    if (status)
        return status;
    store_set(node->stores[0], entry, change->record.value, change->record.timestamp_ms);
    if (change->record.timestamp_ms < state->low_ms)
        state->low_ms = change->record.timestamp_ms;
    return LEAT_OK;
}

/* ---- leaving it ------------------------------------------------------------------------------ */

/* Joined out of turn: the record has no source to name, and what it needed is given back. */
static int let_go(struct node *node, struct entry *entry)
{
    struct flow *flow = node->flow;
    struct flow_source source = flow->source;
    struct leat_bytes headers = flow->call.headers;
    struct arena_mark mark = arena_mark(&flow->record);
    struct change change = read_entry(node, entry);
    int status;

    flow->source = (struct flow_source){ .offset = -1, .partition = -1 };
    flow->call.headers = headers_of(entry);
    status = join_with_table(node, &change);
    flow->call.headers = headers;
    flow->source = source;
    arena_rewind(&flow->record, mark);
    store_set(node->stores[0], entry, NULL, entry->timestamp_ms);
    return status;
}

/* From the first that may wait: before it lie only the traces of those that have left. */
static int let_go_until(struct node *node, int64_t until_ms)
{
    struct as_of_state *state = node->state;
    struct leat_error *error = node->flow->error;
    struct leat_bytes none = { 0 };
    struct store_cursor *cursor;
    struct entry *entry;
    char from[TIME_BYTES];
    int status;

    if (until_ms < state->low_ms)
        return LEAT_OK;
    big_endian_put_64(from, state->low_ms > 0 ? (uint64_t)state->low_ms : 0);
    status = store_range(node->stores[0], leat_bytes(from, sizeof from), none, false, &cursor,
                         error);
    if (status)
        return status;
    state->low_ms = TIME_MAX;
    while ((status = store_next(cursor, &entry, error)) == 1) {
        if (time_of(entry) > until_ms) {
            state->low_ms = time_of(entry);
            break;
        }
        status = let_go(node, entry);
        if (status)
            break;
    }
    store_cursor_close(cursor);
    return status < 0 ? status : LEAT_OK;
}

/* All up to this time has been let go. */
static int64_t due(const struct node *node)
{
    const struct leat_join *with = node->step->options;

    return time_closing(&node->feed, &node->clock, 0) - with->grace;
}

static int let_go_due(struct node *node)
{
    int64_t due_ms = due(node);
    int status = let_go_until(node, due_ms);

    if (!status)
        node_passed(node, due_ms);
    return status;
}

/* ---- the operator ---------------------------------------------------------------------------- */

/* What waits is ordered by key, so Kafka Streams fails on a record without one. */
static int refuse(struct node *node, const struct change *change)
{
    int status;

    node_enter(node, change);
    leat_fail(&change->record, "a record without a key cannot wait for a versioned table; filter "
                               "such records out before the join, or join without .wait");
    status = node_leave(node, change);
    return status < 0 ? status : LEAT_OK;
}

static int as_of_process(struct node *node, int input, const struct change *change)
{
    const struct leat_join *with = node->step->options;
    const struct leat_record *record = &change->record;
    int status;

    if (input == 1)
        return LEAT_OK;
    if (!join_takes(node, record))
        return node_drop(node);
    time_reach(&node->clock, 0, change->origin, record->timestamp_ms);
    if (!record->key.data)
        status = refuse(node, change);
    else if (record->timestamp_ms + with->grace < time_closing(&node->feed, &node->clock, 0))
        status = join_with_table(node, change);
    else
        status = put(node, change);
    return status ? status : let_go_due(node);
}

/* With several origins, what others send moves the time as well. */
static int as_of_advance(struct node *node)
{
    return node->feed.single ? LEAT_OK : let_go_due(node);
}

static bool as_of_holds(const struct step *step)
{
    return true;
}

static int as_of_save(struct node *node)
{
    struct as_of_state *state = node->state;

    if (!state->moved)
        return LEAT_OK;
    state->moved = false;
    return flow_keep(node, "sequence", &state->sequence, 1);
}

static int as_of_load(struct node *node)
{
    struct as_of_state *state = node->state;

    *state = (struct as_of_state){ .low_ms = TIME_NONE };
    node_passed(node, due(node));
    return flow_kept(node, "sequence", &state->sequence, 1);
}

const struct operator join_as_of = {
    .verb = "join-table-as-of", .state_size = sizeof(struct as_of_state), .copartitioned = true,
    .windowed = true, .timed_by_first = true, .holds = as_of_holds, .process = as_of_process,
    .advance = as_of_advance, .save = as_of_save, .load = as_of_load,
};

void join_as_of_step(struct step *step)
{
    const struct leat_join *with = step->options;
    const struct step *from = step->inputs[0], *table = step->inputs[1];
    char name[LIMIT_NAME_BYTES + 8];

    step_require(step, with->grace >= 0, "the .grace must not be negative");
    if (!table_versioned(table))
        step_mistake(step, LEAT_E_ARGUMENT,
                     ".wait needs a versioned table, and '%s' is none: give it .versioned and a "
                     ".history", table->name);
    else
        step_require(step, with->grace <= table_history(table),
                     "the .grace of %lld ms is longer than the .history of table '%s': lengthen "
                     "that, or wait no longer", (long long)with->grace, table->name);
    step_require(step, !from->window_ms, "records with windowed keys cannot wait");
    snprintf(name, sizeof name, "%.*s-waiting", LIMIT_NAME_BYTES - 8, step->name);
    step_store(step, name, STORE_KEY_VALUE, from->type)->cached = false;
}
