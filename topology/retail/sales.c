/* sales.c - which sales are valid, and what products and stores add to them. */
#include "retail/enriched_sale.h"
#include "retail/product.h"
#include "retail/retail.h"
#include "retail/sale.h"
#include "retail/store.h"

static const int64_t amount_limit = INT64_C(1000000000000000000); /* decimal(18,2), unscaled */

static bool check(const struct leat_record *record, bool holds, const char *sentence)
{
    if (!holds)
        leat_fail(record, "%s", sentence);
    return holds;
}

static bool is_valid(const struct leat_record *record)
{
    const struct retail_options *options = leat_user(record);
    const struct sale *sale = sale_of(record);
    int64_t amount, ahead_ms = options->timestamp_ahead_ms;
    bool fits = !__builtin_mul_overflow(sale->quantity, sale->unit_price, &amount) &&
                amount < amount_limit;

    return check(record, sale->transaction_id.size, "transaction_id is empty") &&
           check(record, sale->product_id.size, "product_id is empty") &&
           check(record, sale->store_id.size, "store_id is empty") &&
           check(record, sale->quantity > 0, "quantity is not positive") &&
           check(record, sale->unit_price >= 0, "unit_price is negative") &&
           check(record, fits, "the amount does not fit decimal(18,2)") &&
           check(record, sale->timestamp >= 0, "timestamp is negative") &&
           check(record, ahead_ms < 0 || sale->timestamp <= leat_wall_ms(record) + ahead_ms,
                 "timestamp lies too far ahead of the clock");
}

static struct leat_bytes product_key(const struct leat_record *record)
{
    return sale_of(record)->product_id;
}

static struct leat_bytes store_key(const struct leat_record *record)
{
    return enriched_sale_of(record)->store_id;
}

static void add_product(const struct leat_record *record, const void *right, void *out)
{
    const struct sale *sale = sale_of(record);
    const struct product *product = right;
    struct leat_bytes unknown = LEAT_LITERAL("unknown");

    *enriched_sale_out(out) = (struct enriched_sale){
        .transaction_id = sale->transaction_id,
        .product_id = sale->product_id,
        .store_id = sale->store_id,
        .timestamp = sale->timestamp,
        .quantity = sale->quantity,
        .unit_price = sale->unit_price,
        .product_name = product ? product->name : unknown,
        .category = product ? product->category : unknown,
        .subcategory = product ? product->subcategory : unknown,
        .supplier_id = product ? product->supplier_id : unknown,
        .location = unknown,
        .region = unknown,
        .amount = sale->quantity * sale->unit_price,
    };
}

static void add_store(const struct leat_record *record, const void *right, void *out)
{
    struct enriched_sale *sale = out;
    const struct store *store = right;

    *sale = *enriched_sale_of(record);
    if (!store)
        return;
    sale->location = store->location;
    sale->region = store->region;
}

struct leat_stream *retail_sales(struct leat_topology *topology,
                                 const struct retail_options *options)
{
    struct leat_global *products = leat_global_from(topology, "products", &(struct leat_source){
        .type = &product_type, .text_keys = true });
    struct leat_global *stores = leat_global_from(topology, "stores", &(struct leat_source){
        .type = &store_type, .text_keys = true });
    struct leat_stream *sales = leat_stream_from(topology, "sales", &(struct leat_source){
        .type = &sale_type, .needs_value = true, .valid = is_valid,
        .user = (void *)(uintptr_t)options });

    sales = leat_join_global(sales, products, "with-product", &(struct leat_join){
        .type = &enriched_sale_type, .kind = LEAT_LEFT, .key = product_key, .join = add_product });
    return leat_join_global(sales, stores, "with-store", &(struct leat_join){
        .type = &enriched_sale_type, .kind = LEAT_LEFT, .key = store_key, .join = add_store });
}
