/* cut.c - dividing the graph into sub-topologies: what hangs together without a repartition.
 *
 * Steps that share a store hang together too: one task must have it. A group is named by its first
 * step in row order. It is timed if a step in it, or in a group that it sends to, keeps time.
 */
#include "base/memory.h"
#include "topology/operators.h"
#include "topology/step.h"

/* Both take the lesser number; true if one of them changed. */
static bool unite(int *a, int *b)
{
    int least = *a < *b ? *a : *b;
    bool changed = *a != *b;

    *a = *b = least;
    return changed;
}

/* Each step takes the least row number that it hangs together with, until nothing changes. */
static bool spread(struct leat_topology *topology, int *root)
{
    bool changed = false;

    for (size_t i = 0; i < topology->step_count; i++) {
        struct step *step = topology->steps[i];

        for (size_t e = 0; e < step->edge_count; e++)
            changed |= unite(&root[i], &root[step->edges[e].child->number]);
        for (int u = 0; u < step->use_count; u++)
            changed |= unite(&root[i], &root[step->uses[u].owner->number]);
    }
    return changed;
}

/* Of its first step; by the name that the user gave, where a verb made several rows. */
static const char *name_group(const struct step *first)
{
    if (first->twin && first->operator->source)
        return first->twin->name;
    if (first->edge_count && first->edges[0].child->operator == &source_topics)
        return first->edges[0].child->name;
    return first->name;
}

/* Global tables belong to the process and to no task. */
static void number_groups(struct leat_topology *topology, const int *root)
{
    topology->groups = memory_array(topology->step_count + 1, sizeof *topology->groups);
    for (size_t i = 0; i < topology->step_count; i++) {
        struct step *step = topology->steps[i];
        struct group *group;

        if (step->noun == NOUN_GLOBAL)
            continue;
        if (root[i] == (int)i) {
            step->group = (int)topology->group_count++;
            topology->groups[step->group].name = name_group(step);
        }
        step->group = topology->steps[root[i]]->group;
        group = &topology->groups[step->group];
        group->steps = memory_resize(group->steps, group->step_count + 1, sizeof *group->steps);
        group->steps[group->step_count++] = step;
    }
}

static bool group_keeps_time(const struct leat_topology *topology, const struct group *group)
{
    for (size_t i = 0; i < group->step_count; i++) {
        const struct step *step = group->steps[i];

        if (step->operator == &repartition_send) {
            if (topology->groups[step->twin->group].timed)
                return true;
        } else if (step_keeps_time(step)) {
            return true;
        }
    }
    return false;
}

static void find_timed(struct leat_topology *topology)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t g = 0; g < topology->group_count; g++) {
            struct group *group = &topology->groups[g];

            if (!group->timed && group_keeps_time(topology, group))
                changed = group->timed = true;
        }
    }
}

void topology_cut(struct leat_topology *topology)
{
    int *root;

    if (topology->is_cut)
        return;
    topology->is_cut = true;
    root = memory_array(topology->step_count, sizeof *root);
    for (size_t i = 0; i < topology->step_count; i++)
        root[i] = (int)i;
    while (spread(topology, root))
        ;
    number_groups(topology, root);
    memory_free(root);
    find_timed(topology);
}
