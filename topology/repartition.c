/* repartition.c - both halves of a repartition: what sends, and what receives in another task.
 *
 * The sending half gives a record its origin time, if an earlier hop has not: the greatest
 * timestamp that this origin has sent to this topic so far.
 */
#include "topology/flow.h"
#include "topology/operators.h"

static int send_process(struct node *node, int input, const struct change *change)
{
    struct change sent = *change;

    if (!change->record.key.data && !node->step->keeps_null_keys)
        return LEAT_OK;
    time_reach(&node->clock, 0, change->origin, change->record.timestamp_ms);
    if (sent.origin_ms == TIME_MAX)
        sent.origin_ms = *time_place(&node->clock, 0, change->origin);
    return node->flow->options.ops->send(node->flow, node, &sent);
}

static int receive_process(struct node *node, int input, const struct change *change)
{
    return node_forward(node, change);
}

const struct operator repartition_send = {
    .verb = "repartition", .sink = true, .windowed = true, .process = send_process,
};
const struct operator repartition_receive = {
    .verb = "repartition-source", .source = true, .process = receive_process,
};

struct leat_stream *leat_repartition(struct leat_stream *in, const char *name,
                                     const struct leat_repartition *repartition)
{
    static const struct leat_repartition nothing;
    const struct leat_repartition *with = repartition ? repartition : &nothing;
    struct step *step = step_repartition(step_of(in), name, with->partitions);

    step_require(step, with->partitions >= 0,
                 ".partitions must be positive, or 0 for as many as the widest input");
    step_options(step->twin, with, sizeof *with);
    step->user = step->twin->user = with->user;
    return (struct leat_stream *)step;
}
