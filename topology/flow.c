/* flow.c - making the nodes of a task, and the walk of one record.
 *
 * Entry points:  flow_new(), flow_record(), flow_wall()
 * See also:      flow_state.c (stores, flush, commit, abort), flow_time.c (clocks and marks)
 */
#include "topology/flow.h"

#include "base/memory.h"
#include "topology/flow_parts.h"
#include "topology/operators.h"

enum { RECORD_ARENA_BYTES = 64 << 10 };

/* ---- nodes from steps ----------------------------------------------------------------------- */

static size_t count_steps(const struct flow_options *options)
{
    size_t count = 0;

    for (size_t g = 0; g < options->group_count; g++)
        count += options->topology->groups[options->groups[g]].step_count;
    return count;
}

/* Row order is topological within a group, and across groups too: a receiving half stands behind
 * its sending half. */
static void place_nodes(struct flow *flow)
{
    const struct leat_topology *topology = flow->options.topology;

    flow->nodes = memory_array(count_steps(&flow->options), sizeof *flow->nodes);
    flow->by_step = memory_array(topology->step_count, sizeof *flow->by_step);
    for (size_t i = 0; i < topology->step_count; i++)
        for (size_t g = 0; g < flow->options.group_count; g++)
            if (topology->steps[i]->group == flow->options.groups[g]) {
                struct node *node = &flow->nodes[flow->node_count++];

                flow->by_step[i] = node;
                node->step = topology->steps[i];
                node->operator = node->step->operator;
                node->flow = flow;
            }
}

/* Late records leave by aggregate_late() alone, so they are no edge of the walk. */
static void connect_node(struct flow *flow, struct node *node)
{
    const struct step *step = node->step;

    node->edges = memory_array(step->edge_count, sizeof *node->edges);
    for (size_t i = 0; i < step->edge_count; i++)
        if (step->edges[i].child->operator != &late_records)
            node->edges[node->edge_count++] =
                (struct node_edge){ flow_node(flow, step->edges[i].child), step->edges[i].input };
    node->inputs = memory_array((size_t)step->input_count, sizeof *node->inputs);
    for (int i = 0; i < step->input_count; i++)
        node->inputs[i] = flow_node(flow, step->inputs[i]);
}

static int open_nodes(struct flow *flow)
{
    for (size_t i = 0; i < flow->node_count; i++) {
        struct node *node = &flow->nodes[i];
        int status;

        node->state = node->operator->state_size ? memory_new(node->operator->state_size) : NULL;
        status = node->operator->open ? node->operator->open(node) : LEAT_OK;
        if (status)
            return status;
    }
    return LEAT_OK;
}

int flow_new(const struct flow_options *options, struct flow **out, struct leat_error *error)
{
    struct flow *flow = memory_new(sizeof *flow);
    int status;

    flow->options = *options;
    flow->error = error;
    flow->stream_ms = flow->committed_ms = TIME_NONE;
    flow->call.flow = flow;
    arena_init(&flow->record, RECORD_ARENA_BYTES);
    place_nodes(flow);
    for (size_t i = 0; i < flow->node_count; i++)
        connect_node(flow, &flow->nodes[i]);
    flow_time_open(flow);
    status = flow_stores_open(flow);
    if (!status)
        status = open_nodes(flow);
    if (status)
        flow_free(flow);
    else
        *out = flow;
    return status;
}

static void close_node(struct node *node)
{
    if (node->operator->close && node->state)
        node->operator->close(node);
    flow_time_close(node);
    memory_free(node->state);
    memory_free(node->edges);
    memory_free(node->inputs);
    memory_free(node->stores);
}

void flow_free(struct flow *flow)
{
    if (!flow)
        return;
    for (size_t i = 0; i < flow->node_count; i++)
        close_node(&flow->nodes[i]);
    flow_stores_close(flow);
    arena_free(&flow->record);
    memory_free(flow->nodes);
    memory_free(flow->by_step);
    memory_free(flow);
}

struct node *flow_node(struct flow *flow, const struct step *step)
{
    return flow->by_step[step->number];
}

int32_t flow_origin(const struct node *node)
{
    const struct flow_options *options = &node->flow->options;

    return options->partition % options->origins[node->step->group];
}

/* ---- one record ------------------------------------------------------------------------------ */

static int advance(struct flow *flow)
{
    for (size_t i = 0; i < flow->node_count; i++) {
        struct node *node = &flow->nodes[i];
        int status = node->operator->advance ? node->operator->advance(node) : LEAT_OK;

        if (status)
            return status;
    }
    return LEAT_OK;
}

int flow_record(struct flow *flow, struct node *source, const struct change *change,
                struct leat_error *error)
{
    int status;

    assert(change->record.timestamp_ms >= 0 && change->origin >= 0);
    flow->error = error;
    if (change->record.timestamp_ms > flow->stream_ms)
        flow->stream_ms = change->record.timestamp_ms;
    flow->call.headers = flow->source.headers;
    status = source->operator->process(source, 0, change);
    flow->call.headers = flow->source.headers = (struct leat_bytes){ 0 };
    if (!status)
        status = advance(flow);
    arena_reset(&flow->record);
    return status;
}

int flow_advance(struct flow *flow, struct leat_error *error)
{
    int status;

    flow->error = error;
    flow->source = (struct flow_source){ .offset = -1, .partition = -1 };
    status = advance(flow);
    arena_reset(&flow->record);
    return status;
}

int flow_wall(struct flow *flow, struct leat_error *error)
{
    int status = LEAT_OK;

    flow->error = error;
    for (size_t i = 0; i < flow->node_count && !status; i++)
        if (flow->nodes[i].operator->wall)
            status = flow->nodes[i].operator->wall(&flow->nodes[i]);
    arena_reset(&flow->record);
    return status;
}
