/* worker.h - one thread's share of the work: a reader, a transactional writer, and its tasks.
 *
 * All its tasks commit together, in one transaction. Another thread talks to it through the
 * mailbox only. worker_step() is one round without a thread, for the simulator.
 */
#ifndef PROCESSOR_WORKER_H
#define PROCESSOR_WORKER_H

#include "processor/task.h"

#include <stdatomic.h>

struct budget;
struct globals;
struct metrics;
struct task_table;

/* Where an input begins that the group has no offset of; repartition topics always at their start.
 * In the order of auto.offset.reset. */
enum worker_reset { RESET_EARLIEST, RESET_LATEST, RESET_NONE };

struct worker_settings {
    bool exactly_once;
    int64_t commit_interval_ms;
    int transaction_timeout_ms;
    int64_t purge_interval_ms;    /* of committed repartition records; 0: never */
    int64_t recommit_ms;          /* idle offsets are committed again this often; 0: never */
    enum worker_reset reset;
    int64_t retry_backoff_ms;
    int64_t delete_retention_ms;  /* of changelogs: half of it is a copy's age at most */
    size_t queue_bytes;
    size_t staged_bytes;          /* of one task */
    bool caching;
    int64_t emit_interval_ms;
    int64_t flush_interval_ms;    /* of a task's state to disk */
    size_t flush_bytes;
    enum handler production;
    struct task_policy task;
};

struct worker_options {
    const struct layout *layout;
    const struct task_table *table; /* NULL: tasks leave no mark that they have begun */
    const struct owners *owners;    /* know how far the marks' partitions reach; or NULL */
    struct log *log;
    struct registry *registry;
    struct clock *clock;
    struct budget *budget;
    struct globals *globals;
    struct metrics *metrics;      /* NULL: nothing is counted for them */
    size_t number;                /* among the workers of the instance */
    const char *state_dir;        /* of the application; NULL: state in memory only */
    const char *transactional_id;
    struct worker_settings settings;

    /* The membership as it is now; NULL: none, and nothing can be committed. */
    struct log_group *(*group)(void *user);
    /* At-least-once: commits positions through the group consumer. */
    int (*commit)(void *user, const struct log_position *positions, size_t count,
                  struct leat_error *error);
    void *user;
};

struct worker;

/* Figures that others may read at any time. */
struct worker_figures {
    atomic_ullong records, commits, aborts, restored, rejected, dropped, late;
    atomic_llong beat_ms;         /* monotonic: the last round */
    atomic_llong commit_us;       /* of the last commit */
    atomic_int tasks, running;
};

int worker_new(const struct worker_options *options, struct worker **out,
               struct leat_error *error) MUST_CHECK;
void worker_free(struct worker *worker); /* tasks that are left are closed without a commit */

/* One round: orders, messages, records, commit if it is due. Waits for messages up to wait_ms.
 * A code ends the application; the sentence says why. */
int worker_step(struct worker *worker, int wait_ms, struct leat_error *error) MUST_CHECK;

/* Orders, by indexes into layout->tasks. worker_add() returns at once; worker_remove() carries its
 * order out: commits (unless lost) and closes. Thread: the worker's. */
void worker_add(struct worker *worker, const int *tasks, size_t count);
int worker_remove(struct worker *worker, const int *tasks, size_t count, bool lost,
                  struct leat_error *error) MUST_CHECK;

/* What an order ran into (LEAT_E_ABORTED, LEAT_E_FENCED) is undone: worker_step() does it itself.
 * Any other status comes back as it is. */
int worker_recover(struct worker *worker, int status, struct leat_error *error) MUST_CHECK;

/* Commits what there is and closes all tasks. */
int worker_finish(struct worker *worker, struct leat_error *error) MUST_CHECK;

const struct worker_figures *worker_figures(const struct worker *worker);

/* For status pages: calls visit for each task, with its stage. Takes the worker's lock. */
void worker_describe(struct worker *worker,
                     void (*visit)(void *user, const char *task, const char *stage,
                                   uint64_t records, uint64_t restored), void *user);

/* A task whose rows another thread reads, by home_get() and cursors of its flow's stores: they stay
 * open until it lets go. Of all else it may touch nothing. */
struct worker_hold {
    const struct task *task;
    bool running;             /* else its rows are of some time before, or not even that */
    int64_t committed_ms;     /* wall clock of the last commit; 0: not known */
    const atomic_bool *closing; /* let go soon: the task is waited for */
    void *hosted;
};

/* False: the task is not here, or not open yet. Thread: any; waits for no commit. */
bool worker_hold(struct worker *worker, int task, struct worker_hold *out) MUST_CHECK;
void worker_let_go(struct worker *worker, const struct worker_hold *hold);

#endif
