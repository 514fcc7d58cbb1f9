/* demo_lag.h - how far a group has read some topics, as the log has it committed. */
#ifndef BLACKFRIDAY_DEMO_LAG_H
#define BLACKFRIDAY_DEMO_LAG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct log;
struct demo_lag;

/* Topics that are not there are left out. Names and group live as long as it does. */
int demo_lag_new(struct log *log, const char *group, const char *const *topics, size_t count,
                 struct demo_lag **out, struct leat_error *error) MUST_CHECK;
void demo_lag_free(struct demo_lag *lag); /* NULL is a no-op */

/* Offsets that were committed, counted from the first of each partition, and those behind them up
 * to the end, markers of transactions among them. LEAT_E_RETRY: a commit is under way. */
int demo_lag_look(struct demo_lag *lag, int64_t *done, int64_t *left,
                  struct leat_error *error) MUST_CHECK;

/* 1: no record is left behind what was committed, and none came between two looks at all
 * partitions. Then none can come, where what writes to one topic commits with it what it has read
 * from another of them. 0: not yet. */
int demo_lag_drained(struct demo_lag *lag, struct leat_error *error) MUST_CHECK;

#endif
