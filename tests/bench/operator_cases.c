/* operator_cases.c - one small topology for each operator: source, operator, output. */
#include "operators.h"

static const struct leat_source strings = { .type = &leat_string_type };

/* ---- callbacks ------------------------------------------------------------------------------- */

static bool always(const struct leat_record *record)
{
    return record->value;
}

static bool never(const struct leat_record *record)
{
    return !record->value;
}

static void same(const struct leat_record *record, void *out)
{
    *(struct leat_bytes *)out = leat_string_of(record);
}

static void size_of(const struct leat_record *record, void *out)
{
    *(int64_t *)out = (int64_t)leat_string_of(record).size;
}

static void twice(const struct leat_record *record, void *out)
{
    leat_forward(record, record->key, record->value, record->timestamp_ms);
    leat_forward(record, record->key, record->value, record->timestamp_ms);
}

/* Another of the same keys, or of as many: its last six digits the other way round. */
static struct leat_bytes other_key(const struct leat_record *record)
{
    char *copy = leat_alloc(record, record->key.size);

    for (size_t i = 0; i < record->key.size; i++)
        copy[i] = record->key.data[i < 3 ? i : record->key.size + 2 - i];
    return leat_bytes(copy, record->key.size);
}

static struct leat_bytes few_keys(const struct leat_record *record)
{
    return leat_bytes(record->key.data + record->key.size - 3, 3); /* a thousand of them */
}

static struct leat_bytes own_key(const struct leat_record *record)
{
    return record->key;
}

static void add_size(const struct leat_record *record, void *out)
{
    *(int64_t *)out += (int64_t)leat_string_of(record).size;
}

static void take_size(const struct leat_record *record, void *out)
{
    *(int64_t *)out -= (int64_t)leat_string_of(record).size;
}

static void add_long(const struct leat_record *record, void *out)
{
    *(int64_t *)out += leat_long_of(record);
}

static void left_value(const struct leat_record *left, const void *right, void *out)
{
    *(struct leat_bytes *)out = left->value ? leat_string_of(left)
                                            : *(const struct leat_bytes *)right;
}

static void get_and_put(const struct leat_record *record)
{
    leat_get(record, 0, record->key);
    leat_put(record, 0, record->key, record->value);
    leat_forward(record, record->key, record->value, record->timestamp_ms);
}

static struct leat_stream *right_of(struct leat_topology *topology)
{
    return leat_stream_from(topology, "right", &strings);
}

static struct leat_table *table_of(struct leat_topology *topology)
{
    return leat_table_from(topology, "right", &strings);
}

static void out_rows(struct leat_table *table)
{
    leat_to(leat_changes(table, "changes"), "out", NULL);
}

static struct leat_table *rows_of(struct leat_stream *in)
{
    return leat_to_table(in, "rows", &(struct leat_to_table){ .store = "rows-store" });
}

/* ---- without state --------------------------------------------------------------------------- */

#define CASE(name) static void name(struct leat_topology *topology, struct leat_stream *in)

CASE(pass)
{
    leat_to(in, "out", NULL);
}

CASE(filter)
{
    leat_to(leat_filter(in, "filter", always), "out", NULL);
}

CASE(map)
{
    leat_to(leat_map(in, "map", &(struct leat_map){ .type = &leat_string_type, .value = same }),
            "out", NULL);
}

CASE(flat_map)
{
    leat_to(leat_flat_map_values(in, "flat", &(struct leat_map){ .type = &leat_string_type,
                                                                 .value = twice }),
            "out", NULL);
}

CASE(branch)
{
    struct leat_stream *a, *b;

    leat_branch(in, "branch", (struct leat_branch[]){ { "a", never, &a }, { "b", NULL, &b },
                                                      { NULL, NULL, NULL } });
    leat_to(leat_merge(a, b, "merged"), "out", NULL);
}

CASE(repartition)
{
    leat_to(leat_repartition(leat_key_by(in, "keyed", other_key), "spread", NULL), "out", NULL);
}

/* ---- tables ---------------------------------------------------------------------------------- */

CASE(to_table)
{
    out_rows(rows_of(in));
}

CASE(versioned)
{
    out_rows(leat_to_table(in, "rows", &(struct leat_to_table){
        .store = "rows-store", .versioned = true, .history = leat_seconds(10) }));
}

CASE(filter_rows)
{
    out_rows(leat_keep(leat_filter_rows(rows_of(in), "filtered", always),
                       &(struct leat_keep){ .store = "filtered-store" }));
}

CASE(map_rows)
{
    out_rows(leat_map_rows(rows_of(in), "mapped", &(struct leat_map){ .type = &leat_long_type,
                                                                      .value = size_of }));
}

CASE(group_rows)
{
    out_rows(leat_group_rows(rows_of(in), "grouped", &(struct leat_group){
        .key = few_keys, .type = &leat_long_type, .add = add_size, .subtract = take_size }));
}

CASE(suppress_wait)
{
    out_rows(leat_suppress(rows_of(in), "suppressed", &(struct leat_suppress){ .wait = 1000 }));
}

/* ---- aggregates ------------------------------------------------------------------------------ */

CASE(count)
{
    out_rows(leat_count(in, "count", NULL));
}

CASE(reduce)
{
    out_rows(leat_reduce(in, "reduce", &(struct leat_aggregate){ .add = same }));
}

CASE(aggregate)
{
    out_rows(leat_aggregate(in, "sum", &(struct leat_aggregate){ .type = &leat_long_type,
                                                                 .add = add_size }));
}

CASE(combined)
{
    out_rows(leat_aggregate(leat_key_by(in, "keyed", few_keys), "sum", &(struct leat_aggregate){
        .type = &leat_long_type, .add = add_size, .merge = add_long }));
}

static void windowed(struct leat_stream *in, struct leat_window window, bool on_close)
{
    out_rows(leat_aggregate(in, "sum", &(struct leat_aggregate){
        .type = &leat_long_type, .add = add_size, .window = window, .on_close = on_close,
        .merge = window.kind == LEAT_SESSION ? add_long : NULL }));
}

CASE(tumbling)
{
    windowed(in, leat_tumbling(10000, 1000), false);
}

CASE(hopping)
{
    windowed(in, leat_hopping(12000, 2000, 1000), false);
}

CASE(hopping_panes)
{
    out_rows(leat_aggregate(in, "sum", &(struct leat_aggregate){
        .type = &leat_long_type, .add = add_size, .merge = add_long,
        .window = leat_hopping(12000, 2000, 1000) }));
}

CASE(sliding)
{
    windowed(in, leat_sliding(10000, 1000), false);
}

CASE(session)
{
    windowed(in, leat_session(1000, 1000), false);
}

CASE(on_close)
{
    windowed(in, leat_tumbling(10000, 1000), true);
}

CASE(suppress_close)
{
    struct leat_table *sums = leat_aggregate(in, "sum", &(struct leat_aggregate){
        .type = &leat_long_type, .add = add_size, .window = leat_tumbling(10000, 1000) });

    out_rows(leat_suppress(sums, "final", &(struct leat_suppress){ .until_close = true }));
}

CASE(cogroup)
{
    out_rows(leat_cogroup((struct leat_cogroup_input[]){ { in, add_size },
                                                         { right_of(topology), take_size },
                                                         { NULL, NULL } },
                          "sum", &(struct leat_aggregate){ .type = &leat_long_type }));
}

/* ---- joins and process ----------------------------------------------------------------------- */

CASE(join_table)
{
    leat_to(leat_join_table(in, table_of(topology), "join", &(struct leat_join){
                .type = &leat_string_type, .join = left_value, .kind = LEAT_LEFT }), "out", NULL);
}

CASE(join_as_of)
{
    struct leat_table *table = leat_table_from(topology, "right", &(struct leat_source){
        .type = &leat_string_type, .store = "versions", .versioned = true,
        .history = leat_seconds(60) });

    leat_to(leat_join_table(in, table, "join", &(struct leat_join){
                .type = &leat_string_type, .join = left_value, .kind = LEAT_LEFT, .wait = true,
                .grace = 1000 }), "out", NULL);
}

CASE(join_global)
{
    struct leat_global *global = leat_global_from(topology, "right", &strings);

    leat_to(leat_join_global(in, global, "join", &(struct leat_join){
                .type = &leat_string_type, .join = left_value, .kind = LEAT_LEFT,
                .key = own_key }), "out", NULL);
}

static void join_streams(struct leat_topology *topology, struct leat_stream *in,
                         enum leat_join_kind kind)
{
    leat_to(leat_join_streams(in, right_of(topology), "join", &(struct leat_join_streams){
                .type = &leat_string_type, .join = left_value, .kind = kind, .before = 10000,
                .after = 10000, .grace = 1000 }), "out", NULL);
}

CASE(join_streams_inner)
{
    join_streams(topology, in, LEAT_INNER);
}

CASE(join_streams_outer)
{
    join_streams(topology, in, LEAT_OUTER);
}

CASE(join_tables)
{
    out_rows(leat_join_tables(rows_of(in), table_of(topology), "join", &(struct leat_join_tables){
        .type = &leat_string_type, .join = left_value, .kind = LEAT_OUTER }));
}

CASE(join_tables_kept)
{
    out_rows(leat_join_tables(rows_of(in), table_of(topology), "join", &(struct leat_join_tables){
        .type = &leat_string_type, .join = left_value, .kind = LEAT_OUTER, .store = "joined" }));
}

CASE(join_foreign)
{
    out_rows(leat_join_foreign(rows_of(in), table_of(topology), "join", &(struct leat_join_tables){
        .type = &leat_string_type, .join = left_value, .key = other_key, .kind = LEAT_LEFT }));
}

CASE(process)
{
    static const struct leat_store_spec stores[] = { { .name = "own", .type = &leat_string_type },
                                                     { 0 } };

    leat_to(leat_process(in, "process", &(struct leat_process){
                .process = get_and_put, .stores = stores }), "out", NULL);
}

const struct operator_case operator_cases[] = {
    { "source and to", pass, false },
    { "filter", filter, false },
    { "map", map, false },
    { "flat-map-values, two of one", flat_map, false },
    { "branch and merge", branch, false },
    { "key-by and repartition", repartition, false },
    { "to-table", to_table, false },
    { "to-table, versioned", versioned, false },
    { "to-table, filter-rows kept", filter_rows, false },
    { "to-table, map-rows", map_rows, false },
    { "to-table, group-rows", group_rows, false },
    { "to-table, suppress with a wait", suppress_wait, false },
    { "count", count, false },
    { "reduce", reduce, false },
    { "aggregate", aggregate, false },
    { "key-by and aggregate, combined", combined, false },
    { "aggregate, tumbling", tumbling, false },
    { "aggregate, hopping (6 windows)", hopping, false },
    { "aggregate, hopping (6 windows) with .merge", hopping_panes, false },
    { "aggregate, sliding", sliding, false },
    { "aggregate, session", session, false },
    { "aggregate, tumbling, on close", on_close, false },
    { "aggregate, tumbling, suppress until close", suppress_close, false },
    { "cogroup of two", cogroup, true },
    { "join-table, left", join_table, true },
    { "join-table as of, with a wait", join_as_of, true },
    { "join-global, left", join_global, true },
    { "join-streams, inner", join_streams_inner, true },
    { "join-streams, outer", join_streams_outer, true },
    { "to-table, join-tables, outer", join_tables, true },
    { "to-table, join-tables, outer, kept", join_tables_kept, true },
    { "to-table, join-foreign, left", join_foreign, true },
    { "process, a get and a put", process, false },
    { NULL, NULL, false },
};
