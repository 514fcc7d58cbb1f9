/* join_table.c - a stream meets a table's row of its key, or a global table's: leat_join_table(),
 * leat_join_global().
 *
 * The stream's record is what triggers; a row that comes later joins nothing behind it. Of a
 * versioned table it meets the row of its own time; join_as_of.c has the records that wait for it.
 */
#include "topology/join_table.h"

#include "topology/flow.h"
#include "topology/global.h"
#include "topology/operators.h"

static int join(struct node *node, const struct change *change, const void *right)
{
    const struct leat_join *with = node->step->options;
    struct change joined = *change;
    struct leat_call *call;
    void *value;
    int status;

    if (!right && with->kind == LEAT_INNER)
        return LEAT_OK;
    value = node_new_value(node);
    call = node_enter(node, change);
    with->join(&change->record, right, value);
    joined.record.value = call->none ? NULL : value;
    joined.record.type = node->step->type;
    status = node_leave(node, change);
    return status ? (status < 0 ? status : LEAT_OK) : node_forward(node, &joined);
}

bool join_takes(const struct node *node, const struct leat_record *record)
{
    const struct leat_join *with = node->step->options;

    return record->value && (record->key.data || with->kind == LEAT_LEFT);
}

int join_with_table(struct node *node, const struct change *change)
{
    const struct leat_record *record = &change->record;
    struct row row = { 0 };
    int status = LEAT_OK;

    if (record->key.data)
        status = table_row_for(node->inputs[1], record->key, record->timestamp_ms, &row);
    return status ? status : join(node, change, row.value);
}

static int table_process(struct node *node, int input, const struct change *change)
{
    if (input == 1)
        return LEAT_OK;
    return join_takes(node, &change->record) ? join_with_table(node, change) : node_drop(node);
}

static const struct operator table_operator = {
    .verb = "join-table", .copartitioned = true, .process = table_process,
};

static struct step *join_step(struct step *from, const struct operator *operator, const char *name,
                              const struct leat_join *with)
{
    struct step *step = step_new(from->topology, operator, name, NOUN_STREAM,
                                 with->type ? with->type : from->type);

    step_options(step, with, sizeof *with);
    step_require(step, with->type && with->join, "a join needs .type and .join");
    step->user = with->user;
    step_keys_like(step, from);
    step_connect(from, step);
    return step;
}

struct leat_stream *leat_join_table(struct leat_stream *in, struct leat_table *table,
                                    const char *name, const struct leat_join *with)
{
    struct step *from = step_partitioned(step_of(in), with->kind == LEAT_LEFT);
    struct step *step = join_step(from, with->wait ? &join_as_of : &table_operator, name, with);

    step_require(step, !with->key, ".key is for joins with a global table; use leat_key_by()");
    step_require(step, with->wait || !with->grace, ".grace is for joins that .wait");
    step_connect(step_of(table), step);
    table_need_values(step_of(table));
    if (with->wait)
        join_as_of_step(step);
    return (struct leat_stream *)step;
}

/* ---- global tables --------------------------------------------------------------------------- */

static int join_global_open(struct node *node)
{
    struct flow *flow = node->flow;
    const struct step *table = node->step->global;

    return global_reader_open(flow->options.ops->global(flow, table), node->state, flow->error);
}

static void join_global_close(struct node *node)
{
    global_reader_close(node->state);
}

/* No record that came this way before is still on its walk, so no row that it saw is needed. */
static int global_process(struct node *node, int input, const struct change *change)
{
    const struct leat_join *with = node->step->options;
    struct leat_bytes key = change->record.key;
    const void *right = NULL;
    int status;

    global_reader_refresh(node->state);
    if (!change->record.value)
        return node_drop(node);
    if (with->key) {
        node_enter(node, change);
        key = with->key(&change->record);
        status = node_leave(node, change);
        if (status)
            return status < 0 ? status : LEAT_OK;
    }
    if (!key.data && with->kind == LEAT_INNER)
        return node_drop(node);
    if (key.data) {
        status = global_reader_get(node->state, key, &right, node->flow->error);
        if (status)
            return status;
    }
    return join(node, change, right);
}

static const struct operator global_operator = {
    .verb = "join-global", .state_size = sizeof(struct global_reader), .open = join_global_open,
    .process = global_process, .close = join_global_close,
};

struct leat_stream *leat_join_global(struct leat_stream *in, struct leat_global *global,
                                     const char *name, const struct leat_join *with)
{
    struct step *step = join_step(step_of(in), &global_operator, name, with);

    step->key_changed = step_of(in)->key_changed;
    step->global = step_of(global);
    return (struct leat_stream *)step;
}
