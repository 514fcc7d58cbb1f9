/* demo_screen.h - the demo's table: drawn in place on a terminal, or a line from time to time. */
#ifndef BLACKFRIDAY_DEMO_SCREEN_H
#define BLACKFRIDAY_DEMO_SCREEN_H

#include "blackfriday/demo_watch.h"

#include <stdbool.h>

struct demo_screen;

struct demo_figures {
    const char *phase;                    /* "selling", ... */
    int64_t at_ms, seconds;               /* since the first sale; in all */
    int64_t sent, processed, lag, commits;
    int64_t rows, rows_left;
    bool database, outage;                /* there is one; it cannot be reached */
    const char *guarantee;
    int threads;
    bool done;                            /* rates are those of the whole */
    struct demo_sales sales;
};

struct demo_screen *demo_screen_new(void);

/* Draws if it is time, or at once. */
void demo_screen_show(struct demo_screen *screen, const struct demo_figures *figures, bool now);

/* One line below the table that says what is going on. On a terminal the next is drawn over it. */
void demo_screen_note(struct demo_screen *screen, const char *note);

/* Leaves the terminal as it was found. NULL is a no-op. */
void demo_screen_free(struct demo_screen *screen);

#endif
