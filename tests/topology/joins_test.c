/* joins_test.c - streams that meet tables, local and global, and steps of one's own. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct leat_source strings = { .type = &leat_string_type };

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

static struct leat_bytes no_key_or_value(const struct leat_record *record)
{
    struct leat_bytes none = { 0 }, value = leat_string_of(record);

    return value.data[0] == '?' ? none : value;
}

TestSuite(joins, .init = bench_describe, .fini = bench_stop);

each_way(joins, a_stream_record_meets_the_row_as_it_is_then)
{
    struct leat_table *table = leat_table_from(bench.topology, "table", &strings);
    struct leat_stream *in = from("in");

    leat_to(leat_join_table(in, table, "inner", &(struct leat_join){
        .type = &leat_string_type, .join = pair }), "to-inner", NULL);
    leat_to(leat_join_table(in, table, "left", &(struct leat_join){
        .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT }), "to-left", NULL);
    bench_start(way);
    put("in", "k", "a", 1);
    put("table", "k", "1", 9);
    put("in", "k", "b", 2);
    put("table", "k", NULL, 10);
    put("in", "k", "c", 3);
    put("in", "k", NULL, 4);
    gives("to-inner", "k=b,1@2");
    gives("to-left", "k=a,-@1 k=b,1@2 k=c,-@3");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("table", "l", "2", 11);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "l", "d", 5);
    gives("to-inner", "l=d,2@5");
}

each_way(joins, a_join_sees_what_the_cogroup_before_it_has_just_written)
{
    struct leat_stream *in = from("in");
    struct leat_table *rows_so_far = leat_cogroup(
        (struct leat_cogroup_input[]){ { in, append }, { from("other"), append }, { 0 } }, "so-far",
        &(struct leat_aggregate){ .type = &leat_string_type });

    leat_to(leat_join_table(in, rows_so_far, "joined", &(struct leat_join){
        .type = &leat_string_type, .join = pair }), "out", NULL);
    bench_start(way);
    put("in", "k", "a", 1);
    put("other", "k", "b", 2);
    put("in", "k", "c", 3);
    gives("out", "k=a,a@1 k=c,a+b+c@3");
}

each_way(joins, a_global_table_is_met_by_any_key)
{
    struct leat_global *names = leat_global_from(bench.topology, "names", &strings);
    struct leat_join join = { .type = &leat_string_type, .join = pair, .key = no_key_or_value };

    leat_to(leat_join_global(from("in"), names, "inner", &join), "to-inner", NULL);
    bench_start(way);
    put("in", "k", "a", 1);
    put("names", "a", "Anna", 2);
    put("in", "k", "a", 3);
    put("in", NULL, "a", 4);
    put("in", "k", "?", 5);
    put("names", "a", "Alma", 6);
    put("in", "k", "a", 7);
    gives("to-inner", "k=a,Anna@3 =a,Anna@4 k=a,Alma@7");
    holds("names", "a=Alma@6");
    put("names", NULL, "nobody", 8);
    put("in", "k", "a", 9);
    gives("to-inner", "k=a,Alma@9");
    holds("names", "a=Alma@6");
    gives("names-rejected", "");
}

/* ---- process --------------------------------------------------------------------------------- */

enum { SEEN };

static void note(const struct leat_record *record)
{
    const int64_t *seen = leat_get(record, SEEN, record->key);
    int64_t now = seen ? *seen + 1 : 1;

    leat_put(record, SEEN, record->key, &now);
}

static bool tell(const struct leat_record *record, struct leat_bytes key, const void *value)
{
    leat_forward(record, key, value, record->timestamp_ms);
    leat_put(record, SEEN, key, NULL);
    return true;
}

static void tell_all(const struct leat_record *record)
{
    leat_each(record, SEEN, tell);
}

each_way(joins, punctuation_by_stream_time_comes_with_the_first_record_and_then_every_interval)
{
    leat_to(leat_process(from("in"), "counted", &(struct leat_process){
        .type = &leat_long_type, .process = note, .every = 10, .punctuate = tell_all,
        .stores = (struct leat_store_spec[]){ { "seen", &leat_long_type, false }, { 0 } } }), "out",
        NULL);
    bench_start(way);
    put("in", "a", "x", 3);
    gives("out", "a=1@3");
    put("in", "a", "x", 4);
    put("in", "b", "x", 9);
    put("in", "a", "x", 5);
    gives("out", "");
    holds("seen", "a=2@5 b=1@9");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "b", "x", 9);
    gives("out", "");
    put("in", "c", "x", 35);
    gives("out", "a=2@35 b=2@35 c=1@35");
    put("in", "c", "x", 39);
    gives("out", "");
    put("in", "c", "x", 40);
    gives("out", "c=2@40");
    holds("seen", "");
}

each_way(joins, punctuation_by_the_wall_clock_comes_when_it_is_due)
{
    leat_to(leat_process(from("in"), "counted", &(struct leat_process){
        .type = &leat_long_type, .process = note, .every_wall = 10, .punctuate_wall = tell_all,
        .stores = (struct leat_store_spec[]){ { "seen", &leat_long_type, true }, { 0 } } }), "out",
        NULL);
    bench_start(&(struct way){ way->cached, 0 });
    put("in", "a", "x", 3);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 9), LEAT_OK);
    gives("out", "");
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 1), LEAT_OK);
    gives("out", "a=1@10");
}

Test(joins, state_on_disk_gives_the_same)
{
    char path[] = "/tmp/leat-driver-XXXXXX", command[64];
    struct leat_driver_options options = { 0 };
    struct leat_error error;

    cr_assert(mkdtemp(path) != NULL);
    options.state = path;
    leat_to(leat_changes(leat_aggregate(from("in"), "counts", &(struct leat_aggregate){
        .type = &leat_long_type, .add = count }), "changes"), "out", NULL);
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
    put("in", "a", "x", 1);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", "x", 2);
    gives("out", "a=1@1 a=2@2");
    leat_driver_close(bench.driver);
    bench.driver = NULL;
    snprintf(command, sizeof command, "rm -r %s", path);
    cr_assert_eq(system(command), 0);
}
