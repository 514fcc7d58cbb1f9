/* windows_origins_test.c - windows over records of several source partitions: what is late, and
 * when they close. */
#include "bench.h"

#include "origins.h"

static struct origins origins;

static void name_window(const struct leat_record *record, void *out)
{
    struct leat_bytes value = record->value ? leat_string_of(record) : leat_bytes_of("-");

    *(struct leat_bytes *)out = leat_text(record, "%.*s[%lld]", (int)value.size, value.data,
                                          (long long)record->window.start_ms);
}

static struct leat_stream *in(void)
{
    return leat_repartition(leat_stream_from(bench.topology, "from-in", &(struct leat_source){
        .type = &leat_string_type }), "in", NULL);
}

static void to_out(struct leat_table *table)
{
    leat_to(leat_map(leat_changes(table, "changes"), "named", &(struct leat_map){
        .type = &leat_string_type, .value = name_window }), "out", NULL);
}

static struct leat_table *joined(struct leat_window window, bool on_close)
{
    return leat_aggregate(in(), "joined", &(struct leat_aggregate){
        .type = &leat_string_type, .add = append, .merge = append, .window = window,
        .on_close = on_close });
}

static void start(struct leat_window window, bool on_close)
{
    to_out(joined(window, on_close));
    origins_start(&origins, bench.topology, 2);
}

static void stop(void)
{
    origins_stop(&origins);
    leat_topology_free(bench.topology);
}

static void put_by(int32_t origin, const char *key, const char *value, int64_t timestamp_ms)
{
    origins_send(&origins, "in", origin, key, value, timestamp_ms);
}

static void mark(int32_t origin, int64_t mark_ms)
{
    origins_mark(&origins, "in", origin, mark_ms);
    cr_assert_eq(flow_advance(origins.flow, &origins.error), LEAT_OK);
}

static void leaves(const char *text)
{
    origins_commit(&origins);
    cr_assert_str_eq(origins_take(&origins), text);
}

TestSuite(windows_origins, .init = bench_describe, .fini = stop);

Test(windows_origins, a_sliding_window_waits_for_the_slow_one)
{
    start(leat_sliding(10, 0), false);
    put_by(0, "a", "2", 1000);
    mark(0, 1000);
    put_by(1, "a", "1", 20);
    put_by(1, "a", "3", 21);
    leaves("a=2[990]@1000 a=1[10]@20 a=3[21]@21 a=1+3[11]@21");
}

Test(windows_origins, a_session_waits_for_the_slow_one)
{
    start(leat_session(10, 0), false);
    put_by(0, "a", "2", 1000);
    mark(0, 1000);
    put_by(1, "a", "1", 20);
    put_by(1, "a", "3", 21);
    leaves("a=2[1000]@1000 a=1[20]@20 a=-[20]@20 a=1+3[20]@21");
}

/* Marks are heard while the cache keeps what lies before them. */
Test(windows_origins, what_a_cache_holds_until_the_commit_is_not_late_behind_it)
{
    struct leat_table *rows = leat_aggregate(in(), "rows", &(struct leat_aggregate){
        .type = &leat_string_type, .add = append });

    to_out(leat_aggregate(leat_changes(rows, "row-changes"), "tens", &(struct leat_aggregate){
        .type = &leat_string_type, .add = append, .window = leat_tumbling(10, 0) }));
    origins.caching = true;
    origins_start(&origins, bench.topology, 2);
    put_by(0, "a", "1", 20);
    put_by(1, "b", "2", 22);
    mark(0, 1000);
    mark(1, 1000);
    leaves("a=1[20]@20 b=2[20]@22");
    put_by(1, "c", "3", 25);
    leaves("");
}

/* A mark of the slowest closes them, be there a record with it or not; an undone commit takes
 * nothing away and gives nothing twice. */
static void close_each(struct leat_window window, const char *first, const char *second)
{
    start(window, true);
    put_by(0, "a", "2", 25);
    put_by(1, "b", "1", 20);
    put_by(0, "c", "3", 60);
    put_by(0, "c", "4", 1000);
    mark(0, 1000);
    leaves("");
    put_by(1, "b", "5", 22);
    mark(1, 23);
    leaves("");
    mark(1, 41);
    origins_undo(&origins);
    leaves("");
    mark(1, 41);
    leaves(first);
    mark(1, 41);
    put_by(1, "b", "6", 50);
    leaves("");
    mark(1, 75);
    leaves(second);
    mark(1, 1000);
    mark(0, 2000);
}

Test(windows_origins, tumbling_windows_close_by_the_least_of_the_marks)
{
    close_each(leat_tumbling(10, 5), "a=2[20]@25 b=1+5[20]@22", "b=6[50]@50 c=3[60]@60");
}

Test(windows_origins, hopping_windows_close_by_the_least_of_the_marks)
{
    close_each(leat_hopping(10, 5, 5),
               "b=1+5[15]@22 a=2[20]@25 b=1+5[20]@22 a=2[25]@25",
               "b=6[45]@50 b=6[50]@50 c=3[55]@60 c=3[60]@60");
}

Test(windows_origins, sliding_windows_close_by_the_least_of_the_marks)
{
    close_each(leat_sliding(10, 5), "b=1[10]@20 b=1+5[12]@22 a=2[15]@25 b=5[21]@22",
               "b=6[40]@50 c=3[50]@60");
}

Test(windows_origins, sessions_close_by_the_least_of_the_marks)
{
    close_each(leat_session(10, 5), "b=1+5[20]@22 a=2[25]@25", "b=6[50]@50");
}
