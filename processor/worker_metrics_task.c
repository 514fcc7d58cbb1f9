/* worker_metrics_task.c - the series of a task: its inputs, outputs and steps, lag, state. */
#include "processor/worker_metrics_parts.h"

#include "base/memory.h"
#include "processor/metrics_bounds.h"
#include "state/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct input_metrics {
    struct named_series *topic;
    struct metric *lag;
    uint64_t records, rejected, buried; /* as of the last commit */
};

struct output_metrics {
    struct named_series *topic;
    uint64_t records;
};

struct step_metrics {
    struct named_series *step;
    uint64_t dropped, late;
};

struct hosted_metrics {
    struct metric *state, *remaining;
    struct input_metrics *inputs;
    struct output_metrics *outputs;
    struct step_metrics *steps;
    struct store_lookups lookups;
};

static const struct metric_family records_family = {
    "leat_records_total", "Records processed, by the topic they were read from.", METRIC_COUNTER
};
static const struct metric_family written_family = {
    "leat_written_records_total", "Records sent to a topic.", METRIC_COUNTER
};
static const struct metric_family rejected_family = {
    "leat_rejected_records_total", "Records that were not fit.", METRIC_COUNTER
};
static const struct metric_family dead_family = {
    "leat_dead_letters_total", "Records of this topic sent to its dead-letter topic.",
    METRIC_COUNTER
};
static const struct metric_family latency_family = {
    "leat_latency_seconds", "From a record's event time to the commit of what it caused.",
    METRIC_HISTOGRAM, METRIC_LONG
};
static const struct metric_family taken_family = {
    "leat_source_record_timestamp_seconds",
    "When a record of this source topic was last taken; before the first, when reading began.",
    METRIC_GAUGE, 1e-3
};
static const struct metric_family event_family = {
    "leat_source_event_timestamp_seconds", "The newest event time of this source topic.",
    METRIC_GAUGE, 1e-3
};
static const struct metric_family late_family = {
    "leat_late_records_total", "Windows that records came too late for.", METRIC_COUNTER
};
static const struct metric_family lag_family = {
    "leat_lag_records", "Records between what is processed and the end of the partition.",
    METRIC_GAUGE
};
static const struct metric_family state_family = {
    "leat_state_bytes", "State of the task on disk.", METRIC_GAUGE
};
static const struct metric_family remaining_family = {
    "leat_restore_remaining_records", "Changelog records still to be read, at most.", METRIC_GAUGE
};

/* ---- series that tasks share ----------------------------------------------------------------- */

static struct named_series *named(struct named_series **list, const char *name)
{
    struct named_series *at = *list;

    while (at && strcmp(at->name, name))
        at = at->next;
    if (at)
        return at;
    at = memory_new(sizeof *at);
    at->name = memory_text(name);
    at->next = *list;
    *list = at;
    return at;
}

static struct named_series *read_series(struct worker *worker, const struct input *input)
{
    struct worker_metrics *metrics = worker->metrics;
    const char *name = input->port.topic;
    struct named_series *topic = named(&metrics->topics, name);

    if (topic->records)
        return topic;
    topic->records = metric_new(metrics->block, &records_family, "topic", name, NULL);
    topic->rejected = metric_new(metrics->block, &rejected_family, "topic", name, NULL);
    topic->dead = metric_new(metrics->block, &dead_family, "topic", name, NULL);
    topic->latency = metric_new(metrics->block, &latency_family, "topic", name, NULL);
    if (input->port.framed)
        return topic;
    topic->taken = metric_new(metrics->block, &taken_family, "topic", name, "worker",
                              metrics->worker, NULL);
    metric_set(topic->taken, clock_wall_ms(worker->options.clock));
    return topic;
}

static struct named_series *written_series(struct worker_metrics *metrics, const struct port *port)
{
    const char *name = port->topic ? port->topic : "(chosen)";
    struct named_series *topic = named(&metrics->topics, name);

    if (!topic->written)
        topic->written = metric_new(metrics->block, &written_family, "topic", name, NULL);
    return topic;
}

static struct named_series *step_series(struct worker_metrics *metrics, const struct node *node)
{
    struct named_series *step = named(&metrics->steps, node->step->name);

    if (!step->dropped) {
        step->dropped =
            metric_new(metrics->block, &worker_metrics_dropped, "step", step->name, NULL);
        step->late = metric_new(metrics->block, &late_family, "step", step->name, NULL);
    }
    return step;
}

/* ---- a task comes and goes ------------------------------------------------------------------- */

static struct metric *lag_of(struct worker_metrics *metrics, const struct input *input)
{
    char partition[16];

    snprintf(partition, sizeof partition, "%" PRId32, input->partition);
    return metric_new(metrics->block, &lag_family, "topic", input->port.topic, "partition",
                      partition, NULL);
}

void worker_metrics_add(struct worker *worker, struct hosted *hosted)
{
    const struct task *task = hosted->task;
    struct worker_metrics *metrics = worker->metrics;
    struct hosted_metrics *own;

    if (!metrics || hosted->metrics)
        return;
    hosted->metrics = own = memory_new(sizeof *own);
    own->state = metric_new(metrics->block, &state_family, "task", hosted->what->name, NULL);
    own->remaining = metric_new(metrics->block, &remaining_family, "task", hosted->what->name,
                                NULL);
    own->inputs = memory_array(task->input_count, sizeof *own->inputs);
    for (size_t i = 0; i < task->input_count; i++) {
        own->inputs[i].topic = read_series(worker, &task->inputs[i]);
        own->inputs[i].lag = lag_of(metrics, &task->inputs[i]);
    }
    own->outputs = memory_array(task->output_count, sizeof *own->outputs);
    for (size_t i = 0; i < task->output_count; i++)
        own->outputs[i].topic = written_series(metrics, &task->outputs[i]);
    own->steps = memory_array(task->flow->node_count, sizeof *own->steps);
    for (size_t i = 0; i < task->flow->node_count; i++)
        own->steps[i].step = step_series(metrics, &task->flow->nodes[i]);
}

static void add_growth(struct metric *metric, uint64_t now, uint64_t *seen)
{
    if (now == *seen)
        return;
    metric_add(metric, (int64_t)(now - *seen));
    *seen = now;
}

static void count_inputs(struct hosted *hosted, int64_t wall_ms)
{
    for (size_t i = 0; i < hosted->task->input_count; i++) {
        const struct input *input = &hosted->task->inputs[i];
        struct input_metrics *own = &hosted->metrics->inputs[i];

        if (own->topic->taken && input->port.records != own->records)
            metric_set(own->topic->taken, wall_ms);
        add_growth(own->topic->records, input->port.records, &own->records);
        add_growth(own->topic->rejected, input->rejected, &own->rejected);
        add_growth(own->topic->dead, input->buried, &own->buried);
    }
}

static void count_lookups(struct worker_metrics *metrics, struct hosted *hosted)
{
    struct store_lookups now = { 0 }, *seen = &hosted->metrics->lookups;
    const struct flow *flow = hosted->task->flow;
    uint64_t hits = seen->asked - seen->loaded;

    for (size_t i = 0; i < flow->store_count; i++) {
        struct store_lookups one = store_lookups(flow->stores[i].store);

        now.asked += one.asked;
        now.loaded += one.loaded;
    }
    add_growth(metrics->hits, now.asked - now.loaded, &hits);
    add_growth(metrics->misses, now.loaded, &seen->loaded);
    seen->asked = now.asked;
}

static void count_steps(struct worker_metrics *metrics, struct hosted *hosted)
{
    const struct task *task = hosted->task;
    struct hosted_metrics *own = hosted->metrics;

    for (size_t i = 0; i < task->output_count; i++)
        add_growth(own->outputs[i].topic->written, task->outputs[i].records,
                   &own->outputs[i].records);
    for (size_t i = 0; i < task->flow->node_count; i++) {
        const struct node *node = &task->flow->nodes[i];

        add_growth(own->steps[i].step->dropped, node->dropped, &own->steps[i].dropped);
        add_growth(own->steps[i].step->late, node->late, &own->steps[i].late);
    }
    count_lookups(metrics, hosted);
}

void worker_metrics_remove(struct worker *worker, struct hosted *hosted)
{
    struct hosted_metrics *own = hosted->metrics;

    if (!own)
        return;
    count_inputs(hosted, clock_wall_ms(worker->options.clock));
    count_steps(worker->metrics, hosted);
    for (size_t i = 0; i < hosted->task->input_count; i++)
        metric_free(own->inputs[i].lag);
    metric_free(own->state);
    metric_free(own->remaining);
    memory_free(own->inputs);
    memory_free(own->outputs);
    memory_free(own->steps);
    memory_free(own);
    hosted->metrics = NULL;
}

/* ---- at a commit, and once a second ---------------------------------------------------------- */

/* The newest event time has no sign before there is one, so its series is made with it. */
static void see_event(struct worker_metrics *metrics, struct named_series *topic, int64_t at_ms)
{
    if (!topic->taken)
        return;
    if (!topic->event)
        topic->event = metric_new(metrics->block, &event_family, "topic", topic->name, "worker",
                                  metrics->worker, NULL);
    if (at_ms > metric_value(topic->event))
        metric_set(topic->event, at_ms);
}

static void observe_turns(struct worker_metrics *metrics, struct hosted *hosted, int64_t wall_ms)
{
    struct task *task = hosted->task;

    for (size_t i = 0; i < task->turn_count; i++) {
        const struct task_turn *turn = &task->turns[i];
        struct named_series *topic = hosted->metrics->inputs[turn->input - task->inputs].topic;
        int64_t age_ms = wall_ms - turn->at_ms;

        metric_observe_many(topic->latency, age_ms > 0 ? age_ms : 0, turn->records);
        see_event(metrics, topic, turn->at_ms);
    }
    task->turn_count = 0;
}

void hosted_metrics_commit(struct worker_metrics *metrics, struct hosted *hosted, int64_t wall_ms)
{
    count_inputs(hosted, wall_ms);
    count_steps(metrics, hosted);
    observe_turns(metrics, hosted, wall_ms);
}

static int64_t input_lag(struct worker *worker, const struct hosted *hosted,
                         const struct input *input)
{
    struct log_position at = { input->port.topic, input->partition, 0 };
    int64_t end;

    if (hosted->stage != STAGE_RUNNING || (input->at_end && !input->count))
        return 0;
    end = log_reader_end(worker->reader, &at);
    return end > input->position ? end - input->position : 0;
}

static int64_t restore_remaining(const struct hosted *hosted)
{
    int64_t remaining = 0;

    if (hosted->stage != STAGE_RESTORING || !hosted->planned)
        return 0;
    for (size_t i = 0; i < hosted->task->store_count; i++) {
        const struct task_store *store = &hosted->task->stores[i];

        if (store->target > store->offset)
            remaining += store->target - store->offset;
    }
    return remaining;
}

int64_t hosted_metrics_look(struct worker *worker, struct hosted *hosted)
{
    int64_t sum = 0;

    for (size_t i = 0; i < hosted->task->input_count; i++) {
        int64_t lag = input_lag(worker, hosted, &hosted->task->inputs[i]);

        metric_set(hosted->metrics->inputs[i].lag, lag);
        sum += lag;
    }
    metric_set(hosted->metrics->remaining, restore_remaining(hosted));
    return sum;
}

void hosted_metrics_state(const struct hosted *hosted, uint64_t disk_bytes)
{
    metric_set(hosted->metrics->state, (int64_t)disk_bytes);
}
