/* tables_test.c - tables: filtered, mapped, kept, grouped anew, made from streams. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static const struct leat_source plain = { .type = &leat_string_type };
static const struct leat_source kept = { .type = &leat_string_type, .store = "rows" };

static struct leat_table *table(const struct leat_source *source)
{
    return leat_table_from(bench.topology, "in", source);
}

static void changes_to(struct leat_table *in, const char *topic)
{
    char name[64];

    snprintf(name, sizeof name, "%s-changes", topic);
    leat_to(leat_changes(in, name), topic, NULL);
}

static void restart(void)
{
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK, "%s", leat_driver_error(bench.driver));
}

static bool is_large(const struct leat_record *record)
{
    return number_of(leat_string_of(record)) > 9;
}

static void mark(const struct leat_record *record, void *out)
{
    struct leat_bytes value = leat_string_of(record);

    if (value.data[0] == '?')
        leat_none(record);
    else
        *(struct leat_bytes *)out = leat_text(record, "<%.*s>", (int)value.size, value.data);
}

static const struct leat_map marked = { .type = &leat_string_type, .value = mark };

static void pair(const struct leat_record *left, const void *right, void *out)
{
    struct leat_bytes none = LEAT_LITERAL("-");

    *(struct leat_bytes *)out = leat_join_text(left, leat_string_of(left), ',',
                                               right ? *(const struct leat_bytes *)right : none);
}

static void join_to(struct leat_table *right, const char *topic)
{
    struct leat_stream *left = leat_stream_from(bench.topology, "left", &plain);

    leat_to(leat_join_table(left, right, "joined", &(struct leat_join){
        .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT }), topic, NULL);
}

TestSuite(tables, .init = bench_describe, .fini = bench_stop);

/* ---- filter-rows and map-rows ---------------------------------------------------------------- */

each_way(tables, a_filter_without_old_rows_passes_on_a_deletion_for_each_that_fails)
{
    changes_to(leat_filter_rows(table(&plain), "large", is_large), "out");
    bench_start(way);
    put("in", "a", "1", 1);
    put("in", "a", "20", 2);
    put("in", "a", "3", 3);
    put("in", "a", NULL, 4);
    gives("out", "a=-@1 a=20@2 a=-@3 a=-@4");
}

each_way(tables, a_filter_with_old_rows_says_nothing_where_neither_passes)
{
    struct leat_table *in = table(&kept);

    changes_to(leat_filter_rows(in, "large", is_large), "out");
    changes_to(leat_filter_rows_not(in, "small", is_large), "rest");
    bench_start(way);
    put("in", "a", "1", 1);
    put("in", "a", "2", 2);
    restart();
    put("in", "a", "20", 3);
    put("in", "a", "3", 4);
    put("in", "a", NULL, 5);
    put("in", "a", NULL, 6);
    gives("out", "a=20@3 a=-@4");
    gives("rest", "a=1@1 a=2@2 a=-@3 a=3@4 a=-@5");
}

each_way(tables, a_filter_asks_only_where_rows_are_kept_when_it_is_added)
{
    struct leat_table *in = table(&plain);

    changes_to(leat_filter_rows(in, "before", is_large), "out");
    join_to(in, "pairs");
    changes_to(leat_filter_rows(in, "after", is_large), "rest");
    bench_start(way);
    put("in", "a", "1", 1);
    put("in", "a", "2", 2);
    gives("out", "a=-@1 a=-@2");
    gives("rest", "");
}

each_way(tables, a_kept_filter_and_a_kept_map_have_rows_of_their_own)
{
    struct leat_table *large = leat_filter_rows(table(&plain), "large", is_large);

    leat_keep(large, &(struct leat_keep){ .store = "large-rows" });
    changes_to(leat_keep(leat_map_rows(large, "marked", &marked),
                         &(struct leat_keep){ .store = "marked-rows", .in_memory = true }), "out");
    bench_start(way);
    put("in", "a", "10", 1);
    put("in", "b", "11", 2);
    put("in", "c", "1", 3);
    restart();
    put("in", "b", "2", 4);
    put("in", "a", "12", 5);
    holds("large-rows", "a=12@5");
    holds("marked-rows", "a=<12>@5");
    if (way->cached)
        gives("out", "a=<10>@1 b=<11>@2 b=-@4 a=<12>@5");
    else
        gives("out", "a=<10>@1 b=<11>@2 c=-@3 b=-@4 a=<12>@5");
}

each_way(tables, a_kept_filter_is_read_by_a_join_and_asked_for_old_rows)
{
    struct leat_table *large = leat_filter_rows(table(&kept), "large", is_large);

    leat_keep(large, &(struct leat_keep){ .store = "large-rows" });
    join_to(large, "pairs");
    changes_to(leat_filter_rows(large, "again", is_large), "out");
    bench_start(way);
    put("in", "a", "1", 1);
    put("in", "b", "11", 2);
    restart();
    put("left", "a", "l", 3);
    put("left", "b", "l", 4);
    put("in", "b", "2", 5);
    put("in", "b", "3", 6);
    put("left", "b", "l", 7);
    gives("pairs", "a=l,-@3 b=l,11@4 b=l,-@7");
    gives("out", "b=11@2 b=-@5");
}

each_way(tables, a_map_without_a_store_is_read_through_what_its_input_keeps)
{
    struct leat_table *large = leat_filter_rows(table(&plain), "large", is_large);

    join_to(leat_map_rows(large, "marked", &marked), "pairs");
    bench_start(way);
    put("in", "a", "1", 1);
    put("in", "b", "11", 2);
    put("left", "a", "l", 3);
    restart();
    put("left", "b", "l", 4);
    gives("pairs", "a=l,-@3 b=l,<11>@4");
}

/* ---- tables from streams --------------------------------------------------------------------- */

static struct leat_table *by_first_letter(const struct leat_to_table *options)
{
    struct leat_stream *in = leat_stream_from(bench.topology, "in", &plain);

    return leat_to_table(leat_key_by(in, "keyed", first_letter), "made", options);
}

each_way(tables, a_table_from_a_stream_keeps_the_last_value_of_each_key)
{
    changes_to(by_first_letter(&(struct leat_to_table){ .store = "rows" }), "out");
    bench_start(way);
    put("in", NULL, "a1", 1);
    put("in", "x", "b1", 2);
    restart();
    put("in", "y", "a2", 3);
    gives("out", "a=a1@1 b=b1@2 a=a2@3");
    holds("rows", "a=a2@3 b=b1@2");
}

static void nothing(void *user, const struct leat_driver_record *row)
{
}

each_way(tables, a_table_from_a_stream_keeps_rows_only_if_somebody_needs_them)
{
    struct leat_stream *in = leat_stream_from(bench.topology, "in", &plain);
    struct leat_table *made = leat_to_table(in, "made", NULL);

    changes_to(made, "out");
    if (way->undo_every)
        join_to(made, "pairs");
    bench_start(way);
    put("in", "a", NULL, 1);
    put("in", NULL, "1", 2);
    put("in", "a", "1", 3);
    gives("out", way->undo_every && way->cached ? "a=1@3" : "a=-@1 a=1@3");
    cr_assert_eq(leat_driver_rows(bench.driver, "made", nothing, NULL) < 0, !way->undo_every);
}

/* ---- tables grouped anew --------------------------------------------------------------------- */

static struct leat_bytes group_of(const struct leat_record *record)
{
    struct leat_bytes none = { 0 }, value = leat_string_of(record);

    return value.data[0] == '?' ? none : leat_bytes(value.data, 1);
}

static void number(const struct leat_record *record, void *out)
{
    struct leat_bytes value = leat_string_of(record);

    if (value.size < 2)
        leat_none(record);
    else
        *(int64_t *)out = number_of(leat_bytes(value.data + 1, value.size - 1));
}

static void add_number(const struct leat_record *record, void *out)
{
    *(int64_t *)out += leat_long_of(record);
}

/* A group with nothing in it is gone. */
static void take_number(const struct leat_record *record, void *out)
{
    *(int64_t *)out -= leat_long_of(record);
    if (!*(int64_t *)out)
        leat_none(record);
}

static const struct leat_group numbers = {
    .key = group_of, .value_type = &leat_long_type, .value = number, .type = &leat_long_type,
    .add = add_number, .subtract = take_number, .store = "groups",
};

each_way(tables, a_row_leaves_its_group_before_it_enters_another)
{
    changes_to(leat_group_rows(table(&plain), "grouped", &numbers), "out");
    bench_start(way);
    put("in", "k", "a5", 10);
    put("in", "l", "a1", 20);
    restart();
    put("in", "k", "b2", 15);
    put("in", "l", "b3", 5);
    gives("out", way->cached ? "a=5@10 a=6@20 a=1@20 b=2@15 a=-@5 b=5@15"
                             : "a=5@10 a=6@20 a=1@20 b=2@15 a=-@20 b=5@15");
    holds("groups", "b=5@15");
}

each_way(tables, a_row_that_stays_in_its_group_makes_one_change)
{
    changes_to(leat_group_rows(table(&plain), "grouped", &numbers), "out");
    bench_start(way);
    put("in", "k", "a5", 10);
    put("in", "k", "a7", 11);
    put("in", "k", "a", 12);
    put("in", "k", "?1", 13);
    put("in", "k", "a2", 14);
    put("in", "k", "a2", 15);
    gives("out", way->cached ? "a=5@10 a=7@11 a=-@12 a=2@14 a=2@15"
                             : "a=5@10 a=7@11 a=-@12 a=2@14 a=2@15");
}

each_way(tables, rows_of_groups_are_counted_and_a_count_of_none_stays)
{
    changes_to(leat_count_rows(table(&kept), "counted", &(struct leat_group){
        .key = group_of, .store = "counts" }), "out");
    bench_start(way);
    put("in", "k", "a", 1);
    put("in", "l", "a", 2);
    restart();
    put("in", "k", "?", 3);
    put("in", "l", NULL, 4);
    gives("out", "a=1@1 a=2@2 a=1@3 a=0@4");
    holds("counts", "a=0@4");
}

static void drop_one(const struct leat_record *record, void *out)
{
    struct leat_bytes *row = out;

    *row = leat_join_text(record, *row, '-', leat_string_of(record));
}

each_way(tables, the_first_value_of_a_group_is_its_row_as_it_is)
{
    changes_to(leat_reduce_rows(table(&plain), "reduced", &(struct leat_group){
        .key = group_of, .add = append, .subtract = drop_one, .store = "reduced-rows" }), "out");
    bench_start(way);
    put("in", "k", "a1", 1);
    put("in", "l", "a2", 2);
    restart();
    put("in", "k", "a3", 3);
    gives("out", "a=a1@1 a=a1+a2@2 a=a1+a2-a1+a3@3");
    holds("reduced-rows", "a=a1+a2-a1+a3@3");
}

each_way(tables, rows_enter_and_leave_groups_as_they_pass_a_filter)
{
    changes_to(leat_count_rows(leat_filter_rows(table(&plain), "large", is_large), "counted",
                               &(struct leat_group){ .key = group_of }), "out");
    bench_start(way);
    put("in", "k", "1", 1);
    put("in", "k", "11", 2);
    restart();
    put("in", "k", "12", 3);
    put("in", "k", "2", 4);
    gives("out", "1=1@2 1=1@3 1=0@4");
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static int mistake(const char *part)
{
    struct leat_error error = { 0 };
    int code = leat_topology_check(bench.topology, &error);

    cr_assert(code == 0 || strstr(error.text, part), "%s", error.text);
    return code;
}

Test(tables, only_a_filter_or_a_map_that_nobody_has_taken_is_kept)
{
    struct leat_table *large = leat_filter_rows(table(&plain), "large", is_large);

    changes_to(large, "out");
    leat_keep(large, &(struct leat_keep){ .store = "late" });
    cr_assert_eq(mistake("step 'large'"), LEAT_E_TOPOLOGY);
}

Test(tables, a_source_is_kept_by_its_own_struct)
{
    leat_keep(table(&plain), &(struct leat_keep){ .store = "rows" });
    cr_assert_eq(mistake(".store"), LEAT_E_TOPOLOGY);
}

Test(tables, a_grouping_needs_to_know_the_group)
{
    leat_count_rows(table(&plain), "counted", &(struct leat_group){ .store = "counts" });
    cr_assert_eq(mistake(".key"), LEAT_E_ARGUMENT);
}
