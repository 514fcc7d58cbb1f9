/* reading.c - the contract: records as they were written, assignments, pauses, ends. */
#include "bench.h"
#include "contract.h"

#include "base/memory.h"

#include <stdio.h>

static void expect_record(struct log_reader *reader, const struct log_record *sent)
{
    struct log_header headers[4];
    struct log_message message = bench_next(reader);

    cr_assert_eq(message.event, LOG_RECORD);
    cr_assert_eq(message.timestamp_ms, sent->timestamp_ms, "timestamp %lld and not %lld",
                 (long long)message.timestamp_ms, (long long)sent->timestamp_ms);
    cr_assert(leat_bytes_equal(message.key, sent->key));
    cr_assert(leat_bytes_equal(message.value, sent->value));
    cr_assert_eq(log_message_headers(&message, headers, 4), sent->header_count);
    for (size_t i = 0; i < sent->header_count; i++) {
        cr_assert_str_eq(headers[i].name, sent->headers[i].name);
        cr_assert(leat_bytes_equal(headers[i].value, sent->headers[i].value));
    }
    log_message_free(&message);
}

void contract_keeps_keys_values_headers_and_timestamps(struct log *log)
{
    static const struct log_header headers[] = { { "reason", LEAT_LITERAL("too late") },
                                                 { "empty", LEAT_LITERAL("") },
                                                 { "null", { NULL, 0 } } };
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, NULL);
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };
    const struct log_record records[] = {
        { .timestamp_ms = 1700000000123, .key = LEAT_LITERAL("key"), .value = LEAT_LITERAL("v") },
        { .timestamp_ms = 0, .key = LEAT_LITERAL("zero"), .value = LEAT_LITERAL("v") },
        { .timestamp_ms = 1, .key = LEAT_LITERAL("one"), .value = LEAT_LITERAL("v") },
        { .timestamp_ms = 0, .key = { NULL, 0 }, .value = LEAT_LITERAL("null key") },
        { .timestamp_ms = 86400000, .key = LEAT_LITERAL("null value"), .value = { NULL, 0 } },
        { .timestamp_ms = 5, .key = LEAT_LITERAL(""), .value = LEAT_LITERAL("") },
        { .timestamp_ms = 6, .key = { NULL, 0 }, .value = { NULL, 0 } },
        { .timestamp_ms = 0,
          .key = LEAT_LITERAL("h"),
          .value = LEAT_LITERAL("v"),
          .headers = headers,
          .header_count = 3 },
        { .timestamp_ms = 1700000000999, .key = LEAT_LITERAL("a\0b"), .value = LEAT_LITERAL("\0") },
    };
    const size_t count = sizeof(records) / sizeof(records[0]);

    for (size_t i = 0; i < count; i++) {
        struct log_record record = records[i];

        record.topic = log_writer_topic(writer, topic);
        OK(log_writer_send(writer, &record, &error));
    }
    OK(log_writer_flush(writer, &error));
    for (size_t i = 0; i < count; i++) {
        struct log_message message;

        if (!i) { /* an empty partition may have told its end first */
            message = bench_next(reader);
            if (message.event == LOG_RECORD) {
                log_message_free(&message);
                bench_unassign(reader, topic, 0);
                bench_assign(reader, topic, 0, 0, 0);
            }
        }
        expect_record(reader, &records[i]);
    }
    log_writer_free(writer);
    log_reader_free(reader);
}

static void write_numbers(struct log *log, const char *topic, int32_t partition, int count)
{
    struct log_writer *writer = bench_writer(log, NULL);
    struct leat_error error = { 0 };
    int handle = log_writer_topic(writer, topic);

    for (int i = 0; i < count; i++) {
        char text[16];
        struct log_record record = { .topic = handle, .partition = partition, .timestamp_ms = i };

        snprintf(text, sizeof(text), "%d", i);
        record.key = record.value = leat_bytes_of(text);
        OK(log_writer_send(writer, &record, &error));
    }
    OK(log_writer_flush(writer, &error));
    log_writer_free(writer);
}

void contract_tells_the_end_each_time_it_is_reached(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_reader *reader = bench_reader(log, topic, 0);

    cr_assert_eq(bench_expect_end(reader), 0);
    write_numbers(log, topic, 0, 2);
    bench_expect(reader, "0");
    bench_expect(reader, "1");
    cr_assert_eq(bench_expect_end(reader), 2);
    log_reader_free(reader);
}

void contract_reads_from_the_offset_of_the_newest_assignment(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_reader *reader;

    write_numbers(log, topic, 0, 5000);
    reader = bench_reader(log, topic, 0);
    for (int round = 0; round < 200; round++) {
        int64_t from = round * 7919 % 4990;
        struct log_message message = bench_next(reader);

        log_message_free(&message);
        bench_unassign(reader, topic, 0);
        bench_assign(reader, topic, 0, from, round);
        for (int64_t i = from; i < from + 5; i++) {
            message = bench_next(reader);
            cr_assert_eq(message.event, LOG_RECORD, "event %d at %lld, slot %d; %d, %lld of %lld",
                         message.event, (long long)message.offset, message.slot, round,
                         (long long)i, (long long)from);
            cr_assert_eq(message.offset, i, "%lld and not %lld", (long long)message.offset,
                         (long long)i);
            cr_assert_eq(message.slot, round);
            log_message_free(&message);
        }
    }
    log_reader_free(reader);
}

void contract_gives_nothing_of_a_partition_that_was_unassigned(struct log *log)
{
    const char *topic = bench_topic(log, 2);
    struct log_reader *reader;
    int64_t next = 0;

    write_numbers(log, topic, 0, 3000);
    write_numbers(log, topic, 1, 3000);
    reader = bench_reader(log, topic, 0);
    bench_assign(reader, topic, 1, 0, 1);
    for (int seen = 0; seen != 3;) { /* both are being read */
        struct log_message message = bench_next(reader);

        seen |= 1 << message.slot;
        next += message.slot == 1 && message.event == LOG_RECORD;
        log_message_free(&message);
    }
    bench_unassign(reader, topic, 0);
    while (next < 3000) {
        struct log_message message = bench_next(reader);

        cr_assert_eq(message.slot, 1);
        if (message.event == LOG_RECORD)
            cr_assert_eq(message.offset, next++);
        log_message_free(&message);
    }
    log_reader_free(reader);
}

static void read_ten(struct log_reader *reader, int slot, int64_t *next)
{
    for (int i = 0; i < 10;) {
        struct log_message message = bench_next(reader);

        cr_assert_eq(message.slot, slot);
        if (message.event == LOG_RECORD) {
            cr_assert_eq(message.offset, next[slot]);
            next[slot]++;
            i++;
        }
        log_message_free(&message);
    }
}

void contract_holds_a_paused_partition_back_and_loses_nothing(struct log *log)
{
    enum { COUNT = 60000, ROUNDS = 100 };
    const char *topic = bench_topic(log, 2);
    struct log_position partitions[2] = { { topic, 0, 0 }, { topic, 1, 0 } };
    struct log_reader *reader;
    struct leat_error error = { 0 };
    int64_t next[2] = { 0, 0 };

    write_numbers(log, topic, 0, COUNT);
    write_numbers(log, topic, 1, COUNT);
    reader = bench_reader(log, NULL, 0);
    bench_assign(reader, topic, 0, 0, 0);
    bench_assign(reader, topic, 1, 0, 1);
    OK(log_reader_pause(reader, &partitions[1], true, &error));
    for (int round = 0; round < ROUNDS; round++) {
        int slot = round % 2;

        read_ten(reader, slot, next);
        OK(log_reader_pause(reader, &partitions[slot], true, &error));
        OK(log_reader_pause(reader, &partitions[!slot], false, &error));
    }
    OK(log_reader_pause(reader, &partitions[1], false, &error));
    while (next[0] < COUNT || next[1] < COUNT) {
        struct log_message message = bench_next(reader);

        if (message.event == LOG_RECORD)
            cr_assert_eq(message.offset, next[message.slot]++);
        log_message_free(&message);
    }
    log_reader_free(reader);
}

void contract_a_reader_knows_how_far_a_partition_goes(struct log *log)
{
    const char *topic = bench_topic(log, 2);
    struct log_position read = { topic, 0, 0 }, other = { topic, 1, 0 };
    struct log_reader *reader = bench_reader(log, NULL, 0);
    struct log_message message;

    write_numbers(log, topic, 0, 10);
    cr_assert_eq(log_reader_end(reader, &read), -1, "it is not assigned");
    bench_assign(reader, topic, 0, 0, 0);
    message = bench_next(reader);
    cr_assert_eq(message.event, LOG_RECORD);
    log_message_free(&message);
    cr_assert_eq(log_reader_end(reader, &read), 10);
    cr_assert_eq(log_reader_end(reader, &other), -1);
    log_reader_free(reader);
}

void contract_messages_outlive_an_unassign(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_reader *reader;
    struct log_message message;

    write_numbers(log, topic, 0, 100);
    reader = bench_reader(log, topic, 42);
    message = bench_next(reader);
    bench_unassign(reader, topic, 0);
    cr_assert(leat_bytes_equal(message.value, LEAT_LITERAL("42")));
    log_message_free(&message);
    log_reader_free(reader);
}

void contract_carries_many_records_in_order(struct log *log)
{
    enum { COUNT = 200000, BATCH = 512 };
    const char *topic = bench_topic(log, 1);
    struct log_message *messages = memory_array(BATCH, sizeof(*messages));
    struct leat_error error = { 0 };
    struct log_reader *reader;
    int64_t next = 0;
    bool end = false;

    write_numbers(log, topic, 0, COUNT);
    reader = bench_reader(log, topic, 0);
    while (!end) {
        int got = log_reader_poll(reader, messages, BATCH, 1000, &error);

        bench_ok(got, &error, "poll");
        for (int i = 0; i < got; i++) {
            end = messages[i].event == LOG_END;
            cr_assert_eq(messages[i].offset, next);
            next += !end;
            log_message_free(&messages[i]);
        }
    }
    cr_assert_eq(next, COUNT);
    memory_free(messages);
    log_reader_free(reader);
}
