/* streams_metrics.h - the metrics of an instance: what its workers count, and what is asked for at
 * each scrape.
 */
#ifndef PROCESSOR_STREAMS_METRICS_H
#define PROCESSOR_STREAMS_METRICS_H

#include "base/buffer.h"

struct leat_streams;
struct metrics;
struct streams_metrics;

/* Before the workers, which count into them; freed behind them. */
void streams_metrics_start(struct leat_streams *streams);
void streams_metrics_stop(struct leat_streams *streams);

struct metrics *streams_metrics_all(struct streams_metrics *metrics);

/* Appends all series. Thread: the status server's, while the workers are there. */
int streams_metrics_write(struct leat_streams *streams, struct buffer *out) MUST_CHECK;

#endif
