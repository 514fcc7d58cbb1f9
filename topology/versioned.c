/* versioned.c - tables that know what their rows were: see versioned.h. */
#include "topology/versioned.h"

#include "state/versions.h"
#include "topology/flow.h"
#include "topology/rows.h"

static int64_t history(const struct node *node)
{
    return node->step->stores[0].spec.retention_ms;
}

/* ---- what comes in --------------------------------------------------------------------------- */

/* The latest row before, copied: the store may write over it. */
static int find_before(struct node *node, const struct change *change, struct change *out)
{
    struct flow *flow = node->flow;
    struct version before = { 0 };
    int status = versions_find(node->stores[0], rows_key(node, &change->record), VERSION_OPEN,
                               &flow->record, &before, flow->error);

    if (status < 0)
        return status;
    out->before_known = true;
    out->before = node_copy_value(node, node->step->type, before.value);
    out->before_ms = before.from_ms;
    return LEAT_OK;
}

int versioned_take(struct node *node, const struct change *change)
{
    const struct leat_record *record = &change->record;
    struct flow *flow = node->flow;
    struct change update = *change;
    int status = LEAT_OK;
    bool latest;

    if (!record->key.data)
        return node_drop(node);
    time_reach(&node->clock, 0, change->origin, record->timestamp_ms);
    if (time_late(&node->feed, &node->clock, 0, change->origin, change->origin_ms,
                  record->timestamp_ms + history(node) + 1))
        return node_drop(node);
    update.before_known = false;
    if (node->step->needs_before)
        status = find_before(node, change, &update);
    if (!status)
        status = versions_add(node->stores[0], rows_key(node, record), record->value,
                              record->timestamp_ms, &flow->record, &latest, flow->error);
    if (status)
        return status;
    update.superseded = !latest;
    return node_forward(node, &update);
}

static int forget(void *user, struct store *store, const struct entry *entry,
                  struct leat_bytes wire, struct leat_error *error)
{
    struct node *node = user;

    return node->flow->options.ops->changelog(node->flow, store, entry, wire);
}

/* What is left at the beginning of the history is what was still valid then. */
int versioned_flush(struct node *node)
{
    int64_t settled_ms = time_settled(&node->feed, &node->clock);
    int status;

    if (settled_ms != TIME_NONE)
        store_expire(node->stores[0], settled_ms - history(node) + 1);
    status = rows_flush(node);
    return status ? status : store_sweep(node->stores[0], forget, node, node->flow->error);
}

/* ---- reads ----------------------------------------------------------------------------------- */

static int read_version(struct node *node, struct leat_bytes key, int64_t at_ms,
                        struct version *out)
{
    struct flow *flow = node->flow;
    int status = versions_find(node->stores[0], key, at_ms, &flow->record, out, flow->error);

    if (!status)
        *out = (struct version){ 0 };
    return status < 0 ? status : LEAT_OK;
}

int versioned_get(struct node *node, struct leat_bytes key, struct row *row)
{
    return versioned_get_as_of(node, key, VERSION_OPEN, row);
}

/* Before the history begins only the latest is found, which no history has to keep. */
int versioned_get_as_of(struct node *node, struct leat_bytes key, int64_t at_ms, struct row *row)
{
    int64_t begin_ms = time_closing(&node->feed, &node->clock, 0) - history(node);
    struct version version;
    int status = read_version(node, key, at_ms, &version);

    *row = (struct row){ version.value, version.from_ms };
    if (at_ms < begin_ms && version.end_ms != VERSION_OPEN)
        row->value = NULL;
    return status;
}

int table_row_for(struct node *table, struct leat_bytes key, int64_t at_ms, struct row *row)
{
    if (table_versioned(table->step))
        return table->operator->get_as_of(table, key, at_ms, row);
    return table->operator->get(table, key, row);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Longer than any two records lie apart; with a timestamp it is still a number. */
static const int64_t history_most_ms = INT64_MAX / 4;

void versioned_keep(struct step *step)
{
    const struct leat_source *with = step->options;
    struct store_plan *plan = table_keep_as(step, STORE_VERSIONED);

    plan->cached = false;
    plan->spec.retention_ms = with->history < history_most_ms ? with->history : history_most_ms;
    step_require(step, with->history >= 0, "the .history must not be negative");
}

static const struct step *versioned_root(const struct step *table)
{
    while (!table_has_store(table) && table->operator->get_as_of)
        table = table->inputs[0];
    return table_has_store(table) && table->stores[0].spec.kind == STORE_VERSIONED ? table : NULL;
}

bool table_versioned(const struct step *table)
{
    return versioned_root(table);
}

int64_t table_history(const struct step *table)
{
    return versioned_root(table)->stores[0].spec.retention_ms;
}
