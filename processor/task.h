/* task.h - one task: sub-topologies on one partition, their state, and what waits to be processed.
 *
 * The worker feeds it messages and steps it; a commit is task_flush() (all into the transaction),
 * the log's commit, then task_commit() (all into the state) - or task_abort().
 * Thread: the worker that owns it.
 */
#ifndef PROCESSOR_TASK_H
#define PROCESSOR_TASK_H

#include "processor/port.h"

enum handler { HANDLER_FAIL, HANDLER_CONTINUE, HANDLER_DEAD_LETTER };

struct task_policy {
    enum handler deserialization, processing, production;
    int64_t timestamp_ahead_ms; /* -1: off */
    int64_t idle_ms;            /* -1: idleness is never said */
    int64_t max_idle_ms;        /* max.task.idle.ms; -1: never wait for a partition */
    size_t buffered_records;
};

struct task_options {
    const struct layout *layout;
    const char *name;
    const int *groups;
    size_t group_count;
    int32_t partition;
    struct home *home;
    struct log *log;            /* for topics that records choose */
    struct registry *registry;
    struct clock *clock;
    size_t staged_bytes;
    bool caching;
    int64_t emit_interval_ms;
    struct task_policy policy;
    struct global *(*global)(void *user, const struct step *step);
    void *user;
};

struct task_store {
    struct flow_store *at;
    char *topic;            /* of its changelog */
    int handle;             /* the writer's */
    int64_t offset;         /* restored up to here */
    int64_t target;         /* restored when this is reached */
    uint64_t restored;      /* records */
    uint64_t sent;          /* records since the last commit */
};

/* An input record of whose results the log refused one: when it is read again it is not processed,
 * and the production handler decides. */
struct refusal {
    int64_t offset;
    char *sentence;
};

struct input {
    struct port port;
    int32_t partition;
    int slot;
    struct log_message *ring;   /* messages that wait */
    int64_t *ring_ms;           /* their timestamps, as extracted; INT64_MIN: not yet */
    size_t head, count, capacity;
    int64_t position;           /* behind the last one processed, and markers: lag 0 at the end */
    int64_t end;                /* where the end was last seen */
    int64_t empty_since_ms;
    bool at_end, paused;
    uint64_t rejected, buried;  /* buried: sent to the dead-letter topic */
    struct refusal *refusals;   /* not yet processed again */
    size_t refusal_count, refusal_capacity;
};

/* A turn of task_run(): its last record stands for all of them where latency is measured. */
struct task_turn {
    struct input *input;
    int64_t at_ms;              /* event time */
    int64_t records;
};

enum { TASK_TURNS = 32 };       /* between two commits; what comes then is added to the last one */

struct task {
    struct task_options options;
    struct flow *flow;
    struct input *inputs;
    size_t input_count;
    struct port *outputs;
    size_t output_count;
    struct task_store *stores;
    size_t store_count;
    struct log_writer *writer;  /* the worker's, in the transaction at hand */
    struct buffer scratch;
    struct input *current;      /* whose message is being processed */
    bool dirty;                 /* something was processed since the last commit */
    int64_t busy_ms;            /* monotonic: when a record, no bare mark, was last taken */
    bool woken;                 /* one was since then */
    uint64_t records;
    struct input *latest;       /* of this turn: where the last record came from; NULL: none yet */
    int64_t latest_ms;          /* and its event time */
    struct task_turn turns[TASK_TURNS];
    size_t turn_count;          /* since the last commit; whoever reads them sets it to 0 */
};

int task_new(const struct task_options *options, struct task **out,
             struct leat_error *error) MUST_CHECK;
void task_free(struct task *task);

/* Registers all schemas that it writes. LEAT_E_RETRY: call again. */
int task_register(struct task *task, struct leat_error *error) MUST_CHECK;

/* The writer that its records go to from now on. */
void task_attach(struct task *task, struct log_writer *writer);

/* State is restored: reads clocks and marks. */
int task_ready(struct task *task, struct leat_error *error) MUST_CHECK;

/* Takes the message over. LOG_GONE is the worker's to handle. */
void task_enqueue(struct task *task, struct input *input, const struct log_message *message);
bool task_wants(const struct task *task, const struct input *input); /* there is room */

/* Processes up to `most` messages; returns how many, 0 if it has to wait, or a code:
 * LEAT_E_RETRY (an outage of the registry: nothing is lost, call again), or one that fails the
 * task, with topic, partition and offset in the sentence. */
int task_run(struct task *task, int most, struct leat_error *error) MUST_CHECK;
int task_wall(struct task *task, struct leat_error *error) MUST_CHECK;

bool task_drained(const struct task *task);  /* every input is empty and at its end */
bool task_owes(const struct task *task, int64_t now_ms); /* marks or idleness are to be said */

/* Everything since the last commit into the writer and the homes' batches; then the positions. */
int task_flush(struct task *task, int64_t now_ms, struct leat_error *error) MUST_CHECK;
size_t task_positions(const struct task *task, struct log_position *positions);
int task_commit(struct task *task, struct leat_error *error) MUST_CHECK;

/* The log refused what the input record of this tag (log_failure) had caused: for the next time
 * it is read, behind task_abort(). False: the tag is none of this task's. */
bool task_refuse(struct task *task, uint64_t tag, const char *sentence);

/* Undone: messages are dropped, state is as it was committed; positions are for the worker to set
 * anew by task_seek(). */
int task_abort(struct task *task, struct leat_error *error) MUST_CHECK;
void task_seek(struct input *input, int64_t offset);

#endif
