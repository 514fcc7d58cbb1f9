/* build_streams.c - the scenarios' operations on streams: sources, stateless ones, process, to. */
#include "build.h"
#include "processors.h"

/* What stays as it is behind most of them. */
static void derive(const struct node *in, struct node *out)
{
    out->key = in->key;
    out->value = in->value;
    out->windowed = in->windowed;
    out->rekeyed = in->rekeyed;
}

static void set_key(const struct function *key, const struct node *in, const json_t *as,
                    struct node *out)
{
    const char *spec = text_in(as, "key_fn");

    out->key = key->gives;
    out->windowed = in->windowed && !strcmp(spec, "key_identity");
    out->rekeyed = true;
}

/* ---- sources --------------------------------------------------------------------------------- */

static const char *const *topics_of(struct build *build, const json_t *as)
{
    const json_t *topics = json_object_get(as, "topics"), *topic;
    const char **out;
    size_t i;

    if (!topics)
        return NULL;
    out = arena_zeroed(build->arena, (json_array_size(topics) + 1) * sizeof *out);
    json_array_foreach(topics, i, topic)
        out[i] = json_string_value(topic);
    return out;
}

static struct leat_source source_in(struct build *build, const json_t *as, struct node *out)
{
    struct leat_source source = { .topic = text_in(as, "topic"),
                                  .topics = topics_of(build, as),
                                  .store = text_in(as, "store"),
                                  .history = long_in(as, "history_ms", 0) };
    const char *first = source.topics ? source.topics[0] : source.topic;
    const char *extractor = text_in(as, "extractor");

    source.versioned = json_object_get(as, "history_ms");
    out->key = out->value = STRING;
    if (first)
        build_topic(build, first, out);
    source.type = sort_type(out->value);
    if (extractor && !extractor_find(extractor, &source.timestamp))
        build_wrong(build, "there is no extractor '%s'", extractor);
    return source;
}

static void stream(struct build *build, const json_t *as, struct node *out)
{
    struct leat_source source = source_in(build, as, out);

    build_step(out, STREAM, leat_stream_from(build->topology, build_name(build, as), &source),
               NULL);
}

static void table(struct build *build, const json_t *as, struct node *out)
{
    struct leat_source source = source_in(build, as, out);

    build_step(out, TABLE, leat_table_from(build->topology, build_name(build, as), &source), NULL);
}

static void global_table(struct build *build, const json_t *as, struct node *out)
{
    struct leat_source source = source_in(build, as, out);

    build_step(out, GLOBAL, leat_global_from(build->topology, build_name(build, as), &source),
               NULL);
}

/* ---- stateless ------------------------------------------------------------------------------- */

static void filter(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    struct functions *functions = build_functions(build);
    const char *name = build_name(build, as);
    bool wanted = !strcmp(text_in(as, "op"), "filter");

    build_function(build, PREDICATES, as, "pred", NULL, sorts_of(in), &functions->test);
    derive(in, out);
    build_step(out, STREAM, wanted ? leat_filter(in->stream, name, on_test)
                                   : leat_filter_not(in->stream, name, on_test), functions);
}

static void map(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    struct functions *functions = build_functions(build);
    struct leat_map with = { 0 };

    derive(in, out);
    if (text_in(as, "value_fn")) {
        build_function(build, VALUE_FUNCTIONS, as, "value_fn", NULL, sorts_of(in),
                       &functions->value);
        out->value = functions->value.gives;
        with.type = sort_type(out->value);
        with.value = on_value;
    }
    if (text_in(as, "key_fn")) {
        build_function(build, KEY_FUNCTIONS, as, "key_fn", NULL, sorts_of(in), &functions->key);
        set_key(&functions->key, in, as, out);
        with.key = on_key;
        with.window = out->windowed ? on_window : NULL;
    }
    build_step(out, STREAM, leat_map(in->stream, build_name(build, as), &with), functions);
}

static void select_key(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    struct functions *functions = build_functions(build);

    build_function(build, KEY_FUNCTIONS, as, "key_fn", NULL, sorts_of(in), &functions->key);
    derive(in, out);
    set_key(&functions->key, in, as, out);
    if (out->windowed) {
        map(build, as, out);
        return;
    }
    build_step(out, STREAM, leat_key_by(in->stream, build_name(build, as), on_key), functions);
}

static void flat_map(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    struct functions *functions = build_functions(build);
    const char *name = build_name(build, as);
    bool key_stays = !strcmp(text_in(as, "op"), "flat_map_values");
    struct leat_map with = { .value = on_flat };

    build_function(build, FLAT_FUNCTIONS, as, "flat_fn", NULL, sorts_of(in), &functions->flat);
    derive(in, out);
    out->value = functions->flat.gives;
    with.type = sort_type(out->value);
    if (!key_stays) {
        out->key = STRING;
        out->windowed = false;
        out->rekeyed = true;
    }
    build_step(out, STREAM, key_stays ? leat_flat_map_values(in->stream, name, &with)
                                      : leat_flat_map(in->stream, name, &with), functions);
}

static void merge(struct build *build, const json_t *as, struct node *out)
{
    const struct node *a = build_input(build, as, 0, STREAM);
    const struct node *b = build_input(build, as, 1, STREAM);

    derive(a, out);
    out->rekeyed |= b->rekeyed;
    build_step(out, STREAM, leat_merge(a->stream, b->stream, build_name(build, as)), NULL);
}

/* ---- branch ---------------------------------------------------------------------------------- */

static struct leat_branch branch_named(struct build *build, const json_t *as, const char *id,
                                       const struct node *in)
{
    struct node *out = build_node(build, as, id);

    derive(in, out);
    out->noun = STREAM;
    return (struct leat_branch){
        .name = arena_text(build->arena, "%s-%s", text_in(as, "id"), id).data,
        .out = &out->stream,
    };
}

static void branch(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    const json_t *branches = json_object_get(as, "branches"), *each;
    size_t i, count = json_array_size(branches);
    struct leat_branch *made = arena_zeroed(build->arena, (count + 2) * sizeof *made);
    struct functions **tests = arena_zeroed(build->arena, count * sizeof *tests);

    json_array_foreach(branches, i, each) {
        tests[i] = build_functions(build);
        build_function(build, PREDICATES, each, "pred", NULL, sorts_of(in), &tests[i]->test);
        made[i] = branch_named(build, as, text_in(each, "id"), in);
        made[i].test = on_test;
    }
    if (text_in(as, "default"))
        made[count] = branch_named(build, as, text_in(as, "default"), in);
    leat_branch(in->stream, build_name(build, as), made);
    for (i = 0; i < count; i++)
        leat_with(*made[i].out, tests[i]);
}

/* ---- process --------------------------------------------------------------------------------- */

static const struct leat_store_spec *stores_in(struct build *build, const json_t *as,
                                               const struct processor *processor,
                                               const struct node *in)
{
    struct leat_store_spec *stores = arena_zeroed(build->arena, 3 * sizeof *stores);
    const char *connect = text_in(as, "connect");
    size_t count = 0;

    if (!processor->store)
        return NULL;
    if (!json_is_true(json_object_get(as, "shared"))) {
        stores[count].name = text_in(as, "store");
        stores[count++].type = processor->store == &leat_bytes_type ? sort_type(in->value)
                                                                    : processor->store;
    } else if (!connect) {
        stores[count++].name = text_in(as, "store");
    }
    if (connect)
        stores[count].name = connect;
    return stores;
}

static void process(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    const char *which = text_in(as, "processor"), *clock = text_in(as, "clock");
    const struct processor *processor = which ? processor_find(which) : NULL;
    struct processing *processing = arena_zeroed(build->arena, sizeof *processing);
    struct leat_process with = { .user = processing };
    bool wall = clock && !strcmp(clock, "wall");

    if (!processor)
        build_wrong(build, "there is no processor '%s'", which ? which : "");
    *processing = (struct processing){ .ttl_ms = long_in(as, "ttl_ms", 0),
                                       .delta_ms = long_in(as, "delta_ms", 0),
                                       .cancel_after = long_in(as, "cancel_after", 0),
                                       .clear = json_is_true(json_object_get(as, "clear")) };
    with.type = processor->type;
    with.process = processor->process;
    with.stores = stores_in(build, as, processor, in);
    with.key_stays = processor->key_stays;
    *(wall ? &with.every_wall : &with.every) = long_in(as, "interval_ms", 0);
    *(wall ? &with.punctuate_wall : &with.punctuate) = processor->punctuate;
    derive(in, out);
    out->value = with.type == &leat_long_type ? LONG : with.type ? STRING : in->value;
    out->rekeyed |= !processor->key_stays;
    build_step(out, STREAM, leat_process(in->stream, build_name(build, as), &with), NULL);
}

/* ---- topics ---------------------------------------------------------------------------------- */

static void repartition(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    const char *topic = text_in(as, "topic");
    struct leat_repartition with = { .partitions = (int32_t)long_in(as, "partitions", 0) };

    derive(in, out);
    out->rekeyed = false;
    build_step(out, STREAM, leat_repartition(in->stream, topic ? topic : build_name(build, as),
                                             &with), NULL);
}

static void to(struct build *build, const json_t *as, struct node *out)
{
    struct node *in = build_input(build, as, 0, STREAM);

    out->in = in;
    leat_to(in->stream, build_name(build, as), &(struct leat_to){ .topic = text_in(as, "topic") });
}

const struct operation stream_operations[] = {
    { "stream", stream },
    { "table", table },
    { "global_table", global_table },
    { "filter", filter },
    { "filter_not", filter },
    { "map_values", map },
    { "map", map },
    { "select_key", select_key },
    { "flat_map_values", flat_map },
    { "flat_map", flat_map },
    { "merge", merge },
    { "branch", branch },
    { "process", process },
    { "repartition", repartition },
    { "to", to },
    { 0 },
};
