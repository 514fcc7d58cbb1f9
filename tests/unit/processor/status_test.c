/* status_test.c - tests of what instances count for /metrics: over a log in memory, each asked over
 * HTTP. docs/metrics.md as a whole is held against a real job by tests/alerts. */
#include "fleet.h"

#include "base/clock.h"
#include "leat/stateful.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 40 };

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

static void start(void)
{
    static const char *const topics[] = { "in", NULL };
    static const struct fleet_setting settings[] = {
        { "num.stream.threads", "2" },
        { "deserialization.exception.handler", "dead-letter" },
        { NULL, NULL },
    };

    fleet_begin(topics, topology_new, settings);
    fleet_start(0);
}

TestSuite(status, .init = start, .fini = fleet_end);

/* A record of each key; key NULL: one that the count drops. */
static void put(const char *key, const char *value)
{
    fleet_put("in", key ? leat_bytes_of(key) : (struct leat_bytes){ 0 }, value,
              clock_wall_ms(clock_system()));
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

/* The sum of all series whose lines begin so; -1: there are none. */
static double value_of(int number, const char *series)
{
    double sum = -1;

    cr_assert_eq(fleet_ask(number, "/metrics"), 200);
    for (const char *line = fleet_body; line; line = strchr(line, '\n')) {
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
    int64_t until_ms = clock_ms(clock_system()) + FLEET_WAIT_MS;
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

    wait_for(0, "leat_tasks_running", FLEET_PARTITIONS);
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
    fleet_start(1);
    wait_for(0, "leat_tasks_running", FLEET_PARTITIONS / 2);
    wait_for(1, "leat_tasks_running", FLEET_PARTITIONS / 2);
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
