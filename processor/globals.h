/* globals.h - fills the process's global tables, by a thread of its own.
 *
 * One home for all of them, offsets in the same batch as the rows; nothing is committed to a group.
 * A table whose topic was made anew, or has lost what was not read yet, is wiped and filled again.
 * Records that cannot be read go to <topic>-rejected, once more by each instance that reads them.
 */
#ifndef PROCESSOR_GLOBALS_H
#define PROCESSOR_GLOBALS_H

#include "processor/layout.h"
#include "processor/task.h"

struct budget;
struct global;
struct globals;

struct globals_options {
    struct log *log;
    const struct layout *layout;
    struct registry *registry;
    struct clock *clock;
    const char *state;       /* the state directory; rows go to <state>/global. NULL: in memory */
    struct budget *budget;   /* NULL only for rows in memory */
    enum handler handler;    /* of records that cannot be read */
};

/* Opens the tables and begins at the stored offsets. A topology without global tables is ready at
 * once and needs no home. Without _start(), globals_step() has to be called. */
int globals_open(const struct globals_options *options, struct globals **out,
                 struct leat_error *error) MUST_CHECK;
int globals_start(struct globals *globals, struct leat_error *error) MUST_CHECK;

/* One batch, waited for up to timeout_ms. The number of messages, 0: none, or a code:
 * LEAT_E_RETRY while the registry or the log cannot be reached. Thread: the caller's, if there is
 * no other. */
int globals_step(struct globals *globals, int timeout_ms, struct leat_error *error) MUST_CHECK;

/* All topics have been read to their ends. False again while a table is filled anew. Any thread. */
bool globals_ready(struct globals *globals);

/* Waits for that. LEAT_E_RETRY: not yet; another code: the thread has failed. Any thread. */
int globals_wait(struct globals *globals, int timeout_ms, struct leat_error *error) MUST_CHECK;

/* The table of a leat_global_from(). Any thread, until globals_stop(). */
struct global *globals_find(struct globals *globals, const struct step *step);

uint64_t globals_rejected(struct globals *globals); /* records so far; any thread */
uint64_t globals_dropped(struct globals *globals);  /* the same: those without a key */

void globals_stop(struct globals *globals); /* ends the thread and frees all; NULL is a no-op */

#endif
