/* minutes.c - the windows of sales-totals, in a sorted array: new ones nearly always come last. */
#include "blackfriday/web/minutes.h"

#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/web/json.h"
#include "blackfriday/web/sum.h"
#include "schemas/decimal.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN = 120 };

void minutes_init(struct minutes *minutes)
{
    *minutes = (struct minutes){ .floor_ms = INT64_MIN };
}

void minutes_free(struct minutes *minutes)
{
    memory_free(minutes->items);
}

int64_t minutes_newest(const struct minutes *minutes)
{
    return minutes->count ? minutes->items[minutes->count - 1].start_ms : INT64_MIN;
}

/* The first of the items that does not begin before. */
static size_t place_of(const struct minutes *minutes, int64_t start_ms)
{
    size_t low = 0, high = minutes->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (minutes->items[middle].start_ms < start_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct minute *window_at(struct minutes *minutes, int64_t start_ms)
{
    size_t at = place_of(minutes, start_ms);

    if (at < minutes->count && minutes->items[at].start_ms == start_ms)
        return &minutes->items[at];
    minutes->items =
        memory_grow(minutes->items, minutes->count, &minutes->capacity, sizeof *minutes->items);
    memmove(&minutes->items[at + 1], &minutes->items[at],
            (minutes->count - at) * sizeof *minutes->items);
    minutes->items[at] = (struct minute){ .start_ms = start_ms };
    minutes->count++;
    return &minutes->items[at];
}

static void fold(struct minutes *minutes)
{
    size_t half = minutes->count / 2;

    minutes->floor_ms = minutes->items[half].start_ms;
    minutes->count -= half;
    memmove(minutes->items, &minutes->items[half], minutes->count * sizeof *minutes->items);
}

void minutes_take(struct minutes *minutes, const struct minute *minute)
{
    struct minute *kept;

    if (minute->start_ms < minutes->floor_ms)
        return;
    kept = window_at(minutes, minute->start_ms);
    minutes->sum.orders = sum_moved(minutes->sum.orders, kept->orders, minute->orders);
    minutes->sum.units = sum_moved(minutes->sum.units, kept->units, minute->units);
    minutes->sum.revenue = sum_moved(minutes->sum.revenue, kept->revenue, minute->revenue);
    *kept = *minute;
    if (minutes->count > LIMIT_WEB_WINDOWS)
        fold(minutes);
}

static int write_minute(const struct minute *minute, bool first, struct buffer *out)
{
    return buffer_format(out, "%s{\"at_ms\":%" PRId64 ",\"orders\":%" PRId64 ",\"revenue\":",
                         first ? "" : ",", minute->start_ms, minute->orders) ||
           json_money(out, minute->revenue) ||
           buffer_format(out, ",\"units\":%" PRId64 "}", minute->units);
}

static int write_sum(const struct minute *sum, struct buffer *out)
{
    int64_t average = sum->orders ? decimal_divide(sum->revenue, sum->orders) : 0;

    return buffer_text(out, "{\"revenue\":") || json_money(out, sum->revenue) ||
           buffer_format(out,
                         ",\"orders\":%" PRId64 ",\"units\":%" PRId64 ",\"average\":", sum->orders,
                         sum->units) ||
           json_money(out, average) || buffer_text(out, ",\"minutes\":[");
}

int minutes_write(const struct minutes *minutes, int64_t window_ms, struct buffer *out)
{
    int64_t newest_ms = minutes_newest(minutes);
    size_t from =
        minutes->count ? place_of(minutes, newest_ms - (SHOWN - 1) * window_ms) : minutes->count;
    int status = write_sum(&minutes->sum, out);

    for (size_t i = from; i < minutes->count && !status; i++)
        status = write_minute(&minutes->items[i], i == from, out);
    if (status || !minutes->count)
        return status ? status : buffer_text(out, "],\"event_time_ms\":null}");
    return buffer_format(out, "],\"event_time_ms\":%" PRId64 "}", newest_ms);
}
