/* suppress_test.c - changes that wait: restarts, undone commits, bounds, disk against memory. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct leat_source plain = { .type = &leat_string_type };

static void restart(void)
{
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK, "%s", leat_driver_error(bench.driver));
}

static struct leat_table *windows(struct leat_window window)
{
    return leat_count(leat_stream_from(bench.topology, "in", &plain), "counts",
                      &(struct leat_aggregate){ .window = window });
}

static struct leat_table *rows_of(const char *topic)
{
    return leat_table_from(bench.topology, topic, &plain);
}

static struct leat_table *suppressed(struct leat_table *in, struct leat_suppress with)
{
    struct leat_table *out = leat_suppress(in, "held", &with);

    leat_to(leat_changes(out, "changes"), "out", NULL);
    return out;
}

TestSuite(suppress, .init = bench_describe, .fini = bench_stop);

/* ---- until windows close --------------------------------------------------------------------- */

each_way(suppress, a_window_leaves_once_when_it_has_closed_over_restarts)
{
    suppressed(windows(leat_tumbling(10, 5)), (struct leat_suppress){ .until_close = true });
    bench_start(way);
    put("in", "b", "1", 1);
    restart();
    put("in", "a", "1", 9);
    put("in", "a", "2", 14);
    restart();
    put("in", "b", "2", 3);
    put("in", "b", "3", 13);
    gives("out", "");
    put("in", "c", "1", 15);
    gives("out", "a[0]=1@9 b[0]=2@3");
    restart();
    put("in", "b", "late", 4);
    put("in", "c", "2", 30);
    gives("out", "a[10]=1@14 b[10]=1@13 c[10]=1@15");
}

each_way(suppress, sessions_wait_for_their_gap_and_those_that_merged_never_leave)
{
    suppressed(windows(leat_session(10, 5)), (struct leat_suppress){ .until_close = true });
    bench_start(way);
    put("in", "a", "1", 10);
    put("in", "a", "2", 24);
    restart();
    put("in", "a", "3", 17);
    put("in", "b", "1", 38);
    gives("out", "");
    restart();
    put("in", "b", "2", 39);
    gives("out", "a[10-24]=3@24");
}

static bool is_odd(const struct leat_record *record)
{
    return leat_long_of(record) % 2;
}

each_way(suppress, a_window_whose_row_was_deleted_leaves_nothing)
{
    suppressed(leat_filter_rows(windows(leat_tumbling(10, 0)), "odd", is_odd),
               (struct leat_suppress){ .until_close = true });
    bench_start(way);
    put("in", "a", "1", 1);
    put("in", "a", "2", 2);
    put("in", "b", "1", 3);
    restart();
    put("in", "c", "1", 10);
    gives("out", "b[0]=1@3");
}

/* ---- for a time ------------------------------------------------------------------------------ */

each_way(suppress, a_row_waits_since_its_first_change_and_leaves_as_its_last)
{
    suppressed(rows_of("in"), (struct leat_suppress){ .wait = 10 });
    bench_start(way);
    put("in", "b", "1", 100);
    put("in", "a", "1", 101);
    restart();
    put("in", "b", "2", 105);
    put("in", "a", NULL, 106);
    put("in", "c", "1", 109);
    gives("out", "");
    put("in", "d", "1", 110);
    gives("out", "b=2@105");
    restart();
    put("in", "b", "3", 111);
    gives("out", "a=-@106");
    put("in", "z", "1", 121);
    gives("out", "c=1@109 d=1@110 b=3@111");
}

each_way(suppress, a_deletion_that_waits_may_become_a_row_again)
{
    suppressed(rows_of("in"), (struct leat_suppress){ .wait = 10 });
    bench_start(way);
    put("in", "a", "1", 100);
    put("in", "z", "1", 110);
    gives("out", "a=1@100");
    put("in", "a", NULL, 111);
    restart();
    put("in", "a", "2", 112);
    put("in", "y", "1", 121);
    gives("out", "z=1@110 a=2@112");
}

each_way(suppress, the_oldest_leave_early_where_there_are_too_many)
{
    suppressed(rows_of("in"), (struct leat_suppress){ .wait = 1000, .max_records = 2,
                                                      .when_full = LEAT_EMIT_EARLY });
    bench_start(way);
    put("in", "b", "1", 100);
    put("in", "a", "1", 100);
    restart();
    put("in", "b", "2", 101);
    gives("out", "");
    put("in", "c", "1", 101);
    gives("out", "a=1@100");
    restart();
    put("in", "a", "2", 90);
    gives("out", "a=2@90");
    put("in", "d", "1", 102);
    gives("out", "b=2@101");
}

each_way(suppress, its_bytes_are_bounded_too)
{
    suppressed(rows_of("in"), (struct leat_suppress){ .wait = 1000, .max_bytes = 150,
                                                      .when_full = LEAT_EMIT_EARLY });
    bench_start(way);
    put("in", "a", "1", 100);
    put("in", "b", "1", 101);
    gives("out", "");
    restart();
    put("in", "b", "a text of a hundred letters, which takes as much as a hundred letters do, and "
                   "then a few more letters", 102);
    gives("out", "a=1@100");
}

each_way(suppress, more_than_it_may_hold_fails_the_task_where_none_may_leave_early)
{
    struct leat_bytes value = LEAT_LITERAL("1");

    suppressed(rows_of("in"), (struct leat_suppress){ .wait = 1000, .max_records = 1,
                                                      .when_full = LEAT_STOP });
    bench_start(way);
    put("in", "a", "1", 100);
    put("in", "a", "2", 101);
    cr_assert_lt(leat_driver_send(bench.driver, "in", leat_bytes_of("b"), &leat_string_type, &value,
                                  102), 0);
    cr_assert(strstr(leat_driver_error(bench.driver), "step 'held' would hold back 2 rows") !=
              NULL);
}

/* ---- those behind ---------------------------------------------------------------------------- */

static void pair(const struct leat_record *left, const void *right, void *out)
{
    struct leat_bytes none = LEAT_LITERAL("-");

    *(struct leat_bytes *)out = leat_join_text(left, leat_string_of(left), ',',
                                               right ? *(const struct leat_bytes *)right : none);
}

each_way(suppress, a_join_sees_the_row_that_has_left)
{
    struct leat_table *held = suppressed(rows_of("in"), (struct leat_suppress){ .wait = 10 });

    leat_to(leat_join_table(leat_stream_from(bench.topology, "left", &plain), held, "joined",
                            &(struct leat_join){ .type = &leat_string_type, .join = pair,
                                                 .kind = LEAT_LEFT }), "pairs", NULL);
    bench_start(way);
    put("in", "a", "1", 100);
    put("left", "a", "l", 101);
    put("in", "z", "1", 110);
    put("left", "a", "m", 111);
    put("in", "a", "2", 112);
    restart();
    put("in", "a", "3", 113);
    put("left", "a", "n", 114);
    put("in", "y", "1", 122);
    put("left", "a", "o", 123);
    gives("pairs", "a=l,-@101 a=m,1@111 a=n,1@114 a=o,3@123");
}

static void take(const struct leat_record *record, void *out)
{
    *(int64_t *)out -= number_of(leat_string_of(record));
}

static struct leat_bytes one_group(const struct leat_record *record)
{
    return (struct leat_bytes)LEAT_LITERAL("g");
}

each_way(suppress, a_group_gives_back_what_had_left_and_not_what_was_held)
{
    struct leat_table *held = suppressed(rows_of("in"), (struct leat_suppress){ .wait = 10 });

    leat_to(leat_changes(leat_group_rows(held, "sums", &(struct leat_group){
        .key = one_group, .type = &leat_long_type, .add = add_up, .subtract = take }),
        "sums-changes"), "total", NULL);
    bench_start(way);
    put("in", "a", "1", 100);
    put("in", "a", "20", 105);
    put("in", "z", "0", 110);
    gives("total", "g=20@105");
    put("in", "a", "300", 111);
    restart();
    put("in", "a", "4000", 112);
    put("in", "y", "0", 122);
    gives("total", "g=20@110 g=4000@112");
}

/* ---- disk against memory --------------------------------------------------------------------- */

static void play(char *text, size_t size, const char *state)
{
    struct leat_driver_options options = { .state = state, .undo_every = 3 };
    struct leat_error error = { 0 };
    char key[8], value[24];
    uint32_t chance = 7;

    bench_describe();
    suppressed(rows_of("in"), (struct leat_suppress){ .wait = 40, .max_records = 12,
                                                      .when_full = LEAT_EMIT_EARLY });
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
    *text = 0;
    for (int i = 0; i < 300; i++) {
        chance = chance * 1664525 + 1013904223;
        snprintf(key, sizeof key, "k%u", chance >> 27);
        snprintf(value, sizeof value, "%d", i);
        put("in", key, chance >> 8 & 7 ? value : NULL, i * 3 + (chance >> 12 & 15));
        if (i % 50 == 49)
            restart();
        snprintf(text + strlen(text), size - strlen(text), "%s ", taken("out"));
    }
    bench_stop();
}

Test(suppress_on_disk, rows_on_disk_wait_as_those_in_memory_do)
{
    static char in_memory[32768], on_disk[32768];
    char path[] = "/tmp/leat-suppress-XXXXXX", command[64];

    cr_assert(mkdtemp(path) != NULL);
    play(in_memory, sizeof in_memory, NULL);
    play(on_disk, sizeof on_disk, path);
    snprintf(command, sizeof command, "rm -r %s", path);
    cr_assert_eq(system(command), 0);
    cr_assert_gt(strlen(in_memory), 2000);
    cr_assert_str_eq(in_memory, on_disk);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static void refused(struct leat_table *in, struct leat_suppress with, int code, const char *part)
{
    struct leat_error error = { 0 };

    suppressed(in, with);
    cr_assert_eq(leat_topology_check(bench.topology, &error), code);
    cr_assert(strstr(error.text, part) != NULL, "%s", error.text);
}

Test(suppress, without_windows_nothing_closes)
{
    refused(rows_of("in"), (struct leat_suppress){ .until_close = true }, LEAT_E_TOPOLOGY,
            "step 'held': the keys of its input are of no window");
}

Test(suppress, a_windows_result_cannot_leave_early)
{
    refused(windows(leat_tumbling(10, 0)),
            (struct leat_suppress){ .until_close = true, .when_full = LEAT_EMIT_EARLY },
            LEAT_E_ARGUMENT, "cannot leave early");
}

Test(suppress, a_bound_says_what_happens_when_it_is_reached)
{
    refused(rows_of("in"), (struct leat_suppress){ .wait = 1, .max_records = 1 }, LEAT_E_ARGUMENT,
            ".when_full");
}
