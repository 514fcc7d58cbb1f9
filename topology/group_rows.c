/* group_rows.c - a table grouped by what its rows say: leat_group_rows(), leat_count_rows(),
 * leat_reduce_rows().
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
    int status;

    if (change->superseded)
        return LEAT_OK;
    status = place_row(node, change, change->record.value, &new_key, &new_value);
    if (!status)
        status = place_row(node, change, change->before, &old_key, &old_value);
    if (status)
        return status < 0 ? status : LEAT_OK;
    assert(change->before_known);
    out.record.type = node->step->type;
    out.record.window = (struct leat_span){ 0 };
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

struct grouping {
    struct leat_group with;
    bool reduces; /* the first value of a group becomes its row as it is */
};

/* The row of a group while one record is taken from it and added to it. */
struct group_row {
    void *out;
    bool there;
};

static int call_group(struct node *node, const struct change *change, leat_fill fill,
                      const void *value, struct group_row *row)
{
    struct leat_record record = change->record;
    struct leat_call *call = node_enter(node, change);

    record.value = value;
    fill(&record, row->out);
    row->there = !call->none;
    return node_leave(node, change);
}

static int subtract(struct node *node, const struct change *change, struct group_row *row)
{
    const struct grouping *grouping = node->step->options;

    if (!change->before || !row->there)
        return LEAT_OK;
    return call_group(node, change, grouping->with.subtract, change->before, row);
}

static int add(struct node *node, const struct change *change, struct group_row *row)
{
    const struct grouping *grouping = node->step->options;
    const void *value = change->record.value;
    int status = LEAT_OK;

    if (!value)
        return LEAT_OK;
    if (!row->there && grouping->reduces) {
        memcpy(row->out, value, node->step->type->size);
        row->there = true;
        return LEAT_OK;
    }
    if (!row->there) {
        memset(row->out, 0, node->step->type->size);
        if (grouping->with.init)
            status = call_group(node, change, grouping->with.init, value, row);
    }
    return status ? status : call_group(node, change, grouping->with.add, value, row);
}

static int group_process(struct node *node, int input, const struct change *change)
{
    struct change result = *change;
    struct row_edit edit;
    struct group_row row;
    int status = rows_open(node, change->record.key, &edit);

    if (status)
        return status;
    row = (struct group_row){ store_edit(node->stores[0], edit.entry), edit.existed };
    status = subtract(node, change, &row);
    if (!status)
        status = add(node, change, &row);
    if (status < 0)
        return status;
    result.record.timestamp_ms = rows_result_ms(node, &edit, change, !row.there);
    return rows_close(node, &edit, &result, !row.there);
}

static const struct operator group_operator = {
    .verb = "aggregate-rows", .copartitioned = true, .process = group_process,
    .flush = rows_flush, .get = rows_get,
};

/* ---- the verbs ------------------------------------------------------------------------------- */

static struct step *split_step(struct step *from, const char *name, const struct leat_group *with)
{
    struct leat_bytes text = arena_text(&from->topology->arena, "%s-split", name);
    struct step *split = step_new(from->topology, &split_operator, text.data, NOUN_STREAM,
                                  with->value_type ? with->value_type : from->type);

    step_options(split, with, sizeof *with);
    split->user = with->user;
    step_require(split, with->key, "it needs a .key, which says what group a row belongs to");
    step_require(split, !with->value == !with->value_type,
                 ".value needs the .value_type that it makes, and the other way round");
    step_connect(from, split);
    return split;
}

static struct leat_table *group(struct leat_table *in, const char *name,
                                const struct leat_group *with, bool reduces)
{
    struct step *from = step_of(in), *split, *received, *step;
    struct leat_topology *topology = from->topology;
    struct grouping grouping = { *with, reduces };

    table_need_before(from);
    split = split_step(from, name, with);
    received = step_repartition(split, arena_text(&topology->arena, "%s-grouped", name).data,
                                with->partitions);
    received->carries_before = received->twin->carries_before = true;
    if (reduces)
        grouping.with.type = received->type;
    step = step_new(topology, &group_operator, name, NOUN_TABLE,
                    grouping.with.type ? grouping.with.type : &leat_bytes_type);
    step_options(step, &grouping, sizeof grouping);
    step_require(step, grouping.with.type && with->add && with->subtract,
                 "it needs .type, .add and .subtract");
    step->user = with->user;
    step_connect(received, step);
    step_keep(step, STORE_KEY_VALUE, step->type,
              &(struct leat_keep){ with->store, with->in_memory, with->no_cache, NULL });
    return (struct leat_table *)step;
}

struct leat_table *leat_group_rows(struct leat_table *in, const char *name,
                                   const struct leat_group *with)
{
    return group(in, name, with, false);
}

struct leat_table *leat_reduce_rows(struct leat_table *in, const char *name,
                                    const struct leat_group *with)
{
    return group(in, name, with, true);
}

static void one_more(const struct leat_record *record, void *out)
{
    ++*(int64_t *)out;
}

static void one_less(const struct leat_record *record, void *out)
{
    --*(int64_t *)out;
}

struct leat_table *leat_count_rows(struct leat_table *in, const char *name,
                                   const struct leat_group *with)
{
    struct leat_group count = *with;

    count.type = &leat_long_type;
    count.init = NULL;
    count.add = one_more;
    count.subtract = one_less;
    return group(in, name, &count, false);
}
