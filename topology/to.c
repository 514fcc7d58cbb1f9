/* to.c - where records go out: to a topic, fixed or chosen for each record; and what sinks ask
 * their functions for.
 */
#include "base/limits.h"
#include "topology/flow.h"
#include "topology/operators.h"

static int to_process(struct node *node, int input, const struct change *change)
{
    return node->flow->options.ops->send(node->flow, node, change);
}

const struct operator to_topic = { .verb = "to", .sink = true, .process = to_process };

void leat_to(struct leat_stream *in, const char *name, const struct leat_to *to)
{
    struct step *parent = step_of(in);
    struct step *step = step_new(parent->topology, &to_topic, name, NOUN_SINK, NULL);
    const struct leat_to *kept = step_options(step, to, sizeof *to);

    step_require(step, !kept->topic_of || !kept->topic,
                 ".topic_of stands in place of .topic; give one of both");
    step_require(step, kept->partitions >= 0,
                 ".partitions must be positive, or 0 for as many as the widest input");
    if (!kept->topic_of)
        step->topic = arena_copy(&step->topology->arena,
                                 leat_bytes_of(kept->topic ? kept->topic : step->name)).data;
    step->user = kept->user;
    step->window_ms = parent->window_ms;
    step_connect(parent, step);
}

/* ---- what a sink's functions choose ---------------------------------------------------------- */

int sink_topic(struct node *node, const struct change *change, struct leat_bytes *out)
{
    const struct leat_to *to = node->step->options;

    node_enter(node, change);
    *out = to->topic_of(&change->record);
    if (!out->data || !out->size || out->size > LIMIT_NAME_BYTES)
        leat_fail(&change->record, ".topic_of chose no topic: a name has 1 to %d characters",
                  LIMIT_NAME_BYTES);
    return node_leave(node, change);
}

static leat_partition partition_function(const struct step *step)
{
    if (step->operator == &to_topic)
        return ((const struct leat_to *)step->options)->partition_of;
    if (step->operator == &repartition_send)
        return ((const struct leat_repartition *)step->options)->partition_of;
    return NULL;
}

bool sink_chooses_partition(const struct step *step)
{
    return partition_function(step);
}

int sink_partition(struct node *node, const struct change *change, int32_t partitions, int32_t *out)
{
    node_enter(node, change);
    *out = partition_function(node->step)(&change->record, partitions);
    if (*out < 0 || *out >= partitions)
        leat_fail(&change->record, ".partition_of chose partition %d of 0 to %d", *out,
                  partitions - 1);
    return node_leave(node, change);
}
