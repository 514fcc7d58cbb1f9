/* join_tables.c - two tables meet by their keys: leat_join_tables().
 *
 * A change of either side meets the row that the other side has now; so does the row before, where
 * somebody asks for it. Without a store the join keeps nothing: a read joins the inputs' rows.
 * "Now" is what the other side has told so far: what its cache still holds back comes as a change
 * of its own. Only where both stem from one table is it the row as it stands, as in Kafka Streams:
 * there one change comes from both sides, in whatever order the steps have.
 * Source: Kafka Streams' KTableKTableInnerJoin, -LeftJoin, -RightJoin, -OuterJoin and -JoinMerger.
 */
#include "base/memory.h"
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/rows.h"

enum { LEFT, RIGHT, SIDES };

struct tables_join {
    struct leat_join_tables with;
    bool apart; /* the two sides have no step in common */
};

static const struct leat_join_tables *with_of(const struct node *node)
{
    return &((const struct tables_join *)node->step->options)->with;
}

/* Whether a row of this side has a result without the other's. */
static bool preserves(enum leat_join_kind kind, int side)
{
    return kind == LEAT_OUTER || (kind == LEAT_LEFT && side == LEFT);
}

static bool has_result(enum leat_join_kind kind, const void *left, const void *right)
{
    if (left && right)
        return true;
    return (left && preserves(kind, LEFT)) || (right && preserves(kind, RIGHT));
}

/* *out: what comes of the two, NULL where there is no result. change says under which key. */
static int join(struct node *node, const struct change *change, const void *left,
                const void *right, const void **out)
{
    const struct leat_join_tables *with = with_of(node);
    struct change of = *change;
    struct leat_call *call;
    void *made;

    *out = NULL;
    if (!has_result(with->kind, left, right))
        return LEAT_OK;
    of.record.value = left;
    of.record.type = node->step->inputs[LEFT]->type;
    made = node_new_value(node);
    call = node_enter(node, &of);
    with->join(&of.record, right, made);
    *out = call->none ? NULL : made;
    return node_leave(node, &of);
}

/* ---- a change of one side -------------------------------------------------------------------- */

static int join_side(struct node *node, int side, const struct change *change, const void *mine,
                     const void *other, const void **out)
{
    return side == LEFT ? join(node, change, mine, other, out)
                        : join(node, change, other, mine, out);
}

/* The row before is the one that the inputs tell: where both sides stem from one table, the other
 * side's row has changed already, and the store holds what never was passed on as such. */
static int pass_on(struct node *node, const struct change *joined)
{
    struct row_edit edit;
    int status;

    if (!table_has_store(node->step))
        return node_forward(node, joined);
    status = rows_open(node, rows_key(node, &joined->record), &edit);
    if (status)
        return status;
    edit.before = joined->before;
    store_set(node->stores[0], edit.entry, joined->record.value, joined->record.timestamp_ms);
    return rows_close(node, &edit, joined, !joined->record.value);
}

static int read_across(struct node *node, int side, const struct change *change, struct row *row)
{
    const struct tables_join *join = node->step->options;
    struct node *across = node->inputs[side == LEFT ? RIGHT : LEFT];
    struct leat_bytes key = rows_key(node, &change->record);

    return join->apart ? rows_get_told(across, key, row)
                       : across->operator->get(across, key, row);
}

static int tables_process(struct node *node, int side, const struct change *change)
{
    const struct leat_join_tables *with = with_of(node);
    const void *before = change->before_known ? change->before : NULL;
    struct change joined = *change;
    struct row other = { 0 };
    int status;

    if (change->superseded)
        return node_drop(node);
    status = read_across(node, side, change, &other);
    if (status)
        return status;
    if (!other.value && (!preserves(with->kind, side) || (!change->record.value && !before)))
        return LEAT_OK;
    status = join_side(node, side, change, change->record.value, other.value,
                       &joined.record.value);
    joined.before_known = node->step->needs_before;
    if (!status && joined.before_known)
        status = join_side(node, side, change, before, other.value, &joined.before);
    if (status)
        return status < 0 ? status : LEAT_OK;
    joined.record.type = node->step->type;
    if (other.value && other.timestamp_ms > joined.record.timestamp_ms)
        joined.record.timestamp_ms = other.timestamp_ms;
    return pass_on(node, &joined);
}

/* ---- a read ---------------------------------------------------------------------------------- */

static int read_sides(struct node *node, struct leat_bytes key, struct row rows[SIDES])
{
    int status = LEAT_OK;

    for (int side = LEFT; side < SIDES && !status; side++)
        status = node->inputs[side]->operator->get(node->inputs[side], key, &rows[side]);
    return status;
}

static int tables_get(struct node *node, struct leat_bytes key, struct row *row)
{
    struct change change = { .record = { .call = &node->flow->call } };
    struct row rows[SIDES] = { 0 };
    int status;

    if (table_has_store(node->step))
        return rows_get(node, key, row);
    status = read_sides(node, key, rows);
    if (status)
        return status;
    rows_name(node, key, &change.record);
    for (int side = LEFT; side < SIDES; side++)
        if (rows[side].value && rows[side].timestamp_ms > change.record.timestamp_ms)
            change.record.timestamp_ms = rows[side].timestamp_ms;
    row->timestamp_ms = change.record.timestamp_ms;
    status = join(node, &change, rows[LEFT].value, rows[RIGHT].value, &row->value);
    return status < 0 ? status : LEAT_OK;
}

static const struct operator tables_operator = {
    .verb = "join-tables", .copartitioned = true, .before_of_inputs = true,
    .process = tables_process, .flush = rows_flush, .get = tables_get,
};

/* ---- the verb -------------------------------------------------------------------------------- */

static void mark_all(const struct step *step, bool *marks)
{
    if (marks[step->number])
        return;
    marks[step->number] = true;
    for (int i = 0; i < step->input_count; i++)
        mark_all(step->inputs[i], marks);
}

static bool are_apart(const struct step *left, const struct step *right)
{
    size_t count = left->topology->step_count;
    bool *of_left = memory_array(count, sizeof *of_left);
    bool *of_right = memory_array(count, sizeof *of_right), apart = true;

    mark_all(left, of_left);
    mark_all(right, of_right);
    for (size_t i = 0; i < count; i++)
        apart &= !(of_left[i] && of_right[i]);
    memory_free(of_left);
    memory_free(of_right);
    return apart;
}

static void keep(struct step *step, const struct leat_join_tables *with)
{
    if (with->store)
        step_keep(step, STORE_KEY_VALUE, step->type,
                  &(struct leat_keep){ with->store, with->in_memory, with->no_cache, NULL });
}

struct leat_table *leat_join_tables(struct leat_table *left, struct leat_table *right,
                                    const char *name, const struct leat_join_tables *options)
{
    struct step *from = step_of(left), *to = step_of(right);
    struct step *step = step_new(from->topology, &tables_operator, name, NOUN_TABLE, from->type);
    struct tables_join join = { .apart = from->topology == to->topology && are_apart(from, to) };
    const struct leat_join_tables *with;

    if (options)
        join.with = *options;
    with = &((const struct tables_join *)step_options(step, &join, sizeof join))->with;
    step_require(step, with->type && with->join, "a join needs .type and .join");
    step_require(step, !with->key, ".key is for leat_join_foreign(); this join is by the tables' "
                 "own keys");
    step_require(step, from->window_ms == to->window_ms,
                 "the keys of both tables must have the same windows, or none");
    if (with->type)
        step->type = with->type;
    step->user = with->user;
    step_keys_like(step, from);
    step_connect(from, step);
    step_connect(to, step);
    keep(step, with);
    table_need_told(from);
    table_need_told(to);
    if (preserves(with->kind, LEFT))
        table_need_before(from);
    if (preserves(with->kind, RIGHT))
        table_need_before(to);
    return (struct leat_table *)step;
}
