/* program.c - one application with every stateful verb, each into an output of its own.
 *
 * Inputs, of strings: streams "left" and "right"; tables "rows", whose values are keys of "others",
 * and "others", which has fewer partitions; the versioned table "versions". operators.py has the
 * model of each output.
 */
#include <leat/leat.h>

enum { SIZE = 1000, GRACE = 1000, GAP = 300, DIFFERENCE = 500, REACH = 200 };

static const struct leat_source strings = { .type = &leat_string_type };

static void out(struct leat_stream *stream, const char *topic)
{
    leat_to(stream, topic, NULL);
}

static void rows_out(struct leat_table *table, const char *changes, const char *topic)
{
    out(leat_changes(table, changes), topic);
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static struct leat_bytes value_as_key(const struct leat_record *record)
{
    return record->value ? leat_string_of(record) : (struct leat_bytes){ 0 };
}

static void one_more(const struct leat_record *record, void *total)
{
    ++*(int64_t *)total;
}

static void one_less(const struct leat_record *record, void *total)
{
    --*(int64_t *)total;
}

static void add_up(const struct leat_record *part, void *total)
{
    *(int64_t *)total += leat_long_of(part);
}

static void last(const struct leat_record *record, void *row)
{
    *(struct leat_bytes *)row = leat_string_of(record);
}

static void pair(const struct leat_record *left, const void *right, void *joined)
{
    const struct leat_bytes *a = left->value, *b = right, none = LEAT_LITERAL("null");

    *(struct leat_bytes *)joined = leat_join_text(left, a ? *a : none, ',', b ? *b : none);
}

/* Passes on what is new under its key. */
static void changed_only(const struct leat_record *record)
{
    const struct leat_bytes *known = leat_get(record, 0, record->key);

    if (known && leat_bytes_equal(*known, leat_string_of(record)))
        return;
    leat_put(record, 0, record->key, record->value);
    leat_forward(record, record->key, record->value, record->timestamp_ms);
}

/* ---- aggregates ------------------------------------------------------------------------------ */

static void windows(struct leat_stream *left)
{
    rows_out(leat_count(left, "count", &(struct leat_aggregate){ .store = "count-rows" }),
             "count-changes", "out-count");
    rows_out(leat_reduce(left, "reduce", &(struct leat_aggregate){ .add = last }),
             "reduce-changes", "out-reduce");
    rows_out(leat_count(left, "tumbling", &(struct leat_aggregate){
                 .window = leat_tumbling(SIZE, GRACE) }), "tumbling-changes", "out-tumbling");
    rows_out(leat_count(left, "hopping", &(struct leat_aggregate){
                 .window = leat_hopping(SIZE, SIZE / 2, GRACE) }), "hopping-changes",
             "out-hopping");
    rows_out(leat_count(left, "sliding", &(struct leat_aggregate){
                 .window = leat_sliding(DIFFERENCE, GRACE) }), "sliding-changes", "out-sliding");
    rows_out(leat_count(left, "session", &(struct leat_aggregate){
                 .window = leat_session(GAP, GRACE) }), "session-changes", "out-session");
    rows_out(leat_count(left, "closed", &(struct leat_aggregate){
                 .window = leat_tumbling(SIZE, GRACE), .on_close = true }), "closed-changes",
             "out-closed");
    rows_out(leat_suppress(leat_count(left, "held", &(struct leat_aggregate){
                               .window = leat_tumbling(SIZE, GRACE) }),
                           "suppressed", &(struct leat_suppress){ .until_close = true }),
             "suppressed-changes", "out-suppressed");
}

static void rekeyed(struct leat_stream *left, struct leat_stream *right)
{
    struct leat_stream *keyed = leat_key_by(left, "by-value", value_as_key);

    rows_out(leat_count(keyed, "per-value", NULL), "per-value-changes", "out-rekeyed");
    rows_out(leat_aggregate(keyed, "combined", &(struct leat_aggregate){
                 .type = &leat_long_type, .add = one_more, .merge = add_up,
                 .window = leat_tumbling(SIZE, GRACE) }), "combined-changes", "out-combined");
    rows_out(leat_cogroup((struct leat_cogroup_input[]){ { left, one_more }, { right, one_less },
                                                         { NULL, NULL } },
                          "cogroup", &(struct leat_aggregate){ .type = &leat_long_type }),
             "cogroup-changes", "out-cogroup");
}

/* ---- joins ----------------------------------------------------------------------------------- */

static void stream_joins(struct leat_stream *left, struct leat_stream *right)
{
    static const char *const names[] = { "join-inner", "join-left", "join-outer" };
    static const char *const topics[] = { "out-inner", "out-left", "out-outer" };

    for (int kind = LEAT_INNER; kind <= LEAT_OUTER; kind++)
        out(leat_join_streams(left, right, names[kind], &(struct leat_join_streams){
                .type = &leat_string_type, .join = pair, .kind = (enum leat_join_kind)kind,
                .before = REACH, .after = REACH, .grace = GRACE }), topics[kind]);
}

static void table_joins(struct leat_topology *topology, struct leat_stream *left)
{
    struct leat_table *rows = leat_table_from(topology, "rows", &strings);
    struct leat_table *others = leat_table_from(topology, "others", &strings);
    struct leat_table *latest = leat_to_table(left, "latest", NULL);
    struct leat_table *versions = leat_table_from(topology, "versions", &(struct leat_source){
        .type = &leat_string_type, .store = "version-rows", .versioned = true,
        .history = leat_hours(1) });

    out(leat_join_table(left, rows, "with-row", &(struct leat_join){
            .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT }), "out-with-row");
    out(leat_join_table(left, versions, "as-of", &(struct leat_join){
            .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT, .wait = true,
            .grace = GRACE }), "out-as-of");
    rows_out(leat_join_tables(latest, rows, "both", &(struct leat_join_tables){
                 .type = &leat_string_type, .join = pair, .kind = LEAT_OUTER }),
             "both-changes", "out-both");
    rows_out(leat_join_foreign(rows, others, "foreign", &(struct leat_join_tables){
                 .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT,
                 .key = value_as_key }), "foreign-changes", "out-foreign");
    rows_out(leat_count_rows(latest, "grouped", &(struct leat_group){ .key = value_as_key }),
             "grouped-changes", "out-grouped");
}

int main(int argc, char **argv)
{
    static const struct leat_store_spec stores[] = {
        { .name = "known", .type = &leat_string_type }, { .name = NULL } };
    struct leat_topology *topology = leat_topology_new();
    struct leat_stream *left = leat_stream_from(topology, "left", &strings);
    struct leat_stream *right = leat_stream_from(topology, "right", &strings);

    windows(left);
    rekeyed(left, right);
    stream_joins(left, right);
    table_joins(topology, left);
    out(leat_process(left, "changed", &(struct leat_process){
            .process = changed_only, .stores = stores, .key_stays = true }), "out-process");
    return leat_main(topology, argc, argv);
}
