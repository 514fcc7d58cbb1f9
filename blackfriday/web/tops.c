/* tops.c - the best products, window by window. */
#include "blackfriday/web/tops.h"

#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/web/json.h"
#include "retail/top_products.h"
#include "schemas/print.h"

#include <inttypes.h>

static void clear(struct top_window *window)
{
    for (size_t i = 0; i < window->count; i++)
        memory_free(window->best[i].id);
    window->count = 0;
}

void tops_free(struct tops *tops)
{
    for (size_t i = 0; i < tops->count; i++)
        clear(&tops->windows[i]);
    memory_free(tops->windows);
}

static void drop_first(struct tops *tops)
{
    clear(&tops->windows[0]);
    tops->count--;
    memmove(tops->windows, tops->windows + 1, tops->count * sizeof *tops->windows);
}

/* NULL: it is older than all that are kept. */
static struct top_window *window_at(struct tops *tops, int64_t start_ms)
{
    size_t at = tops->count;

    while (at && tops->windows[at - 1].start_ms > start_ms)
        at--;
    if (at && tops->windows[at - 1].start_ms == start_ms)
        return &tops->windows[at - 1];
    if (tops->count == LIMIT_WEB_TOPS) {
        if (!at)
            return NULL;
        drop_first(tops);
        at--;
    }
    tops->windows = memory_grow(tops->windows, tops->count, &tops->capacity, sizeof *tops->windows);
    memmove(&tops->windows[at + 1], &tops->windows[at], (tops->count - at) * sizeof *tops->windows);
    tops->count++;
    tops->windows[at] = (struct top_window){ .start_ms = start_ms };
    return &tops->windows[at];
}

void tops_take(struct tops *tops, const struct top_products *top)
{
    struct top_window *window = window_at(tops, top->window_start);

    if (!window)
        return;
    clear(window);
    window->end_ms = top->window_end;
    for (size_t i = 0; i < top->products.count && i < TOPS_SHOWN; i++) {
        const struct top_product *product = &top->products.items[i];
        size_t size = product->product_id.size;

        size = size < LIMIT_WEB_TEXT_BYTES ? size : LIMIT_WEB_TEXT_BYTES;
        window->best[i].id = memory_format("%.*s", (int)size, product->product_id.data);
        window->best[i].units = product->units;
        window->best[i].revenue = product->revenue;
        window->count++;
    }
}

static const struct top_window *shown(const struct tops *tops, int64_t now_ms)
{
    for (size_t i = 0; i < tops->count; i++)
        if (tops->windows[i].start_ms <= now_ms && tops->windows[i].end_ms > now_ms)
            return &tops->windows[i];
    return tops->count ? &tops->windows[tops->count - 1] : NULL;
}

static int write_product(const struct top_window *window, size_t i, const struct map *names,
                         struct buffer *out)
{
    struct leat_bytes id = leat_bytes_of(window->best[i].id);
    const char *name = map_get(names, id);

    return buffer_format(out, "%s{\"rank\":%zu,\"product_id\":", i ? "," : "", i + 1) ||
           print_string(id, out) || buffer_text(out, ",\"product_name\":") ||
           print_string(leat_bytes_of(name ? name : "unknown"), out) ||
           buffer_format(out, ",\"units\":%" PRId64 ",\"revenue\":", window->best[i].units) ||
           json_money(out, window->best[i].revenue) || buffer_text(out, "}");
}

int tops_write(const struct tops *tops, int64_t now_ms, const struct map *names, struct buffer *out)
{
    const struct top_window *window = shown(tops, now_ms);
    int status;

    if (!window)
        return buffer_text(out,
                           "{\"window_start_ms\":null,\"window_end_ms\":null,\"products\":[]}");
    status = buffer_format(
        out, "{\"window_start_ms\":%" PRId64 ",\"window_end_ms\":%" PRId64 ",\"products\":[",
        window->start_ms, window->end_ms);
    for (size_t i = 0; i < window->count && !status; i++)
        status = write_product(window, i, names, out);
    return status ? status : buffer_text(out, "]}");
}
