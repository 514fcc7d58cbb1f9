/* gauges.c - the series of a runner. */
#include "sink/runner_parts.h"

#include "base/memory.h"
#include "processor/metrics.h"
#include "processor/metrics_bounds.h"
#include "sink/status.h"

enum { LOOK_MS = 1000 };

struct table_gauges {
    struct metric *rows, *rejected, *lag, *latency;
    int64_t behind; /* being added up */
};

struct gauges {
    struct sink_status *status;
    struct metrics_block *block;
    struct table_gauges *tables;
    size_t table_count;
    struct metric *commit, *wait, *outages, *outage, *reconnects, *last_commit, *partitions,
        *pending;
    int64_t rejected; /* as of the last batch */
    int64_t look_ms;
};

static const struct metric_family rows_family = {
    "leat_sink_rows_total", "Records taken into account in the database.", METRIC_COUNTER
};
static const struct metric_family rejected_family = {
    "leat_sink_rejected_rows_total", "Records that could be no row.", METRIC_COUNTER
};
static const struct metric_family lag_family = {
    "leat_sink_lag_records", "Records that are not in the database yet.", METRIC_GAUGE
};
static const struct metric_family latency_family = {
    "leat_sink_latency_seconds", "From a record's timestamp to the database's commit.",
    METRIC_HISTOGRAM, METRIC_LONG
};
static const struct metric_family commit_family = {
    "leat_sink_commit_duration_seconds", "Time of a batch in the database.", METRIC_HISTOGRAM,
    METRIC_SHORT
};
static const struct metric_family wait_family = {
    "leat_sink_wait_seconds", "From when a batch's first record was read to its commit.",
    METRIC_HISTOGRAM, METRIC_LONG
};
static const struct metric_family outages_family = {
    "leat_sink_outages_total", "Times that the work stopped for an outage.", METRIC_COUNTER
};
static const struct metric_family outage_family = {
    "leat_sink_outage", "1 while database or brokers cannot be reached.", METRIC_GAUGE
};
static const struct metric_family reconnects_family = {
    "leat_sink_reconnects_total", "Connections to the database after the first.", METRIC_COUNTER
};
static const struct metric_family last_commit_family = {
    "leat_sink_last_commit_timestamp_seconds",
    "When it last committed, or last had nothing to commit.", METRIC_GAUGE, 1e-3
};
static const struct metric_family partitions_family = {
    "leat_sink_partitions", "Partitions that this instance has claimed.", METRIC_GAUGE
};
static const struct metric_family pending_family = {
    "leat_sink_pending_bytes", "Read and not in the database yet.", METRIC_GAUGE
};

static void new_table(struct gauges *gauges, const char *topic, struct table_gauges *table)
{
    struct metrics_block *block = gauges->block;

    table->rows = metric_new(block, &rows_family, "topic", topic, NULL);
    table->rejected = metric_new(block, &rejected_family, "topic", topic, NULL);
    table->lag = metric_new(block, &lag_family, "topic", topic, NULL);
    table->latency = metric_new(block, &latency_family, "topic", topic, NULL);
}

struct gauges *gauges_new(const struct sink_options *options)
{
    struct gauges *gauges;
    struct metrics_block *block;

    if (!options->status)
        return NULL;
    gauges = memory_new(sizeof *gauges);
    gauges->status = options->status;
    gauges->block = block = metrics_block_new(sink_status_metrics(options->status));
    gauges->table_count = options->table_count;
    gauges->tables = memory_array(options->table_count, sizeof *gauges->tables);
    for (size_t i = 0; i < options->table_count; i++)
        new_table(gauges, options->tables[i].topic, &gauges->tables[i]);
    gauges->commit = metric_new(block, &commit_family, NULL);
    gauges->wait = metric_new(block, &wait_family, NULL);
    gauges->outages = metric_new(block, &outages_family, NULL);
    gauges->outage = metric_new(block, &outage_family, NULL);
    gauges->reconnects = metric_new(block, &reconnects_family, NULL);
    gauges->last_commit = metric_new(block, &last_commit_family, NULL);
    gauges->partitions = metric_new(block, &partitions_family, NULL);
    gauges->pending = metric_new(block, &pending_family, NULL);
    metric_set(gauges->last_commit, clock_wall_ms(clock_system()));
    return gauges;
}

void gauges_free(struct gauges *gauges)
{
    if (!gauges)
        return;
    metrics_block_free(gauges->block);
    memory_free(gauges->tables);
    memory_free(gauges);
}

/* ---- batches --------------------------------------------------------------------------------- */

struct gauges_batch gauges_begin(const struct runner *runner, const struct lane *lane)
{
    return (struct gauges_batch){ clock_us(clock_system()), runner->kit.rows, lane->since_ms };
}

void gauges_wrote(struct runner *runner, const struct lane *lane, const struct gauges_batch *batch)
{
    struct gauges *gauges = runner->gauges;
    int64_t wall_ms = clock_wall_ms(clock_system()), rows = runner->kit.rows - batch->rows;
    struct table_gauges *table;

    if (!gauges)
        return;
    table = &gauges->tables[lane->claim.table];
    metric_add(table->rejected, runner->kit.rejected - gauges->rejected);
    gauges->rejected = runner->kit.rejected;
    metric_set(gauges->last_commit, wall_ms);
    if (!rows)
        return;
    metric_add(table->rows, rows);
    metric_observe_many(table->latency,
                        wall_ms > lane->newest_ms ? wall_ms - lane->newest_ms : 0, rows);
    metric_observe(gauges->commit, clock_us(clock_system()) - batch->began_us);
    metric_observe(gauges->wait, runner_now_ms() - batch->since_ms);
}

void gauges_outage(struct gauges *gauges, bool begins)
{
    if (gauges && begins)
        metric_add(gauges->outages, 1);
}

/* ---- once a second --------------------------------------------------------------------------- */

static int64_t lane_lag(const struct runner *runner, const struct lane *lane)
{
    struct log_position at = lane_at(lane, 0);
    int64_t end;

    if (lane->at_end && !lane_pending(lane))
        return 0;
    end = log_reader_end(runner->reader, &at);
    if (end > lane->claim.next_offset && lane->claim.next_offset >= 0)
        return end - lane->claim.next_offset;
    return (int64_t)lane_pending(lane);
}

static int64_t show_lag(const struct runner *runner)
{
    struct gauges *gauges = runner->gauges;
    int64_t claimed = 0, bytes = 0, sum = 0;

    for (size_t i = 0; i < runner->lane_count; i++) {
        const struct lane *lane = &runner->lanes[i];
        int64_t lag = lane->claimed ? lane_lag(runner, lane) : 0;

        gauges->tables[lane->claim.table].behind += lag;
        sum += lag;
        claimed += lane->claimed;
        bytes += (int64_t)lane->bytes;
    }
    metric_set(gauges->partitions, claimed);
    metric_set(gauges->pending, bytes);
    for (size_t i = 0; i < gauges->table_count; i++) {
        metric_set(gauges->tables[i].lag, gauges->tables[i].behind);
        gauges->tables[i].behind = 0;
    }
    return sum;
}

/* A claim has the number of the connection that it was made over. */
static int64_t reconnects(const struct runner *runner)
{
    uint64_t most = 1;

    for (size_t i = 0; i < runner->lane_count; i++)
        if (runner->lanes[i].claim.connection > most)
            most = runner->lanes[i].claim.connection;
    return (int64_t)most - 1;
}

static bool all_claimed(const struct runner *runner)
{
    for (size_t i = 0; i < runner->lane_count; i++)
        if (runner->lanes[i].wanted && !runner->lanes[i].claimed)
            return false;
    return runner->assigned;
}

void gauges_look(struct runner *runner)
{
    struct gauges *gauges = runner->gauges;
    int64_t now_ms = runner_now_ms();

    if (!gauges)
        return;
    sink_status_beat(gauges->status, runner->outage        ? SINK_OUTAGE
                                     : all_claimed(runner) ? SINK_WORKS
                                                           : SINK_CLAIMS);
    if (now_ms < gauges->look_ms)
        return;
    gauges->look_ms = now_ms + LOOK_MS;
    metric_set(gauges->outage, runner->outage);
    metric_set(gauges->reconnects, reconnects(runner));
    if (!show_lag(runner) && !runner->outage)
        metric_set(gauges->last_commit, clock_wall_ms(clock_system()));
}
