/* items.c - products in stores: an open-addressed table of rows, by two small numbers. */
#include "blackfriday/web/items.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "schemas/print.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { SHOWN = 20, FIRST_ROWS = 1024 };

struct item_row {
    uint32_t product, store; /* numbers from 1; product 0: the row is free */
    int64_t sold, received;
    bool low;
};

_Static_assert(sizeof(struct item_row) == 32, "a million of them are 64 MB at most");

/* Texts by number, and numbers by text. */
struct names {
    struct map numbers;
    struct leat_bytes *texts;
    size_t capacity;
};

struct items {
    struct names products, stores;
    struct item_row *rows;
    size_t count, capacity; /* capacity: a power of two */
    int64_t threshold, below;
    uint64_t unseen;
};

/* ---- names ----------------------------------------------------------------------------------- */

static char *copy_of(struct leat_bytes text)
{
    char *copy = memory_new(text.size + 1);

    memcpy(copy, text.data, text.size);
    return copy;
}

/* From 1; 0: there is no room for another. */
static uint32_t number_of(struct names *names, struct leat_bytes text)
{
    size_t count = names->numbers.count;
    uintptr_t number = (uintptr_t)map_get(&names->numbers, text);

    if (number || count >= LIMIT_WEB_NAMES)
        return (uint32_t)number;
    names->texts = memory_grow(names->texts, count, &names->capacity, sizeof *names->texts);
    names->texts[count] = leat_bytes(copy_of(text), text.size);
    map_put(&names->numbers, text, (void *)(uintptr_t)(count + 1));
    return (uint32_t)count + 1;
}

static struct leat_bytes text_of(const struct names *names, uint32_t number)
{
    assert(number && number <= names->numbers.count);
    return names->texts[number - 1];
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->numbers.count; i++)
        memory_free(names->texts[i].data);
    memory_free(names->texts);
    map_free(&names->numbers);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static uint64_t hash(uint32_t product, uint32_t store)
{
    uint64_t mixed = ((uint64_t)product << 32 | store) * 0x9e3779b97f4a7c15u;

    return mixed ^ mixed >> 29;
}

static struct item_row *find(struct item_row *rows, size_t capacity, uint32_t product,
                             uint32_t store)
{
    size_t at = hash(product, store) & (capacity - 1);

    while (rows[at].product && (rows[at].product != product || rows[at].store != store))
        at = (at + 1) & (capacity - 1);
    return &rows[at];
}

static void grow(struct items *items)
{
    size_t capacity = items->capacity ? items->capacity * 2 : FIRST_ROWS;
    struct item_row *rows = memory_array(capacity, sizeof *rows);

    for (size_t i = 0; i < items->capacity; i++)
        if (items->rows[i].product)
            *find(rows, capacity, items->rows[i].product, items->rows[i].store) = items->rows[i];
    memory_free(items->rows);
    items->rows = rows;
    items->capacity = capacity;
}

static struct item_row *row_of(struct items *items, struct leat_bytes product_id,
                               struct leat_bytes store_id)
{
    uint32_t product = number_of(&items->products, product_id);
    uint32_t store = number_of(&items->stores, store_id);
    struct item_row *row = NULL;

    if (items->count + 1 > items->capacity / 4 * 3)
        grow(items);
    if (product && store)
        row = find(items->rows, items->capacity, product, store);
    if (!row || (!row->product && items->count >= LIMIT_WEB_ITEMS)) {
        items->unseen++;
        return NULL;
    }
    if (!row->product) {
        *row = (struct item_row){ .product = product, .store = store };
        items->count++;
    }
    return row;
}

/* ---- life and figures ------------------------------------------------------------------------ */

struct items *items_new(int64_t threshold)
{
    struct items *items = memory_new(sizeof *items);

    items->threshold = threshold;
    return items;
}

void items_free(struct items *items)
{
    if (!items)
        return;
    names_free(&items->products);
    names_free(&items->stores);
    memory_free(items->rows);
    memory_free(items);
}

void items_sold(struct items *items, struct leat_bytes product, struct leat_bytes store,
                int64_t sold, int64_t received)
{
    struct item_row *row = row_of(items, product, store);

    if (!row)
        return;
    row->sold = sold;
    row->received = received;
}

void items_stock(struct items *items, struct leat_bytes product, struct leat_bytes store,
                 int64_t on_hand)
{
    struct item_row *row = row_of(items, product, store);
    bool low = on_hand < items->threshold;

    if (!row)
        return;
    items->below += low - row->low;
    row->low = low;
}

int64_t items_below(const struct items *items)
{
    return items->below;
}

uint64_t items_unseen(const struct items *items)
{
    return items->unseen;
}

/* ---- the best and the slowest ---------------------------------------------------------------- */

struct ranking {
    const struct items *items;
    const struct item_row *rows[SHOWN];
    size_t count;
    bool slow;
};

static double rate_of(const struct item_row *row)
{
    return row->received ? (double)row->sold / (double)row->received : 0;
}

static int compare_ids(const struct items *items, const struct item_row *a,
                       const struct item_row *b)
{
    int order = leat_bytes_compare(text_of(&items->products, a->product),
                                   text_of(&items->products, b->product));

    return order ? order
                 : leat_bytes_compare(text_of(&items->stores, a->store),
                                      text_of(&items->stores, b->store));
}

/* Of equal rates the one with more at stake comes first. */
static bool goes_before(const struct ranking *ranking, const struct item_row *a,
                        const struct item_row *b)
{
    double x = rate_of(a), y = rate_of(b);

    if (x < y || y < x)
        return ranking->slow == (x < y);
    if (a->received != b->received)
        return a->received > b->received;
    return compare_ids(ranking->items, a, b) < 0;
}

static void rank(struct ranking *ranking, const struct item_row *row)
{
    size_t at = ranking->count;

    if (at == SHOWN && !goes_before(ranking, row, ranking->rows[SHOWN - 1]))
        return;
    at -= at == SHOWN;
    for (; at && goes_before(ranking, row, ranking->rows[at - 1]); at--)
        ranking->rows[at] = ranking->rows[at - 1];
    ranking->rows[at] = row;
    ranking->count += ranking->count < SHOWN;
}

static int write_row(const struct items *items, const struct item_row *row, struct buffer *out)
{
    return buffer_text(out, "{\"product_id\":") ||
           print_string(text_of(&items->products, row->product), out) ||
           buffer_text(out, ",\"store_id\":") ||
           print_string(text_of(&items->stores, row->store), out) ||
           buffer_format(out, ",\"sold\":%" PRId64 ",\"received\":%" PRId64 ",\"rate\":%.6g}",
                         row->sold, row->received, rate_of(row));
}

static int write_ranking(const struct ranking *ranking, struct buffer *out)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < ranking->count && !status; i++)
        status = (i && buffer_text(out, ",")) || write_row(ranking->items, ranking->rows[i], out);
    return status;
}

/* What was never received has no rate worth a place. */
int items_write(const struct items *items, struct buffer *out)
{
    struct ranking best = { .items = items }, slow = { .items = items, .slow = true };

    for (size_t i = 0; i < items->capacity; i++) {
        if (!items->rows[i].product || items->rows[i].received <= 0)
            continue;
        rank(&best, &items->rows[i]);
        rank(&slow, &items->rows[i]);
    }
    return buffer_text(out, "{\"rows\":[") || write_ranking(&best, out) ||
           buffer_text(out, "],\"slow\":[") || write_ranking(&slow, out) || buffer_text(out, "]}");
}
