/* totals.c - orders, units and revenue by windows: by product, category, store, region, over all.
 *
 * All five have orders, units and revenue last and add up alike; one macro writes each one's
 * callbacks, since C has no other way to name the same fields of five structs. The bounds stand in
 * the key while it is summed, and are written into the value when it leaves.
 */
#include "retail/category_sales.h"
#include "retail/enriched_sale.h"
#include "retail/money.h"
#include "retail/product_sales.h"
#include "retail/region_sales.h"
#include "retail/retail.h"
#include "retail/store_sales.h"
#include "retail/totals.h"

#include "schemas/decimal.h"

#define SUMS(name, keep)                                                                           \
    static void add_to_##name(const struct leat_record *record, void *out)                         \
    {                                                                                              \
        const struct enriched_sale *sale = enriched_sale_of(record);                               \
        struct name *sum = out;                                                                    \
                                                                                                   \
        keep(sum, sale);                                                                           \
        sum->orders += 1;                                                                          \
        sum->units += sale->quantity;                                                              \
        sum->revenue = money_add(sum->revenue, sale->amount);                                      \
    }                                                                                              \
                                                                                                   \
    static void merge_##name(const struct leat_record *record, void *out)                          \
    {                                                                                              \
        const struct name *part = name##_of(record);                                               \
        struct name *sum = out;                                                                    \
                                                                                                   \
        keep(sum, part);                                                                           \
        sum->orders += part->orders;                                                               \
        sum->units += part->units;                                                                 \
        sum->revenue = money_add(sum->revenue, part->revenue);                                     \
    }                                                                                              \
                                                                                                   \
    static void finish_##name(const struct leat_record *record, void *out)                         \
    {                                                                                              \
        struct name *sum = out;                                                                    \
                                                                                                   \
        *sum = *name##_of(record);                                                                 \
        sum->window_start = record->window.start_ms;                                               \
        sum->window_end = record->window.end_ms;                                                   \
    }

#define KEEP_PRODUCT(to, from)                                                                     \
    ((to)->product_id = (from)->product_id, (to)->category = (from)->category)
#define KEEP_CATEGORY(to, from) ((to)->category = (from)->category)
#define KEEP_STORE(to, from)    ((to)->store_id = (from)->store_id, (to)->region = (from)->region)
#define KEEP_REGION(to, from)   ((to)->region = (from)->region)
#define KEEP_NOTHING(to, from)  ((void)0)

SUMS(product_sales, KEEP_PRODUCT)
SUMS(category_sales, KEEP_CATEGORY)
SUMS(store_sales, KEEP_STORE)
SUMS(region_sales, KEEP_REGION)
SUMS(totals, KEEP_NOTHING)

static void average(const struct leat_record *record, void *out)
{
    struct totals *totals = out;

    finish_totals(record, out);
    totals->average_order_value = decimal_divide(totals->revenue, totals->orders);
}

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
    leat_fill add, merge, finish;
    bool narrow; /* few keys: one partition does */
} all_totals[5] = {
    { "sales-by-product", "by-product", "product-changes", "product-sums", "to-sales-by-product",
      &product_sales_type, product, add_to_product_sales, merge_product_sales,
      finish_product_sales, false },
    { "sales-by-category", "by-category", "category-changes", "category-sums",
      "to-sales-by-category", &category_sales_type, category, add_to_category_sales,
      merge_category_sales, finish_category_sales, true },
    { "sales-by-store", "by-store", "store-changes", "store-sums", "to-sales-by-store",
      &store_sales_type, store, add_to_store_sales, merge_store_sales, finish_store_sales, true },
    { "sales-by-region", "by-region", "region-changes", "region-sums", "to-sales-by-region",
      &region_sales_type, region, add_to_region_sales, merge_region_sales, finish_region_sales,
      true },
    { "sales-totals", "by-nothing", "totals-changes", "totals-sums", "to-sales-totals",
      &totals_type, all, add_to_totals, merge_totals, average, true },
};

static void sum_up(struct leat_stream *sales, const struct total *total, leat_duration size,
                   leat_duration grace, struct leat_stream **late)
{
    struct leat_table *sums = leat_aggregate(
        leat_key_by(sales, total->keyed, total->key), total->topic, &(struct leat_aggregate){
            .type = total->type, .add = total->add, .merge = total->merge,
            .window = { .size = size, .grace = grace }, .partitions = total->narrow ? 1 : 0,
            .late = late });
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
