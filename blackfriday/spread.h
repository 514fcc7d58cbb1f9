/* spread.h - how a day's trade is spread: over products, a few of which sell most (Zipf), and over
 * the hours of a Black Friday. */
#ifndef BLACKFRIDAY_SPREAD_H
#define BLACKFRIDAY_SPREAD_H

#include "blackfriday/dice.h"

struct spread; /* over the numbers 0 to count - 1, the first the most frequent */

struct spread *spread_new(uint32_t count, double skew); /* skew 0: all alike; 1: Zipf's law */
void spread_free(struct spread *spread);
uint32_t spread_pick(const struct spread *spread, struct dice *dice);

/* When, as a share of the day, this share of the day's trade has been done; both 0 to 1. */
double spread_day(double share);

#endif
