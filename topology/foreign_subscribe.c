/* foreign_subscribe.c - a foreign-key join's first part: what a changed left row tells the right
 * rows that it named and names.
 */
#include "base/limits.h"
#include "topology/flow.h"
#include "topology/foreign.h"
#include "topology/rows.h"

struct subscriber {
    struct buffer scratch;
    struct foreign_message message; /* about the left row that changed */
};

/* *key: of the right row that a left row names; none for a row that is absent. */
static int name_right(struct node *node, const struct change *change, const void *row,
                      struct leat_bytes *key)
{
    const struct foreign_join *foreign = node->step->options;
    struct change of = *change;

    *key = (struct leat_bytes){ 0 };
    if (!row)
        return LEAT_OK;
    of.record.value = row;
    node_enter(node, &of);
    *key = foreign->with.key(&of.record);
    return node_leave(node, &of);
}

static int tell(struct node *node, const struct change *change, struct leat_bytes right_key,
                enum foreign_order order)
{
    struct subscriber *subscriber = node->state;
    struct change told = *change;
    struct leat_bytes bytes;

    subscriber->message.order = (uint8_t)order;
    bytes = foreign_write(&node->flow->record, &subscriber->message);
    told.record.key = right_key;
    told.record.window = (struct leat_span){ 0 };
    told.record.value = &bytes;
    told.record.type = node->step->type;
    told.before_known = false;
    return node_forward(node, &told);
}

/* Where the key has changed the old one is in another partition, maybe, and must be told too. */
static int tell_both(struct node *node, const struct change *change, struct leat_bytes old_key,
                     struct leat_bytes new_key, enum foreign_order order)
{
    int status = LEAT_OK;

    if (old_key.data && !leat_bytes_equal(old_key, new_key))
        status = tell(node, change, old_key, FOREIGN_END);
    return status ? status : tell(node, change, new_key, order);
}

/* An inner join says something only where there was a result, or may be one now. */
static int tell_inner(struct node *node, const struct change *change, struct leat_bytes old_key,
                      struct leat_bytes new_key)
{
    if (!old_key.data && !new_key.data)
        return node_drop(node);
    if (!new_key.data)
        return tell(node, change, old_key, FOREIGN_END_AND_ANSWER);
    if (!old_key.data || leat_bytes_equal(old_key, new_key))
        return tell(node, change, new_key, FOREIGN_ANSWER_IF_FOUND);
    return tell_both(node, change, old_key, new_key, FOREIGN_ANSWER);
}

static int stamp(struct node *node, const struct change *change, const void *row)
{
    struct subscriber *subscriber = node->state;

    subscriber->message.rest = rows_key(node->inputs[0], &change->record);
    return foreign_stamp(node, node->step->inputs[0]->type, row, &subscriber->scratch,
                         &subscriber->message.stamp);
}

int foreign_ask(struct node *node, const struct change *change, const void *row, bool *asked)
{
    struct leat_bytes key;
    int status = name_right(node, change, row, &key);

    *asked = !status && key.data;
    if (*asked)
        status = stamp(node, change, row);
    if (*asked && !status)
        status = tell(node, change, key, FOREIGN_ANSWER);
    return status < 0 ? status : LEAT_OK;
}

static int subscribe_process(struct node *node, int input, const struct change *change)
{
    const struct foreign_join *foreign = node->step->options;
    struct leat_bytes old_key, new_key;
    int status;

    if (change->superseded)
        return node_drop(node);
    assert(change->before_known);
    if (!change->record.value && !change->before)
        return LEAT_OK;
    status = name_right(node, change, change->before, &old_key);
    if (!status)
        status = name_right(node, change, change->record.value, &new_key);
    if (!status)
        status = stamp(node, change, change->record.value);
    if (status)
        return status < 0 ? status : LEAT_OK;
    return foreign->with.kind == LEAT_INNER
               ? tell_inner(node, change, old_key, new_key)
               : tell_both(node, change, old_key, new_key, FOREIGN_ANSWER);
}

static int subscribe_open(struct node *node)
{
    buffer_init(&((struct subscriber *)node->state)->scratch, LIMIT_VALUE_BYTES);
    return LEAT_OK;
}

static void subscribe_close(struct node *node)
{
    buffer_free(&((struct subscriber *)node->state)->scratch);
}

const struct operator foreign_subscribe = {
    .verb = "subscribe", .state_size = sizeof(struct subscriber), .open = subscribe_open,
    .process = subscribe_process, .close = subscribe_close,
};
