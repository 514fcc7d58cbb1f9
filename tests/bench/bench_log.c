/* bench_log.c - what a record costs on its way into Kafka and out of it, in CPU and in time.
 *
 *   bench-log [-n records] [-v value bytes] [-p partitions] [-q queue KiB] [key=value...]
 *
 * Starts a broker of its own, writes the records in transactions, reads them in batches, and
 * prints microseconds of this process's CPU a record. key=value are librdkafka's properties.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "processor/log.h"
#include "../kafka/broker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BATCH = 1024, COMMIT_MS = 100, SETTINGS = 16 };

struct plan {
    long records, value_bytes, queue_bytes;
    int32_t partitions;
    struct log_setting settings[SETTINGS];
    size_t setting_count;
};

struct gauge {
    int64_t cpu_us, wall_us;
};

static struct gauge gauge_now(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (struct gauge){
        (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
            usage.ru_stime.tv_usec,
        clock_us(clock_system()),
    };
}

static void report(const char *what, struct gauge from, long records)
{
    struct gauge now = gauge_now();
    double wall = (double)(now.wall_us - from.wall_us) / 1e6;

    printf("%-8s %ld records  %.2f us CPU a record  %.2f s  %.0f a second\n", what, records,
           (double)(now.cpu_us - from.cpu_us) / (double)records, wall, (double)records / wall);
}

static void must(int status, const struct leat_error *error)
{
    if (status >= 0)
        return;
    fprintf(stderr, "bench-log: %s\n", error->text);
    exit(1);
}

static void write_all(struct log *log, const struct plan *plan, const char *topic)
{
    struct log_writer_options options = { .transactional_id = "bench",
                                          .queue_bytes = (size_t)plan->queue_bytes };
    struct leat_error error = { 0 };
    struct log_writer *writer;
    char *value = memory_new((size_t)plan->value_bytes), key[32];
    int64_t next_ms = clock_ms(clock_system()) + COMMIT_MS;
    struct log_record record = { .value = leat_bytes(value, (size_t)plan->value_bytes) };
    struct gauge from;

    must(log_writer_new(log, &options, &writer, &error), &error);
    record.topic = log_writer_topic(writer, topic);
    for (long i = 0; i < plan->value_bytes; i++)
        value[i] = (char)(rand() % 64 + ' ');
    from = gauge_now();
    must(log_writer_begin(writer, &error), &error);
    for (long i = 0; i < plan->records; i++) {
        record.key = leat_bytes(
            key, (size_t)snprintf(key, sizeof(key), "P%05ld|S%03ld", i % 10000, i % 100));
        record.partition = (int32_t)(i % plan->partitions);
        record.timestamp_ms = 1700000000000 + i;
        must(log_writer_send(writer, &record, &error), &error);
        if (i % 64 == 0 && clock_ms(clock_system()) >= next_ms) {
            must(log_writer_commit(writer, NULL, NULL, 0, &error), &error);
            must(log_writer_begin(writer, &error), &error);
            next_ms = clock_ms(clock_system()) + COMMIT_MS;
        }
    }
    must(log_writer_commit(writer, NULL, NULL, 0, &error), &error);
    report("produce", from, plan->records);
    log_writer_free(writer);
    memory_free(value);
}

static void read_all(struct log *log, const struct plan *plan, const char *topic)
{
    struct log_reader_options options = { .queue_bytes = (size_t)plan->queue_bytes,
                                          .partition_bytes = 1 << 20 };
    struct log_message *messages = memory_array(BATCH, sizeof(*messages));
    struct leat_error error = { 0 };
    struct log_reader *reader;
    struct gauge from = gauge_now();
    long records = 0, polls = 0;

    must(log_reader_new(log, &options, &reader, &error), &error);
    for (int32_t i = 0; i < plan->partitions; i++)
        must(log_reader_assign(reader, &(struct log_position){ topic, i, 0 }, i, &error), &error);
    while (records < plan->records) {
        int got = log_reader_poll(reader, messages, BATCH, 100, &error);

        must(got, &error);
        polls++;
        for (int i = 0; i < got; i++) {
            records += messages[i].event == LOG_RECORD;
            log_message_free(&messages[i]);
        }
    }
    report("consume", from, records);
    printf("         %.0f records a poll\n", (double)records / (double)polls);
    log_reader_free(reader);
    memory_free(messages);
}

static void read_plan(int argc, char **argv, struct plan *plan)
{
    int option;

    while ((option = getopt(argc, argv, "n:v:p:q:")) != -1)
        switch (option) {
        case 'n':
            plan->records = strtol(optarg, NULL, 10);
            break;
        case 'v':
            plan->value_bytes = strtol(optarg, NULL, 10);
            break;
        case 'p':
            plan->partitions = (int32_t)strtol(optarg, NULL, 10);
            break;
        case 'q':
            plan->queue_bytes = strtol(optarg, NULL, 10) << 10;
            break;
        default:
            fprintf(stderr, "usage: bench-log [-n records] [-v bytes] [-p partitions] [-q KiB] "
                            "[key=value...]\n");
            exit(2);
        }
    for (; optind < argc && plan->setting_count < SETTINGS; optind++) {
        char *value = strchr(argv[optind], '=');

        if (!value)
            continue;
        *value = '\0';
        plan->settings[plan->setting_count++] = (struct log_setting){ argv[optind], value + 1 };
    }
}

int main(int argc, char **argv)
{
    struct plan plan = { 1000000, 100, 16 << 20, 4, { { 0 } }, 0 };
    struct log_topic topic = { .name = "bench", .replication = -1 };
    struct leat_error error = { 0 };
    struct log *log;

    read_plan(argc, argv, &plan);
    broker_start_all(1);
    topic.partitions = plan.partitions;
    must(
        log_kafka_new(broker_bootstrap(), "bench", plan.settings, plan.setting_count, &log, &error),
        &error);
    must(log_topic_create(log, &topic, &error), &error);
    write_all(log, &plan, topic.name);
    read_all(log, &plan, topic.name);
    log_free(log);
    broker_stop_all();
    return 0;
}
