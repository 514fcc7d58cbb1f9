/* worker.c - the round of a worker: move tasks on, take messages, process, commit.
 *
 * See also:  worker_host.c (a task's way to running), worker_restore.c, worker_commit.c
 */
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/worker_parts.h"

#include <assert.h>

enum { RECORDS_A_TURN = 256 }; /* of one task before the next has its turn */

int64_t worker_now(const struct worker *worker)
{
    return clock_ms(worker->options.clock);
}

const struct worker_figures *worker_figures(const struct worker *worker)
{
    return &worker->figures;
}

int worker_new(const struct worker_options *options, struct worker **out, struct leat_error *error)
{
    struct worker *worker = memory_new(sizeof *worker);
    struct log_reader_options reader = { .queue_bytes = options->settings.queue_bytes };
    int status;

    worker->options = *options;
    worker->options.settings.task.production = options->settings.production;
    worker->options.transactional_id = memory_text(options->transactional_id);
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->let_go, NULL);
    worker->batch = memory_array(LIMIT_BATCH, sizeof *worker->batch);
    worker->metrics = worker_metrics_new(options->metrics, options->number);
    worker->last_commit_ms = worker->last_purge_ms = worker->last_recommit_ms = worker_now(worker);
    /* The watchdog may look before the thread has made its first round. */
    atomic_store(&worker->figures.beat_ms, worker_now(worker));
    status = log_reader_new(options->log, &reader, &worker->reader, error);
    if (status)
        worker_free(worker);
    else
        *out = worker;
    return status;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    while (worker->hosted_count)
        host_close(worker, worker->hosted[0]);
    log_writer_free(worker->writer);
    log_reader_free(worker->reader);
    worker_metrics_free(worker->metrics);
    pthread_mutex_destroy(&worker->lock);
    pthread_cond_destroy(&worker->let_go);
    memory_free(worker->batch);
    memory_free(worker->slots);
    memory_free(worker->hosted);
    memory_free(worker->options.transactional_id);
    memory_free(worker);
}

/* ---- orders ---------------------------------------------------------------------------------- */

void worker_add(struct worker *worker, const int *tasks, size_t count)
{
    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < count; i++) {
        struct hosted *hosted = memory_new(sizeof *hosted);

        hosted->index = tasks[i];
        hosted->what = &worker->options.layout->tasks[tasks[i]];
        hosted->started_ms = worker_now(worker);
        worker->hosted = memory_grow(worker->hosted, worker->hosted_count,
                                     &worker->hosted_capacity, sizeof *worker->hosted);
        worker->hosted[worker->hosted_count++] = hosted;
    }
    atomic_store(&worker->figures.tasks, (int)worker->hosted_count);
    pthread_mutex_unlock(&worker->lock);
}

static struct hosted *find(struct worker *worker, int task)
{
    for (size_t i = 0; i < worker->hosted_count; i++)
        if (worker->hosted[i]->index == task)
            return worker->hosted[i];
    return NULL;
}

/* A lost task may be another's by now: what is uncommitted of it must never be committed, and with
 * it goes the transaction that it shares with the others. */
int worker_remove(struct worker *worker, const int *tasks, size_t count, bool lost,
                  struct leat_error *error)
{
    int status = lost ? commit_undo(worker, LEAT_E_ABORTED, error) : commit_all(worker, error);

    for (size_t i = 0; i < count; i++) {
        struct hosted *hosted = find(worker, tasks[i]);

        if (hosted)
            host_close(worker, hosted);
    }
    return status;
}

int worker_finish(struct worker *worker, struct leat_error *error)
{
    int status = commit_all(worker, error);

    while (worker->hosted_count)
        host_close(worker, worker->hosted[0]);
    return status;
}

/* ---- one round ------------------------------------------------------------------------------- */

/* An instance that was away (stopped, frozen) has lost the task without knowing it yet, and finds
 * that its successor has gone on and deleted what it was about to read: a commit will tell it. */
static int input_gone(struct worker *worker, const struct input *input,
                      const struct log_message *message, struct leat_error *error)
{
    struct log_position at = { input->port.topic, input->partition, 0 };
    int status = log_committed(worker->options.log, worker->options.layout->application, &at, 1,
                               error);

    if (status == LEAT_E_RETRY || (!status && at.offset > message->offset))
        return error_set(error, LEAT_E_ABORTED,
                         "topic %s, partition %d: another instance has gone on behind offset %lld",
                         at.topic, at.partition, (long long)message->offset);
    return error_set(error, LEAT_E_LOG,
                     "topic %s, partition %d: offset %lld is not there (the topic was made anew, "
                     "or its retention deleted what was not yet processed); reset the "
                     "application, or restore the topic", at.topic, at.partition,
                     (long long)message->offset);
}

static int take_message(struct worker *worker, struct log_message *message,
                        struct leat_error *error)
{
    struct slot slot = worker->slots[message->slot];
    int status = LEAT_OK;

    if (!slot.hosted)
        log_message_free(message);
    else if (slot.store)
        status = restore_message(worker, slot.hosted, slot.store, message->slot, message, error);
    else if (message->event == LOG_GONE)
        status = input_gone(worker, slot.input, message, error);
    else
        task_enqueue(slot.hosted->task, slot.input, message);
    return status;
}

/* A partition that is far ahead of its task is held back, so that its siblings get through. */
static int hold_back(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < hosted->task->input_count && !status; i++) {
        struct input *input = &hosted->task->inputs[i];
        struct log_position at = { input->port.topic, input->partition, 0 };
        bool full = input->count > LIMIT_BUFFERED;

        if (input->paused ? task_wants(hosted->task, input) : full) {
            input->paused = !input->paused;
            status = log_reader_pause(worker->reader, &at, input->paused, error);
        }
    }
    return status;
}

static int take_messages(struct worker *worker, int wait_ms, struct leat_error *error)
{
    int count = log_reader_poll(worker->reader, worker->batch, LIMIT_BATCH, wait_ms, error);
    int status = count < 0 ? count : LEAT_OK;

    for (int i = 0; i < count; i++)
        if (status)
            log_message_free(&worker->batch[i]);
        else
            status = take_message(worker, &worker->batch[i], error);
    for (size_t i = 0; i < worker->hosted_count && !status; i++)
        if (worker->hosted[i]->stage == STAGE_RUNNING)
            status = hold_back(worker, worker->hosted[i], error);
    return status ? status : count;
}

/* The registry's outage holds this task alone; the others go on. */
static int run_task(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    int done = LEAT_OK;

    if (hosted->stage != STAGE_RUNNING || hosted->retry_at_ms > worker_now(worker))
        return LEAT_OK;
    if (!worker->in_transaction)
        done = commit_begin(worker, error);
    if (done >= 0)
        done = task_run(hosted->task, RECORDS_A_TURN, error);
    if (done >= 0) {
        int status = task_wall(hosted->task, error);

        return status ? status : done;
    }
    if (done != LEAT_E_RETRY)
        return done;
    log_warn("task_waits", "task=%s reason=\"%s\"", hosted->what->name, error->text);
    hosted->retry_at_ms = worker_now(worker) + worker->options.settings.retry_backoff_ms;
    return LEAT_OK;
}

static int run_tasks(struct worker *worker, struct leat_error *error)
{
    int64_t began_us = worker->in_hand ? 0 : clock_us(worker->options.clock);
    int done = 0;

    for (size_t i = 0; i < worker->hosted_count; i++) {
        int status = run_task(worker, worker->hosted[i], error);

        if (status < 0)
            return status;
        done += status;
    }
    if (done && !worker->in_hand)
        log_debug("transaction_holds", "worker=%s", worker->options.transactional_id);
    if (done && !worker->in_hand)
        worker_metrics_begin(worker, began_us);
    worker->in_hand += (uint64_t)done;
    atomic_fetch_add(&worker->figures.records, (unsigned long long)done);
    return done;
}

static int move_on(struct worker *worker, struct leat_error *error)
{
    int running = 0;

    for (size_t i = 0; i < worker->hosted_count; i++) {
        struct hosted *hosted = worker->hosted[i];

        if (hosted->stage != STAGE_RUNNING && hosted->retry_at_ms <= worker_now(worker)) {
            int status = host_advance(worker, hosted, error);

            if (status)
                return status;
        }
        running += hosted->stage == STAGE_RUNNING;
    }
    atomic_store(&worker->figures.running, running);
    return LEAT_OK;
}

/* Who waits out an outage does not stand still. */
static void still_here(void *user)
{
    struct worker *worker = user;

    atomic_store(&worker->figures.beat_ms, worker_now(worker));
}

/* A writer is made with the first task, and anew when one was fenced; an outage puts it off. */
static int have_writer(struct worker *worker, struct leat_error *error)
{
    const struct worker_settings *settings = &worker->options.settings;
    struct log_writer_options options = {
        .transactional_id = settings->exactly_once ? worker->options.transactional_id : NULL,
        .transaction_timeout_ms = settings->transaction_timeout_ms,
        .queue_bytes = settings->queue_bytes,
        .waits = still_here,
        .user = worker,
    };
    int status;

    if (worker->writer || worker_now(worker) < worker->writer_at_ms)
        return worker->writer ? LEAT_OK : 1;
    status = log_writer_new(worker->options.log, &options, &worker->writer, error);
    for (size_t i = 0; i < worker->hosted_count && !status; i++)
        if (worker->hosted[i]->task)
            task_attach(worker->hosted[i]->task, worker->writer);
    if (status != LEAT_E_RETRY)
        return status;
    log_warn("writer_waits", "reason=\"%s\"", error->text);
    worker->writer_at_ms = worker_now(worker) + settings->retry_backoff_ms;
    return 1;
}

/* Where the log refused a record of itself, what caused it is marked, or it would be written and
 * refused for ever. Without a cause that can be named it is the end. */
static int find_cause(struct worker *worker, int status, struct leat_error *error)
{
    struct log_failure failure;

    if (status != LEAT_E_ABORTED || !worker->writer ||
        !log_writer_failure(worker->writer, &failure) || failure.error.code != LEAT_E_LIMIT)
        return status;
    for (size_t i = 0; i < worker->hosted_count && failure.tag; i++)
        if (worker->hosted[i]->stage == STAGE_RUNNING &&
            task_refuse(worker->hosted[i]->task, failure.tag, failure.error.text))
            return status;
    return error_set(error, LEAT_E_LIMIT, "%s", failure.error.text);
}

/* What a failed step leaves: an aborted transaction, or a fenced writer, is begun anew. */
int worker_recover(struct worker *worker, int status, struct leat_error *error)
{
    status = find_cause(worker, status, error);
    if (status != LEAT_E_ABORTED && status != LEAT_E_FENCED)
        return status;
    log_warn("transaction_undone", "cause=%s reason=\"%s\"", leat_status_name(status),
             error->text);
    return commit_undo(worker, status, error);
}

int worker_step(struct worker *worker, int wait_ms, struct leat_error *error)
{
    int status, done = 0;

    atomic_store(&worker->figures.beat_ms, worker_now(worker));
    worker_metrics_look(worker);
    if (!worker->hosted_count) {
        if (wait_ms)
            clock_sleep_ms(wait_ms);
        return LEAT_OK;
    }
    status = have_writer(worker, error);
    if (status == 1 && wait_ms)
        clock_sleep_ms(wait_ms);
    if (status)
        return status == 1 ? LEAT_OK : status;
    status = move_on(worker, error);
    if (!status) {
        status = take_messages(worker, worker->wait_over ? wait_ms : 0, error);
        worker->wait_over = status == 0;
    }
    if (status >= 0) {
        status = done = run_tasks(worker, error);
        worker->wait_over &= done == 0;
    }
    if (status >= 0)
        status = commit_due(worker) ? commit_all(worker, error) : LEAT_OK;
    if (!status)
        status = commit_idle(worker, error);
    if (!status)
        status = commit_purge(worker, error);
    return worker_recover(worker, status, error);
}

void worker_describe(struct worker *worker,
                     void (*visit)(void *user, const char *task, const char *stage,
                                   uint64_t records, uint64_t restored), void *user)
{
    static const char *const stages[] = { "opening", "restoring", "seeking", "running" };

    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < worker->hosted_count; i++) {
        const struct hosted *hosted = worker->hosted[i];

        visit(user, hosted->what->name, stages[hosted->stage], hosted->records, hosted->restored);
    }
    pthread_mutex_unlock(&worker->lock);
}
