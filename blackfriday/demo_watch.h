/* demo_watch.h - what the output topics say, read as any consumer would, while they are written. */
#ifndef BLACKFRIDAY_DEMO_WATCH_H
#define BLACKFRIDAY_DEMO_WATCH_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct log;
struct registry;
struct demo_watch;

enum { DEMO_BEST = 5, DEMO_NAME_BYTES = 48 };

struct demo_best {
    char id[16], name[DEMO_NAME_BYTES];
    int64_t units, revenue; /* revenue: hundredths */
};

struct demo_sales {
    int64_t orders, units, revenue;     /* summed over the windows of sales-totals */
    int64_t late, rejected, low_stock;  /* records of their topics */
    struct demo_best best[DEMO_BEST];   /* of the window that has sold most */
    size_t best_count;
};

int demo_watch_new(struct log *log, struct registry *registry, struct demo_watch **out,
                   struct leat_error *error) MUST_CHECK;
void demo_watch_free(struct demo_watch *watch); /* NULL is a no-op */

/* Reads what there is, waiting up to timeout_ms for the first of it. */
int demo_watch_poll(struct demo_watch *watch, int timeout_ms, struct leat_error *error) MUST_CHECK;

/* The figures as they are now. */
void demo_watch_sales(const struct demo_watch *watch, struct demo_sales *sales);

#endif
