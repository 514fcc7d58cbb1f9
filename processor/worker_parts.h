/* worker_parts.h - what the worker's files have of each other, and nobody else. */
#ifndef PROCESSOR_WORKER_PARTS_H
#define PROCESSOR_WORKER_PARTS_H

#include "processor/worker.h"
#include "processor/worker_metrics.h"

#include <pthread.h>

enum stage {
    STAGE_OPENING,   /* home, schemas: may have to wait for the registry */
    STAGE_RESTORING, /* reads changelogs up to where they ended */
    STAGE_SEEKING,   /* asks where to read on: waits for stable offsets */
    STAGE_RUNNING,
};

struct hosted {
    int index;                       /* in layout->tasks */
    const struct layout_task *what;
    struct home *home;
    struct task *task;
    enum stage stage;
    bool planned;                    /* restoring: the changelogs are assigned */
    size_t restoring;                /* stores that are not yet at their target */
    int64_t changelogs;              /* what is in them, in records: for comparison */
    int64_t retry_at_ms;
    int64_t started_ms;
    struct log_position *committed;  /* by input; LOG_OFFSET_NONE: not yet */
    struct log_position mark;        /* its own place in the task topic; topic NULL: none */
    bool marked;                     /* committed with the first offsets of its inputs */
    struct hosted_metrics *metrics;  /* NULL: none, or not open yet */
    uint64_t records, restored;      /* as of the last commit; under the worker's lock */
    int64_t committed_ms;            /* wall clock of it; the same */
    int holds;                       /* by readers on other threads; the same */
    atomic_bool closing;
};

struct slot {
    struct hosted *hosted;
    struct input *input;             /* or */
    struct task_store *store;
};

struct worker {
    struct worker_options options;
    struct log_reader *reader;
    struct log_writer *writer;
    struct worker_metrics *metrics;  /* NULL: none */
    struct hosted **hosted;
    size_t hosted_count, hosted_capacity;
    struct slot *slots;
    size_t slot_count, slot_capacity;
    struct log_message *batch;
    bool in_transaction;
    uint64_t in_hand;                /* records in the open transaction */
    bool wait_over;                  /* the last round found nothing to do */
    int64_t last_commit_ms, last_purge_ms, last_recommit_ms, last_idle_ms, writer_at_ms;
    struct worker_figures figures;
    pthread_mutex_t lock;            /* over hosted[], for worker_describe() and worker_hold() */
    pthread_cond_t let_go;
};

int64_t worker_now(const struct worker *worker);

/* worker_host.c: a task's way from opened to running, and its end. */
int host_advance(struct worker *worker, struct hosted *hosted, struct leat_error *error);
void host_close(struct worker *worker, struct hosted *hosted);
void host_rewind(struct worker *worker, struct hosted *hosted, bool restore,
                 struct leat_error *error);
void host_stage(struct worker *worker, struct hosted *hosted, enum stage stage);
int slot_take(struct worker *worker, const struct slot *slot);
void slot_give(struct worker *worker, int slot);

/* worker_hold.c: waits for those who hold it, and lets nobody in any more. */
void hold_end(struct worker *worker, struct hosted *hosted);

/* worker_restore.c */
int restore_plan(struct worker *worker, struct hosted *hosted, struct leat_error *error);
int restore_message(struct worker *worker, struct hosted *hosted, struct task_store *store,
                    int slot, struct log_message *message, struct leat_error *error);
int restore_round(struct worker *worker, struct hosted *hosted, struct leat_error *error);
bool restore_found_rows(struct hosted *hosted);

/* worker_commit.c */
bool commit_due(struct worker *worker);
int commit_positions(struct worker *worker, const struct log_position *positions, size_t count,
                     struct leat_error *error);
int commit_begin(struct worker *worker, struct leat_error *error);
int commit_all(struct worker *worker, struct leat_error *error);
int commit_undo(struct worker *worker, int cause, struct leat_error *error);
int commit_idle(struct worker *worker, struct leat_error *error);
int commit_purge(struct worker *worker, struct leat_error *error);

#endif
