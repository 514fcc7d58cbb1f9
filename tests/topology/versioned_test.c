/* versioned_test.c - tables that know what their rows were, and the streams that ask them. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct leat_source strings = { .type = &leat_string_type };

static struct leat_table *versioned(leat_duration history)
{
    return leat_table_from(bench.topology, "table", &(struct leat_source){
        .type = &leat_string_type, .store = "rows", .versioned = true, .history = history });
}

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &strings);
}

static void pair(const struct leat_record *left, const void *right, void *out)
{
    struct leat_bytes none = LEAT_LITERAL("-");

    *(struct leat_bytes *)out = leat_join_text(left, leat_string_of(left), ',',
                                               right ? *(const struct leat_bytes *)right : none);
}

static void join(struct leat_table *table, enum leat_join_kind kind, bool wait, leat_duration grace)
{
    leat_to(leat_join_table(from("in"), table, "joined", &(struct leat_join){
        .type = &leat_string_type, .join = pair, .kind = kind, .wait = wait, .grace = grace }),
        "out", NULL);
}

/* What the row of the key was at that time, "-" for none. */
static const char *was(const char *key, int64_t at_ms)
{
    static char text[64];
    struct leat_driver_record row;
    int found = leat_driver_as_of(bench.driver, "rows", leat_bytes_of(key), at_ms, &row);

    cr_assert_geq(found, 0);
    if (!found)
        return "-";
    snprintf(text, sizeof text, "%.*s@%lld", (int)((const struct leat_bytes *)row.value)->size,
             ((const struct leat_bytes *)row.value)->data, (long long)row.timestamp_ms);
    return text;
}

static void restart(void)
{
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
}

TestSuite(versioned, .init = bench_describe, .fini = bench_stop);

each_way(versioned, a_stream_record_meets_the_row_of_its_own_time)
{
    join(versioned(100), LEAT_LEFT, false, 0);
    bench_start(way);
    put("table", "a", "1", 1010);
    put("table", "a", "3", 1030);
    put("table", "a", "2", 1020);
    restart();
    put("table", "a", NULL, 1040);
    put("table", "ab", "other", 1025);
    put("in", "a", "A", 1009);
    put("in", "a", "B", 1010);
    put("in", "a", "C", 1029);
    put("in", "a", "D", 1039);
    put("in", "a", "E", 1040);
    gives("out", "a=A,-@1009 a=B,1@1010 a=C,2@1029 a=D,3@1039 a=E,-@1040");
    holds("rows", "ab=other@1025");
    cr_assert_str_eq(was("a", 1035), "3@1030");
    cr_assert_str_eq(was("a", 1050), "-");
    cr_assert_str_eq(was("b", 1050), "-");
}

each_way(versioned, versions_in_any_order_give_the_same_history)
{
    static const int orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 },
                                     { 1, 3, 0, 2 }, { 3, 0, 2, 1 }, { 2, 3, 1, 0 } };
    static const char *const values[] = { "p", NULL, "q", NULL };
    char key[8];

    join(versioned(100), LEAT_LEFT, false, 0);
    bench_start(way);
    for (int i = 0; i < 6; i++) {
        snprintf(key, sizeof key, "k%d", i);
        for (int j = 0; j < 4; j++)
            put("table", key, values[orders[i][j]], 1000 + 10 * orders[i][j]);
        cr_assert_str_eq(was(key, 999), "-");
        cr_assert_str_eq(was(key, 1009), "p@1000");
        cr_assert_str_eq(was(key, 1010), "-");
        cr_assert_str_eq(was(key, 1029), "q@1020");
        cr_assert_str_eq(was(key, 1030), "-");
    }
}

each_way(versioned, what_is_older_than_the_history_is_dropped_and_forgotten_but_never_the_latest)
{
    struct leat_table *table = versioned(20);

    leat_to(leat_changes(table, "changes"), "raw", NULL);
    join(table, LEAT_LEFT, false, 0);
    bench_start(way);
    put("table", "a", "1", 10);
    put("table", "a", "5", 50);
    put("table", "a", "late", 29);
    put("table", "a", "3", 30);
    if (!way->undo_every)
        cr_assert_eq(leat_driver_dropped(bench.driver), 1);
    gives("raw", "a=1@10 a=5@50 a=3@30");
    cr_assert_str_eq(was("a", 30), "3@30");
    cr_assert_str_eq(was("a", 29), "-");
    put("table", "b", "x", 1000);
    restart();
    cr_assert_str_eq(was("a", 49), "-");
    cr_assert_str_eq(was("a", 60), "5@50");
    put("in", "a", "A", 70);
    gives("out", "a=A,5@70");
    holds("rows", "a=5@50 b=x@1000");
}

each_way(versioned, tables_behind_leave_superseded_updates_alone)
{
    struct leat_table *table = versioned(100);
    struct leat_group group = { .key = first_letter, .type = &leat_string_type, .add = append,
                                .subtract = append };

    leat_to(leat_changes(leat_group_rows(table, "grouped", &group), "groups"), "out", NULL);
    bench_start(way);
    put("table", "a", "x1", 10);
    put("table", "a", "y2", 20);
    put("table", "a", "x3", 15);
    put("table", "a", "y4", 20);
    gives("out", "x=x1@10 x=x1+x1@20 y=y2@20 y=y2+y2+y4@20");
}

static bool is_not_x(const struct leat_record *record)
{
    return leat_string_of(record).data[0] != 'x';
}

static void double_up(const struct leat_record *record, void *out)
{
    struct leat_bytes value = leat_string_of(record);

    *(struct leat_bytes *)out = leat_join_text(record, value, '/', value);
}

each_way(versioned, a_filtered_and_mapped_table_answers_by_time_too)
{
    struct leat_table *some = leat_filter_rows(versioned(100), "some", is_not_x);

    join(leat_map_rows(some, "doubled", &(struct leat_map){ .type = &leat_string_type,
                                                            .value = double_up }),
         LEAT_LEFT, true, 10);
    bench_start(way);
    put("table", "a", "y1", 10);
    put("table", "a", "x2", 20);
    put("table", "a", "y3", 30);
    put("in", "a", "A", 19);
    put("in", "a", "B", 29);
    put("in", "a", "C", 40);
    put("in", "a", "D", 50);
    gives("out", "a=A,y1/y1@19 a=B,-@29 a=C,y3/y3@40");
}

static struct leat_bytes keep_key(const struct leat_record *record)
{
    return record->key;
}

each_way(versioned, a_stream_is_taken_as_a_versioned_table)
{
    struct leat_stream *moved = leat_key_by(from("table"), "moved", keep_key);

    join(leat_to_table(moved, "taken", &(struct leat_to_table){
        .store = "rows", .versioned = true, .history = 100 }), LEAT_INNER, false, 0);
    bench_start(way);
    put("table", "a", "1", 10);
    put("table", NULL, "nobody", 11);
    put("table", "a", "2", 20);
    put("in", "a", "A", 15);
    put("in", "a", "B", 5);
    gives("out", "a=A,1@15");
    holds("rows", "a=2@20");
}

/* ---- waiting --------------------------------------------------------------------------------- */

each_way(versioned, a_record_waits_until_its_time_is_past_by_the_grace)
{
    join(versioned(100), LEAT_LEFT, true, 10);
    bench_start(way);
    put("table", "a", "10", 1010);
    put("in", "a", "A", 1012);
    put("in", "a", "B", 1015);
    put("in", "a", "B2", 1015);
    put("table", "a", "11", 1011);
    restart();
    put("in", "b", "C", 1021);
    gives("out", "");
    put("in", "b", "D", 1022);
    gives("out", "a=A,11@1012");
    put("table", "a", "14", 1014);
    put("in", "b", "E", 1025);
    gives("out", "a=B,14@1015 a=B2,14@1015");
    restart();
    put("in", "a", "F", 1013);
    put("in", "a", NULL, 2000);
    put("in", "a", "late", 1014);
    gives("out", "a=F,11@1013 a=late,14@1014");
    put("in", "a", "G", 1040);
    gives("out", "b=C,-@1021 b=D,-@1022 b=E,-@1025");
}

Test(versioned, a_record_without_a_key_cannot_wait)
{
    struct leat_bytes none = { 0 }, value = leat_bytes_of("nobody");

    join(versioned(100), LEAT_LEFT, true, 10);
    bench_start(&(struct way){ .cached = true });
    cr_assert_neq(leat_driver_send(bench.driver, "in", none, &leat_string_type, &value, 1041), 0);
    cr_assert(strstr(leat_driver_error(bench.driver), "without a key cannot wait") != NULL);
}

each_way(versioned, a_record_that_waited_has_its_own_headers)
{
    struct leat_driver_record record;
    struct leat_bytes trace;

    join(versioned(100), LEAT_LEFT, true, 10);
    bench_start(way);
    leat_driver_give_header(bench.driver, "trace", LEAT_LITERAL("first"));
    put("in", "a", "A", 10);
    restart();
    put("in", "b", "B", 20);
    leat_driver_give_header(bench.driver, "trace", LEAT_LITERAL("third"));
    put("in", "c", "C", 30);
    cr_assert_eq(leat_driver_take(bench.driver, "out", &record), 1);
    trace = leat_driver_header(&record, "trace");
    cr_assert(leat_bytes_equal(trace, LEAT_LITERAL("first")));
    cr_assert_eq(leat_driver_take(bench.driver, "out", &record), 1);
    trace = leat_driver_header(&record, "trace");
    cr_assert_null(trace.data);
}

each_way(versioned, what_waited_through_one_commit_of_many_leaves_in_order_of_time_and_key)
{
    join(versioned(100), LEAT_LEFT, true, 10);
    bench_start(way);
    leat_driver_hold(bench.driver);
    put("in", "b", "1", 20);
    put("in", "a", "2", 20);
    put("in", "ab", "3", 20);
    put("in", "a", "4", 19);
    put("in", "a", "5", 20);
    put("in", "z", "6", 30);
    put("table", "a", "v", 20);
    cr_assert_eq(leat_driver_release(bench.driver, 100), LEAT_OK);
    gives("out", "a=4,-@19 a=2,v@20 a=5,v@20 ab=3,-@20 b=1,-@20");
}

Test(versioned, on_rocks_is_as_in_memory)
{
    char directory[] = "/tmp/leat-versioned-XXXXXX", command[64];
    struct leat_driver_options options = { .state = mkdtemp(directory) };
    struct leat_error error = { 0 };

    join(versioned(20), LEAT_LEFT, true, 5);
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
    for (int i = 0; i < 50; i++) {
        put("table", "a", i % 7 ? "v" : NULL, 100 + i);
        put("in", "a", "x", 100 + i);
    }
    restart();
    cr_assert_str_eq(was("a", 148), "v@148");
    cr_assert_str_eq(was("a", 142), "-");
    cr_assert_str_eq(was("a", 128), "-");
    cr_assert_str_eq(was("a", 129), "v@129");
    gives("out", ({ static char all[2048]; size_t at = 0;
        for (int i = 0; i < 45; i++)
            at += (size_t)snprintf(all + at, sizeof all - at, "%sa=x,%s@%d", i ? " " : "",
                                   i % 7 ? "v" : "-", 100 + i);
        all; }));
    bench_stop();
    bench_describe();
    bench.driver = NULL;
    snprintf(command, sizeof command, "rm -r %s", directory);
    cr_assert_eq(system(command), 0);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static void refused(const char *sentence)
{
    struct leat_error error = { 0 };

    cr_assert_eq(leat_topology_check(bench.topology, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, sentence) != NULL, "%s", error.text);
}

Test(versioned, history_is_not_negative)
{
    versioned(-1);
    refused("must not be negative");
}

Test(versioned, waiting_needs_a_versioned_table)
{
    join(leat_table_from(bench.topology, "table", &strings), LEAT_INNER, true, 10);
    refused("needs a versioned table");
}

Test(versioned, nobody_waits_longer_than_the_history)
{
    join(versioned(10), LEAT_INNER, true, 11);
    refused("longer than the .history");
}
