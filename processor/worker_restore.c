/* worker_restore.c - bringing a task's rows up to the end of its changelogs.
 *
 * Each store is read from the offset that its rows contain up to the high watermark, committed
 * records only; done is when the end of the partition is seen at or behind it. A copy that cannot
 * be trusted is wiped, that store alone, and read from the beginning.
 */
#include "base/logline.h"
#include "processor/worker_parts.h"
#include "state/checkpoint.h"
#include "state/home.h"

#include <assert.h>

enum {
    RESTORE_BATCH_RECORDS = 4096, /* between two writes of the home's batch */
    RESTORE_WAIT_RECORDS = 1000,  /* fewer are sooner read again than waited for */
};

/* Where to read from: what the rows contain, if they may be believed. */
static int find_start(struct worker *worker, struct hosted *hosted, struct task_store *store,
                      int64_t first, struct leat_error *error)
{
    struct home *home = store->at->home;
    uint16_t number = store_number(store->at->store);
    struct checkpoint checkpoint = {
        .first_offset = first,
        .end_offset = store->target,
        .now_ms = clock_wall_ms(worker->options.clock),
        .delete_retention_ms = worker->options.settings.delete_retention_ms,
    };
    enum checkpoint_verdict verdict;
    char text[LEAT_ERROR_TEXT];
    int status = home_offset(home, number, &checkpoint.offset, &checkpoint.written_ms, error);

    if (status)
        return status;
    verdict = checkpoint_judge(&checkpoint);
    store->offset = checkpoint_start(&checkpoint, verdict);
    if (!checkpoint_wipes(verdict))
        return LEAT_OK;
    checkpoint_explain(&checkpoint, verdict, store->at->spec.name, text, sizeof text);
    log_warn("store_wiped", "task=%s %s", hosted->what->name, text);
    store_abort(store->at->store);
    return home_wipe(home, number, error);
}

static int plan_store(struct worker *worker, struct hosted *hosted, struct task_store *store,
                      struct leat_error *error)
{
    struct log_position at = { store->topic, hosted->what->partition, 0 };
    int64_t first;
    int slot, status = log_ends(worker->options.log, at.topic, at.partition, &first,
                                &store->target, error);

    if (!status)
        status = find_start(worker, hosted, store, first, error);
    if (!status)
        hosted->changelogs += store->target - first;
    if (status || store->offset >= store->target)
        return status;
    at.offset = store->offset;
    slot = slot_take(worker, &(struct slot){ .hosted = hosted, .store = store });
    hosted->restoring++;
    return log_reader_assign(worker->reader, &at, slot, error);
}

int restore_plan(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    int status = LEAT_OK;

    hosted->restoring = 0;
    hosted->changelogs = 0;
    for (size_t i = 0; i < hosted->task->store_count && !status; i++)
        status = plan_store(worker, hosted, &hosted->task->stores[i], error);
    hosted->planned = !status;
    return status;
}

static void note_offset(struct worker *worker, struct task_store *store)
{
    home_set_offset(store->at->home, store_number(store->at->store), store->offset,
                    clock_wall_ms(worker->options.clock));
}

/* The rows of all stores of a home lie in one batch, so each one's offset goes with them, whosever
 * turn it is: else a task that is closed before its last store is done leaves rows that are ahead
 * of theirs. */
static int commit_rows(struct worker *worker, struct hosted *hosted, struct home *home,
                       struct leat_error *error)
{
    for (size_t i = 0; i < hosted->task->store_count; i++) {
        struct task_store *store = &hosted->task->stores[i];

        if (store->restored && store->at->home == home)
            note_offset(worker, store);
    }
    return home_commit(home, error);
}

static int finish_store(struct worker *worker, struct hosted *hosted, struct task_store *store,
                        int slot, struct leat_error *error)
{
    struct log_position at = { store->topic, hosted->what->partition, 0 };
    int status;

    note_offset(worker, store);
    status = commit_rows(worker, hosted, store->at->home, error);
    slot_give(worker, slot);
    hosted->restoring--;
    return status ? status : log_reader_unassign(worker->reader, &at, error);
}

static int restore_record(struct worker *worker, struct hosted *hosted, struct task_store *store,
                          const struct log_message *message, struct leat_error *error)
{
    int status = store_restore(store->at->store, message->key, message->value,
                               message->timestamp_ms, error);

    store->offset = message->offset + 1;
    store->restored++;
    atomic_fetch_add(&worker->figures.restored, 1);
    if (status || store->restored % RESTORE_BATCH_RECORDS)
        return status;
    return commit_rows(worker, hosted, store->at->home, error);
}

int restore_message(struct worker *worker, struct hosted *hosted, struct task_store *store,
                    int slot, struct log_message *message, struct leat_error *error)
{
    int status = LEAT_OK;

    if (message->event == LOG_RECORD)
        status = restore_record(worker, hosted, store, message, error);
    else if (message->event == LOG_GONE)
        status = error_set(error, LEAT_E_LOG,
                           "changelog %s, partition %d: offset %lld is not there", store->topic,
                           message->partition, (long long)message->offset);
    else if (message->offset >= store->target) {
        store->offset = message->offset;
        status = finish_store(worker, hosted, store, slot, error);
    }
    log_message_free(message);
    return status;
}

static uint64_t restored_records(const struct hosted *hosted)
{
    uint64_t records = 0;

    for (size_t i = 0; i < hosted->task->store_count; i++)
        records += hosted->task->stores[i].restored;
    return records;
}

/* What was read of a store before its rows were restored is not so any more. */
static void forget_rows(struct hosted *hosted)
{
    for (size_t i = 0; i < hosted->task->store_count; i++)
        store_abort(hosted->task->stores[i].at->store);
}

int restore_round(struct worker *worker, struct hosted *hosted, struct leat_error *error)
{
    int status;

    if (!hosted->planned) {
        for (size_t i = 0; i < hosted->task->store_count; i++)
            hosted->task->stores[i].restored = 0;
        status = restore_plan(worker, hosted, error);
        if (status)
            return status;
    }
    if (hosted->restoring)
        return LEAT_OK;
    pthread_mutex_lock(&worker->lock);
    hosted->restored = restored_records(hosted);
    pthread_mutex_unlock(&worker->lock);
    log_info("task_restored", "task=%s records=%llu of=%lld", hosted->what->name,
             (unsigned long long)hosted->restored, (long long)hosted->changelogs);
    forget_rows(hosted);
    status = task_ready(hosted->task, error);
    /* Else a life that ends before its first flush leaves the next one all this to do again. */
    if (!status && hosted->restored)
        status = home_flush(hosted->home, hosted->restored >= RESTORE_WAIT_RECORDS, error);
    if (!status)
        host_stage(worker, hosted, STAGE_SEEKING);
    return status;
}

static bool has_rows(struct store *store)
{
    struct leat_bytes all = { "", 0 }, none = { 0 };
    struct leat_error ignored = { 0 };
    struct store_cursor *cursor;
    struct entry *entry;
    bool found;

    if (store_range(store, all, none, false, &cursor, &ignored))
        return true;
    found = store_next(cursor, &entry, &ignored) != 0;
    store_cursor_close(cursor);
    return found;
}

bool restore_found_rows(struct hosted *hosted)
{
    for (size_t i = 0; i < hosted->task->store_count; i++)
        if (has_rows(hosted->task->stores[i].at->store))
            return true;
    return false;
}
