/* csv.h - reading a CSV file (RFC 4180), strictly, a row at a time.
 *
 * Comma, double quotes, lines that end with CRLF or LF, UTF-8 with or without a byte order mark;
 * every row has as many fields as the first. Anything else is an error that says
 * file:line:column and what was expected. Bounds are LIMIT_CSV_*.
 * Thread: one.
 */
#ifndef BLACKFRIDAY_CSV_H
#define BLACKFRIDAY_CSV_H

#include "base/error.h"
#include "leat/bytes.h"

struct csv;

int csv_open(const char *path, struct csv **out, struct leat_error *error) MUST_CHECK;
void csv_close(struct csv *csv); /* NULL is a no-op */

/* 1: a row was read; 0: the file is at its end; negative: LEAT_E_ARGUMENT. */
int csv_next(struct csv *csv, struct leat_error *error) MUST_CHECK;

/* The row that was read last. Owner: the reader; valid until the next csv_next(). */
size_t csv_count(const struct csv *csv);
struct leat_bytes csv_field(const struct csv *csv, size_t index);

/* Says "file:line:column: expected <what>, found '<the field>'" of a field of that row, and
 * returns LEAT_E_ARGUMENT. An index behind the last stands for the row's end. */
__attribute__((format(printf, 4, 5))) int csv_expected(const struct csv *csv, size_t index,
                                                       struct leat_error *error,
                                                       const char *format, ...);

#endif
