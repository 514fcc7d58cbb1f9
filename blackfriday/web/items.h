/* items.h - each product in each store: what was sold of what came in, and whether it is low.
 *
 * There are a million of them in a large retailer's, so that a row is 32 bytes: ids are numbers
 * here, and the texts stand once.
 */
#ifndef BLACKFRIDAY_WEB_ITEMS_H
#define BLACKFRIDAY_WEB_ITEMS_H

#include "base/buffer.h"

#include <stdint.h>

struct items;

struct items *items_new(int64_t threshold);
void items_free(struct items *items); /* NULL is a no-op */

/* Figures of a key, product|store, take the place of the ones before. */
void items_sold(struct items *items, struct leat_bytes product, struct leat_bytes store,
                int64_t sold, int64_t received);
void items_stock(struct items *items, struct leat_bytes product, struct leat_bytes store,
                 int64_t on_hand);

int64_t items_below(const struct items *items); /* those whose stock is below the threshold */
uint64_t items_unseen(const struct items *items); /* records that found no room */

/* The section `sellthrough`: looks at every row. */
int items_write(const struct items *items, struct buffer *out) MUST_CHECK;

#endif
