/* table.c - verbs of tables that see one row at a time: changes, filter-rows, map-rows.
 *
 * By itself such a table keeps nothing: a read asks its input and judges or maps what that has.
 * leat_keep() gives it a store of its own.
 * See also:  keep.c (what tables keep, and for whom), rows.c (rows of a store)
 */
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/rows.h"
#include "topology/versioned.h"

static struct step *derive(struct leat_table *in, const struct operator *operator, const char *name,
                           enum noun noun, const struct leat_type *type)
{
    struct step *parent = step_of(in);
    struct step *step = step_new(parent->topology, operator, name, noun,
                                 type ? type : parent->type);

    step_keys_like(step, parent);
    step_connect(parent, step);
    return step;
}

/* ---- changes --------------------------------------------------------------------------------- */

static int changes_process(struct node *node, int input, const struct change *change)
{
    struct change event = *change;

    event.before_known = event.superseded = false;
    return node_forward(node, &event);
}

static const struct operator changes_operator = { .verb = "changes", .process = changes_process };

struct leat_stream *leat_changes(struct leat_table *in, const char *name)
{
    return (struct leat_stream *)derive(in, &changes_operator, name, NOUN_STREAM, NULL);
}

/* ---- what both verbs of rows do -------------------------------------------------------------- */

/* A store of its own takes every row as the latest. */
static int pass_on(struct node *node, struct change *change)
{
    if (!table_has_store(node->step))
        return node_forward(node, change);
    change->superseded = false;
    return rows_set(node, rows_key(node, &change->record), change->record.value, change);
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

/* How a verb sees a value: *out is what becomes of it, NULL for none. 1: it was skipped. */
typedef int (*see_fn)(struct node *node, const struct change *change, const void *value,
                      const void **out);

static int get_seen(struct node *node, struct leat_bytes key, int64_t at_ms, see_fn see,
                    struct row *row)
{
    struct change change;
    int status;

    if (table_has_store(node->step))
        return rows_get(node, key, row);
    status = table_row_for(node->inputs[0], key, at_ms, row);
    if (status)
        return status;
    change = read_change(node, key, row);
    status = see(node, &change, row->value, &row->value);
    return status < 0 ? status : LEAT_OK;
}

/* ---- filter-rows ----------------------------------------------------------------------------- */

struct row_filter {
    leat_test test;
    bool wanted; /* what the test says of rows that stay */
};

/* *kept: the value, or NULL where it does not pass. */
static int judge(struct node *node, const struct change *change, const void *value,
                 const void **kept)
{
    const struct row_filter *filter = node->step->options;
    struct change row = *change;

    *kept = NULL;
    if (!value)
        return LEAT_OK;
    row.record.value = value;
    node_enter(node, change);
    if (filter->test(&row.record) == filter->wanted)
        *kept = value;
    return node_leave(node, &row);
}

static int filter_before(struct node *node, const struct change *change, const void **before)
{
    struct row row = { 0 };
    int status;

    if (!table_has_store(node->step))
        return judge(node, change, change->before, before);
    status = rows_get(node, rows_key(node, &change->record), &row);
    *before = row.value;
    return status;
}

/* One that knows the old row says nothing where neither old nor new passes, unless the table is
 * versioned: then the old row is the latest, and not the one that the update replaces. */
static int filter_process(struct node *node, int input, const struct change *change)
{
    bool knows = node->step->needs_before;
    struct change kept = *change;
    int status = judge(node, change, change->record.value, &kept.record.value);

    kept.before_known = knows;
    if (!status && knows)
        status = filter_before(node, change, &kept.before);
    if (status)
        return status < 0 ? status : LEAT_OK;
    if (knows && !kept.record.value && !kept.before && !table_versioned(node->step->inputs[0]))
        return LEAT_OK;
    return pass_on(node, &kept);
}

static int filter_get_as_of(struct node *node, struct leat_bytes key, int64_t at_ms,
                            struct row *row)
{
    return get_seen(node, key, at_ms, judge, row);
}

static int filter_get(struct node *node, struct leat_bytes key, struct row *row)
{
    return get_seen(node, key, TIME_MAX, judge, row);
}

static const struct operator filter_operator = {
    .verb = "filter-rows", .may_keep = true, .process = filter_process, .flush = rows_flush,
    .get = filter_get, .get_as_of = filter_get_as_of,
};

/* Old rows are asked for where they cost no store. */
static struct leat_table *filter_rows(struct leat_table *in, const char *name, leat_test test,
                                      bool wanted)
{
    struct step *step = derive(in, &filter_operator, name, NOUN_TABLE, NULL);
    struct row_filter filter = { test, wanted };

    step_require(step, test, "a filter needs a test");
    step_options(step, &filter, sizeof filter);
    if (table_offers_before(step_of(in)))
        table_need_before(step);
    return (struct leat_table *)step;
}

struct leat_table *leat_filter_rows(struct leat_table *in, const char *name, leat_test test)
{
    return filter_rows(in, name, test, true);
}

struct leat_table *leat_filter_rows_not(struct leat_table *in, const char *name, leat_test test)
{
    return filter_rows(in, name, test, false);
}

/* ---- map-rows -------------------------------------------------------------------------------- */

static int map_value(struct node *node, const struct change *change, const void *value,
                     const void **out)
{
    const struct leat_map *map = node->step->options;
    struct change row = *change;
    struct leat_call *call;
    bool none;
    void *made;
    int status;

    *out = NULL;
    if (!value)
        return LEAT_OK;
    row.record.value = value;
    call = node_enter(node, change);
    made = node_new_value(node);
    map->value(&row.record, made);
    none = call->none;
    status = node_leave(node, &row);
    *out = status || none ? NULL : made;
    return status;
}

static int map_process(struct node *node, int input, const struct change *change)
{
    struct change mapped = *change;
    int status = map_value(node, change, change->record.value, &mapped.record.value);

    mapped.record.type = node->step->type;
    mapped.before_known = node->step->needs_before && !table_has_store(node->step);
    if (!status && mapped.before_known)
        status = map_value(node, change, change->before, &mapped.before);
    if (status)
        return status < 0 ? status : LEAT_OK;
    return pass_on(node, &mapped);
}

static int map_get_as_of(struct node *node, struct leat_bytes key, int64_t at_ms, struct row *row)
{
    return get_seen(node, key, at_ms, map_value, row);
}

static int map_rows_get(struct node *node, struct leat_bytes key, struct row *row)
{
    return get_seen(node, key, TIME_MAX, map_value, row);
}

static const struct operator map_operator = {
    .verb = "map-rows", .may_keep = true, .process = map_process, .flush = rows_flush,
    .get = map_rows_get, .get_as_of = map_get_as_of,
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
