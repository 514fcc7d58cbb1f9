/* lab.h - the tasks of an application over a log in memory, each at the pace that it is told.
 *
 * Each task has a production worker of its own, without a thread: so one may be frozen, killed,
 * left without an owner or in the middle of its restore while the others run on.
 */
#ifndef TESTS_LATENESS_LAB_H
#define TESTS_LATENESS_LAB_H

#include "base/clock.h"
#include "processor/layout.h"
#include "processor/log.h"
#include "processor/worker.h"

struct lab_clock {
    struct clock clock;
    int64_t now_us;
};

struct lab_task {
    struct worker *worker;  /* NULL: it has no owner */
    const char *stops_at;   /* it is frozen when it gets to this stage; NULL: it runs */
    char stage[16];
};

struct lab {
    struct lab_clock clock;
    struct log *log;
    struct registry *registry;
    struct leat_topology *topology;
    struct layout *layout;
    struct log_group *group;
    struct log_writer *feeder;
    struct lab_task *tasks; /* as in the layout */
    int owners;             /* that there have been */
    int64_t idle_ms, ahead_ms;
    bool caching;
};

/* idle_ms and ahead_ms as leat.idle.ms and leat.timestamp.ahead.max.ms; -1: off. */
void lab_open(struct lab *lab, int32_t partitions, int hops, int64_t idle_ms, int64_t ahead_ms,
              bool caching);
void lab_close(struct lab *lab);

void lab_feed(struct lab *lab, const char *topic, int32_t partition, int64_t at_ms,
              const char *value);

/* The tasks of the sub-topology that reads this topic, by partition: the index of the first. */
int lab_first_task(const struct lab *lab, const char *topic);

void lab_kill(struct lab *lab, int task);                 /* as by kill -9 */
void lab_own(struct lab *lab, int task, const char *stops_at); /* it gets an owner */
void lab_freeze(struct lab *lab, int task, const char *stops_at);

const char *lab_stage(struct lab *lab, int task);

/* Until nothing is written any more, for so long at least. */
void lab_settle(struct lab *lab, int64_t least_ms);

void lab_dump(struct lab *lab, const char *topic); /* lines: KEY VALUE TIME, in hexadecimal */
uint64_t lab_dropped(const struct lab *lab);

#endif
