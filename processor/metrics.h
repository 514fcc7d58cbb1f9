/* metrics.h - counters, gauges and histograms, in Prometheus' text format.
 *
 * Each thread has a block of its own; what it counts is one plain store into memory that nobody
 * else writes. A scrape adds up the blocks: series of one family with equal labels are one series.
 *
 *   static const struct metric_family records = { "leat_records_total", "Records processed.",
 *                                                 METRIC_COUNTER };
 *   struct metric *read = metric_new(block, &records, "task", "sales-0", NULL);
 *   metric_add(read, 1);
 */
#ifndef PROCESSOR_METRICS_H
#define PROCESSOR_METRICS_H

#include "base/buffer.h"

#include <stdatomic.h>
#include <stdint.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

enum { METRIC_BUCKETS_MAX = 24 };

/* Owner: whoever defines it, for the life of the process; one name, one family. */
struct metric_family {
    const char *name;       /* leat_..., with its unit: _seconds, _bytes, _total for counters */
    const char *help;
    enum metric_kind kind;
    double scale;           /* shown = counted * scale: 1e-6 for microseconds; 0: 1 */
    const int64_t *bounds;  /* of a histogram, rising, in what is counted; the last is not +Inf */
    size_t bound_count;
};

struct metrics;
struct metrics_block;

struct metric {
    const struct metric_family *family;
    char *labels;                /* task="sales-0",topic="sales" */
    struct metrics_block *block;
    struct metric *next;
    _Atomic int64_t value;       /* of a histogram: the sum */
    _Atomic int64_t *buckets;    /* bound_count + 1, of a histogram */
};

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics); /* after all blocks are freed */

/* Thread: any makes one; then only the thread that it is given to counts in it. */
struct metrics_block *metrics_block_new(struct metrics *metrics);
void metrics_block_free(struct metrics_block *block); /* its counters stay counted */

/* Labels as name, value, ..., NULL. A value may be any UTF-8. Thread: the block's. */
struct metric *metric_new(struct metrics_block *block, const struct metric_family *family, ...)
    __attribute__((sentinel));

/* A gauge goes; what a counter or a histogram counted stays in the sum. NULL is a no-op. */
void metric_free(struct metric *metric);

static inline void metric_bump(_Atomic int64_t *cell, int64_t by)
{
    /* One writer: no locked instruction is needed for a reader never to see half a number. */
    atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + by,
                          memory_order_relaxed);
}

static inline void metric_add(struct metric *metric, int64_t by)
{
    metric_bump(&metric->value, by);
}

static inline void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

static inline int64_t metric_value(const struct metric *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

void metric_observe(struct metric *metric, int64_t value); /* of a histogram */
void metric_observe_many(struct metric *metric, int64_t value, int64_t times);

/* A gauge or counter that is asked for at each scrape. Thread: sample is called by the one that
 * scrapes, while nothing else can be added or freed. It stays until metrics_free(). */
void metrics_sample(struct metrics *metrics, const struct metric_family *family,
                    int64_t (*sample)(void *user), void *user);

/* CPU, memory, open files and start time of this process, by the names that every library uses. */
void metrics_sample_process(struct metrics *metrics);

/* How much memory it may have. */
void metrics_sample_limit(struct metrics *metrics);

/* Appends all series. LEAT_E_LIMIT. Thread: any. */
int metrics_write(struct metrics *metrics, struct buffer *out) MUST_CHECK;

#endif
