/* job.h - a small topology chosen by the seed, what goes into it, and what must come out.
 *
 * A value is a number, unique in the run; what a record is worth, and which key it has after a
 * hop, follows from it. So the model needs no more than the list of what was sent.
 */
#ifndef TESTS_SIM_JOB_H
#define TESTS_SIM_JOB_H

#include "chance.h"

#include <leat/join.h>
#include <leat/process.h>
#include <leat/stateful.h>

enum job_kind {
    JOB_COUNT, JOB_WINDOWS, JOB_COGROUP, JOB_ROWS, JOB_COPY, JOB_TABLES, JOB_FOREIGN, JOB_KINDS,
};

enum { JOB_ROW_KEYS = 12 }; /* of JOB_ROWS, JOB_TABLES and JOB_FOREIGN */

/* JOB_COPY: a copy is as long as its worth says, and what is longer is refused. */
enum { JOB_LONGEST_WORTH = 80, JOB_COPY_UNIT = 40 };

struct event {
    int topic;           /* 0 or 1, "in-0" and "in-1" */
    int32_t partition;
    int64_t timestamp_ms;
    int64_t number;      /* the value */
    int row;             /* of tables: the key */
    bool none;           /* of tables: a deletion */
};

struct job {
    enum job_kind kind;
    int32_t partitions;  /* of the widest topic */
    int32_t widths[2];   /* of each */
    enum leat_join_kind join;
    int topics, hops;
    bool windowed, on_close, tells_late, merged, in_memory, no_cache, idles;
    struct leat_window window;
    int64_t spread_ms, jitter_ms;
    struct event *events; /* in the order of each partition */
    size_t event_count;
};

void job_choose(struct job *job, struct chance *chance);
void job_free(struct job *job);
struct leat_topology *job_topology(const struct job *job);

/* Whether each record that does not count comes out as late. What was combined before it came too
 * late does not, where a partition that has said idle goes on behind the others. */
bool job_tells_all(const struct job *job);

bool job_has_rows(const struct job *job); /* what is fed are tables' rows */
int job_named(int64_t number);            /* the right row that a left one names, -1: none */
int64_t job_met(int64_t left, int64_t right); /* what comes of both; 0: there is none */
bool job_passes(int64_t number);
int64_t job_worth(int64_t number);
int job_key(int64_t number);

#endif
