/* verify_world.h - the inputs as they stand in memory, and what plain sums make of them.
 *
 * Products, stores, categories and regions are interned, so that a sale is a small row. A million
 * sales take some 200 MB.
 */
#ifndef BLACKFRIDAY_VERIFY_WORLD_H
#define BLACKFRIDAY_VERIFY_WORLD_H

#include "base/arena.h"
#include "base/map.h"
#include "blackfriday/verify.h"
#include "blackfriday/verify_rejects.h"
#include "blackfriday/verify_report.h"

struct leat_type;
struct codec;

/* What sales are grouped by: a product, a category, a store, a region. */
struct verify_group {
    struct leat_bytes name;
    uint32_t number; /* from 0, dense for each kind of group */
};

struct verify_product {
    struct verify_group group; /* by product_id; first, so that it can be grouped by */
    struct verify_group *category;
    struct leat_bytes name, subcategory, supplier; /* "unknown" where products has none such */
};

struct verify_store {
    struct verify_group group; /* by store_id; first */
    struct verify_group *region;
    struct leat_bytes location;
};

struct verify_sale {
    struct leat_bytes id;
    struct verify_product *product;
    struct verify_store *store;
    int64_t at_ms;     /* the record's timestamp: decides windows */
    int64_t stamp_ms;  /* the field */
    int64_t unit_price, amount;
    int64_t before_ms; /* the greatest timestamp of a valid sale before it in its partition */
    int32_t quantity;
    uint32_t next;     /* the sale before with the same hash of its id, plus one */
    bool enriched;     /* its output was found */
};

/* One key of stock, sell-through and low-stock. */
struct verify_stock {
    struct verify_stock *next; /* in the order in which keys were first seen */
    struct leat_bytes key, product_id, store_id;
    int64_t on_hand, received, sold, updated_at_ms;
    int64_t falls;        /* sum of all that does not raise it: the least it can have been */
    int64_t least_rise;   /* where nothing lowers it, its least first figure */
    int64_t rises;        /* how many raise it */
    int64_t alerts;       /* low-stock records found */
    bool lowered;
};

/* A record that touched a key at a moment: a low-stock record must name one. */
struct verify_touch {
    uint64_t hash; /* of key and timestamp */
};

struct verify_groups {
    struct map by_name;
    uint32_t count;
};

struct verify_world {
    struct verify_options options; /* defaults filled in */
    struct verify_input *input;
    struct registry *registry;
    struct verify_report *report;
    struct leat_error *error;

    struct arena memory;  /* as long as the world */
    struct arena scratch; /* one record */

    struct verify_groups products, stores, categories, regions;
    struct verify_sale *sales;
    size_t sale_count, sale_capacity;
    uint32_t *sale_index; /* heads of chains by hash of the id, plus one */
    size_t sale_slots;
    struct map stock;     /* key to struct verify_stock */
    struct verify_stock *first_stock, *last_stock;
    struct verify_touch *touches;
    size_t touch_count, touch_capacity;
};

/* Fills in the options that are zero. */
struct verify_options verify_options_resolve(const struct verify_options *options);

void verify_world_init(struct verify_world *world);
void verify_world_free(struct verify_world *world);

/* Reads products, stores, inventory-updates and sales, each behind its rejects. */
int verify_world_read(struct verify_world *world) MUST_CHECK;

/* Decodes a record's value into the scratch arena; LEAT_E_DATA: it cannot be. Waits for a registry
 * that cannot be reached, half a minute at most. */
int verify_decode(struct verify_world *world, struct codec *codec,
                  const struct verify_record *record, void **value) MUST_CHECK;

/* What the topic says of a product or store; NULL: nothing, so it is unknown. */
struct product;
struct store;
void verify_product_set(struct verify_world *world, struct verify_product *product,
                        const struct product *value);
void verify_store_set(struct verify_world *world, struct verify_store *store,
                      const struct store *value);
struct verify_group *verify_world_category(struct verify_world *world, struct leat_bytes name);
struct verify_group *verify_world_region(struct verify_world *world, struct leat_bytes name);

struct verify_product *verify_world_product(struct verify_world *world, struct leat_bytes id);
struct verify_store *verify_world_store(struct verify_world *world, struct leat_bytes id);

/* Sales with that id, newest first: `for (sale = first; sale; sale = next)`. */
struct verify_sale *verify_world_sale(const struct verify_world *world, struct leat_bytes id);
struct verify_sale *verify_world_sale_next(const struct verify_world *world,
                                           const struct verify_sale *sale);
void verify_world_add_sale(struct verify_world *world, const struct verify_sale *sale);

/* One update or sale of a key of stock. */
struct verify_change {
    struct leat_bytes key, product_id, store_id;
    int64_t at_ms, received, sold;
};
void verify_world_change(struct verify_world *world, const struct verify_change *change);
uint64_t verify_touch_hash(const struct verify_stock *stock, int64_t at_ms);

/* The composed key, and that of a window: the key, then the start as eight bytes, big-endian. */
struct leat_bytes verify_join(struct arena *arena, struct leat_bytes product_id,
                              struct leat_bytes store_id);
struct leat_bytes verify_windowed(struct arena *arena, struct leat_bytes key, int64_t start_ms);

/* A copy that lives as long as the world. */
const struct leat_bytes *verify_world_keep(struct verify_world *world, struct leat_bytes key);

/* "key" or "key @ window start" for people. */
void verify_key_text(struct leat_bytes key, bool windowed, char *text, size_t size);

#endif
