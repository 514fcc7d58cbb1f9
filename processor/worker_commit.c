/* worker_commit.c - the commit of a worker: one transaction over all its tasks.
 *
 * Flush the tasks, commit the log's transaction with the inputs' positions, then write the state.
 * After any abort every task that was in the transaction goes back to its committed offsets, those
 * that stay too. docs/design.md says what a crash at each point leaves.
 */
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/owners.h"
#include "processor/worker_parts.h"
#include "state/home.h"
#include "topology/operators.h"

#include <assert.h>

enum { IDLE_FLUSH_MS = 5000, COMMIT_PAUSE_MS = 20 };

/* ---- when ------------------------------------------------------------------------------------ */

/* A position moves without a record where transaction markers lie at the end of a partition. */
static bool moved(const struct hosted *hosted)
{
    struct log_position now[LIMIT_STEP_POSITIONS];
    size_t count = task_positions(hosted->task, now);

    if (hosted->mark.topic && !hosted->marked)
        return true;
    for (size_t i = 0; i < count; i++)
        if (now[i].offset != hosted->committed[i].offset)
            return true;
    return false;
}

/* The mark follows the end of its partition, so that no lag is shown there. */
static void move_mark(const struct worker *worker, struct hosted *hosted)
{
    const struct owners *owners = worker->options.owners;
    int64_t end = owners ? owners_end(owners, (size_t)hosted->index) : 0;

    if (!hosted->mark.topic || end <= hosted->mark.offset)
        return;
    hosted->mark.offset = end;
    hosted->marked = false;
}

/* Brokers forget offsets of topics that no member subscribes to, and none does to the inputs. */
static bool recommit_due(const struct worker *worker, int64_t now_ms)
{
    int64_t interval_ms = worker->options.settings.recommit_ms;

    return interval_ms && now_ms - worker->last_recommit_ms >= interval_ms;
}

bool commit_due(struct worker *worker)
{
    int64_t now_ms = worker_now(worker), since_ms = now_ms - worker->last_commit_ms;
    bool dirty = false, owed = false, drained = true, again = recommit_due(worker, now_ms);

    for (size_t i = 0; i < worker->hosted_count; i++) {
        struct hosted *hosted = worker->hosted[i];

        if (hosted->stage != STAGE_RUNNING)
            continue;
        move_mark(worker, hosted);
        if (flow_full(hosted->task->flow))
            return true;
        dirty |= hosted->task->dirty;
        drained &= task_drained(hosted->task);
        owed |= again || task_owes(hosted->task, now_ms) || moved(hosted);
    }
    if (dirty && drained)
        return true;
    return (dirty || owed) && since_ms >= worker->options.settings.commit_interval_ms;
}

/* ---- the commit ------------------------------------------------------------------------------ */

int commit_begin(struct worker *worker, struct leat_error *error)
{
    int status = log_writer_begin(worker->writer, error);

    worker->in_transaction = !status;
    return status;
}

static int flush_tasks(struct worker *worker, struct leat_error *error)
{
    int64_t now_ms = worker_now(worker);
    int status = LEAT_OK;

    for (size_t i = 0; i < worker->hosted_count && !status; i++)
        if (worker->hosted[i]->stage == STAGE_RUNNING)
            status = task_flush(worker->hosted[i]->task, now_ms, error);
    return status == LEAT_E_RETRY ? LEAT_E_ABORTED : status;
}

/* Positions that moved, or all of them where they have to be kept alive; and the mark of a task
 * that has not begun before. */
static size_t gather(struct worker *worker, bool all, struct log_position **out)
{
    struct log_position now[LIMIT_STEP_POSITIONS + 1], *positions = NULL;
    size_t total = 0, capacity = 0;

    for (size_t i = 0; i < worker->hosted_count; i++) {
        const struct hosted *hosted = worker->hosted[i];
        size_t inputs = hosted->stage == STAGE_RUNNING ? task_positions(hosted->task, now) : 0;
        size_t count = inputs;

        if (inputs && hosted->mark.topic && !hosted->marked)
            now[count++] = hosted->mark;
        for (size_t p = 0; p < count; p++) {
            if (!all && p < inputs && now[p].offset == hosted->committed[p].offset)
                continue;
            positions = memory_grow(positions, total, &capacity, sizeof *positions);
            positions[total++] = now[p];
        }
    }
    *out = positions;
    return total;
}

/* At-least-once. An outage or a rebalance is waited out: to undo what is written already would
 * write it twice. */
int commit_positions(struct worker *worker, const struct log_position *positions, size_t count,
                     struct leat_error *error)
{
    const struct worker_options *with = &worker->options;
    int status;

    while ((status = with->commit(with->user, positions, count, error)) == LEAT_E_RETRY) {
        log_debug("commit_waits", "reason=\"%s\"", error->text);
        atomic_store(&worker->figures.beat_ms, worker_now(worker));
        clock_sleep_ms(COMMIT_PAUSE_MS);
    }
    return status;
}

static int commit_log(struct worker *worker, const struct log_position *positions, size_t count,
                      struct leat_error *error)
{
    const struct worker_options *with = &worker->options;
    int status;

    if (with->settings.exactly_once)
        return log_writer_commit(worker->writer, with->group(with->user), positions, count, error);
    status = log_writer_flush(worker->writer, error);
    return status || !count ? status : commit_positions(worker, positions, count, error);
}

/* Each changelog's offset goes into the batch with the rows that it brought. */
static void set_offsets(struct worker *worker, struct hosted *hosted)
{
    int64_t now_ms = clock_wall_ms(worker->options.clock);

    for (size_t i = 0; i < hosted->task->store_count; i++) {
        struct task_store *store = &hosted->task->stores[i];
        int64_t end;

        if (!store->sent)
            continue;
        end = log_writer_end(worker->writer, store->handle, hosted->what->partition);
        store->offset = end > store->offset ? end : store->offset + (int64_t)store->sent;
        store->sent = 0;
        home_set_offset(store->at->home, store_number(store->at->store), store->offset, now_ms);
    }
}

/* What others may read, by the worker's lock or atomically. */
static void publish(struct worker *worker)
{
    unsigned long long rejected = 0, dropped = 0, late = 0;
    int64_t now_ms = clock_wall_ms(worker->options.clock);

    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < worker->hosted_count; i++) {
        struct hosted *hosted = worker->hosted[i];
        const struct task *task = hosted->task;

        if (!task)
            continue;
        hosted->records = task->records;
        if (hosted->stage == STAGE_RUNNING)
            hosted->committed_ms = now_ms;
        for (size_t n = 0; n < task->input_count; n++)
            rejected += task->inputs[n].rejected;
        for (size_t n = 0; n < task->flow->node_count; n++) {
            dropped += task->flow->nodes[n].dropped;
            late += task->flow->nodes[n].late;
        }
    }
    pthread_mutex_unlock(&worker->lock);
    atomic_store(&worker->figures.rejected, rejected);
    atomic_store(&worker->figures.dropped, dropped);
    atomic_store(&worker->figures.late, late);
}

static int commit_state(struct worker *worker, struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < worker->hosted_count && !status; i++) {
        struct hosted *hosted = worker->hosted[i];

        if (hosted->stage != STAGE_RUNNING)
            continue;
        set_offsets(worker, hosted);
        failpoint("before_state_commit");
        status = task_commit(hosted->task, error);
        failpoint("after_state_commit");
        task_positions(hosted->task, hosted->committed);
        hosted->marked = true;
    }
    return status;
}

int commit_all(struct worker *worker, struct leat_error *error)
{
    int64_t began_us = clock_us(worker->options.clock), now_ms = worker_now(worker);
    bool all = recommit_due(worker, now_ms);
    struct log_position *positions = NULL;
    size_t count = 0;
    int status = worker->writer ? LEAT_OK : 1;

    if (!status && !worker->in_transaction)
        status = commit_begin(worker, error);
    failpoint("before_task_flush");
    if (!status)
        status = flush_tasks(worker, error);
    if (!status) {
        count = gather(worker, all, &positions);
        failpoint("before_log_commit");
        status = commit_log(worker, positions, count, error);
        failpoint("after_log_commit");
        memory_free(positions);
    }
    if (status)
        return status == 1 ? LEAT_OK : status;
    log_debug("transaction_committed", "worker=%s records=%llu", worker->options.transactional_id,
              (unsigned long long)worker->in_hand);
    worker->in_transaction = false;
    worker->in_hand = 0;
    status = commit_state(worker, error);
    publish(worker);
    worker->last_commit_ms = now_ms;
    worker->last_recommit_ms = all ? now_ms : worker->last_recommit_ms;
    atomic_fetch_add(&worker->figures.commits, 1);
    began_us = clock_us(worker->options.clock) - began_us;
    atomic_store(&worker->figures.commit_us, began_us);
    worker_metrics_commit(worker, began_us);
    return status;
}

/* A home goes to disk by its commits: an idle worker makes empty ones, so that a crash finds on
 * disk what was committed last. */
int commit_idle(struct worker *worker, struct leat_error *error)
{
    int64_t now_ms = worker_now(worker);
    int status = LEAT_OK;

    if (now_ms - worker->last_commit_ms < IDLE_FLUSH_MS ||
        now_ms - worker->last_idle_ms < IDLE_FLUSH_MS)
        return LEAT_OK;
    worker->last_idle_ms = now_ms;
    for (size_t i = 0; i < worker->hosted_count && !status; i++)
        if (worker->hosted[i]->stage == STAGE_RUNNING && !worker->hosted[i]->task->dirty)
            status = home_commit(worker->hosted[i]->home, error);
    return status;
}

/* ---- undoing --------------------------------------------------------------------------------- */

/* LEAT_E_FENCED: the writer is of no more use, and what it last committed is settled when its
 * successor has been made. */
int commit_undo(struct worker *worker, int cause, struct leat_error *error)
{
    bool fenced = cause == LEAT_E_FENCED;

    if (!worker->writer)
        return LEAT_OK;
    atomic_fetch_add(&worker->figures.aborts, 1);
    if (!fenced && worker->in_transaction)
        fenced = log_writer_abort(worker->writer, error) != LEAT_OK;
    if (fenced) {
        log_writer_free(worker->writer);
        worker->writer = NULL;
    }
    worker->in_transaction = false;
    worker->in_hand = 0;
    worker_metrics_undo(worker);
    for (size_t i = 0; i < worker->hosted_count; i++)
        host_rewind(worker, worker->hosted[i], fenced, error);
    return LEAT_OK;
}

/* ---- what is committed is deleted ------------------------------------------------------------ */

int commit_purge(struct worker *worker, struct leat_error *error)
{
    int64_t interval_ms = worker->options.settings.purge_interval_ms, now_ms = worker_now(worker);
    struct log_position *positions = NULL;
    size_t count = 0, capacity = 0;
    int status = LEAT_OK;

    if (!interval_ms || now_ms - worker->last_purge_ms < interval_ms)
        return LEAT_OK;
    worker->last_purge_ms = now_ms;
    for (size_t i = 0; i < worker->hosted_count; i++) {
        const struct hosted *hosted = worker->hosted[i];

        if (hosted->stage != STAGE_RUNNING)
            continue;
        for (size_t n = 0; n < hosted->task->input_count; n++) {
            if (!hosted->task->inputs[n].port.framed || hosted->committed[n].offset <= 0)
                continue;
            positions = memory_grow(positions, count, &capacity, sizeof *positions);
            positions[count++] = hosted->committed[n];
        }
    }
    if (count)
        status = log_delete_records(worker->options.log, positions, count, error);
    memory_free(positions);
    if (status)
        log_warn("purge_failed", "reason=\"%s\"", error->text);
    return LEAT_OK;
}
