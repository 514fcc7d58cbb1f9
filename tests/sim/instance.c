/* instance.c - an instance of the application: started, served, stopped, killed. */
#include "world.h"

#include "base/memory.h"
#include "processor/local/faults.h"
#include "processor/worker_parts.h"
#include "state/budget.h"

#include <assert.h>
#include <stdlib.h>

enum { SESSION_MS = 6000 };

static bool run(const char *verb, const char *a, const char *b)
{
    char *command = memory_format("%s %s %s 2>/dev/null", verb, a, b);
    int status = system(command);

    memory_free(command);
    return status == 0;
}

/* Files may come and go in the background meanwhile; a copy without gaps is wanted. */
static void copy_all(const char *from, const char *to)
{
    while (!run("cp -r", from, to))
        assert(run("rm -rf", to, ""));
}

/* ---- membership ------------------------------------------------------------------------------ */

static int least_loaded(const struct instance *instance)
{
    int load[WORKERS] = { 0 }, least = 0;

    for (size_t i = 0; i < instance->world->layout->task_count; i++)
        if (instance->owner[i] >= 0)
            load[instance->owner[i]]++;
    for (int w = 1; w < instance->workers; w++)
        if (load[w] < load[least])
            least = w;
    return least;
}

static void assigned(void *user, const int32_t *partitions, size_t count)
{
    struct instance *instance = user;

    for (size_t i = 0; i < count; i++) {
        int task = partitions[i], worker = least_loaded(instance);

        instance->owner[task] = worker;
        worker_add(instance->worker[worker], &task, 1);
    }
    instance->world->moves += count;
}

static void recover(struct instance *instance, int worker, int status, struct leat_error *error)
{
    if (worker_recover(instance->worker[worker], status, error))
        world_fail(instance->world, "instance %d failed: %s", instance->number, error->text);
}

static void revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    struct instance *instance = user;
    int *tasks = memory_array(count, sizeof *tasks);

    for (int w = 0; w < instance->workers; w++) {
        struct leat_error error = { 0 };
        size_t found = 0;

        for (size_t i = 0; i < count; i++)
            if (instance->owner[partitions[i]] == w) {
                instance->owner[partitions[i]] = -1;
                tasks[found++] = partitions[i];
            }
        if (found)
            recover(instance, w, worker_remove(instance->worker[w], tasks, found, lost, &error),
                    &error);
    }
    memory_free(tasks);
}

static struct log_group *group_of(void *user)
{
    return ((struct instance *)user)->group;
}

static bool join(struct instance *instance)
{
    struct log_group_options options = { .group = "sim",
                                         .topic = "sim-tasks",
                                         .session_timeout_ms = SESSION_MS,
                                         .assigned = assigned,
                                         .revoked = revoked,
                                         .user = instance };
    struct leat_error error = { 0 };

    return log_group_join(instance->world->log, &options, &instance->group, &error) == LEAT_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

void world_start(struct world *world, int number)
{
    struct instance *instance = &world->instances[number];
    size_t tasks = world->layout->task_count;

    *instance = (struct instance){ .world = world, .number = number, .alive = true,
                                   .workers = (int)(1 + chance_below(world->chance, WORKERS)),
                                   .owner = memory_array(tasks, sizeof *instance->owner) };
    for (size_t i = 0; i < tasks; i++)
        instance->owner[i] = -1;
    if (world->directory) {
        instance->state_dir = memory_format("%s/%d", world->directory, number);
        assert(run("mkdir -p", instance->state_dir, ""));
        instance->budget = budget_new(1);
    }
    for (int w = 0; w < instance->workers; w++) {
        char *id = memory_format("sim-%d-%d", number, w);
        struct worker_options options = { .layout = world->layout,
                                          .log = world->log,
                                          .registry = world->registry,
                                          .clock = &world->clock.clock,
                                          .budget = instance->budget,
                                          .state_dir = instance->state_dir,
                                          .transactional_id = id,
                                          .settings = world->settings,
                                          .group = group_of,
                                          .user = instance };
        struct leat_error error = { 0 };

        if (worker_new(&options, &instance->worker[w], &error))
            world_fail(world, "instance %d cannot start: %s", number, error.text);
        memory_free(id);
    }
}

static void end(struct instance *instance)
{
    for (int w = 0; w < instance->workers; w++) {
        instance->world->aborts += worker_figures(instance->worker[w])->aborts;
        instance->world->restored += worker_figures(instance->worker[w])->restored;
        worker_free(instance->worker[w]);
    }
    budget_free(instance->budget);
    memory_free(instance->state_dir);
    memory_free(instance->owner);
    instance->alive = false;
}

/* What is on the disk at this moment is what is left; what the handles still write as they are
 * closed is written to a copy that is thrown away. */
void world_kill(struct world *world, int number)
{
    struct instance *instance = &world->instances[number];
    char *copy, *path;

    if (!instance->alive)
        return;
    path = memory_text(instance->state_dir);
    copy = path ? memory_format("%s-left", path) : NULL;
    world->kills++;
    if (copy)
        copy_all(path, copy);
    for (int w = 0; w < instance->workers; w++) {
        log_local_abandon_writer(instance->worker[w]->writer);
        instance->worker[w]->writer = NULL;
    }
    log_local_abandon_group(instance->group);
    end(instance);
    if (copy) {
        assert(run("rm -rf", path, "") && run("mv", copy, path));
    }
    memory_free(copy);
    memory_free(path);
}

void world_stop(struct world *world, int number)
{
    struct instance *instance = &world->instances[number];

    if (!instance->alive)
        return;
    if (instance->group)
        log_group_leave(instance->group);
    instance->group = NULL;
    end(instance);
}

void world_step(struct world *world, int number)
{
    struct instance *instance = &world->instances[number];
    struct leat_error error = { 0 };
    int status;

    if (!instance->alive || instance->frozen_until_ms > clock_ms(&world->clock.clock))
        return;
    if (chance_in(world->chance, 4)) {
        if (!instance->group && !join(instance))
            return;
        status = log_group_poll(instance->group, 0, &error);
    } else {
        status = worker_step(instance->worker[chance_below(world->chance, instance->workers)], 0,
                             &error);
    }
    if (status && status != LEAT_E_RETRY)
        world_fail(world, "instance %d failed: %s", number, error.text);
}
