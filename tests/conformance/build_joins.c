/* build_joins.c - the scenarios' joins. */
#include "build.h"

static enum leat_join_kind kind_in(const struct build *build, const json_t *as)
{
    static const char *const names[] = { "inner", "left", "outer" };
    const char *type = text_in(as, "type");

    for (int i = 0; i < 3; i++)
        if (type && !strcmp(names[i], type))
            return (enum leat_join_kind)i;
    build_wrong(build, "there is no join type '%s'", type ? type : "");
}

/* The joiner; the result is a record of the left input's key. */
static struct functions *joiner_in(struct build *build, const json_t *as, const struct node *left,
                                   const struct node *right, struct node *out)
{
    struct functions *functions = build_functions(build);
    struct sorts takes = { left->key, left->value, right->value };

    build_function(build, JOINERS, as, "joiner", NULL, takes, &functions->join);
    out->key = left->key;
    out->windowed = left->windowed;
    out->value = functions->join.gives;
    return functions;
}

static void stream_stream(struct build *build, const json_t *as, struct node *out)
{
    const struct node *left = build_input(build, as, 0, STREAM);
    const struct node *right = build_input(build, as, 1, STREAM);
    struct functions *functions = joiner_in(build, as, left, right, out);
    struct leat_join_streams with = { .type = sort_type(out->value),
                                      .join = on_join,
                                      .kind = kind_in(build, as),
                                      .before = long_in(as, "before", 0),
                                      .after = long_in(as, "after", 0),
                                      .grace = long_in(as, "grace", 0),
                                      .user = functions };

    build_step(out, STREAM, leat_join_streams(left->stream, right->stream, build_name(build, as),
                                              &with), NULL);
}

static void stream_table(struct build *build, const json_t *as, struct node *out)
{
    const struct node *left = build_input(build, as, 0, STREAM);
    const struct node *right = build_input(build, as, 1, TABLE);
    struct functions *functions = joiner_in(build, as, left, right, out);
    struct leat_join with = { .type = sort_type(out->value),
                              .join = on_join,
                              .kind = kind_in(build, as),
                              .wait = json_object_get(as, "grace"),
                              .grace = long_in(as, "grace", 0),
                              .user = functions };

    build_step(out, STREAM, leat_join_table(left->stream, right->table, build_name(build, as),
                                            &with), NULL);
}

static void stream_global(struct build *build, const json_t *as, struct node *out)
{
    const struct node *left = build_input(build, as, 0, STREAM);
    const struct node *right = build_input(build, as, 1, GLOBAL);
    struct functions *functions = joiner_in(build, as, left, right, out);
    struct leat_join with = { .type = sort_type(out->value),
                              .join = on_join,
                              .kind = kind_in(build, as),
                              .key = on_key,
                              .user = functions };

    build_function(build, KEY_FUNCTIONS, as, "key_fn", NULL, sorts_of(left), &functions->key);
    out->rekeyed = left->rekeyed;
    build_step(out, STREAM, leat_join_global(left->stream, right->global, build_name(build, as),
                                             &with), NULL);
}

/* What was recorded tells every table by which serdes its rows would be kept. To Kafka Streams that
 * asks for a store where the table is a join by its inputs' own key, and nowhere else. */
static void table_table(struct build *build, const json_t *as, struct node *out)
{
    const struct node *left = build_input(build, as, 0, TABLE);
    const struct node *right = build_input(build, as, 1, TABLE);
    struct functions *functions = joiner_in(build, as, left, right, out);
    bool foreign = !strcmp(text_in(as, "op"), "join_fk");
    const char *name = build_name(build, as);
    struct leat_join_tables with = { .type = sort_type(out->value),
                                     .join = on_join,
                                     .kind = kind_in(build, as),
                                     .store = text_in(as, "store"),
                                     .user = functions };

    if (foreign) {
        with.key = on_key;
        build_function(build, KEY_FUNCTIONS, as, "fk_fn", NULL, sorts_of(left), &functions->key);
    } else if (!with.store) {
        with.store = name;
    }
    build_step(out, TABLE, foreign ? leat_join_foreign(left->table, right->table, name, &with)
                                   : leat_join_tables(left->table, right->table, name, &with),
               NULL);
}

const struct operation join_operations[] = {
    { "join_stream_stream", stream_stream },
    { "join_stream_table", stream_table },
    { "join_stream_global", stream_global },
    { "join_table_table", table_table },
    { "join_fk", table_table },
    { 0 },
};
