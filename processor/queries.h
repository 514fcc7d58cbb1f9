/* queries.h - answers about stores: from this instance's rows, and from the others' by asking them.
 *
 *   GET /stores                              names, kinds, types and tasks
 *   GET /stores/NAME?key=K                   one row; of windows, sessions and versions all of K's
 *   GET /stores/NAME/range?from=A&to=B       keys from A to B, both within
 *   GET /stores/NAME/all                     all keys
 *
 * Rows come in the order of their keys, over all tasks. Parameters: limit, reverse, timeout_ms,
 * from_ms and to_ms (windows that start, sessions that meet, versions valid within), key_hex,
 * from_hex, to_hex for keys that are no text; redirect=true answers 307 to the owner instead of
 * asking it; stale=true takes rows of a task that is being restored, and the answer is marked;
 * anywhere=true asks all tasks for a key that was not partitioned by murmur2.
 * An answer is right or it is none: 503 while a task is between owners, 502 where its owner does
 * not answer. An instance that was asked by another one answers from its own tasks or not at all,
 * so that no request goes round.
 */
#ifndef PROCESSOR_QUERIES_H
#define PROCESSOR_QUERIES_H

#include "processor/control.h"
#include "processor/globals.h"
#include "processor/http.h"
#include "processor/query.h"

struct queries;

struct queries_options { /* all outlive it */
    struct log *log;
    const struct layout *layout;
    struct registry *registry;
    struct crew *crew;
    struct control *control;
    struct globals *globals;
};

struct queries *queries_new(const struct queries_options *options);
void queries_stop(struct queries *queries); /* no request waits any longer; NULL is a no-op */
void queries_free(struct queries *queries); /* NULL is a no-op */

/* The path is what stands behind /stores: "" or "/NAME...". Thread: any, several at once. */
void queries_answer(struct queries *queries, const struct http_request *request,
                    struct http_reply *reply);

#endif
