/* generated_types.h - all types that the peer can be asked for. */
#ifndef TESTS_AVRO_GENERATED_TYPES_H
#define TESTS_AVRO_GENERATED_TYPES_H

#include "avro/everything.h"
#include "retail/category_sales.h"
#include "retail/enriched_sale.h"
#include "retail/inventory_update.h"
#include "retail/item.h"
#include "retail/late_sale.h"
#include "retail/low_stock.h"
#include "retail/product.h"
#include "retail/product_sales.h"
#include "retail/region_sales.h"
#include "retail/sale.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "retail/store.h"
#include "retail/store_sales.h"
#include "retail/sums.h"
#include "retail/top_products.h"
#include "retail/totals.h"

static const struct leat_type *const types[] = {
    &everything_type,    &category_sales_type, &enriched_sale_type, &inventory_update_type,
    &item_type,          &late_sale_type,      &low_stock_type,     &product_type,
    &product_sales_type, &region_sales_type,   &sale_type,          &sell_through_type,
    &stock_type,         &store_type,          &store_sales_type,   &sums_type,
    &top_products_type,  &totals_type,
};

#endif
