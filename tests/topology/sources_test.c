/* sources_test.c - where records come in and go out: several topics, one topic twice, topics and
 * partitions that records choose.
 */
#include "bench.h"

static const struct leat_source strings = { .type = &leat_string_type };
static const char *const options[] = { "a-out", "b-out", NULL };

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &strings);
}

static struct leat_stream *from_all(const char *name, const char *const *topics)
{
    return leat_stream_from(bench.topology, name, &(struct leat_source){
        .topics = topics, .type = &leat_string_type });
}

static bool is_short(const struct leat_record *record)
{
    return leat_string_of(record).size < 3;
}

static bool is_any(const struct leat_record *record)
{
    return true;
}

/* Starts as the ways do, with topics that records may choose. */
static void start_choosing(const struct way *way)
{
    struct leat_driver_options with = { .no_cache = !way->cached, .undo_every = way->undo_every,
                                        .topics = options };
    struct leat_error error = { 0 };

    cr_assert_eq(leat_driver_new(bench.topology, &with, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
}

static void is_refused(int code, const char *sentence)
{
    struct leat_error error = { 0 };

    cr_assert_eq(leat_topology_check(bench.topology, &error), code, "%s", error.text);
    cr_assert_str_eq(error.text, sentence);
}

TestSuite(sources, .init = bench_describe, .fini = bench_stop);

/* ---- in -------------------------------------------------------------------------------------- */

each_way(sources, several_topics_feed_one_stream_in_the_order_of_time)
{
    struct leat_stream *in = from_all("in", (const char *const[]){ "x", "y", "z", NULL });

    leat_to(leat_changes(leat_aggregate(in, "texts", &(struct leat_aggregate){
        .type = &leat_string_type, .add = append }), "changes"), "out", NULL);
    bench_start(way);
    put("y", "k", "1", 5);
    leat_driver_hold(bench.driver);
    put("z", "k", "4", 9);
    put("x", "k", "3", 8);
    put("y", "k", "2", 7);
    cr_assert_eq(leat_driver_release(bench.driver, 1), LEAT_OK);
    gives("out", "k=1@5 k=1+2@7 k=1+2+3@8 k=1+2+3+4@9");
}

each_way(sources, two_streams_of_one_topic_are_one_and_its_steps_run_in_the_order_of_the_program)
{
    struct leat_stream *one = from("in");
    struct leat_stream *other = leat_stream_from(bench.topology, "again", &(struct leat_source){
        .topic = "in", .type = &leat_string_type });

    leat_to(leat_filter(one, "first", is_any), "to-1", &(struct leat_to){ .topic = "out" });
    leat_to(leat_filter(other, "second", is_short), "to-2", &(struct leat_to){ .topic = "out" });
    leat_to(leat_map(one, "third", &(struct leat_map){ .key = value_as_key }), "to-3",
            &(struct leat_to){ .topic = "out" });
    bench_start(way);
    put("in", "k", "a", 1);
    put("in", "k", "long", 2);
    gives("out", "k=a@1 k=a@1 a=a@1 k=long@2 long=long@2");
}

Test(sources, the_same_topics_in_another_order_are_the_same_stream)
{
    struct leat_stream *one = from_all("in", (const char *const[]){ "x", "y", NULL });

    cr_assert_eq(from_all("again", (const char *const[]){ "y", "x", NULL }), one);
    cr_assert_neq(from("z"), one);
}

static int64_t no_time(const struct leat_record *record, int64_t partition_ms)
{
    return 0;
}

Test(sources, one_topic_is_not_read_in_two_ways)
{
    from("in");
    leat_stream_from(bench.topology, "again", &(struct leat_source){
        .topic = "in", .type = &leat_string_type, .timestamp = no_time });
    is_refused(LEAT_E_TOPOLOGY, "step 'in': source 'again' reads the same topic in another way; "
                                "give both the same options");
}

Test(sources, a_topic_is_not_a_stream_and_a_table)
{
    from("in");
    leat_table_from(bench.topology, "rows", &(struct leat_source){ .topic = "in",
                                                                   .type = &leat_string_type });
    is_refused(LEAT_E_TOPOLOGY, "step 'rows': topic 'in' is read by step 'in' already; read it "
                                "once, and let both take that step's records");
}

Test(sources, topics_do_not_overlap_in_part)
{
    from_all("one", (const char *const[]){ "x", "y", NULL });
    from_all("two", (const char *const[]){ "y", "z", NULL });
    is_refused(LEAT_E_TOPOLOGY, "step 'two-1': topic 'y' is read by step 'one-2' already; read it "
                                "once, and let both take that step's records");
}

Test(sources, a_stream_has_a_topic)
{
    from_all("in", (const char *const[]){ NULL });
    is_refused(LEAT_E_TOPOLOGY, "step 'in': .topics is empty; name the topics that it reads");
}

Test(sources, a_table_has_one_topic)
{
    leat_table_from(bench.topology, "rows", &(struct leat_source){
        .type = &leat_string_type, .topics = (const char *const[]){ "x", "y", NULL } });
    is_refused(LEAT_E_ARGUMENT,
               "step 'rows': .topics is for streams; a table reads one .topic");
}

Test(sources, the_name_of_a_global_tables_store_is_taken)
{
    leat_global_from(bench.topology, "one", &(struct leat_source){ .type = &leat_string_type,
                                                                   .store = "rows" });
    leat_global_from(bench.topology, "two", &(struct leat_source){ .type = &leat_string_type,
                                                                   .store = "rows" });
    is_refused(LEAT_E_TOPOLOGY, "step 'two': there is a store 'rows' already; name another");
}

static bool is_wanted(const struct leat_record *record)
{
    return !leat_bytes_equal(leat_string_of(record), *(struct leat_bytes *)leat_user(record));
}

Test(sources, a_stream_of_several_topics_has_one_user_and_a_dead_letter_for_each)
{
    struct leat_bytes unwanted = LEAT_LITERAL("no");
    struct leat_stream *in = leat_stream_from(bench.topology, "in", &(struct leat_source){
        .topics = (const char *const[]){ "x", "y", NULL }, .type = &leat_string_type,
        .valid = is_wanted });

    leat_with(in, &unwanted);
    leat_to(in, "out", NULL);
    bench_start(&(struct way){ true, 0 });
    put("x", "1", "no", 1);
    put("y", "2", "no", 2);
    put("y", "3", "yes", 3);
    gives("out", "3=yes@3");
    gives("x-rejected", "1=-@1");
    gives("y-rejected", "2=-@2");
}

/* ---- out ------------------------------------------------------------------------------------- */

each_way(sources, a_topic_that_is_written_is_read_again)
{
    leat_to(leat_filter(from("in"), "short", is_short), "middle", NULL);
    leat_to(leat_stream_from(bench.topology, "back", &(struct leat_source){
        .topic = "middle", .type = &leat_string_type }), "out", NULL);
    bench_start(way);
    put("in", "k", "a", 1);
    put("middle", "k", "from outside", 2);
    put("in", "k", "b", 3);
    gives("out", "k=a@1 k=from outside@2 k=b@3");
    gives("middle", "k=a@1 k=from outside@2 k=b@3");
}

static struct leat_bytes chosen(const struct leat_record *record)
{
    return leat_join_text(record, record->key, '-', LEAT_LITERAL("out"));
}

each_way(sources, a_record_chooses_its_topic)
{
    leat_to(from("in"), "spread", &(struct leat_to){ .topic_of = chosen });
    start_choosing(way);
    put("in", "a", "1", 1);
    put("in", "b", "2", 2);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "a", NULL, 3);
    gives("a-out", "a=1@1 a=-@3");
    gives("b-out", "b=2@2");
}

static int send_to_c(void)
{
    return leat_driver_send_bytes(bench.driver, "in", LEAT_LITERAL("c"), LEAT_LITERAL("v"), 1);
}

Test(sources, a_topic_that_is_not_there_cannot_be_chosen)
{
    leat_to(from("in"), "spread", &(struct leat_to){ .topic_of = chosen });
    start_choosing(&(struct way){ true, 0 });
    cr_assert_eq(send_to_c(), LEAT_E_LOG);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "topic in, partition 0, offset 0: a result cannot be written: step 'spread' "
                     "writes to topic 'c-out', which does not exist; create it");
}

static struct leat_bytes none_chosen(const struct leat_record *record)
{
    return (struct leat_bytes){ 0 };
}

Test(sources, a_record_that_chooses_no_topic_has_failed)
{
    leat_to(from("in"), "spread", &(struct leat_to){ .topic_of = none_chosen });
    start_choosing(&(struct way){ true, 0 });
    cr_assert_eq(send_to_c(), LEAT_E_CALLBACK);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "topic in, partition 0, offset 0, step spread: .topic_of chose no topic: a "
                     "name has 1 to 249 characters");
}

static int32_t told(const struct leat_record *record, int32_t partitions)
{
    return *(int32_t *)leat_user(record);
}

Test(sources, a_partition_that_is_chosen_must_be_there)
{
    struct leat_stream *in = from("in");
    int32_t first = 0, third = 2;

    leat_to(in, "well", &(struct leat_to){ .partition_of = told, .user = &first });
    leat_repartition(in, "badly", &(struct leat_repartition){ .partition_of = told,
                                                              .user = &third });
    bench_start(&(struct way){ true, 0 });
    cr_assert_eq(send_to_c(), LEAT_E_CALLBACK);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "topic in, partition 0, offset 0, step badly: .partition_of chose partition 2 "
                     "of 0 to 0");
}

Test(sources, a_sink_has_a_topic_or_chooses_one)
{
    leat_to(from("in"), "out", &(struct leat_to){ .topic = "there", .topic_of = chosen });
    is_refused(LEAT_E_ARGUMENT,
               "step 'out': .topic_of stands in place of .topic; give one of both");
}
