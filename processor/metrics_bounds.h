/* metrics_bounds.h - the buckets of histograms: of what takes milliseconds, and of what may take a
 * day. Engine and sink have the same, so that their quantiles can be laid over each other.
 */
#ifndef PROCESSOR_METRICS_BOUNDS_H
#define PROCESSOR_METRICS_BOUNDS_H

#include <stdint.h>

static const int64_t metric_short_us[] = { 1000,    2500,    5000,     10000,    25000,
                                           50000,   100000,  250000,   500000,   1000000,
                                           2500000, 5000000, 10000000, 30000000, 60000000 };

static const int64_t metric_long_ms[] = { 5,       10,      25,       50,      100,
                                          250,     500,     1000,     2500,    5000,
                                          10000,   30000,   60000,    120000,  300000,
                                          600000,  1800000, 3600000,  21600000, 86400000 };

/* The end of a family's initializer. */
#define METRIC_SHORT                                                                               \
    .scale = 1e-6, .bounds = metric_short_us,                                                      \
    .bound_count = sizeof metric_short_us / sizeof *metric_short_us
#define METRIC_LONG                                                                                \
    .scale = 1e-3, .bounds = metric_long_ms,                                                       \
    .bound_count = sizeof metric_long_ms / sizeof *metric_long_ms

#endif
