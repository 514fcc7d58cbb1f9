/* panes.c - the aggregate over hopping windows, kept as panes and added up when they are passed on.
 *
 * For an aggregate that names a .merge, and a size that is a multiple of the advance: a record
 * changes one row, its pane's, instead of one for each window that holds it. At the commit the
 * windows over the panes that changed are added up. A record that is late for some of its windows
 * must not count in those: it goes into a row of its own pane that says how many of the earliest
 * windows it stays out of, in the sequence number of the row's key.
 * See also:  windowed.c (one row a window), aggregate.c (the verbs)
 */
#include "topology/aggregate.h"

#include "base/memory.h"
#include "state/window_key.h"
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/windows.h"

struct panes {
    int64_t excluding;          /* 1: rows with a sequence number other than 0 exist */
    bool moved;
    struct pane {
        const void *value;      /* NULL: none */
        int64_t timestamp_ms;
    } *row;                     /* [pane][sequence] around the one that changed */
};

static int window_count(const struct leat_window *window)
{
    return (int)(window->size / window_advance(window));
}

bool panes_fit(const struct leat_aggregate *with)
{
    const struct leat_window *window = &with->window;

    return with->merge && window->advance && window->advance < window->size &&
           window->size % window->advance == 0;
}

/* ---- one record --------------------------------------------------------------------------------- */

/* How many of the earliest windows it came too late for; each is told to whoever asked. */
static int tell_late(struct node *node, const struct change *change, int *late)
{
    const struct aggregation *aggregation = node->step->options;
    const struct leat_window *window = &aggregation->with.window;
    int64_t at_ms = change->record.timestamp_ms;

    *late = 0;
    for (int64_t start = window_first(window, at_ms); start <= at_ms; start += window->advance) {
        struct leat_span span = { start, start + window->size };
        int status;

        if (change->partial || !time_late(&node->feed, &node->clock, change->origin,
                                          change->origin_ms, span.end_ms + window->grace))
            return LEAT_OK;
        ++*late;
        status = aggregate_late(node, span, change);
        if (status)
            return status;
    }
    *late = -1;
    return LEAT_OK;
}

static int add_to_pane(struct node *node, int input, const struct change *change,
                       struct leat_bytes row_key)
{
    const struct aggregation *aggregation = node->step->options;
    struct entry *entry;
    int64_t at_ms = change->record.timestamp_ms;
    bool existed;
    void *out;
    int status = store_entry(node->stores[0], row_key, &entry, node->flow->error);

    if (status)
        return status;
    existed = entry->value;
    if (existed && entry->timestamp_ms > at_ms)
        at_ms = entry->timestamp_ms;
    out = store_edit(node->stores[0], entry);
    node_enter(node, change);
    aggregate_add(aggregation, input, existed, change, out);
    status = node_leave(node, change);
    if (status < 0)
        return status;
    entry->origin = change->origin;
    entry->origin_ms = change->origin_ms;
    store_touch(node->stores[0], entry, at_ms);
    return LEAT_OK;
}

static int panes_process(struct node *node, int input, const struct change *change)
{
    const struct aggregation *aggregation = node->step->options;
    struct panes *panes = node->state;
    int64_t advance_ms = aggregation->with.window.advance;
    int64_t pane_ms = change->record.timestamp_ms / advance_ms * advance_ms;
    int late, status;

    if (!change->record.key.data || !change->record.value)
        return node_drop(node);
    time_reach(&node->clock, change->origin, change->record.timestamp_ms);
    status = tell_late(node, change, &late);
    if (status || late < 0)
        return status;
    if (late && !panes->excluding)
        panes->excluding = panes->moved = true;
    return add_to_pane(node, input, change,
                       window_key_build(&node->flow->record, change->record.key, pane_ms,
                                        (uint32_t)late));
}

/* ---- adding up ------------------------------------------------------------------------------------ */

static int sequence_count(const struct node *node)
{
    const struct aggregation *aggregation = node->step->options;
    const struct panes *panes = node->state;

    return panes->excluding ? window_count(&aggregation->with.window) : 1;
}

/* All rows of the key in panes from first_ms on, `count` of them. */
static int read_panes(struct node *node, struct leat_bytes key, int64_t first_ms, int count)
{
    const struct aggregation *aggregation = node->step->options;
    struct panes *panes = node->state;
    int64_t advance_ms = aggregation->with.window.advance;
    int sequences = sequence_count(node);

    for (int p = 0; p < count; p++)
        for (int s = 0; s < sequences; s++) {
            struct pane *pane = &panes->row[p * sequences + s];
            int64_t start_ms = first_ms + p * advance_ms;
            struct entry *entry;
            int status;

            *pane = (struct pane){ 0 };
            if (start_ms < 0)
                continue;
            status = store_entry(node->stores[0],
                                 window_key_build(&node->flow->record, key, start_ms, (uint32_t)s),
                                 &entry, node->flow->error);
            if (status)
                return status;
            *pane = (struct pane){ entry->value, entry->timestamp_ms };
        }
    return LEAT_OK;
}

/* The windows of pane p begin `windows` - 1 panes before it, or at 0; a row with sequence s is out
 * of the first s of them. */
static bool counts_in(int64_t pane_ms, int64_t window_ms, int s, const struct leat_window *window)
{
    return window_ms >= window_first(window, pane_ms) + s * window->advance;
}

static int64_t add_up(struct node *node, const struct change *cause, int64_t first_ms,
                      int64_t window_ms, void *out)
{
    const struct aggregation *aggregation = node->step->options;
    const struct leat_window *window = &aggregation->with.window;
    const struct panes *panes = node->state;
    int windows = window_count(window), sequences = sequence_count(node);
    struct leat_record record = cause->record;
    int64_t at_ms = 0;

    if (aggregation->with.init)
        aggregation->with.init(&record, out);
    for (int i = 0; i < windows; i++) {
        int64_t pane_ms = window_ms + i * window->advance;
        int p = (int)((pane_ms - first_ms) / window->advance);

        for (int s = 0; s < sequences; s++) {
            const struct pane *pane = &panes->row[p * sequences + s];

            if (!pane->value || !counts_in(pane_ms, window_ms, s, window))
                continue;
            record.value = pane->value;
            aggregation->with.merge(&record, out);
            at_ms = pane->timestamp_ms > at_ms ? pane->timestamp_ms : at_ms;
        }
    }
    return at_ms;
}

static int pass_on(struct node *node, struct change *change, const struct window_key *row)
{
    const struct aggregation *aggregation = node->step->options;
    const struct leat_window *window = &aggregation->with.window;
    int windows = window_count(window);
    int64_t first_ms = row->start_ms - (windows - 1) * window->advance;
    int64_t from_ms = window_first(window, row->start_ms) + row->sequence * window->advance;
    int status = read_panes(node, row->key, first_ms, 2 * windows - 1);

    for (int64_t start = from_ms; start <= row->start_ms && !status; start += window->advance) {
        void *value = node_new_value(node);

        node_enter(node, change);
        change->record.timestamp_ms = add_up(node, change, first_ms, start, value);
        status = node_leave(node, change);
        change->record.value = value;
        change->record.window = (struct leat_span){ start, start + window->size };
        if (!status)
            status = node_forward(node, change);
    }
    return status < 0 ? status : LEAT_OK;
}

static int flush_pane(void *user, struct store *store, const struct entry *entry,
                      struct leat_bytes wire, struct leat_error *error)
{
    struct node *node = user;
    struct flow *flow = node->flow;
    struct change change = { .origin = entry->origin, .origin_ms = entry->origin_ms };
    struct window_key row;
    bool whole;
    int status = flow->options.ops->changelog(flow, store, entry, wire);

    if (status || !node->edge_count)
        return status;
    whole = window_key_parse(entry->key, &row);
    assert(whole);
    change.record = (struct leat_record){ .key = row.key, .type = node->step->type,
                                          .call = &flow->call };
    status = pass_on(node, &change, &row);
    arena_reset(&flow->record);
    return status;
}

static int panes_flush(struct node *node)
{
    int64_t closing_ms = time_closing(&node->feed, &node->clock);

    if (closing_ms != TIME_NONE)
        store_expire(node->stores[0], closing_ms - node->step->stores[0].spec.retention_ms + 1);
    if (!store_dirty(node->stores[0]))
        return LEAT_OK;
    return store_flush(node->stores[0], flush_pane, node, node->flow->error);
}

/* ---- its life ------------------------------------------------------------------------------------- */

static int panes_open(struct node *node)
{
    const struct aggregation *aggregation = node->step->options;
    struct panes *panes = node->state;
    size_t windows = (size_t)window_count(&aggregation->with.window);

    panes->row = memory_array((2 * windows - 1) * windows, sizeof *panes->row);
    return LEAT_OK;
}

static void panes_close(struct node *node)
{
    memory_free(((struct panes *)node->state)->row);
}

static int panes_save(struct node *node)
{
    struct panes *panes = node->state;

    if (!panes->moved)
        return LEAT_OK;
    panes->moved = false;
    return flow_keep(node, "excluding", &panes->excluding, 1);
}

static int panes_load(struct node *node)
{
    struct panes *panes = node->state;
    int status = flow_kept(node, "excluding", &panes->excluding, 1);

    panes->excluding = panes->excluding == 1;
    panes->moved = false;
    return status;
}

const struct operator aggregate_panes = {
    .verb = "windowed-aggregate", .copartitioned = true, .windowed = true,
    .state_size = sizeof(struct panes), .open = panes_open, .process = panes_process,
    .flush = panes_flush, .get = rows_get, .save = panes_save, .load = panes_load,
    .close = panes_close,
};
