/* join_tables_test.c - tables that meet by their keys, and by keys that their rows name. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static const struct leat_source strings = { .type = &leat_string_type };

static struct leat_table *table(const char *topic)
{
    return leat_table_from(bench.topology, topic, &strings);
}

static void to_out(struct leat_table *in)
{
    leat_to(leat_changes(in, "changes"), "out", NULL);
}

static struct leat_bytes text_or_dash(const void *value)
{
    struct leat_bytes dash = LEAT_LITERAL("-");

    return value ? *(const struct leat_bytes *)value : dash;
}

static void pair(const struct leat_record *left, const void *right, void *out)
{
    *(struct leat_bytes *)out = leat_join_text(left, text_or_dash(left->value), ',',
                                               text_or_dash(right));
}

static void shout(const struct leat_record *record, void *out)
{
    *(struct leat_bytes *)out = leat_join_text(record, leat_string_of(record), '!',
                                               leat_bytes("", 0));
}

/* "key;..." names the right row; a value without ';' names none. */
static struct leat_bytes named(const struct leat_record *record)
{
    struct leat_bytes value = leat_string_of(record), none = { 0 };
    const char *end = memchr(value.data, ';', value.size);

    return end ? leat_bytes(value.data, (size_t)(end - value.data)) : none;
}

static struct leat_join_tables by_name(enum leat_join_kind kind)
{
    return (struct leat_join_tables){ .type = &leat_string_type, .join = pair, .key = named,
                                      .kind = kind };
}

TestSuite(join_tables, .init = bench_describe, .fini = bench_stop);

/* ---- by the same key ------------------------------------------------------------------------- */

each_way(join_tables, both_sides_are_known_after_a_restart)
{
    to_out(leat_join_tables(table("left"), table("right"), "joined", &(struct leat_join_tables){
        .type = &leat_string_type, .join = pair, .kind = LEAT_OUTER, .store = "rows" }));
    bench_start(way);
    put("left", "k", "a", 5);
    gives("out", "k=a,-@5");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("right", "k", "1", 3);
    gives("out", "k=a,1@5");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("left", "k", NULL, 9);
    gives("out", "k=-,1@9");
    holds("rows", "k=-,1@9");
    put("right", "k", NULL, 8);
    gives("out", "k=-@8");
    holds("rows", "");
}

each_way(join_tables, a_join_without_a_store_is_read_through_to_its_inputs)
{
    struct leat_table *joined = leat_join_tables(table("left"), table("right"), "joined",
        &(struct leat_join_tables){ .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT });
    struct leat_stream *in = leat_stream_from(bench.topology, "in", &strings);

    leat_to(leat_join_table(in, joined, "met", &(struct leat_join){
        .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT }), "out", NULL);
    bench_start(way);
    put("right", "k", "1", 1);
    put("in", "k", "x", 2);
    put("left", "k", "a", 3);
    put("in", "k", "y", 4);
    put("right", "k", NULL, 5);
    put("in", "k", "z", 6);
    gives("out", "k=x,-@2 k=y,a,1@4 k=z,a,-@6");
}

/* With a cache the store's row is the one before; without, the inputs' rows are. */
each_way(join_tables, a_table_meets_a_mapping_of_itself)
{
    struct leat_table *left = table("left");
    struct leat_table *loud = leat_map_rows(left, "loud", &(struct leat_map){
        .type = &leat_string_type, .value = shout });
    struct leat_table *joined = leat_join_tables(left, loud, "joined", &(struct leat_join_tables){
        .type = &leat_string_type, .join = pair, .store = "rows" });

    to_out(joined);
    leat_to(leat_changes(leat_count_rows(joined, "counts", &(struct leat_group){
        .key = first_letter }), "counts-changes"), "counted", NULL);
    bench_start(way);
    put("left", "k", "a", 1);
    gives("out", way->cached ? "k=a,a!@1" : "k=a,a!@1 k=a,a!@1");
    gives("counted", way->cached ? "a=1@1" : "a=1@1 a=2@1");
    put("left", "k", "b", 2);
    gives("out", way->cached ? "k=b,b!@2" : "k=b,b!@2 k=b,b!@2");
    gives("counted", way->cached ? "a=0@2 b=1@2" : "b=1@2 a=1@2 b=2@2");
    holds("rows", "k=b,b!@2");
}

static void sum(const struct leat_record *left, const void *right, void *out)
{
    *(int64_t *)out = leat_long_of(left) + *(const int64_t *)right;
}

each_way(join_tables, windows_of_two_aggregates_meet)
{
    struct leat_aggregate per_ten = { .type = &leat_long_type, .window = leat_tumbling(10, 100) };
    struct leat_stream *a = leat_stream_from(bench.topology, "a", &strings);
    struct leat_stream *b = leat_stream_from(bench.topology, "b", &strings);

    to_out(leat_join_tables(leat_count(a, "as", &per_ten), leat_count(b, "bs", &per_ten), "joined",
        &(struct leat_join_tables){ .type = &leat_long_type, .join = sum, .store = "rows" }));
    bench_start(way);
    put("a", "k", "x", 1);
    put("b", "k", "x", 12);
    put("b", "k", "x", 3);
    put("a", "k", "x", 15);
    put("a", "k", "x", 16);
    gives("out", "k[0]=2@3 k[10]=2@15 k[10]=3@16");
}

/* ---- by a key that the left row names -------------------------------------------------------- */

each_way(join_tables, subscriptions_outlive_a_restart)
{
    struct leat_join_tables with = by_name(LEAT_INNER);

    with.store = "rows";
    to_out(leat_join_foreign(table("left"), table("right"), "joined", &with));
    bench_start(way);
    put("left", "b", "x;1", 1);
    put("left", "a", "x;2", 2);
    put("left", "c", "y;3", 3);
    put("left", "d", "none", 4);
    gives("out", "");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("right", "x", "X", 9);
    gives("out", "a=x;2,X@9 b=x;1,X@9");
    put("left", "a", "y;4", 10);
    gives("out", "a=-@10");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("right", "x", NULL, 11);
    gives("out", "b=-@11");
    put("right", "y", "Y", 12);
    gives("out", "a=y;4,Y@12 c=y;3,Y@12");
    holds("rows", "a=y;4,Y@12 c=y;3,Y@12");
    cr_assert_eq(leat_driver_dropped(bench.driver), 0);
}

/* A right key that begins another, one with zeroes in it, an empty left key. */
each_way(join_tables, only_those_who_named_a_right_row_hear_of_it)
{
    to_out(leat_join_foreign(table("left"), table("right"), "joined",
                             &(struct leat_join_tables){ .type = &leat_string_type, .join = pair,
                                                         .key = named, .kind = LEAT_LEFT }));
    bench_start(way);
    put("left", "", "a;1", 1);
    put("left", "b", "a;2", 1);
    put("left", "k", "ab;3", 1);
    put("left", "bk", "a;4", 1);
    put("left", "z", ";5", 1);
    taken("out");
    put("right", "a", "A", 2);
    gives("out", "=a;1,A@2 b=a;2,A@2 bk=a;4,A@2");
    put("right", "ab", "B", 3);
    gives("out", "k=ab;3,B@3");
    put("right", "", "E", 4);
    gives("out", "z=;5,E@4");
}

/* Both changes of the left row are taken before the first one's answer: the clock runs back. */
each_way(join_tables, an_answer_to_a_row_that_has_changed_since_is_dropped)
{
    to_out(leat_join_foreign(table("left"), table("right"), "joined",
                             &(struct leat_join_tables){ .type = &leat_string_type, .join = pair,
                                                         .key = named }));
    bench_start(&(struct way){ way->cached, 0 });
    put("right", "x", "X", 1);
    put("right", "y", "Y", 1);
    leat_driver_hold(bench.driver);
    put("left", "k", "x;1", 10);
    put("left", "k", "y;2", 5);
    cr_assert_eq(leat_driver_release(bench.driver, 1), LEAT_OK);
    gives("out", "k=y;2,Y@5");
    cr_assert_eq(leat_driver_dropped(bench.driver), 1);
}

each_way(join_tables, a_table_meets_rows_of_its_own)
{
    struct leat_table *staff = table("staff");

    to_out(leat_join_foreign(staff, staff, "joined",
                             &(struct leat_join_tables){ .type = &leat_string_type, .join = pair,
                                                         .key = named, .kind = LEAT_LEFT,
                                                         .store = "rows" }));
    bench_start(way);
    put("staff", "ann", "bob;1", 1);
    put("staff", "bob", "cyd;2", 2);
    put("staff", "cyd", "cyd;3", 3);
    holds("rows", "ann=bob;1,cyd;2@2 bob=cyd;2,cyd;3@3 cyd=cyd;3,cyd;3@3");
    put("staff", "bob", NULL, 4);
    holds("rows", "ann=bob;1,-@4 cyd=cyd;3,cyd;3@3");
}

each_way(join_tables, a_foreign_join_of_a_foreign_join)
{
    struct leat_join_tables with = by_name(LEAT_LEFT);
    struct leat_table *first = leat_join_foreign(table("left"), table("middle"), "first", &with);

    to_out(leat_join_foreign(first, table("right"), "second", &with));
    bench_start(way);
    put("right", "x", "X", 1);
    put("middle", "x", "M", 2);
    put("left", "k", "x;", 3);
    gives("out", "k=x;,M,X@3");
    put("middle", "x", "N", 4);
    gives("out", "k=x;,N,X@4");
    put("right", "x", "Y", 5);
    gives("out", "k=x;,N,Y@5");
}

static struct leat_bytes parity(const struct leat_record *record)
{
    return leat_long_of(record) % 2 ? leat_bytes_of("odd") : leat_bytes_of("even");
}

static void number_and_name(const struct leat_record *left, const void *right, void *out)
{
    *(struct leat_bytes *)out = leat_text(left, "%d%.*s", (int)leat_long_of(left),
                                          (int)text_or_dash(right).size, text_or_dash(right).data);
}

each_way(join_tables, the_left_table_may_have_windows)
{
    struct leat_aggregate per_ten = { .type = &leat_long_type, .window = leat_tumbling(10, 100) };
    struct leat_stream *a = leat_stream_from(bench.topology, "a", &strings);

    to_out(leat_join_foreign(leat_count(a, "as", &per_ten), table("right"), "joined",
        &(struct leat_join_tables){ .type = &leat_string_type, .join = number_and_name,
                                    .key = parity, .kind = LEAT_LEFT, .store = "rows" }));
    bench_start(way);
    put("a", "k", "x", 1);
    put("a", "k", "x", 12);
    put("a", "k", "x", 3);
    gives("out", "k[0]=1-@1 k[10]=1-@12 k[0]=2-@3");
    put("right", "odd", "o", 20);
    put("right", "even", "e", 21);
    gives("out", "k[10]=1o@20 k[0]=2e@21");
    holds("rows", "k[0]=2e@21 k[10]=1o@20");
}

/* ---- memory and disk ------------------------------------------------------------------------- */

static void describe_both(void)
{
    struct leat_table *left = table("left"), *right = table("right");
    struct leat_join_tables with = by_name(LEAT_LEFT);

    with.store = "foreign-rows";
    to_out(leat_join_foreign(left, right, "foreign", &with));
    leat_to(leat_changes(leat_join_tables(left, right, "joined", &(struct leat_join_tables){
        .type = &leat_string_type, .join = pair, .kind = LEAT_OUTER, .store = "joined-rows" }),
        "joined-changes"), "joined-out", NULL);
}

/* What comes out of each record, and now and then what the stores hold. */
static void feed(FILE *out, bool restarts)
{
    unsigned seed = 7;

    for (int i = 0; i < 400; i++) {
        char key[2] = { (char)('a' + rand_r(&seed) % 6) }, value[32];
        char name[3] = { (char)('a' + rand_r(&seed) % 6), ';' };
        bool left = rand_r(&seed) % 2, none = rand_r(&seed) % 5 == 0;

        snprintf(value, sizeof value, "%s%d", rand_r(&seed) % 7 ? name : "", i);
        put(left ? "left" : "right", key, none ? NULL : value, rand_r(&seed) % 100);
        fprintf(out, "%s|", taken("out"));
        fprintf(out, "%s\n", taken("joined-out"));
        if (i % 50 != 49)
            continue;
        fprintf(out, "%s\n", rows("foreign-rows"));
        fprintf(out, "%s\n", rows("joined-rows"));
        if (restarts)
            cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    }
}

static char *run(const struct leat_driver_options *options, bool restarts)
{
    struct leat_error error = { 0 };
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    bench_stop();
    bench_describe();
    describe_both();
    cr_assert_eq(leat_driver_new(bench.topology, options, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
    feed(out, restarts);
    fclose(out);
    return text;
}

each_way(join_tables, rows_in_memory_on_the_disk_and_restored_give_the_same)
{
    char directory[] = "/tmp/leat-joins-XXXXXX", command[64];
    struct leat_driver_options options = { .no_cache = !way->cached };
    char *plain = run(&options, false), *other;

    options.undo_every = way->undo_every;
    other = run(&options, true);
    cr_assert_str_eq(other, plain);
    free(other);
    options.state = mkdtemp(directory);
    other = run(&options, true);
    cr_assert_str_eq(other, plain);
    free(other);
    free(plain);
    leat_driver_close(bench.driver);
    bench.driver = NULL;
    snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}
