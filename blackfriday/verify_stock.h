/* verify_stock.h - stock and sell-through by plain sums; low-stock by its rules. */
#ifndef BLACKFRIDAY_VERIFY_STOCK_H
#define BLACKFRIDAY_VERIFY_STOCK_H

#include "blackfriday/verify_mirror.h"
#include "blackfriday/verify_table.h"

void verify_stock_expect(struct verify_table *stock, struct verify_table *sell_through);

/* Reads low-stock; mirror is filled with what it holds. */
int verify_low_stock_read(struct verify_world *world, struct verify_mirror *mirror) MUST_CHECK;

#endif
