/* falls.h - the latest falls of stock below the threshold, by their own time. */
#ifndef BLACKFRIDAY_WEB_FALLS_H
#define BLACKFRIDAY_WEB_FALLS_H

#include "base/buffer.h"
#include "base/limits.h"

#include <stdint.h>

enum { FALLS_SHOWN = 50 };

struct fall {
    char product_id[LIMIT_WEB_TEXT_BYTES], store_id[LIMIT_WEB_TEXT_BYTES];
    size_t product_size, store_size;
    int64_t on_hand, threshold, at_ms;
};

struct falls { /* a zeroed one is empty */
    struct fall latest[FALLS_SHOWN]; /* newest first */
    size_t count;
};

/* Ids are of LIMIT_WEB_TEXT_BYTES at most; of fall all else counts. */
void falls_take(struct falls *falls, struct leat_bytes product, struct leat_bytes store,
                const struct fall *fall);

/* The section `lowstock`. */
int falls_write(const struct falls *falls, int64_t below, struct buffer *out) MUST_CHECK;

#endif
