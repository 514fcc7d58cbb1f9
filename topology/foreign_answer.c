/* foreign_answer.c - a foreign-key join's second part, beside the right table: keeps the left rows'
 * subscriptions, and answers them.
 *
 * A subscription's key in the store is the right key's length (four bytes, big-endian), the right
 * key, the left key: those of one right row lie together and in order of the left keys, and no
 * right key is taken for the beginning of another.
 */
#include "base/limits.h"
#include "schemas/codec.h"
#include "state/big_endian.h"
#include "topology/flow.h"
#include "topology/foreign.h"
#include "topology/rows.h"

#include <limits.h>

enum { SUBSCRIPTIONS, RIGHT_TABLE }; /* the inputs */
enum { RIGHT_SIZE_BYTES = 4 };

struct answerer {
    struct codec *codec;
    struct buffer answer; /* the head, and the right row's wire bytes */
};

/* ---- answers --------------------------------------------------------------------------------- */

/* Once for all who subscribed to the row. right NULL: there is none. */
static int write_right(struct node *node, const void *right)
{
    struct answerer *answerer = node->state;
    struct buffer *answer = &answerer->answer;
    int status;

    answer->size = 0;
    status = buffer_room(answer, FOREIGN_HEAD_BYTES);
    answer->size = FOREIGN_HEAD_BYTES;
    if (!status && right)
        status = codec_encode(answerer->codec, right, answer);
    return status ? error_set(node->flow->error, status, "step '%s': a right row of type %s %s",
                              node->step->name, codec_type(answerer->codec)->name,
                              status == LEAT_E_LIMIT ? "is larger than a record may be"
                                                     : "does not fit its schema")
                  : LEAT_OK;
}

static int answer(struct node *node, const struct change *change, struct leat_bytes left_key,
                  const struct foreign_stamp *stamp, enum foreign_found found)
{
    struct buffer *bytes = &((struct answerer *)node->state)->answer;
    struct foreign_message message = { .order = (uint8_t)found, .stamp = *stamp };
    struct leat_bytes value = buffer_bytes(bytes);
    struct change answered = *change;

    foreign_write_head(&message, bytes->data);
    rows_name(node, left_key, &answered.record);
    answered.record.value = &value;
    answered.record.type = node->step->type;
    answered.before_known = false;
    return node_forward(node, &answered);
}

/* ---- the subscriptions of a right row -------------------------------------------------------- */

static struct leat_bytes subscription_key(struct arena *arena, struct leat_bytes right_key,
                                          struct leat_bytes left_key)
{
    size_t size = RIGHT_SIZE_BYTES + right_key.size + left_key.size;
    char *key = arena_new(arena, size);

    big_endian_put_32(key, (uint32_t)right_key.size);
    memcpy(key + RIGHT_SIZE_BYTES, right_key.data, right_key.size);
    memcpy(key + RIGHT_SIZE_BYTES + right_key.size, left_key.data, left_key.size);
    return leat_bytes(key, size);
}

/* The least key behind all that begin with the prefix. */
static struct leat_bytes behind(struct arena *arena, struct leat_bytes prefix)
{
    char *key = arena_new(arena, prefix.size);
    size_t size = prefix.size;

    memcpy(key, prefix.data, size);
    while ((unsigned char)key[size - 1] == UCHAR_MAX)
        size--;
    key[size - 1]++;
    return leat_bytes(key, size);
}

static int keep(struct node *node, const struct change *change,
                const struct foreign_message *message)
{
    struct arena *arena = &node->flow->record;
    struct foreign_message kept = { .stamp = message->stamp };
    bool ends = message->order == FOREIGN_END || message->order == FOREIGN_END_AND_ANSWER;
    struct leat_bytes row;
    struct entry *entry;
    int status = store_entry(node->stores[0],
                             subscription_key(arena, change->record.key, message->rest), &entry,
                             node->flow->error);

    if (status)
        return status;
    row = foreign_write(arena, &kept);
    store_set(node->stores[0], entry, ends ? NULL : &row, change->record.timestamp_ms);
    return LEAT_OK;
}

/* A left row changed: it is told at once what it now meets. */
static int take_subscription(struct node *node, const struct change *change)
{
    struct node *table = node->inputs[RIGHT_TABLE];
    struct leat_bytes right_key = change->record.key;
    struct change answered = *change;
    struct foreign_message message;
    struct row right = { 0 };
    int status = foreign_read(node, change->record.value, &message);

    if (!status && right_key.data)
        status = keep(node, change, &message);
    if (!status && right_key.data)
        status = rows_get_told(table, right_key, &right);
    if (status || message.order == FOREIGN_END ||
        (message.order == FOREIGN_ANSWER_IF_FOUND && !right.value))
        return status;
    if (right.value && right.timestamp_ms > answered.record.timestamp_ms)
        answered.record.timestamp_ms = right.timestamp_ms;
    if (message.order == FOREIGN_END_AND_ANSWER)
        right.value = NULL;
    status = write_right(node, right.value);
    return status ? status : answer(node, &answered, message.rest, &message.stamp,
                                    right.value ? FOREIGN_FOUND : FOREIGN_MISSING);
}

static int answer_each(struct node *node, const struct change *change, struct store_cursor *cursor)
{
    size_t head = RIGHT_SIZE_BYTES + change->record.key.size;
    struct foreign_message kept;
    struct entry *entry;
    int status;

    while ((status = store_next(cursor, &entry, node->flow->error)) > 0) {
        struct leat_bytes left_key = leat_bytes(entry->key.data + head, entry->key.size - head);
        struct arena_mark mark = arena_mark(&node->flow->record);

        status = foreign_read(node, entry->value, &kept);
        if (!status)
            status = answer(node, change, left_key, &kept.stamp,
                            change->record.value ? FOREIGN_FOUND : FOREIGN_GONE);
        arena_rewind(&node->flow->record, mark);
        if (status)
            return status;
    }
    return status;
}

/* A right row changed: all who subscribed to it are told. */
static int tell_subscribers(struct node *node, const struct change *change)
{
    struct arena *arena = &node->flow->record;
    struct leat_bytes none = { "", 0 }, from = subscription_key(arena, change->record.key, none);
    struct store_cursor *cursor;
    int status;

    if (change->superseded)
        return node_drop(node);
    status = write_right(node, change->record.value);
    if (!status)
        status = store_range(node->stores[0], from, behind(arena, from), false, &cursor,
                             node->flow->error);
    if (status)
        return status;
    status = answer_each(node, change, cursor);
    store_cursor_close(cursor);
    return status;
}

static int answer_process(struct node *node, int input, const struct change *change)
{
    return input == SUBSCRIPTIONS ? take_subscription(node, change)
                                  : tell_subscribers(node, change);
}

/* ---- its life -------------------------------------------------------------------------------- */

static int answer_open(struct node *node)
{
    const struct foreign_join *foreign = node->step->options;
    struct answerer *answerer = node->state;

    answerer->codec = codec_new(foreign->right_type, node->flow->options.registry);
    buffer_init(&answerer->answer, FOREIGN_HEAD_BYTES + LIMIT_VALUE_BYTES);
    return LEAT_OK;
}

static int answer_enlist(struct node *node, const char *topic)
{
    return codec_register(((struct answerer *)node->state)->codec, topic, node->flow->error);
}

static void answer_close(struct node *node)
{
    struct answerer *answerer = node->state;

    codec_free(answerer->codec);
    buffer_free(&answerer->answer);
}

const struct operator foreign_answer = {
    .verb = "answer", .copartitioned = true, .state_size = sizeof(struct answerer),
    .open = answer_open, .enlist = answer_enlist, .process = answer_process,
    .close = answer_close,
};
