/* shop.c - sending to the retail job, and its outputs as text. */
#include "shop.h"

#include "base/memory.h"
#include "retail/category_sales.h"
#include "retail/inventory_update.h"
#include "retail/late_sale.h"
#include "retail/product.h"
#include "retail/region_sales.h"
#include "retail/store.h"
#include "retail/store_sales.h"

struct shop shop;

void shop_open(const struct way *way)
{
    struct leat_driver_options options = { .no_cache = !way->cached,
                                           .undo_every = way->undo_every,
                                           .wall_ms = 1700000000000 };
    struct leat_error error = { 0 };

    shop = (struct shop){ 0 };
    retail_defaults(&shop.options);
    shop.topology = retail_topology(&shop.options);
    cr_assert_eq(leat_driver_new(shop.topology, &options, &shop.driver, &error), LEAT_OK, "%s",
                 error.text);
}

void shop_close(void)
{
    leat_driver_close(shop.driver);
    leat_topology_free(shop.topology);
}

/* ---- in -------------------------------------------------------------------------------------- */

static void send(const char *topic, const char *key, const struct leat_type *type,
                 const void *value, int64_t at_ms)
{
    int status = leat_driver_send(shop.driver, topic, leat_bytes_of(key), type, value, at_ms);

    cr_assert_eq(status, LEAT_OK, "%s", leat_driver_error(shop.driver));
}

void shop_product(const char *id, const char *category)
{
    struct product product = { .product_id = leat_bytes_of(id), .category = leat_bytes_of(category),
                               .name = LEAT_LITERAL("a name"), .supplier_id = LEAT_LITERAL("s"),
                               .subcategory = LEAT_LITERAL("sub"), .price = 100 };

    send("products", id, &product_type, &product, 1);
}

void shop_store(const char *id, const char *region)
{
    struct store store = { .store_id = leat_bytes_of(id), .region = leat_bytes_of(region),
                           .location = LEAT_LITERAL("town"), .size = LEAT_LITERAL("big"),
                           .manager = LEAT_LITERAL("m") };

    send("stores", id, &store_type, &store, 1);
}

void shop_update(const char *key, int32_t change, int64_t at_ms)
{
    struct inventory_update update = { .product_id = LEAT_LITERAL("?"),
                                       .store_id = LEAT_LITERAL("?"),
                                       .timestamp = at_ms, .quantity_change = change };

    send("inventory-updates", key, &inventory_update_type, &update, at_ms);
}

void shop_send(const struct sale *sale)
{
    send("sales", "\xff any key", &sale_type, sale, sale->timestamp);
}

void shop_sell(const char *product, const char *store, int32_t quantity, int64_t cents,
               int64_t at_ms)
{
    char id[16];

    snprintf(id, sizeof id, "t%d", shop.sales++);
    shop_send(&(struct sale){ leat_bytes_of(id), leat_bytes_of(product), leat_bytes_of(store),
                              at_ms, quantity, cents });
}

/* ---- out ------------------------------------------------------------------------------------- */

#define TEXT(bytes) (int)(bytes).size, (bytes).data
#define SUMS "%" PRId64 "-%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
#define SUMS_OF(sum) (sum)->window_start, (sum)->window_end, (sum)->orders, (sum)->units,         \
                     (sum)->revenue

static void show_top(FILE *out, const struct top_products *top)
{
    fprintf(out, "%" PRId64 "-%" PRId64, top->window_start, top->window_end);
    for (size_t i = 0; i < top->products.count; i++) {
        const struct top_product *product = &top->products.items[i];

        fprintf(out, " %d:%.*s:%" PRId64 ":%" PRId64, product->rank, TEXT(product->product_id),
                product->units, product->revenue);
    }
}

static void show_sums(FILE *out, const struct leat_driver_record *record)
{
    const void *value = record->value;

    if (record->type == &product_sales_type) {
        const struct product_sales *sum = value;
        fprintf(out, "%.*s " SUMS, TEXT(sum->category), SUMS_OF(sum));
    } else if (record->type == &category_sales_type) {
        const struct category_sales *sum = value;
        fprintf(out, SUMS, SUMS_OF(sum));
    } else if (record->type == &store_sales_type) {
        const struct store_sales *sum = value;
        fprintf(out, "%.*s " SUMS, TEXT(sum->region), SUMS_OF(sum));
    } else if (record->type == &region_sales_type) {
        const struct region_sales *sum = value;
        fprintf(out, SUMS, SUMS_OF(sum));
    } else if (record->type == &totals_type) {
        const struct totals *sum = value;
        fprintf(out, SUMS " %" PRId64, SUMS_OF(sum), sum->average_order_value);
    } else if (record->type == &top_products_type) {
        show_top(out, value);
    }
}

static void show_rest(FILE *out, const struct leat_driver_record *record)
{
    const void *value = record->value;

    if (record->type == &stock_type) {
        const struct stock *stock = value;
        fprintf(out, "%.*s %.*s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
                TEXT(stock->product_id), TEXT(stock->store_id), stock->on_hand, stock->received,
                stock->sold, stock->updated_at);
    } else if (record->type == &sell_through_type) {
        const struct sell_through *sold = value;
        fprintf(out, "%" PRId64 " %" PRId64 " %g", sold->sold, sold->received, sold->rate);
    } else if (record->type == &low_stock_type) {
        const struct low_stock *low = value;
        fprintf(out, "%.*s %.*s %" PRId64 " %" PRId64 " %" PRId64, TEXT(low->product_id),
                TEXT(low->store_id), low->on_hand, low->threshold, low->timestamp);
    } else if (record->type == &enriched_sale_type) {
        const struct enriched_sale *sale = value;
        fprintf(out, "%.*s %.*s %d %" PRId64 " %.*s %.*s %.*s %" PRId64 " %" PRId64,
                TEXT(sale->product_id), TEXT(sale->store_id), sale->quantity, sale->unit_price,
                TEXT(sale->product_name), TEXT(sale->category), TEXT(sale->region), sale->on_hand,
                sale->amount);
    } else if (record->type == &late_sale_type) {
        const struct late_sale *late = value;
        fprintf(out, "%.*s %" PRId64 "-%" PRId64, TEXT(late->step), late->window_start,
                late->window_end);
    } else if (!record->type) {
        fprintf(out, "%.*s", TEXT(leat_driver_header(record, "error.message")));
    }
}

static char text[2048];
static char key[256];

const char *shop_next(const char *topic)
{
    struct leat_driver_record record;
    FILE *out;

    if (!leat_driver_take(shop.driver, topic, &record))
        return NULL;
    snprintf(key, sizeof key, "%.*s", TEXT(record.key));
    if (record.window.kind)
        snprintf(key, sizeof key, "%.*s[%" PRId64 "]", TEXT(record.key), record.window.start_ms);
    memset(text, 0, sizeof text);
    out = fmemopen(text, sizeof text, "w");
    fprintf(out, "%s ", key);
    show_sums(out, &record);
    show_rest(out, &record);
    fclose(out);
    return text;
}

void shop_last(const char *topic, struct map *lines)
{
    const char *line;

    while ((line = shop_next(topic)))
        memory_free(map_put(lines, leat_bytes_of(key), memory_text(line + strlen(key) + 1)));
}

void shop_forget(struct map *lines)
{
    struct leat_bytes at;
    void *line;

    for (size_t i = 0; map_next(lines, &i, &at, &line);)
        memory_free(line);
    map_free(lines);
}
