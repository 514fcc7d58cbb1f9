/* worker_metrics.c - the worker's series, and when they are stored.
 *
 * Nothing is counted record by record: tasks, ports and nodes have plain counters of their own, and
 * what they grew by is added here at each commit. Latency is that of one record of each turn of a
 * task, for all of the turn (task.h, struct task_turn).
 *
 * See also: worker_metrics_task.c (the series of a task), metrics.h
 */
#include "processor/worker_metrics_parts.h"

#include "base/memory.h"
#include "processor/metrics_bounds.h"

enum { LOOK_MS = 1000, STATE_LOOKS = 5 /* RocksDB is asked at every fifth look */ };

static const struct metric_family commit_family = {
    "leat_commit_duration_seconds", "Time of a commit: flush, log, state.", METRIC_HISTOGRAM,
    METRIC_SHORT
};
static const struct metric_family transaction_family = {
    "leat_transaction_seconds", "From a transaction's first record to its commit.",
    METRIC_HISTOGRAM, METRIC_SHORT
};
static const struct metric_family last_commit_family = {
    "leat_last_commit_timestamp_seconds",
    "When this worker last committed, or last had nothing to commit.", METRIC_GAUGE, 1e-3
};

const struct metric_family worker_metrics_memory = {
    "leat_memory_used_bytes", "Of leat_memory_budget_bytes, in use.", METRIC_GAUGE
};
const struct metric_family worker_metrics_dropped = {
    "leat_dropped_records_total", "Records dropped: null keys, late ones, failed ones.",
    METRIC_COUNTER
};
static const struct metric_family hits_family = {
    "leat_cache_hits_total", "Rows found decoded in a store's staged map.", METRIC_COUNTER
};
static const struct metric_family misses_family = {
    "leat_cache_misses_total", "Rows that the store itself was asked for.", METRIC_COUNTER
};
static const struct metric_family pending_family = {
    "leat_rocksdb_pending_compaction_bytes", "Estimate of what is to be rewritten.", METRIC_GAUGE
};
static const struct metric_family files_family = {
    "leat_rocksdb_files", "Live tables of all tasks.", METRIC_GAUGE
};
static const struct metric_family rows_family = {
    "leat_rocksdb_rows", "Estimate of the rows of all tasks.", METRIC_GAUGE
};
static const struct metric_family busy_family = {
    "leat_rocksdb_busy", "Flushes and compactions that run now.", METRIC_GAUGE
};
static const struct metric_family stalled_family = {
    "leat_rocksdb_stalled", "Tasks whose writes RocksDB holds back.", METRIC_GAUGE
};

struct worker_metrics *worker_metrics_new(struct metrics *all, size_t worker)
{
    struct worker_metrics *metrics;
    struct metrics_block *block;

    if (!all)
        return NULL;
    metrics = memory_new(sizeof *metrics);
    metrics->block = block = metrics_block_new(all);
    metrics->worker = memory_format("%zu", worker);
    metrics->commit = metric_new(block, &commit_family, NULL);
    metrics->transaction = metric_new(block, &transaction_family, NULL);
    metrics->last_commit = metric_new(block, &last_commit_family, "worker", metrics->worker,
                                      NULL);
    metrics->hits = metric_new(block, &hits_family, NULL);
    metrics->misses = metric_new(block, &misses_family, NULL);
    metrics->memtables = metric_new(block, &worker_metrics_memory, "part", "memtables", NULL);
    metrics->pending = metric_new(block, &pending_family, NULL);
    metrics->files = metric_new(block, &files_family, NULL);
    metrics->rows = metric_new(block, &rows_family, NULL);
    metrics->busy = metric_new(block, &busy_family, NULL);
    metrics->stalled = metric_new(block, &stalled_family, NULL);
    return metrics;
}

static void free_named(struct named_series *named)
{
    while (named) {
        struct named_series *next = named->next;

        memory_free(named->name);
        memory_free(named);
        named = next;
    }
}

void worker_metrics_free(struct worker_metrics *metrics)
{
    if (!metrics)
        return;
    metrics_block_free(metrics->block);
    free_named(metrics->topics);
    free_named(metrics->steps);
    memory_free(metrics->worker);
    memory_free(metrics);
}

/* ---- transactions ---------------------------------------------------------------------------- */

void worker_metrics_begin(struct worker *worker, int64_t now_us)
{
    if (worker->metrics && !worker->metrics->first_us)
        worker->metrics->first_us = now_us;
}

void worker_metrics_undo(struct worker *worker)
{
    if (!worker->metrics)
        return;
    worker->metrics->first_us = 0;
    for (size_t i = 0; i < worker->hosted_count; i++)
        if (worker->hosted[i]->task)
            worker->hosted[i]->task->turn_count = 0;
}

void worker_metrics_commit(struct worker *worker, int64_t commit_us)
{
    struct worker_metrics *metrics = worker->metrics;
    int64_t wall_ms;

    if (!metrics)
        return;
    wall_ms = clock_wall_ms(worker->options.clock);
    for (size_t i = 0; i < worker->hosted_count; i++)
        if (worker->hosted[i]->metrics)
            hosted_metrics_commit(metrics, worker->hosted[i], wall_ms);
    metric_observe(metrics->commit, commit_us);
    if (metrics->first_us)
        metric_observe(metrics->transaction, clock_us(worker->options.clock) - metrics->first_us);
    metrics->first_us = 0;
    metric_set(metrics->last_commit, wall_ms);
}

/* ---- once a second --------------------------------------------------------------------------- */

static void show_state(struct worker_metrics *metrics, const struct home_figures *sum,
                       int64_t stalled)
{
    metric_set(metrics->memtables, (int64_t)sum->memtable_bytes);
    metric_set(metrics->pending, (int64_t)sum->pending_compaction_bytes);
    metric_set(metrics->files, (int64_t)sum->files);
    metric_set(metrics->rows, (int64_t)sum->rows);
    metric_set(metrics->busy, (int64_t)sum->busy);
    metric_set(metrics->stalled, stalled);
}

static void look_at_state(struct worker *worker)
{
    struct home_figures sum = { 0 };
    int64_t stalled = 0;

    for (size_t i = 0; i < worker->hosted_count; i++) {
        const struct hosted *hosted = worker->hosted[i];
        struct home_figures one;

        if (!hosted->metrics || !hosted->home)
            continue;
        home_figures(hosted->home, &one);
        hosted_metrics_state(hosted, one.disk_bytes);
        sum.memtable_bytes += one.memtable_bytes;
        sum.pending_compaction_bytes += one.pending_compaction_bytes;
        sum.files += one.files;
        sum.rows += one.rows;
        sum.busy += one.busy;
        stalled += one.stalled;
    }
    show_state(worker->metrics, &sum, stalled);
}

void worker_metrics_look(struct worker *worker)
{
    struct worker_metrics *metrics = worker->metrics;
    int64_t now_ms, lag = 0;

    if (!metrics)
        return;
    now_ms = worker_now(worker);
    if (now_ms < metrics->look_ms)
        return;
    metrics->look_ms = now_ms + LOOK_MS;
    for (size_t i = 0; i < worker->hosted_count; i++)
        if (worker->hosted[i]->metrics)
            lag += hosted_metrics_look(worker, worker->hosted[i]);
    if (!lag && !metrics->first_us)
        metric_set(metrics->last_commit, clock_wall_ms(worker->options.clock));
    if (metrics->looks++ % STATE_LOOKS == 0)
        look_at_state(worker);
}
