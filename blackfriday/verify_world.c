/* verify_world.c - the inputs as they stand in memory. */
#include "blackfriday/verify_world.h"

#include "base/clock.h"
#include "base/memory.h"
#include "blackfriday/verify_value.h"
#include "schemas/codec.h"

#include <time.h>

enum { CHUNK_BYTES = 1 << 20, SCRATCH_BYTES = 64 << 10, FIRST_SLOTS = 1 << 16 };

static int64_t or_else(int64_t value, int64_t preset)
{
    return value ? value : preset;
}

struct verify_options verify_options_resolve(const struct verify_options *options)
{
    enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
    struct verify_options o = *options;

    o.window_ms = or_else(o.window_ms, HOUR);
    o.totals_window_ms = or_else(o.totals_window_ms, MINUTE);
    o.top_window_ms = or_else(o.top_window_ms, HOUR);
    o.top_advance_ms = or_else(o.top_advance_ms, 5 * MINUTE);
    o.grace_ms = or_else(o.grace_ms, 10 * MINUTE);
    if (o.grace_ms < 0)
        o.grace_ms = 0;
    o.threshold = or_else(o.threshold, 10);
    o.ahead_max_ms = or_else(o.ahead_max_ms, DAY);
    o.now_ms = or_else(o.now_ms, clock_wall_ms(clock_system()));
    o.processed_since_ms = or_else(o.processed_since_ms, o.now_ms - 7 * (int64_t)DAY);
    o.schema = o.schema ? o.schema : "black_friday_sales";
    o.sentences = o.sentences ? o.sentences : 3;
    o.out = o.out ? o.out : stdout;
    return o;
}

void verify_world_init(struct verify_world *world)
{
    arena_init(&world->memory, CHUNK_BYTES);
    arena_init(&world->scratch, SCRATCH_BYTES);
    world->sale_slots = FIRST_SLOTS;
    world->sale_index = memory_array(world->sale_slots, sizeof *world->sale_index);
}

void verify_world_free(struct verify_world *world)
{
    map_free(&world->products.by_name);
    map_free(&world->stores.by_name);
    map_free(&world->categories.by_name);
    map_free(&world->regions.by_name);
    map_free(&world->stock);
    memory_free(world->sales);
    memory_free(world->sale_index);
    memory_free(world->touches);
    arena_free(&world->scratch);
    arena_free(&world->memory);
}

/* The group of that name, made in `size` bytes if it is new; every kind begins with its group. */
static struct verify_group *group(struct verify_world *world, struct verify_groups *groups,
                                  struct leat_bytes name, size_t size, bool *is_new)
{
    struct verify_group *found = map_get(&groups->by_name, name);

    *is_new = !found;
    if (found)
        return found;
    found = arena_zeroed(&world->memory, size);
    found->name = arena_copy(&world->memory, name);
    found->number = groups->count++;
    map_put(&groups->by_name, name, found);
    return found;
}

struct verify_group *verify_world_category(struct verify_world *world, struct leat_bytes name)
{
    bool is_new;

    return group(world, &world->categories, name, sizeof(struct verify_group), &is_new);
}

struct verify_group *verify_world_region(struct verify_world *world, struct leat_bytes name)
{
    bool is_new;

    return group(world, &world->regions, name, sizeof(struct verify_group), &is_new);
}

struct verify_product *verify_world_product(struct verify_world *world, struct leat_bytes id)
{
    bool is_new;
    struct verify_product *product = (struct verify_product *)group(world, &world->products, id,
                                                                    sizeof *product, &is_new);

    if (is_new)
        verify_product_set(world, product, NULL);
    return product;
}

struct verify_store *verify_world_store(struct verify_world *world, struct leat_bytes id)
{
    bool is_new;
    struct verify_store *store = (struct verify_store *)group(world, &world->stores, id,
                                                              sizeof *store, &is_new);

    if (is_new)
        verify_store_set(world, store, NULL);
    return store;
}

struct verify_sale *verify_world_sale(const struct verify_world *world, struct leat_bytes id)
{
    uint32_t at = world->sale_index[map_hash(id) & (world->sale_slots - 1)];

    while (at && leat_bytes_compare(world->sales[at - 1].id, id))
        at = world->sales[at - 1].next;
    return at ? &world->sales[at - 1] : NULL;
}

struct verify_sale *verify_world_sale_next(const struct verify_world *world,
                                           const struct verify_sale *sale)
{
    uint32_t at = sale->next;

    while (at && leat_bytes_compare(world->sales[at - 1].id, sale->id))
        at = world->sales[at - 1].next;
    return at ? &world->sales[at - 1] : NULL;
}

static void chain(struct verify_world *world, size_t number)
{
    struct verify_sale *sale = &world->sales[number];
    uint32_t *head = &world->sale_index[map_hash(sale->id) & (world->sale_slots - 1)];

    sale->next = *head;
    *head = (uint32_t)number + 1;
}

static void grow_index(struct verify_world *world)
{
    memory_free(world->sale_index);
    world->sale_slots *= 2;
    world->sale_index = memory_array(world->sale_slots, sizeof *world->sale_index);
    for (size_t i = 0; i < world->sale_count; i++)
        chain(world, i);
}

void verify_world_add_sale(struct verify_world *world, const struct verify_sale *sale)
{
    world->sales = memory_grow(world->sales, world->sale_count, &world->sale_capacity,
                               sizeof *world->sales);
    world->sales[world->sale_count] = *sale;
    world->sales[world->sale_count].id = arena_copy(&world->memory, sale->id);
    world->sale_count++;
    if (world->sale_count > world->sale_slots)
        grow_index(world);
    else
        chain(world, world->sale_count - 1);
}

uint64_t verify_touch_hash(const struct verify_stock *stock, int64_t at_ms)
{
    struct { const void *stock; int64_t at_ms; } touch = { stock, at_ms };

    return map_hash(leat_bytes(&touch, sizeof touch));
}

static void add_touch(struct verify_world *world, const struct verify_stock *stock, int64_t at_ms)
{
    world->touches = memory_grow(world->touches, world->touch_count, &world->touch_capacity,
                                 sizeof *world->touches);
    world->touches[world->touch_count++].hash = verify_touch_hash(stock, at_ms);
}

static struct verify_stock *stock_of(struct verify_world *world, const struct verify_change *change)
{
    struct verify_stock *stock = map_get(&world->stock, change->key);

    if (stock)
        return stock;
    stock = arena_zeroed(&world->memory, sizeof *stock);
    stock->key = arena_copy(&world->memory, change->key);
    stock->product_id = arena_copy(&world->memory, change->product_id);
    stock->store_id = arena_copy(&world->memory, change->store_id);
    stock->updated_at_ms = INT64_MIN;
    stock->least_rise = INT64_MAX;
    map_put(&world->stock, change->key, stock);
    if (world->last_stock)
        world->last_stock->next = stock;
    else
        world->first_stock = stock;
    world->last_stock = stock;
    return stock;
}

void verify_world_change(struct verify_world *world, const struct verify_change *change)
{
    struct verify_stock *stock = stock_of(world, change);
    int64_t step = change->received - change->sold;

    stock->on_hand += step;
    stock->sold += change->sold;
    if (change->received > 0)
        stock->received += change->received;
    if (change->at_ms > stock->updated_at_ms)
        stock->updated_at_ms = change->at_ms;
    if (step > 0) {
        stock->rises++;
        if (step < stock->least_rise)
            stock->least_rise = step;
    } else {
        stock->falls += step;
        stock->lowered = true;
    }
    add_touch(world, stock, change->at_ms);
}

struct leat_bytes verify_join(struct arena *arena, struct leat_bytes product_id,
                              struct leat_bytes store_id)
{
    size_t size = product_id.size + 1 + store_id.size;
    char *key = arena_new(arena, size);

    memcpy(key, product_id.data, product_id.size);
    key[product_id.size] = '|';
    memcpy(key + product_id.size + 1, store_id.data, store_id.size);
    return leat_bytes(key, size);
}

struct leat_bytes verify_windowed(struct arena *arena, struct leat_bytes key, int64_t start_ms)
{
    char *windowed = arena_new(arena, key.size + 8);

    memcpy(windowed, key.data, key.size);
    for (int i = 0; i < 8; i++)
        windowed[key.size + (size_t)i] = (char)((uint64_t)start_ms >> (56 - 8 * i));
    return leat_bytes(windowed, key.size + 8);
}

const struct leat_bytes *verify_world_keep(struct verify_world *world, struct leat_bytes key)
{
    struct leat_bytes *kept = arena_new(&world->memory, sizeof *kept);

    *kept = arena_copy(&world->memory, key);
    return kept;
}

void verify_key_text(struct leat_bytes key, bool windowed, char *text, size_t size)
{
    struct buffer out;
    struct leat_bytes name = key;
    uint64_t start = 0;

    buffer_init(&out, 4096);
    if (windowed && key.size >= 8) {
        name.size -= 8;
        for (size_t i = name.size; i < key.size; i++)
            start = start << 8 | (uint8_t)key.data[i];
    }
    verify_value_bytes(name, &out);
    if (windowed && key.size >= 8) {
        time_t seconds = (time_t)(start / 1000);
        struct tm tm;
        char when[32];

        if (gmtime_r(&seconds, &tm) && strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm))
            buffer_format(&out, " @ %s", when);
    }
    snprintf(text, size, "%.*s", (int)out.size, out.data ? out.data : "");
    buffer_free(&out);
}

int verify_decode(struct verify_world *world, struct codec *codec,
                  const struct verify_record *record, void **value)
{
    enum { TRIES = 60, PAUSE_MS = 500 };
    struct leat_error ignored = { 0 };
    int code = LEAT_E_DATA;

    arena_reset(&world->scratch);
    if (!record->value.data)
        return LEAT_E_DATA;
    for (int i = 0; i < TRIES; i++) {
        const struct verify_header *id = NULL;

        for (size_t h = 0; h < record->header_count; h++)
            if (!strcmp(record->headers[h].name, "__value_schema_id"))
                id = &record->headers[h];
        ignored = (struct leat_error){ 0 };
        code = id ? codec_decode_headed(codec, id->value, record->value, &world->scratch, value,
                                        &ignored)
                  : codec_decode(codec, record->value, &world->scratch, value, &ignored);
        if (code != LEAT_E_RETRY)
            break;
        clock_sleep_ms(PAUSE_MS);
    }
    if (code == LEAT_E_RETRY || code == LEAT_E_REGISTRY)
        return error_set(world->error, code, "%s", ignored.text);
    return code ? LEAT_E_DATA : LEAT_OK;
}
