/* windowed.c - the aggregate over tumbling and hopping windows.
 *
 * A record moves its origin's clock, then is added to each window that holds it and has not closed
 * for it; one it came too late for counts as late. Retention follows the closing time.
 * See also:  time.h (lateness), windows.h (which windows), aggregate.c (the verbs)
 */
#include "topology/aggregate.h"

#include "state/window_key.h"
#include "topology/flow.h"
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
        bool late = aggregate_too_late(node, input, change, span.end_ms + window->grace);
        struct leat_bytes key = window_key_build(&node->flow->record, change->record.key, start, 0);
        int status = late ? aggregate_late(node, span, change)
                          : aggregate_row(node, input, key, span, change);

        if (status)
            return status;
    }
    return LEAT_OK;
}

static int windowed_flush(struct node *node)
{
    int64_t settled_ms = time_settled(&node->feed, &node->clock);

    if (settled_ms != TIME_NONE)
        store_expire(node->stores[0], settled_ms - node->step->stores[0].spec.retention_ms + 1);
    return rows_flush(node);
}

const struct operator aggregate_windows = {
    .verb = "windowed-aggregate", .copartitioned = true, .windowed = true,
    .process = windowed_process, .flush = windowed_flush, .get = rows_get,
};
