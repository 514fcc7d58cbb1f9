/* event.c - sales and inventory updates by number, some of them late, unknown or spoilt.
 *
 * Entry points:  event_sale(), event_update()
 * See also:      spoil.c (what makes one invalid), generate.c (how many, and when)
 */
#include "blackfriday/event.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/catalogue.h"
#include "blackfriday/spoil.h"
#include "blackfriday/spread.h"
#include "retail/inventory_update.h"
#include "retail/sale.h"

#include <assert.h>

enum { KEY_BYTES = 64, HOUR_MS = 3600000, MINUTE_MS = 60000, UNKNOWN_IDS = 50 };

struct event_maker {
    struct feed *feed;
    struct event_options options;
    struct spread *products;
    int64_t *reached; /* by sales partition: the greatest timestamp of a valid sale; 0: none yet */
    struct buffer wire;
    char key[KEY_BYTES], transaction[KEY_BYTES], product[KEY_BYTES], store[KEY_BYTES];
};

struct event_maker *event_maker_new(struct feed *feed, const struct event_options *options)
{
    struct event_maker *maker = memory_new(sizeof *maker);

    maker->feed = feed;
    maker->options = *options;
    if (!maker->options.grace_ms)
        maker->options.grace_ms = 10 * MINUTE_MS;
    if (!maker->options.window_ms)
        maker->options.window_ms = HOUR_MS;
    maker->products = spread_new(options->products, options->skew);
    maker->reached = memory_array((size_t)feed_partitions(feed, FEED_SALES),
                                  sizeof *maker->reached);
    buffer_init(&maker->wire, LIMIT_VALUE_BYTES);
    return maker;
}

void event_maker_free(struct event_maker *maker)
{
    if (!maker)
        return;
    spread_free(maker->products);
    memory_free(maker->reached);
    buffer_free(&maker->wire);
    memory_free(maker);
}

/* ---- what both kinds share ----------------------------------------------------------------- */

static uint32_t pick_product(struct event_maker *maker, struct dice *dice, bool unknown,
                             struct leat_bytes *id)
{
    uint32_t number = spread_pick(maker->products, dice);

    *id = unknown ? catalogue_id(maker->product, 'X', dice_below(dice, UNKNOWN_IDS), 6)
                  : catalogue_id(maker->product, 'P', number + 1, 6);
    return number;
}

static void pick_store(struct event_maker *maker, struct dice *dice, bool unknown,
                       struct leat_bytes *id)
{
    uint32_t number = dice_below(dice, maker->options.stores);

    *id = unknown ? catalogue_id(maker->store, 'Y', dice_below(dice, UNKNOWN_IDS), 4)
                  : catalogue_id(maker->store, 'S', number + 1, 4);
}

static bool is_withheld(const struct event_maker *maker, int32_t partition)
{
    bool named = partition == maker->options.partition;

    return maker->options.share == EVENT_ONLY ? !named
                                              : maker->options.share == EVENT_EXCEPT && named;
}

static int keep_wire(struct event_maker *maker, struct leat_bytes wire, struct event *event,
                     struct leat_error *error)
{
    maker->wire.size = 0;
    if (buffer_add(&maker->wire, wire.data, wire.size))
        return error_set(error, LEAT_E_LIMIT, "a value is too large");
    return event->fault ? spoil_wire(&maker->wire, event->fault, event->record.timestamp_ms)
                        : LEAT_OK;
}

static int encode(struct event_maker *maker, const void *value, struct event *event,
                  struct leat_error *error)
{
    struct leat_bytes wire;
    int code = feed_encode(maker->feed, event->record.topic, value, &wire, error);

    if (!code)
        code = keep_wire(maker, wire, event, error);
    event->record.wire = buffer_bytes(&maker->wire);
    return code;
}

/* ---- sales --------------------------------------------------------------------------------- */

/* The seed stands in the number, so that two runs do not share transactions by accident. */
static struct leat_bytes transaction_id(struct event_maker *maker, uint64_t number)
{
    return catalogue_id(maker->transaction, 'T',
                        maker->options.seed % 1000 * 10000000000u + number, 13);
}

/* Late for every window that it could fall into, by the clock of its own partition. */
static int64_t late_time(const struct event_maker *maker, struct dice *dice, int64_t reached_ms)
{
    int64_t behind_ms = maker->options.window_ms + maker->options.grace_ms;
    int64_t more_ms = dice_below(dice, (uint32_t)maker->options.window_ms);

    return reached_ms - behind_ms - 1 - more_ms;
}

static void decide(struct event_maker *maker, struct dice *dice, uint64_t number,
                   struct event *event)
{
    const struct event_options *options = &maker->options;
    bool invalid = dice_percent(dice, options->invalid_percent);

    event->late = dice_percent(dice, options->late_percent) && !invalid;
    event->unknown = dice_percent(dice, options->unknown_percent) && !invalid;
    event->duplicate = dice_percent(dice, options->duplicate_percent) && !invalid && number;
    event->odd_key = dice_percent(dice, options->odd_key_percent) && !invalid;
    if (invalid)
        event->fault = (enum event_fault)(EVENT_NO_UNITS +
                                          dice_below(dice, EVENT_UNDECODABLE));
}

static void make_key(struct event_maker *maker, struct leat_bytes id, struct event *event)
{
    memcpy(maker->key, id.data, id.size);
    if (event->odd_key)
        maker->key[0] = (char)0xff;
    event->record.key = leat_bytes(maker->key, id.size);
    event->record.partition =
        feed_partition(maker->feed, event->record.topic, event->record.key);
}

/* Both the field and the record carry it, but for times that a broker would refuse. */
static void make_time(struct event_maker *maker, struct dice *dice, int64_t at_ms,
                      struct event *event, struct sale *sale)
{
    int64_t *reached_ms = &maker->reached[event->record.partition];

    event->late = event->late && *reached_ms > 0;
    sale->timestamp = event->late ? late_time(maker, dice, *reached_ms) : at_ms;
    if (sale->timestamp < 0) {
        event->late = false;
        sale->timestamp = at_ms;
    }
    if (!event->fault && sale->timestamp > *reached_ms)
        *reached_ms = sale->timestamp;
    event->record.timestamp_ms = sale->timestamp;
    spoil_sale(sale, event->fault, maker->options.now_ms);
    if (event->fault == EVENT_FAR_FUTURE && feed_takes_future(maker->feed, FEED_SALES))
        event->record.timestamp_ms = sale->timestamp;
}

int event_sale(struct event_maker *maker, uint64_t number, int64_t at_ms, struct event *event,
               struct leat_error *error)
{
    struct dice dice = dice_of(maker->options.seed, number);
    struct sale sale = { 0 };
    uint32_t product;

    assert(at_ms >= 0);
    *event = (struct event){ .record.topic = FEED_SALES };
    decide(maker, &dice, number, event);
    sale.transaction_id = transaction_id(maker, number - event->duplicate);
    make_key(maker, sale.transaction_id, event);
    product = pick_product(maker, &dice, event->unknown && number % 3 != 1, &sale.product_id);
    pick_store(maker, &dice, event->unknown && number % 3 != 0, &sale.store_id);
    sale.quantity = 1 + (int32_t)dice_below(&dice, 3) * (int32_t)dice_below(&dice, 2);
    sale.unit_price = catalogue_price(maker->options.seed, product) *
                      (100 - (int64_t)dice_below(&dice, 6) * 10) / 100;
    make_time(maker, &dice, at_ms, event, &sale);
    event->withheld = is_withheld(maker, event->record.partition);
    if (event->withheld)
        return LEAT_OK;
    return encode(maker, &sale, event, error);
}

/* ---- inventory updates --------------------------------------------------------------------- */

static void update_key(struct event_maker *maker, const struct inventory_update *update,
                       struct event *event)
{
    size_t size = update->product_id.size;

    memcpy(maker->key, update->product_id.data, size);
    maker->key[size++] = '|';
    memcpy(maker->key + size, update->store_id.data, update->store_id.size);
    event->record.key = leat_bytes(maker->key, size + update->store_id.size);
    event->record.partition =
        feed_partition(maker->feed, event->record.topic, event->record.key);
    if (event->fault == EVENT_UPDATE_BAD_KEY)
        maker->key[0] = (char)0xff;
    if (event->fault == EVENT_UPDATE_NO_KEY)
        event->record.key = (struct leat_bytes){ NULL, 0 };
}

int event_update(struct event_maker *maker, uint64_t number, int64_t at_ms, struct event *event,
                 struct leat_error *error)
{
    struct dice dice = dice_of(maker->options.seed, number);
    struct inventory_update update = { .timestamp = at_ms };

    assert(at_ms >= 0);
    *event = (struct event){ .record = { .topic = FEED_UPDATES, .timestamp_ms = at_ms } };
    if (dice_percent(&dice, maker->options.invalid_percent))
        event->fault = (enum event_fault)(EVENT_UPDATE_NO_KEY + dice_below(&dice, 3));
    pick_product(maker, &dice, false, &update.product_id);
    pick_store(maker, &dice, false, &update.store_id);
    update.quantity_change = dice_below(&dice, 10) ? 1 + (int32_t)dice_below(&dice, 120)
                                                   : -1 - (int32_t)dice_below(&dice, 20);
    update_key(maker, &update, event);
    event->withheld = is_withheld(maker, event->record.partition);
    if (event->withheld)
        return LEAT_OK;
    return encode(maker, &update, event, error);
}
