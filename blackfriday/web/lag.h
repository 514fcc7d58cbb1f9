/* lag.h - how far the application is behind: by partition, of its inputs and of the topics that it
 * speaks to itself through. Thread: one.
 */
#ifndef BLACKFRIDAY_WEB_LAG_H
#define BLACKFRIDAY_WEB_LAG_H

#include "base/buffer.h"

#include <stdint.h>

struct log;
struct web_lag;

struct web_lag *web_lag_new(struct log *log, const char *application);
void web_lag_free(struct web_lag *lag); /* NULL is a no-op */

/* Looks anew. LEAT_E_RETRY: the log did not answer; the figures stay as they were. */
int web_lag_look(struct web_lag *lag, struct leat_error *error) MUST_CHECK;

int64_t web_lag_sum(const struct web_lag *lag);

/* [{"topic","partition","lag"}, worst first], those that are behind. */
int web_lag_write(const struct web_lag *lag, struct buffer *out) MUST_CHECK;

#endif
