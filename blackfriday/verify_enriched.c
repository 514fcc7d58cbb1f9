/* verify_enriched.c - sales-enriched holds each valid sale once. */
#include "blackfriday/verify_enriched.h"

#include "blackfriday/verify_value.h"
#include "retail/enriched_sale.h"
#include "schemas/codec.h"

#include <inttypes.h>

struct reading {
    struct verify_world *world;
    struct verify_mirror *mirror;
    struct verify_output *output;
    struct codec *codec;
};

static struct enriched_sale expected_of(const struct verify_sale *sale)
{
    const struct verify_product *product = sale->product;
    const struct verify_store *store = sale->store;

    return (struct enriched_sale){
        .transaction_id = sale->id,
        .product_id = product->group.name,
        .store_id = store->group.name,
        .timestamp = sale->stamp_ms,
        .quantity = sale->quantity,
        .unit_price = sale->unit_price,
        .product_name = product->name,
        .category = product->category->name,
        .subcategory = product->subcategory,
        .supplier_id = product->supplier,
        .location = store->location,
        .region = store->region->name,
        .amount = sale->amount,
    };
}

static const struct leat_field *difference(const struct verify_sale *sale, const void *found)
{
    struct enriched_sale expected = expected_of(sale);

    return verify_value_difference(&enriched_sale_type, &expected, found, "on_hand");
}

static void say_wrong(struct reading *reading, const char *key, const struct verify_sale *sale,
                      const void *found)
{
    const struct leat_field *field = difference(sale, found);
    struct enriched_sale expected = expected_of(sale);
    struct buffer left, right;

    buffer_init(&left, 2048);
    buffer_init(&right, 2048);
    verify_value_field(field, &expected, &left);
    verify_value_field(field, found, &right);
    verify_differ(reading->output, VERIFY_WRONG, key, "expected %s %.*s, found %.*s", field->name,
                  (int)left.size, left.data ? left.data : "", (int)right.size,
                  right.data ? right.data : "");
    buffer_free(&left);
    buffer_free(&right);
}

/* The sale that the record is of: one not yet found that equals it, else one not yet found. */
static struct verify_sale *match(const struct verify_world *world,
                                 const struct enriched_sale *found, bool *equal)
{
    struct verify_sale *sale = verify_world_sale(world, found->transaction_id), *other = NULL;

    for (; sale; sale = verify_world_sale_next(world, sale)) {
        if (sale->enriched)
            continue;
        other = sale;
        *equal = !difference(sale, found);
        if (*equal)
            return sale;
    }
    return other;
}

static void take(struct reading *reading, const struct verify_record *record, const void *value)
{
    const struct enriched_sale *found = value;
    bool equal = false;
    struct verify_sale *sale = match(reading->world, found, &equal);
    char key[512];

    if (sale)
        sale->enriched = true;
    if (sale && equal && record->timestamp_ms == sale->at_ms &&
        !leat_bytes_compare(record->key, sale->id)) {
        verify_mirror_add(reading->mirror, verify_value_hash(&enriched_sale_type, value),
                          &sale->id);
        return;
    }
    verify_key_text(record->key, false, key, sizeof key);
    if (!sale)
        verify_differ(reading->output, VERIFY_EXTRA, key, "expected each valid sale once, found "
                      "one more than sales holds");
    else if (!equal)
        say_wrong(reading, key, sale, value);
    else if (leat_bytes_compare(record->key, sale->id))
        verify_differ(reading->output, VERIFY_WRONG, key, "expected the transaction_id as the key");
    else
        verify_differ(reading->output, VERIFY_WRONG, key, "expected the record's timestamp %" PRId64
                      ", found %" PRId64, sale->at_ms, record->timestamp_ms);
}

static int each_enriched(void *user, const struct verify_record *record)
{
    struct reading *reading = user;
    char key[512];
    void *value;
    int code = verify_decode(reading->world, reading->codec, record, &value);

    if (code && code != LEAT_E_DATA)
        return code;
    reading->output->found++;
    if (!code) {
        take(reading, record, value);
        return LEAT_OK;
    }
    verify_key_text(record->key, false, key, sizeof key);
    verify_differ(reading->output, VERIFY_WRONG, key, "found a value that cannot be decoded");
    return LEAT_OK;
}

int verify_enriched_read(struct verify_world *world, struct verify_mirror *mirror)
{
    struct reading reading = {
        .world = world,
        .mirror = mirror,
        .output = verify_report_add(world->report, "sales-enriched"),
        .codec = codec_new(&enriched_sale_type, world->registry),
    };
    int code = world->input->read(world->input, "sales-enriched", each_enriched, &reading,
                                  world->error);

    reading.output->expected = (int64_t)world->sale_count;
    for (size_t i = 0; !code && i < world->sale_count; i++) {
        char key[512];

        if (world->sales[i].enriched)
            continue;
        verify_key_text(world->sales[i].id, false, key, sizeof key);
        verify_differ(reading.output, VERIFY_MISSING, key, "expected its record, found none");
    }
    codec_free(reading.codec);
    return code;
}
