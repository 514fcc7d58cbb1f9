/* group_rows.c - a table grouped by what its rows say: leat_group_rows().
 *
 * A changed row leaves the group it was in (subtract) and enters the one it is in now (add). Both
 * cross a repartition as records that hold the old and the new value; where the group is the same
 * one record does both.
 */
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/rows.h"

/* ---- before the repartition ------------------------------------------------------------------ */

/* The group and the value of one row, or no key where it belongs to none. */
static int place_row(struct node *node, const struct change *change, const void *row,
                     struct leat_bytes *key, const void **value)
{
    const struct leat_group *with = node->step->options;
    struct change of = *change;
    struct leat_call *call;
    void *made;

    *key = (struct leat_bytes){ 0 };
    *value = row;
    if (!row)
        return LEAT_OK;
    of.record.value = row;
    call = node_enter(node, change);
    *key = with->key(&of.record);
    if (with->value && !call->status) {
        made = node_new_value(node);
        with->value(&of.record, made);
        *value = call->none ? NULL : made;
    }
    if (!*value)
        key->data = NULL;
    return node_leave(node, &of);
}

static int split_process(struct node *node, int input, const struct change *change)
{
    struct leat_bytes new_key, old_key;
    const void *new_value, *old_value;
    struct change out = *change;
    int status = place_row(node, change, change->record.value, &new_key, &new_value);

    if (!status)
        status = place_row(node, change, change->before, &old_key, &old_value);
    if (status)
        return status < 0 ? status : LEAT_OK;
    assert(change->before_known);
    out.record.type = node->step->type;
    if (old_key.data && !(new_key.data && leat_bytes_equal(old_key, new_key))) {
        out.record.key = old_key;
        out.record.value = NULL;
        out.before = old_value;
        status = node_forward(node, &out);
        old_key.data = NULL;
    }
    if (status || !new_key.data)
        return status;
    out.record.key = new_key;
    out.record.value = new_value;
    out.before = old_key.data ? old_value : NULL;
    return node_forward(node, &out);
}

static const struct operator split_operator = { .verb = "group-rows", .process = split_process };

/* ---- behind it ------------------------------------------------------------------------------- */

static void apply(const struct leat_group *with, leat_fill fill, const struct change *change,
                  const void *value, void *out)
{
    struct leat_record record = change->record;

    if (!value)
        return;
    record.value = value;
    fill(&record, out);
}

static int group_process(struct node *node, int input, const struct change *change)
{
    const struct leat_group *with = node->step->options;
    struct change result = *change;
    struct row_edit edit;
    struct leat_call *call;
    bool none;
    void *out;
    int status = rows_open(node, change->record.key, &edit);

    if (status)
        return status;
    if (edit.existed && edit.entry->timestamp_ms > result.record.timestamp_ms)
        result.record.timestamp_ms = edit.entry->timestamp_ms;
    out = store_edit(node->stores[0], edit.entry);
    call = node_enter(node, change);
    if (!edit.existed && with->init)
        with->init(&change->record, out);
    apply(with, with->subtract, change, change->before, out);
    apply(with, with->add, change, change->record.value, out);
    none = call->none;
    status = node_leave(node, change);
    return status < 0 ? status : rows_close(node, &edit, &result, none);
}

static const struct operator group_operator = {
    .verb = "aggregate-rows", .copartitioned = true, .process = group_process,
    .flush = rows_flush, .get = rows_get,
};

struct leat_table *leat_group_rows(struct leat_table *in, const char *name,
                                   const struct leat_group *with)
{
    struct step *from = step_of(in), *split, *received, *step;
    struct leat_topology *topology = from->topology;
    struct leat_bytes text = arena_text(&topology->arena, "%s-split", name);
    struct store_plan *plan;

    table_need_before(from);
    split = step_new(topology, &split_operator, text.data, NOUN_STREAM,
                     with->value_type ? with->value_type : from->type);
    step_options(split, with, sizeof *with);
    split->user = with->user;
    step_require(split, with->key && with->add && with->subtract && with->type,
                 "it needs .key, .type, .add and .subtract");
    step_connect(from, split);
    text = arena_text(&topology->arena, "%s-grouped", name);
    received = step_repartition(split, text.data, with->partitions);
    received->carries_before = received->twin->carries_before = true;
    step = step_new(topology, &group_operator, name, NOUN_TABLE,
                    with->type ? with->type : &leat_bytes_type);
    step_options(step, with, sizeof *with);
    step->user = with->user;
    step_connect(received, step);
    plan = step_store(step, with->store ? with->store : name, STORE_KEY_VALUE, step->type);
    plan->queryable = with->store;
    plan->in_memory = with->in_memory;
    plan->cached = !with->no_cache;
    return (struct leat_table *)step;
}
