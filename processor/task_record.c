/* task_record.c - one message: decoded, judged, walked through the flow; and what the flow asks of
 * the task on the way.
 *
 * A record that cannot be read or is not valid goes to <topic>-rejected and the task goes on, or
 * fails, by the handlers; a registry that cannot be reached is waited for.
 */
#include "base/logline.h"
#include "base/memory.h"
#include "processor/dead_letter.h"
#include "processor/task_parts.h"
#include "topology/operators.h"

/* ---- timestamps ------------------------------------------------------------------------------ */

static const struct leat_source *source_of(const struct input *input)
{
    return input->port.framed ? NULL : input->port.node->step->options;
}

static void enter_source(struct task *task, struct input *input, const struct log_message *message,
                         int64_t at_ms)
{
    task->flow->source = (struct flow_source){ .topic = input->port.topic,
                                               .partition = message->partition,
                                               .offset = message->offset,
                                               .timestamp_ms = at_ms,
                                               .node = input->port.node,
                                               .headers = input->port.headers };
}

/* The extractor's own failure is the end, as in Kafka Streams: no handler can say when a record
 * was that has no time. */
static int call_extractor(struct task *task, struct input *input, const struct change *change,
                          int64_t *at_ms, struct leat_error *error)
{
    struct flow *flow = task->flow;
    const struct flow_source *source = &flow->source;
    struct node *node = input->port.node;
    struct leat_call *call = node_enter(node, change);
    int status;

    call->headers = source->headers;
    *at_ms = source_of(input)->timestamp(&change->record, *time_place(&node->clock, 0, 0));
    status = call->status;
    call->status = LEAT_OK;
    call->headers = (struct leat_bytes){ 0 };
    if (status != LEAT_E_CALLBACK)
        return status;
    return error_set(error, LEAT_E_CALLBACK,
                     "topic %s, partition %d, offset %lld, step %s, timestamp: %s", source->topic,
                     source->partition, (long long)source->offset, node->step->name, flow->failure);
}

/* An extractor sees the decoded value, and the partition's time: the greatest timestamp taken
 * from it so far. A value that cannot be decoded keeps the message's timestamp, and is rejected
 * when it is its turn. */
static int extract(struct task *task, struct input *input, const struct log_message *message,
                   int64_t *at_ms, struct leat_error *error)
{
    struct change change = { 0 };
    bool bare;
    int status = port_read(&input->port, message, &change, &bare, error);

    *at_ms = message->timestamp_ms;
    enter_source(task, input, message, *at_ms);
    if (!status)
        status = call_extractor(task, input, &change, at_ms, error);
    task->flow->source.headers = (struct leat_bytes){ 0 };
    arena_reset(&task->flow->record);
    return status == LEAT_E_DATA ? LEAT_OK : status;
}

int task_head_ms(struct task *task, struct input *input, int64_t *out, struct leat_error *error)
{
    const struct leat_source *source = source_of(input);
    const struct log_message *message = &input->ring[input->head];
    int64_t *head_ms = &input->ring_ms[input->head];
    int status = LEAT_OK;

    *out = *head_ms;
    if (*head_ms != INT64_MIN)
        return LEAT_OK;
    *out = message->timestamp_ms;
    if (source && source->timestamp)
        status = extract(task, input, message, out, error);
    if (!status)
        *head_ms = *out;
    return status;
}

/* ---- what is not fit ------------------------------------------------------------------------- */

static int bury(struct task *task, struct input *input, const struct log_message *message,
                const char *reason, const char *sentence, struct leat_error *error)
{
    const struct leat_source *source = source_of(input);
    struct dead_letter letter = { .source = input->port.topic,
                                  .reason = reason,
                                  .sentence = sentence };

    input->buried++;
    letter.topic = source ? source->rejects : NULL;
    letter.partitions = layout_topic(task->options.layout, input->port.node->step)->rejects;
    return dead_letter_send(task->writer, &letter, message, error);
}

int task_reject(struct task *task, struct input *input, const struct log_message *message,
                const char *reason, const char *sentence, struct leat_error *error)
{
    enum handler handler = task->options.policy.deserialization;

    input->rejected++;
    if (handler == HANDLER_FAIL)
        return error_set(error, LEAT_E_DATA, "topic %s, partition %d, offset %lld: %s",
                         input->port.topic, message->partition, (long long)message->offset,
                         sentence);
    if (handler == HANDLER_CONTINUE) {
        log_warn("record_skipped", "topic=%s partition=%d offset=%lld reason=%s message=\"%s\"",
                 input->port.topic, message->partition, (long long)message->offset, reason,
                 sentence);
        return LEAT_OK;
    }
    return bury(task, input, message, reason, sentence, error);
}

/* ---- what the log refused -------------------------------------------------------------------- */

enum { TAG_OFFSET_BITS = 48 }; /* of a tag; above them the input's slot, from 1 on */

uint64_t task_tag(const struct task *task)
{
    const struct input *input = task->current;

    if (!input)
        return 0;
    return (uint64_t)(input->slot + 1) << TAG_OFFSET_BITS |
           (uint64_t)input->ring[input->head].offset;
}

bool task_refuse(struct task *task, uint64_t tag, const char *sentence)
{
    int64_t offset = (int64_t)(tag & ((UINT64_C(1) << TAG_OFFSET_BITS) - 1));

    for (size_t i = 0; i < task->input_count; i++) {
        struct input *input = &task->inputs[i];

        if (tag >> TAG_OFFSET_BITS != (uint64_t)(input->slot + 1))
            continue;
        input->refusals = memory_grow(input->refusals, input->refusal_count,
                                      &input->refusal_capacity, sizeof *input->refusals);
        input->refusals[input->refusal_count++] =
            (struct refusal){ offset, memory_text(sentence) };
        return true;
    }
    return false;
}

static const struct refusal *refusal_of(const struct input *input, int64_t offset)
{
    for (size_t i = 0; i < input->refusal_count; i++)
        if (input->refusals[i].offset == offset)
            return &input->refusals[i];
    return NULL;
}

void task_forgive(struct input *input, int64_t before)
{
    size_t kept = 0;

    for (size_t i = 0; i < input->refusal_count; i++)
        if (input->refusals[i].offset < before)
            memory_free(input->refusals[i].sentence);
        else
            input->refusals[kept++] = input->refusals[i];
    input->refusal_count = kept;
}

/* Nothing of the record is left in the transaction: it was undone. */
static int give_up(struct task *task, struct input *input, const struct log_message *message,
                   const struct refusal *refusal, struct leat_error *error)
{
    enum handler handler = task->options.policy.production;

    arena_reset(&task->flow->record);
    if (handler == HANDLER_FAIL)
        return error_set(error, LEAT_E_LOG,
                         "topic %s, partition %d, offset %lld: a result cannot be written: %s",
                         input->port.topic, message->partition, (long long)message->offset,
                         refusal->sentence);
    input->rejected++;
    log_warn("result_refused", "topic=%s partition=%d offset=%lld message=\"%s\"",
             input->port.topic, message->partition, (long long)message->offset,
             refusal->sentence);
    if (handler == HANDLER_CONTINUE)
        return LEAT_OK;
    return bury(task, input, message, "production", refusal->sentence, error);
}

/* NULL: fit. */
static const char *misdated(const struct task *task, int64_t at_ms)
{
    int64_t ahead_ms = task->options.policy.timestamp_ahead_ms;

    if (at_ms < 0)
        return "the timestamp is negative";
    if (ahead_ms >= 0 && at_ms > clock_wall_ms(task->options.clock) + ahead_ms)
        return "the timestamp lies further ahead of the clock than leat.timestamp.ahead.max.ms";
    return NULL;
}

/* ---- one message ----------------------------------------------------------------------------- */

int task_record(struct task *task, struct input *input, const struct log_message *message,
                int64_t at_ms, struct leat_error *error)
{
    struct change change = { .origin = task->options.partition, .origin_ms = TIME_MAX };
    const struct refusal *refusal;
    const char *wrong;
    bool bare;
    int status = port_read(&input->port, message, &change, &bare, error);

    task->woken |= !bare;
    if (bare)
        return flow_advance(task->flow, error);
    if (!status && at_ms < 0 && source_of(input) && source_of(input)->timestamp) {
        arena_reset(&task->flow->record);
        return node_drop(input->port.node);
    }
    wrong = status || input->port.framed ? NULL : misdated(task, at_ms);
    if (status == LEAT_E_DATA || wrong) {
        status = task_reject(task, input, message, wrong ? "timestamp" : "data",
                             wrong ? wrong : error->text, error);
        arena_reset(&task->flow->record);
        return status;
    }
    if (status)
        return status;
    refusal = refusal_of(input, message->offset);
    if (refusal)
        return give_up(task, input, message, refusal, error);
    change.record.timestamp_ms = at_ms;
    enter_source(task, input, message, at_ms);
    input->port.records++;
    task->latest = input;
    task->latest_ms = at_ms;
    return flow_record(task->flow, input->port.node, &change, error);
}

/* ---- what the flow asks for ------------------------------------------------------------------ */

static struct task *task_of(const struct flow *flow)
{
    return flow->options.owner;
}

static int flow_send(struct flow *flow, struct node *sink, const struct change *change)
{
    struct task *task = task_of(flow);
    int status = port_send(sink->port, task->writer, change, task->options.partition,
                           task_tag(task), &task->scratch, flow->error);

    return status == 1 ? LEAT_OK : status;
}

static int flow_reject(struct flow *flow, struct node *source, const char *reason,
                       const char *sentence)
{
    struct task *task = task_of(flow);
    struct input *input = task->current;

    return task_reject(task, input, &input->ring[input->head], reason, sentence, flow->error);
}

/* A failure at a commit or in a punctuation has no record that it can be laid to. */
static int fail_at(const struct flow_source *source, const struct step *step, const char *sentence,
                   struct leat_error *error)
{
    if (!source)
        return error_set(error, LEAT_E_CALLBACK, "step %s, at a commit or in a punctuation: %s",
                         step->name, sentence);
    return error_set(error, LEAT_E_CALLBACK, "topic %s, partition %d, offset %lld, step %s: %s",
                     source->topic, source->partition, (long long)source->offset, step->name,
                     sentence);
}

static int flow_failed(struct flow *flow, struct node *node, const char *sentence)
{
    struct task *task = task_of(flow);
    struct input *input = flow->source.topic ? task->current : NULL;
    const struct flow_source *source = input ? &flow->source : NULL;

    if (task->options.policy.processing == HANDLER_FAIL)
        return fail_at(source, node->step, sentence, flow->error);
    log_warn("record_failed", "topic=%s partition=%d offset=%lld step=%s message=\"%s\"",
             source ? source->topic : "", source ? source->partition : -1,
             source ? (long long)source->offset : -1, node->step->name, sentence);
    node->dropped++;
    if (task->options.policy.processing == HANDLER_CONTINUE || !input)
        return LEAT_OK;
    return bury(task, input, &input->ring[input->head], "processing", sentence, flow->error);
}

static int flow_changelog(struct flow *flow, struct store *store, const struct entry *entry,
                          struct leat_bytes wire)
{
    struct task *task = task_of(flow);
    struct log_record record = { .tag = task_tag(task),
                                 .partition = task->options.partition,
                                 .timestamp_ms = entry->timestamp_ms > 0 ? entry->timestamp_ms : 0,
                                 .key = entry->key,
                                 .value = wire };

    for (size_t i = 0; i < task->store_count; i++)
        if (task->stores[i].at->store == store) {
            record.topic = task->stores[i].handle;
            task->stores[i].sent++;
            return log_writer_send(task->writer, &record, flow->error);
        }
    return LEAT_OK;
}

static struct global *flow_global(struct flow *flow, const struct step *step)
{
    struct task *task = task_of(flow);

    return task->options.global(task->options.user, step);
}

const struct flow_ops *task_flow_ops(void)
{
    static const struct flow_ops ops = { flow_send, flow_reject, flow_failed, flow_changelog,
                                         flow_global };

    return &ops;
}
