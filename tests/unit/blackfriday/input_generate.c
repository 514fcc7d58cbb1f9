/* input_generate.c - tests of the generator: it repeats itself, and spoils what it says it does. */
#include "input_bench.h"

#include "base/arena.h"
#include "base/clock.h"
#include "blackfriday/generate.h"
#include "blackfriday/spread.h"
#include "processor/log.h"
#include "retail/inventory_update.h"
#include "retail/sale.h"
#include "schemas/codec.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { HOUR_MS = 3600000, MINUTE_MS = 60000, DAY_MS = 86400000 };

static const int64_t friday_ms = 1764288000000; /* 2025-11-28 */

static struct input_bench bench, other;
static struct generate_counts counts;

static void start(void)
{
    input_bench_start(&bench);
    input_bench_start(&other);
}

static void stop(void)
{
    input_bench_stop(&bench);
    input_bench_stop(&other);
}

TestSuite(input_generate, .init = start, .fini = stop);

static struct generate_options day(void)
{
    return (struct generate_options){
        .event = { .seed = 7, .products = 200, .stores = 10, .skew = 1, .late_percent = 5,
                   .invalid_percent = 10, .unknown_percent = 3, .duplicate_percent = 2,
                   .odd_key_percent = 1 },
        .sales = 6000,
        .updates = 1200,
        .start_ms = friday_ms,
        .span_ms = DAY_MS,
        .partitions = 3,
    };
}

static void run(struct input_bench *where, const struct generate_options *options)
{
    cr_assert(eq(int, generate(where->log, where->registry, options, &counts, &where->error),
                 LEAT_OK), "%s", where->error.text);
}

static void same(const char *topic)
{
    for (int32_t p = 0; p < 3; p++)
        cr_assert(eq(u64, input_bench_hash(&bench, topic, p), input_bench_hash(&other, topic, p)));
}

/* The far future is counted from now, so it is left out of what must repeat. */
Test(input_generate, the_same_seed_gives_the_same_records)
{
    struct generate_options options = day();

    options.event.invalid_percent = 0;
    run(&bench, &options);
    run(&other, &options);
    same("sales");
    same("inventory-updates");
    cr_assert(eq(i64, counts.sales, 6000));
    cr_assert(eq(i64, counts.updates, 1200));
    cr_assert(eq(i64, counts.products, 200));
    cr_assert(eq(i64, counts.stores, 10));
}

Test(input_generate, another_seed_gives_others)
{
    struct generate_options options = day();

    run(&bench, &options);
    options.event.seed++;
    run(&other, &options);
    cr_assert(ne(u64, input_bench_hash(&bench, "sales", 0), input_bench_hash(&other, "sales", 0)));
}

Test(input_generate, a_partition_that_was_withheld_can_be_sent_later)
{
    struct generate_options options = day();
    int64_t sent;

    options.event.invalid_percent = 0;
    run(&bench, &options);
    options.event.share = EVENT_EXCEPT;
    options.event.partition = 1;
    run(&other, &options);
    cr_assert(eq(u64, input_bench_hash(&other, "sales", 1), 1), "nothing yet");
    cr_assert(counts.withheld > 1000);
    sent = counts.sales + counts.updates;
    options.event.share = EVENT_ONLY;
    options.no_master = true;
    run(&other, &options);
    cr_assert(eq(i64, sent + counts.sales + counts.updates, 7200));
    same("sales");
    same("inventory-updates");
    options.event.partition = 3;
    cr_assert(eq(int, generate(other.log, other.registry, &options, &counts, &other.error),
                 LEAT_E_ARGUMENT));
}

struct tally { /* what a reader of the sales finds */
    struct codec *codec;
    struct arena arena;
    int64_t reached_ms[3];
    int64_t late, unknown, undecodable, invalid, sound;
};

static bool is_valid(const struct sale *sale)
{
    int64_t amount;

    return sale->quantity > 0 && sale->unit_price >= 0 && sale->timestamp >= 0 &&
           sale->timestamp < friday_ms * 2 && sale->transaction_id.size &&
           sale->product_id.size && sale->store_id.size &&
           !__builtin_mul_overflow(sale->unit_price, (int64_t)sale->quantity, &amount) &&
           amount < 1000000000000000000;
}

static void see_sale(void *user, const struct log_message *message)
{
    struct tally *tally = user;
    int64_t *reached_ms = &tally->reached_ms[message->partition], end_ms;
    struct leat_error error;
    const struct sale *sale;
    void *value;

    arena_reset(&tally->arena);
    if (codec_decode(tally->codec, message->value, &tally->arena, &value, &error)) {
        tally->undecodable++;
        return;
    }
    sale = value;
    if (!is_valid(sale)) {
        tally->invalid++;
        return;
    }
    cr_assert(eq(i64, sale->timestamp, message->timestamp_ms));
    end_ms = sale->timestamp / HOUR_MS * HOUR_MS + HOUR_MS;
    tally->late += end_ms + 10 * MINUTE_MS <= *reached_ms;
    tally->unknown += sale->product_id.data[0] == 'X' || sale->store_id.data[0] == 'Y';
    tally->sound++;
    if (sale->timestamp > *reached_ms)
        *reached_ms = sale->timestamp;
}

Test(input_generate, it_spoils_as_many_sales_as_it_says)
{
    struct generate_options options = day();
    struct tally tally = { .codec = codec_new(&sale_type, bench.registry) };
    int64_t invalid = 0, undecodable;

    arena_init(&tally.arena, 4096);
    run(&bench, &options);
    for (int i = EVENT_NO_UNITS; i <= EVENT_UNDECODABLE; i++) {
        cr_assert(counts.faults[i] > 0, "none of the kind: %s",
                  event_fault_name((enum event_fault)i));
        invalid += counts.faults[i];
    }
    undecodable = counts.faults[EVENT_UNDECODABLE] + counts.faults[EVENT_PRICE_TOO_LARGE];
    cr_assert(eq(int, input_bench_read(&bench, "sales", see_sale, &tally), 6000));
    cr_assert(eq(i64, tally.sound, counts.sales));
    cr_assert(eq(i64, tally.undecodable, undecodable));
    cr_assert(eq(i64, tally.invalid, invalid - undecodable));
    cr_assert(eq(i64, tally.late, counts.late), "late as said, and no others");
    cr_assert(eq(i64, tally.unknown, counts.unknown));
    cr_assert(counts.late > 200 && counts.unknown > 100 && counts.duplicates > 50);
    arena_free(&tally.arena);
    codec_free(tally.codec);
}

static void see_update(void *user, const struct log_message *message)
{
    int64_t *keyless = user;

    *keyless += !message->key.data;
}

Test(input_generate, it_spoils_updates_by_key_and_by_body)
{
    struct generate_options options = day();
    int64_t keyless = 0;

    run(&bench, &options);
    cr_assert(eq(int, input_bench_read(&bench, "inventory-updates", see_update, &keyless), 1200));
    cr_assert(eq(i64, keyless, counts.faults[EVENT_UPDATE_NO_KEY]));
    cr_assert(eq(i64, counts.updates + counts.faults[EVENT_UPDATE_NO_KEY] +
                          counts.faults[EVENT_UPDATE_BAD_KEY] +
                          counts.faults[EVENT_UPDATE_UNDECODABLE], 1200));
}

Test(input_generate, an_endless_run_ends_when_it_is_told_to)
{
    struct generate_options options = day();
    atomic_bool stopping;
    atomic_llong sent;

    atomic_init(&stopping, true);
    atomic_init(&sent, 0);
    options.sales = GENERATE_ENDLESS;
    options.live = true;
    options.rate = 1000;
    options.stop = &stopping;
    options.sent = &sent;
    run(&bench, &options);
    cr_assert(eq(i64, counts.sales, 0));
    options.live = false;
    cr_assert(eq(int, generate(bench.log, bench.registry, &options, &counts, &bench.error),
                 LEAT_E_ARGUMENT), "a span needs a count");
}

Test(input_generate, a_rate_spaces_live_sales_evenly)
{
    struct generate_options options = day();

    options.event.late_percent = options.event.invalid_percent = 0;
    options.sales = 200;
    options.updates = 0;
    options.live = true;
    options.rate = 4000;
    run(&bench, &options);
    cr_assert(eq(i64, counts.sales, 200));
}

static void see_time(void *user, const struct log_message *message)
{
    int *hours = user;
    int64_t at_ms = message->timestamp_ms - friday_ms;

    cr_assert(at_ms >= 0 && at_ms < 240, "%lld ms after the doors opened", (long long)at_ms);
    hours[at_ms / 10]++;
}

Test(input_generate, live_sales_follow_the_curve_of_a_day_of_any_length)
{
    struct generate_options options = day();
    int hours[24] = { 0 };

    options.event.late_percent = options.event.invalid_percent = 0;
    options.sales = 960;
    options.updates = 0;
    options.live = true;
    options.rate = 4000;
    options.day_ms = 240;
    run(&bench, &options);
    cr_assert(eq(int, input_bench_read(&bench, "sales", see_time, hours), 960));
    cr_assert(hours[3] < 10, "%d sales at night", hours[3]);
    cr_assert(hours[9] > 60, "%d sales in the morning's peak", hours[9]);
}

Test(input_generate, hot_products_sell_most_and_the_day_has_its_peaks)
{
    struct spread *spread = spread_new(1000, 1);
    struct dice dice = dice_of(1, 1);
    int first = 0, last = 0;

    for (int i = 0; i < 100000; i++) {
        uint32_t number = spread_pick(spread, &dice);

        cr_assert(number < 1000);
        first += number == 0;
        last += number >= 500;
    }
    cr_assert(first > 12000 && first < 15000, "1/H(1000) is 13.4 %%, not %d", first);
    cr_assert(last > 8000 && last < 11000, "the lesser half sells 9.2 %%, not %d", last);
    cr_assert(eq(dbl, spread_day(0), 0));
    cr_assert(spread_day(1) > 0.999 && spread_day(1) <= 1);
    for (int i = 0; i < 100; i++)
        cr_assert(spread_day(i / 100.0) < spread_day((i + 1) / 100.0));
    spread_free(spread);
}

Test(input_generate, times_are_read_in_every_form)
{
    int64_t ms = 0;

    cr_assert(eq(int, generate_start("now", friday_ms, &ms, &bench.error), LEAT_OK));
    cr_assert(eq(i64, ms, friday_ms));
    cr_assert(eq(int, generate_start("2025-11-28", 0, &ms, &bench.error), LEAT_OK));
    cr_assert(eq(i64, ms, friday_ms));
    cr_assert(eq(int, generate_start("2025-11-28T01:00:00Z", 0, &ms, &bench.error), LEAT_OK));
    cr_assert(eq(i64, ms, friday_ms + HOUR_MS));
    cr_assert(eq(int, generate_start("1y", friday_ms, &ms, &bench.error), LEAT_OK));
    cr_assert(eq(i64, ms, friday_ms - INT64_C(365) * DAY_MS));
    cr_assert(eq(int, generate_span("90m", &ms, &bench.error), LEAT_OK));
    cr_assert(eq(i64, ms, 90 * MINUTE_MS));
}

Test(input_generate, a_wrong_time_is_named)
{
    static const char *const wrong[] = { "", "yesterday", "2025-02-31", "2025-13-01", "1", "-1d",
                                         "1x", "1dd", "99999999999999999999d", "100y" };
    int64_t ms;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert(eq(int, generate_start(wrong[i], friday_ms, &ms, &bench.error),
                     LEAT_E_ARGUMENT), "'%s'", wrong[i]);
        cr_assert(strstr(bench.error.text, wrong[i]) != NULL);
    }
}
