/* test_verify.c - verify accepts a correct world and finds each single corruption of it. */
#include "world.h"

#include "blackfriday/verify_value.h"
#include "retail/category_sales.h"
#include "retail/enriched_sale.h"
#include "retail/late_sale.h"
#include "retail/low_stock.h"
#include "retail/product_sales.h"
#include "retail/region_sales.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "retail/store_sales.h"
#include "retail/top_products.h"
#include "retail/totals.h"

#include <criterion/criterion.h>

struct output {
    const char *topic;
    const struct leat_type *type;
    bool keyed; /* the last value of a key is the truth */
    const char *free_field; /* depends on the moment, and is not compared */
};

static const struct output outputs[] = {
    { "stock", &stock_type, true, NULL },
    { "sell-through", &sell_through_type, true, NULL },
    { "sales-by-product", &product_sales_type, true, NULL },
    { "sales-by-category", &category_sales_type, true, NULL },
    { "sales-by-store", &store_sales_type, true, NULL },
    { "sales-by-region", &region_sales_type, true, NULL },
    { "sales-totals", &totals_type, true, NULL },
    { "top-products", &top_products_type, true, NULL },
    { "sales-enriched", &enriched_sale_type, false, "on_hand" },
    { "low-stock", &low_stock_type, false, NULL },
    { "sales-late", &late_sale_type, false, NULL },
};

enum { OUTPUTS = sizeof outputs / sizeof *outputs };

static struct world *world;

static void start(void)
{
    world = world_new();
}

static void stop(void)
{
    world_free(world);
}

static void equal(void)
{
    const char *printed;

    cr_assert_eq(world_verify(world, &printed), 0, "%s", printed);
}

/* The table has a row of that output that says so, and a sentence begins with its name. */
static void different(const char *topic, const char *what)
{
    const char *printed, *row;
    char name[96];

    cr_assert_eq(world_verify(world, &printed), 1, "%s: %s went unnoticed", topic, what);
    snprintf(name, sizeof name, "\n%s ", topic);
    row = strstr(printed, name);
    cr_assert(row, "%s", printed);
    row = strstr(row + 1, name);
    cr_assert(row, "%s: %s: no sentence in\n%s", topic, what, printed);
    cr_assert(strstr(row, ": "), "%s", printed);
}

static struct verify_record *last(const char *topic)
{
    struct world_topic *found = world_topic(world, topic);

    cr_assert_gt(found->count, 0, "%s is empty", topic);
    return &found->records[found->count - 1];
}

static void add_one(const struct leat_field *field, void *value)
{
    void *at = (char *)value + field->offset;

    switch (field->kind) {
    case LEAT_STRING:
        *(struct leat_bytes *)at = LEAT_LITERAL("another");
        break;
    case LEAT_INT:
        *(int32_t *)at += 1;
        break;
    case LEAT_DOUBLE:
        *(double *)at += 0.001;
        break;
    case LEAT_ARRAY: {
        struct { size_t count; const struct top_product *items; } *array = at;
        struct top_product *copy = arena_new(&world->arena, array->count * sizeof *copy);

        memcpy(copy, array->items, array->count * sizeof *copy);
        copy[array->count - 1].revenue += 1;
        array->items = copy;
        break;
    }
    default:
        *(int64_t *)at += strcmp(field->name, "on_hand") ? 1 : 1000;
        break;
    }
}

static void put_back(struct verify_record *record, const struct verify_record *before)
{
    *record = *before;
}

Test(verify, accepts_a_correct_world, .init = start, .fini = stop)
{
    cr_assert_gt(world_topic(world, "sales-late")->count, 10);
    cr_assert_gt(world_topic(world, "low-stock")->count, 10);
    cr_assert_eq(world_topic(world, "sales-rejected")->count, 7);
    equal();
}

Test(verify, finds_every_field_of_every_output_that_is_wrong, .init = start, .fini = stop)
{
    for (int i = 0; i < OUTPUTS; i++) {
        const struct output *o = &outputs[i];

        for (size_t f = 0; f < o->type->field_count; f++) {
            struct verify_record *record = last(o->topic), before = *record;
            void *value = world_decode(world, o->type, record->value);

            if (o->free_field && !strcmp(o->free_field, o->type->fields[f].name))
                continue;
            add_one(&o->type->fields[f], value);
            record->value = world_encode(world, o->topic, o->type, value);
            different(o->topic, o->type->fields[f].name);
            put_back(record, &before);
        }
    }
    equal();
}

Test(verify, finds_a_value_that_cannot_be_decoded, .init = start, .fini = stop)
{
    for (int i = 0; i < OUTPUTS; i++) {
        struct verify_record *record = last(outputs[i].topic), before = *record;

        record->value = LEAT_LITERAL("\0\0\0\0\1junk");
        different(outputs[i].topic, "junk");
        put_back(record, &before);
    }
}

/* Takes away the last record, or all of its key where the last value is the truth. */
static void remove_last(const struct output *o)
{
    struct world_topic *topic = world_topic(world, o->topic);
    struct leat_bytes key = last(o->topic)->key;
    size_t kept = 0;

    if (!o->keyed) {
        topic->count--;
        return;
    }
    for (size_t i = 0; i < topic->count; i++)
        if (!leat_bytes_equal(topic->records[i].key, key))
            topic->records[kept++] = topic->records[i];
    topic->count = kept;
}

Test(verify, finds_a_key_or_a_record_that_is_missing)
{
    for (int i = 0; i < OUTPUTS; i++) {
        const char *printed;

        start();
        remove_last(&outputs[i]);
        /* A late sale that is not named is missing from its windows instead. */
        if (strcmp(outputs[i].topic, "sales-late"))
            different(outputs[i].topic, "missing");
        else
            cr_assert_eq(world_verify(world, &printed), 1, "a missing late sale went unnoticed");
        stop();
    }
}

Test(verify, finds_the_last_value_of_a_key_that_was_lost, .init = start, .fini = stop)
{
    for (int i = 0; i < OUTPUTS; i++) {
        struct world_topic *topic = world_topic(world, outputs[i].topic);

        if (!outputs[i].keyed)
            continue;
        for (size_t r = topic->count - 1; r > 0; r--)
            if (leat_bytes_equal(topic->records[r - 1].key, topic->records[topic->count - 1].key)) {
                topic->count--;
                different(outputs[i].topic, "the last value lost");
                topic->count++;
                break;
            }
    }
}

Test(verify, finds_a_key_that_should_not_be, .init = start, .fini = stop)
{
    for (int i = 0; i < OUTPUTS; i++) {
        struct verify_record extra = *last(outputs[i].topic);

        extra.key = LEAT_LITERAL("nobody|nowhere\0\0\0\0\0\0\0\1");
        world_put(world, outputs[i].topic, &extra);
        different(outputs[i].topic, "an extra key");
        world_topic(world, outputs[i].topic)->count--;
    }
    equal();
}

Test(verify, finds_a_record_that_is_there_twice, .init = start, .fini = stop)
{
    for (int i = 0; i < OUTPUTS; i++) {
        struct verify_record again = *last(outputs[i].topic);

        if (outputs[i].keyed)
            continue;
        world_put(world, outputs[i].topic, &again);
        different(outputs[i].topic, "a duplicate");
        world_topic(world, outputs[i].topic)->count--;
    }
    equal();
}

Test(verify, finds_a_key_that_was_deleted, .init = start, .fini = stop)
{
    for (int i = 0; i < OUTPUTS; i++) {
        struct verify_record gone = *last(outputs[i].topic);

        if (!outputs[i].keyed)
            continue;
        gone.value = (struct leat_bytes){ 0 };
        world_put(world, outputs[i].topic, &gone);
        different(outputs[i].topic, "a deletion");
        world_topic(world, outputs[i].topic)->count--;
    }
    equal();
}

Test(verify, finds_rejects_that_are_missing_or_twice, .init = start, .fini = stop)
{
    static const char *const topics[] = { "sales-rejected", "inventory-updates-rejected" };

    for (int i = 0; i < 2; i++) {
        struct world_topic *topic = world_topic(world, topics[i]);
        struct verify_record again = *last(topics[i]);

        topic->count--;
        different(topics[i], "missing");
        topic->count++;
        world_put(world, topics[i], &again);
        different(topics[i], "twice");
        topic->count--;
    }
    equal();
}

Test(verify, finds_rejects_that_are_not_byte_for_byte, .init = start, .fini = stop)
{
    struct verify_record *record = &world_topic(world, "sales-rejected")->records[0];
    struct verify_record before = *record;
    struct verify_header headers[8];

    record->value = LEAT_LITERAL("other");
    different("sales-rejected", "value");
    put_back(record, &before);
    record->key = LEAT_LITERAL("other");
    different("sales-rejected", "key");
    put_back(record, &before);
    record->timestamp_ms++;
    different("sales-rejected", "timestamp");
    put_back(record, &before);
    memcpy(headers, record->headers, record->header_count * sizeof *headers);
    headers[0].value = LEAT_LITERAL("xyz");
    record->headers = headers;
    different("sales-rejected", "a header of its own");
    put_back(record, &before);
    record->header_count--;
    different("sales-rejected", "a header that should be added");
    put_back(record, &before);
    equal();
}

Test(verify, finds_a_valid_sale_that_was_rejected, .init = start, .fini = stop)
{
    struct verify_record *record = &world_topic(world, "sales-rejected")->records[0];
    struct verify_header headers[8];

    memcpy(headers, record->headers, record->header_count * sizeof *headers);
    headers[record->header_count - 1].value = LEAT_LITERAL("3");
    record->headers = headers;
    different("sales-rejected", "a valid sale");
}

Test(verify, finds_a_sale_called_late_that_was_not, .init = start, .fini = stop)
{
    struct verify_record *enriched = &world_topic(world, "sales-enriched")->records[5];
    struct enriched_sale *sale = world_decode(world, &enriched_sale_type, enriched->value);
    int64_t start_ms = sale->timestamp / 3600000 * 3600000;
    struct late_sale late = { sale->transaction_id, sale->product_id, sale->store_id,
                              sale->timestamp, sale->quantity, sale->unit_price,
                              LEAT_LITERAL("sales-by-product"), start_ms, start_ms + 3600000 };

    world_put(world, "sales-late", &(struct verify_record){
        .key = sale->transaction_id, .timestamp_ms = sale->timestamp,
        .value = world_encode(world, "sales-late", &late_sale_type, &late) });
    different("sales-late", "not late");
}

Test(verify, says_which_input_is_not_there, .init = start, .fini = stop)
{
    struct leat_error error = { 0 };
    struct verify_options options = { 0 };

    world_topic(world, "sales")->count = 0;
    cr_assert_eq(verify_run(&world->input, world->registry, &options, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "sales"), "%s", error.text);
}
