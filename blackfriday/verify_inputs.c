/* verify_inputs.c - reads the four inputs, and judges each record by the contract's rules.
 *
 * See also: verify_rejects.c, which compares the judgement with what was rejected.
 */
#include "blackfriday/verify_world.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "retail/inventory_update.h"
#include "retail/product.h"
#include "retail/sale.h"
#include "retail/store.h"
#include "schemas/codec.h"

#include <limits.h>

static const int64_t amount_limit = 1000000000000000000; /* decimal(18,2): below 10^18 unscaled */

/* One input while it is read. */
struct input {
    struct verify_world *world;
    struct verify_rejects rejects;
    struct codec *codec;
    int64_t *partition_max; /* of sales: the greatest timestamp of a valid sale so far */
    int32_t partitions;
};

/* A timestamp ahead of the clock: beyond now's guard it was ahead whenever it was processed, and
 * below the guard of when processing began it never was. */
static enum verify_judgement judge_time(const struct verify_options *options, int64_t at_ms)
{
    if (at_ms >= 0 && options->ahead_max_ms < 0)
        return VERIFY_VALID;
    if (at_ms < 0 || at_ms > options->now_ms + options->ahead_max_ms)
        return VERIFY_INVALID;
    if (at_ms > options->processed_since_ms + options->ahead_max_ms)
        return VERIFY_EITHER;
    return VERIFY_VALID;
}

static enum verify_judgement stricter(enum verify_judgement a, enum verify_judgement b)
{
    if (a == VERIFY_INVALID || b == VERIFY_INVALID)
        return VERIFY_INVALID;
    return a == VERIFY_EITHER || b == VERIFY_EITHER ? VERIFY_EITHER : VERIFY_VALID;
}

static bool key_is_text(const struct verify_record *record)
{
    return record->key.data && utf8_valid(record->key);
}

/* Of the inputs that are not sales: their timestamps are no rule of the contract, but the guard of
 * the application may have taken them. */
static enum verify_judgement judge_other_time(const struct verify_world *world,
                                              const struct verify_record *record)
{
    return judge_time(&world->options, record->timestamp_ms) == VERIFY_VALID ? VERIFY_VALID
                                                                             : VERIFY_EITHER;
}

/* ---- products and stores ------------------------------------------------------------------ */

void verify_product_set(struct verify_world *world, struct verify_product *product,
                        const struct product *value)
{
    struct leat_bytes unknown = LEAT_LITERAL("unknown");

    product->name = value ? arena_copy(&world->memory, value->name) : unknown;
    product->subcategory = value ? arena_copy(&world->memory, value->subcategory) : unknown;
    product->supplier = value ? arena_copy(&world->memory, value->supplier_id) : unknown;
    product->category = verify_world_category(world, value ? value->category : unknown);
}

void verify_store_set(struct verify_world *world, struct verify_store *store,
                      const struct store *value)
{
    struct leat_bytes unknown = LEAT_LITERAL("unknown");

    store->location = value ? arena_copy(&world->memory, value->location) : unknown;
    store->region = verify_world_region(world, value ? value->region : unknown);
}

/* A null value is a deletion; LEAT_E_DATA a body that cannot be read. */
static int read_row(struct input *input, const struct verify_record *record, void **value,
                    bool *valid)
{
    int code = LEAT_OK;

    *value = NULL;
    if (record->value.data)
        code = verify_decode(input->world, input->codec, record, value);
    if (code && code != LEAT_E_DATA)
        return code;
    if (!key_is_text(record) || code)
        *valid = verify_rejects_settle(&input->rejects, record, VERIFY_INVALID,
                                       code ? "its body cannot be decoded" : "its key is no text");
    else
        *valid = verify_rejects_settle(&input->rejects, record,
                                       judge_other_time(input->world, record), "its timestamp");
    return LEAT_OK;
}

static int each_product(void *user, const struct verify_record *record)
{
    struct input *input = user;
    void *value;
    bool valid;
    int code = read_row(input, record, &value, &valid);

    if (!code && valid)
        verify_product_set(input->world, verify_world_product(input->world, record->key), value);
    return code;
}

static int each_store(void *user, const struct verify_record *record)
{
    struct input *input = user;
    void *value;
    bool valid;
    int code = read_row(input, record, &value, &valid);

    if (!code && valid)
        verify_store_set(input->world, verify_world_store(input->world, record->key), value);
    return code;
}

/* ---- inventory-updates -------------------------------------------------------------------- */

/* The key wins over the body: product_id before the first bar, store_id behind it. */
static bool split_key(struct leat_bytes key, struct verify_change *change)
{
    const char *bar = memchr(key.data, '|', key.size);

    change->key = key;
    if (!bar)
        return false;
    change->product_id = leat_bytes(key.data, (size_t)(bar - key.data));
    change->store_id = leat_bytes(bar + 1, key.size - change->product_id.size - 1);
    return true;
}

static int each_update(void *user, const struct verify_record *record)
{
    struct input *input = user;
    struct verify_change change = { 0 };
    enum verify_judgement judgement;
    void *value = NULL;
    int code = verify_decode(input->world, input->codec, record, &value);

    if (code && code != LEAT_E_DATA)
        return code;
    judgement = judge_other_time(input->world, record);
    if (code || !key_is_text(record))
        judgement = VERIFY_INVALID;
    else if (!split_key(record->key, &change) && judgement == VERIFY_VALID)
        judgement = VERIFY_EITHER;
    if (!verify_rejects_settle(&input->rejects, record, judgement,
                               code ? "its body cannot be decoded" : "its key is no text"))
        return LEAT_OK;
    if (!code && change.product_id.data) {
        change.at_ms = record->timestamp_ms;
        change.received = ((const struct inventory_update *)value)->quantity_change;
        verify_world_change(input->world, &change);
    }
    return LEAT_OK;
}

/* ---- sales -------------------------------------------------------------------------------- */

static enum verify_judgement judge_sale(const struct verify_options *options,
                                        const struct verify_record *record,
                                        const struct sale *sale, int64_t *amount, const char **why)
{
    if (!sale->transaction_id.size || !sale->product_id.size || !sale->store_id.size) {
        *why = "an id is empty";
        return VERIFY_INVALID;
    }
    if (sale->quantity <= 0 || sale->unit_price < 0) {
        *why = sale->quantity <= 0 ? "its quantity is not positive" : "its price is negative";
        return VERIFY_INVALID;
    }
    if (__builtin_mul_overflow(sale->quantity, sale->unit_price, amount) ||
        *amount >= amount_limit) {
        *why = "its amount does not fit";
        return VERIFY_INVALID;
    }
    *why = "its timestamp is negative or too far ahead";
    return stricter(judge_time(options, record->timestamp_ms),
                    judge_time(options, sale->timestamp));
}

static void sell(struct verify_world *world, const struct verify_sale *sale)
{
    struct verify_change change = {
        .product_id = sale->product->group.name,
        .store_id = sale->store->group.name,
        .at_ms = sale->at_ms,
        .sold = sale->quantity,
    };

    change.key = verify_join(&world->scratch, change.product_id, change.store_id);
    verify_world_change(world, &change);
}

static int64_t *partition_max(struct input *input, int32_t partition)
{
    if (partition >= input->partitions) {
        input->partition_max = memory_resize(input->partition_max, (size_t)partition + 1,
                                             sizeof *input->partition_max);
        while (input->partitions <= partition)
            input->partition_max[input->partitions++] = INT64_MIN;
    }
    return &input->partition_max[partition];
}

static void take_sale(struct input *input, const struct verify_record *record,
                      const struct sale *value, int64_t amount)
{
    struct verify_world *world = input->world;
    int64_t *greatest = partition_max(input, record->partition);
    struct verify_sale sale = {
        .id = value->transaction_id,
        .product = verify_world_product(world, value->product_id),
        .store = verify_world_store(world, value->store_id),
        .at_ms = record->timestamp_ms,
        .stamp_ms = value->timestamp,
        .unit_price = value->unit_price,
        .amount = amount,
        .before_ms = *greatest,
        .quantity = value->quantity,
    };

    if (sale.at_ms > *greatest)
        *greatest = sale.at_ms;
    verify_world_add_sale(world, &sale);
    sell(world, &sale);
}

static int each_sale(void *user, const struct verify_record *record)
{
    struct input *input = user;
    const char *why = "its body cannot be decoded";
    enum verify_judgement judgement = VERIFY_INVALID;
    int64_t amount = 0;
    void *value = NULL;
    int code = verify_decode(input->world, input->codec, record, &value);

    if (code && code != LEAT_E_DATA)
        return code;
    if (!code)
        judgement = judge_sale(&input->world->options, record, value, &amount, &why);
    if (verify_rejects_settle(&input->rejects, record, judgement, why))
        take_sale(input, record, value, amount);
    return LEAT_OK;
}

/* ---- all four ----------------------------------------------------------------------------- */

static int read_input(struct verify_world *world, const char *topic, const struct leat_type *type,
                      verify_each each, bool repeats)
{
    struct input input = { .world = world, .rejects.repeats = repeats };
    int partitions = world->input->partitions(world->input, topic, world->error);
    int code = partitions < 0 ? partitions : LEAT_OK;

    if (partitions == 0)
        return error_set(world->error, LEAT_E_ARGUMENT,
                         "there is no topic '%s' to recompute the truth from", topic);
    input.codec = codec_new(type, world->registry);
    if (!code)
        code = verify_rejects_read(&input.rejects, world->input, world->report, topic,
                                   world->error);
    if (!code)
        code = world->input->read(world->input, topic, each, &input, world->error);
    if (!code)
        verify_rejects_finish(&input.rejects);
    verify_rejects_free(&input.rejects);
    codec_free(input.codec);
    memory_free(input.partition_max);
    return code;
}

int verify_world_read(struct verify_world *world)
{
    int code = read_input(world, "products", &product_type, each_product, true);

    if (!code)
        code = read_input(world, "stores", &store_type, each_store, true);
    if (!code)
        code = read_input(world, "inventory-updates", &inventory_update_type, each_update, false);
    if (!code)
        code = read_input(world, "sales", &sale_type, each_sale, false);
    return code;
}
