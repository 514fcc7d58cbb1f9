/* worker_metrics.h - what a worker counts for /metrics: in a block of its own, once a commit and
 * once a second. docs/metrics.md says what each name means.
 *
 * Thread: the worker's, all of it. NULL for struct worker_metrics: nothing is counted.
 */
#ifndef PROCESSOR_WORKER_METRICS_H
#define PROCESSOR_WORKER_METRICS_H

#include "processor/metrics.h"

#include <stdint.h>

struct hosted;
struct hosted_metrics; /* of one task */
struct worker;
struct worker_metrics;

struct worker_metrics *worker_metrics_new(struct metrics *metrics, size_t worker);
void worker_metrics_free(struct worker_metrics *metrics);

/* What is counted outside of workers, too; they are defined in worker_metrics.c. */
extern const struct metric_family worker_metrics_dropped, worker_metrics_memory;

/* A task was opened; and it is closed, with its last figures. */
void worker_metrics_add(struct worker *worker, struct hosted *hosted);
void worker_metrics_remove(struct worker *worker, struct hosted *hosted);

/* Records were processed since now_us, if none were before in this transaction. */
void worker_metrics_begin(struct worker *worker, int64_t now_us);

/* The transaction is committed, in so much time; or undone. */
void worker_metrics_commit(struct worker *worker, int64_t commit_us);
void worker_metrics_undo(struct worker *worker);

/* Gauges that a commit does not move, once a second. */
void worker_metrics_look(struct worker *worker);

#endif
