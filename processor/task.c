/* task.c - making a task, what it waits for, and the record that is next.
 *
 * See also:  task_record.c (one message through the flow), task_commit.c (flush, commit, abort)
 */
#include "processor/task.h"

#include "base/limits.h"
#include "base/memory.h"
#include "processor/task_parts.h"
#include "topology/operators.h"

#include <assert.h>

/* ---- making ---------------------------------------------------------------------------------- */

static void open_port(const struct task *task, struct port *port, struct node *node)
{
    port_init(port, node, task->options.layout, task->options.registry, task->options.log);
}

static void open_ports(struct task *task)
{
    const struct layout *layout = task->options.layout;
    struct flow *flow = task->flow;

    task->inputs = memory_array(flow->node_count, sizeof *task->inputs);
    task->outputs = memory_array(flow->node_count, sizeof *task->outputs);
    for (size_t i = 0; i < flow->node_count; i++) {
        struct node *node = &flow->nodes[i];

        if (node->operator->sink)
            open_port(task, &task->outputs[task->output_count++], node);
        if (!node->operator->source ||
            task->options.partition >= layout_topic(layout, node->step)->partitions)
            continue;
        open_port(task, &task->inputs[task->input_count].port, node);
        task->inputs[task->input_count++].partition = task->options.partition;
    }
}

static void open_stores(struct task *task)
{
    struct flow *flow = task->flow;

    task->stores = memory_array(flow->store_count, sizeof *task->stores);
    for (size_t i = 0; i < flow->store_count; i++) {
        struct task_store *store = &task->stores[task->store_count];

        if (!flow->stores[i].logged)
            continue;
        store->at = &flow->stores[i];
        store->topic = layout_changelog(task->options.layout, flow->stores[i].spec.name);
        task->store_count++;
    }
}

int task_new(const struct task_options *options, struct task **out, struct leat_error *error)
{
    const struct layout *layout = options->layout;
    struct task *task = memory_new(sizeof *task);
    struct flow_options flow = { .topology = layout->topology,
                                 .groups = options->groups,
                                 .group_count = options->group_count,
                                 .partition = options->partition,
                                 .origins = layout->origins,
                                 .partitions = layout->partitions,
                                 .home = options->home,
                                 .registry = options->registry,
                                 .clock = options->clock,
                                 .staged_bytes = options->staged_bytes,
                                 .ops = task_flow_ops(),
                                 .owner = task,
                                 .caching = options->caching,
                                 .emit_interval_ms = options->emit_interval_ms };
    int status;

    task->options = *options;
    task->options.name = memory_text(options->name);
    buffer_init(&task->scratch, LIMIT_VALUE_BYTES + FRAME_HEAD_MAX_BYTES);
    status = flow_new(&flow, &task->flow, error);
    if (status) {
        task_free(task);
        return status;
    }
    open_ports(task);
    open_stores(task);
    *out = task;
    return LEAT_OK;
}

static void drop_messages(struct input *input)
{
    for (; input->count; input->count--) {
        log_message_free(&input->ring[input->head]);
        input->head = (input->head + 1) % input->capacity;
    }
}

void task_free(struct task *task)
{
    if (!task)
        return;
    for (size_t i = 0; i < task->input_count; i++) {
        drop_messages(&task->inputs[i]);
        port_free(&task->inputs[i].port);
        memory_free(task->inputs[i].ring);
        memory_free(task->inputs[i].ring_ms);
        task_forgive(&task->inputs[i], INT64_MAX);
        memory_free(task->inputs[i].refusals);
    }
    for (size_t i = 0; i < task->output_count; i++)
        port_free(&task->outputs[i]);
    for (size_t i = 0; i < task->store_count; i++)
        memory_free(task->stores[i].topic);
    flow_free(task->flow);
    buffer_free(&task->scratch);
    memory_free(task->inputs);
    memory_free(task->outputs);
    memory_free(task->stores);
    memory_free(task->options.name);
    memory_free(task);
}

int task_register(struct task *task, struct leat_error *error)
{
    int status = flow_register(task->flow, task->options.layout->application, error);

    for (size_t i = 0; i < task->output_count && !status; i++)
        status = port_register(&task->outputs[i], error);
    return status;
}

void task_attach(struct task *task, struct log_writer *writer)
{
    task->writer = writer;
    for (size_t i = 0; i < task->output_count; i++)
        port_attach(&task->outputs[i], writer);
    for (size_t i = 0; i < task->store_count; i++)
        task->stores[i].handle = log_writer_topic(writer, task->stores[i].topic);
}

int task_ready(struct task *task, struct leat_error *error)
{
    int status = flow_load(task->flow, error);

    for (size_t i = 0; i < task->output_count && !status; i++)
        if (task->outputs[i].timed)
            task->outputs[i].mark_ms = flow_mark(task->flow, task->outputs[i].node);
    task->busy_ms = clock_ms(task->options.clock);
    return status;
}

/* ---- messages that wait ---------------------------------------------------------------------- */

static void make_room(struct input *input)
{
    size_t capacity = input->capacity ? input->capacity * 2 : 64;
    struct log_message *ring = memory_array(capacity, sizeof *ring);
    int64_t *ring_ms = memory_array(capacity, sizeof *ring_ms);

    for (size_t i = 0; i < input->count; i++) {
        ring[i] = input->ring[(input->head + i) % input->capacity];
        ring_ms[i] = input->ring_ms[(input->head + i) % input->capacity];
    }
    memory_free(input->ring);
    memory_free(input->ring_ms);
    input->ring = ring;
    input->ring_ms = ring_ms;
    input->head = 0;
    input->capacity = capacity;
}

/* Behind what was processed lie only transaction markers up to where the end was seen. A position
 * that has been told there must not fall back when more comes: what lies before may be deleted. */
static void skip_markers(struct input *input)
{
    if (!input->count && input->end > input->position)
        input->position = input->end;
}

void task_enqueue(struct task *task, struct input *input, const struct log_message *message)
{
    size_t at;

    if (message->event == LOG_END) {
        input->at_end = true;
        input->end = message->offset;
        skip_markers(input);
        input->empty_since_ms = clock_ms(task->options.clock);
        return;
    }
    assert(message->event == LOG_RECORD && message->offset >= input->position);
    if (input->count == input->capacity)
        make_room(input);
    at = (input->head + input->count++) % input->capacity;
    input->ring[at] = *message;
    input->ring_ms[at] = INT64_MIN;
    input->at_end = false;
}

bool task_wants(const struct task *task, const struct input *input)
{
    return input->count < task->options.policy.buffered_records;
}

void task_seek(struct input *input, int64_t offset)
{
    drop_messages(input);
    input->position = input->end = offset;
    input->at_end = false;
    input->paused = false;
}

/* ---- the next record ------------------------------------------------------------------------- */

/* An empty partition that is not known to be at its end is waited for: what it holds may be older
 * than all that is here. */
static bool must_wait(const struct task *task, const struct input *input)
{
    int64_t max_idle_ms = task->options.policy.max_idle_ms;

    if (input->count || max_idle_ms < 0)
        return false;
    if (!input->at_end)
        return true;
    return max_idle_ms > 0 &&
           clock_ms(task->options.clock) - input->empty_since_ms < max_idle_ms;
}

/* The input whose head has the least timestamp; NULL where the task has to wait. */
static int choose(struct task *task, struct input **out, struct leat_error *error)
{
    struct input *chosen = NULL;
    int64_t least_ms = 0;

    *out = NULL;
    for (size_t i = 0; i < task->input_count; i++) {
        struct input *input = &task->inputs[i];
        int64_t head_ms;
        int status;

        if (must_wait(task, input))
            return LEAT_OK;
        if (!input->count)
            continue;
        status = task_head_ms(task, input, &head_ms, error);
        if (status)
            return status;
        if (!chosen || head_ms < least_ms) {
            chosen = input;
            least_ms = head_ms;
        }
    }
    *out = chosen;
    return LEAT_OK;
}

static void pop(struct task *task, struct input *input)
{
    struct log_message *message = &input->ring[input->head];

    input->position = message->offset + 1;
    log_message_free(message);
    input->head = (input->head + 1) % input->capacity;
    input->count--;
    skip_markers(input);
    input->empty_since_ms = input->count ? 0 : clock_ms(task->options.clock);
}

/* What is too large to be sent at all has not left: the same as if the log had refused it. */
static int refuse_current(struct task *task, struct leat_error *error)
{
    bool own = task_refuse(task, task_tag(task), error->text);

    assert(own);
    error->code = LEAT_E_ABORTED;
    return LEAT_E_ABORTED;
}

static void end_turn(struct task *task, int done)
{
    struct task_turn *turn = &task->turns[task->turn_count];
    int64_t records = done;

    task->records += (uint64_t)done;
    if (task->woken)
        task->busy_ms = clock_ms(task->options.clock);
    task->woken = false;
    if (!task->latest)
        return;
    if (task->turn_count < TASK_TURNS)
        task->turn_count++;
    else
        records += (--turn)->records;
    *turn = (struct task_turn){ task->latest, task->latest_ms, records };
    task->latest = NULL;
}

int task_run(struct task *task, int most, struct leat_error *error)
{
    int done = 0;

    while (done < most) {
        struct input *input;
        int status = choose(task, &input, error);

        if (status)
            return status;
        if (!input)
            break;
        task->current = input;
        task->dirty = true;
        status = task_record(task, input, &input->ring[input->head],
                             input->ring_ms[input->head], error);
        if (status == LEAT_E_LIMIT)
            return refuse_current(task, error);
        if (status)
            return status;
        task->current = NULL;
        pop(task, input);
        done++;
        if (flow_full(task->flow))
            break;
    }
    if (done)
        end_turn(task, done);
    return done;
}

int task_wall(struct task *task, struct leat_error *error)
{
    return flow_wall(task->flow, error);
}

bool task_drained(const struct task *task)
{
    for (size_t i = 0; i < task->input_count; i++)
        if (task->inputs[i].count || !task->inputs[i].at_end)
            return false;
    return true;
}
