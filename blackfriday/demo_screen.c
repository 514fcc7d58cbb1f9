/* demo_screen.c - the demo's table.
 *
 * A frame is made in memory and written at once, over the one before: the cursor goes up by as many
 * lines as that had. Lines are never wrapped, or the count would be wrong.
 */
#include "blackfriday/demo_screen.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    FRAME_BYTES = 16 << 10,
    FRAME_LINES = 20,
    DRAW_MS = 250,
    LINE_MS = 5000,
    NOTE_MS = 2000,
    RATE_MS = 2000,
    RATES = 3,
    NUMBER_BYTES = 32,
};

struct mark {
    int64_t at_ms, values[RATES];
};

struct demo_screen {
    bool terminal;
    int64_t next_ms, note_ms;
    int drawn;              /* lines of the last frame */
    struct mark older, old; /* what a rate is measured from */
    struct buffer frame;
};

/* ---- numbers -------------------------------------------------------------------------------- */

/* 1234567 as 1,234,567. */
static const char *grouped(int64_t number, char text[NUMBER_BYTES])
{
    char digits[NUMBER_BYTES];
    int size = snprintf(digits, sizeof digits, "%" PRId64, number), out = 0;

    for (int i = 0; i < size; i++) {
        text[out++] = digits[i];
        if (digits[i] != '-' && i + 1 < size && (size - i - 1) % 3 == 0)
            text[out++] = ',';
    }
    text[out] = '\0';
    return text;
}

static const char *money(int64_t hundredths, char text[NUMBER_BYTES + 8])
{
    size_t size = strlen(grouped(hundredths / 100, text));

    snprintf(text + size, 8, ".%02d", (int)(hundredths % 100));
    return text;
}

/* ---- rates ---------------------------------------------------------------------------------- */

/* Two to four seconds long, so that they neither jump nor lag. */
static void rates_of(struct demo_screen *screen, const struct demo_figures *figures,
                     int64_t rates[RATES])
{
    struct mark now = { figures->at_ms,
                        { figures->sent, figures->processed, figures->rows } };
    int64_t span_ms;

    if (figures->done)
        screen->older = (struct mark){ 0 };
    span_ms = now.at_ms - screen->older.at_ms;
    for (int i = 0; i < RATES; i++)
        rates[i] = span_ms > 0 ? (now.values[i] - screen->older.values[i]) * 1000 / span_ms : 0;
    if (now.at_ms - screen->old.at_ms < RATE_MS)
        return;
    screen->older = screen->old;
    screen->old = now;
}

/* ---- the frame ------------------------------------------------------------------------------ */

static void end_line(struct demo_screen *screen)
{
    buffer_text(&screen->frame, "\033[K\n");
    screen->drawn++;
}

__attribute__((format(printf, 2, 3))) static void line(struct demo_screen *screen,
                                                       const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buffer_text(&screen->frame, text);
    end_line(screen);
}

static void flow_line(struct demo_screen *screen, const char *name, int64_t number, int64_t rate,
                      const char *more)
{
    char total[NUMBER_BYTES], speed[NUMBER_BYTES];

    line(screen, "  %-20s %15s %12s   %s", name, grouped(number, total), grouped(rate, speed),
         more);
}

static void flow(struct demo_screen *screen, const struct demo_figures *figures)
{
    char number[NUMBER_BYTES], text[96];
    int64_t rates[RATES];

    rates_of(screen, figures, rates);
    line(screen, "  %-20s %15s %12s", "", "in all", "a second");
    flow_line(screen, "sent", figures->sent, rates[0], "sales and inventory updates");
    snprintf(text, sizeof text, "lag %s", grouped(figures->lag, number));
    flow_line(screen, "processed", figures->processed, rates[1], text);
    if (figures->database) {
        snprintf(text, sizeof text, "lag %s%s", grouped(figures->rows_left, number),
                 figures->outage ? ", the server cannot be reached" : "");
        flow_line(screen, "into PostgreSQL", figures->rows, rates[2], text);
    }
    line(screen, "  %-20s %15s %12s   %s, %d threads", "commits",
         grouped(figures->commits, number), "", figures->guarantee, figures->threads);
}

static void day(struct demo_screen *screen, const struct demo_sales *sales)
{
    char a[NUMBER_BYTES + 8], b[NUMBER_BYTES + 8], c[NUMBER_BYTES + 8];
    int64_t average = sales->orders ? sales->revenue / sales->orders : 0;

    line(screen, "  orders %s   revenue %s   average order %s", grouped(sales->orders, a),
         money(sales->revenue, b), money(average, c));
    line(screen, "  missed windows %s   rejected %s   low stock %s", grouped(sales->late, a),
         grouped(sales->rejected, b), grouped(sales->low_stock, c));
}

static void best(struct demo_screen *screen, const struct demo_sales *sales)
{
    char units[NUMBER_BYTES], revenue[NUMBER_BYTES + 8];

    line(screen, "  %-46s %10s %16s", "top products", "units", "revenue");
    for (size_t i = 0; i < DEMO_BEST; i++) {
        const struct demo_best *product = &sales->best[i];

        if (i < sales->best_count)
            line(screen, "  %zu  %-9s %-33.33s %10s %16s", i + 1, product->id, product->name,
                 grouped(product->units, units), money(product->revenue, revenue));
        else
            line(screen, "%s", "");
    }
}

static void draw(struct demo_screen *screen, const struct demo_figures *figures)
{
    screen->frame.size = 0;
    buffer_text(&screen->frame, "\033[?25l\033[?7l");
    if (screen->drawn)
        buffer_format(&screen->frame, "\033[%dA\r", screen->drawn);
    screen->drawn = 0;
    line(screen, "\033[1mBlack Friday\033[0m, %" PRId64 " s of %" PRId64 " s: %s",
         figures->at_ms / 1000 < figures->seconds ? figures->at_ms / 1000 : figures->seconds,
         figures->seconds, figures->phase);
    line(screen, "%s", "");
    flow(screen, figures);
    line(screen, "%s", "");
    day(screen, &figures->sales);
    line(screen, "%s", "");
    best(screen, &figures->sales);
    buffer_text(&screen->frame, "\033[?7h");
    fwrite(screen->frame.data, 1, screen->frame.size, stdout);
    fflush(stdout);
}

static void print_line(const struct demo_figures *figures)
{
    const struct demo_sales *sales = &figures->sales;
    char a[NUMBER_BYTES], b[NUMBER_BYTES], c[NUMBER_BYTES], d[NUMBER_BYTES + 8], e[NUMBER_BYTES];

    printf("%4" PRId64 " s  %s: sent %s, processed %s, lag %s, revenue %s, rows %s, commits %"
           PRId64 ", best %s\n",
           figures->at_ms / 1000, figures->phase, grouped(figures->sent, a),
           grouped(figures->processed, b), grouped(figures->lag, c), money(sales->revenue, d),
           grouped(figures->rows, e), figures->commits,
           sales->best_count ? sales->best[0].id : "-");
    fflush(stdout);
}

void demo_screen_show(struct demo_screen *screen, const struct demo_figures *figures, bool now)
{
    int64_t now_ms = clock_ms(clock_system());

    if (!now && now_ms < screen->next_ms)
        return;
    screen->next_ms = now_ms + (screen->terminal ? DRAW_MS : LINE_MS);
    if (screen->terminal)
        draw(screen, figures);
    else
        print_line(figures);
}

void demo_screen_note(struct demo_screen *screen, const char *note)
{
    int64_t now_ms = clock_ms(clock_system());

    if (now_ms < screen->note_ms)
        return;
    screen->note_ms = now_ms + (screen->terminal ? DRAW_MS : NOTE_MS);
    printf(screen->terminal ? "\r%s\033[K" : "%s\n", note);
    fflush(stdout);
}

/* ---- life ----------------------------------------------------------------------------------- */

static bool is_terminal(void)
{
    struct winsize size;

    return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) &&
           size.ws_row > FRAME_LINES;
}

struct demo_screen *demo_screen_new(void)
{
    struct demo_screen *screen = memory_new(sizeof *screen);

    screen->terminal = is_terminal();
    buffer_init(&screen->frame, FRAME_BYTES);
    return screen;
}

void demo_screen_free(struct demo_screen *screen)
{
    if (!screen)
        return;
    if (screen->terminal)
        fputs("\r\033[K\033[?25h", stdout);
    fflush(stdout);
    buffer_free(&screen->frame);
    memory_free(screen);
}
