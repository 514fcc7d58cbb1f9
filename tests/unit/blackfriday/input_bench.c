/* input_bench.c - what the tests of load and generate share. */
#include "input_bench.h"

#include "base/clock.h"
#include "base/map.h"
#include "processor/log.h"
#include "schemas/registry.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

void input_bench_start(struct input_bench *bench)
{
    struct registry_options options = { .url = "mock://input" };

    *bench = (struct input_bench){ 0 };
    cr_assert(eq(int, log_local_new(clock_system(), &bench->log), LEAT_OK));
    cr_assert(eq(int, registry_new(&options, &bench->registry, &bench->error), LEAT_OK));
}

void input_bench_stop(struct input_bench *bench)
{
    registry_free(bench->registry);
    log_free(bench->log);
}

static int read_partition(struct input_bench *bench, const char *topic, int32_t partition,
                          void (*see)(void *user, const struct log_message *message), void *user)
{
    struct log_reader_options options = { 1 << 20, 1 << 20, false };
    struct log_position from = { topic, partition, 0 };
    struct log_message message;
    struct log_reader *reader;
    int count = 0;

    cr_assert(eq(int, log_reader_new(bench->log, &options, &reader, &bench->error), LEAT_OK));
    cr_assert(eq(int, log_reader_assign(reader, &from, 0, &bench->error), LEAT_OK));
    while (log_reader_poll(reader, &message, 1, 0, &bench->error) == 1) {
        cr_assert(message.event != LOG_GONE);
        if (message.event == LOG_RECORD) {
            see(user, &message);
            count++;
        }
        log_message_free(&message);
    }
    log_reader_free(reader);
    return count;
}

int input_bench_read(struct input_bench *bench, const char *topic,
                     void (*see)(void *user, const struct log_message *message), void *user)
{
    struct log_topic look = { .name = topic };
    int count = 0;

    cr_assert(eq(int, log_topic_look(bench->log, &look, &bench->error), LEAT_OK));
    for (int32_t p = 0; p < look.partitions; p++)
        count += read_partition(bench, topic, p, see, user);
    return count;
}

static void add_hash(void *user, const struct log_message *message)
{
    uint64_t *hash = user;

    *hash = (*hash * 31 + map_hash(message->key)) * 31 + map_hash(message->value);
    *hash = *hash * 31 + (uint64_t)message->timestamp_ms;
}

uint64_t input_bench_hash(struct input_bench *bench, const char *topic, int32_t partition)
{
    uint64_t hash = 1;

    read_partition(bench, topic, partition, add_hash, &hash);
    return hash;
}
