/* lane.c - writing what is pending of one partition, batch by batch.
 *
 * A batch is reduced to the last record of each key, decoded, and written in one transaction with
 * the position behind it. If the database refuses a row, half of the batch is tried, down to the
 * one row that is to blame: that is rejected, and the batches grow again.
 *
 * Entry points:  lane_write()
 * See also:      sink.h (the codes), reject.c (the dead-letter topic), runner.c (when)
 */
#include "sink/lane.h"

#include "base/failpoint.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "schemas/codec.h"
#include "schemas/wire.h"
#include "sink/reject.h"

#include <assert.h>

enum { ROW_ARENA_BYTES = 64 << 10, MESSAGE_BYTES = 256 /* a message beside key and value */ };

void lane_kit_init(struct lane_kit *kit, struct sink *sink, struct reject *reject,
                   size_t batch_rows)
{
    *kit = (struct lane_kit){ .sink = sink, .reject = reject, .batch_rows = batch_rows,
                              .slot_count = 64 };
    while (kit->slot_count < 2 * batch_rows)
        kit->slot_count *= 2;
    kit->slots = memory_array(kit->slot_count, sizeof(*kit->slots));
    arena_init(&kit->arena, ROW_ARENA_BYTES);
}

void lane_kit_free(struct lane_kit *kit)
{
    memory_free(kit->slots);
    arena_free(&kit->arena);
}

/* ---- what is pending ---------------------------------------------------------------------- */

size_t lane_pending(const struct lane *lane)
{
    return lane->count - lane->first;
}

int64_t lane_position(const struct lane *lane)
{
    bool done = lane->at_end && !lane_pending(lane);

    return done ? lane->end_offset : lane->claim.next_offset;
}

static size_t item_bytes(const struct lane_item *item)
{
    return item->message.key.size + item->message.value.size + MESSAGE_BYTES;
}

void lane_add(struct lane *lane, const struct log_message *message, int64_t now_ms)
{
    assert(message->event == LOG_RECORD);
    if (!lane_pending(lane)) {
        lane->first = 0;
        lane->count = 0;
        lane->since_ms = now_ms;
    }
    lane->items = memory_grow(lane->items, lane->count, &lane->capacity, sizeof(*lane->items));
    lane->items[lane->count] = (struct lane_item){ .message = *message };
    lane->bytes += item_bytes(&lane->items[lane->count]);
    lane->count++;
    lane->at_end = false;
}

static void lane_pass(struct lane *lane, size_t count)
{
    assert(count <= lane_pending(lane));
    for (size_t i = lane->first; i < lane->first + count; i++) {
        lane->bytes -= item_bytes(&lane->items[i]);
        log_message_free(&lane->items[i].message);
    }
    lane->first += count;
    /* The room in front is used again once it is the larger part. */
    if (lane->first > lane->count / 2) {
        memmove(lane->items, lane->items + lane->first, lane_pending(lane) * sizeof(*lane->items));
        lane->count -= lane->first;
        lane->first = 0;
    }
}

void lane_drop(struct lane *lane)
{
    lane_pass(lane, lane_pending(lane));
    memory_free(lane->items);
    lane->items = NULL;
    lane->first = 0;
    lane->count = 0;
    lane->capacity = 0;
    lane->end_offset = -1;
    lane->at_end = false;
}

/* What a commit without an answer did write after all is not pending any more. */
static void lane_skip_written(struct lane *lane)
{
    size_t written = 0;

    while (written < lane_pending(lane) &&
           lane->items[lane->first + written].message.offset < lane->claim.next_offset)
        written++;
    lane_pass(lane, written);
}

/* ---- one key once ------------------------------------------------------------------------- */

static bool seen(struct lane_kit *kit, const struct lane *lane, const struct lane_item *items,
                 size_t index)
{
    struct leat_bytes key = table_identity(lane->table, items[index].message.key);
    size_t at = map_hash(key) & (kit->slot_count - 1);

    for (; kit->slots[at]; at = (at + 1) & (kit->slot_count - 1)) {
        const struct lane_item *other = &items[kit->slots[at] - 1];

        if (leat_bytes_equal(table_identity(lane->table, other->message.key), key))
            return true;
    }
    kit->slots[at] = (uint32_t)index + 1;
    return false;
}

/* Marks all but the last of each key; one that was rejected supersedes nothing. */
static void reduce(struct lane *lane, struct lane_kit *kit, size_t take)
{
    struct lane_item *items = lane->items + lane->first;

    if (lane->table->mode == SINK_FACTS)
        return;
    memset(kit->slots, 0, kit->slot_count * sizeof(*kit->slots));
    for (size_t i = take; i-- > 0;) {
        bool keyed = items[i].message.key.data && !items[i].rejected;

        items[i].superseded = keyed && seen(kit, lane, items, i);
    }
}

/* ---- a batch ------------------------------------------------------------------------------ */

static int reject_item(struct lane *lane, struct lane_kit *kit, struct lane_item *item,
                       const struct leat_error *why, struct leat_error *error)
{
    if (reject_send(kit->reject, lane->table->topic, &item->message, why, error))
        return error->code;
    item->rejected = true;
    kit->rejected++;
    return LEAT_OK;
}

static int decode(struct lane *lane, struct lane_kit *kit, const struct log_message *message,
                  void **value, struct leat_error *error)
{
    struct log_header headers[LIMIT_HEADERS];
    size_t count = log_message_headers(message, headers, LIMIT_HEADERS);

    for (size_t i = 0; i < count; i++) {
        if (!strcmp(headers[i].name, WIRE_HEADER))
            return codec_decode_headed(lane->codec, headers[i].value, message->value, &kit->arena,
                                       value, error);
    }
    return codec_decode(lane->codec, message->value, &kit->arena, value, error);
}

static int write_item(struct lane *lane, struct lane_kit *kit, const struct lane_item *item,
                      struct leat_error *error)
{
    struct sink_row row = { .key = item->message.key, .offset = item->message.offset };
    void *value = NULL;

    arena_reset(&kit->arena);
    if (item->message.value.data && decode(lane, kit, &item->message, &value, error))
        return error->code;
    row.value = value;
    return sink_write(kit->sink, &row, error);
}

/* LEAT_E_LIMIT: the batch is full before its end. */
static int write_items(struct lane *lane, struct lane_kit *kit, size_t take,
                       struct leat_error *error)
{
    struct lane_item *items = lane->items + lane->first;

    for (size_t i = 0; i < take; i++) {
        struct leat_error why = { 0 };
        int status;

        if (items[i].rejected || items[i].superseded)
            continue;
        status = write_item(lane, kit, &items[i], &why);
        if (status == LEAT_E_DATA || (status == LEAT_E_LIMIT && take == 1)) {
            if (reject_item(lane, kit, &items[i], &why, error))
                return error->code;
        } else if (status) {
            *error = why;
            return status;
        }
    }
    return LEAT_OK;
}

/* Rejected records are on disk in the log before the position passes them; those that did not get
 * there are rejected again. */
static int flush_rejects(struct lane *lane, struct lane_kit *kit, struct leat_error *error)
{
    if (!reject_flush(kit->reject, error))
        return LEAT_OK;
    for (size_t i = lane->first; i < lane->count; i++)
        lane->items[i].rejected = false;
    return error->code == LEAT_E_ABORTED ? (error->code = LEAT_E_RETRY) : error->code;
}

static int write_batch(struct lane *lane, struct lane_kit *kit, size_t take,
                       struct leat_error *error)
{
    bool all = take == lane_pending(lane);
    int64_t next_offset =
        all && lane->at_end ? lane->end_offset
                            : lane->items[lane->first + take - 1].message.offset + 1;

    if (write_items(lane, kit, take, error))
        return error->code;
    if (flush_rejects(lane, kit, error))
        return error->code;
    failpoint("sink-commit");
    if (sink_commit(kit->sink, next_offset, error))
        return error->code;
    failpoint("sink-committed");
    return LEAT_OK;
}

static int write_position(struct lane *lane, struct lane_kit *kit, struct leat_error *error)
{
    if (!lane->at_end || lane->end_offset <= lane->claim.next_offset)
        return LEAT_OK;
    return sink_commit(kit->sink, lane->end_offset, error);
}

/* A batch that was refused: half of it next time, or its only row out of the way. */
static int halve(struct lane *lane, struct lane_kit *kit, size_t take, struct leat_error *error)
{
    struct leat_error why = *error;

    *error = (struct leat_error){ 0 };
    if (take > 1) {
        lane->take = take / 2;
        return LEAT_OK;
    }
    if (reject_item(lane, kit, &lane->items[lane->first], &why, error))
        return error->code;
    return flush_rejects(lane, kit, error);
}

int lane_write(struct lane *lane, struct lane_kit *kit, int64_t now_ms, struct leat_error *error)
{
    size_t take;
    int status = sink_begin(kit->sink, &lane->claim, error);

    if (status)
        return status;
    lane_skip_written(lane);
    lane->moved_ms = now_ms;
    take = lane->take < lane_pending(lane) ? lane->take : lane_pending(lane);
    if (!take)
        return write_position(lane, kit, error);
    reduce(lane, kit, take);
    status = write_batch(lane, kit, take, error);
    if (status == LEAT_E_DATA || status == LEAT_E_LIMIT)
        return halve(lane, kit, take, error);
    if (status)
        return status;
    kit->rows += (int64_t)take;
    lane->newest_ms = lane->items[lane->first + take - 1].message.timestamp_ms;
    lane_pass(lane, take);
    lane->take = 2 * lane->take < kit->batch_rows ? 2 * lane->take : kit->batch_rows;
    return LEAT_OK;
}
