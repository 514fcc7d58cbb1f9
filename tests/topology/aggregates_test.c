/* aggregates_test.c - aggregates, windows, lateness, cogroups, grouped tables. */
#include "bench.h"

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &(struct leat_source){
        .type = &leat_string_type });
}

TestSuite(aggregates, .init = bench_describe, .fini = bench_stop);

each_way(aggregates, a_record_is_added_to_the_row_of_its_key)
{
    struct leat_table *sums = leat_aggregate(from("in"), "sums", &(struct leat_aggregate){
        .type = &leat_long_type, .add = add_up });

    leat_to(leat_changes(sums, "changes"), "out", NULL);
    bench_start(way);
    put("in", "a", "3", 5);
    put("in", "b", "1", 6);
    put("in", "a", "4", 2);
    put("in", "a", NULL, 7);
    put("in", NULL, "9", 8);
    gives("out", "a=3@5 b=1@6 a=7@5");
    holds("sums", "a=7@5 b=1@6");
}

static void name_late(const struct leat_record *record, void *out)
{
    *(struct leat_bytes *)out = leat_text(record, "%s/%lld-%lld", leat_step(record),
                                          (long long)record->window.start_ms,
                                          (long long)record->window.end_ms);
}

static void windowed(const char *from_topic, bool merge)
{
    struct leat_stream *late;
    struct leat_stream *in = from(from_topic);
    struct leat_table *sums = leat_aggregate(
        merge ? leat_key_by(in, "by-value", first_letter) : in, "sums",
        &(struct leat_aggregate){ .type = &leat_long_type, .add = merge ? count : add_up,
                                  .merge = merge ? add_longs : NULL,
                                  .window = { .size = 10, .grace = 5 }, .late = &late });

    leat_to(leat_changes(sums, "changes"), "out", NULL);
    leat_to(leat_map(late, "named", &(struct leat_map){
        .type = &leat_string_type, .value = name_late }), "late", NULL);
}

each_way(aggregates, a_tumbling_window_takes_what_comes_within_its_grace)
{
    windowed("in", false);
    bench_start(way);
    put("in", "a", "1", 3);
    put("in", "a", "2", 12);
    put("in", "a", "4", 9);
    put("in", "b", "8", 15);
    put("in", "a", "16", 9);
    put("in", "a", "32", 10);
    gives("out", "a[0]=1@3 a[10]=2@12 a[0]=5@9 b[10]=8@15 a[10]=34@12");
    gives("late", "a=sums/0-10@9");
}

each_way(aggregates, partial_aggregates_before_a_repartition_come_to_the_same)
{
    windowed("in", true);
    bench_start(way);
    put("in", "1", "ax", 3);
    put("in", "2", "ay", 12);
    put("in", "3", "az", 9);
    put("in", "4", "bz", 15);
    put("in", "5", "ax", 9);
    put("in", "6", "ax", 10);
    gives("out", "a[0]=1@3 a[10]=1@12 a[0]=2@9 b[10]=1@15 a[10]=2@12");
    gives("late", "a=sums/0-10@9");
}

static void hopping(bool merge)
{
    struct leat_stream *late, *in = from("in");
    struct leat_table *sums = leat_aggregate(
        merge ? leat_key_by(in, "by-value", first_letter) : in, "sums",
        &(struct leat_aggregate){ .type = &leat_long_type, .add = merge ? count : add_up,
                                  .merge = merge ? add_longs : NULL, .late = &late,
                                  .window = { .size = 10, .advance = 5, .grace = 1 } });

    leat_to(leat_changes(sums, "changes"), "out", NULL);
    leat_to(leat_map(late, "named", &(struct leat_map){
        .type = &leat_string_type, .value = name_late }), "late", NULL);
}

each_way(aggregates, a_hopping_window_is_late_one_by_one)
{
    hopping(false);
    bench_start(way);
    put("in", "a", "1", 3);
    put("in", "a", "2", 7);
    put("in", "a", "4", 11);
    put("in", "a", "8", 6);
    gives("out", "a[0]=1@3 a[0]=3@7 a[5]=2@7 a[5]=6@11 a[10]=4@11 a[5]=14@11");
    gives("late", "a=sums/0-10@6");
}

/* The last record goes into the second of its windows alone; the first is told again, as it is. */
each_way(aggregates, partial_hopping_windows_come_to_the_same)
{
    hopping(true);
    bench_start(way);
    put("in", "1", "a", 3);
    put("in", "2", "a", 7);
    put("in", "3", "a", 11);
    put("in", "4", "a", 6);
    gives("out", "a[0]=1@3 a[0]=2@7 a[5]=1@7 a[5]=2@11 a[10]=1@11 a[0]=2@7 a[5]=3@11");
    gives("late", "a=sums/0-10@6");
}

each_way(aggregates, several_streams_feed_one_row)
{
    struct leat_table *rows_of_both = leat_cogroup(
        (struct leat_cogroup_input[]){ { from("x"), append }, { from("y"), append }, { 0 } },
        "both", &(struct leat_aggregate){ .type = &leat_string_type, .store = "s" });

    leat_to(leat_changes(rows_of_both, "changes"), "out", NULL);
    bench_start(way);
    put("x", "k", "a", 1);
    put("y", "k", "b", 5);
    put("x", "k", "c", 2);
    put("y", "l", "d", 3);
    gives("out", "k=a@1 k=a+b@5 k=a+b+c@5 l=d@3");
    holds("s", "k=a+b+c@5 l=d@3");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("y", "l", "e", 3);
    holds("s", "k=a+b+c@5 l=d+e@3");
    gives("out", "l=d+e@3");
}

static struct leat_bytes letter_of(const struct leat_record *record)
{
    return first_letter(record);
}

static void less(const struct leat_record *record, void *out)
{
    --*(int64_t *)out;
}

each_way(aggregates, a_changed_row_leaves_one_group_and_enters_another)
{
    struct leat_table *table = leat_table_from(bench.topology, "in", &(struct leat_source){
        .type = &leat_string_type });
    struct leat_table *groups = leat_group_rows(table, "groups", &(struct leat_group){
        .key = letter_of, .type = &leat_long_type, .add = count, .subtract = less });

    leat_to(leat_changes(groups, "changes"), "out", NULL);
    bench_start(way);
    put("in", "1", "ax", 1);
    put("in", "2", "ay", 2);
    put("in", "1", "bx", 3);
    put("in", "2", NULL, 4);
    gives("out", "a=1@1 a=2@2 a=1@3 b=1@3 a=0@4");
    holds("groups", "a=0@4 b=1@3");
}

each_way(aggregates, windows_and_clocks_survive_a_restart)
{
    windowed("in", true);
    bench_start(way);
    put("in", "1", "a", 3);
    put("in", "2", "a", 20);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "3", "a", 4);
    put("in", "4", "a", 21);
    gives("late", "a=sums/0-10@4");
    gives("out", "a[0]=1@3 a[20]=1@20 a[20]=2@21");
}
