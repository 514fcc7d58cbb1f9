/* runner_show.c - how far a runner got: offsets of its group, and the caller's progress.
 *
 * Entry points:  runner_show(), runner_caught_up()
 */
#include "sink/runner_parts.h"

#include "base/logline.h"
#include "base/memory.h"

enum { SHOW_MS = 1000 };

bool runner_caught_up(const struct runner *runner)
{
    if (!runner->assigned)
        return false;
    for (size_t i = 0; i < runner->lane_count; i++) {
        const struct lane *lane = &runner->lanes[i];

        if (lane->wanted && (!lane->claimed || !lane->at_end || lane_pending(lane)))
            return false;
    }
    return true;
}

/* A failure is of no consequence: the tables' own positions count. */
static void show_group(struct runner *runner)
{
    struct log_position *positions = memory_array(runner->lane_count, sizeof(*positions));
    struct leat_error error = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < runner->lane_count; i++) {
        struct lane *lane = &runner->lanes[i];
        int64_t position = lane_position(lane);

        if (!lane->claimed || position < 0 || position == lane->shown)
            continue;
        positions[count++] = lane_at(lane, position);
        lane->shown = position;
    }
    if (count && runner->group && log_group_commit(runner->group, positions, count, &error))
        log_debug("sink-offsets-not-shown", "sink=%s error=\"%s\"", runner->id, error.text);
    memory_free(positions);
}

static int64_t lane_lag(const struct runner *runner, const struct lane *lane)
{
    struct leat_error error = { 0 };
    int64_t first, end, from = lane->claim.next_offset;

    if (lane->at_end && !lane_pending(lane))
        return 0;
    if (log_ends(runner->log, lane_topic(lane), lane->claim.partition, &first, &end, &error))
        return (int64_t)lane_pending(lane);
    return end - (from > first ? from : first);
}

static void show_caller(struct runner *runner)
{
    struct sink_progress progress = { .rows = runner->kit.rows, .rejected = runner->kit.rejected,
                                      .outage = runner->outage };

    if (!runner->options->progress)
        return;
    for (size_t i = 0; i < runner->lane_count; i++) {
        if (!runner->lanes[i].wanted)
            continue;
        progress.partitions++;
        progress.lag += lane_lag(runner, &runner->lanes[i]);
    }
    progress.caught_up = progress.partitions && runner_caught_up(runner);
    runner->options->progress(runner->options->user, &progress);
}

void runner_show(struct runner *runner, bool now)
{
    if (!now && runner_now_ms() < runner->show_ms)
        return;
    if (!runner->outage)
        show_group(runner);
    show_caller(runner);
    runner->show_ms = runner_now_ms() + SHOW_MS;
}
