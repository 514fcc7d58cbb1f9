/* source.c - where records come in and go out: stream, table and global sources, and to.
 *
 * Decoding, timestamps and offsets are the processor's; a source here judges what it is given
 * (.valid, .text_keys) and a table source keeps its rows. A source reads one topic: a stream of
 * several is a row for each and one behind them.
 */
#include "base/utf8.h"
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/rows.h"
#include "topology/versioned.h"

/* ---- sources -------------------------------------------------------------------------------- */

/* 1: it was rejected and goes no further. */
static int judge(struct node *node, const struct change *change)
{
    const struct leat_source *source = node->step->options;
    const struct flow_ops *ops = node->flow->options.ops;
    struct leat_bytes key = change->record.key;
    struct leat_call *call;
    bool valid;
    int status;

    if (source->text_keys && (!key.data || !utf8_valid(key))) {
        status = ops->reject(node->flow, node, "key",
                             key.data ? "the key is not UTF-8" : "the key is null");
        return status ? status : 1;
    }
    if (source->needs_value && !change->record.value) {
        status = ops->reject(node->flow, node, "data", "the value is null");
        return status ? status : 1;
    }
    if (!source->valid || !change->record.value)
        return LEAT_OK;
    call = node_enter(node, change);
    valid = source->valid(&change->record);
    if (valid && !call->status)
        return LEAT_OK;
    status = ops->reject(node->flow, node, "invalid",
                         call->status ? node->flow->failure : "the record is not valid");
    call->status = LEAT_OK;
    return status ? status : 1;
}

static int stream_process(struct node *node, int input, const struct change *change)
{
    int status = judge(node, change);

    if (status)
        return status < 0 ? status : LEAT_OK;
    if (node->clock.origins)
        time_reach(&node->clock, 0, change->origin, change->record.timestamp_ms);
    return node_forward(node, change);
}

static int table_process(struct node *node, int input, const struct change *change)
{
    int status = judge(node, change);

    if (status)
        return status < 0 ? status : LEAT_OK;
    if (change->record.key.data && node->clock.origins)
        time_reach(&node->clock, 0, change->origin, change->record.timestamp_ms);
    return rows_take(node, change);
}

const struct operator source_stream = {
    .verb = "stream", .source = true, .process = stream_process,
};
const struct operator source_table = {
    .verb = "table", .source = true, .keeps_on_need = true, .process = table_process,
    .flush = rows_flush, .get = rows_get,
};

static int versioned_process(struct node *node, int input, const struct change *change)
{
    int status = judge(node, change);

    return status ? (status < 0 ? status : LEAT_OK) : versioned_take(node, change);
}

static const struct operator source_versioned = {
    .verb = "versioned-table", .source = true, .windowed = true, .process = versioned_process,
    .flush = versioned_flush, .get = versioned_get, .get_as_of = versioned_get_as_of,
};
const struct operator source_global = { .verb = "global-table", .source = true };

static struct step *source(struct leat_topology *topology, const char *name, enum noun noun,
                           const struct operator *operator, const struct leat_source *source)
{
    struct step *step = step_new(topology, operator, name, noun, source ? source->type : NULL);
    const struct leat_source *kept = step_options(step, source, sizeof *source);

    step->topic = kept->topic ? arena_copy(&topology->arena, leat_bytes_of(kept->topic)).data
                              : step->name;
    step->user = kept->user;
    step_require(step, kept->type, "a source needs the .type of its values");
    if (!step->type)
        step->type = &leat_bytes_type;
    return step;
}

struct leat_stream *leat_stream_from(struct leat_topology *topology, const char *name,
                                     const struct leat_source *options)
{
    return (struct leat_stream *)source(topology, name, NOUN_STREAM, &source_stream, options);
}

struct leat_table *leat_table_from(struct leat_topology *topology, const char *name,
                                   const struct leat_source *options)
{
    bool versioned = options && options->versioned;
    struct step *step = source(topology, name, NOUN_TABLE,
                               versioned ? &source_versioned : &source_table, options);

    if (versioned)
        versioned_keep(step);
    else if (options && options->store)
        table_keep_rows(step);
    return (struct leat_table *)step;
}

struct leat_global *leat_global_from(struct leat_topology *topology, const char *name,
                                     const struct leat_source *options)
{
    return (struct leat_global *)source(topology, name, NOUN_GLOBAL, &source_global, options);
}

/* ---- to -------------------------------------------------------------------------------------- */

static int to_process(struct node *node, int input, const struct change *change)
{
    return node->flow->options.ops->send(node->flow, node, change);
}

const struct operator to_topic = { .verb = "to", .sink = true, .process = to_process };

void leat_to(struct leat_stream *in, const char *name, const struct leat_to *to)
{
    struct step *parent = step_of(in);
    struct step *step = step_new(parent->topology, &to_topic, name, NOUN_SINK, NULL);
    const struct leat_to *kept = step_options(step, to, sizeof *to);

    step->topic = kept->topic ? arena_copy(&step->topology->arena, leat_bytes_of(kept->topic)).data
                              : step->name;
    step->user = kept->user;
    step->window_ms = parent->window_ms;
    step_connect(parent, step);
}
