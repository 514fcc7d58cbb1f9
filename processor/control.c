/* control.c - membership to orders. */
#include "processor/control.h"

#include "base/logline.h"
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

struct control {
    struct control_options options;
    char *topic;
    struct crew *crew;
    _Atomic(struct log_group *) group;
    atomic_ullong rebalances;
    _Atomic int64_t beat_ms;    /* monotonic: the last step; 0: none yet */
    _Atomic int64_t doubted_ms; /* until then: see control_sure() */
};

/* Partitions that the table does not name belong to steps of a newer topology: nobody here can run
 * them, and they are left alone. */
static size_t tasks_of(const struct control *control, const int32_t *partitions, size_t count,
                       int *tasks)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct layout_task *task = task_table_task(control->options.table, partitions[i]);

        if (task)
            tasks[found++] = (int)(task - control->options.layout->tasks);
    }
    return found;
}

static void assigned(void *user, const int32_t *partitions, size_t count)
{
    struct control *control = user;
    int *tasks = memory_array(count, sizeof *tasks);
    size_t found = tasks_of(control, partitions, count, tasks);

    atomic_fetch_add(&control->rebalances, 1);
    log_info("tasks_assigned", "count=%zu", found);
    crew_add(control->crew, tasks, found);
    if (control->options.owners)
        owners_take(control->options.owners, tasks, found);
    memory_free(tasks);
}

static void revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    struct control *control = user;
    int *tasks = memory_array(count, sizeof *tasks);
    size_t found = tasks_of(control, partitions, count, tasks);

    log_info(lost ? "tasks_lost" : "tasks_revoked", "count=%zu", found);
    crew_remove(control->crew, tasks, found, lost);
    if (control->options.owners)
        owners_give(control->options.owners, tasks, found);
    memory_free(tasks);
}

struct control *control_new(const struct control_options *options)
{
    struct control *control = memory_new(sizeof *control);

    control->options = *options;
    control->topic = memory_format("%s-tasks", options->layout->application);
    return control;
}

void control_lead(struct control *control, struct crew *crew)
{
    control->crew = crew;
}

int control_join(struct control *control, struct leat_error *error)
{
    struct log_group_options options = {
        .group = control->options.layout->application,
        .topic = control->topic,
        .instance = control->options.instance,
        .session_timeout_ms = control->options.session_timeout_ms,
        .assigned = assigned,
        .revoked = revoked,
        .user = control,
    };
    struct log_group *group;
    int status = log_group_join(control->options.log, &options, &group, error);

    if (!status)
        atomic_store(&control->group, group);
    return status;
}

/* A call into the client may ignore its timeout while a coordinator is down; a process that cannot
 * stop such a thread can still end, and its successor resumes at the last commit. */
static void watch(const struct control *control)
{
    int64_t now_ms = clock_ms(clock_system()), beat_ms = crew_beat_ms(control->crew);

    if (!control->options.watchdog_ms || beat_ms > now_ms ||
        now_ms - beat_ms < control->options.watchdog_ms)
        return;
    log_error("worker_stuck", "for_ms=%lld", (long long)(now_ms - beat_ms));
    _Exit(70);
}

static int64_t patience_ms(const struct control *control)
{
    return control->options.session_timeout_ms / 2;
}

static void beat(struct control *control)
{
    int64_t now_ms = clock_ms(clock_system()), last_ms = atomic_load(&control->beat_ms);

    if (last_ms && now_ms - last_ms > patience_ms(control))
        atomic_store(&control->doubted_ms, now_ms + control->options.session_timeout_ms);
    atomic_store(&control->beat_ms, now_ms);
}

bool control_sure(const struct control *control)
{
    int64_t now_ms = clock_ms(clock_system());

    return now_ms >= atomic_load(&control->doubted_ms) &&
           now_ms - atomic_load(&control->beat_ms) <= patience_ms(control);
}

int control_step(struct control *control, int wait_ms, struct leat_error *error)
{
    int status;

    beat(control);
    status = log_group_poll(atomic_load(&control->group), wait_ms, error);

    crew_serve(control->crew);
    watch(control);
    if (!status || status == LEAT_E_RETRY)
        status = crew_failure(control->crew, error);
    return status;
}

void control_leave(struct control *control)
{
    log_group_leave(atomic_load(&control->group));
    atomic_store(&control->group, NULL);
}

void control_free(struct control *control)
{
    if (!control)
        return;
    memory_free(control->topic);
    memory_free(control);
}

struct log_group *control_group(struct control *control)
{
    return atomic_load(&control->group);
}

uint64_t control_rebalances(const struct control *control)
{
    return atomic_load(&control->rebalances);
}

int control_commit(void *user, const struct log_position *positions, size_t count,
                   struct leat_error *error)
{
    struct control *control = user;
    struct log_group *group = atomic_load(&control->group);

    return group ? log_group_commit(group, positions, count, error)
                 : error_set(error, LEAT_E_ABORTED, "the instance has left its group");
}
