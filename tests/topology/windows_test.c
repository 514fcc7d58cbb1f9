/* windows_test.c - count and reduce, windows of every kind, and results on close. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &(struct leat_source){
        .type = &leat_string_type });
}

TestSuite(windows, .init = bench_describe, .fini = bench_stop);

each_way(windows, a_count_and_a_reduction_without_windows_drop_null_values)
{
    struct leat_stream *in = from("in");

    leat_to(leat_changes(leat_count(in, "counts", NULL), "counted"), "to-count", NULL);
    leat_to(leat_changes(leat_reduce(in, "joined", &(struct leat_aggregate){ .add = append }),
                         "reduced"), "to-reduce", NULL);
    bench_start(way);
    put("in", "a", "x", 5);
    put("in", "a", NULL, 6);
    put("in", "a", "y", 3);
    put("in", NULL, "z", 8);
    put("in", "b", "w", 4);
    gives("to-count", "a=1@5 a=2@5 b=1@4");
    gives("to-reduce", "a=x@5 a=x+y@5 b=w@4");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", "v", 9);
    gives("to-count", "a=3@9");
    gives("to-reduce", "a=x+y+v@9");
}

each_way(windows, a_count_in_windows_counts_null_values)
{
    struct leat_aggregate by_ten = { .window = leat_tumbling(10, 0), .store = "s" };

    leat_to(leat_changes(leat_count(from("in"), "counts", &by_ten), "counted"), "out", NULL);
    bench_start(way);
    put("in", "a", "x", 5);
    put("in", "a", NULL, 6);
    put("in", "a", NULL, 13);
    gives("out", "a[0]=1@5 a[0]=2@6 a[10]=1@13");
    holds("s", way->cached ? "a[0]=2@6 a[10]=1@13" : "a[10]=1@13");
}

each_way(windows, who_reads_through_a_cache_still_sees_what_the_store_gave_up)
{
    struct leat_aggregate by_ten = { .window = leat_tumbling(10, 0), .store = "s" };

    leat_count(from("in"), "counts", &by_ten);
    bench_start(way);
    put("in", "a", "x", 5);
    put("in", "a", "x", 60009);
    holds("s", way->cached ? "a[0]=1@5 a[60000]=1@60009" : "a[60000]=1@60009");
    put("in", "a", "x", 60011);
    holds("s", way->cached ? "a[60000]=1@60009 a[60010]=1@60011" : "a[60010]=1@60011");
}

/* ---- sliding --------------------------------------------------------------------------------- */

static struct leat_stream *describe(struct leat_aggregate with)
{
    struct leat_stream *late;

    with.type = &leat_string_type;
    with.add = append;
    with.merge = with.window.kind == LEAT_SESSION ? append : NULL;
    with.late = &late;
    with.store = "s";
    leat_to(leat_changes(leat_aggregate(from("in"), "joined", &with), "changes"), "out", NULL);
    return late;
}

each_way(windows, a_record_divides_the_sliding_windows_around_it)
{
    describe((struct leat_aggregate){ .window = leat_sliding(10, 100), .no_cache = true });
    bench_start(way);
    put("in", "a", "1", 20);
    put("in", "a", "3", 28);
    put("in", "ab", "x", 25);
    put("in", "a", "2", 24);
    gives("out", "a[10]=1@20 a[21]=3@28 a[18]=1+3@28 ab[15]=x@25 "
                 "a[21]=3+2@28 a[18]=1+3+2@28 a[14]=1+2@24 a[25]=3@28");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", "4", 24);
    gives("out", "a[21]=3+2+4@28 a[18]=1+3+2+4@28 a[14]=1+2+4@24");
}

each_way(windows, a_sliding_window_begins_at_zero_at_the_earliest)
{
    describe((struct leat_aggregate){ .window = leat_sliding(10, 100), .no_cache = true });
    bench_start(way);
    put("in", "a", "2", 7);
    put("in", "a", "1", 3);
    gives("out", "a[0]=2@7 a[4]=2@7 a[0]=2+1@7");
    holds("s", "a[0]=2+1@7 a[4]=2@7");
}

each_way(windows, a_sliding_record_is_late_for_each_window_or_once_for_all)
{
    struct leat_stream *late = describe((struct leat_aggregate){ .window = leat_sliding(10, 5) });

    leat_to(late, "late", NULL);
    bench_start(way);
    put("in", "b", "1", 50);
    put("in", "a", "2", 35);
    put("in", "a", "3", 34);
    gives("late", "a=2@35 a=3@34");
}

/* ---- on close -------------------------------------------------------------------------------- */

each_way(windows, a_result_on_close_leaves_once_and_when_its_window_has_closed)
{
    describe((struct leat_aggregate){ .window = leat_tumbling(10, 2), .on_close = true });
    bench_start(way);
    put("in", "b", "1", 3);
    put("in", "a", "2", 4);
    put("in", "b", "3", 9);
    put("in", "a", "4", 11);
    put("in", "b", "5", 1);
    gives("out", "");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "c", "6", 12);
    gives("out", "a[0]=2@4 b[0]=1+3+5@9");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "b", "7", 9);
    put("in", "c", "8", 40);
    gives("out", "a[10]=4@11 c[10]=6@12");
}

each_way(windows, a_session_on_close_leaves_whole)
{
    describe((struct leat_aggregate){ .window = leat_session(5, 6), .on_close = true });
    bench_start(way);
    put("in", "a", "1", 10);
    put("in", "a", "3", 18);
    put("in", "a", "2", 14);
    put("in", "b", "4", 17);
    put("in", "c", "5", 29);
    gives("out", "b[17-17]=4@17");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "c", "6", 30);
    gives("out", "a[10-18]=1+3+2@18");
    put("in", "c", "7", 99);
    gives("out", "c[29-30]=5+6@30");
}

Test(windows, what_waits_for_the_wall_clock_is_not_forgotten)
{
    struct leat_driver_options options = { .emit_interval = 1000 };
    struct leat_error error = { 0 };

    describe((struct leat_aggregate){ .window = leat_tumbling(10, 0), .on_close = true });
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK);
    put("in", "a", "1", 3);
    put("in", "a", "2", 500);
    put("in", "a", "3", 1000);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 999), LEAT_OK);
    put("in", "a", "4", 1001);
    gives("out", "");
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 1), LEAT_OK);
    gives("out", "");
    put("in", "a", "5", 1001);
    gives("out", "a[0]=1@3 a[500]=2@500");
}

/* Each input has a clock of its own, and emits what that has closed. */
each_way(windows, a_cogroup_on_close_emits_by_each_of_its_inputs)
{
    struct leat_aggregate with = { .type = &leat_string_type, .on_close = true,
                                   .window = leat_tumbling(10, 0) };

    leat_to(leat_changes(leat_cogroup((struct leat_cogroup_input[]){
        { from("x"), append }, { from("y"), append }, { 0 } }, "both", &with), "changes"),
        "out", NULL);
    bench_start(way);
    put("x", "k", "1", 3);
    put("y", "k", "2", 5);
    put("x", "k", "3", 12);
    gives("out", "k[0]=1+2@5");
    put("y", "k", "4", 6);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("y", "k", "5", 20);
    gives("out", "k[0]=1+2+4@6 k[10]=3@12");
    put("x", "k", "6", 30);
    gives("out", "k[10]=3@12 k[20]=5@20");
    put("y", "k", "7", 31);
    gives("out", "k[20]=5@20");
}

/* ---- every kind, however it runs ------------------------------------------------------------- */

enum { RECORDS = 250 };

static const struct leat_window kinds[] = {
    { 10, 0, 6, LEAT_TUMBLING }, { 10, 4, 6, LEAT_HOPPING }, { 10, 0, 6, LEAT_SLIDING },
    { 4, 0, 6, LEAT_SESSION }, { 0, 0, 6, LEAT_SLIDING }, { 0, 0, 6, LEAT_SESSION },
};

static void play(const struct leat_aggregate *with, const char *state, int undo_every,
                 int restart_every, char *out, size_t size)
{
    struct leat_driver_options options = { .state = state, .undo_every = undo_every,
                                           .no_cache = true };
    const char *const keys[] = { "a", "ab", "b", NULL };
    struct leat_error error = { 0 };
    uint32_t chance = 7;
    size_t used = 0;

    bench_describe();
    leat_to(describe(*with), "late", NULL);
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
    for (int i = 0; i < RECORDS; i++) {
        char value[16];
        int64_t back_ms;

        chance = chance * 1664525 + 1013904223;
        back_ms = chance >> 30 ? chance >> 10 & 31 : 0;
        snprintf(value, sizeof value, "%d", i);
        put("in", keys[chance >> 14 & 3], value, i * 2 > back_ms ? i * 2 - back_ms : 0);
        used += (size_t)snprintf(out + used, size - used, "%s, late ", taken("out"));
        used += (size_t)snprintf(out + used, size - used, "%s\n", taken("late"));
        if (restart_every && i % restart_every == 0)
            cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    }
    snprintf(out + used, size - used, "%s", rows("s"));
    bench_stop();
    bench.driver = NULL;
}

static struct criterion_test_params every_kind(void)
{
    static struct leat_aggregate all[2 * sizeof kinds / sizeof *kinds];
    size_t count = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        all[count++] = (struct leat_aggregate){ .window = kinds[i] };
        all[count++] = (struct leat_aggregate){ .window = kinds[i], .on_close = true };
    }
    return cr_make_param_array(struct leat_aggregate, all, count);
}

ParameterizedTestParameters(windows_alike, on_disk_and_in_memory_with_restarts_and_undone_commits)
{
    return every_kind();
}

ParameterizedTest(const struct leat_aggregate *with, windows_alike,
                  on_disk_and_in_memory_with_restarts_and_undone_commits)
{
    static char plain[1 << 17], other[1 << 17];
    char path[] = "/tmp/leat-driver-XXXXXX", command[64];

    cr_assert(mkdtemp(path) != NULL);
    play(with, NULL, 0, 0, plain, sizeof plain);
    cr_assert_gt(strlen(plain), RECORDS * 8);
    play(with, NULL, 3, 7, other, sizeof other);
    cr_assert_str_eq(plain, other);
    play(with, path, 4, 11, other, sizeof other);
    cr_assert_str_eq(plain, other);
    snprintf(command, sizeof command, "rm -r %s", path);
    cr_assert_eq(system(command), 0);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static int checked(struct leat_aggregate with)
{
    struct leat_error error = { 0 };
    int status;

    bench_describe();
    describe(with);
    status = leat_topology_check(bench.topology, &error);
    leat_topology_free(bench.topology);
    return status;
}

static int checked_window(struct leat_window window, int64_t retention_ms)
{
    return checked((struct leat_aggregate){ .window = window, .retention = retention_ms });
}

Test(windows_mistakes, sizes_and_graces_have_the_bounds_of_kafka_streams)
{
    cr_assert_eq(checked_window(leat_tumbling(0, 0), 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_tumbling(1, -1), 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_hopping(10, 0, 0), 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_hopping(10, 11, 0), 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_hopping(10, 10, 0), 0), LEAT_OK);
    cr_assert_eq(checked_window(leat_sliding(-1, 0), 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_sliding(0, 0), 0), LEAT_OK);
    cr_assert_eq(checked_window(leat_session(-1, 0), 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_session(0, 0), 0), LEAT_OK);
    cr_assert_eq(checked_window(leat_tumbling(INT64_MAX, 1), 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window((struct leat_window){ 10, 5, 0, LEAT_TUMBLING }, 0),
                 LEAT_E_ARGUMENT);
}

Test(windows_mistakes, a_retention_covers_what_can_still_come)
{
    cr_assert_eq(checked_window(leat_tumbling(10, 5), 14), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_tumbling(10, 5), 15), LEAT_OK);
    cr_assert_eq(checked_window(leat_sliding(10, 5), 24), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_sliding(10, 5), 25), LEAT_OK);
    cr_assert_eq(checked_window(leat_session(10, 5), 14), LEAT_E_ARGUMENT);
    cr_assert_eq(checked_window(leat_session(10, 5), 15), LEAT_OK);
}

Test(windows_mistakes, only_windows_close)
{
    cr_assert_eq(checked((struct leat_aggregate){ .on_close = true }), LEAT_E_ARGUMENT);
}
