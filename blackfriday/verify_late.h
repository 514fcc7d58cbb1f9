/* verify_late.h - the sales that came too late for a window: each is proven to be, and is then
 * subtracted from the truth of that window. */
#ifndef BLACKFRIDAY_VERIFY_LATE_H
#define BLACKFRIDAY_VERIFY_LATE_H

#include "blackfriday/verify_mirror.h"
#include "blackfriday/verify_world.h"

/* The windowed outputs; sales-late names them as its step. */
enum verify_step {
    STEP_PRODUCT, STEP_CATEGORY, STEP_STORE, STEP_REGION, STEP_TOTALS, STEP_TOP, STEP_COUNT,
};

const char *verify_step_topic(enum verify_step step);
int64_t verify_step_size_ms(const struct verify_options *options, enum verify_step step);
int64_t verify_step_advance_ms(const struct verify_options *options, enum verify_step step);

struct verify_late_sale {
    enum verify_step step;
    int64_t start_ms;
    uint32_t sale; /* its number in the world */
};

struct verify_lates {
    struct verify_late_sale *items; /* by step, then start, then sale */
    size_t count, capacity;
};

/* Reads sales-late and reports what is not proven; mirror is filled with what it holds. */
int verify_late_read(struct verify_world *world, struct verify_lates *lates,
                     struct verify_mirror *mirror) MUST_CHECK;
void verify_late_free(struct verify_lates *lates);

/* Those of one window: the first, and how many. */
const struct verify_late_sale *verify_late_of(const struct verify_lates *lates,
                                              enum verify_step step, int64_t start_ms,
                                              size_t *count);

#endif
