/* runner.h - topics into tables, until told to stop: `blackfriday sink`, and the demo's thread.
 *
 * Several runners of one id share the partitions among them: each is a member of the group `id`
 * over the topic `<id>-tasks`, whose partition n stands for partition n of every topic. The
 * membership only spreads the work; that no row is lost or doubled is the database's doing
 * (fence.c). Positions are committed to the group as well, for tools that show lag; they are
 * never read.
 *
 * A record that cannot be a row goes to `<topic>-rejected-by-sink` with the reason in its headers,
 * and not in the way. It may stand there twice if the sink dies at that moment.
 */
#ifndef SINK_RUNNER_H
#define SINK_RUNNER_H

#include "base/error.h"
#include "sink/table.h"

#include <stdatomic.h>

struct log;
struct registry;
struct sink_status;

struct sink_progress {
    int64_t rows;       /* records that were taken into account, this run */
    int64_t rejected;
    int64_t lag;        /* records of this sink's partitions that are not in the database yet */
    int partitions;     /* that this sink has */
    bool caught_up;     /* it has some, and all that was in them is in the database */
    bool outage;        /* the database cannot be reached now */
};

struct sink_options {
    const char *id;         /* NULL: black-friday-sink */
    const char *database;   /* connection string without a password; NULL: PG* environment */
    const char *schema;     /* NULL: black_friday_sales */
    const struct sink_table *tables;
    size_t table_count;
    const char *views;      /* SQL that may be run again; NULL: none */
    struct registry *registry;
    int batch_rows;         /* of one transaction; 0: 5,000, which is the most */
    int flush_interval_ms;  /* how long a row may wait for others; 0: 1 s */
    int session_timeout_ms; /* 0: 10 s */
    bool no_ddl;            /* tables are made by someone else */
    bool until_caught_up;   /* return when all of its partitions are at their ends; an instance that
                               is given none waits for some */
    struct sink_status *status; /* told of all that happens; NULL: none */
    void (*progress)(void *user, const struct sink_progress *progress); /* once a second */
    void *user;
};

/* Runs until *stop is set (LEAT_OK), all is caught up where that was asked for (LEAT_OK), or
 * something is wrong that will not mend itself. Outages are waited out.
 * Thread: any; the callback is called on it. */
int sink_run(struct log *log, const struct sink_options *options, atomic_bool *stop,
             struct leat_error *error) MUST_CHECK;

#endif
