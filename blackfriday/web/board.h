/* board.h - sales by category, region or store: the last value of each window, summed up by name
 * and ranked.
 */
#ifndef BLACKFRIDAY_WEB_BOARD_H
#define BLACKFRIDAY_WEB_BOARD_H

#include "base/buffer.h"
#include "base/map.h"

#include <stdint.h>

struct board {
    struct map rows;  /* by name */
    struct map panes; /* by the record's key: a name and a window */
    int64_t floor_ms; /* windows that start below it are in the sums alone */
    uint64_t unseen;  /* names that found no room: LIMIT_WEB_ROWS have */
};

struct board_value {
    struct leat_bytes name, detail; /* detail: the region of a store, or none */
    int64_t start_ms, orders, units, revenue;
};

struct board_style {
    const char *name, *detail; /* how the fields are called; detail NULL: there is none */
    const char *title;         /* what titles are called, and the titles by name; NULL: none */
    const struct map *titles;
    size_t shown;
};

void board_init(struct board *board);
void board_free(struct board *board);

/* The value of a key takes the place of the one before. */
void board_take(struct board *board, struct leat_bytes key, const struct board_value *value);

/* {"rows":[best first],"more":how many are not shown} */
int board_write(const struct board *board, const struct board_style *style,
                struct buffer *out) MUST_CHECK;

#endif
