/* streams_metrics.c - what an instance as a whole tells at each scrape.
 *
 * See also: worker_metrics.c (what workers count by themselves), docs/metrics.md (all names)
 */
#include "processor/streams_metrics.h"

#include "base/memory.h"
#include "processor/metrics.h"
#include "processor/streams.h"
#include "processor/worker_metrics.h"
#include "state/budget.h"

struct streams_metrics {
    struct metrics *metrics;
    struct metrics_block *block;  /* counted in by the server's thread alone */
    struct metric *staged, *blocks, *pinned, *dropped;
};

/* ---- figures of the workers ------------------------------------------------------------------ */

#define SUM_OF(name, figure)                                                                       \
    static int64_t name(void *user)                                                                \
    {                                                                                              \
        const struct leat_streams *streams = user;                                                 \
        int64_t sum = 0;                                                                           \
                                                                                                   \
        for (size_t i = 0; i < crew_size(streams->crew); i++)                                      \
            sum += (int64_t)atomic_load(&worker_figures(crew_worker(streams->crew, i))->figure);   \
        return sum;                                                                                \
    }

SUM_OF(sum_commits, commits)
SUM_OF(sum_aborts, aborts)
SUM_OF(sum_restored, restored)
SUM_OF(sum_tasks, tasks)
SUM_OF(sum_running, running)

static int64_t rebalances(void *user)
{
    const struct leat_streams *streams = user;

    return (int64_t)control_rebalances(streams->control);
}

static int64_t stalled_ms(void *user)
{
    const struct leat_streams *streams = user;
    int64_t ms = clock_ms(clock_system()) - crew_beat_ms(streams->crew);

    return ms > 0 ? ms : 0;
}

static int64_t state_now(void *user)
{
    return leat_streams_state(user);
}

static const struct {
    struct metric_family family;
    int64_t (*sample)(void *user);
} families[] = {
    { { "leat_commits_total", "Commits of workers.", METRIC_COUNTER }, sum_commits },
    { { "leat_aborts_total", "Transactions that were undone.", METRIC_COUNTER }, sum_aborts },
    { { "leat_restored_records_total", "Changelog records read to restore state.", METRIC_COUNTER },
      sum_restored },
    { { "leat_tasks", "Tasks that this instance owns.", METRIC_GAUGE }, sum_tasks },
    { { "leat_tasks_running", "Of these, restored and processing.", METRIC_GAUGE }, sum_running },
    { { "leat_rebalances_total", "Rebalances that gave this instance its tasks.", METRIC_COUNTER },
      rebalances },
    { { "leat_worker_stalled_seconds", "Since the slowest worker's last round.", METRIC_GAUGE,
        1e-3 },
      stalled_ms },
    { { "leat_state", "0 created, 1 rebalancing, 2 running, 3 stopped, 4 failed.", METRIC_GAUGE },
      state_now },
};

/* ---- memory ---------------------------------------------------------------------------------- */

static const struct metric_family budget_family = {
    "leat_memory_budget_bytes", "The division of leat.memory.max.bytes.", METRIC_GAUGE
};
static const struct metric_family pinned_family = {
    "leat_rocksdb_pinned_bytes", "Of the block cache, in use and not to be evicted.", METRIC_GAUGE
};

static void show_part(struct metrics_block *block, const char *part, size_t bytes)
{
    metric_set(metric_new(block, &budget_family, "part", part, NULL), (int64_t)bytes);
}

static void show_budget(struct metrics_block *block, const struct budget_parts *parts)
{
    show_part(block, "queues", parts->queue_bytes);
    show_part(block, "staged", parts->staged_bytes);
    show_part(block, "block_cache", parts->block_cache_bytes);
    show_part(block, "memtables", parts->write_buffer_bytes);
}

static void look(struct streams_metrics *metrics, const struct leat_streams *streams)
{
    metric_set(metrics->staged, (int64_t)budget_staged_used(streams->budget));
    metric_set(metrics->blocks, (int64_t)budget_cache_used(streams->budget));
    metric_set(metrics->pinned, (int64_t)budget_cache_pinned(streams->budget));
    metric_set(metrics->dropped, (int64_t)globals_dropped(streams->globals));
}

/* ---- all of them ----------------------------------------------------------------------------- */

void streams_metrics_start(struct leat_streams *streams)
{
    struct streams_metrics *metrics = memory_new(sizeof *metrics);
    struct metrics_block *block;

    streams->metrics = metrics;
    metrics->metrics = metrics_new();
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        metrics_sample(metrics->metrics, &families[i].family, families[i].sample, streams);
    metrics_sample_process(metrics->metrics);
    metrics_sample_limit(metrics->metrics);
    metrics->block = block = metrics_block_new(metrics->metrics);
    show_budget(block, budget_parts(streams->budget));
    metrics->staged = metric_new(block, &worker_metrics_memory, "part", "staged", NULL);
    metrics->blocks = metric_new(block, &worker_metrics_memory, "part", "block_cache", NULL);
    metrics->pinned = metric_new(block, &pinned_family, NULL);
    metrics->dropped = metric_new(block, &worker_metrics_dropped, "step", "(global tables)", NULL);
}

void streams_metrics_stop(struct leat_streams *streams)
{
    struct streams_metrics *metrics = streams->metrics;

    if (!metrics)
        return;
    metrics_block_free(metrics->block);
    metrics_free(metrics->metrics);
    memory_free(metrics);
    streams->metrics = NULL;
}

struct metrics *streams_metrics_all(struct streams_metrics *metrics)
{
    return metrics->metrics;
}

int streams_metrics_write(struct leat_streams *streams, struct buffer *out)
{
    look(streams->metrics, streams);
    return metrics_write(streams->metrics->metrics, out);
}
