/* query_store.c - the stores of a topology that can be asked for, and what their keys are. */
#include "processor/query.h"

#include "base/memory.h"
#include "topology/operators.h"

#include <stdio.h>

/* ---- which partition has a key --------------------------------------------------------------- */

struct spread {
    const struct layout *layout;
    bool *seen;          /* by row number */
    int32_t least, most; /* partitions of the topics that feed it */
    bool own;            /* a topic's records go where a callback says */
};

static void look_upstream(struct spread *spread, const struct step *step, int group)
{
    int32_t partitions;

    if (step->group != group || spread->seen[step->number])
        return;
    spread->seen[step->number] = true;
    for (int i = 0; i < step->input_count; i++)
        look_upstream(spread, step->inputs[i], group);
    if (!step->operator->source)
        return;
    partitions = layout_topic(spread->layout, step)->partitions;
    spread->least = spread->least && spread->least < partitions ? spread->least : partitions;
    spread->most = spread->most > partitions ? spread->most : partitions;
    spread->own |= step->twin && sink_chooses_partition(step->twin);
}

static int32_t partitions_of(const struct layout *layout, const struct step *step)
{
    struct spread spread = {
        .layout = layout,
        .seen = memory_array(layout->topology->step_count, sizeof *spread.seen),
    };

    look_upstream(&spread, step, step->group);
    memory_free(spread.seen);
    return spread.own || spread.least != spread.most ? 0 : spread.most;
}

/* ---- one store ------------------------------------------------------------------------------- */

static enum query_shape shape_of(const struct step *step, const struct store_plan *plan)
{
    bool rows = step->noun == NOUN_TABLE && plan == &step->stores[0];

    if (plan->spec.kind == STORE_VERSIONED)
        return QUERY_VERSIONS;
    if (plan->spec.kind == STORE_WINDOW || (rows && step->window_ms > 0))
        return QUERY_WINDOWS;
    return plan->spec.kind == STORE_SESSION || (rows && step->window_ms) ? QUERY_SESSIONS
                                                                         : QUERY_PLAIN;
}

static void describe(const struct layout *layout, const struct step *step,
                     const struct store_plan *plan, struct query_store *out)
{
    *out = (struct query_store){ .name = plan ? plan->spec.name : step->name,
                                 .step = step,
                                 .plan = plan };
    if (!plan)
        return;
    out->shape = shape_of(step, plan);
    out->window_ms = out->shape == QUERY_WINDOWS && step->window_ms > 0 ? step->window_ms : 0;
    out->partitions = partitions_of(layout, step);
}

bool query_store_at(const struct layout *layout, size_t place, struct query_store *out)
{
    for (size_t i = 0; i < layout->topology->step_count; i++) {
        const struct step *step = layout->topology->steps[i];

        if (step->operator == &source_global && !place--) {
            describe(layout, step, NULL, out);
            return true;
        }
        for (int s = 0; s < step->store_count; s++)
            if (step->stores[s].queryable && !step->stores[s].scratch && !place--) {
                describe(layout, step, &step->stores[s], out);
                return true;
            }
    }
    return false;
}

bool query_store_find(const struct layout *layout, const char *name, struct query_store *out)
{
    for (size_t place = 0; query_store_at(layout, place, out); place++)
        if (!strcmp(out->name, name))
            return true;
    return false;
}

const struct leat_type *query_store_type(const struct query_store *store)
{
    return store->plan ? store->plan->spec.type : store->step->type;
}

const char *query_store_kind(const struct query_store *store)
{
    static const char *const kinds[] = { "key-value", "window", "session", "versioned" };

    return store->plan ? kinds[store->shape] : "global";
}
