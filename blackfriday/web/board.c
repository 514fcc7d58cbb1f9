/* board.c - sales by name, over all windows. */
#include "blackfriday/web/board.h"

#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/web/json.h"
#include "blackfriday/web/sum.h"
#include "schemas/print.h"

#include <inttypes.h>
#include <stdlib.h>

struct row {
    struct leat_bytes name; /* the map's */
    char *detail;
    int64_t orders, units, revenue;
};

struct pane {
    struct row *row;
    int64_t start_ms, orders, units, revenue;
};

/* ---- life ------------------------------------------------------------------------------------ */

void board_init(struct board *board)
{
    *board = (struct board){ .floor_ms = INT64_MIN };
}

void board_free(struct board *board)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&board->panes, &i, &key, &value);)
        memory_free(value);
    for (size_t i = 0; map_next(&board->rows, &i, &key, &value);) {
        memory_free(((struct row *)value)->detail);
        memory_free(value);
    }
    map_free(&board->panes);
    map_free(&board->rows);
}

/* ---- taking ---------------------------------------------------------------------------------- */

static struct row *row_of(struct board *board, const struct board_value *value)
{
    struct row *row = map_get(&board->rows, value->name);
    char *detail = NULL;

    if (!row && board->rows.count >= LIMIT_WEB_ROWS)
        return NULL;
    if (!row) {
        row = memory_new(sizeof *row);
        map_put(&board->rows, value->name, row);
    }
    if (value->detail.data && !leat_bytes_equal(leat_bytes_of(row->detail), value->detail)) {
        detail = memory_format("%.*s", (int)value->detail.size, value->detail.data);
        memory_free(row->detail);
        row->detail = detail;
    }
    return row;
}

/* Windows of the older half of the time are left to the sums. */
static void forget_old(struct board *board)
{
    int64_t first_ms = INT64_MAX, last_ms = INT64_MIN;
    struct map panes = { 0 };
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&board->panes, &i, &key, &value);) {
        int64_t start_ms = ((struct pane *)value)->start_ms;

        first_ms = start_ms < first_ms ? start_ms : first_ms;
        last_ms = start_ms > last_ms ? start_ms : last_ms;
    }
    board->floor_ms = first_ms + (last_ms - first_ms) / 2 + 1;
    for (size_t i = 0; map_next(&board->panes, &i, &key, &value);) {
        if (((struct pane *)value)->start_ms >= board->floor_ms)
            map_put(&panes, key, value);
        else
            memory_free(value);
    }
    map_free(&board->panes);
    board->panes = panes;
}

static struct pane *pane_of(struct board *board, struct leat_bytes key,
                            const struct board_value *value)
{
    struct pane *pane = map_get(&board->panes, key);
    struct row *row;

    if (pane)
        return pane;
    if (board->panes.count >= LIMIT_WEB_WINDOWS)
        forget_old(board);
    row = row_of(board, value);
    if (!row || value->start_ms < board->floor_ms)
        return NULL;
    pane = memory_new(sizeof *pane);
    *pane = (struct pane){ .row = row, .start_ms = value->start_ms };
    map_put(&board->panes, key, pane);
    return pane;
}

void board_take(struct board *board, struct leat_bytes key, const struct board_value *value)
{
    struct pane *pane;
    struct row *row;

    if (value->start_ms < board->floor_ms)
        return;
    pane = pane_of(board, key, value);
    if (!pane) {
        board->unseen++;
        return;
    }
    row = row_of(board, value);
    row = row ? row : pane->row;
    row->orders = sum_moved(row->orders, pane->orders, value->orders);
    row->units = sum_moved(row->units, pane->units, value->units);
    row->revenue = sum_moved(row->revenue, pane->revenue, value->revenue);
    *pane = (struct pane){ row, value->start_ms, value->orders, value->units, value->revenue };
}

/* ---- writing --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;

    if (x->revenue != y->revenue)
        return x->revenue < y->revenue ? 1 : -1;
    if (x->units != y->units)
        return x->units < y->units ? 1 : -1;
    return leat_bytes_compare(x->name, y->name);
}

static struct row **ranked(const struct board *board)
{
    struct row **rows = memory_array(board->rows.count + 1, sizeof *rows);
    struct leat_bytes name;
    size_t count = 0;
    void *value;

    for (size_t i = 0; map_next(&board->rows, &i, &name, &value);) {
        rows[count] = value;
        rows[count++]->name = name; /* the map moves its keys when it grows */
    }
    qsort(rows, count, sizeof *rows, compare);
    return rows;
}

static int write_named(const char *field, struct leat_bytes text, struct buffer *out)
{
    return buffer_format(out, "\"%s\":", field) || print_string(text, out) || buffer_text(out, ",");
}

static int write_row(const struct row *row, const struct board_style *style, struct buffer *out)
{
    const char *title = style->titles ? map_get(style->titles, row->name) : NULL;
    int status = buffer_text(out, "{") || write_named(style->name, row->name, out);

    if (!status && title)
        status = write_named(style->title, leat_bytes_of(title), out);
    if (!status && style->detail && row->detail)
        status = write_named(style->detail, leat_bytes_of(row->detail), out);
    return status || buffer_text(out, "\"revenue\":") || json_money(out, row->revenue) ||
           buffer_format(out, ",\"units\":%" PRId64 ",\"orders\":%" PRId64 "}", row->units,
                         row->orders);
}

int board_write(const struct board *board, const struct board_style *style, struct buffer *out)
{
    size_t count = board->rows.count, shown = count < style->shown ? count : style->shown;
    struct row **rows = ranked(board);
    int status = buffer_text(out, "{\"rows\":[");

    for (size_t i = 0; i < shown && !status; i++)
        status = (i && buffer_text(out, ",")) || write_row(rows[i], style, out);
    memory_free(rows);
    return status || buffer_format(out, "],\"more\":%zu}", count - shown);
}
