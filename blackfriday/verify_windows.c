/* verify_windows.c - GROUP BY over the valid sales, window by window.
 *
 * The sales stand in the order of time; each window that holds one is summed from its slice of
 * them, by the dense number of the group, and what was late for it is taken away again.
 */
#include "blackfriday/verify_windows.h"

#include "base/memory.h"
#include "retail/category_sales.h"
#include "retail/product_sales.h"
#include "retail/region_sales.h"
#include "retail/store_sales.h"
#include "retail/top_products.h"
#include "retail/totals.h"

#include <stdlib.h>

enum { TOP = 10 };

struct sum {
    const struct verify_sale *any; /* a sale of the group, or NULL: none in this window */
    int64_t orders, units, revenue;
};

struct window {
    struct verify_table *table;
    enum verify_step step;
    int64_t start_ms, end_ms;
    struct sum *sums;    /* by the number of the group */
    uint32_t *touched;   /* numbers of those with a sale */
    size_t touched_count;
};

struct timed {
    int64_t at_ms;
    uint32_t number;
};

static int by_time(const void *left, const void *right)
{
    const struct timed *a = left, *b = right;

    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

uint32_t *verify_windows_order(const struct verify_world *world)
{
    struct timed *timed = memory_array(world->sale_count + 1, sizeof *timed);
    uint32_t *order = memory_array(world->sale_count + 1, sizeof *order);

    for (size_t i = 0; i < world->sale_count; i++)
        timed[i] = (struct timed){ world->sales[i].at_ms, (uint32_t)i };
    qsort(timed, world->sale_count, sizeof *timed, by_time);
    for (size_t i = 0; i < world->sale_count; i++)
        order[i] = timed[i].number;
    memory_free(timed);
    return order;
}

static const struct verify_group *group_of(enum verify_step step, const struct verify_sale *sale)
{
    static const struct verify_group all = { { "all", 3 }, 0 };

    switch (step) {
    case STEP_PRODUCT:
    case STEP_TOP:
        return &sale->product->group;
    case STEP_CATEGORY:
        return sale->product->category;
    case STEP_STORE:
        return &sale->store->group;
    case STEP_REGION:
        return sale->store->region;
    default:
        return &all;
    }
}

static size_t group_count(const struct verify_world *world, enum verify_step step)
{
    switch (step) {
    case STEP_PRODUCT:
    case STEP_TOP:
        return world->products.count;
    case STEP_CATEGORY:
        return world->categories.count;
    case STEP_STORE:
        return world->stores.count;
    case STEP_REGION:
        return world->regions.count;
    default:
        return 1;
    }
}

/* sign -1 takes a sale away again. Sums wrap where money would not fit, as no valid job's does. */
static void add(struct window *window, const struct verify_sale *sale, int sign)
{
    struct sum *sum = &window->sums[group_of(window->step, sale)->number];
    uint64_t amount = (uint64_t)sale->amount;

    if (!sum->any) {
        sum->any = sale;
        window->touched[window->touched_count++] = group_of(window->step, sale)->number;
    }
    sum->orders += sign;
    sum->units += sign * sale->quantity;
    sum->revenue = (int64_t)((uint64_t)sum->revenue + (sign > 0 ? amount : 0 - amount));
}

/* Half away from zero. */
static int64_t average(int64_t revenue, int64_t orders)
{
    int64_t quotient = revenue / orders, rest = revenue % orders;

    if (2 * (rest < 0 ? -rest : rest) >= orders)
        quotient += revenue < 0 ? -1 : 1;
    return quotient;
}

static void *value_of(const struct window *w, const struct sum *s)
{
    struct arena *arena = &w->table->world->memory;
    void *value = arena_zeroed(arena, w->table->type->size);

    switch (w->step) {
    case STEP_PRODUCT:
        *(struct product_sales *)value = (struct product_sales){
            .product_id = s->any->product->group.name, .category = s->any->product->category->name,
            .window_start = w->start_ms, .window_end = w->end_ms,
            .orders = s->orders, .units = s->units, .revenue = s->revenue };
        break;
    case STEP_CATEGORY:
        *(struct category_sales *)value = (struct category_sales){
            .category = s->any->product->category->name,
            .window_start = w->start_ms, .window_end = w->end_ms,
            .orders = s->orders, .units = s->units, .revenue = s->revenue };
        break;
    case STEP_STORE:
        *(struct store_sales *)value = (struct store_sales){
            .store_id = s->any->store->group.name, .region = s->any->store->region->name,
            .window_start = w->start_ms, .window_end = w->end_ms,
            .orders = s->orders, .units = s->units, .revenue = s->revenue };
        break;
    case STEP_REGION:
        *(struct region_sales *)value = (struct region_sales){
            .region = s->any->store->region->name,
            .window_start = w->start_ms, .window_end = w->end_ms,
            .orders = s->orders, .units = s->units, .revenue = s->revenue };
        break;
    default:
        *(struct totals *)value = (struct totals){
            .window_start = w->start_ms, .window_end = w->end_ms,
            .orders = s->orders, .units = s->units, .revenue = s->revenue,
            .average_order_value = average(s->revenue, s->orders) };
        break;
    }
    return value;
}

static void expect_groups(struct window *window)
{
    struct verify_world *world = window->table->world;

    for (size_t i = 0; i < window->touched_count; i++) {
        const struct sum *sum = &window->sums[window->touched[i]];
        struct leat_bytes key;

        if (!sum->orders)
            continue;
        arena_reset(&world->scratch);
        key = verify_windowed(&world->scratch, group_of(window->step, sum->any)->name,
                              window->start_ms);
        verify_table_expect(window->table, key, value_of(window, sum));
    }
}

/* Revenue falling, then units falling, then product_id rising. */
static bool better(const struct sum *a, const struct sum *b)
{
    if (a->revenue != b->revenue)
        return a->revenue > b->revenue;
    if (a->units != b->units)
        return a->units > b->units;
    return leat_bytes_compare(a->any->product->group.name, b->any->product->group.name) < 0;
}

static size_t best(const struct window *window, const struct sum *top[TOP])
{
    size_t count = 0;

    for (size_t i = 0; i < window->touched_count; i++) {
        const struct sum *sum = &window->sums[window->touched[i]];
        size_t at = count;

        if (!sum->orders || (count == TOP && !better(sum, top[TOP - 1])))
            continue;
        if (count < TOP)
            count++;
        else
            at--;
        for (; at > 0 && better(sum, top[at - 1]); at--)
            top[at] = top[at - 1];
        top[at] = sum;
    }
    return count;
}

static void expect_top(struct window *window)
{
    struct verify_world *world = window->table->world;
    const struct sum *top[TOP];
    size_t count = best(window, top);
    struct top_product *products;
    struct top_products *value;

    if (!count)
        return;
    products = arena_zeroed(&world->memory, count * sizeof *products);
    for (size_t i = 0; i < count; i++)
        products[i] = (struct top_product){ .rank = (int32_t)i + 1,
                                            .product_id = top[i]->any->product->group.name,
                                            .units = top[i]->units,
                                            .revenue = top[i]->revenue };
    value = arena_zeroed(&world->memory, sizeof *value);
    value->window_start = window->start_ms;
    value->window_end = window->end_ms;
    value->products.count = count;
    value->products.items = products;
    arena_reset(&world->scratch);
    verify_table_expect(window->table, verify_windowed(&world->scratch, LEAT_LITERAL("all"),
                                                       window->start_ms), value);
}

static void expect_window(struct window *window, const struct verify_lates *lates)
{
    const struct verify_world *world = window->table->world;
    size_t late_count;
    const struct verify_late_sale *late = verify_late_of(lates, window->step, window->start_ms,
                                                         &late_count);

    for (size_t i = 0; i < late_count; i++)
        add(window, &world->sales[late[i].sale], -1);
    if (window->step == STEP_TOP)
        expect_top(window);
    else
        expect_groups(window);
    for (size_t i = 0; i < window->touched_count; i++)
        window->sums[window->touched[i]] = (struct sum){ 0 };
    window->touched_count = 0;
}

/* The first window that holds a moment; none begins before 1970. */
static int64_t first_window(int64_t at_ms, int64_t size_ms, int64_t advance_ms)
{
    int64_t earliest = at_ms - size_ms + advance_ms;

    return earliest < 0 ? 0 : earliest / advance_ms * advance_ms;
}

void verify_windows_expect(struct verify_table *table, const struct verify_lates *lates,
                           const uint32_t *order, enum verify_step step)
{
    const struct verify_world *world = table->world;
    int64_t size_ms = verify_step_size_ms(&world->options, step);
    int64_t advance_ms = verify_step_advance_ms(&world->options, step);
    size_t groups = group_count(world, step) + 1, low = 0;
    struct window window = { .table = table, .step = step, .start_ms = INT64_MIN,
                             .sums = memory_array(groups, sizeof(struct sum)),
                             .touched = memory_array(groups, sizeof(uint32_t)) };

    while (low < world->sale_count) {
        int64_t first = first_window(world->sales[order[low]].at_ms, size_ms, advance_ms);

        window.start_ms = window.start_ms + advance_ms > first && window.start_ms != INT64_MIN
                              ? window.start_ms + advance_ms : first;
        window.end_ms = window.start_ms + size_ms;
        for (size_t i = low; i < world->sale_count &&
                             world->sales[order[i]].at_ms < window.end_ms; i++)
            add(&window, &world->sales[order[i]], 1);
        expect_window(&window, lates);
        while (low < world->sale_count &&
               world->sales[order[low]].at_ms < window.start_ms + advance_ms)
            low++;
    }
    memory_free(window.sums);
    memory_free(window.touched);
}

const struct leat_type *verify_step_type(enum verify_step step)
{
    static const struct leat_type *const types[STEP_COUNT] = {
        [STEP_PRODUCT] = &product_sales_type, [STEP_CATEGORY] = &category_sales_type,
        [STEP_STORE] = &store_sales_type,     [STEP_REGION] = &region_sales_type,
        [STEP_TOTALS] = &totals_type,         [STEP_TOP] = &top_products_type,
    };

    return types[step];
}
