/* check.c - what can be known to be wrong without a broker: leat_topology_check().
 *
 * The verbs have reported their own mistakes; these are the ones that only the whole graph shows.
 */
#include "topology/operators.h"
#include "topology/step.h"

/* A topic is read by one source: a table's rows and a stream's records are told apart by it, and a
 * position in it is one task's. Streams of the same topics are one source already. */
static void check_sources(struct leat_topology *topology)
{
    struct map topics = { 0 };

    for (size_t i = 0; i < topology->step_count; i++) {
        struct step *step = topology->steps[i], *other;

        if (!step->operator->source)
            continue;
        other = map_put(&topics, leat_bytes_of(step->topic), step);
        if (other)
            step_mistake(step, LEAT_E_TOPOLOGY,
                         "topic '%s' is read by step '%s' already; read it once, and let both take "
                         "that step's records",
                         step->topic, other->name);
    }
    map_free(&topics);
}

static void check_something_runs(struct leat_topology *topology)
{
    for (size_t i = 0; i < topology->step_count; i++)
        if (topology->steps[i]->operator->source && topology->steps[i]->noun != NOUN_GLOBAL)
            return;
    topology_mistake(topology, LEAT_E_TOPOLOGY, "",
                     "the topology has no source; begin with leat_stream_from()");
}

int leat_topology_check(struct leat_topology *topology, struct leat_error *error)
{
    check_sources(topology);
    check_something_runs(topology);
    if (topology->mistake.code)
        return error_set(error, topology->mistake.code, "%s", topology->mistake.text);
    topology_cut(topology);
    return LEAT_OK;
}
