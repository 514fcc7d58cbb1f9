/* driver_task.c - the driver's one task: opened, restored, run record by record, committed.
 *
 * Positions live in the driver and not in the log: it is the only instance, and is no member of a
 * group.
 */
#include "base/memory.h"
#include "processor/driver_parts.h"
#include "state/budget.h"
#include "state/home.h"
#include "topology/global.h"

enum {
    DRIVER_BATCH = 64,
    DRIVER_STAGED_BYTES = 64 << 20,
    DRIVER_READER_BYTES = 64 << 20,
};

/* ---- opening --------------------------------------------------------------------------------- */

static struct global *find_global(void *user, const struct step *step)
{
    return globals_find(((struct leat_driver *)user)->globals, step);
}

static size_t staged_bytes(const struct leat_driver *driver)
{
    return driver->options.memory_bytes ? budget_parts(driver->budget)->staged_bytes
                                        : DRIVER_STAGED_BYTES;
}

static int make_task(struct leat_driver *driver)
{
    struct home_options home = { driver->path, "driver", "task", driver->budget };
    size_t groups = driver->layout->topology->group_count;
    struct task_options options = { .layout = driver->layout,
                                    .name = "task",
                                    .group_count = groups,
                                    .registry = driver->registry,
                                    .clock = &driver->clock.clock,
                                    .staged_bytes = staged_bytes(driver),
                                    .caching = !driver->options.no_cache,
                                    .emit_interval_ms = driver->options.emit_interval,
                                    .global = find_global,
                                    .user = driver };
    int64_t ahead_ms = driver->options.timestamp_ahead;
    int status = home_open(&home, &driver->home, &driver->error);

    if (status)
        return status;
    driver->groups = memory_array(groups, sizeof *driver->groups);
    for (size_t g = 0; g < groups; g++)
        driver->groups[g] = (int)g;
    options.groups = driver->groups;
    options.home = driver->home;
    options.log = driver->log;
    options.policy = (struct task_policy){ .deserialization = HANDLER_DEAD_LETTER,
                                           .processing = HANDLER_FAIL,
                                           .timestamp_ahead_ms = ahead_ms ? ahead_ms : -1,
                                           .idle_ms = -1,
                                           .buffered_records = SIZE_MAX };
    return task_new(&options, &driver->task, &driver->error);
}

/* Reads one changelog from its first record to its end. */
static int restore_all(struct leat_driver *driver, struct log_reader *reader,
                       struct task_store *store)
{
    struct log_message message;
    bool ended = false;
    int status = LEAT_OK, count;

    while (!status && !ended) {
        count = log_reader_poll(reader, &message, 1, 0, &driver->error);
        if (count < 0)
            return count;
        if (!count)
            return error_set(&driver->error, LEAT_E_LOG, "'%s' has no end", store->topic);
        ended = message.event == LOG_END;
        if (message.event == LOG_RECORD)
            status = store_restore(store->at->store, message.key, message.value,
                                   message.timestamp_ms, &driver->error);
        log_message_free(&message);
    }
    return status ? status : home_commit(store->at->home, &driver->error);
}

static int restore(struct leat_driver *driver, struct task_store *store)
{
    struct log_reader_options options = { .queue_bytes = DRIVER_READER_BYTES };
    struct log_position first = { store->topic, 0, 0 };
    struct log_reader *reader;
    int status = home_wipe(store->at->home, store_number(store->at->store), &driver->error);

    store_abort(store->at->store);
    if (!status)
        status = log_reader_new(driver->log, &options, &reader, &driver->error);
    if (status)
        return status;
    status = log_reader_assign(reader, &first, 0, &driver->error);
    if (!status)
        status = restore_all(driver, reader, store);
    log_reader_free(reader);
    return status;
}

/* Where each input goes on: behind what was committed. */
static int seek_inputs(struct leat_driver *driver)
{
    struct task *task = driver->task;
    int status = LEAT_OK;

    for (size_t i = 0; i < task->input_count && !status; i++) {
        struct input *input = &task->inputs[i];
        struct log_position from = { input->port.topic, 0, driver->committed[i].offset };

        input->slot = (int)i;
        task_seek(input, from.offset);
        status = log_reader_assign(driver->reader, &from, input->slot, &driver->error);
    }
    return status;
}

static int open_inputs(struct leat_driver *driver)
{
    struct log_reader_options options = { .queue_bytes = DRIVER_READER_BYTES };
    size_t count = driver->task->input_count;
    int status = log_reader_new(driver->log, &options, &driver->reader, &driver->error);

    if (!driver->committed)
        driver->committed = memory_array(count, sizeof *driver->committed);
    return status ? status : seek_inputs(driver);
}

int driver_task_open(struct leat_driver *driver)
{
    int status = make_task(driver);

    if (status)
        return status;
    status = task_register(driver->task, &driver->error);
    task_attach(driver->task, driver->writer);
    for (size_t i = 0; i < driver->task->store_count && !status; i++)
        status = restore(driver, &driver->task->stores[i]);
    if (!status)
        status = task_ready(driver->task, &driver->error);
    if (!status)
        status = open_inputs(driver);
    return status ? status : driver_wall(driver);
}

void driver_task_close(struct leat_driver *driver)
{
    task_free(driver->task);
    driver->task = NULL;
    if (driver->reader)
        log_reader_free(driver->reader);
    driver->reader = NULL;
    home_close(driver->home);
    driver->home = NULL;
    memory_free(driver->groups);
    driver->groups = NULL;
}

/* ---- running --------------------------------------------------------------------------------- */

static int fetch(struct leat_driver *driver)
{
    struct log_message messages[DRIVER_BATCH];
    int count;

    while ((count = log_reader_poll(driver->reader, messages, DRIVER_BATCH, 0,
                                    &driver->error)) > 0)
        for (int i = 0; i < count; i++)
            task_enqueue(driver->task, &driver->task->inputs[messages[i].slot], &messages[i]);
    return count;
}

static int fill_globals(struct leat_driver *driver)
{
    int count;

    do
        count = globals_step(driver->globals, 0, &driver->error);
    while (count > 0);
    return count;
}

/* What was flushed is undone, as by a crash right before the commit. 1: done. */
static int undo(struct leat_driver *driver)
{
    int status = log_writer_abort(driver->writer, &driver->error);

    if (!status)
        status = task_abort(driver->task, &driver->error);
    if (!status)
        status = seek_inputs(driver);
    return status ? status : 1;
}

/* 1: it was undone, and is to be done again. */
static int commit(struct leat_driver *driver)
{
    int64_t now_ms = clock_ms(&driver->clock.clock);
    int status = task_flush(driver->task, now_ms, &driver->error);

    driver->commits++;
    if (!status && driver->options.undo_every &&
        driver->commits % (uint64_t)driver->options.undo_every == 0)
        return undo(driver);
    if (!status)
        status = log_writer_commit(driver->writer, NULL, NULL, 0, &driver->error);
    if (!status)
        status = task_commit(driver->task, &driver->error);
    if (!status)
        task_positions(driver->task, driver->committed);
    return status;
}

/* A record that could not be read has left its sentence in the error though all went well. */
int driver_run(struct leat_driver *driver)
{
    int status, done = driver->batch;

    while (done > 0) {
        status = fill_globals(driver);
        if (!status)
            status = fetch(driver);
        if (!status)
            status = log_writer_begin(driver->writer, &driver->error);
        if (status)
            return status;
        done = task_run(driver->task, driver->batch, &driver->error);
        if (done == LEAT_E_ABORTED)
            status = done = undo(driver);
        else if (done < 0)
            status = done;
        else
            status = done ? commit(driver) : log_writer_abort(driver->writer, &driver->error);
        if (status < 0)
            return status;
    }
    driver->error = (struct leat_error){ 0 };
    return LEAT_OK;
}

int driver_wall(struct leat_driver *driver)
{
    int status;

    do {
        status = log_writer_begin(driver->writer, &driver->error);
        if (!status)
            status = task_wall(driver->task, &driver->error);
        if (!status)
            status = commit(driver);
    } while (status == 1);
    return status;
}
