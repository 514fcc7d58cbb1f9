/* headers_test.c - headers: what carries them, who sees what is done to them, who has none. */
#include "bench.h"

#include <stdio.h>

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic, &(struct leat_source){
        .type = &leat_string_type });
}

static void put_with(const char *topic, const char *key, const char *value, int64_t timestamp_ms,
                     const char *header)
{
    leat_driver_give_header(bench.driver, "trace", leat_bytes_of(header));
    put(topic, key, value, timestamp_ms);
}

/* "key=trace" of all that has come to a topic, "-" for none. */
static const char *traced(const char *topic)
{
    static char text[512];
    struct leat_driver_record record;
    size_t at = 0;

    text[0] = 0;
    while (leat_driver_take(bench.driver, topic, &record)) {
        struct leat_bytes trace = leat_driver_header(&record, "trace");

        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s=%.*s", at ? " " : "",
                               (int)record.key.size, record.key.data,
                               trace.data ? (int)trace.size : 1, trace.data ? trace.data : "-");
    }
    return text;
}

#define carries(topic, text) cr_assert_str_eq(traced(topic), text)

TestSuite(headers, .init = bench_describe, .fini = bench_stop);

each_way(headers, go_with_a_record_through_steps_and_repartitions)
{
    struct leat_stream *keyed = leat_key_by(from("in"), "keyed", first_letter);

    leat_to(leat_repartition(keyed, "moved", NULL), "out", NULL);
    bench_start(way);
    put_with("in", "1", "a", 1, "t1");
    put("in", "2", "b", 2);
    put_with("in", "3", "c", 3, "");
    leat_driver_give_header(bench.driver, "other", leat_bytes_of("x"));
    put_with("in", "4", "d", 4, "t4");
    carries("out", "a=t1 b=- c= d=t4");
}

static void show_trace(const struct leat_record *record, void *out)
{
    struct leat_bytes trace = leat_header(record, "trace");

    *(struct leat_bytes *)out = leat_text(record, "%.*s", trace.data ? (int)trace.size : 1,
                                          trace.data ? trace.data : "-");
}

static int64_t trace_as_time(const struct leat_record *record, int64_t partition_ms)
{
    return number_of(leat_header(record, "trace"));
}

each_way(headers, are_read_by_callbacks_and_extractors)
{
    struct leat_stream *in = leat_stream_from(bench.topology, "in", &(struct leat_source){
        .type = &leat_string_type, .timestamp = trace_as_time });

    leat_to(leat_map(in, "shown", &(struct leat_map){
        .type = &leat_string_type, .value = show_trace }), "out", NULL);
    bench_start(way);
    put_with("in", "a", "x", 1, "17");
    leat_driver_give_header(bench.driver, "trace", leat_bytes_of("18"));
    put_with("in", "b", "x", 1, "19");
    gives("out", "a=17@17 b=19@19");
}

static void mark(const struct leat_record *record)
{
    leat_set_header(record, "trace", leat_string_of(record));
}

static void look(const struct leat_record *record)
{
    cr_assert(leat_bytes_equal(leat_header(record, "trace"), leat_string_of(record)));
}

static void clear(const struct leat_record *record)
{
    leat_remove_header(record, "trace");
}

static void twice(const struct leat_record *record)
{
    leat_forward(record, leat_bytes_of("1"), record->value, record->timestamp_ms);
    leat_set_header(record, "trace", leat_bytes_of("second"));
    leat_forward(record, leat_bytes_of("2"), record->value, record->timestamp_ms);
}

each_way(headers, that_a_step_sets_are_seen_behind_it_and_not_beside_it)
{
    struct leat_stream *in = from("in");

    leat_to(leat_peek(leat_peek(in, "marked", mark), "peeked", look), "behind", NULL);
    leat_to(leat_peek(in, "cleared", clear), "without", NULL);
    leat_to(leat_process(in, "doubled", &(struct leat_process){ .process = twice }), "twice", NULL);
    leat_to(in, "beside", NULL);
    bench_start(way);
    put_with("in", "a", "v", 1, "t");
    put("in", "b", "w", 2);
    carries("behind", "a=v b=w");
    carries("without", "a=- b=-");
    carries("twice", "1=t 2=second 1=- 2=second");
    carries("beside", "a=t b=-");
}

each_way(headers, of_a_result_are_those_of_the_record_that_wrote_the_row_last)
{
    struct leat_stream *in = from("in");

    leat_to(leat_changes(leat_count(in, "counts", NULL), "changes"), "out", NULL);
    leat_to(leat_changes(leat_count(in, "visits", &(struct leat_aggregate){
        .window = leat_session(10, 0) }), "grown"), "sessions", NULL);
    bench_start(way);
    put_with("in", "a", "x", 1, "t1");
    put("in", "a", "x", 2);
    put_with("in", "a", "x", 3, "t3");
    carries("out", "a=t1 a=- a=t3");
    carries("sessions", "a=t1 a=- a=- a=t3 a=t3");
}

static void pair(const struct leat_record *left, const void *right, void *out)
{
    *(struct leat_bytes *)out = *(const struct leat_bytes *)right;
}

each_way(headers, of_a_join_with_a_table_are_the_streams)
{
    struct leat_table *table = leat_table_from(bench.topology, "table", &(struct leat_source){
        .type = &leat_string_type });

    leat_to(leat_join_table(from("in"), table, "joined", &(struct leat_join){
        .type = &leat_string_type, .join = pair }), "out", NULL);
    bench_start(way);
    put_with("table", "a", "row", 1, "table's");
    put_with("in", "a", "x", 2, "stream's");
    put("in", "a", "y", 3);
    carries("out", "a=stream's a=-");
}

static void punctuate(const struct leat_record *record)
{
    leat_forward(record, leat_bytes_of("p"), &(struct leat_bytes){ "", 0 }, record->timestamp_ms);
}

static void pass(const struct leat_record *record)
{
    leat_forward(record, record->key, record->value, record->timestamp_ms);
}

each_way(headers, are_none_in_a_punctuation)
{
    leat_to(leat_process(from("in"), "timed", &(struct leat_process){
        .process = pass, .punctuate = punctuate, .every = 10,
        .punctuate_wall = punctuate, .every_wall = 1000 }), "out", NULL);
    bench_start(way);
    put_with("in", "a", "x", 5, "t");
    carries("out", "a=t p=-");
    cr_assert_eq(leat_driver_advance_wall(bench.driver, 1000), LEAT_OK);
    if (!way->undo_every) /* which begins the wall clock's schedule anew */
        carries("out", "p=-");
}

/* The header that names the input's schema is not the output's. */
each_way(headers, but_the_schemas_are_carried)
{
    struct leat_driver_record record;

    leat_to(from("in"), "out", NULL);
    bench_start(way);
    leat_driver_give_header(bench.driver, "__value_schema_id", leat_bytes_of("abc"));
    put_with("in", "a", "x", 1, "t");
    cr_assert_eq(leat_driver_take(bench.driver, "out", &record), 1);
    cr_assert_null(leat_driver_header(&record, "__value_schema_id").data);
    cr_assert_not_null(leat_driver_header(&record, "trace").data);
}
