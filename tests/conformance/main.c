/* main.c - plays the scenarios of files and folders: `conformance [OPTION...] PATH...`.
 *
 * A line for each scenario that failed, and `N passed, N failed` at the end. Each one is played in
 * a process of its own, so that a crash is that scenario's failure and no more.
 */
#include "folder.h"
#include "play.h"

#include "base/logline.h"
#include "base/memory.h"

#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct conformance {
    const char *family, *name;
    bool rocksdb, verbose, list, no_fork;
    char *folder; /* of RocksDBs; NULL: in memory */
    int passed, failed;
};

static void usage(int status)
{
    fprintf(status ? stderr : stdout,
            "usage: conformance [OPTION...] PATH...\n"
            "Plays the scenarios (JSON lines) of files and folders.\n"
            "  --family NAME  only those of this family\n"
            "  --name TEXT    only those whose name contains the text\n"
            "  --rocksdb      state on RocksDB, in a temporary folder\n"
            "  --verbose      names those that passed; tells every difference, and the topology\n"
            "  --list         names the scenarios, and plays none\n"
            "  --no-fork      plays them all in this process\n");
    exit(status);
}

/* ---- one scenario ---------------------------------------------------------------------------- */

static bool play_once(const struct conformance *run, const json_t *scenario, bool no_cache)
{
    struct play play = { .scenario = scenario, .no_cache = no_cache, .verbose = run->verbose };
    char *state = run->folder ? memory_format("%s/state", run->folder) : NULL;
    bool passed;

    if (state && mkdir(state, 0700))
        folder_remove(state);
    play.state = state;
    passed = play_scenario(&play);
    if (state)
        folder_remove(state);
    memory_free(state);
    return passed;
}

/* Without a word on caching both have to give the same. */
static bool play_both(const struct conformance *run, const json_t *scenario)
{
    const char *caching = text_in(json_object_get(scenario, "config"), "caching");
    bool with = !caching || !strcmp(caching, "on"), without = !caching || !strcmp(caching, "off");

    return (!without || play_once(run, scenario, true)) &&
           (!with || play_once(run, scenario, false));
}

static bool play_apart(const struct conformance *run, json_t *scenario)
{
    int status = 0;
    pid_t child = fork();

    if (!child) {
        bool passed = play_both(run, scenario);

        json_decref(scenario); /* the child does not return to who frees it */
        exit(passed ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        perror("conformance: fork");
        exit(2);
    }
    if (WIFSIGNALED(status))
        printf("FAILED %s %s: ended by signal %d\n", text_in(scenario, "family"),
               text_in(scenario, "name"), WTERMSIG(status));
    return status == 0;
}

static bool wanted(const struct conformance *run, const json_t *scenario)
{
    const char *family = text_in(scenario, "family"), *name = text_in(scenario, "name");

    return (!run->family || (family && !strcmp(family, run->family))) &&
           (!run->name || (name && strstr(name, run->name)));
}

static void play_one(struct conformance *run, json_t *scenario)
{
    bool passed;

    if (!wanted(run, scenario))
        return;
    if (run->list) {
        printf("%s %s\n", text_in(scenario, "family"), text_in(scenario, "name"));
        return;
    }
    fflush(stdout);
    passed = run->no_fork ? play_both(run, scenario) : play_apart(run, scenario);
    if (passed && run->verbose)
        printf("passed %s %s\n", text_in(scenario, "family"), text_in(scenario, "name"));
    run->passed += passed;
    run->failed += !passed;
}

/* ---- files and folders ----------------------------------------------------------------------- */

/* The whole file: a child that ends must not move the parent's place in it. */
static struct leat_bytes read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    long size = -1;

    if (file && !fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0) {
        rewind(file);
        text = memory_new((size_t)size + 1);
    }
    if (!text || fread(text, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return leat_bytes(text, (size_t)size);
}

static void play_file(struct conformance *run, const char *path)
{
    struct leat_bytes text = read_file(path);
    const char *line = text.data, *end = text.data + text.size, *next;
    json_error_t error;

    for (size_t number = 1; line < end; number++, line = next + 1) {
        json_t *scenario;

        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next : end;
        scenario = json_loadb(line, (size_t)(next - line), 0, &error);
        if (!scenario) {
            fprintf(stderr, "%s:%zu: %s\n", path, number, error.text);
            exit(2);
        }
        play_one(run, scenario);
        json_decref(scenario);
    }
    memory_free(text.data);
}

static int is_wanted_file(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return entry->d_name[0] != '.' &&
           (entry->d_type == DT_DIR ||
            (size > 6 && !strcmp(entry->d_name + size - 6, ".jsonl")));
}

static void play_path(struct conformance *run, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_wanted_file, alphasort);

    if (count < 0) {
        play_file(run, path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char *inner = memory_format("%s/%s", path, entries[i]->d_name);

        play_path(run, inner);
        memory_free(inner);
        free(entries[i]);
    }
    free(entries);
}

static void read_options(struct conformance *run, int count, char **arguments)
{
    static const struct option options[] = {
        { "family", required_argument, NULL, 'f' }, { "name", required_argument, NULL, 'n' },
        { "rocksdb", no_argument, NULL, 'r' },      { "verbose", no_argument, NULL, 'v' },
        { "list", no_argument, NULL, 'l' },         { "no-fork", no_argument, NULL, 'o' },
        { "help", no_argument, NULL, 'h' },         { 0 },
    };
    int option;

    while ((option = getopt_long(count, arguments, "h", options, NULL)) != -1)
        switch (option) {
        case 'f': run->family = optarg; break;
        case 'n': run->name = optarg; break;
        case 'r': run->rocksdb = true; break;
        case 'v': run->verbose = true; break;
        case 'l': run->list = true; break;
        case 'o': run->no_fork = true; break;
        default: usage(option == 'h' ? 0 : 2);
        }
    if (optind == count)
        usage(2);
}

int main(int count, char **arguments)
{
    struct conformance run = { 0 };

    read_options(&run, count, arguments);
    logline_set_level(run.verbose ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR);
    if (run.rocksdb)
        run.folder = folder_make("conformance");
    for (int i = optind; i < count; i++)
        play_path(&run, arguments[i]);
    if (run.folder)
        folder_remove(run.folder);
    memory_free(run.folder);
    if (!run.list)
        printf("%d passed, %d failed\n", run.passed, run.failed);
    return run.failed > 0;
}
