/* sliding.c - the aggregate over sliding windows: one for each different set of a key's records
 * that lie within the difference d of each other.
 *
 * A record at t belongs to its left window, [t - d, t], and to those of the key that hold t. It
 * also divides what comes behind it: the right window, [t + 1, t + 1 + d], is the first without it.
 * Its predecessor's right window, if that holds t, comes to be only now. No window begins before 0:
 * [0, d] takes the place of left windows that would. How far a window's records reach is its row's
 * timestamp.
 * Source: Kafka Streams' KStreamSlidingWindowAggregate, to the order of the writes; a window may be
 * written twice for one record.
 * See also:  aggregate.c (the verbs, retention), on_close.h
 */
#include "topology/aggregate.h"

#include "state/window_key.h"
#include "topology/flow.h"
#include "topology/on_close.h"
#include "topology/operators.h"
#include "topology/windows.h"

struct met { /* a window of the key that the record meets */
    struct met *next;
    int64_t start_ms;
    struct entry *entry;
};

struct slide { /* one record */
    struct node *node;
    int input;
    const struct change *change;
    int64_t at_ms, size_ms;
    bool early;              /* before d: its left window is the first there is */
    struct met *met;         /* those that hold it, and its right one; by falling start, if early by
                                rising */
    const struct met *left;  /* among them; or NULL */
    struct entry *before;    /* the last that ends before it; or NULL */
    struct row right;        /* what the right window begins with, if it is to be made */
    int64_t previous_ms;     /* the last record before this one; TIME_NONE */
};

static struct leat_bytes key_of(const struct slide *slide, int64_t start_ms)
{
    return window_key_build(&slide->node->flow->record, slide->change->record.key, start_ms, 0);
}

/* ---- the windows around ---------------------------------------------------------------------- */

static int walk(struct slide *slide, struct store_cursor *cursor)
{
    struct node *node = slide->node;
    struct met **last = &slide->met;
    struct window_key parts;
    struct entry *entry;
    int status;

    while ((status = store_next(cursor, &entry, node->flow->error)) == 1) {
        struct met *met;

        if (!window_key_of(entry->key, slide->change->record.key) ||
            !window_key_parse(entry->key, &parts))
            continue;
        /* Asked for by key, the entry stays when the cursor moves on. */
        status = store_entry(node->stores[0], entry->key, &entry, node->flow->error);
        if (status)
            return status;
        if (parts.start_ms + slide->size_ms < slide->at_ms) {
            slide->before = entry;
            return LEAT_OK;
        }
        *last = met = arena_zeroed(&node->flow->record, sizeof *met);
        last = &met->next;
        met->start_ms = parts.start_ms;
        met->entry = entry;
    }
    return status;
}

static int read_windows(struct slide *slide)
{
    struct node *node = slide->node;
    struct store_cursor *cursor;
    struct leat_bytes from, to;
    int status;

    window_key_bounds(&node->flow->record, slide->change->record.key,
                      slide->at_ms - 2 * slide->size_ms, slide->at_ms + 1, &from, &to);
    status = store_range(node->stores[0], from, to, !slide->early, &cursor, node->flow->error);
    if (status)
        return status;
    status = walk(slide, cursor);
    store_cursor_close(cursor);
    return status;
}

static const struct met *find_window(const struct slide *slide, int64_t start_ms)
{
    for (const struct met *met = slide->met; met; met = met->next)
        if (met->start_ms == start_ms)
            return met;
    return NULL;
}

/* The right window has what the last window over the record holds before that is added, if a later
 * record lies in it. */
static void find_right(struct slide *slide)
{
    const struct met *last = NULL;

    for (const struct met *met = slide->met; met; met = met->next)
        if (met->start_ms > slide->at_ms)
            return;
        else if (met->start_ms + slide->size_ms > slide->at_ms &&
                 (!last || met->start_ms > last->start_ms))
            last = met;
    if (!last || last->entry->timestamp_ms <= slide->at_ms)
        return;
    slide->right.value = node_copy_value(slide->node, slide->node->step->type, last->entry->value);
    slide->right.timestamp_ms = last->entry->timestamp_ms;
}

/* All that depends on how things were before the record. */
static void look_around(struct slide *slide)
{
    slide->left = find_window(slide, slide->early ? 0 : slide->at_ms - slide->size_ms);
    slide->previous_ms = TIME_NONE;
    if (slide->before)
        slide->previous_ms = slide->before->timestamp_ms;
    else if (slide->left && slide->left->entry->timestamp_ms < slide->at_ms)
        slide->previous_ms = slide->left->entry->timestamp_ms;
    find_right(slide);
}

/* ---- writing --------------------------------------------------------------------------------- */

static struct leat_span span_of(const struct slide *slide, int64_t start_ms)
{
    return leat_window_span(start_ms, start_ms + slide->size_ms);
}

static bool is_late(const struct slide *slide, int64_t start_ms)
{
    return aggregate_too_late(slide->node, slide->input, slide->change,
                              start_ms + window_closes_after(slide->node->step->window));
}

static int add_to(struct slide *slide, int64_t start_ms)
{
    if (is_late(slide, start_ms))
        return aggregate_late(slide->node, span_of(slide, start_ms), slide->change);
    return aggregate_row(slide->node, slide->input, key_of(slide, start_ms),
                         span_of(slide, start_ms), slide->change);
}

static int make_right(struct slide *slide)
{
    int64_t start_ms = slide->at_ms + 1;
    struct change result = *slide->change;

    if (!slide->right.value)
        return LEAT_OK;
    result.record.timestamp_ms = slide->right.timestamp_ms;
    result.record.window = span_of(slide, start_ms);
    return rows_set(slide->node, key_of(slide, start_ms), slide->right.value, &result);
}

static int make_right_of_previous(struct slide *slide)
{
    int64_t start_ms = slide->previous_ms + 1;

    if (slide->previous_ms == TIME_NONE || find_window(slide, start_ms) ||
        start_ms + slide->size_ms < slide->at_ms)
        return LEAT_OK;
    return add_to(slide, start_ms);
}

/* It begins with what the last window before the record holds, where that reaches into it; anew
 * even if the record has just made it as the right one of the previous. */
static int make_left(struct slide *slide)
{
    struct node *node = slide->node;
    int64_t start_ms = slide->at_ms - slide->size_ms;
    const void *value = NULL;

    if (slide->left)
        return LEAT_OK;
    if (is_late(slide, start_ms))
        return aggregate_late(node, span_of(slide, start_ms), slide->change);
    if (slide->before && start_ms <= slide->previous_ms)
        value = node_copy_value(node, node->step->type, slide->before->value);
    return aggregate_row_anew(node, slide->input, key_of(slide, start_ms),
                              span_of(slide, start_ms), value, slide->change);
}

static int slide_early(struct slide *slide)
{
    int status = LEAT_OK;

    for (const struct met *met = slide->met; met && !status; met = met->next)
        if (met != slide->left && met->start_ms <= slide->at_ms)
            status = add_to(slide, met->start_ms);
    if (!status)
        status = make_right(slide);
    if (!status)
        status = make_right_of_previous(slide);
    return status ? status : add_to(slide, 0);
}

/* Where another record lies at t, which made its left window, there is nothing left to make. */
static int slide_on(struct slide *slide)
{
    bool complete = slide->left && slide->left->entry->timestamp_ms >= slide->at_ms;
    int status = LEAT_OK;

    for (const struct met *met = slide->met; met && !status; met = met->next)
        if (met->start_ms <= slide->at_ms)
            status = add_to(slide, met->start_ms);
    if (status || complete)
        return status;
    status = make_right_of_previous(slide);
    if (!status)
        status = make_left(slide);
    return status ? status : make_right(slide);
}

/* As in Kafka Streams, an early record passes nothing on that has closed. */
static int sliding_process(struct node *node, int input, const struct change *change)
{
    const struct leat_window *window = node->step->window;
    int64_t at_ms = change->record.timestamp_ms;
    struct slide slide = { .node = node, .input = input, .change = change, .at_ms = at_ms,
                           .size_ms = window->size, .early = at_ms < window->size };
    int status;

    if (!change->record.key.data || !change->record.value)
        return node_drop(node);
    aggregate_reach(node, input, change);
    if (aggregate_too_late(node, input, change, at_ms + window_closes_after(window)))
        return aggregate_late(node, leat_window_span(at_ms, at_ms + window->size), change);
    status = read_windows(&slide);
    if (status)
        return status;
    look_around(&slide);
    if (slide.early)
        return slide_early(&slide);
    status = slide_on(&slide);
    return status ? status : on_close_look(node, input, change);
}

const struct operator aggregate_sliding = {
    .verb = "sliding-aggregate", .copartitioned = true, .windowed = true,
    .state_size = sizeof(struct on_close), .holds = on_close_holds, .open = on_close_open,
    .process = sliding_process, .flush = aggregate_flush, .get = rows_get,
    .advance = on_close_advance, .save = on_close_save, .load = on_close_load,
    .close = on_close_close,
};
