/* demo_watch.c - a consumer of the output topics, for the table in the terminal.
 *
 * A windowed topic holds the running figure of each window, so the last value of each key is kept,
 * and the sum over all windows is the figure of the day.
 */
#include "blackfriday/demo_watch.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/memory.h"
#include "processor/log.h"
#include "retail/product.h"
#include "retail/top_products.h"
#include "retail/totals.h"
#include "schemas/codec.h"

#include <assert.h>
#include <stdio.h>

enum {
    QUEUE_BYTES = 8 << 20,
    FETCH_BYTES = 256 << 10,
    MESSAGES = 256,
    ROUNDS_MAX = 64,     /* polls at once, so that the screen is drawn in between */
    ARENA_BYTES = 16 << 10,
};

enum watched { PRODUCTS, TOTALS, TOP, LATE, REJECTED, REJECTED_UPDATES, LOW_STOCK, WATCHED };

struct demo_watch {
    struct log *log;
    struct log_reader *reader;
    struct codec *codecs[TOP + 1];
    struct arena arena;     /* of one record */
    struct map windows;     /* key to struct totals */
    struct map names;       /* product_id to its name */
    struct top_products top;
    struct top_product best[DEMO_BEST];
    char best_ids[DEMO_BEST][16];
    int64_t counts[WATCHED];
};

static const char *const topics[WATCHED] = {
    "products",   "sales-totals",   "top-products",
    "sales-late", "sales-rejected", "inventory-updates-rejected", "low-stock",
};

/* ---- records -------------------------------------------------------------------------------- */

static void *kept(struct map *map, struct leat_bytes key, size_t size)
{
    void *value = map_get(map, key);

    if (!value) {
        value = memory_new(size);
        map_put(map, key, value);
    }
    return value;
}

static void take_product(struct demo_watch *watch, const struct product *product)
{
    char *name = kept(&watch->names, product->product_id, DEMO_NAME_BYTES);

    snprintf(name, DEMO_NAME_BYTES, "%.*s", (int)product->name.size, product->name.data);
}

/* Windows overlap: the one that has sold most is the one that shows most of the day. */
static void take_top(struct demo_watch *watch, const struct top_products *top)
{
    bool same = watch->top.window_start == top->window_start;

    if (!top->products.count ||
        (!same && watch->top.products.count &&
         top->products.items[0].revenue <= watch->best[0].revenue))
        return;
    watch->top = *top;
    for (size_t i = 0; i < top->products.count && i < DEMO_BEST; i++) {
        const struct top_product *product = &top->products.items[i];

        watch->best[i] = *product;
        snprintf(watch->best_ids[i], sizeof watch->best_ids[i], "%.*s",
                 (int)product->product_id.size, product->product_id.data);
    }
}

static void take_value(struct demo_watch *watch, enum watched which, struct leat_bytes key,
                       const void *value)
{
    switch (which) {
    case PRODUCTS:
        take_product(watch, value);
        break;
    case TOTALS:
        *(struct totals *)kept(&watch->windows, key, sizeof(struct totals)) = *totals_in(value);
        break;
    default:
        take_top(watch, value);
    }
}

static int take(struct demo_watch *watch, const struct log_message *message,
                struct leat_error *error)
{
    enum watched which = (enum watched)(message->slot % WATCHED);
    void *value;
    int status;

    if (message->event != LOG_RECORD)
        return LEAT_OK;
    watch->counts[which]++;
    if (which > TOP || !message->value.data || !message->key.data)
        return LEAT_OK;
    arena_reset(&watch->arena);
    status = codec_decode(watch->codecs[which], message->value, &watch->arena, &value, error);
    if (!status)
        take_value(watch, which, message->key, value);
    return status;
}

int demo_watch_poll(struct demo_watch *watch, int timeout_ms, struct leat_error *error)
{
    struct log_message messages[MESSAGES];
    int status = LEAT_OK, count = 1;

    for (int round = 0; round < ROUNDS_MAX && count > 0 && !status; round++) {
        count = log_reader_poll(watch->reader, messages, MESSAGES, round ? 0 : timeout_ms, error);
        if (count < 0)
            return count;
        for (int i = 0; i < count; i++) {
            if (!status)
                status = take(watch, &messages[i], error);
            log_message_free(&messages[i]);
        }
    }
    return status;
}

/* ---- figures -------------------------------------------------------------------------------- */

static void name_of(const struct demo_watch *watch, struct demo_best *best)
{
    const char *name = map_get(&watch->names, leat_bytes_of(best->id));

    snprintf(best->name, sizeof best->name, "%s", name ? name : "unknown");
}

void demo_watch_sales(const struct demo_watch *watch, struct demo_sales *sales)
{
    struct leat_bytes key;
    void *value;

    *sales = (struct demo_sales){
        .late = watch->counts[LATE],
        .rejected = watch->counts[REJECTED] + watch->counts[REJECTED_UPDATES],
        .low_stock = watch->counts[LOW_STOCK],
    };
    for (size_t i = 0; map_next(&watch->windows, &i, &key, &value);) {
        const struct totals *totals = value;

        sales->orders += totals->orders;
        sales->units += totals->units;
        sales->revenue += totals->revenue;
    }
    for (size_t i = 0; i < watch->top.products.count && i < DEMO_BEST; i++) {
        struct demo_best *best = &sales->best[sales->best_count++];

        memcpy(best->id, watch->best_ids[i], sizeof best->id);
        best->units = watch->best[i].units;
        best->revenue = watch->best[i].revenue;
        name_of(watch, best);
    }
}

/* ---- life ----------------------------------------------------------------------------------- */

/* The slot tells the topic by its remainder. */
static int assign(struct demo_watch *watch, enum watched which, struct leat_error *error)
{
    struct log_topic topic = { .name = topics[which] };
    int status = log_topic_look(watch->log, &topic, error);

    for (int32_t p = 0; p < topic.partitions && !status; p++) {
        struct log_position from = { topics[which], p, 0 };
        int64_t end;

        status = log_ends(watch->log, from.topic, p, &from.offset, &end, error);
        if (!status)
            status = log_reader_assign(watch->reader, &from, p * WATCHED + (int)which, error);
    }
    return status;
}

int demo_watch_new(struct log *log, struct registry *registry, struct demo_watch **out,
                   struct leat_error *error)
{
    const struct leat_type *const types[TOP + 1] = { &product_type, &totals_type,
                                                     &top_products_type };
    struct log_reader_options options = { .queue_bytes = QUEUE_BYTES,
                                          .partition_bytes = FETCH_BYTES };
    struct demo_watch *watch = memory_new(sizeof *watch);
    int status;

    watch->log = log;
    arena_init(&watch->arena, ARENA_BYTES);
    for (int i = 0; i <= TOP; i++)
        watch->codecs[i] = codec_new(types[i], registry);
    status = log_reader_new(log, &options, &watch->reader, error);
    for (int i = 0; i < WATCHED && !status; i++)
        status = assign(watch, (enum watched)i, error);
    if (status)
        demo_watch_free(watch);
    else
        *out = watch;
    return status;
}

static void free_values(struct map *map)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(map, &i, &key, &value);)
        memory_free(value);
    map_free(map);
}

void demo_watch_free(struct demo_watch *watch)
{
    if (!watch)
        return;
    log_reader_free(watch->reader);
    for (int i = 0; i <= TOP; i++)
        codec_free(watch->codecs[i]);
    free_values(&watch->windows);
    free_values(&watch->names);
    arena_free(&watch->arena);
    memory_free(watch);
}
