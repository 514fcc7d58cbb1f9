/* gauges.h - what a runner counts for /metrics. docs/metrics.md says what each name means.
 *
 * Thread: the runner's. Where the options have no status nothing is counted, and struct gauges is
 * NULL.
 */
#ifndef SINK_GAUGES_H
#define SINK_GAUGES_H

#include <stdbool.h>
#include <stdint.h>

struct gauges;
struct lane;
struct runner;
struct sink_options;

struct gauges_batch { /* as it was before the write */
    int64_t began_us, rows, since_ms;
};

struct gauges *gauges_new(const struct sink_options *options);
void gauges_free(struct gauges *gauges);

struct gauges_batch gauges_begin(const struct runner *runner, const struct lane *lane);
void gauges_wrote(struct runner *runner, const struct lane *lane, const struct gauges_batch *batch);
void gauges_outage(struct gauges *gauges, bool begins);

/* With each round; what is not moved by a batch is shown once a second. */
void gauges_look(struct runner *runner);

#endif
