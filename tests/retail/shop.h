/* shop.h - the retail job in a driver, what is put into it, and the last value of each key that
 * came out. */
#ifndef TESTS_RETAIL_SHOP_H
#define TESTS_RETAIL_SHOP_H

#include "base/map.h"
#include "leat/driver.h"
#include "retail/enriched_sale.h"
#include "retail/low_stock.h"
#include "retail/product_sales.h"
#include "retail/retail.h"
#include "retail/sale.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "retail/top_products.h"
#include "retail/totals.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

struct way {
    bool cached;
    int undo_every;
};

struct shop {
    struct retail_options options;
    struct leat_topology *topology;
    struct leat_driver *driver;
    int sales; /* sent so far */
};

extern struct shop shop;

void shop_open(const struct way *way);
void shop_close(void);

void shop_product(const char *id, const char *category);
void shop_store(const char *id, const char *region);
void shop_update(const char *key, int32_t change, int64_t at_ms);

/* Its transaction_id is "t" and the number of the sale. */
void shop_sell(const char *product, const char *store, int32_t quantity, int64_t cents,
               int64_t at_ms);
void shop_send(const struct sale *sale);

/* Each record of a topic as one line of text; NULL at the end. Valid until the next one. */
const char *shop_next(const char *topic);

/* The last line of each key (and window) of a topic: what follows "key[start] ", by "key[start]".
 * Free with shop_forget(). */
void shop_last(const char *topic, struct map *lines);
void shop_forget(struct map *lines);

#define next_is(topic, text) cr_assert_str_eq(shop_next(topic), text)
#define no_more(topic) cr_assert_null(shop_next(topic))

#endif
