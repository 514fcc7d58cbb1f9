/* verify_stock.c - stock and sell-through by plain sums; low-stock by its rules.
 *
 * The order in which two streams met is not known, so low-stock is judged by what holds in any
 * order: each record lies below the threshold at the moment of an update of its key, no key has
 * more falls than its rises allow, a key that ends below has one, and one that can never have been
 * below has none.
 */
#include "blackfriday/verify_stock.h"

#include "base/memory.h"
#include "blackfriday/verify_value.h"
#include "retail/low_stock.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "schemas/codec.h"

#include <inttypes.h>
#include <stdlib.h>

/* Walks the list and not the map: what leaves one map in the order of its slots would pile up in
 * another one of the same hash. */
void verify_stock_expect(struct verify_table *stock, struct verify_table *sell_through)
{
    struct verify_world *world = stock->world;

    for (const struct verify_stock *row = world->first_stock; row; row = row->next) {
        struct stock *sum = arena_zeroed(&world->memory, sizeof *sum);
        struct sell_through *ratio = arena_zeroed(&world->memory, sizeof *ratio);

        *sum = (struct stock){ .product_id = row->product_id, .store_id = row->store_id,
                               .on_hand = row->on_hand, .received = row->received,
                               .sold = row->sold, .updated_at = row->updated_at_ms };
        *ratio = (struct sell_through){ .product_id = row->product_id, .store_id = row->store_id,
                                        .sold = row->sold, .received = row->received,
                                        .rate = row->received
                                            ? (double)row->sold / (double)row->received : 0 };
        verify_table_expect(stock, row->key, sum);
        verify_table_expect(sell_through, row->key, ratio);
    }
}

struct reading {
    struct verify_world *world;
    struct verify_mirror *mirror;
    struct verify_output *output;
    struct codec *codec;
    struct verify_mirror moments; /* key and timestamp of each record found */
};

static const char *mistake_of(const struct verify_world *world, const struct verify_stock *stock,
                              const struct low_stock *alert)
{
    if (!stock)
        return "expected no such key, found one";
    if (leat_bytes_compare(alert->product_id, stock->product_id) ||
        leat_bytes_compare(alert->store_id, stock->store_id))
        return "expected the ids of its key, found others";
    if (alert->threshold != world->options.threshold)
        return "expected the threshold of the options, found another";
    if (alert->on_hand >= alert->threshold)
        return "expected on_hand below the threshold, found it at or above";
    return NULL;
}

static int each_alert(void *user, const struct verify_record *record)
{
    struct reading *reading = user;
    struct verify_world *world = reading->world;
    struct verify_stock *stock = map_get(&world->stock, record->key);
    const char *mistake = "found a value that cannot be decoded";
    char key[512];
    void *value;
    int code = verify_decode(world, reading->codec, record, &value);

    if (code && code != LEAT_E_DATA)
        return code;
    reading->output->found++;
    if (!code) {
        const struct low_stock *alert = value;

        mistake = mistake_of(world, stock, alert);
        verify_mirror_add(reading->mirror, verify_value_hash(&low_stock_type, value),
                          verify_world_keep(world, record->key));
        if (!mistake)
            verify_mirror_add(&reading->moments, verify_touch_hash(stock, alert->timestamp),
                              &stock->key);
    }
    if (stock)
        stock->alerts++;
    if (mistake) {
        verify_key_text(record->key, false, key, sizeof key);
        verify_differ(reading->output, stock ? VERIFY_WRONG : VERIFY_EXTRA, key, "%s", mistake);
    }
    return LEAT_OK;
}

/* The least figure that the key can have shown, over all orders of what touched it. */
static int64_t least(const struct verify_stock *stock)
{
    return stock->lowered ? stock->falls : stock->least_rise;
}

static void judge_key(const struct verify_world *world, struct verify_output *output,
                      const struct verify_stock *stock)
{
    bool ends_below = stock->on_hand < world->options.threshold;
    bool was_below = least(stock) < world->options.threshold;
    char key[512];

    output->expected += ends_below;
    if (ends_below ? stock->alerts > 0 : !stock->alerts)
        if (stock->alerts <= 1 + stock->rises)
            return;
    verify_key_text(stock->key, false, key, sizeof key);
    if (ends_below && !stock->alerts)
        verify_differ(output, VERIFY_MISSING, key,
                      "expected a record, since its stock ends at %" PRId64 ", found none",
                      stock->on_hand);
    else if (!was_below)
        verify_differ(output, VERIFY_EXTRA, key,
                      "expected none, since its stock was never below %" PRId64
                      ", found %" PRId64, least(stock), stock->alerts);
    else if (stock->alerts > 1 + stock->rises)
        verify_differ(output, VERIFY_EXTRA, key,
                      "expected at most %" PRId64 ", one for each rise and the first, found %"
                      PRId64, 1 + stock->rises, stock->alerts);
}

static int by_touch(const void *left, const void *right)
{
    const struct verify_touch *a = left, *b = right;

    return (a->hash > b->hash) - (a->hash < b->hash);
}

static int by_moment(const void *left, const void *right)
{
    const struct verify_mirror_row *a = left, *b = right;

    return (a->hash > b->hash) - (a->hash < b->hash);
}

/* Each record was caused by one update of its key: at any moment there are no more records than
 * updates. */
static void judge_moments(struct reading *reading)
{
    struct verify_world *world = reading->world;
    struct verify_mirror *moments = &reading->moments;
    size_t at = 0;

    if (!moments->count)
        return;
    qsort(world->touches, world->touch_count, sizeof *world->touches, by_touch);
    qsort(moments->rows, moments->count, sizeof *moments->rows, by_moment);
    for (size_t i = 0; i < moments->count; i++) {
        char key[512];

        while (at < world->touch_count && world->touches[at].hash < moments->rows[i].hash)
            at++;
        if (at < world->touch_count && world->touches[at].hash == moments->rows[i].hash) {
            at++;
            continue;
        }
        verify_key_text(*moments->rows[i].key, false, key, sizeof key);
        verify_differ(reading->output, VERIFY_EXTRA, key,
                      "expected at most one record for each update of its key, found one with the "
                      "timestamp of none");
    }
}

int verify_low_stock_read(struct verify_world *world, struct verify_mirror *mirror)
{
    struct reading reading = {
        .world = world,
        .mirror = mirror,
        .output = verify_report_add(world->report, "low-stock"),
        .codec = codec_new(&low_stock_type, world->registry),
    };
    int code = world->input->read(world->input, "low-stock", each_alert, &reading, world->error);

    for (const struct verify_stock *row = world->first_stock; !code && row; row = row->next)
        judge_key(world, reading.output, row);
    judge_moments(&reading);
    verify_mirror_free(&reading.moments);
    codec_free(reading.codec);
    return code;
}
