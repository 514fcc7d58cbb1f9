/* crew.h - workers on threads of their own, and the one mailbox between them and control.
 *
 * Control gives orders and waits for those that must be done before it goes on; a worker under
 * at-least-once asks control to commit its positions. Both wait on one condition, and control
 * serves such requests while it waits, so that neither can wait for the other for ever.
 */
#ifndef PROCESSOR_CREW_H
#define PROCESSOR_CREW_H

#include "processor/worker.h"

struct crew;

struct crew_options {
    struct worker_options worker;      /* of each; the transactional id gets -<number> behind it */
    size_t workers;

    /* At-least-once: commits a worker's positions. Thread: control. */
    int (*commit)(void *user, const struct log_position *positions, size_t count,
                  struct leat_error *error);
    void *user;
};

/* Makes the workers and starts their threads. */
int crew_start(const struct crew_options *options, struct crew **out,
               struct leat_error *error) MUST_CHECK;

/* ---- orders. Thread: control ---- */

void crew_add(struct crew *crew, const int *tasks, size_t count); /* to the least loaded */
void crew_remove(struct crew *crew, const int *tasks, size_t count, bool lost); /* waits */

/* Commits what workers asked for. */
void crew_serve(struct crew *crew);

/* The first failure of a worker: it stands still since, and the application must end. */
int crew_failure(struct crew *crew, struct leat_error *error);

/* Commits and closes all tasks and ends the threads; frees the crew. */
void crew_stop(struct crew *crew);

/* ---- figures. Thread: any ---- */

size_t crew_size(const struct crew *crew);
struct worker *crew_worker(const struct crew *crew, size_t place);

/* The oldest heartbeat of a worker, monotonic. */
int64_t crew_beat_ms(const struct crew *crew);

#endif
