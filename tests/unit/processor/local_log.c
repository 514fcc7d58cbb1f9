/* local_log.c - what the tests of the log in memory share. */
#include "local_log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static int64_t still_wall_ms(struct clock *clock)
{
    return 1700000000000 + ((struct still_clock *)clock)->now_us / 1000;
}

static int64_t still_us(struct clock *clock)
{
    return ((struct still_clock *)clock)->now_us;
}

void bench_start(struct bench *bench)
{
    *bench = (struct bench){ .clock = { .clock = { still_wall_ms, still_us } } };
    cr_assert(eq(int, log_local_new(&bench->clock.clock, &bench->log), LEAT_OK));
}

void bench_stop(struct bench *bench)
{
    log_free(bench->log);
}

void bench_pass(struct bench *bench, int64_t ms)
{
    bench->clock.now_us += ms * 1000;
}

void bench_topic(struct bench *bench, const char *name, int32_t partitions)
{
    struct log_topic topic = { .name = name, .partitions = partitions, .replication = -1 };

    cr_assert(eq(int, log_topic_create(bench->log, &topic, &bench->error), LEAT_OK));
}

struct log_writer *bench_writer(struct bench *bench, const char *transactional_id)
{
    struct log_writer_options options = { transactional_id, 10000, 1 << 20 };
    struct log_writer *writer = NULL;

    cr_assert(eq(int, log_writer_new(bench->log, &options, &writer, &bench->error), LEAT_OK));
    return writer;
}

struct log_reader *bench_reader(struct bench *bench, bool read_uncommitted)
{
    struct log_reader_options options = { 1 << 20, 1 << 20, read_uncommitted };
    struct log_reader *reader = NULL;

    cr_assert(eq(int, log_reader_new(bench->log, &options, &reader, &bench->error), LEAT_OK));
    return reader;
}

void bench_send(struct bench *bench, struct log_writer *writer, const char *topic,
                int32_t partition, const char *text)
{
    struct log_record record = {
        .topic = log_writer_topic(writer, topic),
        .partition = partition,
        .timestamp_ms = 5,
        .key = leat_bytes_of(text),
        .value = leat_bytes_of(text),
        .tag = 7,
    };

    cr_assert(eq(int, log_writer_send(writer, &record, &bench->error), LEAT_OK));
}

void bench_assign(struct bench *bench, struct log_reader *reader, const char *topic,
                  int32_t partition, int64_t offset)
{
    struct log_position from = { topic, partition, offset };

    cr_assert(eq(int, log_reader_assign(reader, &from, (int)partition, &bench->error), LEAT_OK));
}

static int print(const struct log_message *message, char *text, size_t size)
{
    if (message->event == LOG_END)
        return snprintf(text, size, "@%lld ", (long long)message->offset);
    if (message->event == LOG_GONE)
        return snprintf(text, size, "!%lld ", (long long)message->offset);
    return snprintf(text, size, "%.*s ", (int)message->value.size, message->value.data);
}

char *bench_read(struct bench *bench, struct log_reader *reader)
{
    static char text[8192];
    struct log_message messages[16];
    size_t used = 0;
    int count;

    text[0] = 0;
    while ((count = log_reader_poll(reader, messages, 16, 0, &bench->error)) > 0)
        for (int i = 0; i < count; i++) {
            used += (size_t)print(&messages[i], text + used, sizeof text - used);
            log_message_free(&messages[i]);
        }
    cr_assert(eq(int, count, 0));
    if (used)
        text[used - 1] = 0;
    return text;
}

void bench_ends(struct bench *bench, const char *topic, int32_t partition, int64_t first,
                int64_t end)
{
    int64_t is_first = -1, is_end = -1;

    cr_assert(eq(int, log_ends(bench->log, topic, partition, &is_first, &is_end, &bench->error),
                 LEAT_OK));
    cr_assert(eq(i64, is_first, first));
    cr_assert(eq(i64, is_end, end));
}

int64_t bench_committed(struct bench *bench, const char *group, const char *topic,
                        int32_t partition)
{
    struct log_position position = { topic, partition, 0 };

    cr_assert(eq(int, log_committed(bench->log, group, &position, 1, &bench->error), LEAT_OK));
    return position.offset;
}
