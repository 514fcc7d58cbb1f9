/* world.h - a log in memory, a clock that the run moves, and instances that live and die on it.
 *
 * An instance is production code but for its threads: its membership and its workers are served
 * in turn, in the order that chance gives.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "base/clock.h"
#include "job.h"
#include "processor/layout.h"
#include "processor/log.h"
#include "processor/worker.h"

enum { INSTANCES = 3, WORKERS = 2 };

struct sim_clock {
    struct clock clock;
    int64_t now_us;
};

struct world;

struct instance {
    struct world *world;
    int number, workers;
    bool alive;
    int64_t frozen_until_ms;
    struct log_group *group;
    struct worker *worker[WORKERS];
    int *owner;              /* by task: the worker, -1 none */
    char *state_dir;         /* NULL: rows in memory, gone with the process */
    struct budget *budget;
};

struct world {
    struct chance *chance;
    const struct job *job;
    struct sim_clock clock;
    struct log *log;
    struct registry *registry;
    struct leat_topology *topology;
    struct layout *layout;
    struct instance instances[INSTANCES];
    int instance_count;
    struct worker_settings settings;
    char *directory;         /* NULL: rows in memory */
    int64_t fault_odds;      /* one in so many chances fails; 0: none */
    struct log_writer *feeder;
    size_t *fed;             /* by topic and partition: events looked at */
    int64_t withheld;        /* the topic and partition that comes last, -1: none */
    uint64_t kills, faults, aborts, moves, restored;
    bool failed;
};

void world_open(struct world *world, struct chance *chance, const struct job *job,
                const char *directory);
void world_close(struct world *world);

void world_start(struct world *world, int instance);
void world_kill(struct world *world, int instance);  /* as by kill -9 */
void world_stop(struct world *world, int instance);  /* as by SIGTERM */

/* Serves the membership, or a worker. */
void world_step(struct world *world, int instance);
bool world_feed(struct world *world);                /* false: all was fed */
void world_pass(struct world *world, int64_t ms);

/* All that was fed has been processed and committed, through every internal topic. */
bool world_drained(struct world *world);

/* The sum of the ends of all that is read: grows while anything is written. */
int64_t world_ends(struct world *world);

/* Prints the sentence; the run has failed. */
__attribute__((format(printf, 2, 3))) void world_fail(struct world *world, const char *format, ...);

#endif
