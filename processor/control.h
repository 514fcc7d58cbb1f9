/* control.h - the group consumer of an instance: which tasks are ours, and who works on them.
 *
 * Subscribes to the task topic alone. Assigned partitions are tasks, by the task table; revoked
 * ones are committed and closed before they are given up, lost ones are dropped uncommitted.
 * Thread: control, one an instance.
 */
#ifndef PROCESSOR_CONTROL_H
#define PROCESSOR_CONTROL_H

#include "processor/crew.h"
#include "processor/owners.h"

struct control;

struct control_options {
    struct log *log;
    const struct layout *layout;
    const struct task_table *table;
    struct owners *owners;         /* told what is ours; NULL: nobody is */
    const char *instance;          /* group.instance.id, or NULL */
    int session_timeout_ms;
    int64_t watchdog_ms;           /* a worker that stands still longer ends the process; 0: off */
};

struct control *control_new(const struct control_options *options);

/* The crew that gets the orders; before control_join(). */
void control_lead(struct control *control, struct crew *crew);
int control_join(struct control *control, struct leat_error *error) MUST_CHECK;

/* Serves membership and crew for up to wait_ms. A code ends the application. */
int control_step(struct control *control, int wait_ms, struct leat_error *error) MUST_CHECK;
void control_leave(struct control *control); /* gives all tasks up, committed */
void control_free(struct control *control);

/* Whether the membership may be believed: not where the process stood still for so long that the
 * group may have gone on without it, until it must have heard of that. Thread: any. */
bool control_sure(const struct control *control);

struct log_group *control_group(struct control *control); /* thread: any */

uint64_t control_rebalances(const struct control *control); /* thread: any */

/* At-least-once commits: crew_options.commit, with the control as user. */
int control_commit(void *control, const struct log_position *positions, size_t count,
                   struct leat_error *error);

#endif
