/* sessions_test.c - sessions: how they grow, merge, come too late, and what they leave behind. */
#include "bench.h"

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &(struct leat_source){
        .type = &leat_string_type });
}

static void slash(const struct leat_record *record, void *out)
{
    struct leat_bytes *row = out;

    *row = leat_join_text(record, *row, '/', leat_string_of(record));
}

static void name_late(const struct leat_record *record, void *out)
{
    *(struct leat_bytes *)out = leat_text(record, "%lld-%lld", (long long)record->window.start_ms,
                                          (long long)record->window.end_ms);
}

/* A gap of 10 and a grace of 50; rows are texts, records' with '+', merged ones with '/'. */
static void texts(void)
{
    struct leat_stream *late;
    struct leat_table *rows_of = leat_aggregate(from("in"), "texts", &(struct leat_aggregate){
        .type = &leat_string_type, .add = append, .merge = slash, .late = &late,
        .window = leat_session(10, 50), .store = "s" });

    leat_to(leat_changes(rows_of, "changes"), "out", NULL);
    leat_to(leat_map(late, "named", &(struct leat_map){
        .type = &leat_string_type, .value = name_late }), "late", NULL);
}

TestSuite(sessions, .init = bench_describe, .fini = bench_stop);

each_way(sessions, a_record_between_two_sessions_makes_them_one)
{
    texts();
    bench_start(way);
    put("in", "a", "A", 1050);
    put("in", "a", "B", 1070);
    put("in", "b", "C", 1060);
    gives("out", "a[1050-1050]=A@1050 a[1070-1070]=B@1070 b[1060-1060]=C@1060");
    put("in", "a", "D", 1060);
    gives("out", "a[1050-1050]=-@1050 a[1070-1070]=-@1070 a[1050-1070]=/A/B+D@1070");
    holds("s", "a[1050-1070]=/A/B+D@1070 b[1060-1060]=C@1060");
}

/* Within its bounds a session is deleted before it is written again, which a cache swallows. */
each_way(sessions, a_record_within_a_session_leaves_its_bounds)
{
    texts();
    bench_start(way);
    put("in", "a", "A", 100);
    put("in", "a", "B", 110);
    gives("out", "a[100-100]=A@100 a[100-100]=-@100 a[100-110]=/A+B@110");
    put("in", "a", "C", 105);
    gives("out", way->cached ? "a[100-110]=//A+B+C@110"
                             : "a[100-110]=-@110 a[100-110]=//A+B+C@110");
}

each_way(sessions, a_record_at_the_instant_of_a_session_replaces_its_row)
{
    texts();
    bench_start(way);
    put("in", "a", "A", 100);
    put("in", "a", "B", 100);
    gives("out", "a[100-100]=A@100 a[100-100]=/A+B@100");
    holds("s", "a[100-100]=/A+B@100");
}

each_way(sessions, a_late_record_counts_unless_it_joins_a_session_that_is_open)
{
    texts();
    bench_start(way);
    put("in", "a", "A", 100);
    put("in", "b", "B", 160);
    put("in", "a", "C", 99);
    put("in", "a", "D", 89);
    gives("late", "");
    gives("out", "a[100-100]=A@100 b[160-160]=B@160 a[100-100]=-@100 a[99-100]=/A+C@100 "
                 "a[99-100]=-@100 a[89-100]=//A+C+D@100");
    put("in", "c", "E", 99);
    gives("late", "c=99-99@99");
    put("in", "b", "F", 161);
    put("in", "a", "G", 89);
    gives("late", way->cached ? "a=89-100@89" : "a=89-89@89");
    gives("out", "b[160-160]=-@160 b[160-161]=/B+F@161");
    if (!way->undo_every)
        cr_assert_eq(leat_driver_dropped(bench.driver), 2);
}

/* Whether a session is known still is the records' time's business, not the commits'. Through a
 * record cache one is seen for longer, as in Kafka Streams. */
each_way(sessions, a_session_past_its_retention_takes_no_more_records_unless_it_is_cached)
{
    texts();
    bench_start(way);
    leat_driver_hold(bench.driver);
    put("in", "a", "A", 100);
    put("in", "b", "B", 161);
    put("in", "a", "C", 110);
    cr_assert_eq(leat_driver_release(bench.driver, 3), LEAT_OK);
    gives("out", way->cached ? "b[161-161]=B@161 a[100-110]=/A+C@110"
                             : "a[100-100]=A@100 b[161-161]=B@161 a[110-110]=C@110");
    gives("late", "");
}

/* Sessions of "a" stand between those of keys that begin with it, and the other way about. */
each_way(sessions, keys_that_begin_alike_are_told_apart)
{
    struct leat_bytes value = leat_bytes_of("x"), odd = leat_bytes("a\0\0\0\0\0\0\0", 8);

    texts();
    bench_start(way);
    for (int64_t at = 100; at < 110; at += 5) {
        put("in", "a", "x", at);
        cr_assert_eq(leat_driver_send(bench.driver, "in", odd, &leat_string_type, &value, at), 0);
        put("in", "aa", "x", at);
    }
    taken("out");
    put("in", "a", "y", 112);
    gives("out", "a[100-105]=-@105 a[100-112]=//x+x+y@112");
}

each_way(sessions, what_they_hold_outlives_the_task)
{
    texts();
    bench_start(way);
    put("in", "a", "A", 100);
    put("in", "a", "B", 120);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", "C", 110);
    put("in", "b", "D", 180);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", "E", 130);
    gives("out", "a[100-100]=A@100 a[120-120]=B@120 a[100-100]=-@100 a[120-120]=-@120 "
                 "a[100-120]=/A/B+C@120 b[180-180]=D@180 a[100-120]=-@120 "
                 "a[100-130]=//A/B+C+E@130");
}
