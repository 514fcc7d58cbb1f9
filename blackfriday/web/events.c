/* events.c - server-sent events: the last one of each name, numbered; a listener remembers the
 * number that it has seen.
 */
#include "blackfriday/web/events.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

struct event {
    char *name, *data;
    uint64_t number;
};

struct events {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct event kept[LIMIT_WEB_EVENTS];
    size_t count, listeners;
    uint64_t number; /* of the newest */
    int heartbeat_ms;
    bool stopped;
};

struct events_listener {
    struct events *events;
    uint64_t seen;
    struct buffer text; /* what was read of the events, and is given out piece by piece */
    size_t given;
};

/* ---- life ------------------------------------------------------------------------------------ */

struct events *events_new(int heartbeat_ms)
{
    struct events *events = memory_new(sizeof *events);
    pthread_condattr_t attributes;

    pthread_mutex_init(&events->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&events->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    events->heartbeat_ms = heartbeat_ms;
    return events;
}

void events_free(struct events *events)
{
    if (!events)
        return;
    assert(!events->listeners);
    for (size_t i = 0; i < events->count; i++) {
        memory_free(events->kept[i].name);
        memory_free(events->kept[i].data);
    }
    pthread_cond_destroy(&events->changed);
    pthread_mutex_destroy(&events->mutex);
    memory_free(events);
}

void events_stop(struct events *events)
{
    pthread_mutex_lock(&events->mutex);
    events->stopped = true;
    pthread_cond_broadcast(&events->changed);
    pthread_mutex_unlock(&events->mutex);
}

/* ---- publishing ------------------------------------------------------------------------------ */

static struct event *event_of(struct events *events, const char *name)
{
    for (size_t i = 0; i < events->count; i++)
        if (!strcmp(events->kept[i].name, name))
            return &events->kept[i];
    assert(events->count < LIMIT_WEB_EVENTS);
    events->kept[events->count].name = memory_text(name);
    return &events->kept[events->count++];
}

void events_publish(struct events *events, const char *name, const char *data)
{
    char *copy = memory_text(data);
    struct event *event;

    assert(!strchr(data, '\n') && !strchr(data, '\r') && strlen(data) <= LIMIT_WEB_EVENT_BYTES);
    pthread_mutex_lock(&events->mutex);
    event = event_of(events, name);
    memory_free(event->data);
    event->data = copy;
    event->number = ++events->number;
    pthread_cond_broadcast(&events->changed);
    pthread_mutex_unlock(&events->mutex);
}

/* ---- listening ------------------------------------------------------------------------------- */

struct events_listener *events_listen(struct events *events)
{
    struct events_listener *listener;
    bool room;

    pthread_mutex_lock(&events->mutex);
    room = events->listeners < LIMIT_WEB_LISTENERS;
    events->listeners += room;
    pthread_mutex_unlock(&events->mutex);
    if (!room)
        return NULL;
    listener = memory_new(sizeof *listener);
    listener->events = events;
    /* All names at their largest, so that no write into it can fail. */
    buffer_init(&listener->text, (size_t)LIMIT_WEB_EVENTS * (LIMIT_WEB_EVENT_BYTES + 256));
    return listener;
}

void events_leave(struct events_listener *listener)
{
    if (!listener)
        return;
    pthread_mutex_lock(&listener->events->mutex);
    listener->events->listeners--;
    pthread_mutex_unlock(&listener->events->mutex);
    buffer_free(&listener->text);
    memory_free(listener);
}

/* Waits for what the listener has not seen: false at the heartbeat. */
static bool wait_for_news(struct events_listener *listener)
{
    struct events *events = listener->events;
    struct timespec until;
    int status = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += events->heartbeat_ms / 1000;
    until.tv_nsec += events->heartbeat_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    while (events->number == listener->seen && !events->stopped && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&events->changed, &events->mutex, &until);
    return events->number != listener->seen;
}

static int write_news(struct events_listener *listener)
{
    const struct events *events = listener->events;
    int status = LEAT_OK;

    for (size_t i = 0; i < events->count && !status; i++)
        if (events->kept[i].number > listener->seen)
            status = buffer_format(&listener->text, "event: %s\ndata: ", events->kept[i].name) ||
                     buffer_text(&listener->text, events->kept[i].data) ||
                     buffer_text(&listener->text, "\n\n");
    listener->seen = events->number;
    return status;
}

/* A comment at first, so that the client knows at once that it is heard, and how soon it is to
 * come again when the stream breaks. */
static int fill(struct events_listener *listener, bool *over)
{
    struct events *events = listener->events;
    bool first = !listener->given && !listener->text.size;
    int status;

    listener->text.size = listener->given = 0;
    if (first)
        return buffer_text(&listener->text, "retry: 2000\n\n");
    pthread_mutex_lock(&events->mutex);
    status = wait_for_news(listener) ? write_news(listener) : buffer_text(&listener->text, ":\n\n");
    *over = events->stopped;
    pthread_mutex_unlock(&events->mutex);
    return status;
}

ssize_t events_read(struct events_listener *listener, char *out, size_t max)
{
    bool over = false;
    size_t left = listener->text.size - listener->given;

    if (!left && (fill(listener, &over) || over))
        return -1;
    left = listener->text.size - listener->given;
    left = left < max ? left : max;
    memcpy(out, listener->text.data + listener->given, left);
    listener->given += left;
    return (ssize_t)left;
}
