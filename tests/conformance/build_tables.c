/* build_tables.c - the scenarios' operations on tables, and those that make a table of a stream or
 * a stream of a table. */
#include "build.h"

/* A table whose step keeps nothing of its own gets a store where the scenario names one. */
static void keep(const json_t *as, struct node *out)
{
    const char *store = text_in(as, "store");

    if (store)
        out->table = leat_keep(out->table, &(struct leat_keep){ .store = store });
}

static void like(const struct node *in, struct node *out)
{
    out->key = in->key;
    out->value = in->value;
    out->windowed = in->windowed;
}

static void table_filter(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, TABLE);
    struct functions *functions = build_functions(build);
    const char *name = build_name(build, as);
    bool wanted = !strcmp(text_in(as, "op"), "table_filter");

    build_function(build, PREDICATES, as, "pred", NULL, sorts_of(in), &functions->test);
    like(in, out);
    build_step(out, TABLE, wanted ? leat_filter_rows(in->table, name, on_test)
                                  : leat_filter_rows_not(in->table, name, on_test), functions);
    keep(as, out);
}

static void table_map_values(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, TABLE);
    struct functions *functions = build_functions(build);
    struct leat_map with = { .value = on_value };

    build_function(build, VALUE_FUNCTIONS, as, "value_fn", NULL, sorts_of(in), &functions->value);
    like(in, out);
    out->value = functions->value.gives;
    with.type = sort_type(out->value);
    build_step(out, TABLE, leat_map_rows(in->table, build_name(build, as), &with), functions);
    keep(as, out);
}

static void to_stream(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, TABLE);
    struct leat_stream *changes = leat_changes(in->table, build_name(build, as));
    struct functions *functions = build_functions(build);
    const char *key = text_in(as, "key_fn");
    struct leat_map with = { .key = on_key };

    like(in, out);
    build_step(out, STREAM, changes, NULL);
    if (!key)
        return;
    build_function(build, KEY_FUNCTIONS, as, "key_fn", NULL, sorts_of(in), &functions->key);
    out->key = functions->key.gives;
    out->windowed = in->windowed && !strcmp(key, "key_identity");
    out->rekeyed = true;
    with.window = out->windowed ? on_window : NULL;
    build_step(out, STREAM,
               leat_map(changes, arena_text(build->arena, "%s-key", build_name(build, as)).data,
                        &with), functions);
}

static void to_table(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, STREAM);
    struct leat_to_table with = { .store = text_in(as, "store"),
                                  .versioned = json_object_get(as, "history_ms"),
                                  .history = long_in(as, "history_ms", 0) };

    like(in, out);
    build_step(out, TABLE, leat_to_table(in->stream, build_name(build, as), &with), NULL);
}

static void suppress(struct build *build, const json_t *as, struct node *out)
{
    const struct node *in = build_input(build, as, 0, TABLE);
    const char *mode = text_in(as, "mode"), *full = text_in(as, "full");
    struct leat_suppress with = { .until_close = mode && !strcmp(mode, "until_window_closes"),
                                  .wait = long_in(as, "ms", 0) };

    if (json_object_get(as, "max_records")) {
        with.max_records = long_in(as, "max_records", 0);
        with.when_full = full && !strcmp(full, "emit_early") ? LEAT_EMIT_EARLY : LEAT_STOP;
    }
    like(in, out);
    build_step(out, TABLE, leat_suppress(in->table, build_name(build, as), &with), NULL);
}

const struct operation table_operations[] = {
    { "table_filter", table_filter },
    { "table_filter_not", table_filter },
    { "table_map_values", table_map_values },
    { "to_stream", to_stream },
    { "to_table", to_table },
    { "suppress", suppress },
    { 0 },
};
