/* build.c - a scenario's nodes, one by one, and what all builders need. */
#include "build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void build_wrong(const struct build *build, const char *format, ...)
{
    va_list arguments;

    printf("FAILED %s %s: cannot be understood: ", text_in(build->scenario, "family"),
           text_in(build->scenario, "name"));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    exit(2);
}

/* ---- fields ---------------------------------------------------------------------------------- */

const char *text_in(const json_t *as, const char *field)
{
    return json_string_value(json_object_get(as, field));
}

int64_t long_in(const json_t *as, const char *field, int64_t absent)
{
    const json_t *value = json_object_get(as, field);

    return json_is_integer(value) ? json_integer_value(value) : absent;
}

size_t build_input_count(const json_t *as)
{
    const json_t *from = json_object_get(as, "from");

    return json_is_array(from) ? json_array_size(from) : json_is_string(from);
}

static struct node *find(const struct build *build, const char *id)
{
    for (size_t i = build->count; id && i--;)
        if (!strcmp(build->nodes[i].id, id))
            return &build->nodes[i];
    return NULL;
}

/* Nodes refer to each other: they stay where they are. */
struct node *build_input(const struct build *build, const json_t *as, size_t place, int nouns)
{
    const json_t *from = json_object_get(as, "from");
    const char *id = json_string_value(json_is_array(from) ? json_array_get(from, place) : from);
    struct node *found = find(build, id);

    if (found && found->noun & nouns)
        return found;
    build_wrong(build, "node '%s': its input '%s' is not there or of another kind",
                text_in(as, "id"), id ? id : "");
}

const char *build_name(struct build *build, const json_t *as)
{
    const char *name = text_in(as, "name"), *id = text_in(as, "id");

    return name ? name : arena_text(build->arena, "%s-%s", text_in(as, "op"), id ? id : "").data;
}

/* ---- types ----------------------------------------------------------------------------------- */

static enum sort sort_named(const char *name)
{
    return name && !strcmp(name, "long") ? LONG : STRING;
}

static const struct node *writer_of(const struct build *build, const char *topic)
{
    for (size_t i = 0; i < build->count; i++) {
        const char *to = text_in(build->nodes[i].as, "topic");

        if (!strcmp(text_in(build->nodes[i].as, "op"), "to") && to && !strcmp(to, topic))
            return build->nodes[i].in;
    }
    return NULL;
}

void build_topic(const struct build *build, const char *topic, struct node *out)
{
    const json_t *as = json_object_get(json_object_get(build->scenario, "topics"), topic);
    const struct node *writer = writer_of(build, topic);

    if (!as && !writer)
        build_wrong(build, "topic '%s' is not described", topic);
    out->key = as ? sort_named(text_in(as, "key")) : writer->key;
    out->value = as ? sort_named(text_in(as, "value")) : writer->value;
}

struct functions *build_functions(struct build *build)
{
    return arena_zeroed(build->arena, sizeof(struct functions));
}

void build_function(const struct build *build, enum catalogue catalogue, const json_t *as,
                    const char *field, const char *absent, struct sorts takes,
                    struct function *out)
{
    const char *spec = text_in(as, field);

    spec = spec ? spec : absent;
    if (!spec || !function_find(catalogue, spec, takes, out))
        build_wrong(build, "node '%s': the catalogue has no %s '%s'", text_in(as, "id"), field,
                    spec ? spec : "");
}

void build_step(struct node *out, enum noun noun, void *step, void *functions)
{
    out->noun = noun;
    out->step = step;
    if (functions)
        leat_with(step, functions);
}

/* ---- the nodes ------------------------------------------------------------------------------- */

static const struct operation *find_operation(const struct build *build, const char *name)
{
    static const struct operation *const files[] = { stream_operations, table_operations,
                                                     group_operations, join_operations };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (const struct operation *at = files[i]; name && at->name; at++)
            if (!strcmp(at->name, name))
                return at;
    build_wrong(build, "there is no operation '%s'", name ? name : "");
}

struct node *build_node(struct build *build, const json_t *as, const char *id)
{
    struct node *node = &build->nodes[build->count++];

    *node = (struct node){ .id = id ? id : "", .as = as };
    return node;
}

/* A branch brings several nodes. */
static size_t count_nodes(const json_t *topology)
{
    const json_t *as;
    size_t i, count = 0;

    json_array_foreach(topology, i, as)
        count += 2 + json_array_size(json_object_get(as, "branches"));
    return count;
}

void build_topology(struct build *build)
{
    const json_t *topology = json_object_get(build->scenario, "topology"), *as;
    size_t i;

    build->topology = leat_topology_new();
    build->nodes = arena_zeroed(build->arena, count_nodes(topology) * sizeof *build->nodes);
    json_array_foreach(topology, i, as) {
        const struct operation *operation = find_operation(build, text_in(as, "op"));

        operation->build(build, as, build_node(build, as, text_in(as, "id")));
    }
}

void build_free(struct build *build)
{
    leat_topology_free(build->topology);
}
