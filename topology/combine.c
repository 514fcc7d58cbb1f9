/* combine.c - partial aggregates before a repartition, for an aggregate that names a .merge.
 *
 * Records of one key, pane of time and origin become one partial a commit. A record goes on as it
 * is, uncombined, unless it is in time for every window that holds it by its own origin: so the
 * receiver merges partials without judging them again, and judges all others itself, by the clock
 * of the origin as it stood here.
 * A pane is what all its timestamps share their windows in: the window itself if it tumbles, its
 * advance if it hops and the size is a multiple of that.
 */
#include "base/memory.h"
#include "topology/aggregate.h"
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/windows.h"

#include <stdio.h>

enum { PANE_HEAD_BYTES = 12 }; /* origin and pane, before the key */

bool combine_fits(const struct leat_aggregate *with)
{
    enum leat_window_kind kind = window_kind(&with->window);

    return kind != LEAT_SLIDING && kind != LEAT_SESSION;
}

static struct leat_bytes pane_key(struct arena *arena, int32_t origin, int64_t pane,
                                  struct leat_bytes key)
{
    char *memory = arena_new(arena, PANE_HEAD_BYTES + key.size);

    memcpy(memory, &pane, 8);
    memcpy(memory + 8, &origin, 4);
    memcpy(memory + PANE_HEAD_BYTES, key.data, key.size);
    return leat_bytes(memory, PANE_HEAD_BYTES + key.size);
}

/* In time for the earliest window that holds it, and so for all; by the origin's own time where
 * that is known, which may be ahead of what came here: what no mark has passed yet, no window
 * has. */
static bool combines(struct node *node, const struct leat_window *window,
                     const struct change *change)
{
    int64_t close_ms, at_ms = change->record.timestamp_ms, origin_ms = change->origin_ms;

    if (!window->size)
        return true;
    if (window->size % window_advance(window))
        return false;
    close_ms = window_first(window, at_ms) + window->size + window->grace;
    if (origin_ms == TIME_MAX)
        origin_ms = *time_place(&node->clock, 0, change->origin);
    return close_ms > origin_ms;
}

static int combine_add(struct node *node, const struct leat_aggregate *with, struct leat_bytes key,
                       const struct change *change)
{
    struct entry *entry;
    struct leat_call *call;
    bool existed, none;
    int status = store_entry(node->stores[0], key, &entry, node->flow->error);
    int64_t at_ms = change->record.timestamp_ms;
    void *out;

    if (status)
        return status;
    existed = entry->value;
    if (existed && entry->timestamp_ms > at_ms)
        at_ms = entry->timestamp_ms;
    out = store_edit(node->stores[0], entry);
    call = node_enter(node, change);
    if (!existed && with->init)
        with->init(&change->record, out);
    with->add(&change->record, out);
    none = call->none;
    status = node_leave(node, change);
    if (status < 0)
        return status;
    assert(!none);
    entry->origin = change->origin;
    entry->origin_ms = change->origin_ms;
    store_touch(node->stores[0], entry, at_ms);
    return LEAT_OK;
}

static int combine_process(struct node *node, int input, const struct change *change)
{
    const struct leat_aggregate *with = node->step->options;
    int64_t pane = 0;
    struct change single;

    if (!change->record.key.data || (!change->record.value && !with->window.size))
        return node_drop(node);
    if (with->window.size) {
        time_reach(&node->clock, 0, change->origin, change->record.timestamp_ms);
        pane = change->record.timestamp_ms / window_advance(&with->window);
    }
    if (combines(node, &with->window, change))
        return combine_add(node, with, pane_key(&node->flow->record, change->origin, pane,
                                                change->record.key), change);
    single = *change;
    if (with->window.size && single.origin_ms > *time_place(&node->clock, 0, change->origin))
        single.origin_ms = *time_place(&node->clock, 0, change->origin);
    return node_forward(node, &single);
}

static int send_partial(void *user, struct store *store, const struct entry *entry,
                        struct leat_bytes wire, struct leat_error *error)
{
    struct node *node = user;
    struct change partial = { .partial = true,
                              .origin = entry->origin,
                              .origin_ms = entry->origin_ms };
    int status;

    partial.record = (struct leat_record){
        .key = leat_bytes(entry->key.data + PANE_HEAD_BYTES, entry->key.size - PANE_HEAD_BYTES),
        .value = entry->value,
        .type = store_spec(store)->type,
        .timestamp_ms = entry->timestamp_ms,
        .call = &node->flow->call,
    };
    status = node_forward(node, &partial);
    arena_reset(&node->flow->record);
    return status;
}

static int combine_flush(struct node *node)
{
    if (!store_dirty(node->stores[0]))
        return LEAT_OK;
    return store_flush(node->stores[0], send_partial, node, node->flow->error);
}

static const struct operator combine_operator = {
    .verb = "combine", .windowed = true, .process = combine_process, .flush = combine_flush,
};

struct step *combine_step(struct step *in, const char *name, const struct leat_aggregate *with)
{
    struct leat_topology *topology = in->topology;
    char text[LEAT_ERROR_TEXT];
    struct step *step, *received;

    snprintf(text, sizeof text, "%s-combined", name);
    step = step_new(topology, &combine_operator, text, NOUN_STREAM, in->type);
    step_options(step, with, sizeof *with);
    step->user = with->user;
    step_store(step, text, STORE_KEY_VALUE, with->type)->scratch = true;
    step_connect(in, step);
    snprintf(text, sizeof text, "%s-grouped", name);
    received = step_repartition(step, text, with->partitions);
    received->twin->partial_type = received->partial_type = with->type;
    return received;
}
