/* rows.c - rows of a table operator's own store, and the changes they make. */
#include "topology/rows.h"

#include "state/session_key.h"
#include "state/window_key.h"
#include "topology/flow.h"
#include "topology/on_close.h"

bool rows_cached(const struct node *node)
{
    return node->step->stores[0].cached && node->flow->options.caching;
}

int rows_get(struct node *node, struct leat_bytes key, struct row *row)
{
    struct entry *entry;
    int status = store_entry(node->stores[0], key, &entry, node->flow->error);

    if (status)
        return status;
    *row = (struct row){ entry->value, entry->timestamp_ms };
    if (node->flow->reads_told && entry->dirty && rows_cached(node))
        *row = (struct row){ entry->before, entry->before_ms };
    return LEAT_OK;
}

int rows_get_told(struct node *table, struct leat_bytes key, struct row *row)
{
    int status;

    table->flow->reads_told = true;
    status = table->operator->get(table, key, row);
    table->flow->reads_told = false;
    return status;
}

/* How a row with a windowed key lies in the store: as a window's row does where the step knows the
 * size, as a session's where each key has bounds of its own. */
struct leat_bytes rows_key(struct node *node, const struct leat_record *record)
{
    int64_t window_ms = node->step->window_ms;

    if (!window_ms || !record->key.data)
        return record->key;
    if (window_ms > 0)
        return window_key_build(&node->flow->record, record->key, record->window.start_ms, 0);
    return session_key_build(&node->flow->record, record->key, record->window.start_ms,
                             record->window.end_ms);
}

void rows_name(const struct node *node, struct leat_bytes key, struct leat_record *record)
{
    int64_t window_ms = node->step->window_ms;
    struct session_key session;
    struct window_key window;
    bool whole = true;

    record->key = key;
    record->window = (struct leat_span){ 0 };
    if (window_ms > 0) {
        whole = window_key_parse(key, &window);
        record->key = window.key;
        record->window = leat_window_span(window.start_ms, window.start_ms + window_ms);
    } else if (window_ms) {
        whole = session_key_parse(key, &session);
        record->key = session.key;
        record->window = (struct leat_span){ session.start_ms, session.end_ms,
                                             window_ms == WINDOW_SESSION ? LEAT_SPAN_SESSION
                                                                         : LEAT_SPAN_WINDOW };
    }
    assert(whole);
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
    rows_name(node, entry->key, &change.record);
    change.record.value = entry->value;
    change.record.type = node->step->type;
    change.record.timestamp_ms = entry->timestamp_ms;
    change.record.call = &flow->call;
    change.before = entry->before;
    change.before_ms = entry->before_ms;
    change.before_known = node->step->needs_before;
    if (entry->headers)
        flow->call.headers = *entry->headers;
    status = node_forward(node, &change);
    flow->call.headers = (struct leat_bytes){ 0 };
    arena_reset(&flow->record);
    return status;
}

int rows_flush(struct node *node)
{
    if (!node->step->store_count || !store_dirty(node->stores[0]))
        return LEAT_OK;
    return store_flush(node->stores[0], flush_entry, node, node->flow->error);
}

int64_t rows_result_ms(const struct node *node, const struct row_edit *edit,
                       const struct change *cause, bool none)
{
    int64_t row_ms = edit->before_ms, cause_ms = cause->record.timestamp_ms;

    if (none && rows_cached(node))
        return cause_ms;
    return edit->existed && row_ms > cause_ms ? row_ms : cause_ms;
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
    if (rows_cached(node))
        store_carry(node->stores[0], entry, result->record.call->headers);
    if (none)
        store_set(node->stores[0], entry, NULL, result->record.timestamp_ms);
    else
        store_touch(node->stores[0], entry, result->record.timestamp_ms);
    if (node->step->stores[0].on_close && none)
        return edit->existed ? on_close_forget(node, &result->record) : LEAT_OK;
    if (node->step->stores[0].on_close)
        return edit->existed ? LEAT_OK : on_close_note(node, &result->record);
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

int rows_take(struct node *node, const struct change *change)
{
    if (!change->record.key.data)
        return node_drop(node);
    if (!table_has_store(node->step))
        return node_forward(node, change);
    return rows_set(node, rows_key(node, &change->record), change->record.value, change);
}
