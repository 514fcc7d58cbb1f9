/* panes.c - the aggregate over hopping windows, kept as panes and added up when they are passed on.
 *
 * For an aggregate that names a .merge, and a size that is a multiple of the advance: a record
 * changes one pane, instead of each window that holds it. The panes of a key over one window's
 * length are a row; at the commit the windows over the panes that changed are added up from it and
 * its two neighbours. A record that is late for some of its windows must not count in those: it has
 * a pane of its own there, which says how many of the earliest windows it stays out of.
 * See also:  windowed.c (one row a window), pane_block.h (the row), aggregate.c (the verbs)
 */
#include "base/limits.h"
#include "base/memory.h"
#include "schemas/codec.h"
#include "state/window_key.h"
#include "topology/aggregate.h"
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/pane_block.h"
#include "topology/windows.h"

struct placed { /* a pane, decoded, with the time that it begins */
    int64_t start_ms, timestamp_ms;
    int sequence;
    void *value;
};

struct panes {
    struct codec *codec;
    struct buffer wire;
    struct placed *around;      /* of the changed block and its neighbours */
    size_t around_count;
    int64_t settled_ms;         /* as of the last flush: what closed by then has not changed since,
                                   and may have lost panes */
};

static const struct leat_aggregate *with_of(const struct node *node)
{
    return &((const struct aggregation *)node->step->options)->with;
}

bool panes_fit(const struct leat_aggregate *with)
{
    const struct leat_window *window = &with->window;

    return with->merge && !with->on_close && window->advance > 0 &&
           window->advance < window->size && window->size % window->advance == 0 &&
           window->size / window->advance <= PANE_BLOCK_MAX;
}

/* ---- one record ------------------------------------------------------------------------------ */

/* How many of the earliest windows it came too late for, -1: all; each is told to whoever asked. */
static int tell_late(struct node *node, int input, const struct change *change, int *late)
{
    const struct leat_window *window = &with_of(node)->window;
    int64_t at_ms = change->record.timestamp_ms;

    *late = 0;
    for (int64_t start = window_first(window, at_ms); start <= at_ms; start += window->advance) {
        struct leat_span span = leat_window_span(start, start + window->size);
        int status;

        if (!aggregate_too_late(node, input, change, span.end_ms + window->grace))
            return LEAT_OK;
        ++*late;
        status = aggregate_late(node, span, change);
        if (status)
            return status;
    }
    *late = -1;
    return LEAT_OK;
}

static struct leat_bytes block_of(const struct entry *entry)
{
    return entry->value ? *(const struct leat_bytes *)entry->value : (struct leat_bytes){ "", 0 };
}

/* The pane's value with the change added, as wire bytes. */
static int add_to_pane(struct node *node, int input, const struct change *change,
                       struct leat_bytes block, struct pane *pane)
{
    const struct aggregation *aggregation = node->step->options;
    struct panes *panes = node->state;
    struct flow *flow = node->flow;
    bool existed = pane_block_find(block, pane->index, pane->sequence, pane);
    void *value = NULL;
    int status = existed ? codec_decode(panes->codec, pane->wire, &flow->record, &value,
                                        flow->error)
                         : LEAT_OK;

    if (status)
        return status;
    if (!existed)
        value = node_new_value(node);
    node_enter(node, change);
    aggregate_add(aggregation, input, existed, change, value);
    status = node_leave(node, change);
    if (status)
        return status;
    if (!existed || pane->timestamp_ms < change->record.timestamp_ms)
        pane->timestamp_ms = change->record.timestamp_ms;
    panes->wire.size = 0;
    status = codec_encode(panes->codec, value, &panes->wire);
    pane->wire = buffer_bytes(&panes->wire);
    return status ? error_set(flow->error, status, "step %s: a pane cannot be encoded",
                              node->step->name)
                  : LEAT_OK;
}

static int add_to_block(struct node *node, int input, const struct change *change, int late)
{
    const struct leat_window *window = &with_of(node)->window;
    struct arena *arena = &node->flow->record;
    int64_t at_ms = change->record.timestamp_ms, block_ms = at_ms / window->size * window->size;
    struct pane pane = { .index = (uint8_t)((at_ms - block_ms) / window->advance),
                         .sequence = (uint8_t)late };
    struct entry *entry;
    struct leat_bytes block;
    int status = store_entry(node->stores[0],
                             window_key_build(arena, change->record.key, block_ms, 0), &entry,
                             node->flow->error);

    if (!status)
        status = add_to_pane(node, input, change, block_of(entry), &pane);
    if (status)
        return status < 0 ? status : LEAT_OK;
    block = pane_block_put(arena, block_of(entry), &pane);
    entry->origin = change->origin;
    entry->origin_ms = change->origin_ms;
    entry->marks |= UINT64_C(1) << pane.index;
    store_set(node->stores[0], entry, &block, at_ms > entry->timestamp_ms ? at_ms
                                                                          : entry->timestamp_ms);
    return LEAT_OK;
}

static int panes_process(struct node *node, int input, const struct change *change)
{
    int late, status;

    if (!change->record.key.data)
        return node_drop(node);
    aggregate_reach(node, input, change);
    status = tell_late(node, input, change, &late);
    return status || late < 0 ? status : add_to_block(node, input, change, late);
}

/* ---- adding up ------------------------------------------------------------------------------- */

static int read_block(struct node *node, struct leat_bytes key, int64_t block_ms)
{
    const struct leat_window *window = &with_of(node)->window;
    struct panes *panes = node->state;
    struct flow *flow = node->flow;
    struct leat_bytes block;
    struct entry *entry;
    struct pane pane;
    int status = store_entry(node->stores[0], window_key_build(&flow->record, key, block_ms, 0),
                             &entry, flow->error);

    if (status)
        return status;
    block = block_of(entry);
    while (pane_block_next(&block, &pane) && !status) {
        struct placed *placed = &panes->around[panes->around_count++];

        *placed = (struct placed){ .start_ms = block_ms + pane.index * window->advance,
                                   .timestamp_ms = pane.timestamp_ms,
                                   .sequence = pane.sequence };
        status = codec_decode(panes->codec, pane.wire, &flow->record, &placed->value, flow->error);
    }
    return status;
}

/* Nothing lies in a block that begins behind the greatest timestamp that came here. */
static int read_around(struct node *node, const struct window_key *row)
{
    int64_t size_ms = with_of(node)->window.size, greatest_ms = time_greatest(&node->clock);
    int status = LEAT_OK;

    ((struct panes *)node->state)->around_count = 0;
    for (int64_t at = row->start_ms - size_ms; at <= row->start_ms + size_ms && !status;
         at += size_ms)
        if (at >= 0 && at <= greatest_ms)
            status = read_block(node, row->key, at);
    return status;
}

/* TIME_NONE if the window has no pane; its result's timestamp otherwise. */
static int64_t add_up(struct node *node, const struct change *cause, int64_t start_ms, void *out)
{
    const struct leat_aggregate *with = with_of(node);
    const struct panes *panes = node->state;
    struct leat_record record = cause->record;
    int64_t at_ms = TIME_NONE;

    if (with->init)
        with->init(&record, out);
    for (size_t i = 0; i < panes->around_count; i++) {
        const struct placed *pane = &panes->around[i];
        int64_t from_ms = window_first(&with->window, pane->start_ms) +
                          pane->sequence * with->window.advance;

        if (start_ms > pane->start_ms || start_ms < from_ms)
            continue;
        record.value = pane->value;
        with->merge(&record, out);
        at_ms = pane->timestamp_ms > at_ms ? pane->timestamp_ms : at_ms;
    }
    return at_ms;
}

/* Whether the window is open, and over one of the changed panes. */
static bool is_changed(const struct node *node, const struct window_key *row, uint64_t marks,
                       int64_t start_ms)
{
    const struct leat_window *window = &with_of(node)->window;
    const struct panes *panes = node->state;
    int64_t from = (start_ms - row->start_ms) / window->advance;
    int64_t to = from + window->size / window->advance;

    if (start_ms + window->size + window->grace <= panes->settled_ms)
        return false;
    for (int64_t i = from < 0 ? 0 : from; i < to && i < PANE_BLOCK_MAX; i++)
        if (marks & (UINT64_C(1) << i))
            return true;
    return false;
}

static int pass_on(struct node *node, struct change *change, const struct window_key *row,
                   uint64_t marks)
{
    const struct leat_window *window = &with_of(node)->window;
    int64_t start = row->start_ms - window->size + window->advance;
    int status = read_around(node, row);

    for (start = start > 0 ? start : 0; start < row->start_ms + window->size && !status;
         start += window->advance) {
        void *value;

        if (!is_changed(node, row, marks, start))
            continue;
        value = node_new_value(node);
        node_enter(node, change);
        change->record.timestamp_ms = add_up(node, change, start, value);
        status = node_leave(node, change);
        change->record.value = value;
        change->record.window = leat_window_span(start, start + window->size);
        if (!status && change->record.timestamp_ms != TIME_NONE)
            status = node_forward(node, change);
    }
    return status < 0 ? status : LEAT_OK;
}

static int flush_block(void *user, struct store *store, const struct entry *entry,
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
    status = pass_on(node, &change, &row, entry->marks);
    arena_reset(&flow->record);
    return status;
}

/* Blocks expire behind the flush: windows that changed are added up from them, though they may have
 * closed since. A block's last pane ends a window's length behind its key's time. */
static int panes_flush(struct node *node)
{
    const struct store_spec *spec = &node->step->stores[0].spec;
    struct panes *panes = node->state;
    int status = LEAT_OK;

    if (store_dirty(node->stores[0]))
        status = store_flush(node->stores[0], flush_block, node, node->flow->error);
    panes->settled_ms = time_settled(&node->feed, &node->clock);
    if (!status && panes->settled_ms != TIME_NONE)
        store_expire(node->stores[0], panes->settled_ms - spec->retention_ms -
                                          with_of(node)->window.size + 1);
    return status;
}

/* ---- its life -------------------------------------------------------------------------------- */

static int panes_open(struct node *node)
{
    const struct leat_window *window = &with_of(node)->window;
    struct panes *panes = node->state;
    size_t windows = (size_t)(window->size / window->advance);

    panes->settled_ms = TIME_NONE;
    panes->codec = codec_new(node->step->type, node->flow->options.registry);
    buffer_init(&panes->wire, LIMIT_VALUE_BYTES);
    panes->around = memory_array(3 * windows * (windows + 1), sizeof *panes->around);
    return LEAT_OK;
}

/* At the start and after an abort: marks and clocks are as they were when rows last expired. */
static int panes_load(struct node *node)
{
    ((struct panes *)node->state)->settled_ms = time_settled(&node->feed, &node->clock);
    return LEAT_OK;
}

static int panes_enlist(struct node *node, const char *topic)
{
    return codec_register(((struct panes *)node->state)->codec, topic, node->flow->error);
}

static void panes_close(struct node *node)
{
    struct panes *panes = node->state;

    codec_free(panes->codec);
    buffer_free(&panes->wire);
    memory_free(panes->around);
}

const struct operator aggregate_panes = {
    .verb = "windowed-aggregate", .copartitioned = true, .windowed = true,
    .state_size = sizeof(struct panes), .open = panes_open, .enlist = panes_enlist,
    .process = panes_process, .flush = panes_flush, .load = panes_load,
    .close = panes_close,
};
