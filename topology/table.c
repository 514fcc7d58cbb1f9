/* table.c - verbs of tables that keep nothing themselves: changes, filter-rows, map-rows; and what
 * tables must keep for those behind them.
 */
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/rows.h"

bool table_has_store(const struct step *table)
{
    return table->store_count > 0;
}

/* A table source gets its store when somebody first needs its rows; others ask their input. */
void table_need_values(struct step *table)
{
    if (table_has_store(table))
        return;
    if (table->operator->source) {
        step_store(table, table->name, STORE_KEY_VALUE, table->type)->cached =
            !((const struct leat_source *)table->options)->no_cache;
        return;
    }
    table_need_values(table->inputs[0]);
}

void table_need_before(struct step *table)
{
    table->needs_before = true;
    if (table->operator->source)
        table_need_values(table);
    if (table_has_store(table))
        table->stores[0].spec.keep_before = true;
    else
        table_need_before(table->inputs[0]);
}

static struct step *derive(struct leat_table *in, const struct operator *operator, const char *name,
                           enum noun noun, const struct leat_type *type)
{
    struct step *parent = step_of(in);
    struct step *step = step_new(parent->topology, operator, name, noun,
                                 type ? type : parent->type);

    step->window_ms = parent->window_ms;
    step->window = parent->window;
    step_connect(parent, step);
    return step;
}

/* ---- changes --------------------------------------------------------------------------------- */

static int changes_process(struct node *node, int input, const struct change *change)
{
    struct change event = *change;

    event.before_known = false;
    return node_forward(node, &event);
}

static const struct operator changes_operator = { .verb = "changes", .process = changes_process };

struct leat_stream *leat_changes(struct leat_table *in, const char *name)
{
    return (struct leat_stream *)derive(in, &changes_operator, name, NOUN_STREAM, NULL);
}

/* ---- filter-rows ----------------------------------------------------------------------------- */

static bool row_passes(struct node *node, const struct change *change, const void *value)
{
    const leat_test *test = node->step->options;
    struct change row = *change;
    bool passes;

    if (!value)
        return false;
    row.record.value = value;
    node_enter(node, change);
    passes = (*test)(&row.record);
    return node_leave(node, &row) == LEAT_OK && passes;
}

/* One that knows the old row says nothing where neither old nor new passes. */
static int filter_process(struct node *node, int input, const struct change *change)
{
    struct change kept = *change;

    kept.record.value = row_passes(node, change, change->record.value) ? change->record.value
                                                                       : NULL;
    if (change->before_known) {
        kept.before = row_passes(node, change, change->before) ? change->before : NULL;
        if (!kept.record.value && !kept.before)
            return LEAT_OK;
    }
    return node_forward(node, &kept);
}

static int parent_get(struct node *node, struct leat_bytes key, struct row *row)
{
    return node->inputs[0]->operator->get(node->inputs[0], key, row);
}

/* The change that a read has for its callbacks: the row, asked for out of turn. */
static struct change read_change(struct node *node, struct leat_bytes key, const struct row *row)
{
    return (struct change){ .record = { .key = key,
                                        .value = row->value,
                                        .type = node->step->inputs[0]->type,
                                        .timestamp_ms = row->timestamp_ms,
                                        .call = &node->flow->call } };
}

static int filter_get(struct node *node, struct leat_bytes key, struct row *row)
{
    int status = parent_get(node, key, row);
    struct change change;

    if (status)
        return status;
    change = read_change(node, key, row);
    if (!row_passes(node, &change, row->value))
        row->value = NULL;
    return LEAT_OK;
}

static const struct operator filter_operator = {
    .verb = "filter-rows", .process = filter_process, .get = filter_get,
};

struct leat_table *leat_filter_rows(struct leat_table *in, const char *name, leat_test test)
{
    struct step *step = derive(in, &filter_operator, name, NOUN_TABLE, NULL);

    step_require(step, test, "a filter needs a test");
    step_options(step, &test, sizeof test);
    if (table_has_store(step_of(in)))
        table_need_before(step_of(in));
    return (struct leat_table *)step;
}

/* ---- map-rows -------------------------------------------------------------------------------- */

static int map_value(struct node *node, const struct change *change, const void *value,
                     const void **out)
{
    const struct leat_map *map = node->step->options;
    struct change row = *change;
    struct leat_call *call;
    void *made;

    *out = NULL;
    if (!value)
        return LEAT_OK;
    row.record.value = value;
    call = node_enter(node, change);
    made = node_new_value(node);
    map->value(&row.record, made);
    *out = call->none ? NULL : made;
    return node_leave(node, &row);
}

static int map_process(struct node *node, int input, const struct change *change)
{
    struct change mapped = *change;
    int status = map_value(node, change, change->record.value, &mapped.record.value);

    if (!status && change->before_known && node->step->needs_before)
        status = map_value(node, change, change->before, &mapped.before);
    if (status)
        return status < 0 ? status : LEAT_OK;
    mapped.record.type = node->step->type;
    mapped.before_known = change->before_known && node->step->needs_before;
    return node_forward(node, &mapped);
}

static int map_rows_get(struct node *node, struct leat_bytes key, struct row *row)
{
    int status = parent_get(node, key, row);
    struct change change;

    if (status)
        return status;
    change = read_change(node, key, row);
    status = map_value(node, &change, row->value, &row->value);
    return status < 0 ? status : LEAT_OK;
}

static const struct operator map_operator = {
    .verb = "map-rows", .process = map_process, .get = map_rows_get,
};

struct leat_table *leat_map_rows(struct leat_table *in, const char *name,
                                 const struct leat_map *map)
{
    struct step *step = derive(in, &map_operator, name, NOUN_TABLE, map ? map->type : NULL);

    step_options(step, map, sizeof *map);
    step_require(step, map && map->value && map->type, "it needs .value and the .type it makes");
    step_require(step, !map || !map->key, "a table's key stays; group its rows to change it");
    if (map && map->user)
        step->user = map->user;
    return (struct leat_table *)step;
}
