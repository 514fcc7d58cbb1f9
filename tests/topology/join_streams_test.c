/* join_streams_test.c - two streams that meet within a window: restarts, undone commits, disk
 * against memory. Several origins: join_origins_test.c. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct leat_source strings = { .type = &leat_string_type };

static void pair(const struct leat_record *left, const void *right, void *out)
{
    struct leat_bytes none = LEAT_LITERAL("-");

    *(struct leat_bytes *)out =
        leat_join_text(left, left->value ? leat_string_of(left) : none, ',',
                       right ? *(const struct leat_bytes *)right : none);
}

static struct leat_join_streams within(enum leat_join_kind kind, leat_duration ms,
                                       leat_duration grace)
{
    return (struct leat_join_streams){ .type = &leat_string_type, .join = pair, .kind = kind,
                                       .before = ms, .after = ms, .grace = grace };
}

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &strings);
}

static void describe(struct leat_join_streams join)
{
    leat_to(leat_join_streams(from("l"), from("r"), "joined", &join), "out", NULL);
}

static void restart(void)
{
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK, "%s", leat_driver_error(bench.driver));
}

TestSuite(join_streams, .init = bench_describe, .fini = bench_stop);

each_way(join_streams, records_of_one_key_and_time_all_meet_over_a_restart)
{
    describe(within(LEAT_INNER, 10, 5));
    bench_start(way);
    put("l", "a", "A", 100);
    put("l", "a", "B", 100);
    restart();
    put("l", "a", "C", 100);
    put("l", "ab", "no", 100);
    restart();
    put("r", "a", "1", 110);
    put("r", "a", "2", 111);
    put("r", "a", "3", 90);
    gives("out", "a=A,1@110 a=B,1@110 a=C,1@110 a=A,3@100 a=B,3@100 a=C,3@100");
}

static void nothing(void *user, const struct leat_driver_record *row)
{
}

each_way(join_streams, rows_are_kept_for_the_window_and_its_grace_by_their_own_stores_time)
{
    struct leat_join_streams join = within(LEAT_INNER, 10, 5);

    join.store = "kept";
    describe(join);
    bench_start(way);
    put("l", "a", "A", 100);
    put("r", "b", "x", 500);
    put("r", "a", "1", 100);
    gives("out", "a=A,1@100");
    put("l", "c", "y", 124);
    put("r", "a", "2", 100);
    gives("out", "a=A,2@100");
    put("l", "b", "y", 125);
    put("r", "a", "3", 100);
    gives("out", "");
    restart();
    put("r", "a", "4", 100);
    put("r", "b", "5", 125);
    gives("out", "b=y,5@125");
    cr_assert_eq(leat_driver_rows(bench.driver, "kept-left", nothing, NULL), 2);
}

each_way(join_streams, what_met_nobody_comes_out_once_over_restarts)
{
    describe(within(LEAT_OUTER, 10, 5));
    bench_start(way);
    put("l", "a", "A", 100);
    restart();
    put("l", "a", "B", 100);
    restart();
    put("r", "b", "1", 101);
    put("r", "c", "2", 102);
    restart();
    put("l", "c", "C", 103);
    gives("out", "c=C,2@103");
    restart();
    put("l", "z", "Z", 116);
    gives("out", "a=A,-@100 a=B,-@100");
    restart();
    put("l", "z", "Y", 117);
    gives("out", "b=-,1@101");
    restart();
    put("l", "y", "X", 140);
    gives("out", "z=Z,-@116 z=Y,-@117");
    put("r", "y", "9", 141);
    restart();
    put("l", "x", "-", 200);
    gives("out", "y=X,9@141");
}

each_way(join_streams, a_record_without_a_key_comes_out_alone_where_its_side_is_preserved)
{
    describe(within(LEAT_LEFT, 10, 5));
    bench_start(way);
    put("l", NULL, "A", 100);
    put("r", NULL, "1", 100);
    put("l", "a", NULL, 100);
    gives("out", "=A,-@100");
    if (!way->undo_every)
        cr_assert_eq(leat_driver_dropped(bench.driver), 2);
}

each_way(join_streams, a_stream_meets_itself)
{
    struct leat_join_streams join = within(LEAT_INNER, 10, 5);
    struct leat_stream *in = from("in");

    leat_to(leat_join_streams(in, in, "joined", &join), "out", NULL);
    bench_start(way);
    put("in", "a", "A", 100);
    put("in", "a", "B", 105);
    gives("out", "a=A,A@100 a=B,A@105 a=A,B@105 a=B,B@105");
}

static void with_count(const struct leat_record *left, const void *right, void *out)
{
    *(struct leat_bytes *)out =
        leat_text(left, "%.*s,%lld", left->value ? (int)leat_string_of(left).size : 1,
                  left->value ? leat_string_of(left).data : "-",
                  right ? (long long)*(const int64_t *)right : -1);
}

each_way(join_streams, sides_of_two_types_wait_each_in_its_own)
{
    struct leat_join_streams join = within(LEAT_OUTER, 10, 0);
    struct leat_stream *counts = leat_changes(
        leat_aggregate(from("r"), "counted", &(struct leat_aggregate){ .type = &leat_long_type,
                                                                       .add = count }),
        "counts");

    join.join = with_count;
    leat_to(leat_join_streams(from("l"), counts, "joined", &join), "out", NULL);
    bench_start(way);
    put("l", "a", "A", 100);
    put("r", "b", "x", 101);
    put("r", "b", "x", 101);
    restart();
    put("l", "c", "C", 103);
    put("r", "c", "x", 113);
    put("r", "d", "x", 200);
    gives("out", "a=A,-1@100 b=-,1@101 b=-,2@101 c=C,1@113");
}

static struct leat_span hour_of(const struct leat_record *record)
{
    int64_t start_ms = record->timestamp_ms / 100 * 100;

    return leat_window_span(start_ms, start_ms + 100);
}

static struct leat_bytes same_key(const struct leat_record *record)
{
    return record->key;
}

/* The same key in two windows is two keys. */
each_way(join_streams, windowed_keys_meet_by_key_and_window)
{
    struct leat_map by_hour = { .key = same_key, .window = hour_of };
    struct leat_join_streams join = within(LEAT_OUTER, 50, 0);

    leat_to(leat_join_streams(leat_map(from("l"), "l-by-hour", &by_hour),
                              leat_map(from("r"), "r-by-hour", &by_hour), "joined", &join),
            "out", NULL);
    bench_start(way);
    put("l", "a", "A", 190);
    put("r", "a", "1", 180);
    put("r", "a", "2", 210);
    restart();
    put("l", "z", "Z", 400);
    gives("out", "a[100]=A,1@190 a[200]=-,2@210");
}

Test(join_streams, the_wall_clock_holds_back_what_has_closed)
{
    struct leat_driver_options options = { .emit_interval = 1000, .undo_every = 2 };
    struct leat_error error = { 0 };

    describe(within(LEAT_LEFT, 10, 0));
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK);
    put("l", "a", "A", 100);
    put("l", "b", "B", 200);
    gives("out", "");
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 999), LEAT_OK);
    put("l", "c", "C", 300);
    gives("out", "");
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 1), LEAT_OK);
    put("l", "d", "D", 400);
    gives("out", "a=A,-@100 b=B,-@200 c=C,-@300");
}

/* ---- parameters ------------------------------------------------------------------------------ */

static int checked(leat_duration before, leat_duration after, leat_duration grace)
{
    struct leat_join_streams join = within(LEAT_INNER, 0, grace);
    struct leat_error error = { 0 };
    int status;

    bench_describe();
    join.before = before;
    join.after = after;
    describe(join);
    status = leat_topology_check(bench.topology, &error);
    leat_topology_free(bench.topology);
    return status;
}

Test(join_streams_bounds, one_may_be_negative_but_not_their_sum_nor_the_grace)
{
    cr_assert_eq(checked(-5, 5, 0), LEAT_OK);
    cr_assert_eq(checked(10, -10, 0), LEAT_OK);
    cr_assert_eq(checked(0, -1, 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked(-5, 4, 0), LEAT_E_ARGUMENT);
    cr_assert_eq(checked(10, 10, -1), LEAT_E_ARGUMENT);
    cr_assert_eq(checked(INT64_MAX, INT64_MAX, 0), LEAT_E_ARGUMENT);
}

/* ---- disk against memory --------------------------------------------------------------------- */

enum { RECORDS = 300 };

static void play(const char *state, int undo_every, int restart_every, char *out, size_t size)
{
    struct leat_driver_options options = { .state = state, .undo_every = undo_every };
    struct leat_error error = { 0 };
    uint32_t chance = 7;
    size_t used = 0;

    bench_describe();
    describe(within(LEAT_OUTER, 20, 15));
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK);
    for (int i = 0; i < RECORDS; i++) {
        const char *const keys[] = { "a", "ab", "b", NULL };
        char value[16];
        int64_t late_ms;

        chance = chance * 1664525 + 1013904223;
        late_ms = chance >> 29 ? 0 : chance >> 10 & 63;
        snprintf(value, sizeof value, "%d", i);
        put(chance >> 8 & 1 ? "l" : "r", keys[chance >> 14 & 3], value,
            (i * 3 > late_ms ? i * 3 - late_ms : 0));
        used += (size_t)snprintf(out + used, size - used, "%s\n", taken("out"));
        if (restart_every && i % restart_every == 0)
            restart();
    }
    bench_stop();
    bench.driver = NULL;
}

Test(join_streams_alike, on_disk_and_in_memory_with_and_without_restarts_and_undone_commits)
{
    static char plain[1 << 16], other[1 << 16];
    char path[] = "/tmp/leat-driver-XXXXXX", command[64];

    cr_assert(mkdtemp(path) != NULL);
    play(NULL, 0, 0, plain, sizeof plain);
    cr_assert_gt(strlen(plain), RECORDS * 4);
    play(NULL, 3, 7, other, sizeof other);
    cr_assert_str_eq(plain, other);
    play(path, 4, 11, other, sizeof other);
    cr_assert_str_eq(plain, other);
    snprintf(command, sizeof command, "rm -r %s", path);
    cr_assert_eq(system(command), 0);
}
