/* build_groups.c - the scenarios' groupings and windowings, and the aggregations that make Leat's
 * verbs of them. */
#include "build.h"

/* ---- what waits for an aggregation ----------------------------------------------------------- */

static void group_by_key(struct build *build, const json_t *as, struct node *out)
{
    out->noun = GROUPED;
    out->in = build_input(build, as, 0, STREAM);
    out->key = out->in->key;
    out->value = out->in->value;
    out->windowed = out->in->windowed;
}

static void group_by(struct build *build, const json_t *as, struct node *out)
{
    struct functions *functions = build_functions(build);

    group_by_key(build, as, out);
    build_function(build, KEY_FUNCTIONS, as, "key_fn", NULL, sorts_of(out->in), &functions->key);
    out->key = functions->key.gives;
    out->windowed = false;
}

static void cogroup(struct build *build, const json_t *as, struct node *out)
{
    const char *type = text_in(as, "agg_type");

    out->noun = COGROUPED;
    out->in = build_input(build, as, 0, GROUPED);
    out->key = out->in->key;
    out->value = type && !strcmp(type, "long") ? LONG : STRING;
    if (build_input_count(as) > COGROUP_INPUTS)
        build_wrong(build, "a cogroup of more than %d inputs", COGROUP_INPUTS);
}

static void windowed_by(struct build *build, const json_t *as, struct node *out)
{
    out->noun = WINDOWED;
    out->in = build_input(build, as, 0, GROUPED | COGROUPED);
    out->key = out->in->key;
    out->value = out->in->value;
}

static void table_group_by(struct build *build, const json_t *as, struct node *out)
{
    out->noun = ROWS_GROUPED;
    out->in = build_input(build, as, 0, TABLE);
}

/* ---- the stream behind a group --------------------------------------------------------------- */

/* A group without a name has its topic named by the store, as each of its aggregations does. */
static const char *key_name(struct build *build, const struct node *group, const json_t *as)
{
    const char *name = text_in(group->as, "name"), *store = text_in(as, "store");

    if (name || store)
        return name ? name : store;
    return arena_text(build->arena, "%s-for-%s", group->id, build_name(build, as)).data;
}

static struct leat_stream *rekey(struct build *build, const struct node *group, const char *name)
{
    struct functions *functions = build_functions(build);
    struct leat_stream *keyed = leat_key_by(group->in->stream, name, on_key);

    build_function(build, KEY_FUNCTIONS, group->as, "key_fn", NULL, sorts_of(group->in),
                   &functions->key);
    leat_with(keyed, functions);
    return keyed;
}

/* Leat repartitions by itself where the key has changed. A name that the scenario gives to the
 * topic is given to the step that changes the key, or else to a repartition in plain sight. */
static struct leat_stream *group_stream(struct build *build, struct node *group, const json_t *as)
{
    bool by_function = text_in(group->as, "key_fn"), named = text_in(group->as, "name");
    struct leat_stream *keyed = group->keyed;

    if (!by_function && !(named && group->in->rekeyed))
        return group->in->stream;
    if (!keyed)
        keyed = by_function ? rekey(build, group, key_name(build, group, as))
                            : leat_repartition(group->in->stream, text_in(group->as, "name"), NULL);
    group->keyed = named ? keyed : NULL;
    return keyed;
}

/* ---- windows --------------------------------------------------------------------------------- */

static struct leat_window window_in(const struct build *build, const json_t *as)
{
    static const struct {
        const char *name, *size;
        enum leat_window_kind kind;
    } kinds[] = {
        { "tumbling", "size", LEAT_TUMBLING },
        { "hopping", "size", LEAT_HOPPING },
        { "sliding", "difference", LEAT_SLIDING },
        { "session", "gap", LEAT_SESSION },
    };
    const char *window = text_in(as, "window");

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (window && !strcmp(window, kinds[i].name))
            return (struct leat_window){ .kind = kinds[i].kind,
                                         .size = long_in(as, kinds[i].size, 0),
                                         .advance = long_in(as, "advance", 0),
                                         .grace = long_in(as, "grace", 0) };
    build_wrong(build, "there is no window '%s'", window ? window : "");
}

/* ---- aggregations of streams ----------------------------------------------------------------- */

struct aggregation {
    struct node *group;           /* or cogroup */
    struct leat_aggregate with;
    struct functions *functions;
};

static struct aggregation aggregation_of(struct build *build, const json_t *as, struct node *out)
{
    struct node *in = build_input(build, as, 0, GROUPED | COGROUPED | WINDOWED);
    struct aggregation made = { .group = in, .functions = build_functions(build) };
    const char *emit;

    made.with.store = text_in(as, "store");
    made.with.retention = long_in(as, "retention_ms", 0);
    made.with.user = made.functions;
    if (in->noun == WINDOWED) {
        emit = text_in(in->as, "emit");
        made.group = in->in;
        made.with.window = window_in(build, in->as);
        made.with.on_close = emit && !strcmp(emit, "on_window_close");
    }
    out->key = in->key;
    out->windowed = in->noun == WINDOWED || in->windowed;
    return made;
}

static bool merges(const struct aggregation *aggregation)
{
    return aggregation->with.window.kind == LEAT_SESSION;
}

static void count(struct build *build, const json_t *as, struct node *out)
{
    struct aggregation made = aggregation_of(build, as, out);
    struct leat_stream *in = group_stream(build, made.group, as);

    out->value = LONG;
    build_step(out, TABLE, leat_count(in, build_name(build, as), &made.with), NULL);
}

static void reduce(struct build *build, const json_t *as, struct node *out)
{
    struct aggregation made = aggregation_of(build, as, out);
    struct leat_stream *in = group_stream(build, made.group, as);

    build_function(build, REDUCERS, as, "reducer", NULL, sorts_of(made.group),
                   &made.functions->add[0]);
    made.functions->merge = made.functions->add[0];
    made.with.type = sort_type(made.group->value);
    made.with.add = on_add(0);
    made.with.merge = merges(&made) ? on_merge : NULL;
    out->value = made.group->value;
    build_step(out, TABLE, leat_reduce(in, build_name(build, as), &made.with), NULL);
}

static struct leat_table *aggregate_group(struct build *build, const json_t *as,
                                          struct aggregation *made, enum sort row)
{
    struct sorts takes = { made->group->key, row, made->group->value };

    build_function(build, AGGREGATORS, as, "aggregator", NULL, takes, &made->functions->add[0]);
    made->with.add = on_add(0);
    return leat_aggregate(group_stream(build, made->group, as), build_name(build, as),
                          &made->with);
}

static struct leat_table *aggregate_cogroup(struct build *build, const json_t *as,
                                            struct aggregation *made, enum sort row)
{
    const json_t *cogroup = made->group->as;
    const json_t *specs = json_object_get(cogroup, "aggregators");
    struct leat_cogroup_input inputs[COGROUP_INPUTS + 1] = { 0 };
    size_t count = build_input_count(cogroup);

    for (size_t i = 0; i < count; i++) {
        struct node *group = build_input(build, cogroup, i, GROUPED);
        const char *spec = json_string_value(json_array_get(specs, i));
        struct sorts takes = { group->key, row, group->value };

        if (!spec || !function_find(AGGREGATORS, spec, takes, &made->functions->add[i]))
            build_wrong(build, "there is no aggregator '%s'", spec ? spec : "");
        inputs[i].stream = group_stream(build, group, as);
        inputs[i].add = on_add(i);
    }
    return leat_cogroup(inputs, build_name(build, as), &made->with);
}

static void aggregate(struct build *build, const json_t *as, struct node *out)
{
    struct aggregation made = aggregation_of(build, as, out);
    struct functions *functions = made.functions;
    struct leat_table *table;
    struct sorts rows;

    build_function(build, INITIALIZERS, as, "init", NULL, sorts_of(made.group), &functions->init);
    out->value = functions->init.gives;
    rows = (struct sorts){ out->key, out->value, out->value };
    made.with.type = sort_type(out->value);
    made.with.init = on_init;
    if (merges(&made)) {
        build_function(build, MERGERS, as, "merger", NULL, rows, &functions->merge);
        made.with.merge = on_merge;
    }
    table = made.group->noun == COGROUPED ? aggregate_cogroup(build, as, &made, out->value)
                                          : aggregate_group(build, as, &made, out->value);
    build_step(out, TABLE, table, NULL);
}

/* ---- aggregations of tables ------------------------------------------------------------------ */

static struct leat_group rows_group(struct build *build, const json_t *as, struct node *out)
{
    const struct node *group = build_input(build, as, 0, ROWS_GROUPED);
    struct functions *functions = build_functions(build);
    struct leat_group with = { .key = on_key, .store = text_in(as, "store"), .user = functions };
    struct sorts takes = sorts_of(group->in);

    build_function(build, KEY_FUNCTIONS, group->as, "key_fn", NULL, takes, &functions->key);
    out->key = functions->key.gives;
    out->value = group->in->value;
    if (text_in(group->as, "value_fn")) {
        build_function(build, VALUE_FUNCTIONS, group->as, "value_fn", NULL, takes,
                       &functions->value);
        out->value = functions->value.gives;
        with.value = on_value;
        with.value_type = sort_type(out->value);
    }
    return with;
}

static struct leat_table *group_in(struct build *build, const json_t *as)
{
    return build_input(build, as, 0, ROWS_GROUPED)->in->table;
}

static void table_count(struct build *build, const json_t *as, struct node *out)
{
    struct leat_group with = rows_group(build, as, out);

    out->value = LONG;
    build_step(out, TABLE, leat_count_rows(group_in(build, as), build_name(build, as), &with),
               NULL);
}

static void table_reduce(struct build *build, const json_t *as, struct node *out)
{
    struct leat_group with = rows_group(build, as, out);
    struct functions *functions = with.user;

    build_function(build, REDUCERS, as, "adder", NULL, sorts_of(out), &functions->add[0]);
    build_function(build, REDUCERS, as, "subtractor", NULL, sorts_of(out), &functions->subtract);
    with.type = sort_type(out->value);
    with.add = on_add(0);
    with.subtract = on_subtract;
    build_step(out, TABLE, leat_reduce_rows(group_in(build, as), build_name(build, as), &with),
               NULL);
}

static void table_aggregate(struct build *build, const json_t *as, struct node *out)
{
    struct leat_group with = rows_group(build, as, out);
    struct functions *functions = with.user;
    struct sorts takes = sorts_of(out);

    build_function(build, INITIALIZERS, as, "init", NULL, takes, &functions->init);
    out->value = takes.first = functions->init.gives;
    build_function(build, AGGREGATORS, as, "adder", NULL, takes, &functions->add[0]);
    build_function(build, AGGREGATORS, as, "subtractor", NULL, takes, &functions->subtract);
    with.type = sort_type(out->value);
    with.init = on_init;
    with.add = on_add(0);
    with.subtract = on_subtract;
    build_step(out, TABLE, leat_group_rows(group_in(build, as), build_name(build, as), &with),
               NULL);
}

const struct operation group_operations[] = {
    { "group_by_key", group_by_key },
    { "group_by", group_by },
    { "cogroup", cogroup },
    { "windowed_by", windowed_by },
    { "count", count },
    { "reduce", reduce },
    { "aggregate", aggregate },
    { "table_group_by", table_group_by },
    { "table_count", table_count },
    { "table_reduce", table_reduce },
    { "table_aggregate", table_aggregate },
    { 0 },
};
