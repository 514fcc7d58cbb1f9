/* main.c - seeds, one after the other: `random --seed 7 --runs 1 --print` shows what one plays.
 *
 * A seed is a topology and its input. It is played in memory, which is what the other ways are
 * compared with: with the cache the other way round, on RocksDB, and with commits that fail and
 * tasks that die. Each is played in a process of its own: a crash is that seed's failure.
 */
#include "conformance/folder.h"
#include "conformance/play.h"
#include "grow.h"
#include "same.h"

#include "base/logline.h"
#include "base/memory.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 2 };

struct options {
    uint64_t seed, runs;
    bool verbose, print;
    char *folder; /* of RocksDBs */
};

struct way {
    const char *name;
    bool other_cache, disk, dies, undoes;
    int odds; /* one seed in so many takes it */
};

static const struct way ways[] = {
    { "the cache the other way round", .other_cache = true, .odds = 1 },
    { "RocksDB", .disk = true, .odds = 1 },
    { "dying", .dies = true, .odds = 1 },
    { "commits that fail", .undoes = true, .odds = 1 },
    { "RocksDB, dying, commits that fail", .disk = true, .dies = true, .undoes = true, .odds = 2 },
};

/* ---- one way --------------------------------------------------------------------------------- */

/* Behind which steps the task dies. */
static char *draw_deaths(struct chance *chance, const json_t *scenario)
{
    size_t count = json_array_size(json_object_get(scenario, "steps"));
    int64_t odds = 1 + chance_below(chance, 12);
    char *deaths = memory_new(count + 1);

    for (size_t i = 0; i < count; i++)
        deaths[i] = chance_in(chance, odds);
    return deaths;
}

static json_t *play_way(const struct options *options, const json_t *scenario, uint64_t seed,
                        const struct way *way)
{
    struct chance chance = { chance_mix(seed ^ chance_mix((uint64_t)(way - ways))) };
    struct play play = { .scenario = scenario, .record = json_object(),
                         .no_cache = (seed & 1) ^ way->other_cache };
    char *state = memory_format("%s/%ld", options->folder, (long)getpid());
    char *deaths = draw_deaths(&chance, scenario);

    play.dies = way->dies ? deaths : NULL;
    play.undo_every = way->undoes ? 2 + (int)chance_below(&chance, 4) : 0;
    if (way->disk && mkdir(state, 0700)) {
        perror(state);
        exit(2);
    }
    play.state = way->disk ? state : NULL;
    play_scenario(&play);
    if (way->disk)
        folder_remove(state);
    memory_free(state);
    memory_free(deaths);
    return play.record;
}

/* ---- one seed -------------------------------------------------------------------------------- */

static bool same_way(const struct options *options, const json_t *scenario, uint64_t seed,
                     const struct way *way, const json_t *expected)
{
    struct same same = { .scenario = scenario, .seed = seed, .way = way->name,
                         .verbose = options->verbose, .drops = !way->dies && !way->undoes };
    json_t *got;
    bool passed;

    if (seed % (uint64_t)way->odds)
        return true;
    got = play_way(options, scenario, seed, way);
    passed = way->other_cache ? same_in_the_end(&same, expected, got)
                              : same_literally(&same, expected, got);
    json_decref(got);
    return passed;
}

static void print(json_t *scenario, uint64_t seed, json_t *expected)
{
    char *text;

    json_object_set(scenario, "expect", expected);
    json_object_set_new(scenario, "config",
                        json_pack("{s:s}", "caching", seed & 1 ? "off" : "on"));
    text = json_dumps(scenario, JSON_COMPACT);
    printf("%s\n", text);
    free(text);
}

/* Every step of a run has to succeed: what is grown is what can be run. */
static bool succeeded(const json_t *run, uint64_t seed)
{
    const json_t *steps = json_object_get(run, "steps"), *step;
    const char *message = text_in(run, "message");
    size_t i;

    json_array_foreach(steps, i, step)
        if (!message)
            message = text_in(step, "message");
    if (message)
        printf("FAILED seed %" PRIu64 ": %s\n", seed, message);
    return !message;
}

static bool play_seed(const struct options *options, uint64_t seed)
{
    static const struct way plain = { "in memory", .odds = 1 };
    json_t *scenario = grow_scenario(seed);
    json_t *expected = play_way(options, scenario, seed, &plain);
    bool passed;

    if (options->print) {
        print(scenario, seed, expected);
        return true;
    }
    passed = succeeded(expected, seed);
    for (size_t i = 0; i < sizeof ways / sizeof *ways && passed; i++)
        passed = same_way(options, scenario, seed, &ways[i], expected);
    json_decref(expected);
    json_decref(scenario);
    return passed;
}

/* ---- all of them ----------------------------------------------------------------------------- */

struct job {
    pid_t child;
    uint64_t seed;
};

static void start(const struct options *options, struct job *job, uint64_t seed)
{
    fflush(stdout);
    *job = (struct job){ fork(), seed };
    if (job->child < 0) {
        perror("random: fork");
        exit(2);
    }
    if (!job->child)
        exit(!play_seed(options, seed));
}

static bool finish(const struct options *options, struct job *job)
{
    int status = 0;

    waitpid(job->child, &status, 0);
    if (WIFSIGNALED(status))
        printf("FAILED seed %" PRIu64 ": ended by signal %d\n", job->seed, WTERMSIG(status));
    else if (options->verbose)
        printf("%s seed %" PRIu64 "\n", status ? "failed" : "passed", job->seed);
    job->child = 0;
    return !status;
}

static uint64_t run(const struct options *options)
{
    struct job jobs[JOBS] = { 0 };
    uint64_t failed = 0;
    uint64_t at_once = options->print ? 1 : JOBS; /* what is printed is not to be mixed */

    for (uint64_t i = 0; i < options->runs + at_once; i++) {
        struct job *job = &jobs[i % at_once];

        if (job->child)
            failed += !finish(options, job);
        if (i < options->runs)
            start(options, job, options->seed + i);
    }
    return failed;
}

static void usage(int status)
{
    fprintf(status ? stderr : stdout,
            "usage: random [--seed N] [--runs N] [--verbose] [--print]\n"
            "Plays topologies and inputs drawn from seeds in several ways, and compares.\n"
            "  --verbose  names those that passed; tells every difference\n"
            "  --print    shows each seed as a scenario, with what came out\n");
    exit(status);
}

static void read_options(struct options *options, int count, char **arguments)
{
    static const struct option all[] = {
        { "seed", required_argument, NULL, 's' }, { "runs", required_argument, NULL, 'n' },
        { "verbose", no_argument, NULL, 'v' },    { "print", no_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },       { 0 },
    };
    int option;

    while ((option = getopt_long(count, arguments, "h", all, NULL)) != -1)
        switch (option) {
        case 's': options->seed = strtoull(optarg, NULL, 10); break;
        case 'n': options->runs = strtoull(optarg, NULL, 10); break;
        case 'v': options->verbose = true; break;
        case 'p': options->print = true; break;
        default: usage(option == 'h' ? 0 : 2);
        }
    if (optind != count)
        usage(2);
}

int main(int count, char **arguments)
{
    struct options options = { .seed = 1, .runs = 1 };
    uint64_t failed;

    read_options(&options, count, arguments);
    logline_set_level(LOG_LEVEL_ERROR);
    options.folder = folder_make("random");
    failed = run(&options);
    folder_remove(options.folder);
    memory_free(options.folder);
    if (!options.print)
        printf("%" PRIu64 " passed, %" PRIu64 " failed\n", options.runs - failed, failed);
    return failed > 0;
}
