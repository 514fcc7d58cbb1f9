/* health.h - the section `health`: lag, what was late or rejected, and who does what. */
#ifndef BLACKFRIDAY_WEB_HEALTH_H
#define BLACKFRIDAY_WEB_HEALTH_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct log;
struct health;

struct health_counts {
    int64_t late, rejected;
    int64_t newest_ms; /* the newest sale that is in the totals; 0: none */
};

struct health *health_new(struct log *log, const char *application);
void health_free(struct health *health); /* NULL is a no-op */

/* Looks at lag and owners. False: the log did not answer, and they are as they were. */
bool health_look(struct health *health);

int health_write(const struct health *health, const struct health_counts *counts,
                 struct buffer *out) MUST_CHECK;

#endif
