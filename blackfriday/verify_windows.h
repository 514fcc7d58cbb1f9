/* verify_windows.h - GROUP BY over the valid sales, window by window. */
#ifndef BLACKFRIDAY_VERIFY_WINDOWS_H
#define BLACKFRIDAY_VERIFY_WINDOWS_H

#include "blackfriday/verify_late.h"
#include "blackfriday/verify_table.h"

/* Sorts the sales by time, once, before the six below. */
uint32_t *verify_windows_order(const struct verify_world *world);

/* Fills the table with what one step's output must hold. */
void verify_windows_expect(struct verify_table *table, const struct verify_lates *lates,
                           const uint32_t *order, enum verify_step step);

const struct leat_type *verify_step_type(enum verify_step step);

#endif
