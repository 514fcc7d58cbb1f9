/* status.h - the status server of a sink: metrics, health and topology, as the engine's (http.h).
 *
 * It is there before the sink's start and until behind its end: while topics or the database are
 * waited for, it says so.
 */
#ifndef SINK_STATUS_H
#define SINK_STATUS_H

#include "base/error.h"
#include "sink/table.h"

struct http_options;
struct metrics;
struct sink_status;

enum sink_stage { SINK_STARTS, SINK_CLAIMS, SINK_WORKS, SINK_OUTAGE };

/* options: where to listen; its pages are filled in here. The tables outlive it. */
int sink_status_start(const struct http_options *options, const struct sink_table *tables,
                      size_t table_count, int64_t watchdog_ms, struct sink_status **out,
                      struct leat_error *error) MUST_CHECK;
void sink_status_stop(struct sink_status *status); /* NULL is a no-op */

struct metrics *sink_status_metrics(struct sink_status *status);

/* With each round of the runner. Thread: any. */
void sink_status_beat(struct sink_status *status, enum sink_stage stage);

#endif
