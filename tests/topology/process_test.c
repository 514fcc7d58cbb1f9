/* process_test.c - steps of one's own: stores that are shared, children by name, schedules. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static const struct leat_source strings = { .type = &leat_string_type };

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &strings);
}

static void is_refused(int code, const char *sentence)
{
    struct leat_error error = { 0 };

    cr_assert_eq(leat_topology_check(bench.topology, &error), code, "%s", error.text);
    cr_assert_str_eq(error.text, sentence);
}

static void pass(const struct leat_record *record)
{
    leat_forward(record, record->key, record->value, record->timestamp_ms);
}

TestSuite(process, .init = bench_describe, .fini = bench_stop);

/* ---- stores ---------------------------------------------------------------------------------- */

enum { OWN, SHARED };

static void remember(const struct leat_record *record)
{
    leat_put(record, OWN, record->key, record->value);
}

static void recall(const struct leat_record *record)
{
    leat_put(record, OWN, record->key, record->value);
    leat_forward(record, record->key, leat_get(record, SHARED, record->key), record->timestamp_ms);
}

static void share(void)
{
    leat_process(from("names"), "keep", &(struct leat_process){ .process = remember,
        .stores = (struct leat_store_spec[]){ { "names-kept", &leat_string_type, false },
                                              { 0 } } });
    leat_to(leat_process(from("in"), "look", &(struct leat_process){ .process = recall,
        .stores = (struct leat_store_spec[]){ { "seen", &leat_string_type, false },
                                              { "names-kept", NULL, false }, { 0 } } }), "out",
            NULL);
}

each_way(process, a_store_is_shared_by_name)
{
    share();
    bench_start(way);
    put("in", "a", "x", 1);
    put("names", "a", "Anna", 2);
    put("in", "a", "y", 3);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", "z", 4);
    gives("out", "a=-@1 a=Anna@3 a=Anna@4");
    holds("names-kept", "a=Anna@2");
    holds("seen", "a=z@4");
}

Test(process, a_store_that_is_shared_may_lie_on_disk)
{
    char path[] = "/tmp/leat-driver-XXXXXX", command[64];
    struct leat_driver_options options = { .state = path };
    struct leat_error error;

    cr_assert(mkdtemp(path) != NULL);
    share();
    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
    put("names", "a", "Anna", 2);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", "z", 4);
    gives("out", "a=Anna@4");
    holds("names-kept", "a=Anna@2");
    leat_driver_close(bench.driver);
    bench.driver = NULL;
    snprintf(command, sizeof command, "rm -rf %s", path);
    cr_assert_eq(system(command), 0);
}

Test(process, steps_that_share_a_store_are_one_sub_topology)
{
    struct leat_error error;
    char *text;

    share();
    cr_assert_eq(leat_topology_check(bench.topology, &error), LEAT_OK);
    text = leat_topology_describe(bench.topology, false);
    cr_assert_str_eq(text, "Topology\n"
                           "  Sub-topology: names\n"
                           "    stream: names (topic: names)\n"
                           "      --> keep\n"
                           "    process: keep (store: names-kept)\n"
                           "    stream: in (topic: in)\n"
                           "      --> look\n"
                           "    process: look (store: seen) (store: names-kept, of keep)\n"
                           "      --> out\n"
                           "    to: out (topic: out)\n");
    free(text);
}

Test(process, a_flowchart_shows_topics_and_whose_store_is_shared)
{
    char *text;

    share();
    text = leat_topology_describe(bench.topology, true);
    cr_assert(strstr(text, "s0([\"stream<br/>names<br/>topic: names\"])\n") != NULL, "%s", text);
    cr_assert(strstr(text, "look<br/>store: seen<br/>store: names-kept, of keep\")]") != NULL,
              "%s", text);
    cr_assert(strstr(text, "s1 -.- s3\n") != NULL, "%s", text);
    free(text);
}

Test(process, a_store_that_is_shared_must_be_there)
{
    leat_process(from("in"), "look", &(struct leat_process){ .process = recall,
        .stores = (struct leat_store_spec[]){ { "nowhere", NULL, false }, { 0 } } });
    is_refused(LEAT_E_TOPOLOGY,
               "step 'look': no process step before it has a store 'nowhere' to share; give it the "
               ".type of its values to make it this step's own");
}

Test(process, two_stores_of_one_name_are_one_too_many)
{
    struct leat_store_spec stores[] = { { "rows", &leat_string_type, false }, { 0 } };

    leat_process(from("x"), "one", &(struct leat_process){ .process = pass, .stores = stores });
    leat_process(from("y"), "two", &(struct leat_process){ .process = pass, .stores = stores });
    is_refused(LEAT_E_TOPOLOGY, "step 'two': there is a store 'rows' already; name another");
}

/* ---- forwarding ------------------------------------------------------------------------------ */

static void deal(const struct leat_record *record)
{
    const char *child = leat_string_of(record).size % 2 ? "odd" : "even";

    leat_forward_to(record, child, record->key, record->value, record->timestamp_ms + 1);
}

each_way(process, a_record_is_forwarded_to_the_step_that_is_named)
{
    struct leat_stream *dealt = leat_process(from("in"), "deal",
                                             &(struct leat_process){ .process = deal });

    leat_to(dealt, "odd", NULL);
    leat_to(dealt, "even", NULL);
    bench_start(way);
    put("in", "k", "a", 1);
    put("in", "k", "bb", 2);
    put("in", "k", "ccc", 3);
    gives("odd", "k=a@2 k=ccc@4");
    gives("even", "k=bb@3");
}

Test(process, a_step_that_is_not_behind_cannot_be_forwarded_to)
{
    leat_to(leat_process(from("in"), "deal", &(struct leat_process){ .process = deal }), "even",
            NULL);
    bench_start(&(struct way){ true, 0 });
    cr_assert_eq(leat_driver_send_bytes(bench.driver, "in", LEAT_LITERAL("k"), LEAT_LITERAL("a"),
                                        1), LEAT_E_CALLBACK);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "topic in, partition 0, offset 0, step deal: it forwards to 'odd', but no "
                     "step of this name stands behind it");
}

static void rekey(const struct leat_record *record)
{
    leat_forward(record, LEAT_LITERAL("other"), record->value, record->timestamp_ms);
}

Test(process, a_key_that_stays_is_not_changed)
{
    leat_process(from("in"), "fixed", &(struct leat_process){ .process = rekey,
                                                              .key_stays = true });
    bench_start(&(struct way){ true, 0 });
    cr_assert_eq(leat_driver_send_bytes(bench.driver, "in", LEAT_LITERAL("k"), LEAT_LITERAL("a"),
                                        1), LEAT_E_CALLBACK);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "topic in, partition 0, offset 0, step fixed: it forwards under another key, "
                     "but the key is to stay");
}

static bool say(const struct leat_record *record, struct leat_bytes key, const void *value)
{
    leat_forward(record, key, value, record->timestamp_ms);
    return true;
}

static void say_all(const struct leat_record *record)
{
    leat_each(record, OWN, say);
}

each_way(process, a_punctuation_forwards_under_the_keys_that_were_kept)
{
    leat_to(leat_process(from("in"), "keep", &(struct leat_process){
        .process = remember, .every = 10, .punctuate = say_all, .key_stays = true,
        .stores = (struct leat_store_spec[]){ { "kept", &leat_string_type, false }, { 0 } } }),
        "out", NULL);
    bench_start(way);
    put("in", "a", "x", 3);
    put("in", "b", "y", 11);
    gives("out", "a=x@3 a=x@11 b=y@11");
}

/* As in Kafka Streams, what it keeps is by its task, and not by its key. */
Test(process, nothing_is_repartitioned_before_a_process)
{
    struct leat_stream *keyed = leat_key_by(from("in"), "keyed", value_as_key);
    struct leat_error error;
    char *text;

    leat_process(keyed, "keep", &(struct leat_process){ .process = remember,
        .stores = (struct leat_store_spec[]){ { "kept", &leat_string_type, false }, { 0 } } });
    cr_assert_eq(leat_topology_check(bench.topology, &error), LEAT_OK);
    text = leat_topology_describe(bench.topology, false);
    cr_assert_null(strstr(text, "repartition"));
    free(text);
}

/* ---- schedules ------------------------------------------------------------------------------- */

static void tick(const struct leat_record *record)
{
    struct leat_bytes now = leat_text(record, "%lld/%lld", (long long)record->timestamp_ms,
                                      (long long)leat_stream_ms(record));

    cr_assert_null(leat_source_topic(record));
    leat_forward(record, LEAT_LITERAL("tick"), &now, record->timestamp_ms);
}

static void last_tick(const struct leat_record *record)
{
    tick(record);
    leat_cancel(record);
}

each_way(process, a_schedule_of_stream_time_that_is_cancelled_stays_so)
{
    leat_to(leat_process(from("in"), "trace", &(struct leat_process){
        .process = pass, .every = 10, .punctuate = last_tick }), "out", NULL);
    bench_start(way);
    put("in", "k", "a", 3);
    put("in", "k", "b", 15);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "k", "c", 30);
    gives("out", "k=a@3 tick=3/3@3 k=b@15 k=c@30");
}

each_way(process, a_schedule_of_the_wall_clock_calls_again_for_what_was_undone)
{
    leat_to(leat_process(from("in"), "trace", &(struct leat_process){
        .process = pass, .every_wall = 10, .punctuate_wall = tick }), "out", NULL);
    bench_start(way);
    put("in", "k", "a", 3);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 10), LEAT_OK);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 25), LEAT_OK);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 4), LEAT_OK);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 1), LEAT_OK);
    gives("out", "k=a@3 tick=10/3@10 tick=35/3@35 tick=40/3@40");
}

each_way(process, a_schedule_of_the_wall_clock_is_cancelled_for_this_run)
{
    leat_to(leat_process(from("in"), "trace", &(struct leat_process){
        .process = pass, .every_wall = 10, .punctuate_wall = last_tick }), "out", NULL);
    bench_start(way);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 10), LEAT_OK);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 10), LEAT_OK);
    gives("out", "tick=10/-1@10");
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 10), LEAT_OK);
    gives("out", "tick=30/-1@30");
}

/* Both calls may be one function: which schedule is cancelled is known all the same. */
each_way(process, one_function_for_both_clocks_cancels_the_one_that_calls)
{
    leat_to(leat_process(from("in"), "trace", &(struct leat_process){
        .process = pass, .every = 10, .punctuate = last_tick, .every_wall = 10,
        .punctuate_wall = last_tick }), "out", NULL);
    bench_start(way);
    put("in", "k", "a", 3);
    gives("out", "k=a@3 tick=3/3@3");
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 10), LEAT_OK);
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 10), LEAT_OK);
    gives("out", "tick=10/3@10");
}

Test(process, a_schedule_has_an_interval)
{
    leat_process(from("in"), "trace", &(struct leat_process){ .process = pass,
                                                              .punctuate = tick });
    is_refused(LEAT_E_ARGUMENT, "step 'trace': .punctuate needs an .every of at least a "
                                "millisecond, and .every a .punctuate");
}

Test(process, an_interval_is_not_negative)
{
    leat_process(from("in"), "trace", &(struct leat_process){
        .process = pass, .punctuate_wall = tick, .every_wall = -1 });
    is_refused(LEAT_E_ARGUMENT,
               "step 'trace': .punctuate_wall needs an .every_wall of at least a millisecond, and "
               ".every_wall a .punctuate_wall");
}
