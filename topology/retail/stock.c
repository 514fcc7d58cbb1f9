/* stock.c - what each store has of each product: inventory updates and sales feed one row.
 *
 * A fall below the threshold is judged at every single update, in the row itself, and read right
 * behind it: the record that made it fall finds `fell` set.
 */
#include "retail/enriched_sale.h"
#include "retail/inventory_update.h"
#include "retail/item.h"
#include "retail/low_stock.h"
#include "retail/retail.h"
#include "retail/sell_through.h"
#include "retail/stock.h"

/* ---- the row --------------------------------------------------------------------------------- */

/* A key is product_id|store_id; the key wins over the body. */
static bool split(struct leat_bytes key, struct leat_bytes *product, struct leat_bytes *store)
{
    const char *bar = key.data ? memchr(key.data, '|', key.size) : NULL;

    if (!bar)
        return false;
    *product = leat_bytes(key.data, (size_t)(bar - key.data));
    *store = leat_bytes(bar + 1, key.size - product->size - 1);
    return true;
}

/* A new row is not low: the first figure below the threshold is a fall. */
static void judge(const struct leat_record *record, struct item *item)
{
    const struct retail_options *options = leat_user(record);
    bool was_low = item->low;

    if (!item->product_id.data && !split(record->key, &item->product_id, &item->store_id))
        leat_fail(record, "the key is not product_id|store_id");
    if (record->timestamp_ms > item->updated_at)
        item->updated_at = record->timestamp_ms;
    item->low = item->on_hand < options->low_stock_threshold;
    item->fell = item->low && !was_low;
}

static void add_update(const struct leat_record *record, void *out)
{
    struct item *item = out;
    int32_t change = inventory_update_of(record)->quantity_change;

    item->on_hand += change;
    item->received += change > 0 ? change : 0;
    judge(record, item);
}

static void add_sale(const struct leat_record *record, void *out)
{
    struct item *item = out;
    int32_t quantity = enriched_sale_of(record)->quantity;

    item->on_hand -= quantity;
    item->sold += quantity;
    judge(record, item);
}

static bool has_both_parts(const struct leat_record *record)
{
    struct leat_bytes product, store;

    if (split(record->key, &product, &store))
        return true;
    leat_fail(record, "the key is not product_id|store_id");
    return false;
}

static struct leat_bytes item_key(const struct leat_record *record)
{
    const struct enriched_sale *sale = enriched_sale_of(record);

    return leat_join_text(record, sale->product_id, '|', sale->store_id);
}

/* ---- what is read of it ---------------------------------------------------------------------- */

static void take_on_hand(const struct leat_record *record, const void *right, void *out)
{
    struct enriched_sale *sale = out;

    *sale = *enriched_sale_of(record);
    sale->on_hand = ((const struct item *)right)->on_hand;
}

static void take_item(const struct leat_record *record, const void *right, void *out)
{
    *item_out(out) = *(const struct item *)right;
}

static bool fell(const struct leat_record *record)
{
    return item_of(record)->fell;
}

static void to_low_stock(const struct leat_record *record, void *out)
{
    const struct retail_options *options = leat_user(record);
    const struct item *item = item_of(record);

    *low_stock_out(out) = (struct low_stock){ .product_id = item->product_id,
                                              .store_id = item->store_id,
                                              .on_hand = item->on_hand,
                                              .threshold = options->low_stock_threshold,
                                              .timestamp = record->timestamp_ms };
}

static void to_stock(const struct leat_record *record, void *out)
{
    const struct item *item = item_of(record);

    *stock_out(out) = (struct stock){ .product_id = item->product_id,
                                      .store_id = item->store_id,
                                      .on_hand = item->on_hand,
                                      .received = item->received,
                                      .sold = item->sold,
                                      .updated_at = item->updated_at };
}

static void to_sell_through(const struct leat_record *record, void *out)
{
    const struct item *item = item_of(record);
    double rate = item->received ? (double)item->sold / (double)item->received : 0;

    *sell_through_out(out) = (struct sell_through){ .product_id = item->product_id,
                                                    .store_id = item->store_id,
                                                    .sold = item->sold,
                                                    .received = item->received,
                                                    .rate = rate };
}

static struct leat_bytes transaction_of(const struct leat_record *record)
{
    return enriched_sale_of(record)->transaction_id;
}

/* ---- the steps ------------------------------------------------------------------------------- */

static struct leat_stream *falls(struct leat_stream *in, struct leat_table *items,
                                 const char *joined, const char *filtered)
{
    in = leat_join_table(in, items, joined, &(struct leat_join){
        .type = &item_type, .join = take_item });
    return leat_filter(in, filtered, fell);
}

static void publish(struct leat_table *items)
{
    struct leat_table *stock = leat_map_rows(items, "as-stock", &(struct leat_map){
        .type = &stock_type, .value = to_stock });
    struct leat_table *sold = leat_map_rows(items, "as-sell-through", &(struct leat_map){
        .type = &sell_through_type, .value = to_sell_through });

    leat_to(leat_changes(stock, "stock-changes"), "to-stock", &(struct leat_to){
        .topic = "stock", .cleanup = "compact" });
    leat_to(leat_changes(sold, "sell-through-changes"), "to-sell-through", &(struct leat_to){
        .topic = "sell-through", .cleanup = "compact" });
}

/* The key of `sales` is never decoded: the enriched sale goes out under its transaction_id. */
void retail_stock(struct leat_topology *topology, struct leat_stream *sales,
                  const struct retail_options *options)
{
    void *user = (void *)(uintptr_t)options;
    struct leat_stream *updates = leat_stream_from(topology, "inventory-updates",
        &(struct leat_source){ .type = &inventory_update_type, .text_keys = true,
                               .needs_value = true, .valid = has_both_parts });
    struct leat_stream *sold = leat_repartition(
        leat_key_by(sales, "by-item", item_key), "sales-by-item", NULL);
    struct leat_table *items = leat_cogroup(
        (struct leat_cogroup_input[]){ { updates, add_update }, { sold, add_sale }, { 0 } },
        "items", &(struct leat_aggregate){ .type = &item_type, .store = "stock", .user = user });
    struct leat_stream *enriched = leat_join_table(sold, items, "with-stock", &(struct leat_join){
        .type = &enriched_sale_type, .join = take_on_hand });
    struct leat_stream *low = leat_merge(falls(sold, items, "sold-item", "fell-by-sale"),
                                         falls(updates, items, "updated-item", "fell-by-update"),
                                         "fell");

    leat_to(leat_key_by(enriched, "by-transaction", transaction_of), "to-sales-enriched",
            &(struct leat_to){ .topic = "sales-enriched" });
    low = leat_map(low, "as-low-stock", &(struct leat_map){
        .type = &low_stock_type, .value = to_low_stock, .user = user });
    leat_to(low, "to-low-stock", &(struct leat_to){ .topic = "low-stock" });
    publish(items);
}
