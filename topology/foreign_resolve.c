/* foreign_resolve.c - a foreign-key join's last part, beside the left table: an answer becomes a
 * result, if the left row it was meant for is still the same.
 */
#include "base/limits.h"
#include "schemas/codec.h"
#include "topology/flow.h"
#include "topology/foreign.h"
#include "topology/rows.h"

enum { ANSWERS, LEFT_TABLE }; /* the inputs */

struct resolver {
    struct codec *codec; /* of right rows */
    struct buffer scratch;
};

static int read_right(struct node *node, const struct foreign_message *answer, void **right)
{
    struct resolver *resolver = node->state;

    *right = NULL;
    return answer->order == FOREIGN_FOUND
               ? codec_decode(resolver->codec, answer->rest, &node->flow->record, right,
                                        node->flow->error)
                         : LEAT_OK;
}

static int join(struct node *node, const struct change *change, const void *left,
                const void *right)
{
    const struct foreign_join *foreign = node->step->options;
    struct change joined = *change;
    struct leat_call *call;
    void *made;
    int status;

    joined.record.type = node->step->type;
    joined.record.value = NULL;
    if (!left || (!right && foreign->with.kind == LEAT_INNER))
        return node_forward(node, &joined);
    joined.record.type = node->step->inputs[LEFT_TABLE]->type;
    joined.record.value = left;
    made = node_new_value(node);
    call = node_enter(node, &joined);
    foreign->with.join(&joined.record, right, made);
    status = node_leave(node, &joined);
    if (status)
        return status < 0 ? status : LEAT_OK;
    joined.record.value = call->none ? NULL : made;
    joined.record.type = node->step->type;
    return node_forward(node, &joined);
}

/* An answer that there is no right row may have been the only word that takes a result back: an
 * inner join says nothing where a left row names no right row, or one that is not there. If it came
 * too late, the left row as it is now is asked for, or has no result. (Kafka Streams lets the old
 * result stand.) A left row that was deleted while it met a right one has said so itself. */
static int drop_stale(struct node *node, const struct change *change,
                      const struct foreign_message *answer, const struct row *left)
{
    const struct foreign_join *foreign = node->step->options;
    struct change now = *change;
    bool asked = false;
    int status = node_drop(node);

    if (answer->order == FOREIGN_FOUND || foreign->with.kind != LEAT_INNER ||
        (answer->order == FOREIGN_GONE && !left->value))
        return status;
    if (left->value) {
        now.record.type = node->step->inputs[LEFT_TABLE]->type;
        now.record.timestamp_ms = left->timestamp_ms;
        status = foreign_ask(flow_node(node->flow, foreign->subscriber), &now, left->value, &asked);
    }
    return status || asked ? status : join(node, change, NULL, NULL);
}

/* The left table's own changes have gone their way by the subscriptions. */
static int resolve_process(struct node *node, int input, const struct change *change)
{
    struct resolver *resolver = node->state;
    struct node *table = node->inputs[LEFT_TABLE];
    struct foreign_message answer;
    struct foreign_stamp now;
    struct row left = { 0 };
    void *right;
    int status;

    if (input == LEFT_TABLE)
        return LEAT_OK;
    status = foreign_read(node, change->record.value, &answer);
    if (!status)
        status = rows_get_told(table, rows_key(node, &change->record), &left);
    if (!status)
        status = foreign_stamp(node, table->step->type, left.value, &resolver->scratch, &now);
    if (status)
        return status;
    if (!foreign_stamp_equal(&now, &answer.stamp))
        return drop_stale(node, change, &answer, &left);
    status = read_right(node, &answer, &right);
    return status ? status : join(node, change, left.value, right);
}

static int resolve_open(struct node *node)
{
    const struct foreign_join *foreign = node->step->options;
    struct resolver *resolver = node->state;

    resolver->codec = codec_new(foreign->right_type, node->flow->options.registry);
    buffer_init(&resolver->scratch, LIMIT_VALUE_BYTES);
    return LEAT_OK;
}

static void resolve_close(struct node *node)
{
    struct resolver *resolver = node->state;

    codec_free(resolver->codec);
    buffer_free(&resolver->scratch);
}

const struct operator foreign_resolve = {
    .verb = "resolve", .copartitioned = true, .state_size = sizeof(struct resolver),
    .open = resolve_open, .process = resolve_process, .close = resolve_close,
};
