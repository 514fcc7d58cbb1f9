/* local_log.c - what a record costs on the log in memory, written and read, by one thread.
 *
 *   bench-local-log [records]
 */
#include "base/clock.h"
#include "base/memory.h"
#include "processor/log.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 512, PARTITIONS = 4, COMMIT = 10000 };

static void check(int code, const struct leat_error *error)
{
    if (!code)
        return;
    fprintf(stderr, "failed: %d %s\n", code, error->text);
    exit(1);
}

static void write_all(struct log *log, int records)
{
    struct log_writer_options options = { "bench", 60000, 1 << 20 };
    struct leat_error error = { 0 };
    struct log_writer *writer;
    char value[100] = { 0 };
    int topic;

    check(log_writer_new(log, &options, &writer, &error), &error);
    topic = log_writer_topic(writer, "t");
    check(log_writer_begin(writer, &error), &error);
    for (int i = 0; i < records; i++) {
        struct log_record record = { .topic = topic, .partition = i % PARTITIONS,
                                     .timestamp_ms = i, .key = { (const char *)&i, sizeof i },
                                     .value = { value, sizeof value } };

        check(log_writer_send(writer, &record, &error), &error);
        if (i % COMMIT == COMMIT - 1) {
            check(log_writer_commit(writer, NULL, NULL, 0, &error), &error);
            check(log_writer_begin(writer, &error), &error);
        }
    }
    check(log_writer_commit(writer, NULL, NULL, 0, &error), &error);
    log_writer_free(writer);
}

static int64_t read_all(struct log *log, int records)
{
    struct log_reader_options options = { 1 << 20, 1 << 20, false };
    struct leat_error error = { 0 };
    struct log_message messages[BATCH];
    struct log_reader *reader;
    int64_t sum = 0;

    check(log_reader_new(log, &options, &reader, &error), &error);
    for (int p = 0; p < PARTITIONS; p++) {
        struct log_position from = { "t", p, 0 };

        check(log_reader_assign(reader, &from, p, &error), &error);
    }
    for (int left = records; left;) {
        int count = log_reader_poll(reader, messages, BATCH, 0, &error);

        for (int i = 0; i < count; i++) {
            sum += messages[i].timestamp_ms;
            left -= messages[i].event == LOG_RECORD;
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
    return sum;
}

int main(int count, char **arguments)
{
    int records = count > 1 ? (int)strtol(arguments[1], NULL, 10) : 2000000;
    struct log_topic topic = { .name = "t", .partitions = PARTITIONS };
    struct leat_error error = { 0 };
    struct clock *clock = clock_system();
    int64_t start_us, written_us, read_us, sum;
    struct log *log;

    check(log_local_new(clock, &log), &error);
    check(log_topic_create(log, &topic, &error), &error);
    start_us = clock_us(clock);
    write_all(log, records);
    written_us = clock_us(clock);
    sum = read_all(log, records);
    read_us = clock_us(clock);
    printf("%d records of 104 bytes: written %.3f us, read %.3f us each (sum %lld)\n", records,
           (double)(written_us - start_us) / records, (double)(read_us - written_us) / records,
           (long long)sum);
    log_free(log);
    return 0;
}
