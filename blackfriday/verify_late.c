/* verify_late.c - the sales that came too late for a window. */
#include "blackfriday/verify_late.h"

#include "base/memory.h"
#include "blackfriday/verify_value.h"
#include "retail/late_sale.h"
#include "schemas/codec.h"

#include <inttypes.h>
#include <stdlib.h>

struct reading {
    struct verify_world *world;
    struct verify_lates *lates;
    struct verify_mirror *mirror;
    struct verify_output *output;
    struct codec *codec;
    struct map used; /* struct verify_late_sale, its own bytes being the key */
};

static const char *const topics[STEP_COUNT] = {
    [STEP_PRODUCT] = "sales-by-product", [STEP_CATEGORY] = "sales-by-category",
    [STEP_STORE] = "sales-by-store",     [STEP_REGION] = "sales-by-region",
    [STEP_TOTALS] = "sales-totals",      [STEP_TOP] = "top-products",
};

const char *verify_step_topic(enum verify_step step)
{
    return topics[step];
}

int64_t verify_step_size_ms(const struct verify_options *options, enum verify_step step)
{
    if (step == STEP_TOTALS)
        return options->totals_window_ms;
    return step == STEP_TOP ? options->top_window_ms : options->window_ms;
}

int64_t verify_step_advance_ms(const struct verify_options *options, enum verify_step step)
{
    return step == STEP_TOP ? options->top_advance_ms : verify_step_size_ms(options, step);
}

static int by_window(const void *left, const void *right)
{
    const struct verify_late_sale *a = left, *b = right;

    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms ? -1 : 1;
    return (a->sale > b->sale) - (a->sale < b->sale);
}

static int step_of(struct leat_bytes name)
{
    for (int i = 0; i < STEP_COUNT; i++)
        if (!leat_bytes_compare(name, leat_bytes_of(topics[i])))
            return i;
    return -1;
}

static bool same_sale(const struct verify_sale *sale, const struct late_sale *late)
{
    return !leat_bytes_compare(sale->product->group.name, late->product_id) &&
           !leat_bytes_compare(sale->store->group.name, late->store_id) &&
           sale->stamp_ms == late->timestamp && sale->quantity == late->quantity &&
           sale->unit_price == late->unit_price;
}

/* Its end plus grace lay at or below what its own partition had reached before it. */
static bool proven(const struct verify_options *options, const struct verify_sale *sale,
                   const struct late_sale *late)
{
    return sale->before_ms != INT64_MIN && late->window_end + options->grace_ms <= sale->before_ms;
}

static bool holds(const struct verify_options *options, enum verify_step step,
                  const struct verify_sale *sale, const struct late_sale *late)
{
    int64_t size = verify_step_size_ms(options, step);

    return late->window_start <= sale->at_ms && sale->at_ms < late->window_end &&
           late->window_end - late->window_start == size && late->window_start >= 0 &&
           late->window_start % verify_step_advance_ms(options, step) == 0;
}

static void keep(struct reading *reading, const struct verify_late_sale *late)
{
    struct verify_lates *lates = reading->lates;

    map_put(&reading->used, leat_bytes(late, sizeof *late), reading);
    lates->items = memory_grow(lates->items, lates->count, &lates->capacity,
                               sizeof *lates->items);
    lates->items[lates->count++] = *late;
}

/* A transaction_id that occurs twice is two sales, and both may be late: each record uses up one
 * of the sales that fit. */
static void take(struct reading *reading, enum verify_step step, const struct late_sale *late,
                 const char *key)
{
    const struct verify_world *world = reading->world;
    const struct verify_sale *sale = verify_world_sale(world, late->transaction_id);
    const char *mistake = "expected the id of a valid sale";
    enum verify_kind kind = VERIFY_WRONG;

    for (; sale; sale = verify_world_sale_next(world, sale)) {
        struct verify_late_sale candidate;

        memset(&candidate, 0, sizeof candidate);
        candidate.step = step;
        candidate.start_ms = late->window_start;
        candidate.sale = (uint32_t)(sale - world->sales);
        if (!same_sale(sale, late)) {
            mistake = "expected the fields of the sale, found others";
        } else if (!holds(&world->options, step, sale, late)) {
            mistake = "expected a window of this step that holds the sale, found another";
        } else if (!proven(&world->options, sale, late)) {
            mistake = "expected nothing: no valid sale before it in its partition had reached the "
                      "window's end and grace";
        } else if (map_get(&reading->used, leat_bytes(&candidate, sizeof candidate))) {
            mistake = "expected one record, found another";
            kind = VERIFY_EXTRA;
        } else {
            keep(reading, &candidate);
            return;
        }
    }
    verify_differ(reading->output, kind, key, "step %s, window %" PRId64 ": %s", topics[step],
                  late->window_start, mistake);
}

static int each_late(void *user, const struct verify_record *record)
{
    struct reading *reading = user;
    const struct late_sale *late;
    char key[512];
    void *value;
    int code = verify_decode(reading->world, reading->codec, record, &value), step;

    if (code && code != LEAT_E_DATA)
        return code;
    reading->output->found++;
    verify_key_text(record->key, false, key, sizeof key);
    if (code) {
        verify_differ(reading->output, VERIFY_WRONG, key, "found a value that cannot be decoded");
        return LEAT_OK;
    }
    late = value;
    verify_mirror_add(reading->mirror, verify_value_hash(&late_sale_type, value),
                      verify_world_keep(reading->world, record->key));
    step = step_of(late->step);
    if (leat_bytes_compare(record->key, late->transaction_id))
        verify_differ(reading->output, VERIFY_WRONG, key,
                      "expected the transaction_id as the key");
    else if (step < 0)
        verify_differ(reading->output, VERIFY_WRONG, key, "found step %.*s, which is none",
                      (int)late->step.size, late->step.data);
    else
        take(reading, (enum verify_step)step, late, key);
    return LEAT_OK;
}

int verify_late_read(struct verify_world *world, struct verify_lates *lates,
                     struct verify_mirror *mirror)
{
    struct reading reading = {
        .world = world,
        .lates = lates,
        .mirror = mirror,
        .output = verify_report_add(world->report, "sales-late"),
        .codec = codec_new(&late_sale_type, world->registry),
    };
    int code = world->input->read(world->input, "sales-late", each_late, &reading, world->error);

    if (lates->count)
        qsort(lates->items, lates->count, sizeof *lates->items, by_window);
    reading.output->expected = (int64_t)lates->count;
    codec_free(reading.codec);
    map_free(&reading.used);
    return code;
}

void verify_late_free(struct verify_lates *lates)
{
    memory_free(lates->items);
}

const struct verify_late_sale *verify_late_of(const struct verify_lates *lates,
                                              enum verify_step step, int64_t start_ms,
                                              size_t *count)
{
    struct verify_late_sale wanted = { step, start_ms, 0 };
    size_t low = 0, high = lates->count, end;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (by_window(&lates->items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < lates->count && lates->items[end].step == step &&
                    lates->items[end].start_ms == start_ms;)
        end++;
    *count = end - low;
    return lates->items + low;
}
