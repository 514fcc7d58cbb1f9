/* worker_metrics_parts.h - what worker_metrics.c and worker_metrics_task.c share. */
#ifndef PROCESSOR_WORKER_METRICS_PARTS_H
#define PROCESSOR_WORKER_METRICS_PARTS_H

#include "processor/metrics.h"
#include "processor/worker_metrics.h"
#include "processor/worker_parts.h"
#include "state/home.h"

/* The series of a topic or of a step, which all tasks of the worker share. They stay while the
 * worker does: counters must not fall. */
struct named_series {
    char *name;
    struct metric *records, *written, *rejected, *dead, *latency; /* of a topic */
    struct metric *taken, *event;                                 /* of a source topic */
    struct metric *dropped, *late;                                /* of a step */
    struct named_series *next;
};

struct worker_metrics {
    struct metrics_block *block;
    char *worker;
    struct named_series *topics, *steps;
    struct metric *commit, *transaction, *last_commit, *hits, *misses;
    struct metric *memtables, *pending, *files, *rows, *busy, *stalled;
    int64_t first_us; /* when the open transaction got its first record; 0: it has none */
    int64_t look_ms;
    uint64_t looks;
};

/* What the task's counters grew by, and how old its records had become. */
void hosted_metrics_commit(struct worker_metrics *metrics, struct hosted *hosted, int64_t wall_ms);

/* Its lag, shown and returned, and how much is still to be restored. */
int64_t hosted_metrics_look(struct worker *worker, struct hosted *hosted);
void hosted_metrics_state(const struct hosted *hosted, uint64_t disk_bytes);

#endif
