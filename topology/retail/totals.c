/* totals.c - orders, units and revenue by windows: by product, category, store, region, over all.
 *
 * All five add up the same sums, under the name of their topic, by which they can be asked for. Key
 * and bounds of the window stand in the row's key, and are written into the value when it leaves.
 */
#include "retail/category_sales.h"
#include "retail/enriched_sale.h"
#include "retail/money.h"
#include "retail/product_sales.h"
#include "retail/region_sales.h"
#include "retail/retail.h"
#include "retail/store_sales.h"
#include "retail/sums.h"
#include "retail/totals.h"

#include "schemas/decimal.h"

/* ---- adding up ------------------------------------------------------------------------------- */

static void add_sale(const struct leat_record *record, void *out)
{
    const struct enriched_sale *sale = enriched_sale_of(record);
    struct sums *sums = out;

    sums->orders += 1;
    sums->units += sale->quantity;
    sums->revenue = money_add(sums->revenue, sale->amount);
}

static void add_to_product(const struct leat_record *record, void *out)
{
    ((struct sums *)out)->part_of = enriched_sale_of(record)->category;
    add_sale(record, out);
}

static void add_to_store(const struct leat_record *record, void *out)
{
    ((struct sums *)out)->part_of = enriched_sale_of(record)->region;
    add_sale(record, out);
}

static void merge(const struct leat_record *record, void *out)
{
    const struct sums *part = sums_of(record);
    struct sums *sums = out;

    sums->part_of = part->part_of;
    sums->orders += part->orders;
    sums->units += part->units;
    sums->revenue = money_add(sums->revenue, part->revenue);
}

/* ---- what leaves ----------------------------------------------------------------------------- */

/* Figures and bounds, which the five have under the same names; C has no other way to say so. */
#define FINISH(name, ...)                                                                          \
    static void finish_##name(const struct leat_record *record, void *out)                         \
    {                                                                                              \
        const struct sums *sums = sums_of(record);                                                 \
                                                                                                   \
        *name##_out(out) = (struct name){ .window_start = record->window.start_ms,                 \
                                          .window_end = record->window.end_ms,                     \
                                          .orders = sums->orders,                                  \
                                          .units = sums->units,                                    \
                                          .revenue = sums->revenue,                                \
                                          __VA_ARGS__ };                                           \
    }

FINISH(product_sales, .product_id = record->key, .category = sums->part_of)
FINISH(category_sales, .category = record->key)
FINISH(store_sales, .store_id = record->key, .region = sums->part_of)
FINISH(region_sales, .region = record->key)
FINISH(totals, .average_order_value = decimal_divide(sums->revenue, sums->orders))

/* ---- keys ------------------------------------------------------------------------------------ */

static struct leat_bytes product(const struct leat_record *record)
{
    return enriched_sale_of(record)->product_id;
}

static struct leat_bytes category(const struct leat_record *record)
{
    return enriched_sale_of(record)->category;
}

static struct leat_bytes store(const struct leat_record *record)
{
    return enriched_sale_of(record)->store_id;
}

static struct leat_bytes region(const struct leat_record *record)
{
    return enriched_sale_of(record)->region;
}

static struct leat_bytes all(const struct leat_record *record)
{
    return LEAT_LITERAL("all");
}

/* ---- the steps ------------------------------------------------------------------------------- */

static const struct total {
    const char *topic, *keyed, *changed, *finished, *to;
    const struct leat_type *type;
    leat_key key;
    leat_fill add, finish;
    bool narrow; /* few keys: one partition does */
} all_totals[5] = {
    { "sales-by-product", "by-product", "product-changes", "product-sums", "to-sales-by-product",
      &product_sales_type, product, add_to_product, finish_product_sales, false },
    { "sales-by-category", "by-category", "category-changes", "category-sums",
      "to-sales-by-category", &category_sales_type, category, add_sale, finish_category_sales,
      true },
    { "sales-by-store", "by-store", "store-changes", "store-sums", "to-sales-by-store",
      &store_sales_type, store, add_to_store, finish_store_sales, true },
    { "sales-by-region", "by-region", "region-changes", "region-sums", "to-sales-by-region",
      &region_sales_type, region, add_sale, finish_region_sales, true },
    { "sales-totals", "by-nothing", "totals-changes", "totals-sums", "to-sales-totals",
      &totals_type, all, add_sale, finish_totals, true },
};

static void sum_up(struct leat_stream *sales, const struct total *total, leat_duration size,
                   leat_duration grace, struct leat_stream **late)
{
    struct leat_table *sums = leat_aggregate(
        leat_key_by(sales, total->keyed, total->key), total->topic, &(struct leat_aggregate){
            .type = &sums_type, .add = total->add, .merge = merge,
            .window = { .size = size, .grace = grace }, .partitions = total->narrow ? 1 : 0,
            .store = total->topic, .late = late });
    struct leat_stream *out = leat_map(
        leat_changes(sums, total->changed), total->finished, &(struct leat_map){
            .type = total->type, .value = total->finish });

    leat_to(out, total->to, &(struct leat_to){
        .topic = total->topic, .cleanup = "compact,delete" });
}

void retail_totals(struct leat_stream *sales, const struct retail_options *options,
                   struct leat_stream *late[5])
{
    for (int i = 0; i < 5; i++)
        sum_up(sales, &all_totals[i], i == 4 ? options->totals_window : options->window,
               options->grace, &late[i]);
}
