/* metrics_list.h - for metrics*.c: where series lie. */
#ifndef PROCESSOR_METRICS_LIST_H
#define PROCESSOR_METRICS_LIST_H

#include "processor/metrics.h"

#include <pthread.h>

struct metrics_block {
    struct metrics *metrics;
    struct metrics_block *next;
    struct metric *series;
};

struct metrics_sampled {
    const struct metric_family *family;
    int64_t (*sample)(void *user);
    void *user;
    struct metrics_sampled *next;
};

struct metrics {
    pthread_mutex_t lock; /* the lists, never the numbers */
    struct metrics_block *blocks;
    struct metrics_block retired; /* what freed series counted */
    struct metrics_sampled *sampled;
    size_t series_count;
};

#endif
