/* worker_host.c - a task on its way: opened, restored, placed at its offsets, running; closed.
 *
 * Each stage is a short step that may say "again later" (an outage, unstable offsets), so that the
 * worker's other tasks go on meanwhile.
 */
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/globals.h"
#include "processor/task_table.h"
#include "processor/worker_parts.h"
#include "state/home.h"

#include <assert.h>

/* ---- slots ----------------------------------------------------------------------------------- */

int slot_take(struct worker *worker, const struct slot *slot)
{
    size_t at = 0;

    while (at < worker->slot_count && worker->slots[at].hosted)
        at++;
    if (at == worker->slot_count) {
        worker->slots = memory_grow(worker->slots, worker->slot_count, &worker->slot_capacity,
                                    sizeof *worker->slots);
        worker->slot_count++;
    }
    worker->slots[at] = *slot;
    return (int)at;
}

void slot_give(struct worker *worker, int slot)
{
    worker->slots[slot] = (struct slot){ 0 };
}

/* Takes all partitions of the task out of the reader; one that is stuck does not keep others. */
static int let_go(struct worker *worker, const struct hosted *hosted, struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < worker->slot_count; i++) {
        const struct slot *slot = &worker->slots[i];
        struct log_position at;
        int one;

        if (slot->hosted != hosted)
            continue;
        at = slot->store ? (struct log_position){ slot->store->topic, hosted->what->partition, 0 }
                         : (struct log_position){ slot->input->port.topic, slot->input->partition,
                                                  0 };
        one = log_reader_unassign(worker->reader, &at, error);
        status = status ? status : one;
        slot_give(worker, (int)i);
    }
    return status;
}

void host_stage(struct worker *worker, struct hosted *hosted, enum stage stage)
{
    pthread_mutex_lock(&worker->lock);
    hosted->stage = stage;
    if (stage == STAGE_RUNNING)
        hosted->committed_ms = clock_wall_ms(worker->options.clock);
    pthread_mutex_unlock(&worker->lock);
}

/* ---- opening --------------------------------------------------------------------------------- */

static struct global *find_global(void *user, const struct step *step)
{
    struct worker *worker = user;

    return globals_find(worker->options.globals, step);
}

static int open_home(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    const struct worker_options *with = &worker->options;
    struct home_options options = { .application = with->layout->application,
                                    .task = hosted->what->name,
                                    .budget = with->budget,
                                    .flush_interval_ms = with->settings.flush_interval_ms,
                                    .flush_bytes = with->settings.flush_bytes };
    char *path = with->state_dir ? memory_format("%s/%s", with->state_dir, hosted->what->name)
                                 : NULL;
    int status;

    options.path = path;
    status = home_open(&options, &hosted->home, error);
    memory_free(path);
    return status;
}

static int open_task(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    const struct worker_options *with = &worker->options;
    struct task_options options = { .layout = with->layout,
                                    .name = hosted->what->name,
                                    .groups = &hosted->what->group,
                                    .group_count = 1,
                                    .partition = hosted->what->partition,
                                    .home = hosted->home,
                                    .log = with->log,
                                    .registry = with->registry,
                                    .clock = with->clock,
                                    .staged_bytes = with->settings.staged_bytes,
                                    .caching = with->settings.caching,
                                    .emit_interval_ms = with->settings.emit_interval_ms,
                                    .policy = with->settings.task,
                                    .global = find_global,
                                    .user = worker };
    int status = task_new(&options, &hosted->task, error);

    if (status)
        return status;
    hosted->committed = memory_array(hosted->task->input_count, sizeof *hosted->committed);
    task_attach(hosted->task, worker->writer);
    return LEAT_OK;
}

static int advance_opening(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    int status = LEAT_OK;

    if (worker->options.globals && !globals_ready(worker->options.globals))
        return LEAT_E_RETRY;
    if (!hosted->home)
        status = open_home(worker, hosted, error);
    if (!status && !hosted->task)
        status = open_task(worker, hosted, error);
    if (!status)
        worker_metrics_add(worker, hosted);
    if (!status)
        status = task_register(hosted->task, error);
    if (!status)
        host_stage(worker, hosted, STAGE_RESTORING);
    return status;
}

/* ---- seeking --------------------------------------------------------------------------------- */

static int first_offset(struct worker *worker, const struct input *input,
                        struct log_position *position, struct leat_error *error)
{
    enum worker_reset reset = input->port.framed ? RESET_EARLIEST
                                                 : worker->options.settings.reset;
    int64_t first, end;
    int status = log_ends(worker->options.log, position->topic, position->partition, &first, &end,
                          error);

    if (!status && reset == RESET_NONE)
        return error_set(error, LEAT_E_LOG,
                         "group '%s' has no offset for topic %s, partition %d, and "
                         "auto.offset.reset is none: commit one, or say earliest or latest",
                         worker->options.layout->application, position->topic,
                         position->partition);
    position->offset = reset == RESET_LATEST ? end : first;
    return status;
}

/* Each input's offset is committed with the first results, its beginning too. One that is gone
 * while state is there, or while the task is marked as begun, means that the group was deleted,
 * that its offsets expired, or that the topic was deleted: to begin anew would count everything
 * twice, or go on as if nothing were missing. */
static int check_offsets(struct hosted *hosted, const struct log_position *missing,
                         struct leat_error *error)
{
    bool rows = missing && restore_found_rows(hosted);

    if (!missing || (!rows && !hosted->marked))
        return LEAT_OK;
    return error_set(error, LEAT_E_STATE,
                     "task %s %s but the group has no committed offset for topic %s, partition "
                     "%d (they expired, or the topic or the group was deleted); reset the "
                     "application, or set the group's offsets to where it is to go on",
                     hosted->what->name, rows ? "has state" : "has begun", missing->topic,
                     missing->partition);
}

/* That a task has begun is an offset too, of its own partition of the task topic: one transaction
 * sets it and the inputs', and it outlives theirs. */
static int find_mark(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    const struct worker_options *with = &worker->options;
    struct log_position *mark = &hosted->mark;
    int64_t first;
    int status;

    if (!with->table)
        return LEAT_OK;
    *mark = (struct log_position){ task_table_topic(with->table),
                                   task_table_number(with->table, (size_t)hosted->index),
                                   LOG_OFFSET_NONE };
    status = log_committed(with->log, with->layout->application, mark, 1, error);
    hosted->marked = mark->offset != LOG_OFFSET_NONE;
    return status || hosted->marked
               ? status
               : log_ends(with->log, mark->topic, mark->partition, &first, &mark->offset, error);
}

static int find_offsets(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    struct task *task = hosted->task;
    struct log_position *committed = hosted->committed;
    const struct log_position *missing = NULL;
    int status = find_mark(worker, hosted, error);

    task_positions(task, committed);
    if (!status)
        status = log_committed(worker->options.log, worker->options.layout->application,
                               committed, task->input_count, error);
    for (size_t i = 0; i < task->input_count && !status; i++)
        if (committed[i].offset == LOG_OFFSET_NONE)
            missing = &committed[i];
    return status ? status : check_offsets(hosted, missing, error);
}

/* At-least-once writes results before offsets: a crash between the first of each would leave state
 * without offsets, so the beginning is committed before any work. */
static int commit_start(struct worker *worker, struct hosted *hosted,
                        struct log_position *from, struct leat_error *error)
{
    size_t count = hosted->task->input_count;
    bool missing = false;
    int status;

    for (size_t i = 0; i < count; i++)
        missing |= hosted->committed[i].offset == LOG_OFFSET_NONE;
    if (!missing || worker->options.settings.exactly_once)
        return LEAT_OK;
    if (hosted->mark.topic && !hosted->marked)
        from[count++] = hosted->mark;
    status = commit_positions(worker, from, count, error);
    for (size_t i = 0; i < hosted->task->input_count && !status; i++)
        hosted->committed[i] = from[i];
    hosted->marked = !status;
    return status;
}

static int find_start(struct worker *worker, struct hosted *hosted, struct log_position *from,
                      struct leat_error *error)
{
    struct task *task = hosted->task;
    int status = find_offsets(worker, hosted, error);

    for (size_t i = 0; i < task->input_count && !status; i++) {
        from[i] = hosted->committed[i];
        if (from[i].offset == LOG_OFFSET_NONE)
            status = first_offset(worker, &task->inputs[i], &from[i], error);
    }
    return status ? status : commit_start(worker, hosted, from, error);
}

static int advance_seeking(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    struct task *task = hosted->task;
    struct log_position from[LIMIT_STEP_POSITIONS + 1]; /* and the mark */
    int status = find_start(worker, hosted, from, error);

    for (size_t i = 0; i < task->input_count && !status; i++) {
        struct input *input = &task->inputs[i];

        task_seek(input, from[i].offset);
        input->slot = slot_take(worker, &(struct slot){ .hosted = hosted, .input = input });
        status = log_reader_assign(worker->reader, &from[i], input->slot, error);
    }
    if (status)
        return status;
    host_stage(worker, hosted, STAGE_RUNNING);
    log_info("task_running", "task=%s after_ms=%lld", hosted->what->name,
             (long long)(worker_now(worker) - hosted->started_ms));
    return LEAT_OK;
}

/* A stage that stopped halfway is begun anew; what it had already assigned must not stay behind. */
static void go_back(struct worker *worker, struct hosted *hosted)
{
    struct leat_error ignored = { 0 };

    if (let_go(worker, hosted, &ignored))
        log_warn("unassign_failed", "task=%s reason=\"%s\"", hosted->what->name, ignored.text);
}

/* ---- the way --------------------------------------------------------------------------------- */

int host_advance(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    int status = LEAT_OK;

    switch (hosted->stage) {
    case STAGE_OPENING:
        status = advance_opening(worker, hosted, error);
        break;
    case STAGE_RESTORING:
        status = restore_round(worker, hosted, error);
        break;
    case STAGE_SEEKING:
        status = advance_seeking(worker, hosted, error);
        break;
    case STAGE_RUNNING:
        break;
    }
    if (status)
        go_back(worker, hosted);
    if (status != LEAT_E_RETRY)
        return status;
    hosted->retry_at_ms = worker_now(worker) + worker->options.settings.retry_backoff_ms;
    return LEAT_OK;
}

/* Back to the committed offsets; through another restore where the outcome of a commit is not
 * known, since the changelog may be ahead of the local rows then. */
void host_rewind(struct worker *worker, struct hosted *hosted, bool restore,
                 struct leat_error *error)
{
    int status;

    if (hosted->stage != STAGE_RUNNING)
        return;
    go_back(worker, hosted);
    for (size_t i = 0; i < hosted->task->input_count; i++)
        task_seek(&hosted->task->inputs[i], 0);
    status = task_abort(hosted->task, error);
    if (status)
        log_error("rewind_failed", "task=%s reason=\"%s\"", hosted->what->name, error->text);
    hosted->planned = false;
    host_stage(worker, hosted, restore ? STAGE_RESTORING : STAGE_SEEKING);
}

static void forget(struct worker *worker, const struct hosted *hosted)
{
    size_t kept = 0;

    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; i < worker->hosted_count; i++)
        if (worker->hosted[i] != hosted)
            worker->hosted[kept++] = worker->hosted[i];
    worker->hosted_count = kept;
    atomic_store(&worker->figures.tasks, (int)kept);
    pthread_mutex_unlock(&worker->lock);
}

void host_close(struct worker *worker, struct hosted *hosted)
{
    worker_metrics_remove(worker, hosted);
    go_back(worker, hosted);
    forget(worker, hosted);
    hold_end(worker, hosted);
    task_free(hosted->task);
    home_close(hosted->home);
    log_info("task_closed", "task=%s", hosted->what->name);
    memory_free(hosted->committed);
    memory_free(hosted);
}
