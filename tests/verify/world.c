/* world.c - topics in memory, and the inputs of a small world. */
#include "world.h"

#include "base/memory.h"
#include "retail/inventory_update.h"
#include "retail/product.h"
#include "retail/sale.h"
#include "retail/store.h"
#include "schemas/codec.h"
#include "schemas/registry.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

static const int64_t day_ms = 86400000, start_ms = 1764230400000; /* 2025-11-27T08:00:00Z */

struct world_topic *world_topic(struct world *world, const char *name)
{
    struct world_topic *topic;

    for (size_t i = 0; i < world->topic_count; i++)
        if (!strcmp(world->topics[i].name, name))
            return &world->topics[i];
    assert(world->topic_count < WORLD_TOPICS);
    topic = &world->topics[world->topic_count++];
    snprintf(topic->name, sizeof topic->name, "%s", name);
    return topic;
}

void world_put(struct world *world, const char *name, const struct verify_record *record)
{
    struct world_topic *topic = world_topic(world, name);
    struct verify_header *headers = arena_zeroed(&world->arena, (record->header_count + 1) *
                                                                    sizeof *headers);
    struct verify_record copy = *record;

    for (size_t i = 0; i < record->header_count; i++) {
        headers[i].name = arena_copy(&world->arena,
                                     leat_bytes(record->headers[i].name,
                                                strlen(record->headers[i].name) + 1)).data;
        headers[i].value = arena_copy(&world->arena, record->headers[i].value);
    }
    copy.key = arena_copy(&world->arena, record->key);
    copy.value = arena_copy(&world->arena, record->value);
    copy.headers = headers;
    copy.offset = topic->next[record->partition]++;
    topic->records = memory_grow(topic->records, topic->count, &topic->capacity,
                                 sizeof *topic->records);
    topic->records[topic->count++] = copy;
}

static int partitions(struct verify_input *input, const char *name, struct leat_error *error)
{
    return world_topic((struct world *)input, name)->count ? WORLD_PARTITIONS : 0;
}

static int read_topic(struct verify_input *input, const char *name, verify_each each, void *user,
                      struct leat_error *error)
{
    const struct world_topic *topic = world_topic((struct world *)input, name);
    int code = 0;

    for (size_t i = 0; !code && i < topic->count; i++)
        code = each(user, &topic->records[i]);
    return code;
}

struct leat_bytes world_encode(struct world *world, const char *topic,
                               const struct leat_type *type, const void *value)
{
    struct codec *codec = codec_new(type, world->registry);
    struct leat_error error = { 0 };
    struct leat_bytes wire;
    struct buffer out;
    int code;

    buffer_init(&out, 1 << 20);
    code = codec_register(codec, topic, &error);
    if (!code)
        code = codec_encode(codec, value, &out);
    assert(!code);
    wire = arena_copy(&world->arena, buffer_bytes(&out));
    buffer_free(&out);
    codec_free(codec);
    return wire;
}

void *world_decode(struct world *world, const struct leat_type *type, struct leat_bytes wire)
{
    struct codec *codec = codec_new(type, world->registry);
    struct leat_error error = { 0 };
    void *value;
    int code = codec_decode(codec, wire, &world->arena, &value, &error);

    assert(!code);
    codec_free(codec);
    return value;
}

/* ---- the inputs --------------------------------------------------------------------------- */

static void put_catalogue(struct world *world)
{
    static const char *const regions[] = { "north", "south" };

    for (int i = 0; i < 15; i++) {
        struct leat_bytes id = arena_text(&world->arena, "P%02d", i);
        struct product product = { .product_id = id,
                                   .name = arena_text(&world->arena, "thing %d", i),
                                   .category = arena_text(&world->arena, "category-%d", i % 3),
                                   .subcategory = LEAT_LITERAL("sub"), .price = 100 * i + 99,
                                   .supplier_id = LEAT_LITERAL("S1") };

        world_put(world, "products", &(struct verify_record){
            .key = id, .value = world_encode(world, "products", &product_type, &product),
            .timestamp_ms = start_ms, .partition = i % WORLD_PARTITIONS });
    }
    for (int i = 0; i < 4; i++) {
        struct leat_bytes id = arena_text(&world->arena, "T%d", i);
        struct store store = { .store_id = id, .location = LEAT_LITERAL("town"),
                               .region = leat_bytes_of(regions[i % 2]),
                               .size = LEAT_LITERAL("big"), .manager = LEAT_LITERAL("Ann") };

        world_put(world, "stores", &(struct verify_record){
            .key = id, .value = world_encode(world, "stores", &store_type, &store),
            .timestamp_ms = start_ms, .partition = i % WORLD_PARTITIONS });
    }
}

static void put_update(struct world *world, int product, int store, int change, int64_t at_ms)
{
    struct inventory_update update = {
        .product_id = arena_text(&world->arena, "P%02d", product),
        .store_id = arena_text(&world->arena, "T%d", store),
        .timestamp = at_ms,
        .quantity_change = change,
    };

    world_put(world, "inventory-updates", &(struct verify_record){
        .key = arena_text(&world->arena, "P%02d|T%d", product, store),
        .value = world_encode(world, "inventory-updates", &inventory_update_type, &update),
        .timestamp_ms = at_ms, .partition = (product + store) % WORLD_PARTITIONS });
}

static void put_updates(struct world *world)
{
    for (int product = 0; product < 15; product++)
        for (int store = 0; store < 4; store++)
            put_update(world, product, store, product == 14 ? 1000 : 12,
                       start_ms + product * 100 + store);
    put_update(world, 3, 1, -2, start_ms + 2000);
    put_update(world, 3, 1, 30, start_ms + 3000);
}

static void put_sale(struct world *world, const struct sale *sale, int partition)
{
    static const struct verify_header own = { "trace", { "abc", 3 } };

    world_put(world, "sales", &(struct verify_record){
        .key = sale->transaction_id, .value = world_encode(world, "sales", &sale_type, sale),
        .timestamp_ms = sale->timestamp, .partition = partition, .headers = &own,
        .header_count = 1 });
}

static struct sale make_sale(struct world *world, int number, int64_t at_ms)
{
    return (struct sale){
        .transaction_id = arena_text(&world->arena, "X%04d", number),
        .product_id = arena_text(&world->arena, "P%02d", number * 7 % 16), /* P15: unknown */
        .store_id = arena_text(&world->arena, "T%d", number * 3 % 5),      /* T4: unknown */
        .timestamp = at_ms,
        .quantity = 1 + number % 3,
        .unit_price = 199 + number * 10 % 1000,
    };
}

/* Three hours; every twentieth comes two hours late in its partition, one id occurs twice. */
static void put_sales(struct world *world)
{
    struct sale sale;

    for (int i = 0; i < 200; i++) {
        int64_t at_ms = start_ms + i * 54000;

        sale = make_sale(world, i, i % 20 == 19 && i > 140 ? at_ms - 2 * 3600000 : at_ms);
        put_sale(world, &sale, i % WORLD_PARTITIONS);
        if (i == 50 || i == 179)
            put_sale(world, &sale, i % WORLD_PARTITIONS);
    }
}

static void put_bad_sales(struct world *world)
{
    struct sale sale = make_sale(world, 900, start_ms);

    sale.quantity = 0;
    put_sale(world, &sale, 0);
    sale = make_sale(world, 901, start_ms);
    sale.unit_price = -1;
    put_sale(world, &sale, 1);
    sale = make_sale(world, 902, start_ms);
    sale.store_id = LEAT_LITERAL("");
    put_sale(world, &sale, 0);
    sale = make_sale(world, 903, world->options.now_ms + 2 * day_ms);
    put_sale(world, &sale, 1);
    sale = make_sale(world, 904, start_ms);
    sale.quantity = INT32_MAX;
    sale.unit_price = 999999999999;
    put_sale(world, &sale, 1);
    world_put(world, "sales", &(struct verify_record){
        .key = LEAT_LITERAL("X0905"), .value = LEAT_LITERAL("no avro"), .timestamp_ms = start_ms });
    world_put(world, "sales", &(struct verify_record){
        .key = LEAT_LITERAL("X0906"), .timestamp_ms = start_ms, .partition = 1 });
    world_put(world, "inventory-updates", &(struct verify_record){
        .key = LEAT_LITERAL("P01|T1"), .value = LEAT_LITERAL("no avro"),
        .timestamp_ms = start_ms });
}

struct world *world_new(void)
{
    struct world *world = memory_new(sizeof *world);
    struct leat_error error = { 0 };
    int code = registry_new(&(struct registry_options){ .url = "mock://verify" }, &world->registry,
                            &error);

    assert(!code);
    world->input = (struct verify_input){ partitions, read_topic, NULL };
    world->options.now_ms = start_ms + day_ms;
    arena_init(&world->arena, 1 << 16);
    put_catalogue(world);
    put_updates(world);
    put_sales(world);
    put_bad_sales(world);
    world_simulate(world);
    return world;
}

void world_free(struct world *world)
{
    for (size_t i = 0; i < world->topic_count; i++)
        memory_free(world->topics[i].records);
    registry_free(world->registry);
    arena_free(&world->arena);
    memory_free(world);
}

int world_verify(struct world *world, const char **printed)
{
    struct leat_error error = { 0 };
    size_t size;
    char *text;
    int code;

    world->options.out = open_memstream(&text, &size);
    code = verify_run(&world->input, world->registry, &world->options, &error);
    fclose(world->options.out);
    if (code < 0)
        fprintf(stderr, "verify: %s\n", error.text);
    *printed = arena_copy(&world->arena, leat_bytes(text, size + 1)).data;
    free(text);
    return code;
}
