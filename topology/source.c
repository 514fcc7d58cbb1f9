/* source.c - where records come in: stream, table and global sources. stream_source.c has the verb
 * of streams, to.c where they go out.
 *
 * Decoding, timestamps and offsets are the processor's; a source here judges what it is given
 * (.valid, .text_keys) and a table source keeps its rows.
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
    if (node->clock.origins)
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

static const char *keep_text(struct leat_topology *topology, const char *text)
{
    return text ? arena_copy(&topology->arena, leat_bytes_of(text)).data : NULL;
}

struct step *source_step(struct leat_topology *topology, const char *name, enum noun noun,
                         const struct operator *operator, const struct leat_source *source,
                         const char *topic)
{
    struct step *step = step_new(topology, operator, name, noun,
                                 source->type ? source->type : &leat_bytes_type);
    struct leat_source kept = *source;

    kept.topics = NULL;
    kept.rejects = keep_text(topology, source->rejects);
    kept.topic = step->topic = keep_text(topology, topic ? topic : step->name);
    step_options(step, &kept, sizeof kept);
    step->user = kept.user;
    step_require(step, kept.type, "a source needs the .type of its values");
    return step;
}

static struct step *rows_source(struct leat_topology *topology, const char *name, enum noun noun,
                                const struct operator *operator, const struct leat_source *options)
{
    static const struct leat_source nothing;
    const struct leat_source *source = options ? options : &nothing;
    struct step *step = source_step(topology, name, noun, operator, source, source->topic);

    step_require(step, !source->topics, ".topics is for streams; a table reads one .topic");
    return step;
}

struct leat_table *leat_table_from(struct leat_topology *topology, const char *name,
                                   const struct leat_source *options)
{
    bool versioned = options && options->versioned;
    struct step *step = rows_source(topology, name, NOUN_TABLE,
                                    versioned ? &source_versioned : &source_table, options);

    if (versioned)
        versioned_keep(step);
    else if (options && options->store)
        table_keep_rows(step);
    return (struct leat_table *)step;
}

/* The process keeps its rows and no task does; what is registered is the store's name. */
struct leat_global *leat_global_from(struct leat_topology *topology, const char *name,
                                     const struct leat_source *options)
{
    struct step *step = rows_source(topology, name, NOUN_GLOBAL, &source_global, options);

    if (options && options->store)
        step_store(step, options->store, STORE_KEY_VALUE, step->type);
    return (struct leat_global *)step;
}
