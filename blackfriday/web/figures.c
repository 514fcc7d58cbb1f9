/* figures.c - records to the part that keeps them, and parts to their section. */
#include "blackfriday/web/figures.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "blackfriday/web/board.h"
#include "blackfriday/web/falls.h"
#include "blackfriday/web/items.h"
#include "blackfriday/web/minutes.h"
#include "blackfriday/web/tops.h"
#include "retail/category_sales.h"
#include "retail/low_stock.h"
#include "retail/product.h"
#include "retail/region_sales.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "retail/store.h"
#include "retail/store_sales.h"
#include "retail/top_products.h"
#include "retail/totals.h"

#include <assert.h>

enum { SHOWN_ROWS = 50, SHOWN_STORES = 100 };

struct figures {
    struct figures_options options;
    struct map product_names, store_names; /* id to char * */
    struct minutes minutes;
    struct tops tops;
    struct board categories, regions, stores;
    struct items *items;
    struct falls falls;
    int64_t counts[FIGURES_TOPICS], time_ms;
    bool changed[FIGURES_SECTIONS];
};

/* ---- topics and sections --------------------------------------------------------------------- */

#define BIT(section) (1u << FIGURES_SECTION_##section)

static const struct topic {
    const char *name;
    const struct leat_type *type;
    unsigned sections; /* that it changes */
} topics[FIGURES_TOPICS] = {
    [FIGURES_PRODUCTS] = { "products", &product_type, BIT(TOP) },
    [FIGURES_STORES] = { "stores", &store_type, BIT(STORES) },
    [FIGURES_TOTALS] = { "sales-totals", &totals_type, BIT(TOTALS) | BIT(TOP) },
    [FIGURES_TOP] = { "top-products", &top_products_type, BIT(TOP) },
    [FIGURES_CATEGORIES] = { "sales-by-category", &category_sales_type, BIT(CATEGORIES) },
    [FIGURES_REGIONS] = { "sales-by-region", &region_sales_type, BIT(REGIONS) },
    [FIGURES_STORE_SALES] = { "sales-by-store", &store_sales_type, BIT(STORES) },
    [FIGURES_SELL_THROUGH] = { "sell-through", &sell_through_type, BIT(SELLTHROUGH) },
    [FIGURES_STOCK] = { "stock", &stock_type, BIT(LOWSTOCK) },
    [FIGURES_LOW_STOCK] = { "low-stock", &low_stock_type, BIT(LOWSTOCK) },
    [FIGURES_LATE] = { "sales-late", NULL, 0 },
    [FIGURES_REJECTED] = { "sales-rejected", NULL, 0 },
};

const char *figures_topic_name(enum figures_topic topic)
{
    return topics[topic].name;
}

const struct leat_type *figures_topic_type(enum figures_topic topic)
{
    return topics[topic].type;
}

const char *figures_section_name(enum figures_section section)
{
    static const char *const names[FIGURES_SECTIONS] = {
        "totals", "top", "categories", "regions", "stores", "sellthrough", "lowstock",
    };

    return names[section];
}

/* ---- life ------------------------------------------------------------------------------------ */

struct figures *figures_new(const struct figures_options *options)
{
    struct figures *figures = memory_new(sizeof *figures);

    figures->options = *options;
    minutes_init(&figures->minutes);
    board_init(&figures->categories);
    board_init(&figures->regions);
    board_init(&figures->stores);
    figures->items = items_new(options->threshold);
    for (int i = 0; i < FIGURES_SECTIONS; i++)
        figures->changed[i] = true;
    return figures;
}

static void free_names(struct map *names)
{
    struct leat_bytes key;
    void *name;

    for (size_t i = 0; map_next(names, &i, &key, &name);)
        memory_free(name);
    map_free(names);
}

void figures_free(struct figures *figures)
{
    if (!figures)
        return;
    free_names(&figures->product_names);
    free_names(&figures->store_names);
    minutes_free(&figures->minutes);
    tops_free(&figures->tops);
    board_free(&figures->categories);
    board_free(&figures->regions);
    board_free(&figures->stores);
    items_free(figures->items);
    memory_free(figures);
}

/* ---- taking ---------------------------------------------------------------------------------- */

static struct leat_bytes cut(struct leat_bytes text)
{
    return leat_bytes(text.data ? text.data : "",
                      text.size < LIMIT_WEB_TEXT_BYTES ? text.size : LIMIT_WEB_TEXT_BYTES);
}

static void take_name(struct map *names, struct leat_bytes id, struct leat_bytes name)
{
    if (!map_get(names, cut(id)) && names->count >= LIMIT_WEB_NAMES)
        return;
    name = cut(name);
    memory_free(map_put(names, cut(id), memory_format("%.*s", (int)name.size, name.data)));
}

static void take_totals(struct figures *figures, const struct totals *totals, int64_t timestamp_ms)
{
    minutes_take(&figures->minutes, &(struct minute){ totals->window_start, totals->orders,
                                                      totals->units, totals->revenue });
    if (timestamp_ms > figures->time_ms)
        figures->time_ms = timestamp_ms;
}

#define TAKE_BOARD(board, key, sales, by, more)                                                    \
    board_take(board, key,                                                                         \
               &(struct board_value){ cut((sales)->by), more, (sales)->window_start,               \
                                      (sales)->orders, (sales)->units, (sales)->revenue })

static void take_board(struct figures *figures, enum figures_topic topic, struct leat_bytes key,
                       const void *value)
{
    static const struct leat_bytes none = { 0 };
    const struct store_sales *store;

    switch (topic) {
    case FIGURES_CATEGORIES:
        TAKE_BOARD(&figures->categories, key, category_sales_in(value), category, none);
        break;
    case FIGURES_REGIONS:
        TAKE_BOARD(&figures->regions, key, region_sales_in(value), region, none);
        break;
    default:
        store = store_sales_in(value);
        TAKE_BOARD(&figures->stores, key, store, store_id, cut(store->region));
    }
}

static void take_item(struct figures *figures, enum figures_topic topic, const void *value)
{
    if (topic == FIGURES_STOCK) {
        const struct stock *stock = value;

        items_stock(figures->items, cut(stock->product_id), cut(stock->store_id), stock->on_hand);
    } else {
        const struct sell_through *sold = value;

        items_sold(figures->items, cut(sold->product_id), cut(sold->store_id), sold->sold,
                   sold->received);
    }
}

static void take_fall(struct figures *figures, const struct low_stock *low)
{
    falls_take(&figures->falls, cut(low->product_id), cut(low->store_id),
               &(struct fall){
                   .on_hand = low->on_hand, .threshold = low->threshold, .at_ms = low->timestamp });
}

static void take_value(struct figures *figures, enum figures_topic topic, struct leat_bytes key,
                       int64_t timestamp_ms, const void *value)
{
    switch (topic) {
    case FIGURES_PRODUCTS:
        take_name(&figures->product_names, key, product_in(value)->name);
        break;
    case FIGURES_STORES:
        take_name(&figures->store_names, key, store_in(value)->location);
        break;
    case FIGURES_TOTALS:
        take_totals(figures, value, timestamp_ms);
        break;
    case FIGURES_TOP:
        tops_take(&figures->tops, value);
        break;
    case FIGURES_SELL_THROUGH:
    case FIGURES_STOCK:
        take_item(figures, topic, value);
        break;
    case FIGURES_LOW_STOCK:
        take_fall(figures, value);
        break;
    default:
        take_board(figures, topic, key, value);
    }
}

/* Nobody writes tombstones to these topics but who cleans up by hand; a name or figure that was
 * deleted stays as it was until the next start. */
void figures_take(struct figures *figures, enum figures_topic topic, struct leat_bytes key,
                  int64_t timestamp_ms, const void *value)
{
    figures->counts[topic]++;
    if (!value || !key.data || key.size > LIMIT_WEB_RECORD_BYTES)
        return;
    assert(topics[topic].type);
    take_value(figures, topic, key, timestamp_ms, value);
    for (int i = 0; i < FIGURES_SECTIONS; i++)
        figures->changed[i] = figures->changed[i] || topics[topic].sections & 1u << i;
}

/* ---- writing --------------------------------------------------------------------------------- */

bool figures_changed(const struct figures *figures, enum figures_section section)
{
    return figures->changed[section];
}

static int write_boards(const struct figures *figures, enum figures_section section,
                        struct buffer *out)
{
    switch (section) {
    case FIGURES_SECTION_CATEGORIES:
        return board_write(&figures->categories,
                           &(struct board_style){ .name = "category", .shown = SHOWN_ROWS }, out);
    case FIGURES_SECTION_REGIONS:
        return board_write(&figures->regions,
                           &(struct board_style){ .name = "region", .shown = SHOWN_ROWS }, out);
    default:
        return board_write(&figures->stores,
                           &(struct board_style){ .name = "store_id",
                                                  .detail = "region",
                                                  .title = "store_name",
                                                  .titles = &figures->store_names,
                                                  .shown = SHOWN_STORES },
                           out);
    }
}

int figures_write(struct figures *figures, enum figures_section section, struct buffer *out)
{
    figures->changed[section] = false;
    switch (section) {
    case FIGURES_SECTION_TOTALS:
        return minutes_write(&figures->minutes, figures->options.totals_window_ms, out);
    case FIGURES_SECTION_TOP:
        return tops_write(&figures->tops, minutes_newest(&figures->minutes),
                          &figures->product_names, out);
    case FIGURES_SECTION_SELLTHROUGH:
        return items_write(figures->items, out);
    case FIGURES_SECTION_LOWSTOCK:
        return falls_write(&figures->falls, items_below(figures->items), out);
    default:
        return write_boards(figures, section, out);
    }
}

int64_t figures_count(const struct figures *figures, enum figures_topic topic)
{
    return figures->counts[topic];
}

int64_t figures_time_ms(const struct figures *figures)
{
    return figures->time_ms;
}
