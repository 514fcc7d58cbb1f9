/* minutes.h - the windows of sales-totals: their last values, and the sum over all of them. */
#ifndef BLACKFRIDAY_WEB_MINUTES_H
#define BLACKFRIDAY_WEB_MINUTES_H

#include "base/buffer.h"

#include <stdint.h>

struct minute {
    int64_t start_ms, orders, units, revenue;
};

/* The oldest windows are one sum once there are more than LIMIT_WEB_WINDOWS; nothing that comes for
 * them later counts, and by then it cannot be but a repetition. */
struct minutes {
    struct minute *items, sum; /* items by start */
    size_t count, capacity;
    int64_t floor_ms; /* starts below it are in the sum alone */
};

void minutes_init(struct minutes *minutes);
void minutes_free(struct minutes *minutes);

/* The value of a window takes the place of the one before. */
void minutes_take(struct minutes *minutes, const struct minute *minute);

/* The start of the newest window, or INT64_MIN. */
int64_t minutes_newest(const struct minutes *minutes);

/* The section `totals`. */
int minutes_write(const struct minutes *minutes, int64_t window_ms, struct buffer *out) MUST_CHECK;

#endif
