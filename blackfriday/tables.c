/* tables.c - the job's topics as tables.
 *
 * Entry points:  tables_all(), tables_views()
 * See also:      views.sql, sink/table.h (what a row here means)
 */
#include "blackfriday/tables.h"

#include "retail/category_sales.h"
#include "retail/enriched_sale.h"
#include "retail/late_sale.h"
#include "retail/low_stock.h"
#include "retail/product.h"
#include "retail/product_sales.h"
#include "retail/region_sales.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "retail/store.h"
#include "retail/store_sales.h"
#include "retail/top_products.h"
#include "retail/totals.h"

extern const char blackfriday_views[]; /* views.sql, made into C by the build */

/* Windows of one key lie together in the primary key; those of one time have an index. */
#define WINDOWED(topic_, table_, type_, inner)                                                     \
    {                                                                                              \
        .topic = topic_, .table = table_, .type = &type_, .mode = SINK_UPSERT,                     \
        .key_form = SINK_KEY_WINDOWED, .key = { inner, "window_start" },                           \
        .indexes = { { "window_start" } },                                                         \
    }

static const struct sink_table tables[] = {
    { .topic = "products", .table = "products", .type = &product_type, .mode = SINK_UPSERT,
      .key = { "product_id" }, .indexes = { { "category" } } },
    { .topic = "stores", .table = "stores", .type = &store_type, .mode = SINK_UPSERT,
      .key = { "store_id" }, .indexes = { { "region" } } },
    { .topic = "stock", .table = "stock", .type = &stock_type, .mode = SINK_UPSERT,
      .key_form = SINK_KEY_PARTS, .key = { "product_id", "store_id" },
      .indexes = { { "store_id" } } },
    { .topic = "sales-enriched", .table = "sales_enriched", .type = &enriched_sale_type,
      .mode = SINK_FACTS, .partition_by = "timestamp",
      .indexes = { { "product_id" }, { "store_id" } } },
    WINDOWED("sales-by-product", "sales_by_product", product_sales_type, "product_id"),
    WINDOWED("sales-by-category", "sales_by_category", category_sales_type, "category"),
    WINDOWED("sales-by-store", "sales_by_store", store_sales_type, "store_id"),
    WINDOWED("sales-by-region", "sales_by_region", region_sales_type, "region"),
    { .topic = "sales-totals", .table = "sales_totals", .type = &totals_type, .mode = SINK_UPSERT,
      .key_form = SINK_KEY_WINDOWED, .key = { "window_start" } },
    { .topic = "top-products", .table = "top_products", .type = &top_products_type,
      .mode = SINK_UPSERT, .key_form = SINK_KEY_WINDOWED, .key = { "window_start" } },
    { .topic = "sell-through", .table = "sell_through", .type = &sell_through_type,
      .mode = SINK_UPSERT, .key_form = SINK_KEY_PARTS, .key = { "product_id", "store_id" } },
    { .topic = "low-stock", .table = "low_stock", .type = &low_stock_type, .mode = SINK_FACTS,
      .partition_by = "timestamp", .indexes = { { "product_id", "store_id" } } },
    { .topic = "sales-late", .table = "sales_late", .type = &late_sale_type, .mode = SINK_FACTS,
      .partition_by = "timestamp", .indexes = { { "step", "window_start" } } },
};

const struct sink_table *tables_all(size_t *count)
{
    *count = sizeof(tables) / sizeof(*tables);
    return tables;
}

const char *tables_views(void)
{
    return blackfriday_views;
}
