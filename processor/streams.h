/* streams.h - an instance: what it is made of, for those inside the library who start one.
 *
 * leat/streams.h is the public face. Several instances may share one local log in a process.
 */
#ifndef PROCESSOR_STREAMS_H
#define PROCESSOR_STREAMS_H

#include "leat/streams.h"
#include "processor/config.h"
#include "processor/control.h"
#include "processor/globals.h"

#include <pthread.h>
#include <stdatomic.h>

struct budget;
struct lock;
struct registry;

struct leat_streams {
    struct leat_topology *topology;
    const struct config *config;
    const char *application;

    struct log *log;              /* given, or made from the configuration */
    struct registry *registry;
    bool owns_log;
    char *state_dir;              /* of the application; NULL: in memory */
    struct lock *lock;
    struct budget *budget;
    struct layout *layout;
    struct task_table *table;
    struct globals *globals;
    struct owners *owners;        /* tells others what is ours */
    struct control *control;
    struct crew *crew;
    struct streams_metrics *metrics;
    struct streams_status *status; /* the status server */

    pthread_t thread;
    bool started;
    atomic_bool stopping;
    atomic_int state;
    pthread_mutex_t lock_error;
    struct leat_error error;
};

/* An instance over a log that the caller keeps; NULL: the one that bootstrap.servers names. */
struct leat_streams *streams_new(struct leat_topology *topology, const struct config *config,
                                 struct log *log);

/* streams_run.c: starts the instance and stops it once stop() says so, from any step of the start
 * on. A stop that outlasts its time, since a broker does not answer, ends the process. */
int streams_run(struct leat_streams *streams, bool (*stop)(void), struct leat_error *error)
    MUST_CHECK;

/* streams_open.c: all that stands before the first thread, in order, each tried again while it says
 * LEAT_E_RETRY; and its undoing, in reverse. */
int streams_open(struct leat_streams *streams, struct leat_error *error) MUST_CHECK;
void streams_close(struct leat_streams *streams);

/* A log and a registry as the configuration has them; for the other commands of an application. */
int streams_log(const struct config *config, struct log **out, struct leat_error *error) MUST_CHECK;
int streams_registry(const struct config *config, struct registry **out,
                     struct leat_error *error) MUST_CHECK;

/* streams_status.c */
int streams_status_start(struct leat_streams *streams, struct leat_error *error) MUST_CHECK;
void streams_status_stop(struct leat_streams *streams);
int streams_status_port(const struct leat_streams *streams);
char *streams_address(const struct leat_streams *streams); /* application.server; memory_free() */

#endif
