/* node.c - entering and leaving callbacks, and values in the record's arena. */
#include "topology/node.h"

#include "topology/flow.h"

struct leat_call *node_enter(struct node *node, const struct change *change)
{
    struct leat_call *call = &node->flow->call;

    assert(change->record.call == call);
    *call = (struct leat_call){ .flow = node->flow, .node = node, .change = change,
                                .headers = call->headers };
    return call;
}

int node_leave(struct node *node, const struct change *change)
{
    struct flow *flow = node->flow;
    int status = flow->call.status;

    if (!status)
        return LEAT_OK;
    if (status != LEAT_E_CALLBACK)
        return status;
    flow->call.status = LEAT_OK;
    status = flow->options.ops->failed(flow, node, flow->failure);
    return status ? status : 1;
}

void *node_new_value(struct node *node)
{
    return arena_zeroed(&node->flow->record, node->step->type->size);
}

const void *node_copy_value(struct node *node, const struct leat_type *type, const void *value)
{
    size_t size = (type->size + 7) & ~(size_t)7;
    char *block, *tail;

    if (!value)
        return NULL;
    block = arena_new(&node->flow->record, size + type->extent(value));
    tail = block + size;
    type->copy(block, value, &tail);
    return block;
}
