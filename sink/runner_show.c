/* runner_show.c - how far a runner got: offsets of its group, and the caller's progress.
 *
 * Entry points:  runner_show(), runner_caught_up()
 */
#include "sink/runner_parts.h"

#include "base/logline.h"
#include "base/memory.h"

enum {
    SHOW_MS = 1000,
    AGAIN_MS = 50,  /* after a refusal: the group is between two heartbeats, or in a rebalance */
    LAST_MS = 1000, /* for how long the last one is tried again */
};

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

static bool is_unshown(const struct lane *lane)
{
    int64_t position = lane_position(lane);

    return lane->claimed && position >= 0 && position != lane->shown;
}

static int commit_shown(struct runner *runner, const struct log_position *positions, size_t count)
{
    struct leat_error error = { 0 };
    int status = log_group_commit(runner->group, positions, count, &error);

    if (status)
        log_debug("sink-offsets-not-shown", "sink=%s error=\"%s\"", runner->id, error.text);
    return status;
}

/* A refusal loses nothing, as the tables' own positions count; but it has to be said again, for
 * where no record follows nothing else would. */
static bool show_group(struct runner *runner)
{
    struct log_position *positions = memory_array(runner->lane_count + 1, sizeof(*positions));
    size_t count = 0;
    bool shown = true;

    for (size_t i = 0; i < runner->lane_count; i++)
        if (is_unshown(&runner->lanes[i]))
            positions[count++] = lane_at(&runner->lanes[i], lane_position(&runner->lanes[i]));
    if (count)
        shown = runner->group && !commit_shown(runner, positions, count);
    for (size_t i = 0; i < runner->lane_count && shown; i++)
        if (is_unshown(&runner->lanes[i]))
            runner->lanes[i].shown = lane_position(&runner->lanes[i]);
    memory_free(positions);
    return shown;
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
    int64_t until_ms = runner_now_ms() + LAST_MS;
    bool shown;

    if (!now && runner_now_ms() < runner->show_ms)
        return;
    shown = runner->outage || show_group(runner);
    while (now && !shown && runner_now_ms() < until_ms) {
        clock_sleep_ms(AGAIN_MS);
        shown = show_group(runner);
    }
    show_caller(runner);
    runner->show_ms = runner_now_ms() + (shown ? SHOW_MS : AGAIN_MS);
}
