/* tops.h - the windows of top-products: they hop, so that several hold the same moment. */
#ifndef BLACKFRIDAY_WEB_TOPS_H
#define BLACKFRIDAY_WEB_TOPS_H

#include "base/buffer.h"
#include "base/map.h"

#include <stdint.h>

struct top_products;

enum { TOPS_SHOWN = 10 };

struct top_window {
    int64_t start_ms, end_ms;
    size_t count;
    struct {
        char *id;
        int64_t units, revenue;
    } best[TOPS_SHOWN];
};

struct tops { /* the newest LIMIT_WEB_TOPS of them, by start */
    struct top_window *windows;
    size_t count, capacity;
};

void tops_free(struct tops *tops); /* a zeroed one is empty */

/* The value of a window takes the place of the one before. */
void tops_take(struct tops *tops, const struct top_products *top);

/* The section `top`: of the windows that hold the moment now_ms the one that began first, since it
 * has seen the most; of none, the newest. names: product_id to name. */
int tops_write(const struct tops *tops, int64_t now_ms, const struct map *names,
               struct buffer *out) MUST_CHECK;

#endif
