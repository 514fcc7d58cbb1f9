/* streams_test.c - verbs of streams: filter, map, flat-map, branch, merge, repartition, to. */
#include "bench.h"

static const struct leat_source strings = { .type = &leat_string_type };

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &strings);
}

static bool is_short(const struct leat_record *record)
{
    return record->value && leat_string_of(record).size < 4;
}

static bool has_b(const struct leat_record *record)
{
    return memchr(leat_string_of(record).data, 'b', leat_string_of(record).size);
}

static void length(const struct leat_record *record, void *out)
{
    if (!record->value)
        leat_none(record);
    else
        *(int64_t *)out = (int64_t)leat_string_of(record).size;
}

static void words(const struct leat_record *record, void *unused)
{
    struct leat_bytes rest = leat_string_of(record);

    while (rest.size) {
        const char *space = memchr(rest.data, ' ', rest.size);
        size_t size = space ? (size_t)(space - rest.data) : rest.size;
        struct leat_bytes word = leat_bytes(rest.data, size);

        leat_forward(record, word, &word, record->timestamp_ms);
        rest.data += size + !!space;
        rest.size -= size + !!space;
    }
}

static void word_values(const struct leat_record *record, void *unused)
{
    struct leat_bytes rest = leat_string_of(record);

    for (const char *space; rest.size; rest = leat_bytes(space + 1, rest.size - 1)) {
        struct leat_bytes word = rest;

        space = memchr(rest.data, ' ', rest.size);
        word.size = space ? (size_t)(space - rest.data) : rest.size;
        leat_forward(record, record->key, &word, record->timestamp_ms);
        if (!space)
            break;
        rest.size -= word.size;
    }
}

TestSuite(streams, .init = bench_describe, .fini = bench_stop);

each_way(streams, a_filter_keeps_what_passes_and_its_opposite_the_rest)
{
    struct leat_stream *in = from("in");

    leat_to(leat_filter(in, "short", is_short), "shorts", NULL);
    leat_to(leat_filter_not(in, "long", is_short), "longs", NULL);
    bench_start(way);
    put("in", "a", "one", 1);
    put("in", "b", "three", 2);
    put("in", NULL, "two", 3);
    put("in", "c", NULL, 4);
    gives("shorts", "a=one@1 =two@3");
    gives("longs", "b=three@2 c=-@4");
}

each_way(streams, a_map_changes_type_and_value)
{
    leat_to(leat_map(from("in"), "length", &(struct leat_map){
        .type = &leat_long_type, .value = length }), "lengths", NULL);
    bench_start(way);
    put("in", "a", "four", 1);
    put("in", "a", NULL, 2);
    put("in", "a", "", 3);
    gives("lengths", "a=4@1 a=-@2 a=0@3");
}

each_way(streams, a_branch_takes_the_first_that_passes_and_the_rest)
{
    struct leat_stream *shorts, *others;

    leat_branch(from("in"), "by-length", (struct leat_branch[]){
        { "shorts", is_short, &shorts }, { "others", NULL, &others }, { 0 } });
    leat_to(shorts, "to-shorts", &(struct leat_to){ .topic = "s" });
    leat_to(leat_filter(others, "b", has_b), "to-others", &(struct leat_to){ .topic = "o" });
    bench_start(way);
    put("in", "1", "ab", 1);
    put("in", "2", "abab", 2);
    put("in", "3", "acac", 3);
    gives("s", "1=ab@1");
    gives("o", "2=abab@2");
}

each_way(streams, a_merge_has_both)
{
    leat_to(leat_merge(from("x"), from("y"), "both"), "out", NULL);
    bench_start(way);
    put("x", "1", "a", 5);
    put("y", "2", "b", 1);
    put("x", "3", "c", 6);
    gives("out", "1=a@5 2=b@1 3=c@6");
}

each_way(streams, words_are_counted)
{
    struct leat_stream *split = leat_flat_map(from("lines"), "words", &(struct leat_map){
        .type = &leat_string_type, .value = words });
    struct leat_table *counts = leat_aggregate(split, "counts", &(struct leat_aggregate){
        .type = &leat_long_type, .add = count, .store = "words-counted" });

    leat_to(leat_changes(counts, "changes"), "out", NULL);
    bench_start(way);
    put("lines", NULL, "to be or not to be", 10);
    put("lines", NULL, "be", 5);
    holds("words-counted", "be=3@10 not=1@10 or=1@10 to=2@10");
    gives("out", "to=1@10 be=1@10 or=1@10 not=1@10 to=2@10 be=2@10 be=3@10");
}

/* The values a record is split into need no repartition before they are grouped. */
each_way(streams, a_flat_map_of_values_keeps_the_key)
{
    struct leat_stream *split = leat_flat_map_values(from("lines"), "words", &(struct leat_map){
        .type = &leat_string_type, .value = word_values });
    struct leat_table *texts = leat_aggregate(split, "texts", &(struct leat_aggregate){
        .type = &leat_string_type, .add = append });

    leat_to(leat_changes(texts, "changes"), "out", NULL);
    leat_to(split, "plain", NULL);
    bench_start(way);
    put("lines", "k", "to be", 10);
    put("lines", NULL, "or not", 11);
    gives("plain", "k=to@10 k=be@10 =or@11 =not@11");
    gives("out", way->cached ? "k=to+be@10" : "k=to@10 k=to+be@10");
}

static void note_visit(const struct leat_record *record)
{
    int *visits = leat_user(record);

    ++*visits;
}

Test(streams, for_each_sees_every_record_and_has_its_inputs_user)
{
    struct leat_stream *in = from("in");
    int visits = 0;

    leat_with(in, &visits);
    leat_for_each(in, "see", note_visit);
    bench_start(&(struct way){ true, 0 });
    put("in", "a", "1", 1);
    put("in", NULL, NULL, 2);
    cr_assert_eq(visits, 2);
}

each_way(streams, a_repartition_drops_null_keys_and_keeps_the_rest)
{
    struct leat_stream *in = leat_key_by(from("in"), "first", first_letter);

    leat_to(leat_repartition(in, "again", NULL), "out", NULL);
    leat_to(leat_repartition(from("plain"), "plain-again", &(struct leat_repartition){ 7 }),
            "out-plain", NULL);
    bench_start(way);
    put("in", "x", "abc", 1);
    put("plain", NULL, "lost", 2);
    put("plain", "k", "kept", 3);
    put("plain", "k", NULL, 4);
    gives("out", "a=abc@1");
    gives("out-plain", "k=kept@3 k=-@4");
}

static bool valid(const struct leat_record *record)
{
    if (leat_string_of(record).size == 3)
        leat_fail(record, "three letters are too many");
    return !has_b(record);
}

Test(streams, what_is_not_valid_goes_to_the_dead_letter_topic_as_it_came)
{
    struct leat_driver_record record;

    leat_to(leat_stream_from(bench.topology, "in", &(struct leat_source){
        .type = &leat_string_type, .valid = valid, .text_keys = true }), "out", NULL);
    bench_start(&(struct way){ true, 0 });
    put("in", "1", "ok", 1);
    put("in", "2", "ab", 2);
    put("in", "3", "acc", 3);
    put("in", NULL, "ok", 4);
    put("in", "5", "fine", 5);
    gives("out", "1=ok@1 5=fine@5");
    cr_assert_eq(leat_driver_take(bench.driver, "in-rejected", &record), 1);
    cr_assert(leat_bytes_equal(record.bytes, LEAT_LITERAL("ab")));
    cr_assert(leat_bytes_equal(leat_driver_header(&record, "error.reason"),
                               LEAT_LITERAL("invalid")));
    cr_assert(leat_bytes_equal(leat_driver_header(&record, "source.offset"), LEAT_LITERAL("1")));
    cr_assert_eq(leat_driver_take(bench.driver, "in-rejected", &record), 1);
    cr_assert(leat_bytes_equal(leat_driver_header(&record, "error.message"),
                               LEAT_LITERAL("three letters are too many")));
    cr_assert_eq(leat_driver_take(bench.driver, "in-rejected", &record), 1);
    cr_assert_null(record.key.data);
    cr_assert_eq(record.timestamp_ms, 4);
    cr_assert_eq(leat_driver_take(bench.driver, "in-rejected", &record), 0);
}

static void fail(const struct leat_record *record)
{
    leat_fail(record, "no more of %.*s", (int)record->key.size, record->key.data);
}

static int send_any(int64_t at_ms)
{
    return leat_driver_send_bytes(bench.driver, "in", LEAT_LITERAL("k"), LEAT_LITERAL("v"), at_ms);
}

Test(streams, a_callback_that_fails_fails_the_task_with_where_and_why)
{
    leat_to(leat_peek(from("in"), "look", fail), "out", NULL);
    bench_start(&(struct way){ true, 0 });
    cr_assert_eq(send_any(1), LEAT_E_CALLBACK);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "topic in, partition 0, offset 0, step look: no more of k");
    cr_assert_eq(send_any(2), LEAT_E_CALLBACK);
}

static int64_t number_in_value(const struct leat_record *record, int64_t partition_ms)
{
    return number_of(leat_string_of(record));
}

each_way(streams, an_extractor_dates_records_and_drops_those_it_cannot_date)
{
    leat_to(leat_stream_from(bench.topology, "in", &(struct leat_source){
        .type = &leat_string_type, .timestamp = number_in_value }), "out", NULL);
    bench_start(way);
    put("in", "a", "700", 1);
    put("in", "b", "-1", 2);
    put("in", "c", "300", 3);
    gives("out", "a=700@700 c=300@300");
    cr_assert_geq(leat_driver_dropped(bench.driver), 1);
}
