/* globals_thread.c - the thread that fills global tables, and those who wait for it. */
#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/globals_parts.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

enum { GLOBALS_POLL_MS = 100, GLOBALS_PAUSE_MS = 500 };

void globals_thread_init(struct globals *globals)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&globals->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&globals->mutex, NULL);
}

void globals_are_ready(struct globals *globals)
{
    if (atomic_load(&globals->ready))
        return;
    pthread_mutex_lock(&globals->mutex);
    atomic_store(&globals->ready, true);
    pthread_cond_broadcast(&globals->changed);
    pthread_mutex_unlock(&globals->mutex);
    log_info("global_tables_ready", "tables=%zu", globals->table_count);
}

static void fail(struct globals *globals, const struct leat_error *error)
{
    log_error("global_tables_failed", "message=\"%s\"", error->text);
    pthread_mutex_lock(&globals->mutex);
    globals->failure = *error;
    pthread_cond_broadcast(&globals->changed);
    pthread_mutex_unlock(&globals->mutex);
}

static void *run(void *user)
{
    struct globals *globals = user;
    struct leat_error error = { 0 };

    while (!atomic_load(&globals->stop)) {
        int status = globals_step(globals, GLOBALS_POLL_MS, &error);

        if (status >= 0)
            continue;
        if (status != LEAT_E_RETRY && status != LEAT_E_ABORTED) {
            fail(globals, &error);
            break;
        }
        log_warn("global_tables_wait", "message=\"%s\"", error.text);
        clock_sleep_ms(GLOBALS_PAUSE_MS);
    }
    return NULL;
}

int globals_start(struct globals *globals, struct leat_error *error)
{
    int code;

    if (!globals->part_count)
        return LEAT_OK;
    assert(!globals->running);
    code = pthread_create(&globals->thread, NULL, run, globals);
    if (code)
        return error_set(error, LEAT_E_LIMIT, "the thread of the global tables cannot start: %s",
                         strerror(code));
    globals->running = true;
    return LEAT_OK;
}

bool globals_ready(struct globals *globals)
{
    return atomic_load(&globals->ready);
}

uint64_t globals_rejected(struct globals *globals)
{
    return atomic_load(&globals->rejected);
}

uint64_t globals_dropped(struct globals *globals)
{
    uint64_t dropped = 0;

    for (size_t i = 0; i < globals->table_count; i++)
        dropped += atomic_load(&globals->tables[i].global->dropped);
    return dropped;
}

static struct timespec deadline(int timeout_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

int globals_wait(struct globals *globals, int timeout_ms, struct leat_error *error)
{
    struct timespec at = deadline(timeout_ms);
    int code = 0, status = LEAT_OK;

    pthread_mutex_lock(&globals->mutex);
    while (!atomic_load(&globals->ready) && !globals->failure.code && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&globals->changed, &globals->mutex, &at);
    if (globals->failure.code)
        status = error_set(error, globals->failure.code, "%s", globals->failure.text);
    else if (!atomic_load(&globals->ready))
        status = error_set(error, LEAT_E_RETRY, "the global tables are not read to their ends yet");
    pthread_mutex_unlock(&globals->mutex);
    return status;
}

static void drop_messages(struct globals *globals)
{
    for (size_t i = globals->taken; i < globals->waiting; i++)
        log_message_free(&globals->messages[i]);
    memory_free(globals->messages);
}

void globals_stop(struct globals *globals)
{
    if (!globals)
        return;
    atomic_store(&globals->stop, true);
    if (globals->running)
        pthread_join(globals->thread, NULL);
    drop_messages(globals);
    pthread_cond_destroy(&globals->changed);
    pthread_mutex_destroy(&globals->mutex);
    globals_close(globals);
}
