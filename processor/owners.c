/* owners.c - telling which tasks are ours: a thread that writes what control took and gave.
 *
 * A claim is taken back even where it was never seen to be written: it may still be on its way.
 */
#include "processor/owners.h"

#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum {
    OWNERS_QUEUE_BYTES = 1 << 20,
    OWNERS_PAUSE_MS = 1000,
    OWNERS_LOOK_MS = 5000,     /* between two looks at the ends, after a change */
    OWNERS_LOOKS = 12,         /* so many of them */
    OWNERS_REST_MS = 60000,    /* between two looks else */
    OWNERS_PATIENCE_MS = 2000, /* a stop in an outage waits no longer for the last word */
    OWNERS_TEXT = 1024,
};

struct claim {
    bool owned, claimed; /* claimed: that it was ever ours may stand in the topic */
    uint64_t wanted, told; /* versions of the above */
    int64_t since_ms;
};

struct owners {
    struct log *log;
    const struct layout *layout;
    const struct task_table *table;
    char *instance, *address;
    _Atomic int64_t *ends; /* by task */
    struct claim *claims;  /* by task; all below under the lock */
    uint64_t changes;
    int looks;             /* still to come soon */
    bool stop, running;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
};

struct owners *owners_new(struct log *log, const struct layout *layout,
                          const struct task_table *table, const char *instance)
{
    struct owners *owners = memory_new(sizeof *owners);
    pthread_condattr_t attributes;

    owners->log = log;
    owners->layout = layout;
    owners->table = table;
    owners->instance = memory_text(instance);
    owners->claims = memory_array(layout->task_count, sizeof *owners->claims);
    owners->ends = memory_array(layout->task_count, sizeof *owners->ends);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&owners->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&owners->lock, NULL);
    return owners;
}

static void change(struct owners *owners, const int *tasks, size_t count, bool owned)
{
    int64_t now_ms = clock_wall_ms(clock_system());

    pthread_mutex_lock(&owners->lock);
    for (size_t i = 0; i < count; i++) {
        struct claim *claim = &owners->claims[tasks[i]];

        assert((size_t)tasks[i] < owners->layout->task_count);
        claim->owned = owned;
        claim->since_ms = now_ms;
        claim->wanted++;
    }
    owners->changes++;
    owners->looks = OWNERS_LOOKS;
    pthread_cond_signal(&owners->changed);
    pthread_mutex_unlock(&owners->lock);
}

void owners_take(struct owners *owners, const int *tasks, size_t count)
{
    change(owners, tasks, count, true);
}

void owners_give(struct owners *owners, const int *tasks, size_t count)
{
    change(owners, tasks, count, false);
}

/* ---- the thread ------------------------------------------------------------------------------ */

struct told { /* one record */
    size_t task;
    struct claim claim;
};

/* What is to be told now, as it is now. */
static size_t gather_locked(struct owners *owners, struct told *told)
{
    size_t count = 0;

    for (size_t t = 0; t < owners->layout->task_count; t++) {
        struct claim *claim = &owners->claims[t];

        if (claim->wanted == claim->told)
            continue;
        if (claim->owned || claim->claimed)
            told[count++] = (struct told){ t, *claim };
        else
            claim->told = claim->wanted;
        claim->claimed |= claim->owned;
    }
    return count;
}

static int send_one(struct owners *owners, struct log_writer *writer, const struct told *told,
                    struct leat_error *error)
{
    const struct claim *claim = &told->claim;
    struct log_record record = { .topic = log_writer_topic(writer,
                                                           task_table_topic(owners->table)),
                                 .partition = task_table_number(owners->table, told->task),
                                 .timestamp_ms = claim->since_ms,
                                 .key = LEAT_LITERAL("owner") };
    char text[OWNERS_TEXT];

    snprintf(text, sizeof text, "instance=%s since_ms=%" PRId64 "%s%s", owners->instance,
             claim->since_ms, claim->owned ? " address=" : "",
             claim->owned ? owners->address : "");
    record.value = leat_bytes_of(text);
    return log_writer_send(writer, &record, error);
}

static int send_all(struct owners *owners, const struct told *told, size_t count,
                    struct leat_error *error)
{
    struct log_writer_options options = { .queue_bytes = OWNERS_QUEUE_BYTES,
                                          .patience_ms = OWNERS_PATIENCE_MS };
    struct log_writer *writer;
    int status = log_writer_new(owners->log, &options, &writer, error);

    if (status)
        return status;
    for (size_t i = 0; i < count && !status; i++)
        status = send_one(owners, writer, &told[i], error);
    if (!status)
        status = log_writer_flush(writer, error);
    log_writer_free(writer);
    return status;
}

static void note_told_locked(struct owners *owners, const struct told *told, size_t count)
{
    for (size_t i = 0; i < count; i++)
        owners->claims[told[i].task].told = told[i].claim.wanted;
}

static void pause_locked(struct owners *owners, int pause_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += pause_ms / 1000;
    if (!owners->stop)
        pthread_cond_timedwait(&owners->changed, &owners->lock, &until);
}

/* ---- ends ------------------------------------------------------------------------------------ */

int64_t owners_end(const struct owners *owners, size_t task)
{
    return atomic_load_explicit(&owners->ends[task], memory_order_relaxed);
}

static bool is_ours(struct owners *owners, size_t task)
{
    bool ours;

    pthread_mutex_lock(&owners->lock);
    ours = owners->claims[task].owned && !owners->stop;
    pthread_mutex_unlock(&owners->lock);
    return ours;
}

/* An outage puts it off to the next look. */
static void look(struct owners *owners)
{
    struct leat_error error = { 0 };
    int64_t first, end;

    for (size_t t = 0; t < owners->layout->task_count; t++) {
        if (!is_ours(owners, t))
            continue;
        if (log_ends(owners->log, task_table_topic(owners->table),
                     task_table_number(owners->table, t), &first, &end, &error))
            return;
        atomic_store_explicit(&owners->ends[t], end, memory_order_relaxed);
    }
}

static void look_locked(struct owners *owners)
{
    bool soon = owners->looks > 0;
    uint64_t seen = owners->changes;

    owners->looks -= soon;
    pthread_mutex_unlock(&owners->lock);
    look(owners);
    pthread_mutex_lock(&owners->lock);
    if (owners->changes == seen)
        pause_locked(owners, soon ? OWNERS_LOOK_MS : OWNERS_REST_MS);
}

/* ---- the thread's round ---------------------------------------------------------------------- */

/* A stop tells what is left, once. */
static void *tell(void *argument)
{
    struct owners *owners = argument;
    struct told *told = memory_array(owners->layout->task_count, sizeof *told);
    struct leat_error error = { 0 };
    bool last = false;

    pthread_mutex_lock(&owners->lock);
    while (!last) {
        size_t count = gather_locked(owners, told);
        int status;

        last = owners->stop;
        if (!count && !last) {
            look_locked(owners);
            continue;
        }
        pthread_mutex_unlock(&owners->lock);
        status = count ? send_all(owners, told, count, &error) : LEAT_OK;
        pthread_mutex_lock(&owners->lock);
        if (!status) {
            note_told_locked(owners, told, count);
        } else {
            log_warn("owners_wait", "reason=\"%s\"", error.text);
            pause_locked(owners, OWNERS_PAUSE_MS);
        }
    }
    pthread_mutex_unlock(&owners->lock);
    memory_free(told);
    return NULL;
}

int owners_start(struct owners *owners, const char *address, struct leat_error *error)
{
    owners->address = memory_text(address);
    if (pthread_create(&owners->thread, NULL, tell, owners))
        return error_set(error, LEAT_E_LIMIT, "cannot start the thread that tells what is owned");
    owners->running = true;
    return LEAT_OK;
}

void owners_stop(struct owners *owners)
{
    if (!owners)
        return;
    pthread_mutex_lock(&owners->lock);
    owners->stop = true;
    pthread_cond_signal(&owners->changed);
    pthread_mutex_unlock(&owners->lock);
    if (owners->running)
        pthread_join(owners->thread, NULL);
    pthread_cond_destroy(&owners->changed);
    pthread_mutex_destroy(&owners->lock);
    memory_free(owners->claims);
    memory_free(owners->ends);
    memory_free(owners->instance);
    memory_free(owners->address);
    memory_free(owners);
}
