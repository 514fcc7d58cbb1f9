/* simulate.c - the job as one would write it for a few hundred records: arrays and loops.
 *
 * It processes inventory-updates first and sales then, and writes every running figure, so that
 * only the last value of a key is the truth, as in the real job.
 */
#include "world.h"

#include "retail/category_sales.h"
#include "retail/enriched_sale.h"
#include "retail/inventory_update.h"
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
#include "retail/top_products.h"
#include "retail/totals.h"
#include "schemas/codec.h"

#include <assert.h>
#include <stdlib.h>

enum { KEYS = 512, WINDOWS = 4096, GRACE_MS = 600000, HOUR_MS = 3600000, MINUTE_MS = 60000 };

struct figure { /* one key and window of one step */
    const char *step;
    struct leat_bytes key;
    int64_t start_ms, orders, units, revenue;
};

struct simulation {
    struct world *world;
    struct stock stocks[KEYS];
    bool below[KEYS];
    size_t stock_count;
    struct figure figures[WINDOWS];
    size_t figure_count;
    int64_t greatest[WORLD_PARTITIONS];
};

struct joined { /* a sale with what the tables say of it */
    const struct sale *sale;
    const struct verify_record *record;
    struct product product;
    struct store store;
};

static struct leat_bytes unknown(void)
{
    return LEAT_LITERAL("unknown");
}

static void put(struct simulation *s, const char *topic, const struct leat_type *type,
                const void *value, struct leat_bytes key, int64_t at_ms)
{
    uint32_t partition = (key.size ? (uint32_t)(uint8_t)key.data[key.size / 2] : 0u) %
                         WORLD_PARTITIONS;

    world_put(s->world, topic, &(struct verify_record){
        .key = key, .value = world_encode(s->world, topic, type, value), .timestamp_ms = at_ms,
        .partition = (int32_t)partition });
}

static struct leat_bytes windowed_key(struct simulation *s, struct leat_bytes key, int64_t start_ms)
{
    char *full = arena_new(&s->world->arena, key.size + 8);

    memcpy(full, key.data, key.size);
    for (int i = 0; i < 8; i++)
        full[key.size + (size_t)i] = (char)(start_ms >> (8 * (7 - i)));
    return leat_bytes(full, key.size + 8);
}

/* ---- stock -------------------------------------------------------------------------------- */

static size_t stock_number(struct simulation *s, struct leat_bytes product, struct leat_bytes store)
{
    for (size_t i = 0; i < s->stock_count; i++)
        if (leat_bytes_equal(s->stocks[i].product_id, product) &&
            leat_bytes_equal(s->stocks[i].store_id, store))
            return i;
    assert(s->stock_count < KEYS);
    s->stocks[s->stock_count] = (struct stock){ .product_id = product, .store_id = store };
    return s->stock_count++;
}

static int64_t change_stock(struct simulation *s, size_t number, int64_t received, int64_t sold,
                            int64_t at_ms)
{
    struct stock *stock = &s->stocks[number];
    struct leat_bytes key = arena_text(&s->world->arena, "%.*s|%.*s", (int)stock->product_id.size,
                                       stock->product_id.data, (int)stock->store_id.size,
                                       stock->store_id.data);
    struct sell_through through;

    stock->on_hand += received - sold;
    stock->received += received > 0 ? received : 0;
    stock->sold += sold;
    if (at_ms > stock->updated_at)
        stock->updated_at = at_ms;
    put(s, "stock", &stock_type, stock, key, at_ms);
    through = (struct sell_through){ stock->product_id, stock->store_id, stock->sold,
                                     stock->received,
                                     stock->received ? (double)stock->sold /
                                                           (double)stock->received : 0 };
    put(s, "sell-through", &sell_through_type, &through, key, at_ms);
    if (stock->on_hand < 10 && !s->below[number])
        put(s, "low-stock", &low_stock_type,
            &(struct low_stock){ stock->product_id, stock->store_id, stock->on_hand, 10, at_ms },
            key, at_ms);
    s->below[number] = stock->on_hand < 10;
    return stock->on_hand;
}

/* ---- windows ------------------------------------------------------------------------------ */

static struct figure *figure_of(struct simulation *s, const char *step, struct leat_bytes key,
                                int64_t start_ms)
{
    for (size_t i = 0; i < s->figure_count; i++)
        if (!strcmp(s->figures[i].step, step) && s->figures[i].start_ms == start_ms &&
            leat_bytes_equal(s->figures[i].key, key))
            return &s->figures[i];
    assert(s->figure_count < WINDOWS);
    s->figures[s->figure_count] = (struct figure){ .step = step, .key = key,
                                                   .start_ms = start_ms };
    return &s->figures[s->figure_count++];
}

static bool too_late(struct simulation *s, const struct joined *joined, const char *step,
                     int64_t start_ms, int64_t size_ms)
{
    const struct sale *sale = joined->sale;
    struct late_sale late;

    if (start_ms + size_ms + GRACE_MS > s->greatest[joined->record->partition])
        return false;
    late = (struct late_sale){ sale->transaction_id, sale->product_id, sale->store_id,
                               sale->timestamp, sale->quantity, sale->unit_price,
                               leat_bytes_of(step), start_ms, start_ms + size_ms };
    put(s, "sales-late", &late_sale_type, &late, sale->transaction_id, sale->timestamp);
    return true;
}

static void add(struct figure *figure, const struct sale *sale)
{
    figure->orders++;
    figure->units += sale->quantity;
    figure->revenue += sale->quantity * sale->unit_price;
}

static void put_figure(struct simulation *s, const struct joined *joined, const struct figure *f,
                       int64_t end_ms)
{
    struct leat_bytes key = windowed_key(s, f->key, f->start_ms);
    int64_t at_ms = joined->sale->timestamp, start_ms = f->start_ms;

    if (!strcmp(f->step, "sales-by-product"))
        put(s, f->step, &product_sales_type,
            &(struct product_sales){ f->key, joined->product.category, start_ms, end_ms, f->orders,
                                     f->units, f->revenue }, key, at_ms);
    else if (!strcmp(f->step, "sales-by-category"))
        put(s, f->step, &category_sales_type,
            &(struct category_sales){ f->key, start_ms, end_ms, f->orders, f->units, f->revenue },
            key, at_ms);
    else if (!strcmp(f->step, "sales-by-store"))
        put(s, f->step, &store_sales_type,
            &(struct store_sales){ f->key, joined->store.region, start_ms, end_ms, f->orders,
                                   f->units, f->revenue }, key, at_ms);
    else if (!strcmp(f->step, "sales-by-region"))
        put(s, f->step, &region_sales_type,
            &(struct region_sales){ f->key, start_ms, end_ms, f->orders, f->units, f->revenue },
            key, at_ms);
    else
        put(s, f->step, &totals_type,
            &(struct totals){ start_ms, end_ms, f->orders, f->units, f->revenue,
                              (2 * f->revenue + f->orders) / (2 * f->orders) }, key, at_ms);
}

static void tumble(struct simulation *s, const struct joined *joined, const char *step,
                   struct leat_bytes key, int64_t size_ms)
{
    int64_t start_ms = joined->sale->timestamp / size_ms * size_ms;
    struct figure *figure;

    if (too_late(s, joined, step, start_ms, size_ms))
        return;
    figure = figure_of(s, step, key, start_ms);
    add(figure, joined->sale);
    put_figure(s, joined, figure, start_ms + size_ms);
}

static int by_rank(const void *left, const void *right)
{
    const struct figure *a = *(const struct figure *const *)left;
    const struct figure *b = *(const struct figure *const *)right;

    if (a->revenue != b->revenue)
        return a->revenue < b->revenue ? 1 : -1;
    if (a->units != b->units)
        return a->units < b->units ? 1 : -1;
    return leat_bytes_compare(a->key, b->key);
}

static void put_top(struct simulation *s, int64_t start_ms, int64_t at_ms)
{
    const struct figure *rivals[KEYS];
    struct top_product ranks[10];
    struct top_products top = { .window_start = start_ms, .window_end = start_ms + HOUR_MS };
    size_t count = 0;

    for (size_t i = 0; i < s->figure_count; i++)
        if (!strcmp(s->figures[i].step, "top-products") && s->figures[i].start_ms == start_ms)
            rivals[count++] = &s->figures[i];
    qsort(rivals, count, sizeof *rivals, by_rank);
    for (top.products.count = 0; top.products.count < count && top.products.count < 10;
         top.products.count++) {
        const struct figure *f = rivals[top.products.count];

        ranks[top.products.count] = (struct top_product){ (int32_t)top.products.count + 1, f->key,
                                                          f->units, f->revenue };
    }
    top.products.items = ranks;
    put(s, "top-products", &top_products_type, &top,
        windowed_key(s, LEAT_LITERAL("all"), start_ms), at_ms);
}

static void hop(struct simulation *s, const struct joined *joined)
{
    const int64_t advance_ms = 5 * MINUTE_MS, at_ms = joined->sale->timestamp;
    int64_t last_ms = at_ms / advance_ms * advance_ms;

    for (int64_t start_ms = last_ms - HOUR_MS + advance_ms; start_ms <= last_ms;
         start_ms += advance_ms) {
        if (too_late(s, joined, "top-products", start_ms, HOUR_MS))
            continue;
        add(figure_of(s, "top-products", joined->sale->product_id, start_ms), joined->sale);
        put_top(s, start_ms, at_ms);
    }
}

/* ---- sales -------------------------------------------------------------------------------- */

static void enrich(struct simulation *s, const struct joined *j, int64_t on_hand)
{
    const struct sale *sale = j->sale;
    struct enriched_sale enriched = {
        sale->transaction_id, sale->product_id, sale->store_id, sale->timestamp, sale->quantity,
        sale->unit_price, j->product.name, j->product.category, j->product.subcategory,
        j->product.supplier_id, j->store.location, j->store.region, on_hand,
        sale->quantity * sale->unit_price,
    };

    put(s, "sales-enriched", &enriched_sale_type, &enriched, sale->transaction_id,
        sale->timestamp);
}

static void look_up(struct simulation *s, struct joined *joined)
{
    struct world_topic *products = world_topic(s->world, "products");
    struct world_topic *stores = world_topic(s->world, "stores");

    joined->product = (struct product){ .name = unknown(), .category = unknown(),
                                        .subcategory = unknown(), .supplier_id = unknown() };
    joined->store = (struct store){ .location = unknown(), .region = unknown() };
    for (size_t i = 0; i < products->count; i++)
        if (leat_bytes_equal(products->records[i].key, joined->sale->product_id))
            joined->product = *(struct product *)world_decode(s->world, &product_type,
                                                              products->records[i].value);
    for (size_t i = 0; i < stores->count; i++)
        if (leat_bytes_equal(stores->records[i].key, joined->sale->store_id))
            joined->store = *(struct store *)world_decode(s->world, &store_type,
                                                          stores->records[i].value);
}

static void sell(struct simulation *s, const struct verify_record *record, const struct sale *sale)
{
    struct joined joined = { .sale = sale, .record = record };

    look_up(s, &joined);
    enrich(s, &joined, change_stock(s, stock_number(s, sale->product_id, sale->store_id), 0,
                                    sale->quantity, sale->timestamp));
    tumble(s, &joined, "sales-by-product", sale->product_id, HOUR_MS);
    tumble(s, &joined, "sales-by-category", joined.product.category, HOUR_MS);
    tumble(s, &joined, "sales-by-store", sale->store_id, HOUR_MS);
    tumble(s, &joined, "sales-by-region", joined.store.region, HOUR_MS);
    tumble(s, &joined, "sales-totals", LEAT_LITERAL("all"), MINUTE_MS);
    hop(s, &joined);
    if (sale->timestamp > s->greatest[record->partition])
        s->greatest[record->partition] = sale->timestamp;
}

static void reject(struct simulation *s, const char *topic, const struct verify_record *record)
{
    struct verify_header headers[8];
    size_t count = record->header_count;
    char rejected[96];

    memcpy(headers, record->headers, count * sizeof *headers);
    headers[count++] = (struct verify_header){ "error.reason", LEAT_LITERAL("data") };
    headers[count++] = (struct verify_header){ "error.message", LEAT_LITERAL("it is not valid") };
    headers[count++] = (struct verify_header){ "source.topic", leat_bytes_of(topic) };
    headers[count++] = (struct verify_header){
        "source.partition", arena_text(&s->world->arena, "%d", (int)record->partition) };
    headers[count++] = (struct verify_header){
        "source.offset", arena_text(&s->world->arena, "%lld", (long long)record->offset) };
    snprintf(rejected, sizeof rejected, "%s-rejected", topic);
    world_put(s->world, rejected, &(struct verify_record){
        .key = record->key, .value = record->value, .timestamp_ms = record->timestamp_ms,
        .headers = headers, .header_count = count });
}

static bool readable(const struct verify_record *record)
{
    return record->value.size > 5 && record->value.data[0] == 0;
}

void world_simulate(struct world *world)
{
    struct simulation *s = arena_zeroed(&world->arena, sizeof *s);
    struct world_topic *updates = world_topic(world, "inventory-updates");
    struct world_topic *sales = world_topic(world, "sales");

    s->world = world;
    for (size_t i = 0; i < updates->count; i++) {
        const struct verify_record *record = &updates->records[i];
        const struct inventory_update *update;

        if (!readable(record)) {
            reject(s, "inventory-updates", record);
            continue;
        }
        update = world_decode(world, &inventory_update_type, record->value);
        change_stock(s, stock_number(s, update->product_id, update->store_id),
                     update->quantity_change, 0, update->timestamp);
    }
    for (size_t i = 0; i < sales->count; i++) {
        const struct verify_record *record = &sales->records[i];
        const struct sale *sale;

        sale = readable(record) ? world_decode(world, &sale_type, record->value) : NULL;
        if (!sale || sale->quantity <= 0 || sale->unit_price < 0 || !sale->store_id.size ||
            sale->quantity == INT32_MAX || sale->timestamp > world->options.now_ms)
            reject(s, "sales", record);
        else
            sell(s, record, sale);
    }
}
