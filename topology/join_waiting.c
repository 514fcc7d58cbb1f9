/* join_waiting.c - records of a left or outer join of streams that have met nobody yet.
 *
 * A row's key: the time in eight bytes, big-endian; 1 for the left side, 0 for the right one; the
 * record's key. Its value: the byte 1, how many, and of each the length, the side again, and the
 * wire bytes that the side's own store has.
 */
#include "topology/join_waiting.h"

#include "schemas/codec.h"
#include "state/big_endian.h"
#include "topology/flow.h"
#include "topology/join_streams.h"
#include "topology/rows.h"

enum {
    KEY_HEAD_BYTES = 9,
    VALUE_HEAD_BYTES = 5,
    ITEM_HEAD_BYTES = 5, /* the length, which counts the side's byte too */
    LIST_OF_VARIABLE_SIZE = 1,
};

struct waiting { /* a row's key, read */
    int64_t at_ms;
    int side;
    struct leat_bytes key;
};

static struct leat_bytes row_key(struct node *node, int side, struct leat_bytes key, int64_t at_ms)
{
    char *memory = arena_new(&node->flow->record, KEY_HEAD_BYTES + key.size);

    big_endian_put_64(memory, (uint64_t)at_ms);
    memory[8] = side == JOIN_LEFT;
    if (key.size)
        memcpy(memory + KEY_HEAD_BYTES, key.data, key.size);
    return leat_bytes(memory, KEY_HEAD_BYTES + key.size);
}

static struct waiting read_key(struct leat_bytes key)
{
    assert(key.size >= KEY_HEAD_BYTES);
    return (struct waiting){ (int64_t)big_endian_get_64(key.data),
                             key.data[8] ? JOIN_LEFT : JOIN_RIGHT,
                             leat_bytes(key.data + KEY_HEAD_BYTES, key.size - KEY_HEAD_BYTES) };
}

/* ---- one row --------------------------------------------------------------------------------- */

/* The row so far, or the head of an empty one. */
static int begin(struct buffer *list, const struct leat_bytes *row)
{
    static const char head[VALUE_HEAD_BYTES] = { LIST_OF_VARIABLE_SIZE };

    list->size = 0;
    return row ? buffer_add(list, row->data, row->size) : buffer_add(list, head, sizeof head);
}

static int append(struct buffer *list, int side, struct codec *codec, const void *value)
{
    size_t at = list->size;
    int status = buffer_room(list, ITEM_HEAD_BYTES);

    if (status)
        return status;
    list->data[at + 4] = side == JOIN_LEFT;
    list->size += ITEM_HEAD_BYTES;
    status = codec_encode(codec, value, list);
    if (status)
        return status;
    big_endian_put_32(list->data + at, (uint32_t)(list->size - at - 4));
    big_endian_put_32(list->data + 1, big_endian_get_32(list->data + 1) + 1);
    return LEAT_OK;
}

static void lower(struct node *node, enum join_kept what, int64_t at_ms)
{
    int64_t bound_ms = streams_join_of(node)->kept[what];

    if (bound_ms == TIME_NONE || at_ms < bound_ms)
        streams_join_keep(node, what, at_ms);
}

int waiting_add(struct node *node, int side, struct leat_bytes key,
                const struct leat_record *record)
{
    struct buffer *list = &streams_join_of(node)->values;
    struct leat_error *error = node->flow->error;
    int64_t at_ms = record->timestamp_ms;
    struct leat_bytes value;
    struct entry *entry;
    int status = store_entry(node->stores[JOIN_WAITING], row_key(node, side, key, at_ms), &entry,
                             error);

    if (status)
        return status;
    status = begin(list, entry->value);
    if (!status)
        status = append(list, side, store_codec(node->stores[side]), record->value);
    if (status)
        return error_set(error, status, "step '%s' cannot keep a record for the other side: %s",
                         node->step->name,
                         status == LEAT_E_LIMIT ? "too many wait with its key and time"
                                                : "a field does not fit its schema");
    value = buffer_bytes(list);
    store_set(node->stores[JOIN_WAITING], entry, &value, at_ms);
    lower(node, KEPT_FIRST_MS, at_ms);
    lower(node, KEPT_LOW_MS, at_ms);
    return LEAT_OK;
}

int waiting_remove(struct node *node, int side, struct leat_bytes key, int64_t at_ms)
{
    int64_t first_ms = streams_join_of(node)->kept[KEPT_FIRST_MS];
    struct entry *entry;
    int status;

    if (first_ms == TIME_NONE || at_ms < first_ms)
        return LEAT_OK;
    status = store_entry(node->stores[JOIN_WAITING], row_key(node, side, key, at_ms), &entry,
                         node->flow->error);
    if (!status && entry->value)
        store_set(node->stores[JOIN_WAITING], entry, NULL, at_ms);
    return status;
}

/* The row's values are passed on; where one is skipped by the handler, the next go on. With several
 * origins none of them is late by the time of the record that has made them due. */
static int pass_on(struct node *node, const struct change *cause, const struct waiting *waiting,
                   struct leat_bytes list)
{
    struct flow *flow = node->flow;
    struct codec *codec = store_codec(node->stores[waiting->side]);
    struct leat_record record = { .timestamp_ms = waiting->at_ms, .call = &flow->call,
                                  .type = codec_type(codec) };
    struct change own = *cause;
    int status = LEAT_OK;

    if (!node->feed.single)
        own.origin_ms = waiting->at_ms;
    rows_name(node, waiting->key, &record);
    for (size_t at = VALUE_HEAD_BYTES, size; at < list.size && status >= 0; at += 4 + size) {
        struct arena_mark mark = arena_mark(&flow->record);
        struct leat_bytes wire;
        void *value;

        size = big_endian_get_32(list.data + at);
        assert(size >= 1 && at + 4 + size <= list.size);
        wire = leat_bytes(list.data + at + ITEM_HEAD_BYTES, size - 1);
        status = codec_decode(codec, wire, &flow->record, &value, flow->error);
        if (status)
            return status;
        record.value = value;
        status = streams_join_alone(node, &own, waiting->side, &record);
        arena_rewind(&flow->record, mark);
    }
    return status < 0 ? status : LEAT_OK;
}

/* ---- a look at all --------------------------------------------------------------------------- */

static bool is_open(const struct node *node, const struct waiting *waiting, int64_t now_ms)
{
    return streams_join_due(node, waiting->side, waiting->at_ms) >= now_ms;
}

/* In order, until there is an open row of each side: then no later one can have closed. Of a side
 * that never waits none comes: Kafka Streams reads on to the end. It takes the time of the row it
 * looked at last for its lower bound, though older ones may still wait. */
static int look(struct node *node, struct store_cursor *cursor, const struct change *cause)
{
    int64_t now_ms = streams_join_now(node);
    bool open[] = { false, !node->feed.single && !streams_join_preserves(node, JOIN_RIGHT) };
    struct entry *entry;
    int status;

    streams_join_keep(node, KEPT_FIRST_MS, TIME_NONE);
    while ((status = store_next(cursor, &entry, node->flow->error)) == 1) {
        struct waiting waiting = read_key(entry->key);
        bool stays = is_open(node, &waiting, now_ms);

        streams_join_keep(node, KEPT_LOW_MS, waiting.at_ms);
        if (stays)
            lower(node, KEPT_FIRST_MS, waiting.at_ms);
        if (open[JOIN_LEFT] && open[JOIN_RIGHT])
            return LEAT_OK;
        open[waiting.side] |= stays;
        if (stays)
            continue;
        status = pass_on(node, cause, &waiting, *(const struct leat_bytes *)entry->value);
        if (status)
            return status;
        store_set(node->stores[JOIN_WAITING], entry, NULL, waiting.at_ms);
    }
    return status;
}

/* By the wall clock it may be too early for a look, else the next one has to wait from now. */
static bool too_early(struct node *node)
{
    int64_t interval_ms = node->flow->options.emit_interval_ms, now_ms;

    if (!interval_ms)
        return false;
    now_ms = clock_wall_ms(node->flow->options.clock);
    if (now_ms < streams_join_of(node)->kept[KEPT_LOOK_MS])
        return true;
    streams_join_keep(node, KEPT_LOOK_MS, now_ms + interval_ms);
    return false;
}

/* From the first that waits: before it lie only the traces of those that have left. */
static int look_at_all(struct node *node, const struct change *cause)
{
    int64_t first_ms = streams_join_of(node)->kept[KEPT_FIRST_MS];
    struct leat_bytes none = { 0 };
    struct store_cursor *cursor;
    char from[8];
    int status;

    if (too_early(node))
        return LEAT_OK;
    streams_join_keep(node, KEPT_LOW_MS, TIME_NONE);
    if (first_ms == TIME_NONE)
        return LEAT_OK;
    big_endian_put_64(from, (uint64_t)first_ms);
    status = store_range(node->stores[JOIN_WAITING], leat_bytes(from, sizeof from), none, false,
                         &cursor, node->flow->error);
    if (status)
        return status;
    status = look(node, cursor, cause);
    store_cursor_close(cursor);
    return status;
}

/* Where nothing waits Kafka Streams looks all the same, unless it adds nothing to its lower bound,
 * which stands for infinity; that look begins the interval anew. */
int waiting_reached(struct node *node, int side, const struct change *cause)
{
    int64_t low_ms = streams_join_of(node)->kept[KEPT_LOW_MS];
    bool due = low_ms == TIME_NONE ? streams_join_due(node, side, 0) > 0
                                   : streams_join_due(node, side, low_ms) < streams_join_now(node);

    return due ? look_at_all(node, cause) : LEAT_OK;
}

int waiting_closed(struct node *node, const struct change *cause)
{
    int64_t first_ms = streams_join_of(node)->kept[KEPT_FIRST_MS], now_ms = streams_join_now(node);

    if (first_ms == TIME_NONE || now_ms == TIME_NONE)
        return LEAT_OK;
    for (int side = JOIN_LEFT; side <= JOIN_RIGHT; side++)
        if (streams_join_preserves(node, side) && streams_join_due(node, side, first_ms) < now_ms)
            return look_at_all(node, cause);
    return LEAT_OK;
}
