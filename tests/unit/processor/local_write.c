/* local_write.c - tests of writing, reading and transactions of the log in memory. */
#include "local_log.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static struct bench bench;

static void start(void)
{
    bench_start(&bench);
    bench_topic(&bench, "t", 2);
}

static void stop(void)
{
    bench_stop(&bench);
}

TestSuite(local_write, .init = start, .fini = stop);

static void begin(struct log_writer *writer)
{
    cr_assert(eq(int, log_writer_begin(writer, &bench.error), LEAT_OK));
}

static int commit(struct log_writer *writer)
{
    return log_writer_commit(writer, NULL, NULL, 0, &bench.error);
}

Test(local_write, what_was_flushed_is_read_in_order_and_then_its_end)
{
    struct log_writer *writer = bench_writer(&bench, NULL);
    struct log_reader *reader = bench_reader(&bench, false);

    bench_assign(&bench, reader, "t", 0, 0);
    cr_assert(eq(str, bench_read(&bench, reader), "@0"));
    bench_send(&bench, writer, "t", 0, "a");
    bench_send(&bench, writer, "t", 1, "x");
    bench_send(&bench, writer, "t", 0, "b");
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    cr_assert(eq(str, bench_read(&bench, reader), "a b @2"));
    cr_assert(eq(str, bench_read(&bench, reader), ""), "an end is said once");
    bench_ends(&bench, "t", 0, 0, 2);
    log_reader_free(reader);
    log_writer_free(writer);
}

Test(local_write, a_commit_takes_an_offset_in_each_partition_it_wrote_to)
{
    struct log_writer *writer = bench_writer(&bench, "id");
    struct log_reader *reader = bench_reader(&bench, false);

    begin(writer);
    bench_send(&bench, writer, "t", 0, "a");
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    bench_assign(&bench, reader, "t", 0, 0);
    bench_assign(&bench, reader, "t", 1, 0);
    cr_assert(eq(str, bench_read(&bench, reader), "@0 @0"), "nothing before the commit");
    cr_assert(eq(int, commit(writer), LEAT_OK));
    cr_assert(eq(str, bench_read(&bench, reader), "a @2"));
    bench_ends(&bench, "t", 0, 0, 2);
    bench_ends(&bench, "t", 1, 0, 0);
    log_reader_free(reader);
    log_writer_free(writer);
}

Test(local_write, what_was_aborted_is_hidden_from_those_who_read_committed)
{
    struct log_writer *writer = bench_writer(&bench, "id");
    struct log_reader *committed = bench_reader(&bench, false), *all = bench_reader(&bench, true);

    begin(writer);
    bench_send(&bench, writer, "t", 0, "a");
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    cr_assert(eq(int, log_writer_abort(writer, &bench.error), LEAT_OK));
    begin(writer);
    bench_send(&bench, writer, "t", 0, "b");
    cr_assert(eq(int, commit(writer), LEAT_OK));
    bench_assign(&bench, committed, "t", 0, 0);
    bench_assign(&bench, all, "t", 0, 0);
    cr_assert(eq(str, bench_read(&bench, committed), "b @4"));
    cr_assert(eq(str, bench_read(&bench, all), "a b @4"));
    log_reader_free(committed);
    log_reader_free(all);
    log_writer_free(writer);
}

Test(local_write, an_open_transaction_holds_the_last_stable_offset_for_all)
{
    struct log_writer *first = bench_writer(&bench, "one"), *second = bench_writer(&bench, "two");
    struct log_reader *reader = bench_reader(&bench, false);

    begin(first);
    begin(second);
    bench_send(&bench, first, "t", 0, "slow");
    cr_assert(eq(int, log_writer_flush(first, &bench.error), LEAT_OK));
    bench_send(&bench, second, "t", 0, "fast");
    cr_assert(eq(int, commit(second), LEAT_OK));
    bench_assign(&bench, reader, "t", 0, 0);
    cr_assert(eq(str, bench_read(&bench, reader), "@0"));
    bench_ends(&bench, "t", 0, 0, 3);
    cr_assert(eq(int, commit(first), LEAT_OK));
    cr_assert(eq(str, bench_read(&bench, reader), "slow fast @4"));
    log_reader_free(reader);
    log_writer_free(first);
    log_writer_free(second);
}

Test(local_write, a_successor_fences_the_writer_before_it_and_aborts_what_it_left)
{
    struct log_writer *zombie = bench_writer(&bench, "id"), *heir;
    struct log_reader *reader = bench_reader(&bench, false);

    begin(zombie);
    bench_send(&bench, zombie, "t", 0, "lost");
    cr_assert(eq(int, log_writer_flush(zombie, &bench.error), LEAT_OK));
    heir = bench_writer(&bench, "id");
    begin(heir);
    bench_send(&bench, heir, "t", 0, "kept");
    cr_assert(eq(int, commit(heir), LEAT_OK));
    bench_send(&bench, zombie, "t", 0, "late");
    cr_assert(eq(int, commit(zombie), LEAT_E_FENCED));
    cr_assert(eq(int, log_writer_abort(zombie, &bench.error), LEAT_E_FENCED));
    bench_assign(&bench, reader, "t", 0, 0);
    cr_assert(eq(str, bench_read(&bench, reader), "kept @4"));
    log_writer_free(zombie);
    begin(heir);
    cr_assert(eq(int, commit(heir), LEAT_OK), "freeing a zombie does not harm its heir");
    log_reader_free(reader);
    log_writer_free(heir);
}

Test(local_write, a_transaction_that_takes_too_long_is_aborted_by_the_clock)
{
    struct log_writer *writer = bench_writer(&bench, "id");
    struct log_reader *reader = bench_reader(&bench, false);

    begin(writer);
    bench_send(&bench, writer, "t", 0, "a");
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    bench_assign(&bench, reader, "t", 0, 0);
    bench_pass(&bench, 9999);
    cr_assert(eq(str, bench_read(&bench, reader), "@0"));
    bench_pass(&bench, 1);
    cr_assert(eq(str, bench_read(&bench, reader), "@2"));
    cr_assert(eq(int, commit(writer), LEAT_E_FENCED));
    log_reader_free(reader);
    log_writer_free(writer);
}

Test(local_write, a_killed_writer_leaves_its_transaction_open)
{
    struct log_writer *writer = bench_writer(&bench, "id");
    struct log_reader *reader = bench_reader(&bench, false);

    begin(writer);
    bench_send(&bench, writer, "t", 0, "a");
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    log_local_abandon_writer(writer);
    bench_assign(&bench, reader, "t", 0, 0);
    cr_assert(eq(str, bench_read(&bench, reader), "@0"));
    bench_pass(&bench, 10000);
    cr_assert(eq(str, bench_read(&bench, reader), "@2"));
    log_reader_free(reader);
}

Test(local_write, nulls_empty_values_and_headers_come_back_as_they_were)
{
    struct log_writer *writer = bench_writer(&bench, NULL);
    struct log_reader *reader = bench_reader(&bench, false);
    struct log_header headers[] = { { "one", LEAT_LITERAL("1") }, { "none", { NULL, 0 } } };
    struct log_header back[4];
    struct log_message messages[4];
    struct log_record record = {
        .topic = log_writer_topic(writer, "t"),
        .timestamp_ms = 0,
        .value = LEAT_LITERAL(""),
        .headers = headers,
        .header_count = 2,
    };

    cr_assert(eq(int, log_writer_send(writer, &record, &bench.error), LEAT_OK));
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    bench_assign(&bench, reader, "t", 0, 0);
    cr_assert(eq(int, log_reader_poll(reader, messages, 4, 0, &bench.error), 2));
    cr_assert(messages[0].key.data == NULL);
    cr_assert(messages[0].value.data != NULL && messages[0].value.size == 0);
    cr_assert(eq(i64, messages[0].timestamp_ms, 0));
    cr_assert(eq(sz, log_message_headers(&messages[0], back, 4), 2));
    cr_assert(eq(str, (char *)(uintptr_t)back[0].name, "one"));
    cr_assert(leat_bytes_equal(back[0].value, LEAT_LITERAL("1")));
    cr_assert(eq(str, (char *)(uintptr_t)back[1].name, "none"));
    cr_assert(back[1].value.data == NULL);
    cr_assert(eq(sz, log_message_headers(&messages[0], back, 1), 1));
    log_message_free(&messages[0]);
    log_message_free(&messages[1]);
    log_reader_free(reader);
    log_writer_free(writer);
}

static struct log_record large(struct log_writer *writer, const char *topic, size_t size)
{
    return (struct log_record){ .topic = log_writer_topic(writer, topic),
                                .value = leat_bytes(memory_new(size), size),
                                .tag = 99 };
}

Test(local_write, a_record_larger_than_a_message_may_be_is_refused_when_it_is_sent)
{
    struct log_writer_options options = { NULL, 0, 8 << 20 };
    struct log_writer *writer;
    struct log_record record;

    cr_assert(eq(int, log_writer_new(bench.log, &options, &writer, &bench.error), LEAT_OK));
    record = large(writer, "t", 2 << 20);
    cr_assert(eq(int, log_writer_send(writer, &record, &bench.error), LEAT_E_LIMIT));
    record.value.size = 1 << 20;
    cr_assert(eq(int, log_writer_send(writer, &record, &bench.error), LEAT_OK));
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    bench_ends(&bench, "t", 0, 0, 1);
    memory_free(record.value.data);
    log_writer_free(writer);
}

Test(local_write, a_record_that_its_topic_refuses_aborts_the_transaction_and_is_named)
{
    struct log_setting setting = { "max.message.bytes", "100" };
    struct log_topic topic = { "small", 1, -1, &setting, 1 };
    struct log_writer *writer = bench_writer(&bench, "id");
    struct log_reader *reader = bench_reader(&bench, false);
    struct log_failure failure;
    struct log_record record;

    cr_assert(eq(int, log_topic_create(bench.log, &topic, &bench.error), LEAT_OK));
    begin(writer);
    bench_send(&bench, writer, "small", 0, "fits");
    record = large(writer, "small", 1000);
    cr_assert(eq(int, log_writer_send(writer, &record, &bench.error), LEAT_OK));
    cr_assert(not(log_writer_failure(writer, &failure)));
    cr_assert(eq(int, commit(writer), LEAT_E_ABORTED));
    cr_assert(log_writer_failure(writer, &failure));
    cr_assert(eq(u64, failure.tag, 99));
    cr_assert(eq(int, failure.error.code, LEAT_E_LIMIT));
    begin(writer);
    cr_assert(not(log_writer_failure(writer, &failure)));
    bench_send(&bench, writer, "small", 0, "again");
    cr_assert(eq(int, commit(writer), LEAT_OK));
    bench_assign(&bench, reader, "small", 0, 0);
    cr_assert(eq(str, bench_read(&bench, reader), "again @4"));
    memory_free(record.value.data);
    log_reader_free(reader);
    log_writer_free(writer);
}

Test(local_write, a_missing_topic_is_a_failed_delivery_with_its_name)
{
    struct log_writer *writer = bench_writer(&bench, NULL);
    struct log_failure failure;

    bench_send(&bench, writer, "nowhere", 0, "a");
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_E_ABORTED));
    cr_assert(log_writer_failure(writer, &failure));
    cr_assert(strstr(failure.error.text, "'nowhere'") != NULL);
    bench_topic(&bench, "nowhere", 1);
    bench_send(&bench, writer, "nowhere", 0, "a");
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    bench_ends(&bench, "nowhere", 0, 0, 1);
    log_writer_free(writer);
}

Test(local_write, thousands_of_records_cross_segments_and_are_found_at_any_offset)
{
    struct log_writer *writer = bench_writer(&bench, NULL);
    struct log_reader *reader = bench_reader(&bench, false);
    struct log_message message;
    char text[16];

    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "%d", i);
        bench_send(&bench, writer, "t", 0, text);
    }
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
    for (int i = 0; i < 20000; i += 617) {
        snprintf(text, sizeof text, "%d", i);
        bench_assign(&bench, reader, "t", 0, i);
        cr_assert(eq(int, log_reader_poll(reader, &message, 1, 0, &bench.error), 1));
        cr_assert(eq(i64, message.offset, i));
        cr_assert(leat_bytes_equal(message.value, leat_bytes_of(text)));
        log_message_free(&message);
    }
    log_reader_free(reader);
    log_writer_free(writer);
}
