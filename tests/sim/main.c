/* main.c - runs seeds, one after the other: `sim --seed 7 --runs 1` replays one.
 *
 * Each run chooses a job, feeds it, and lets instances of it work, fail, freeze, die and come back
 * between any two of their steps; when all is drained the outputs and stores must be those of the
 * model.
 */
#include "check.h"

#include "base/logline.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STEPS_MAX = 200000, /* until all is drained */
    REST_STEPS = 2000,  /* by then all is idle that says so */
    DISK_ODDS = 25,     /* one run in so many has its rows on the disk */
};

struct options {
    uint64_t seed, runs;
    bool loud;
};

struct total {
    uint64_t passed, failed, kills, faults, aborts, moves, restored, records;
};

/* How much trouble there is, one in so many steps; 0: none. */
struct trouble {
    int64_t kill, stop, freeze, leap;
};

static struct trouble choose_trouble(struct chance *chance)
{
    bool calm = chance_in(chance, 5);

    return (struct trouble){
        .kill = calm ? 0 : chance_pick(chance, (int64_t[]){ 0, 60, 300 }, 3),
        .stop = calm ? 0 : chance_pick(chance, (int64_t[]){ 0, 200 }, 2),
        .freeze = calm ? 0 : chance_pick(chance, (int64_t[]){ 0, 300 }, 2),
        .leap = calm ? 0 : chance_pick(chance, (int64_t[]){ 0, 200 }, 2),
    };
}

static void make_trouble(struct world *world, const struct trouble *trouble, int instance)
{
    struct chance *chance = world->chance;

    if (!world->instances[instance].alive && chance_in(chance, 10))
        world_start(world, instance);
    if (chance_in(chance, trouble->kill))
        world_kill(world, instance);
    if (chance_in(chance, trouble->stop))
        world_stop(world, instance);
    if (chance_in(chance, trouble->freeze))
        world->instances[instance].frozen_until_ms =
            clock_ms(&world->clock.clock) + chance_below(chance, 20000);
    if (chance_in(chance, trouble->leap))
        world_pass(world, chance_below(chance, 15000));
}

static void revive(struct world *world)
{
    world->fault_odds = 0;
    for (int i = 0; i < world->instance_count; i++) {
        world->instances[i].frozen_until_ms = 0;
        if (!world->instances[i].alive)
            world_start(world, i);
    }
}

/* Trouble lasts while there is something to feed, and a while longer. */
static void live(struct world *world, const struct trouble *trouble)
{
    struct chance *chance = world->chance;
    int64_t feed_odds = 1 + chance_below(chance, 12), quiet = chance_below(chance, 400);
    bool feeding = true, calm = false;
    int instance = 0;

    for (int64_t step = 0; step < STEPS_MAX && !world->failed; step++) {
        if (!chance_in(chance, 3))
            instance = (int)chance_below(chance, world->instance_count);
        if (feeding && chance_in(chance, feed_odds))
            feeding = world_feed(world);
        world_pass(world, chance_below(chance, chance_in(chance, 50) ? 2000 : 8));
        if (!calm)
            make_trouble(world, trouble, instance);
        world_step(world, instance);
        if (feeding || quiet-- > 0)
            continue;
        if (!calm)
            revive(world);
        calm = true;
        if (step % 64 == 0 && world_drained(world))
            return;
    }
    if (!world->failed)
        world_fail(world, "what was fed is not processed after %d steps", STEPS_MAX);
}

static void idle(struct world *world)
{
    for (int step = 0; step < REST_STEPS; step++) {
        world_pass(world, chance_below(world->chance, 8));
        world_step(world, (int)chance_below(world->chance, world->instance_count));
    }
}

/* Those who say that they are idle wake nobody by it, round in a circle or not. */
static void check_rest(struct world *world)
{
    int64_t ends;

    idle(world);
    ends = world_ends(world);
    idle(world);
    if (world_ends(world) != ends)
        world_fail(world, "there is no rest: %lld was written when all was done",
                   (long long)(world_ends(world) - ends));
}

static void tell(const struct world *world, uint64_t seed)
{
    static const char *const kinds[] = { "count", "windows", "cogroup", "rows", "copy", "tables",
                                         "foreign" };
    const struct job *job = world->job;

    printf("%s, %d and %d partitions, join %d, %d hops, size %d, advance %d, grace %d"
           "%s%s%s%s%s%s, %d instances\n",
           kinds[job->kind], job->widths[0], job->widths[1], job->join, job->hops,
           (int)job->window.size,
           (int)job->window.advance, (int)job->window.grace, job->merged ? ", merged" : "",
           job->in_memory ? ", in memory" : "", job->no_cache ? ", no cache" : "",
           job->idles ? ", idles" : "", world->settings.caching ? "" : ", no caching",
           world->directory ? ", on disk" : "", world->instance_count);
    printf("replay with: sim --seed %" PRIu64 " --runs 1\n", seed);
}

static bool simulate(uint64_t seed, const char *directory, struct total *total)
{
    struct chance chance = { seed * 0x9e3779b97f4a7c15u };
    struct trouble trouble;
    struct world world;
    struct job job;

    job_choose(&job, &chance);
    world_open(&world, &chance, &job, chance_in(&chance, DISK_ODDS) ? directory : NULL);
    trouble = choose_trouble(&chance);
    world.fault_odds = trouble.kill ? chance_pick(&chance, (int64_t[]){ 0, 20, 200 }, 3) : 0;
    live(&world, &trouble);
    if (!world.failed)
        check_outputs(&world);
    if (!world.failed)
        check_stores(&world);
    if (!world.failed && job.idles)
        check_rest(&world);
    if (world.failed)
        tell(&world, seed);
    world_close(&world);
    job_free(&job);
    total->kills += world.kills;
    total->faults += world.faults;
    total->aborts += world.aborts;
    total->moves += world.moves;
    total->restored += world.restored;
    total->records += job.event_count;
    return !world.failed;
}

/* ---- the runs -------------------------------------------------------------------------------- */

static void usage(void)
{
    fprintf(stderr, "usage: sim [--seed N] [--runs N] [--loud]\n");
    exit(2);
}

static uint64_t number_of(const char *text)
{
    char *end;
    uint64_t number = text ? strtoull(text, &end, 10) : 0;

    if (!text || *end || !*text)
        usage();
    return number;
}

static struct options read_options(char **arguments)
{
    struct options options = { 1, 1000, false };

    for (; *arguments; arguments++) {
        if (!strcmp(*arguments, "--seed"))
            options.seed = number_of(*++arguments);
        else if (!strcmp(*arguments, "--runs"))
            options.runs = number_of(*++arguments);
        else if (!strcmp(*arguments, "--loud"))
            options.loud = true;
        else
            usage();
    }
    return options;
}

static void wipe(const char *directory)
{
    char *command = memory_format("rm -rf %s", directory);

    if (system(command))
        fprintf(stderr, "cannot remove %s\n", directory);
    memory_free(command);
}

int main(int count, char **arguments)
{
    struct options options = read_options(arguments + (count > 0));
    char parent[] = "/tmp/leat-sim-XXXXXX";
    struct total total = { 0 };

    logline_set_level(options.loud ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!mkdtemp(parent)) {
        perror(parent);
        return 1;
    }
    for (uint64_t seed = options.seed; seed < options.seed + options.runs; seed++) {
        char *directory = memory_format("%s/%" PRIu64, parent, seed);

        if (simulate(seed, directory, &total))
            total.passed++;
        else
            total.failed++;
        wipe(directory);
        memory_free(directory);
    }
    wipe(parent);
    printf("%" PRIu64 " records, %" PRIu64 " kills, %" PRIu64 " faults, %" PRIu64
           " aborts, %" PRIu64 " tasks moved, %" PRIu64 " records restored\n", total.records,
           total.kills, total.faults, total.aborts, total.moves, total.restored);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", total.passed, total.failed);
    return total.failed != 0;
}
