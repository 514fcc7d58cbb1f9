/* rows.c - rows of a table operator's own store, and the changes they make. */
#include "topology/rows.h"

#include "state/session_key.h"
#include "state/window_key.h"
#include "topology/flow.h"

bool rows_cached(const struct node *node)
{
    return node->step->stores[0].cached && node->flow->options.caching;
}

int rows_get(struct node *node, struct leat_bytes key, struct row *row)
{
    struct entry *entry;
    int status = store_entry(node->stores[0], key, &entry, node->flow->error);

    if (!status)
        *row = (struct row){ entry->value, entry->timestamp_ms };
    return status;
}

static void name_session(const struct entry *entry, struct leat_record *record)
{
    struct session_key parts;
    bool whole = session_key_parse(entry->key, &parts);

    assert(whole);
    record->key = parts.key;
    record->window = (struct leat_span){ parts.start_ms, parts.end_ms, LEAT_SPAN_SESSION };
}

/* The key that steps behind see: a window's row is known by its inner key and its bounds. */
static void name_row(const struct node *node, const struct entry *entry, struct leat_record *record)
{
    enum store_kind kind = node->step->stores[0].spec.kind;
    struct window_key parts;
    bool whole;

    record->key = entry->key;
    record->window = (struct leat_span){ 0 };
    if (kind == STORE_SESSION)
        name_session(entry, record);
    if (kind != STORE_WINDOW)
        return;
    whole = window_key_parse(entry->key, &parts);
    assert(whole);
    record->key = parts.key;
    record->window = leat_window_span(parts.start_ms, parts.start_ms + node->step->window_ms);
}

static int flush_entry(void *user, struct store *store, const struct entry *entry,
                       struct leat_bytes wire, struct leat_error *error)
{
    struct node *node = user;
    struct flow *flow = node->flow;
    struct change change = { .origin = entry->origin, .origin_ms = entry->origin_ms };
    int status = flow->options.ops->changelog(flow, store, entry, wire);

    if (status || !rows_cached(node) || !node->edge_count)
        return status;
    if (store_spec(store)->keep_before && !entry->value && !entry->before)
        return LEAT_OK;
    name_row(node, entry, &change.record);
    change.record.value = entry->value;
    change.record.type = node->step->type;
    change.record.timestamp_ms = entry->timestamp_ms;
    change.record.call = &flow->call;
    change.before = entry->before;
    change.before_ms = entry->before_ms;
    change.before_known = store_spec(store)->keep_before;
    status = node_forward(node, &change);
    arena_reset(&flow->record);
    return status;
}

int rows_flush(struct node *node)
{
    if (!node->step->store_count || !store_dirty(node->stores[0]))
        return LEAT_OK;
    return store_flush(node->stores[0], flush_entry, node, node->flow->error);
}

int rows_open(struct node *node, struct leat_bytes row_key, struct row_edit *edit)
{
    int status = store_entry(node->stores[0], row_key, &edit->entry, node->flow->error);

    if (status)
        return status;
    edit->existed = edit->entry->value;
    edit->before = NULL;
    edit->before_ms = edit->entry->timestamp_ms;
    if (node->step->needs_before && !rows_cached(node))
        edit->before = node_copy_value(node, node->step->type, edit->entry->value);
    return LEAT_OK;
}

int rows_close(struct node *node, struct row_edit *edit, const struct change *result, bool none)
{
    struct entry *entry = edit->entry;
    struct change change = *result;

    entry->origin = result->origin;
    entry->origin_ms = result->origin_ms;
    if (none)
        store_set(node->stores[0], entry, NULL, result->record.timestamp_ms);
    else
        store_touch(node->stores[0], entry, result->record.timestamp_ms);
    if (rows_cached(node) || !node->edge_count)
        return LEAT_OK;
    change.record.value = entry->value;
    change.record.type = node->step->type;
    change.before = edit->before;
    change.before_ms = edit->before_ms;
    change.before_known = node->step->needs_before;
    change.partial = false;
    return node_forward(node, &change);
}

int rows_set(struct node *node, struct leat_bytes key, const void *value,
             const struct change *cause)
{
    struct row_edit edit;
    int status = rows_open(node, key, &edit);

    if (status)
        return status;
    store_set(node->stores[0], edit.entry, value, cause->record.timestamp_ms);
    return rows_close(node, &edit, cause, !value);
}
