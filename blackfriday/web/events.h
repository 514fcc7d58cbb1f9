/* events.h - server-sent events: the last one of each name, and those who listen.
 *
 * Nothing is queued for a listener. One that reads slowly is behind, and then finds the newest of
 * each name, so that the memory is bounded by the names and not by the listeners' pace.
 * Thread: any; a listener is one thread's.
 */
#ifndef BLACKFRIDAY_WEB_EVENTS_H
#define BLACKFRIDAY_WEB_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct events;
struct events_listener;

struct events *events_new(int heartbeat_ms);
void events_free(struct events *events); /* after all listeners; NULL is a no-op */

/* data is one line, of LIMIT_WEB_EVENT_BYTES at most. */
void events_publish(struct events *events, const char *name, const char *data);

/* Ends all listeners, those that come later too. */
void events_stop(struct events *events);

struct events_listener *events_listen(struct events *events); /* NULL: LIMIT_WEB_LISTENERS listen */
void events_leave(struct events_listener *listener);          /* NULL is a no-op */

/* Fills up to max bytes of the stream; waits for the next event, or for the heartbeat. Returns how
 * many, or -1 at the end of it. */
ssize_t events_read(struct events_listener *listener, char *out, size_t max);

#endif
