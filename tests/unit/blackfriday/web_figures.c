/* web_figures.c - tests of the figures: what the page shows of given records. */
#include "blackfriday/web/figures.h"

#include "base/limits.h"
#include "base/memory.h"
#include "retail/category_sales.h"
#include "retail/low_stock.h"
#include "retail/product.h"
#include "retail/sell_through.h"
#include "retail/stock.h"
#include "retail/store.h"
#include "retail/store_sales.h"
#include "retail/top_products.h"
#include "retail/totals.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE = 60000, HOUR = 3600000 };

static struct figures *figures;
static struct buffer text;
static json_t *section;

static void start(void)
{
    figures = figures_new(&(struct figures_options){ .totals_window_ms = MINUTE, .threshold = 10 });
    buffer_init(&text, LIMIT_WEB_EVENT_BYTES);
}

static void stop(void)
{
    json_decref(section);
    buffer_free(&text);
    figures_free(figures);
}

TestSuite(web_figures, .init = start, .fini = stop);

#define TEXT(literal) LEAT_LITERAL(literal)

static struct leat_bytes of(const char *some)
{
    return leat_bytes_of(some);
}

/* Writes the section and reads it back as JSON. */
static json_t *shown(enum figures_section which)
{
    text.size = 0;
    cr_assert(eq(int, figures_write(figures, which, &text), LEAT_OK));
    json_decref(section);
    section = json_loadb(text.data, text.size, 0, NULL);
    cr_assert(section != NULL, "%.*s", (int)text.size, text.data);
    return section;
}

static void is_text(json_t *object, const char *field, const char *value)
{
    const char *is = json_string_value(json_object_get(object, field));

    cr_assert(is != NULL, "there is no text '%s'", field);
    cr_assert(strcmp(is, value) == 0, "%s is '%s'", field, is);
}

static void is_number(json_t *object, const char *field, int64_t value)
{
    json_t *is = json_object_get(object, field);

    cr_assert(is && json_typeof(is) == JSON_INTEGER, "there is no number '%s'", field);
    cr_assert(eq(i64, json_integer_value(is), value), "%s", field);
}

static json_t *item(json_t *object, const char *field, size_t at)
{
    json_t *one = json_array_get(json_object_get(object, field), at);

    cr_assert(one != NULL, "there is no item %zu of '%s'", at, field);
    return one;
}

static size_t count_of(json_t *object, const char *field)
{
    return json_array_size(json_object_get(object, field));
}

/* ---- totals ---------------------------------------------------------------------------------- */

static void total(int64_t start_ms, int64_t orders, int64_t units, int64_t revenue)
{
    struct totals totals = { .window_start = start_ms, .window_end = start_ms + MINUTE,
                             .orders = orders, .units = units, .revenue = revenue };
    char key[32];

    snprintf(key, sizeof key, "all%lld", (long long)start_ms);
    figures_take(figures, FIGURES_TOTALS, of(key), start_ms + 5, &totals);
}

Test(web_figures, sum_the_last_values_of_all_windows)
{
    json_t *totals;

    total(2 * MINUTE, 1, 2, 1000);
    total(MINUTE, 5, 5, 500);
    total(2 * MINUTE, 3, 4, 3000);
    totals = shown(FIGURES_SECTION_TOTALS);
    is_text(totals, "revenue", "35.00");
    is_number(totals, "orders", 8);
    is_number(totals, "units", 9);
    is_text(totals, "average", "4.38");
    is_number(totals, "event_time_ms", 2 * MINUTE);
    cr_assert(eq(sz, count_of(totals, "minutes"), 2));
    is_number(item(totals, "minutes", 0), "at_ms", MINUTE);
    is_text(item(totals, "minutes", 1), "revenue", "30.00");
    cr_assert(eq(i64, figures_time_ms(figures), 2 * MINUTE + 5));
}

Test(web_figures, show_the_last_two_hours_of_minutes_and_sum_all)
{
    json_t *totals;

    for (int64_t minute = 0; minute < 500; minute++)
        total(minute * MINUTE, 1, 1, 100);
    totals = shown(FIGURES_SECTION_TOTALS);
    is_number(totals, "orders", 500);
    cr_assert(eq(sz, count_of(totals, "minutes"), 120));
    is_number(item(totals, "minutes", 0), "at_ms", 380 * (int64_t)MINUTE);
    is_number(item(totals, "minutes", 119), "at_ms", 499 * (int64_t)MINUTE);
}

Test(web_figures, keep_the_sum_when_old_windows_are_kept_no_more)
{
    json_t *totals;

    for (int64_t minute = 0; minute < LIMIT_WEB_WINDOWS + 10; minute++)
        total(minute * MINUTE, 1, 1, 100);
    total(0, 1, 1, 100);
    totals = shown(FIGURES_SECTION_TOTALS);
    is_number(totals, "orders", LIMIT_WEB_WINDOWS + 10);
}

Test(web_figures, are_empty_before_there_is_any)
{
    json_t *totals = shown(FIGURES_SECTION_TOTALS);

    is_text(totals, "revenue", "0.00");
    is_text(totals, "average", "0.00");
    cr_assert(json_object_get(totals, "event_time_ms") == json_null());
    for (int i = 0; i < FIGURES_SECTIONS; i++)
        shown((enum figures_section)i);
}

Test(web_figures, tell_which_sections_changed)
{
    for (int i = 0; i < FIGURES_SECTIONS; i++)
        shown((enum figures_section)i);
    cr_assert(not(figures_changed(figures, FIGURES_SECTION_TOTALS)));
    total(0, 1, 1, 1);
    cr_assert(figures_changed(figures, FIGURES_SECTION_TOTALS));
    cr_assert(not(figures_changed(figures, FIGURES_SECTION_LOWSTOCK)));
    figures_take(figures, FIGURES_LATE, TEXT("T1"), 1, NULL);
    cr_assert(eq(i64, figures_count(figures, FIGURES_LATE), 1));
}

/* ---- the best products ----------------------------------------------------------------------- */

static void top(int64_t start_ms, const char *best, int64_t revenue)
{
    struct top_product products[2] = {
        { .rank = 1, .product_id = of(best), .units = 3, .revenue = revenue },
        { .rank = 2, .product_id = TEXT("P9"), .units = 1, .revenue = 1 },
    };
    struct top_products value = { .window_start = start_ms, .window_end = start_ms + HOUR };
    char key[32];

    value.products.items = products;
    value.products.count = 2;
    snprintf(key, sizeof key, "all%lld", (long long)start_ms);
    figures_take(figures, FIGURES_TOP, of(key), start_ms, &value);
}

Test(web_figures, show_the_best_of_the_fullest_window_that_is_not_over)
{
    json_t *best;

    for (int64_t at = 0; at <= 3 * HOUR; at += 5 * MINUTE)
        top(at, "P1", at);
    total(2 * HOUR + MINUTE, 1, 1, 1);
    best = shown(FIGURES_SECTION_TOP);
    is_number(best, "window_start_ms", HOUR + 5 * MINUTE);
    is_number(best, "window_end_ms", 2 * HOUR + 5 * MINUTE);
    is_number(item(best, "products", 0), "rank", 1);
    is_number(item(best, "products", 1), "rank", 2);
    is_text(item(best, "products", 0), "product_name", "unknown");
}

Test(web_figures, name_the_products)
{
    struct product product = { .product_id = TEXT("P1"), .name = TEXT("K\xc3\xa4se \"extra\"") };
    json_t *best;

    top(0, "P1", 250);
    figures_take(figures, FIGURES_PRODUCTS, TEXT("P1"), 1, &product);
    best = item(shown(FIGURES_SECTION_TOP), "products", 0);
    is_text(best, "product_id", "P1");
    is_text(best, "product_name", "K\xc3\xa4se \"extra\"");
    is_text(best, "revenue", "2.50");
    is_number(best, "units", 3);
}

/* ---- ranks ----------------------------------------------------------------------------------- */

static void sold(const char *category, int64_t start_ms, int64_t revenue)
{
    struct category_sales sales = { .category = of(category), .window_start = start_ms,
                                    .orders = 1, .units = 2, .revenue = revenue };
    char key[512];

    snprintf(key, sizeof key, "%s@%lld", category, (long long)start_ms);
    figures_take(figures, FIGURES_CATEGORIES, of(key), start_ms, &sales);
}

Test(web_figures, rank_categories_over_all_windows)
{
    json_t *categories;

    sold("Toys", 0, 500);
    sold("Books", 0, 100);
    sold("Books", HOUR, 450);
    sold("Toys", 0, 520);
    sold("Garden", 0, 550);
    categories = shown(FIGURES_SECTION_CATEGORIES);
    cr_assert(eq(sz, count_of(categories, "rows"), 3));
    is_text(item(categories, "rows", 0), "category", "Books");
    is_text(item(categories, "rows", 0), "revenue", "5.50");
    is_number(item(categories, "rows", 0), "units", 4);
    is_text(item(categories, "rows", 1), "category", "Garden");
    is_text(item(categories, "rows", 2), "revenue", "5.20");
    is_number(categories, "more", 0);
}

Test(web_figures, show_fifty_categories_and_count_the_rest)
{
    json_t *categories;
    char name[16];

    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "C%02d", i);
        sold(name, 0, i);
    }
    categories = shown(FIGURES_SECTION_CATEGORIES);
    cr_assert(eq(sz, count_of(categories, "rows"), 50));
    is_text(item(categories, "rows", 0), "category", "C69");
    is_number(categories, "more", 20);
}

Test(web_figures, keep_ranks_when_old_windows_are_kept_no_more)
{
    json_t *categories;

    for (int64_t i = 0; i < LIMIT_WEB_WINDOWS + 10; i++)
        sold("Toys", i * HOUR, 1);
    sold("Toys", 0, 1);
    categories = shown(FIGURES_SECTION_CATEGORIES);
    is_number(item(categories, "rows", 0), "orders", LIMIT_WEB_WINDOWS + 10);
}

Test(web_figures, name_the_stores)
{
    struct store store = { .store_id = TEXT("S1"), .location = TEXT("Ulm") };
    struct store_sales sales = { .store_id = TEXT("S1"), .region = TEXT("South"), .orders = 1,
                                 .units = 1, .revenue = 999 };
    json_t *stores;

    figures_take(figures, FIGURES_STORE_SALES, TEXT("S1@0"), 1, &sales);
    figures_take(figures, FIGURES_STORES, TEXT("S1"), 1, &store);
    stores = shown(FIGURES_SECTION_STORES);
    is_text(item(stores, "rows", 0), "store_id", "S1");
    is_text(item(stores, "rows", 0), "store_name", "Ulm");
    is_text(item(stores, "rows", 0), "region", "South");
    is_text(item(stores, "rows", 0), "revenue", "9.99");
}

/* ---- stock ----------------------------------------------------------------------------------- */

static void through(const char *product, int64_t units, int64_t received)
{
    struct sell_through value = { .product_id = of(product), .store_id = TEXT("S1"), .sold = units,
                                  .received = received };

    figures_take(figures, FIGURES_SELL_THROUGH, of(product), 1, &value);
}

Test(web_figures, rank_what_sells_through_from_both_ends)
{
    json_t *rates;
    char name[16];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "P%02d", i);
        through(name, i, 100);
    }
    through("P50", 100, 100);
    through("NEVER", 5, 0);
    rates = shown(FIGURES_SECTION_SELLTHROUGH);
    cr_assert(eq(sz, count_of(rates, "rows"), 20));
    cr_assert(eq(sz, count_of(rates, "slow"), 20));
    is_text(item(rates, "rows", 0), "product_id", "P50");
    is_text(item(rates, "rows", 1), "product_id", "P99");
    is_text(item(rates, "slow", 0), "product_id", "P00");
    is_text(item(rates, "slow", 19), "product_id", "P19");
    is_text(item(rates, "rows", 0), "store_id", "S1");
    is_number(item(rates, "rows", 1), "sold", 99);
    is_number(item(rates, "rows", 1), "received", 100);
    cr_assert(epsilon_eq(dbl, json_number_value(json_object_get(item(rates, "rows", 1), "rate")),
                         0.99, 1e-6));
}

static void stock(const char *product, int64_t on_hand)
{
    struct stock value = { .product_id = of(product), .store_id = TEXT("S1"), .on_hand = on_hand };

    figures_take(figures, FIGURES_STOCK, of(product), 1, &value);
}

static void fall(int number, int64_t at_ms)
{
    char product[16];
    struct low_stock low = { .store_id = TEXT("S1"), .on_hand = 9, .threshold = 10,
                             .timestamp = at_ms };

    snprintf(product, sizeof product, "P%03d", number);
    low.product_id = of(product);
    figures_take(figures, FIGURES_LOW_STOCK, of(product), at_ms, &low);
}

Test(web_figures, count_what_is_below_the_threshold_now)
{
    stock("P1", 9);
    stock("P2", 10);
    stock("P3", -4);
    is_number(shown(FIGURES_SECTION_LOWSTOCK), "below", 2);
    stock("P1", 50);
    stock("P3", -5);
    is_number(shown(FIGURES_SECTION_LOWSTOCK), "below", 1);
}

Test(web_figures, show_the_latest_falls_whatever_the_order_they_were_read_in)
{
    json_t *low;

    for (int i = 0; i < 200; i++)
        fall(i * 7 % 200, 1000 + i * 7 % 200);
    low = shown(FIGURES_SECTION_LOWSTOCK);
    cr_assert(eq(sz, count_of(low, "recent"), 50));
    is_text(item(low, "recent", 0), "product_id", "P199");
    is_number(item(low, "recent", 0), "at_ms", 1199);
    is_number(item(low, "recent", 49), "at_ms", 1150);
    is_number(item(low, "recent", 0), "on_hand", 9);
    is_number(item(low, "recent", 0), "threshold", 10);
}

/* A large retailer: ten thousand products in a hundred stores. */
Test(web_figures, hold_a_million_items)
{
    json_t *rates;
    char product[16], store[16];

    for (int i = 0; i < 1000000; i++) {
        struct sell_through value = { .sold = i, .received = 1000000 };
        struct stock left = { .on_hand = i % 100 };

        snprintf(product, sizeof product, "P%05d", i / 100);
        snprintf(store, sizeof store, "S%03d", i % 100);
        value.product_id = left.product_id = of(product);
        value.store_id = left.store_id = of(store);
        figures_take(figures, FIGURES_SELL_THROUGH, of(product), 1, &value);
        figures_take(figures, FIGURES_STOCK, of(product), 1, &left);
    }
    rates = shown(FIGURES_SECTION_SELLTHROUGH);
    is_text(item(rates, "rows", 0), "product_id", "P09999");
    is_text(item(rates, "rows", 0), "store_id", "S099");
    is_text(item(rates, "slow", 0), "product_id", "P00000");
    is_number(shown(FIGURES_SECTION_LOWSTOCK), "below", 100000);
}

/* ---- what may stand in a record -------------------------------------------------------------- */

Test(web_figures, escape_whatever_a_name_holds)
{
    json_t *categories;

    sold("</script>\n\x01\"\\", 0, 3);
    sold("broken \xff\xc3(", 0, 2);
    sold("\xf0\x9f\x8e\x84", 0, 1);
    categories = shown(FIGURES_SECTION_CATEGORIES);
    is_text(item(categories, "rows", 0), "category", "</script>\n\x01\"\\");
    is_text(item(categories, "rows", 1), "category",
            "broken \xef\xbf\xbd\xef\xbf\xbd(");
    is_text(item(categories, "rows", 2), "category", "\xf0\x9f\x8e\x84");
    cr_assert(memchr(text.data, '\n', text.size) == NULL, "an event is one line");
}

Test(web_figures, cut_names_off_and_stay_within_one_event)
{
    char name[400];

    for (int i = 0; i < 60; i++) {
        memset(name, '\x02', sizeof name);
        snprintf(name, 8, "%05d", i);
        name[5] = 'x';
        name[sizeof name - 1] = 0;
        sold(name, 0, i);
    }
    shown(FIGURES_SECTION_CATEGORIES);
}

Test(web_figures, take_tombstones_and_null_keys_for_nothing)
{
    struct totals totals = { .orders = 1 };

    figures_take(figures, FIGURES_TOTALS, TEXT("all"), 1, NULL);
    figures_take(figures, FIGURES_TOTALS, (struct leat_bytes){ 0 }, 1, &totals);
    is_number(shown(FIGURES_SECTION_TOTALS), "orders", 0);
}
