/* task_commit.c - a task's part of the commit: flush into the transaction, commit into the state,
 * or undo.
 */
#include "base/memory.h"
#include "processor/task_parts.h"
#include "state/home.h"
#include "topology/operators.h"

enum { BARE_MARK_MS = 1000 }; /* a bare mark goes to a partition this often at most */

/* Whoever hears marks on the way to the topic is idle only while all those that it hears are: one
 * that is silent holds time for as many hops as there are. What was said stands until a record
 * comes; bare marks wake nobody, or tasks that send to each other would never rest. */
static bool says_idle(const struct task *task, const struct port *port, int64_t now_ms)
{
    int64_t idle_ms = task->options.policy.idle_ms;

    return idle_ms >= 0 && now_ms - task->busy_ms >= idle_ms &&
           (port->mark_ms == TIME_MAX || task_drained(task)) && time_idle(&port->node->feed);
}

bool task_owes(const struct task *task, int64_t now_ms)
{
    for (size_t i = 0; i < task->output_count; i++) {
        const struct port *port = &task->outputs[i];

        if (port->timed && now_ms >= port->next_bare_ms && port_owes_marks(port))
            return true;
        if (port->timed && port->mark_ms != TIME_MAX && says_idle(task, port, now_ms))
            return true;
    }
    return false;
}

/* The mark moves once all that it vouches for has been sent. */
static int flush_marks(struct task *task, int64_t now_ms, struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < task->output_count && !status; i++) {
        struct port *port = &task->outputs[i];
        bool idle;

        if (!port->timed)
            continue;
        idle = says_idle(task, port, now_ms);
        port->mark_ms = idle ? TIME_MAX : flow_mark(task->flow, port->node);
        if (port->mark_ms == TIME_NONE || (now_ms < port->next_bare_ms && !idle))
            continue;
        port->next_bare_ms = now_ms + BARE_MARK_MS;
        status = port_send_marks(port, task->writer, task->options.partition, &task->scratch,
                                 error);
    }
    return status;
}

int task_flush(struct task *task, int64_t now_ms, struct leat_error *error)
{
    int status = flow_flush(task->flow, error);

    return status ? status : flush_marks(task, now_ms, error);
}

size_t task_positions(const struct task *task, struct log_position *positions)
{
    for (size_t i = 0; i < task->input_count; i++) {
        const struct input *input = &task->inputs[i];

        positions[i] = (struct log_position){ input->port.topic, input->partition,
                                              input->position };
    }
    return task->input_count;
}

int task_commit(struct task *task, struct leat_error *error)
{
    for (size_t i = 0; i < task->input_count; i++)
        task_forgive(&task->inputs[i], task->inputs[i].position);
    task->dirty = false;
    return flow_commit(task->flow, error);
}

int task_abort(struct task *task, struct leat_error *error)
{
    int status = flow_abort(task->flow, error);

    task->dirty = false;
    task->current = NULL;
    for (size_t i = 0; i < task->store_count; i++)
        task->stores[i].sent = 0;
    for (size_t i = 0; i < task->output_count; i++) {
        struct port *port = &task->outputs[i];

        if (!port->timed)
            continue;
        port->mark_ms = flow_mark(task->flow, port->node);
        for (int32_t p = 0; p < port->partitions; p++)
            port->told_ms[p] = TIME_NONE;
    }
    return status;
}
