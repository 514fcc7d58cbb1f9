/* windows_test.c - count and reduce, windows of every kind, and results on close. */
#include "bench.h"

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
    holds("s", "a[10]=1@13");
}
