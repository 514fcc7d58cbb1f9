/* local.c - the log in memory: its lock, its time, and the table of what it offers.
 *
 * Entry points:  log_local_new(), log_local_set_fault()
 * See also:      local.h for the parts, writer.c and reader.c for the way of a record
 */
#include "processor/local/local.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>

static void expire(struct local *local)
{
    int64_t now_us = clock_us(local->clock);

    if (now_us < local->expiry_us)
        return;
    local->expiry_us = INT64_MAX;
    local_transaction_expire(local, now_us);
    local_group_expire(local, now_us);
}

void local_lock(struct local *local)
{
    pthread_mutex_lock(&local->mutex);
    expire(local);
}

void local_unlock(struct local *local)
{
    pthread_mutex_unlock(&local->mutex);
}

void local_expires_at(struct local *local, int64_t at_us)
{
    if (at_us < local->expiry_us)
        local->expiry_us = at_us;
}

void local_wake(struct local *local)
{
    if (local->waiting)
        pthread_cond_broadcast(&local->changed);
}

static struct timespec later(struct timespec at, int64_t us)
{
    int64_t ns = at.tv_nsec + us % 1000000 * 1000;

    return (struct timespec){ at.tv_sec + us / 1000000 + ns / 1000000000, ns % 1000000000 };
}

static bool before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Only threads that may sleep get here: sleeping is the one thing that a fake clock cannot do. */
struct timespec local_until(int timeout_ms)
{
    struct timespec now = { 0 };

    if (timeout_ms <= 0)
        return now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return later(now, (int64_t)timeout_ms * 1000);
}

/* What runs out next wakes sleepers too, since nobody else might look at the clock. */
static bool wake_time(struct local *local, int timeout_ms, const struct timespec *until,
                      struct timespec *at)
{
    struct timespec next;
    int64_t left_us;

    *at = *until;
    if (local->expiry_us == INT64_MAX)
        return timeout_ms > 0;
    left_us = local->expiry_us - clock_us(local->clock);
    clock_gettime(CLOCK_MONOTONIC, &next);
    next = later(next, left_us > 0 ? left_us : 0);
    if (timeout_ms < 0 || before(&next, until))
        *at = next;
    return true;
}

bool local_wait(struct local *local, int timeout_ms, const struct timespec *until)
{
    struct timespec at, now;

    if (!timeout_ms)
        return false;
    local->waiting++;
    if (wake_time(local, timeout_ms, until, &at))
        pthread_cond_timedwait(&local->changed, &local->mutex, &at);
    else
        pthread_cond_wait(&local->changed, &local->mutex);
    local->waiting--;
    expire(local);
    if (timeout_ms < 0)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return before(&now, until);
}

int local_fault(struct local *local, enum log_local_point point)
{
    return local->fault ? local->fault(local->fault_user, point) : LEAT_OK;
}

void log_local_set_fault(struct log *log, log_local_fault *fault, void *user)
{
    struct local *local = (struct local *)log;

    local_lock(local);
    local->fault = fault;
    local->fault_user = user;
    local_unlock(local);
}

static void local_free(struct log *log)
{
    struct local *local = (struct local *)log;
    void *value;

    assert(!local->waiting);
    for (size_t i = 0; map_next(&local->transactions, &i, NULL, &value);)
        local_transaction_free(value);
    for (size_t i = 0; map_next(&local->groups, &i, NULL, &value);)
        local_group_free(value);
    for (size_t i = 0; map_next(&local->topics, &i, NULL, &value);) {
        local_topic_drop(value);
        local_topic_release(value);
    }
    map_free(&local->transactions);
    map_free(&local->groups);
    map_free(&local->topics);
    pthread_cond_destroy(&local->changed);
    pthread_mutex_destroy(&local->mutex);
    memory_free(local);
}

static const struct log_ops local_ops = {
    .topic_look = local_topic_look,
    .topic_setting = local_topic_setting,
    .topic_create = local_topic_create,
    .topic_grow = local_topic_grow,
    .topic_delete = local_topic_delete,
    .topic_list = local_topic_list,
    .ends = local_ends,
    .committed = local_committed,
    .commit_for = local_commit_for,
    .delete_group = local_delete_group,
    .delete_records = local_delete_records,
    .reader_new = local_reader_new,
    .writer_new = local_writer_new,
    .group_join = local_group_join,
    .free = local_free,
};

int log_local_new(struct clock *clock, struct log **out)
{
    struct local *local = memory_new(sizeof *local);
    pthread_condattr_t attributes;

    local->log.ops = &local_ops;
    local->clock = clock;
    local->expiry_us = INT64_MAX;
    pthread_mutex_init(&local->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&local->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    *out = &local->log;
    return LEAT_OK;
}
