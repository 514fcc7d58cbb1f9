/* windowed.c - the aggregate over tumbling and hopping windows.
 *
 * A record moves its origin's clock, then is added to each window that holds it and has not closed
 * for it; one it came too late for counts as late.
 * See also:  time.h (lateness), windows.h (which windows), aggregate.c (the verbs, retention)
 */
#include "topology/aggregate.h"

#include "state/window_key.h"
#include "topology/flow.h"
#include "topology/on_close.h"
#include "topology/operators.h"
#include "topology/windows.h"

static int windowed_process(struct node *node, int input, const struct change *change)
{
    const struct aggregation *aggregation = node->step->options;
    const struct leat_window *window = &aggregation->with.window;
    int64_t at_ms = change->record.timestamp_ms, advance_ms = window_advance(window);

    if (!change->record.key.data)
        return node_drop(node);
    aggregate_reach(node, input, change);
    for (int64_t start = window_first(window, at_ms); start <= at_ms; start += advance_ms) {
        struct leat_span span = leat_window_span(start, start + window->size);
        bool late = aggregate_too_late(node, input, change, start + window_closes_after(window));
        struct leat_bytes key = window_key_build(&node->flow->record, change->record.key, start, 0);
        int status = late ? aggregate_late(node, span, change)
                          : aggregate_row(node, input, key, span, change);

        if (status)
            return status;
    }
    return on_close_look(node, input, change);
}

const struct operator aggregate_windows = {
    .verb = "windowed-aggregate", .copartitioned = true, .windowed = true,
    .state_size = sizeof(struct on_close), .holds = on_close_holds, .open = on_close_open,
    .process = windowed_process, .flush = aggregate_flush, .get = rows_get,
    .advance = on_close_advance, .save = on_close_save, .load = on_close_load,
    .close = on_close_close,
};
