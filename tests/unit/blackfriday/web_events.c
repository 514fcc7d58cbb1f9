/* web_events.c - tests of server-sent events: what a listener reads, and when. */
#include "blackfriday/web/events.h"

#include "base/limits.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <string.h>

static struct events *events;

static void start(void)
{
    events = events_new(20);
}

static void stop(void)
{
    events_free(events);
}

TestSuite(web_events, .init = start, .fini = stop);

static char text[64 << 10];

/* Reads once, whole; the text is empty at the end of the stream. */
static char *read_on(struct events_listener *listener)
{
    ssize_t size = events_read(listener, text, sizeof text - 1);

    text[size < 0 ? 0 : size] = 0;
    return text;
}

static struct events_listener *listen(void)
{
    struct events_listener *listener = events_listen(events);

    cr_assert(listener != NULL);
    cr_assert(eq(str, read_on(listener), "retry: 2000\n\n"));
    return listener;
}

Test(web_events, gives_one_who_comes_the_last_event_of_each_name)
{
    struct events_listener *listener;

    events_publish(events, "totals", "{\"orders\":1}");
    events_publish(events, "health", "{}");
    events_publish(events, "totals", "{\"orders\":2}");
    listener = listen();
    cr_assert(eq(str, read_on(listener),
                 "event: totals\ndata: {\"orders\":2}\n\nevent: health\ndata: {}\n\n"));
    events_leave(listener);
}

Test(web_events, gives_each_event_once_and_a_heartbeat_in_between)
{
    struct events_listener *listener = listen();

    cr_assert(eq(str, read_on(listener), ":\n\n"));
    events_publish(events, "top", "[]");
    cr_assert(eq(str, read_on(listener), "event: top\ndata: []\n\n"));
    cr_assert(eq(str, read_on(listener), ":\n\n"));
    events_leave(listener);
}

Test(web_events, holds_nothing_for_one_who_is_slow_but_the_last_of_each)
{
    struct events_listener *listener = listen();

    for (int i = 0; i < 10000; i++)
        events_publish(events, "totals", i % 2 ? "odd" : "even");
    cr_assert(eq(str, read_on(listener), "event: totals\ndata: odd\n\n"));
    events_leave(listener);
}

Test(web_events, gives_a_long_event_in_pieces)
{
    struct events_listener *listener = listen();
    char data[1001], read[2000] = "", piece[8];
    size_t used = 0;

    memset(data, 'x', sizeof data - 1);
    data[sizeof data - 1] = 0;
    events_publish(events, "long", data);
    while (!strstr(read, "\n\n")) {
        ssize_t size = events_read(listener, piece, sizeof piece);

        cr_assert(size > 0 && used + (size_t)size < sizeof read);
        memcpy(read + used, piece, (size_t)size);
        used += (size_t)size;
    }
    cr_assert(eq(sz, strlen(read), strlen("event: long\ndata: \n\n") + 1000));
    events_leave(listener);
}

Test(web_events, takes_so_many_listeners_and_no_more)
{
    struct events_listener *listeners[LIMIT_WEB_LISTENERS];

    for (size_t i = 0; i < LIMIT_WEB_LISTENERS; i++)
        listeners[i] = events_listen(events);
    cr_assert(events_listen(events) == NULL);
    events_leave(listeners[0]);
    listeners[0] = events_listen(events);
    cr_assert(listeners[0] != NULL);
    for (size_t i = 0; i < LIMIT_WEB_LISTENERS; i++)
        events_leave(listeners[i]);
}

static void *read_to_the_end(void *user)
{
    while (*read_on(user))
        ;
    return NULL;
}

Test(web_events, ends_all_streams_when_it_is_told_to_stop)
{
    struct events_listener *listener = listen();
    pthread_t thread;

    cr_assert(eq(int, pthread_create(&thread, NULL, read_to_the_end, listener), 0));
    events_stop(events);
    pthread_join(thread, NULL);
    events_leave(listener);
    listener = listen();
    cr_assert(eq(str, read_on(listener), ""), "one who comes later is ended as well");
    events_leave(listener);
}
