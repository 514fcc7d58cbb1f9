/* status_test.c - tests of what instances count for /metrics: over a log in memory, each asked over
 * HTTP. docs/metrics.md as a whole is held against a real job by tests/alerts. */
#include "base/clock.h"
#include "leat/stateful.h"
#include "processor/partition.h"
#include "processor/peer.h"
#include "processor/streams.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { INSTANCES = 2, PARTITIONS = 4, WAIT_MS = 120000, KEYS = 40 };

static struct log *status_log;
static struct instance {
    struct leat_topology *topology;
    struct config *config;
    struct leat_streams *streams;
} instances[INSTANCES];
static char folder[] = "/tmp/leat-status-XXXXXX";
static struct leat_error error;

/* ---- the application ------------------------------------------------------------------------- */

static void count(const struct leat_record *record, void *out)
{
    ++*(int64_t *)out;
}

static bool is_good(const struct leat_record *record)
{
    return !leat_bytes_equal(leat_string_of(record), leat_bytes_of("bad"));
}

static struct leat_topology *topology_new(void)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_source source = { .type = &leat_string_type, .valid = is_good };
    struct leat_aggregate counts = { .type = &leat_long_type, .add = count, .store = "counts" };

    leat_aggregate(leat_stream_from(topology, "in", &source), "count", &counts);
    return topology;
}

static void set(struct config *config, const char *key, const char *value)
{
    cr_assert_eq(config_set(config, key, value, &error), LEAT_OK, "%s", error.text);
}

static void start_instance(int number)
{
    struct instance *instance = &instances[number];
    char path[64];

    snprintf(path, sizeof path, "%s/%d", folder, number);
    instance->topology = topology_new();
    instance->config = config_new();
    set(instance->config, "application.id", "app");
    set(instance->config, "state.dir", path);
    set(instance->config, "commit.interval.ms", "20");
    set(instance->config, "num.stream.threads", "2");
    set(instance->config, "leat.memory.max.bytes", "32MB");
    set(instance->config, "deserialization.exception.handler", "dead-letter");
    instance->streams = streams_new(instance->topology, instance->config, status_log);
    cr_assert_eq(leat_streams_start(instance->streams, &error), LEAT_OK, "%s", error.text);
}

static void stop_instance(int number)
{
    struct instance *instance = &instances[number];

    if (!instance->streams)
        return;
    cr_assert_eq(leat_streams_stop(instance->streams, &error), LEAT_OK, "%s", error.text);
    leat_streams_free(instance->streams);
    config_free(instance->config);
    leat_topology_free(instance->topology);
    *instance = (struct instance){ 0 };
}

static void start(void)
{
    struct log_topic topic = { "in", PARTITIONS, 1, NULL, 0 };

    cr_assert(mkdtemp(folder));
    cr_assert_eq(log_local_new(clock_system(), &status_log), LEAT_OK);
    cr_assert_eq(log_topic_create(status_log, &topic, &error), LEAT_OK);
    start_instance(0);
}

static void stop(void)
{
    char command[64];

    for (int i = 0; i < INSTANCES; i++)
        stop_instance(i);
    log_free(status_log);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(status, .init = start, .fini = stop);

/* A record of each key; key NULL: one that the count drops. */
static void put(const char *key, const char *value)
{
    struct log_writer_options options = { .queue_bytes = 1 << 20 };
    struct leat_bytes bytes = key ? leat_bytes_of(key) : (struct leat_bytes){ 0 };
    struct log_record record = { .partition = key ? partition_of(bytes, PARTITIONS) : 0,
                                 .timestamp_ms = clock_wall_ms(clock_system()),
                                 .key = bytes, .value = leat_bytes_of(value) };
    struct log_writer *writer;

    cr_assert_eq(log_writer_new(status_log, &options, &writer, &error), LEAT_OK);
    record.topic = log_writer_topic(writer, "in");
    cr_assert_eq(log_writer_send(writer, &record, &error), LEAT_OK);
    cr_assert_eq(log_writer_flush(writer, &error), LEAT_OK);
    log_writer_free(writer);
}

static void put_keys(void)
{
    char key[16];

    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "k%d", i);
        put(key, "good");
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

static char body[1 << 20];

static void scrape(int number)
{
    struct buffer out;
    char address[32];
    long status;

    snprintf(address, sizeof address, "127.0.0.1:%d", leat_streams_port(instances[number].streams));
    buffer_init(&out, sizeof body - 1);
    cr_assert_eq(peer_get(address, "/metrics", WAIT_MS, NULL, &status, &out, &error), LEAT_OK,
                 "%s", error.text);
    cr_assert_eq(status, 200);
    memcpy(body, out.data, out.size);
    body[out.size] = 0;
    buffer_free(&out);
}

/* The sum of all series whose lines begin so; -1: there are none. */
static double value_of(int number, const char *series)
{
    double sum = -1;

    scrape(number);
    for (const char *line = body; line; line = strchr(line, '\n')) {
        const char *space;

        line += *line == '\n';
        if (strncmp(line, series, strlen(series)))
            continue;
        space = strpbrk(line, " \n");
        sum = (sum < 0 ? 0 : sum) + strtod(space, NULL);
    }
    return sum;
}

static void wait_for(int number, const char *series, double value)
{
    int64_t until_ms = clock_ms(clock_system()) + WAIT_MS;
    double found;

    while ((found = value_of(number, series)) != value && clock_ms(clock_system()) < until_ms)
        clock_sleep_ms(10);
    cr_assert(found == value, "%s is %g, not %g", series, found, value);
}

/* ---- tests ----------------------------------------------------------------------------------- */

Test(status, counts_what_was_read_written_refused_and_dropped)
{
    put_keys();
    put(NULL, "good");
    put("k", "bad");
    wait_for(0, "leat_records_total{topic=\"in\"}", KEYS + 2);
    wait_for(0, "leat_rejected_records_total{topic=\"in\"}", 1);
    wait_for(0, "leat_dead_letters_total{topic=\"in\"}", 1);
    wait_for(0, "leat_dropped_records_total{step=\"count\"}", 1);
    wait_for(0, "leat_latency_seconds_count{topic=\"in\"}", KEYS + 2);
    wait_for(0, "leat_lag_records", 0);
    cr_assert(value_of(0, "leat_commit_duration_seconds_count") > 0);
    cr_assert(value_of(0, "leat_transaction_seconds_count") > 0);
    cr_assert_eq(value_of(0, "leat_cache_hits_total") + value_of(0, "leat_cache_misses_total"),
                 KEYS);
}

Test(status, tells_when_a_source_was_last_heard_of)
{
    double began = (double)clock_wall_ms(clock_system()) / 1000, taken, event;

    wait_for(0, "leat_tasks_running", PARTITIONS);
    cr_assert_eq(value_of(0, "leat_source_event_timestamp_seconds"), -1, "nothing was read yet");
    put("a", "good");
    wait_for(0, "leat_records_total{topic=\"in\"}", 1);
    event = value_of(0, "leat_source_event_timestamp_seconds");
    taken = value_of(0, "leat_source_record_timestamp_seconds{topic=\"in\",worker=\"0\"}");
    cr_assert(event >= began - 0.001, "%f < %f", event, began);
    cr_assert(taken >= began - 3600, "%f", taken);
}

Test(status, counters_stay_when_tasks_move_and_restores_are_counted)
{
    put_keys();
    wait_for(0, "leat_records_total{topic=\"in\"}", KEYS);
    start_instance(1);
    wait_for(0, "leat_tasks_running", PARTITIONS / 2);
    wait_for(1, "leat_tasks_running", PARTITIONS / 2);
    cr_assert_eq(value_of(0, "leat_records_total{topic=\"in\"}"), KEYS);
    wait_for(1, "leat_restore_remaining_records", 0);
    cr_assert(value_of(1, "leat_restored_records_total") > 0);
    cr_assert(value_of(1, "leat_rebalances_total") > 0);
    put_keys();
    wait_for(1, "leat_lag_records", 0);
    wait_for(0, "leat_lag_records", 0);
}

Test(status, tells_how_its_memory_is_divided)
{
    double budget = value_of(0, "leat_memory_budget_bytes");

    cr_assert(budget > 31e6 && budget <= 32 << 20, "%g", budget);
    cr_assert(value_of(0, "leat_memory_used_bytes") >= 0);
    cr_assert(value_of(0, "leat_memory_limit_bytes") > 1 << 20);
    wait_for(0, "leat_rocksdb_stalled", 0);
}
