/* harness.h - a private PostgreSQL for this runner, and what its tests share.
 *
 * The server is started before the first test and stopped after the last; tests run one after the
 * other, each in a schema of its own.
 */
#ifndef TESTS_POSTGRES_HARNESS_H
#define TESTS_POSTGRES_HARNESS_H

#include "sink/postgres.h"
#include "sinktest/counter.h"
#include "sinktest/event.h"
#include "sinktest/every.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)
#define FRIDAY_MS 1795737600000LL /* 2026-11-27 00:00 UTC */

extern const struct sink_table counters; /* upserts, key (name) */
extern const struct sink_table events;   /* facts, a partition a day by "timestamp" */

const char *server_conninfo(void);
void server_do(const char *action); /* of server.sh: kill, restart, stop */

/* Runs SQL; the answer's columns are divided by '|' and its rows by spaces. Valid until the next
 * call; aborts the test where the server refuses. */
__attribute__((format(printf, 1, 2))) const char *ask(const char *format, ...);

/* Waits until the answer is the one expected; fails after half a minute. */
void wait_for(const char *sql, const char *expected);

/* A schema that no other test uses: the test's name. It is empty. */
const char *schema_fresh(const char *name);

/* A sink named "test" over tables. NULL and the reason in error where that fails. */
struct sink *sink_over(const char *schema, const struct sink_table *tables, size_t count,
                       struct leat_error *error);

/* One batch: rows of `counters` named by the letters of names, from the claim's offset on. */
int put_counters(struct sink *sink, struct sink_claim *claim, const char *names, int64_t total,
                 struct leat_error *error);
/* One batch of events with offsets from the claim's on. */
int put_events(struct sink *sink, struct sink_claim *claim, int count, int64_t at_ms,
               struct leat_error *error);

#endif
