/* csv.h - CSV (RFC 4180), strictly, a row at a time: of a file, or of bytes as they come in.
 *
 * Comma, double quotes, lines that end with CRLF or LF, UTF-8 with or without a byte order mark;
 * every row has as many fields as the first. Anything else is an error that says
 * file:line:column and what was expected. Bounds are LIMIT_CSV_*.
 *
 * After an error the reader goes on. A row that is whole, and has another number of fields, lies
 * behind it. Of a row whose quotes, bytes or length are wrong nobody knows where it was meant to
 * end: it ends with the line that it began on, and what follows is read anew. So a quote that
 * nobody closed costs its line and not the file; the other lines of a row that was meant to have
 * several are then rows of their own, and likely refused.
 * Thread: one.
 */
#ifndef BLACKFRIDAY_CSV_H
#define BLACKFRIDAY_CSV_H

#include "base/error.h"
#include "leat/bytes.h"

struct csv;

int csv_open(const char *path, struct csv **out, struct leat_error *error) MUST_CHECK;
void csv_close(struct csv *csv); /* NULL is a no-op */

/* A reader of what is pushed; name stands for the file's in errors. */
struct csv *csv_new(const char *name);

/* Takes a copy of as much as there is room for, and says how much: call csv_next() until it has
 * no row any more, and push the rest. */
size_t csv_push(struct csv *csv, const void *data, size_t size) MUST_CHECK;
void csv_end(struct csv *csv); /* nothing more will come: what is there is the last row */

/* 1: a row was read; 0: none is left in the file, or in what was pushed; negative:
 * LEAT_E_ARGUMENT. What was pushed may be cut anywhere. */
int csv_next(struct csv *csv, struct leat_error *error) MUST_CHECK;

/* The row that was read last. Owner: the reader; valid until the next csv_next(). */
size_t csv_count(const struct csv *csv);
struct leat_bytes csv_field(const struct csv *csv, size_t index);

/* Says "file:line:column: expected <what>, found '<the field>'" of a field of that row, and
 * returns LEAT_E_ARGUMENT. An index behind the last stands for the row's end. */
__attribute__((format(printf, 4, 5))) int csv_expected(struct csv *csv, size_t index,
                                                       struct leat_error *error,
                                                       const char *format, ...);

struct csv_fault { /* what was said last, taken apart */
    size_t line, column, field; /* field from 0 on */
    size_t row_line;            /* that the row begins on */
    char sentence[LEAT_ERROR_TEXT];
};

/* Owner: the reader; valid until the next call that can fail. */
const struct csv_fault *csv_fault(const struct csv *csv);

#endif
