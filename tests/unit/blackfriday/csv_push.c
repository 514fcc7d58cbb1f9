/* csv_push.c - tests of the CSV reader over bytes as they come in: cut anywhere they give the same,
 * and after a row that is refused it goes on. */
#include "blackfriday/csv.h"

#include "base/limits.h"
#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

enum { TOLD_BYTES = 8192 };

static struct leat_error error;

struct told { /* rows as fields in brackets, what was refused behind an exclamation mark */
    char text[TOLD_BYTES];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct told *told, const char *format, ...)
{
    size_t room = sizeof told->text - told->used;
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vsnprintf(told->text + told->used, room, format, arguments);
    va_end(arguments);
    cr_assert(size >= 0 && (size_t)size < room);
    told->used += (size_t)size;
}

static void tell(struct csv *csv, int code, struct told *told)
{
    const struct csv_fault *fault = csv_fault(csv);

    if (code < 0) {
        cr_assert(eq(int, code, LEAT_E_ARGUMENT));
        add(told, "!%zu:%zu %zu %.24s\n", fault->line, fault->column, fault->field,
            fault->sentence);
        return;
    }
    for (size_t i = 0; i < csv_count(csv); i++)
        add(told, "[%.*s]", (int)csv_field(csv, i).size, csv_field(csv, i).data);
    add(told, "\n");
}

static void drain(struct csv *csv, struct told *told)
{
    int code;

    while ((code = csv_next(csv, &error)))
        tell(csv, code, told);
}

static void push(struct csv *csv, const char *text, size_t size, struct told *told)
{
    while (size) {
        size_t took = csv_push(csv, text, size);

        cr_assert(took > 0);
        text += took;
        size -= took;
        drain(csv, told);
    }
}

/* In two pieces, or byte by byte where cut is negative. */
static void read_cut(const char *text, size_t size, long cut, struct told *told)
{
    struct csv *csv = csv_new("pushed");

    told->used = 0;
    told->text[0] = 0;
    for (size_t i = 0; cut < 0 && i < size; i++)
        push(csv, text + i, 1, told);
    if (cut >= 0) {
        push(csv, text, (size_t)cut, told);
        push(csv, text + cut, size - (size_t)cut, told);
    }
    csv_end(csv);
    drain(csv, told);
    csv_close(csv);
}

static char *read_all(const char *text)
{
    static struct told told;

    read_cut(text, strlen(text), (long)strlen(text), &told);
    return told.text;
}

static const char *const texts[] = {
    "",
    "\xef\xbb\xbf",
    "\xef\xbb",
    "a",
    "\xef\xbb\xbf" "a,b\r\n1,2\r\n\"3\",\"4\"\"5\"\r\n",
    "a,b\n\"two\r\nlines\",x\n\"\",\"\"\n,\n",
    "a,b\n1,\"x\n2,y\n3,\"z\"\n4,w\n",
    "a,b\n1,2,3\n\n4,5\r6,7\n8,9\r",
    "a,b\n\xc3\xa4,\xe2\x82\xac\n\xc3,x\n\xf0\x9f\x9b\x92,y\n",
    "a,b\n1,\"x\"y\n2,\x01z\n3,q\"\n4,5\n",
    "PK\3\4 not a text\na,b\n",
    "\xff\xfe" "a\nb\n",
};

Test(csv_push, where_the_bytes_are_cut_makes_no_difference)
{
    static struct told whole, cut;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t size = strlen(texts[i]);

        read_cut(texts[i], size, (long)size, &whole);
        for (long at = -1; at <= (long)size; at++) {
            read_cut(texts[i], size, at, &cut);
            cr_assert(eq(str, cut.text, whole.text), "text %zu cut at %ld", i, at);
        }
    }
}

Test(csv_push, a_quote_that_nobody_closed_costs_its_own_line)
{
    cr_assert(eq(str, read_all("a,b\n1,\"x\n2,y\n3,z\n"),
                 "[a][b]\n!2:3 1 expected a closing quote\n[2][y]\n[3][z]\n"));
    cr_assert(eq(str, read_all("a,b\n1,\"x\n2,\"y\"\n3,z\n"),
                 "[a][b]\n!3:4 1 expected a comma or the \n[2][y]\n[3][z]\n"));
}

Test(csv_push, a_broken_row_ends_with_the_line_that_it_began_on)
{
    cr_assert(eq(str, read_all("a,b\n1,x\"y,\"\n2,y\n"),
                 "[a][b]\n!2:4 1 expected a comma or the \n[2][y]\n"));
    cr_assert(eq(str, read_all("a,b\n\"two\nlines\",\x02\n2,y\n"),
                 "[a][b]\n!3:8 1 expected text, found the\n"
                 "!3:6 0 expected a comma or the \n[2][y]\n"));
    cr_assert(eq(str, read_all("a,b\n\xff,1\n2,y\n"),
                 "[a][b]\n!2:1 0 expected UTF-8, found th\n[2][y]\n"));
}

Test(csv_push, a_stray_byte_has_a_place_of_its_own)
{
    cr_assert(eq(str, read_all("a,b\n\x9e,1\n1,\x9e\n"),
                 "[a][b]\n!2:1 0 expected UTF-8, found th\n!3:3 1 expected UTF-8, found th\n"));
}

Test(csv_push, a_row_that_is_whole_is_refused_as_a_whole)
{
    cr_assert(eq(str, read_all("a,b\n\"two\n1,2\n\"\n3,4\n"),
                 "[a][b]\n!2:1 0 expected 2 fields as in \n[3][4]\n"));
}

Test(csv_push, lines_are_counted_on_after_a_broken_row)
{
    cr_assert(eq(str, read_all("a,b\n1,\"x\n2,y\n3\n\"4\n"),
                 "[a][b]\n!5:2 1 expected a comma or the \n[2][y]\n"
                 "!4:1 0 expected 2 fields as in \n!5:1 0 expected a closing quote\n"));
}

Test(csv_push, a_line_without_an_end_is_refused_once_and_not_kept)
{
    static struct told told;
    struct csv *csv = csv_new("pushed");
    static char line[1 << 16];

    memset(line, 'x', sizeof line);
    push(csv, "a\n", 2, &told);
    for (int i = 0; i < 100; i++)
        push(csv, line, sizeof line, &told);
    push(csv, "\n1\n", 3, &told);
    cr_assert(eq(str, told.text, "[a]\n!2:65537 0 expected a row of at mos\n[1]\n"));
    csv_close(csv);
}

Test(csv_push, quotes_that_never_close_are_read_twice_at_most)
{
    static struct told told;
    struct csv *csv = csv_new("pushed");
    int64_t rows = 0, code;

    push(csv, "a\n", 2, &told);
    for (int i = 0; i < 300000; i++) {
        size_t took = csv_push(csv, i % 2 ? "\"x\n" : "\"\"\"\n", i % 2 ? 3 : 4);

        cr_assert(took > 0);
        while ((code = csv_next(csv, &error)))
            rows += code == 1;
    }
    cr_assert(rows >= 0);
    csv_close(csv);
}
