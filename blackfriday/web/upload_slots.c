/* upload_slots.c - slots for uploads, and the thread that settles what they left open. */
#include "blackfriday/web/upload_slots.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/log.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { MINUTE_MS = 60000, BUSY_SECONDS = 5, SETTLE_MS = 5000, SETTLE_PAUSE_S = 2 };

struct slot {
    char *id;
    bool taken, settling, settled;
};

struct upload_slots {
    struct log *log;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    struct slot slots[LIMIT_UPLOADS];
    int64_t begun_ms[LIMIT_UPLOADS_A_MINUTE]; /* of the latest ones, in a ring; 0: none yet */
    size_t next;
};

/* ---- settling ------------------------------------------------------------------------------ */

static struct slot *unsettled(struct upload_slots *slots)
{
    for (size_t i = 0; i < LIMIT_UPLOADS; i++)
        if (!slots->slots[i].taken && !slots->slots[i].settled)
            return &slots->slots[i];
    return NULL;
}

/* A producer that takes over an id ends its predecessor's transaction. */
static bool settle(struct upload_slots *slots, const char *id)
{
    struct log_writer_options options = { .transactional_id = id, .patience_ms = SETTLE_MS };
    struct log_writer *writer = NULL;
    struct leat_error error = { 0 };
    int code = log_writer_new(slots->log, &options, &writer, &error);

    if (code)
        log_warn("upload_unsettled", "id=%s cause=\"%s\"", id, error.text);
    else
        log_writer_free(writer);
    return !code;
}

static void pause_for(struct upload_slots *slots, int seconds)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    while (!slots->stopping &&
           pthread_cond_timedwait(&slots->changed, &slots->mutex, &until) != ETIMEDOUT)
        continue;
}

static void *settle_all(void *user)
{
    struct upload_slots *slots = user;
    struct slot *slot;

    pthread_mutex_lock(&slots->mutex);
    while (!slots->stopping) {
        slot = unsettled(slots);
        if (!slot) {
            pthread_cond_wait(&slots->changed, &slots->mutex);
            continue;
        }
        slot->taken = slot->settling = true;
        pthread_mutex_unlock(&slots->mutex);
        slot->settled = settle(slots, slot->id);
        pthread_mutex_lock(&slots->mutex);
        slot->taken = slot->settling = false;
        pthread_cond_broadcast(&slots->changed);
        if (!slot->settled)
            pause_for(slots, SETTLE_PAUSE_S);
    }
    pthread_mutex_unlock(&slots->mutex);
    return NULL;
}

/* ---- taking -------------------------------------------------------------------------------- */

/* -1: none. Waits for one that is being settled, since that is soon over. */
static int find_free(struct upload_slots *slots)
{
    bool settling = true;

    while (settling) {
        settling = false;
        for (int i = 0; i < LIMIT_UPLOADS; i++) {
            if (!slots->slots[i].taken)
                return i;
            settling |= slots->slots[i].settling;
        }
        if (settling)
            pthread_cond_wait(&slots->changed, &slots->mutex);
    }
    return -1;
}

/* Until there is room in this minute; 0: there is. */
static unsigned minute_wait_s(const struct upload_slots *slots, int64_t now_ms)
{
    int64_t oldest_ms = slots->begun_ms[slots->next], age_ms = now_ms - oldest_ms;

    return !oldest_ms || age_ms >= MINUTE_MS ? 0 : (unsigned)((MINUTE_MS - age_ms) / 1000 + 1);
}

int upload_slots_take(struct upload_slots *slots, unsigned *wait_s)
{
    int64_t now_ms = clock_ms(clock_system());
    int slot = -1;

    pthread_mutex_lock(&slots->mutex);
    *wait_s = minute_wait_s(slots, now_ms);
    if (!*wait_s) {
        slot = find_free(slots);
        *wait_s = slot < 0 ? BUSY_SECONDS : 0;
    }
    if (slot >= 0) {
        slots->slots[slot].taken = true;
        slots->begun_ms[slots->next] = now_ms;
        slots->next = (slots->next + 1) % LIMIT_UPLOADS_A_MINUTE;
    }
    pthread_mutex_unlock(&slots->mutex);
    return slot;
}

void upload_slots_give(struct upload_slots *slots, int slot, bool settled)
{
    pthread_mutex_lock(&slots->mutex);
    assert(slots->slots[slot].taken);
    slots->slots[slot].taken = false;
    slots->slots[slot].settled = settled;
    pthread_cond_broadcast(&slots->changed);
    pthread_mutex_unlock(&slots->mutex);
}

const char *upload_slots_id(const struct upload_slots *slots, int slot)
{
    return slots->slots[slot].id;
}

/* ---- coming and going ---------------------------------------------------------------------- */

struct upload_slots *upload_slots_new(struct log *log, const char *prefix)
{
    struct upload_slots *slots = memory_new(sizeof *slots);
    int failed;

    slots->log = log;
    for (int i = 0; i < LIMIT_UPLOADS; i++)
        slots->slots[i].id = memory_format("%s-%d", prefix, i);
    pthread_mutex_init(&slots->mutex, NULL);
    pthread_cond_init(&slots->changed, NULL);
    failed = pthread_create(&slots->thread, NULL, settle_all, slots);
    assert(!failed);
    return slots;
}

void upload_slots_free(struct upload_slots *slots)
{
    if (!slots)
        return;
    pthread_mutex_lock(&slots->mutex);
    slots->stopping = true;
    pthread_cond_broadcast(&slots->changed);
    pthread_mutex_unlock(&slots->mutex);
    pthread_join(slots->thread, NULL);
    pthread_cond_destroy(&slots->changed);
    pthread_mutex_destroy(&slots->mutex);
    for (size_t i = 0; i < LIMIT_UPLOADS; i++)
        memory_free(slots->slots[i].id);
    memory_free(slots);
}
