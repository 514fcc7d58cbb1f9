/* stateless.c - verbs of streams that remember nothing: filter, map, flat-map, key-by, peek,
 * for-each, merge, branch. Each operator first, its verb below. */
#include "topology/flow.h"
#include "topology/operators.h"

/* ---- filter --------------------------------------------------------------------------------- */

struct filter {
    leat_test test;
    bool wanted;
};

static int filter_process(struct node *node, int input, const struct change *change)
{
    const struct filter *filter = node->step->options;
    bool passes;
    int status;

    node_enter(node, change);
    passes = filter->test(&change->record) == filter->wanted;
    status = node_leave(node, change);
    if (status)
        return status < 0 ? status : LEAT_OK;
    return passes ? node_forward(node, change) : LEAT_OK;
}

static const struct operator filter_operator = { .verb = "filter", .process = filter_process };

static struct step *derive(struct leat_stream *in, const struct operator *operator,
                           const char *name, const struct leat_type *type)
{
    struct step *parent = step_of(in);
    struct step *step = step_new(parent->topology, operator, name, NOUN_STREAM,
                                 type ? type : parent->type);

    step->key_changed = parent->key_changed;
    step_keys_like(step, parent);
    step_connect(parent, step);
    return step;
}

static struct leat_stream *filter(struct leat_stream *in, const char *name, leat_test test,
                                  bool wanted)
{
    struct step *step = derive(in, &filter_operator, name, NULL);

    step_require(step, test, "a filter needs a test");
    step_options(step, &(struct filter){ test, wanted }, sizeof(struct filter));
    return (struct leat_stream *)step;
}

struct leat_stream *leat_filter(struct leat_stream *in, const char *name, leat_test test)
{
    return filter(in, name, test, true);
}

struct leat_stream *leat_filter_not(struct leat_stream *in, const char *name, leat_test test)
{
    return filter(in, name, test, false);
}

/* ---- map, key-by ----------------------------------------------------------------------------- */

static int map_process(struct node *node, int input, const struct change *change)
{
    const struct leat_map *map = node->step->options;
    struct change mapped = *change;
    struct leat_call *call;
    void *value = NULL;
    int status;

    call = node_enter(node, change);
    if (map->key) {
        mapped.record.key = map->key(&change->record);
        mapped.record.window = map->window ? map->window(&change->record)
                                           : (struct leat_span){ 0 };
    }
    if (map->value) {
        value = node_new_value(node);
        map->value(&change->record, value);
        mapped.record.value = call->none ? NULL : value;
        mapped.record.type = node->step->type;
    }
    status = node_leave(node, change);
    if (status)
        return status < 0 ? status : LEAT_OK;
    return node_forward(node, &mapped);
}

static const struct operator map_operator = { .verb = "map", .process = map_process };
static const struct operator key_operator = { .verb = "key-by", .process = map_process };

static struct step *mapped(struct leat_stream *in, const struct operator *operator,
                           const char *name, const struct leat_map *map)
{
    struct step *step = derive(in, operator, name, map ? map->type : NULL);

    step_options(step, map, sizeof *map);
    step_require(step, map && (map->key || map->value), "it needs .value or .key");
    step_require(step, !map || !map->value || map->type, ".value needs the .type that it makes");
    if (map && map->key) {
        step->key_changed = true;
        step->window_ms = map->window ? WINDOW_OF_ITS_OWN : 0;
        step->window = NULL;
    }
    if (map && map->user)
        step->user = map->user;
    return step;
}

struct leat_stream *leat_map(struct leat_stream *in, const char *name, const struct leat_map *map)
{
    return (struct leat_stream *)mapped(in, &map_operator, name, map);
}

struct leat_stream *leat_key_by(struct leat_stream *in, const char *name, leat_key key)
{
    return (struct leat_stream *)mapped(in, &key_operator, name, &(struct leat_map){ .key = key });
}

/* ---- flat-map -------------------------------------------------------------------------------- */

static int flat_process(struct node *node, int input, const struct change *change)
{
    const struct leat_map *map = node->step->options;
    int status;

    node_enter(node, change);
    map->value(&change->record, NULL);
    status = node_leave(node, change);
    return status < 0 ? status : LEAT_OK;
}

static const struct operator flat_operator = { .verb = "flat-map", .process = flat_process };
static const struct operator flat_values_operator = {
    .verb = "flat-map-values", .process = flat_process,
};

struct leat_stream *leat_flat_map(struct leat_stream *in, const char *name,
                                  const struct leat_map *map)
{
    struct step *step = mapped(in, &flat_operator, name, map);

    step_require(step, map && map->value, "a flat-map needs .value, which calls leat_forward()");
    step->key_changed = true;
    step->window_ms = 0;
    step->window = NULL;
    return (struct leat_stream *)step;
}

struct leat_stream *leat_flat_map_values(struct leat_stream *in, const char *name,
                                         const struct leat_map *map)
{
    struct step *step = mapped(in, &flat_values_operator, name, map);

    step_require(step, map && map->value,
                 "a flat-map-values needs .value, which calls leat_forward()");
    step_require(step, !map || !map->key, "it keeps the key; leat_flat_map() changes it");
    step->key_stays = true;
    return (struct leat_stream *)step;
}

/* ---- peek, for-each, merge, branch ----------------------------------------------------------- */

static int peek_process(struct node *node, int input, const struct change *change)
{
    const leat_visit *visit = node->step->options;
    int status;

    node_enter(node, change);
    (*visit)(&change->record);
    status = node_leave(node, change);
    return status ? (status < 0 ? status : LEAT_OK) : node_forward(node, change);
}

static int pass_process(struct node *node, int input, const struct change *change)
{
    return node_forward(node, change);
}

static const struct operator peek_operator = { .verb = "peek", .process = peek_process };
static const struct operator for_each_operator = { .verb = "for-each", .process = peek_process };
static const struct operator merge_operator = { .verb = "merge", .process = pass_process };
static const struct operator branched_operator = { .verb = "branched", .process = pass_process };

static struct step *visited(struct leat_stream *in, const struct operator *operator,
                            const char *name, leat_visit visit)
{
    struct step *step = derive(in, operator, name, NULL);

    step_require(step, visit, "it needs a function");
    step_options(step, &visit, sizeof visit);
    return step;
}

struct leat_stream *leat_peek(struct leat_stream *in, const char *name, leat_visit visit)
{
    return (struct leat_stream *)visited(in, &peek_operator, name, visit);
}

/* The end of a way: what it passes on reaches nobody. No step is returned to give a user to. */
void leat_for_each(struct leat_stream *in, const char *name, leat_visit visit)
{
    visited(in, &for_each_operator, name, visit)->user = step_of(in)->user;
}

/* A stream that is merged with itself stays as it is, as in Kafka Streams. */
struct leat_stream *leat_merge(struct leat_stream *a, struct leat_stream *b, const char *name)
{
    struct step *step = derive(a, &merge_operator, name, NULL), *other = step_of(b);

    if (a != b)
        step_connect(other, step);
    if (other->type != step->type)
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "it merges values of type %s and %s; map one to the other's first",
                     step->type->name, other->type->name);
    step->key_changed |= other->key_changed;
    return (struct leat_stream *)step;
}

struct branches {
    const leat_test *tests;
    size_t count;
};

/* A test is its branch's callback: leat_with() gives that its user. */
static int branch_process(struct node *node, int input, const struct change *change)
{
    const struct branches *branches = node->step->options;

    for (size_t i = 0; i < branches->count; i++) {
        struct node *branch = node->edges[i].child;
        bool passes = true;
        int status;

        node_enter(branch, change);
        if (branches->tests[i])
            passes = branches->tests[i](&change->record);
        status = node_leave(branch, change);
        if (status)
            return status < 0 ? status : LEAT_OK;
        if (passes)
            return node_forward_to(node, i, change);
    }
    return LEAT_OK;
}

static const struct operator branch_operator = { .verb = "branch", .process = branch_process };

void leat_branch(struct leat_stream *in, const char *name, const struct leat_branch *branches)
{
    struct step *step = derive(in, &branch_operator, name, NULL);
    struct branches kept = { 0 };
    leat_test *tests;

    while (branches[kept.count].name)
        kept.count++;
    step_require(step, kept.count, "it has no branches");
    kept.tests = tests = arena_zeroed(&step->topology->arena, kept.count * sizeof *tests);
    step_options(step, &kept, sizeof kept);
    for (size_t i = 0; i < kept.count; i++) {
        struct step *branch = derive((struct leat_stream *)step, &branched_operator,
                                     branches[i].name, NULL);

        tests[i] = branches[i].test;
        *branches[i].out = (struct leat_stream *)branch;
    }
}
