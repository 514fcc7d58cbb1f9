/* top.c - the ten best products of each hopping window.
 *
 * A product's figures only grow, so a list of ten can be kept by inserting: a product that is not
 * in the list can enter it only when it is itself sold. The same holds for the lists that each task
 * sends: of all that changed there, its ten best are the only ones that can be among the ten.
 */
#include "retail/enriched_sale.h"
#include "retail/money.h"
#include "retail/product_sales.h"
#include "retail/retail.h"
#include "retail/top_products.h"

enum { TOP = 10 };

/* ---- figures of a product -------------------------------------------------------------------- */

static void add_sale(const struct leat_record *record, void *out)
{
    const struct enriched_sale *sale = enriched_sale_of(record);
    struct product_sales *sum = out;

    sum->product_id = sale->product_id;
    sum->category = sale->category;
    sum->orders += 1;
    sum->units += sale->quantity;
    sum->revenue = money_add(sum->revenue, sale->amount);
}

static void merge_sums(const struct leat_record *record, void *out)
{
    const struct product_sales *part = product_sales_of(record);
    struct product_sales *sum = out;

    sum->product_id = part->product_id;
    sum->category = part->category;
    sum->orders += part->orders;
    sum->units += part->units;
    sum->revenue = money_add(sum->revenue, part->revenue);
}

static struct leat_bytes product(const struct leat_record *record)
{
    return enriched_sale_of(record)->product_id;
}

/* ---- the list -------------------------------------------------------------------------------- */

static bool is_better(const struct top_product *a, const struct top_product *b)
{
    if (a->revenue != b->revenue)
        return a->revenue > b->revenue;
    if (a->units != b->units)
        return a->units > b->units;
    return leat_bytes_compare(a->product_id, b->product_id) < 0;
}

/* The product takes its place, out of an older one if it has one. */
static void insert(const struct leat_record *record, struct top_products *top,
                   const struct top_product *product)
{
    const struct top_product *old = top->products.items;
    size_t count = top->products.count, kept = 0;
    struct top_product *items;
    bool placed = false;

    if (count == TOP && !is_better(product, &old[TOP - 1]))
        return;
    items = leat_alloc(record, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        if (leat_bytes_equal(old[i].product_id, product->product_id))
            continue;
        if (!placed && is_better(product, &old[i])) {
            items[kept++] = *product;
            placed = true;
        }
        items[kept++] = old[i];
    }
    if (!placed)
        items[kept++] = *product;
    top->products.items = items;
    top->products.count = kept < TOP ? kept : TOP;
    for (size_t i = 0; i < top->products.count; i++)
        items[i].rank = (int32_t)i + 1;
}

static void add_product(const struct leat_record *record, void *out)
{
    const struct product_sales *sum = product_sales_of(record);
    struct top_products *top = out;
    struct top_product product = { .product_id = sum->product_id,
                                   .units = sum->units,
                                   .revenue = sum->revenue };

    top->window_start = sum->window_start;
    top->window_end = sum->window_end;
    insert(record, top, &product);
}

static void merge_lists(const struct leat_record *record, void *out)
{
    const struct top_products *part = top_products_of(record);
    struct top_products *top = out;

    top->window_start = part->window_start;
    top->window_end = part->window_end;
    for (size_t i = 0; i < part->products.count; i++)
        insert(record, top, &part->products.items[i]);
}

/* ---- the steps ------------------------------------------------------------------------------- */

static void bound(const struct leat_record *record, void *out)
{
    struct product_sales *sum = out;

    *sum = *product_sales_of(record);
    sum->window_start = record->window.start_ms;
    sum->window_end = record->window.end_ms;
}

static struct leat_bytes by_window(const struct leat_record *record)
{
    int64_t *start = leat_alloc(record, sizeof *start);

    *start = product_sales_of(record)->window_start;
    return leat_bytes(start, sizeof *start);
}

static struct leat_bytes all(const struct leat_record *record)
{
    return LEAT_LITERAL("all");
}

static struct leat_span window_of(const struct leat_record *record)
{
    const struct top_products *top = top_products_of(record);

    return leat_window_span(top->window_start, top->window_end);
}

void retail_top(struct leat_stream *sales, const struct retail_options *options,
                struct leat_stream **late)
{
    struct leat_table *sums = leat_aggregate(
        leat_key_by(sales, "by-top-product", product), "top-sums", &(struct leat_aggregate){
            .type = &product_sales_type, .add = add_sale, .merge = merge_sums,
            .window = { options->top_window, options->top_advance, options->grace },
            .late = late });
    struct leat_stream *bounded = leat_map(
        leat_changes(sums, "top-sum-changes"), "top-sum-bounds", &(struct leat_map){
            .type = &product_sales_type, .value = bound });
    struct leat_table *lists = leat_aggregate(
        leat_key_by(bounded, "by-top-window", by_window), "top-products",
        &(struct leat_aggregate){ .type = &top_products_type, .add = add_product,
                                  .merge = merge_lists, .partitions = 1,
                                  .store = "top-products" });
    struct leat_stream *keyed = leat_map(
        leat_changes(lists, "top-changes"), "top-by-all", &(struct leat_map){
            .key = all, .window = window_of });

    leat_to(keyed, "to-top-products", &(struct leat_to){
        .topic = "top-products", .cleanup = "compact,delete" });
}
