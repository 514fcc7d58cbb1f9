/* runner_parts.h - what the files of the runner share. */
#ifndef SINK_RUNNER_PARTS_H
#define SINK_RUNNER_PARTS_H

#include "base/clock.h"
#include "sink/gauges.h"
#include "sink/lane.h"
#include "sink/reject.h"
#include "sink/runner.h"

struct runner {
    struct log *log;
    const struct sink_options *options;
    atomic_bool *stop;
    const char *id;
    int64_t flush_interval_ms;
    struct sink *sink;
    struct log_reader *reader;
    struct log_group *group;
    struct reject reject;
    struct lane_kit kit;
    struct codec **codecs;       /* one a table */
    struct lane *lanes;
    size_t lane_count;
    int32_t tasks;               /* partitions of the widest topic */
    char *task_topic;
    bool assigned;               /* the group has spoken */
    int64_t pause_ms, resume_ms; /* an outage: the next pause, and when it is over; 0: none */
    int64_t show_ms;             /* when to tell the group and the caller again */
    bool outage;
    struct gauges *gauges;       /* NULL: none */
};

static inline int64_t runner_now_ms(void)
{
    return clock_ms(clock_system());
}

/* All that is in this runner's partitions is in the database. */
bool runner_caught_up(const struct runner *runner);

/* Tells the group and the caller how far it got: once a second, or now. */
void runner_show(struct runner *runner, bool now);

#endif
