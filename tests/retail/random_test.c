/* random_test.c - random sales and updates, and what plain loops make of them. */
#include "shop.h"

#include "base/memory.h"

#include <criterion/parameterized.h>
#include <stdlib.h>

enum { SALES = 250, PRODUCTS = 25, STORES = 3, MINUTE = 60000, HOUR = 3600000, TOP = 10 };

struct sum {
    int64_t orders, units, revenue;
};

struct late {
    char window[128]; /* of the sums that it is missing from */
    struct sum sum;
    bool told;
};

struct truth {
    uint64_t seed;
    int64_t clock_ms, now_ms;
    struct map sums;  /* "topic/key[start]" to struct sum */
    struct map late;  /* "transaction step start" to struct late */
    struct map stock; /* "product|store" to struct sum: received, sold, on hand */
};

static struct truth truth;

static uint32_t dice(uint32_t sides)
{
    truth.seed = truth.seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(truth.seed >> 33) % sides;
}

static struct sum *sum_of(struct map *map, const char *key)
{
    struct sum *sum = map_get(map, leat_bytes_of(key));

    if (!sum) {
        sum = memory_new(sizeof *sum);
        map_put(map, leat_bytes_of(key), sum);
    }
    return sum;
}

static void forget(struct map *map)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(map, &i, &key, &value);)
        memory_free(value);
    map_free(map);
}

/* ---- the truth ------------------------------------------------------------------------------- */

static void add_to(struct sum *sum, const struct sum *more)
{
    sum->orders += more->orders;
    sum->units += more->units;
    sum->revenue += more->revenue;
}

static void add_late(const char *topic, const struct sale *sale, int64_t start, const char *window,
                     const struct sum *sum)
{
    struct late *late = memory_new(sizeof *late);
    char text[128];

    late->sum = *sum;
    snprintf(late->window, sizeof late->window, "%s", window);
    snprintf(text, sizeof text, "%.*s %s %" PRId64, (int)sale->transaction_id.size,
             sale->transaction_id.data, topic, start);
    map_put(&truth.late, leat_bytes_of(text), late);
}

static void add(const char *topic, const char *key, const struct sale *sale, int64_t size,
                int64_t advance)
{
    int64_t grace = 10 * MINUTE, last = sale->timestamp / advance * advance;
    struct sum one = { 1, sale->quantity, sale->quantity * sale->unit_price };
    char text[128];

    for (int64_t start = last - size + advance; start <= last; start += advance) {
        snprintf(text, sizeof text, "%s/%s[%" PRId64 "]", topic, key, start);
        if (start + size + grace <= truth.clock_ms)
            add_late(topic, sale, start, text, &one);
        else
            add_to(sum_of(&truth.sums, text), &one);
    }
}

static void sell(void)
{
    uint32_t p = dice(5) ? dice(PRODUCTS) : dice(3), s = dice(STORES);
    char id[16], product[16], store[16], key[40], category[16];
    struct sale sale = { .quantity = (int32_t)dice(5) + 1, .unit_price = dice(10000) };

    truth.now_ms += dice(4 * MINUTE);
    sale.timestamp = truth.now_ms - (dice(4) ? 0 : dice(dice(2) ? 90 * MINUTE : 15 * MINUTE));
    snprintf(id, sizeof id, "t%d", shop.sales);
    snprintf(product, sizeof product, "p%u", p);
    snprintf(store, sizeof store, "s%u", s);
    snprintf(key, sizeof key, "%s|%s", product, store);
    snprintf(category, sizeof category, "c%u", p % 4);
    shop_sell(product, store, sale.quantity, sale.unit_price, sale.timestamp);
    sale.transaction_id = leat_bytes_of(id);
    if (sale.timestamp > truth.clock_ms)
        truth.clock_ms = sale.timestamp;
    add("sales-by-product", product, &sale, HOUR, HOUR);
    add("sales-by-category", p < PRODUCTS - 2 ? category : "unknown", &sale, HOUR, HOUR);
    add("sales-by-store", store, &sale, HOUR, HOUR);
    add("sales-by-region", s ? "north" : "south", &sale, HOUR, HOUR);
    add("sales-totals", "all", &sale, MINUTE, MINUTE);
    add("top-products", product, &sale, HOUR, 5 * MINUTE);
    sum_of(&truth.stock, key)->units += sale.quantity;
}

static void update(void)
{
    char key[40];
    int32_t change = (int32_t)dice(30) - 5;

    snprintf(key, sizeof key, "p%u|s%u", dice(PRODUCTS), dice(STORES));
    shop_update(key, change, truth.now_ms);
    sum_of(&truth.stock, key)->revenue += change;
    sum_of(&truth.stock, key)->orders += change > 0 ? change : 0;
}

/* ---- against it ------------------------------------------------------------------------------ */

static size_t count_of(const char *topic)
{
    struct leat_bytes key;
    size_t count = 0;
    void *value;

    for (size_t i = 0; map_next(&truth.sums, &i, &key, &value);)
        count += key.size > strlen(topic) && !memcmp(key.data, topic, strlen(topic)) &&
                 key.data[strlen(topic)] == '/';
    return count;
}

/* The three figures stand behind the bounds, which are the line's only word with a dash. */
static void check_sums(const char *topic)
{
    struct map last = { 0 };
    struct leat_bytes key;
    void *line;

    shop_last(topic, &last);
    for (size_t i = 0; map_next(&last, &i, &key, &line);) {
        struct sum found, *expected;
        char name[128];

        snprintf(name, sizeof name, "%s/%.*s", topic, (int)key.size, key.data);
        expected = map_get(&truth.sums, leat_bytes_of(name));
        cr_assert_not_null(expected, "%s has %s", topic, name);
        cr_assert_eq(sscanf(strchr(line, '-'), "-%*d %" SCNd64 " %" SCNd64 " %" SCNd64,
                            &found.orders, &found.units, &found.revenue), 3, "%s", (char *)line);
        cr_assert_eq(found.orders, expected->orders, "%s: %s", name, (char *)line);
        cr_assert_eq(found.units, expected->units, "%s: %s", name, (char *)line);
        cr_assert_eq(found.revenue, expected->revenue, "%s: %s", name, (char *)line);
    }
    cr_assert_eq(last.count, count_of(topic), "%s has %zu of %zu windows", topic, last.count,
                 count_of(topic));
    shop_forget(&last);
}

struct ranked {
    char product[16];
    struct sum *sum;
};

static int rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->sum->revenue != y->sum->revenue)
        return x->sum->revenue > y->sum->revenue ? -1 : 1;
    if (x->sum->units != y->sum->units)
        return x->sum->units > y->sum->units ? -1 : 1;
    return strcmp(x->product, y->product);
}

static void check_top_of(int64_t start, const char *line)
{
    struct ranked ranked[PRODUCTS];
    char text[1024];
    size_t count = 0;
    int used;

    for (int p = 0; p < PRODUCTS; p++) {
        snprintf(text, sizeof text, "top-products/p%d[%" PRId64 "]", p, start);
        ranked[count].sum = map_get(&truth.sums, leat_bytes_of(text));
        snprintf(ranked[count].product, sizeof ranked[count].product, "p%d", p);
        count += ranked[count].sum != NULL;
    }
    qsort(ranked, count, sizeof *ranked, rank);
    used = snprintf(text, sizeof text, "%" PRId64 "-%" PRId64, start, start + HOUR);
    for (size_t i = 0; i < count && i < TOP; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, " %zu:%s:%" PRId64 ":%" PRId64,
                         i + 1, ranked[i].product, ranked[i].sum->units, ranked[i].sum->revenue);
    cr_assert_str_eq(line, text);
}

static size_t top_windows(void)
{
    struct map windows = { 0 };
    struct leat_bytes key;
    size_t count;
    void *value;

    for (size_t i = 0; map_next(&truth.sums, &i, &key, &value);) {
        const char *bracket = memchr(key.data, '[', key.size);

        if (!memcmp(key.data, "top-products/", 13))
            map_put(&windows, leat_bytes(bracket, key.size - (size_t)(bracket - key.data)), value);
    }
    count = windows.count;
    map_free(&windows);
    return count;
}

static void check_top(void)
{
    struct map last = { 0 };
    struct leat_bytes key;
    void *line;

    shop_last("top-products", &last);
    for (size_t i = 0; map_next(&last, &i, &key, &line);)
        check_top_of(strtoll(line, NULL, 10), line);
    cr_assert_eq(last.count, top_windows());
    shop_forget(&last);
}

/* Every sale that is told as late was late. */
static size_t check_late(void)
{
    const char *line;
    size_t count = 0;

    for (; (line = shop_next("sales-late")); count++) {
        struct late *late;
        char text[128];

        snprintf(text, sizeof text, "%s", line);
        *strrchr(text, '-') = 0;
        late = map_get(&truth.late, leat_bytes_of(text));
        cr_assert_not_null(late, "%s", line);
        cr_assert_not(late->told, "%s", line);
        late->told = true;
    }
    return count;
}

/* A late sale that overtakes those that made it late, as they wait to be combined, is counted. */
static void count_untold(void)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&truth.late, &i, &key, &value);) {
        const struct late *late = value;

        if (!late->told)
            add_to(sum_of(&truth.sums, late->window), &late->sum);
    }
}

static void check_stock(void)
{
    struct map last = { 0 };
    struct leat_bytes key;
    void *line;

    shop_last("stock", &last);
    for (size_t i = 0; map_next(&last, &i, &key, &line);) {
        struct sum *sum = map_get(&truth.stock, key);
        int64_t on_hand, received, sold;

        cr_assert_not_null(sum);
        cr_assert_eq(sscanf(line, "%*s %*s %" SCNd64 " %" SCNd64 " %" SCNd64, &on_hand, &received,
                            &sold), 3);
        cr_assert_eq(on_hand, sum->revenue - sum->units);
        cr_assert_eq(received, sum->orders);
        cr_assert_eq(sold, sum->units);
    }
    cr_assert_eq(last.count, truth.stock.count);
    shop_forget(&last);
}

static void check_enriched(void)
{
    int count = 0;

    while (shop_next("sales-enriched"))
        count++;
    cr_assert_eq(count, shop.sales);
}

static void play(const struct way *way, bool restart, int batch)
{
    char name[16], category[16];
    size_t told;

    truth = (struct truth){ .seed = (uint64_t)(way->undo_every * 77 + way->cached + 2 * restart +
                                               batch),
                            .clock_ms = -1, .now_ms = INT64_C(1699900000000) };
    shop_open(way);
    for (uint32_t p = 0; p < PRODUCTS - 2; p++) {
        snprintf(name, sizeof name, "p%u", p);
        snprintf(category, sizeof category, "c%u", p % 4);
        shop_product(name, category);
    }
    for (uint32_t s = 0; s < STORES; s++) {
        snprintf(name, sizeof name, "s%u", s);
        shop_store(name, s ? "north" : "south");
    }
    for (int i = 0; i < SALES; i++) {
        if (batch)
            leat_driver_hold(shop.driver);
        sell();
        if (!dice(4))
            update();
        if (batch && i % 80 == 79)
            cr_assert_eq(leat_driver_release(shop.driver, batch), LEAT_OK);
        if (restart && i % 50 == 49)
            cr_assert_eq(leat_driver_restart(shop.driver), LEAT_OK);
    }
    if (batch)
        cr_assert_eq(leat_driver_release(shop.driver, batch), LEAT_OK);
    told = check_late();
    if (batch)
        count_untold();
    else
        cr_assert_eq(told, truth.late.count);
    check_sums("sales-by-product");
    check_sums("sales-by-category");
    check_sums("sales-by-store");
    check_sums("sales-by-region");
    check_sums("sales-totals");
    check_top();
    check_stock();
    check_enriched();
    shop_close();
    forget(&truth.sums);
    forget(&truth.late);
    forget(&truth.stock);
}

ParameterizedTestParameters(random, every_output_is_what_plain_loops_make)
{
    static struct way ways[] = { { true, 0 }, { false, 0 }, { true, 3 } };

    return cr_make_param_array(struct way, ways, 3);
}

ParameterizedTest(struct way *way, random, every_output_is_what_plain_loops_make)
{
    play(way, false, 0);
}

Test(random, restarts_change_nothing)
{
    play(&(struct way){ true, 0 }, true, 0);
}

/* Between two commits the clocks run over many windows. */
ParameterizedTestParameters(random, batches_come_to_the_same)
{
    static struct way ways[] = { { true, 0 }, { false, 0 }, { true, 2 } };

    return cr_make_param_array(struct way, ways, 3);
}

ParameterizedTest(struct way *way, random, batches_come_to_the_same)
{
    play(way, false, 40);
}
