/* retail.h - the application's topology: sales joined with stock, products and stores, and summed
 * up by windows. Describes only; there is no Kafka in this folder.
 *
 *   sales.c   validity, and what products and stores add to a sale
 *   stock.c   stock per product and store, low stock, sell-through, sales with what is left
 *   totals.c  sums by product, category, store, region and over all
 *   top.c     the ten best products of each window
 *   late.c    sales that came too late for a window
 */
#ifndef RETAIL_RETAIL_H
#define RETAIL_RETAIL_H

#include "leat/join.h"
#include "leat/process.h"
#include "leat/stateful.h"

struct retail_options { /* times in milliseconds */
    leat_duration window, totals_window, top_window, top_advance, grace;
    int64_t low_stock_threshold;
    int64_t timestamp_ahead_ms; /* -1: off */
};

/* Hours, minutes, grace and threshold as the contract has them. */
void retail_defaults(struct retail_options *options);

/* The options must outlive the topology. */
struct leat_topology *retail_topology(const struct retail_options *options);

/* ---- parts, for retail_topology() ---- */

/* Each valid sale as an enriched_sale, on_hand apart. */
struct leat_stream *retail_sales(struct leat_topology *topology,
                                 const struct retail_options *options);

void retail_stock(struct leat_topology *topology, struct leat_stream *sales,
                  const struct retail_options *options);

enum { RETAIL_LATE_STREAMS = 6 };

/* Each sets one of the streams of late sales. */
void retail_totals(struct leat_stream *sales, const struct retail_options *options,
                   struct leat_stream *late[5]);
void retail_top(struct leat_stream *sales, const struct retail_options *options,
                struct leat_stream **late);
void retail_late(struct leat_stream *const late[RETAIL_LATE_STREAMS]);

#endif
