/* timestamps_test.c - extractors, the time of a partition, and the time of a task. */
#include "bench.h"

static bool dated(const struct leat_record *record)
{
    return leat_string_of(record).data[0] != '?';
}

/* The value's number; "?" is as old as the partition is. */
static int64_t number_or_partition(const struct leat_record *record, int64_t partition_ms)
{
    return dated(record) ? number_of(leat_string_of(record)) : partition_ms;
}

static int64_t number_or_failure(const struct leat_record *record, int64_t partition_ms)
{
    if (!dated(record))
        leat_fail(record, "no time in %.*s of %s", (int)record->key.size, record->key.data,
                  leat_source_topic(record));
    return number_of(leat_string_of(record));
}

static struct leat_stream *from(leat_time extractor, const char *const *topics)
{
    return leat_stream_from(bench.topology, "in", &(struct leat_source){
        .topics = topics, .type = &leat_string_type, .timestamp = extractor });
}

static const char *const one[] = { "in", NULL }, *const two[] = { "x", "y", NULL };

TestSuite(timestamps, .init = bench_describe, .fini = bench_stop);

each_way(timestamps, the_time_of_a_partition_outlives_a_restart)
{
    leat_to(from(number_or_partition, one), "out", NULL);
    bench_start(way);
    put("in", "a", "?", 1);
    put("in", "b", "700", 2);
    put("in", "c", "300", 3);
    put("in", "d", "?", 4);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "e", "?", 5);
    gives("out", "b=700@700 c=300@300 d=?@700 e=?@700");
}

each_way(timestamps, the_time_of_a_partition_is_of_each_topic)
{
    leat_to(from(number_or_partition, two), "out", NULL);
    bench_start(way);
    put("x", "a", "700", 1);
    put("y", "b", "300", 2);
    put("y", "c", "?", 3);
    put("x", "d", "?", 4);
    gives("out", "a=700@700 b=300@300 c=?@300 d=?@700");
}

/* In a commit of several records that is undone the time of the partition is undone too. */
Test(timestamps, the_time_of_a_partition_is_undone_with_its_records)
{
    leat_to(from(number_or_partition, one), "out", NULL);
    bench_start(&(struct way){ true, 2 });
    put("in", "z", "100", 0);
    leat_driver_hold(bench.driver);
    put("in", "a", "?", 1);
    put("in", "b", "700", 2);
    put("in", "c", "?", 3);
    cr_assert_eq(leat_driver_release(bench.driver, 3), LEAT_OK);
    gives("out", "z=100@100 a=?@100 b=700@700 c=?@700");
}

Test(timestamps, an_extractor_that_fails_is_the_end)
{
    leat_to(from(number_or_failure, one), "out", NULL);
    bench_start(&(struct way){ true, 0 });
    put("in", "a", "5", 1);
    cr_assert_eq(leat_driver_send_bytes(bench.driver, "in", LEAT_LITERAL("b"), LEAT_LITERAL("?"),
                                        2), LEAT_E_CALLBACK);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "topic in, partition 0, offset 1, step in, timestamp: no time in b of in");
    gives("out", "a=5@5");
}

static void show_time(const struct leat_record *record)
{
    int64_t now_ms = leat_stream_ms(record);

    leat_forward(record, record->key, &now_ms, record->timestamp_ms);
}

static void show_times(void)
{
    leat_to(leat_process(from(NULL, two), "show", &(struct leat_process){
        .type = &leat_long_type, .process = show_time }), "out", NULL);
}

each_way(timestamps, the_time_of_a_task_is_the_greatest_of_its_inputs_and_outlives_a_restart)
{
    show_times();
    bench_start(way);
    put("x", "a", "", 5);
    put("y", "b", "", 3);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("y", "c", "", 4);
    put("y", "d", "", 6);
    gives("out", "a=5@5 b=5@3 c=5@4 d=6@6");
}

Test(timestamps, the_time_of_a_task_is_undone_with_its_records)
{
    show_times();
    bench_start(&(struct way){ true, 2 });
    put("x", "z", "", 1);
    leat_driver_hold(bench.driver);
    put("x", "a", "", 5);
    put("x", "b", "", 7);
    cr_assert_eq(leat_driver_release(bench.driver, 2), LEAT_OK);
    gives("out", "z=1@1 a=5@5 b=7@7");
}
