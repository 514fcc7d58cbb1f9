/* topology.c - the rows of the graph: adding, naming, joining, and the first mistake.
 *
 * Entry points:  leat_topology_new(), step_new(), step_connect(), step_repartition()
 * See also:      cut.c (sub-topologies), check.c, describe.c
 */
#include "topology/step.h"

#include "base/limits.h"
#include "base/memory.h"
#include "topology/operators.h"

#include <stdarg.h>
#include <stdio.h>

struct leat_topology *leat_topology_new(void)
{
    struct leat_topology *topology = memory_new(sizeof *topology);

    arena_init(&topology->arena, 8192);
    return topology;
}

void leat_topology_free(struct leat_topology *topology)
{
    if (!topology)
        return;
    for (size_t i = 0; i < topology->step_count; i++) {
        memory_free(topology->steps[i]->edges);
        memory_free(topology->steps[i]->inputs);
        memory_free(topology->steps[i]->stores);
        memory_free(topology->steps[i]->uses);
    }
    for (size_t i = 0; i < topology->group_count; i++)
        memory_free(topology->groups[i].steps);
    memory_free(topology->groups);
    memory_free(topology->steps);
    map_free(&topology->names);
    map_free(&topology->stores);
    arena_free(&topology->arena);
    memory_free(topology);
}

void topology_mistake(struct leat_topology *topology, int code, const char *step, const char *what)
{
    if (!topology->mistake.code)
        error_set(&topology->mistake, code, "step '%s': %s", step ? step : "", what);
}

void step_mistake(struct step *step, int code, const char *format, ...)
{
    char what[LEAT_ERROR_TEXT];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    topology_mistake(step->topology, code, step->name, what);
}

/* Names go into topics, directories and metrics: Kafka's alphabet for topics. */
static bool name_is_fit(const char *name)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789._-";
    size_t size = strlen(name);

    return size && size <= LIMIT_NAME_BYTES && strspn(name, alphabet) == size &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

void step_alias(struct step *step, const char *name)
{
    if (!name_is_fit(name ? name : ""))
        topology_mistake(step->topology, LEAT_E_TOPOLOGY, name,
                         "a step's name is 1 to 249 letters, digits, '.', '_' or '-'");
    else if (map_put(&step->topology->names, leat_bytes_of(name), step))
        topology_mistake(step->topology, LEAT_E_TOPOLOGY, name,
                         "the name is taken; give each step one of its own");
}

static void check_step(struct step *step)
{
    struct leat_topology *topology = step->topology;

    step_alias(step, step->name);
    if (topology->step_count > LIMIT_STEPS)
        step_mistake(step, LEAT_E_LIMIT, "a topology has %d steps at most", LIMIT_STEPS);
}

struct step *step_new(struct leat_topology *topology, const struct operator *operator,
                      const char *name, enum noun noun, const struct leat_type *type)
{
    struct step *step = arena_zeroed(&topology->arena, sizeof *step);

    step->topology = topology;
    step->operator = operator;
    step->name = arena_copy(&topology->arena, leat_bytes_of(name ? name : "")).data;
    step->noun = noun;
    step->type = type;
    step->group = -1;
    step->number = (int)topology->step_count;
    topology->steps = memory_grow(topology->steps, topology->step_count, &topology->step_capacity,
                                  sizeof *topology->steps);
    topology->steps[topology->step_count++] = step;
    check_step(step);
    if (topology->is_cut)
        step_mistake(step, LEAT_E_TOPOLOGY, "the topology has been started; add steps before");
    return step;
}

void step_connect(struct step *parent, struct step *child)
{
    if (parent->topology != child->topology)
        step_mistake(child, LEAT_E_TOPOLOGY, "its input '%s' belongs to another topology",
                     parent->name);
    if (child->input_count == LIMIT_STEP_INPUTS) {
        step_mistake(child, LEAT_E_LIMIT, "a step has %d inputs at most", LIMIT_STEP_INPUTS);
        return;
    }
    child->inputs = memory_resize(child->inputs, (size_t)child->input_count + 1,
                                  sizeof *child->inputs);
    child->inputs[child->input_count] = parent;
    parent->edges = memory_grow(parent->edges, parent->edge_count, &parent->edge_capacity,
                                sizeof *parent->edges);
    parent->edges[parent->edge_count++] = (struct step_edge){ child, child->input_count++ };
}

const void *step_options(struct step *step, const void *options, size_t size)
{
    void *copy = arena_zeroed(&step->topology->arena, size);

    if (options)
        memcpy(copy, options, size);
    step->options = copy;
    return copy;
}

struct store_plan *step_store(struct step *step, const char *name, enum store_kind kind,
                              const struct leat_type *type)
{
    struct leat_topology *topology = step->topology;
    struct store_plan *plan;

    step->stores = memory_resize(step->stores, (size_t)step->store_count + 1, sizeof *step->stores);
    plan = &step->stores[step->store_count++];
    *plan = (struct store_plan){ .spec = { .kind = kind, .type = type }, .cached = true };
    plan->spec.name = arena_copy(&topology->arena, leat_bytes_of(name)).data;
    if (!name_is_fit(name))
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "a store's name is 1 to %d letters, digits, '.', '_' or '-'",
                     LIMIT_NAME_BYTES);
    else if (map_put(&topology->stores, leat_bytes_of(name), step))
        step_mistake(step, LEAT_E_TOPOLOGY, "there is a store '%s' already; name another", name);
    return plan;
}

struct step *step_repartition(struct step *in, const char *name, int32_t partitions)
{
    struct leat_topology *topology = in->topology;
    struct step *out = step_new(topology, &repartition_send, name, NOUN_SINK, NULL), *back;
    char twin[LIMIT_NAME_BYTES + 16];

    snprintf(twin, sizeof twin, "%.*s-in", LIMIT_NAME_BYTES - 4, out->name);
    out->options = step_options(out, &(struct leat_repartition){ partitions },
                                sizeof(struct leat_repartition));
    out->topic = out->name;
    step_connect(in, out);
    back = step_new(topology, &repartition_receive, twin, NOUN_STREAM, in->type);
    back->topic = out->name;
    back->twin = out;
    step_keys_like(back, in);
    out->twin = back;
    return back;
}

struct step *step_partitioned(struct step *in, bool null_keys)
{
    struct step **made = &in->repartitioned[null_keys];
    char name[LIMIT_NAME_BYTES + 24];

    if (!in->key_changed)
        return in;
    if (*made)
        return *made;
    snprintf(name, sizeof name, "%.*s-by-%s", LIMIT_NAME_BYTES - 16, in->name,
             null_keys ? "any-key" : "key");
    *made = step_repartition(in, name, 0);
    (*made)->twin->keeps_null_keys = null_keys;
    return *made;
}

/* What a stream of several topics calls, the rows in front of it do; what a repartition calls, its
 * sending half. */
void leat_with(void *noun, void *user)
{
    struct step *step = noun;

    if (!step)
        return;
    step->user = user;
    if (step->twin)
        step->twin->user = user;
    for (int i = 0; step->operator == &source_topics && i < step->input_count; i++)
        step->inputs[i]->user = user;
}
