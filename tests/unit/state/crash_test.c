/* crash_test.c - a process that is killed: what is found afterwards is one earlier commit, rows and
 * offsets together, whatever was flushed when. */
#include "scene.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STORES = 3, ROWS = 10, PAD_BYTES = 2000, COMMITS = 300, KILLS = 5 };

static const char *const names[STORES] = { "one", "two", "three" };

/* Every row of every store holds the commit's number; so does every offset. */
static void write_commit(struct scene *scene, struct store **stores, int number)
{
    char value[PAD_BYTES + 1], key[8];

    memset(value, '.', sizeof value - 1);
    value[sizeof value - 1] = 0;
    value[snprintf(value, 16, "%d", number)] = ' ';
    for (int store = 0; store < STORES; store++) {
        for (int row = 0; row < ROWS; row++) {
            snprintf(key, sizeof key, "k%d", row);
            set_text(stores[store], key, value, number);
        }
        OK(store_flush(stores[store], NULL, NULL, &scene->error), &scene->error);
        home_set_offset(scene->home, store_number(stores[store]), number, number);
    }
    OK(home_commit(scene->home, &scene->error), &scene->error);
    for (int store = 0; store < STORES; store++)
        store_committed(stores[store]);
}

static void open_stores(struct scene *scene, struct store **stores, struct codec *codec)
{
    for (int i = 0; i < STORES; i++)
        stores[i] = scene_store(
            scene, &(struct store_spec){ .name = names[i], .type = &leat_string_type }, codec);
}

/* Commits until it is killed, or leaves by itself, saying on the pipe how far it is. */
static void child(struct scene *scene, int pipe, int commits)
{
    struct codec *codec = codec_new(&leat_string_type, NULL);
    struct store *stores[STORES];

    scene->budget = budget_new(0);
    scene_open(scene);
    open_stores(scene, stores, codec);
    for (int i = 1; !commits || i <= commits; i++) {
        write_commit(scene, stores, i);
        if (commits && i == COMMITS) /* one in the background may take longer than all the rest */
            OK(home_flush(scene->home, true, &scene->error), &scene->error);
        if (write(pipe, &i, sizeof i) != sizeof i)
            break;
    }
    _exit(0);
}

/* The number that all agree on, 0 if nothing was found. */
static int found(struct scene *scene)
{
    struct codec *codec = codec_new(&leat_string_type, NULL);
    struct store *stores[STORES];
    int64_t offset, written_ms, first = -2;
    char key[8];

    scene_open(scene);
    open_stores(scene, stores, codec);
    for (int store = 0; store < STORES; store++) {
        OK(home_offset(scene->home, store_number(stores[store]), &offset, &written_ms,
                       &scene->error),
           &scene->error);
        if (first == -2)
            first = offset;
        cr_assert_eq(offset, first, "offsets differ: %ld and %ld", offset, first);
        for (int row = 0; row < ROWS; row++) {
            const char *value;

            snprintf(key, sizeof key, "k%d", row);
            value = get_text(stores[store], key);
            cr_assert_eq(strcmp(value, "-") ? (int)strtol(value, NULL, 10) : -1, first,
                         "offset %ld, row %.20s", first, value);
        }
        store_close(stores[store]);
    }
    codec_free(codec);
    scene_close(scene);
    return first < 0 ? 0 : (int)first;
}

/* Returns the last commit that was heard of before the end. */
static int run_child(struct scene *scene, int commits, int kill_after)
{
    int ends[2], heard = 0, last = 0;
    pid_t pid;

    cr_assert_eq(pipe(ends), 0);
    pid = fork();
    cr_assert(pid >= 0);
    if (!pid) {
        close(ends[0]);
        child(scene, ends[1], commits);
    }
    close(ends[1]);
    while (read(ends[0], &heard, sizeof heard) == sizeof heard) {
        last = heard;
        if (kill_after && heard == kill_after)
            kill(pid, SIGKILL);
    }
    close(ends[0]);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    return last;
}

static void prepare(struct scene *scene)
{
    *scene = (struct scene){ .kind = SCENE_ROCKS };
    snprintf(scene->directory, sizeof scene->directory, "/tmp/leat-state-XXXXXX");
    cr_assert(mkdtemp(scene->directory));
    snprintf(scene->path, sizeof scene->path, "%s/task-0", scene->directory);
}

/* Only once the last child has been forked: it would miss the threads that databases start. */
static int check(struct scene *scene)
{
    int number;

    scene->budget = budget_new(0);
    number = found(scene);
    budget_free(scene->budget);
    return number;
}

Test(crash, leaves_one_commit_when_the_process_exits_without_closing)
{
    struct scene scene;
    int number;

    prepare(&scene);
    cr_assert_eq(run_child(&scene, COMMITS * 2, 0), COMMITS * 2);
    number = check(&scene);
    cr_assert(number >= COMMITS && number <= COMMITS * 2, "%d", number);
    scene_remove(scene.directory);
}

Test(crash, leaves_one_commit_when_the_process_is_killed)
{
    struct scene scenes[KILLS];
    int last[KILLS];

    for (int i = 0; i < KILLS; i++) {
        prepare(&scenes[i]);
        last[i] = run_child(&scenes[i], 0, COMMITS + 37 * i);
    }
    for (int i = 0; i < KILLS; i++) {
        int number = check(&scenes[i]);

        cr_assert(number <= last[i] + 1, "found %d after %d", number, last[i]);
        scene_remove(scenes[i].directory);
    }
}

Test(crash, leaves_an_empty_state_when_nothing_was_flushed)
{
    struct scene scene;

    prepare(&scene);
    cr_assert_eq(run_child(&scene, 2, 0), 2);
    cr_assert_eq(check(&scene), 0);
    scene_remove(scene.directory);
}
