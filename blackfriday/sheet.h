/* sheet.h - the rows of a CSV as values of one of the contract's types: the first line names the
 * columns as the contract names the fields, in any order, no more and no less.
 *
 * Text is taken as it stands, money like 12.34 must fit its decimal, whole numbers their range, and
 * a time is milliseconds since 1970 or like 2026-11-27T08:00:00Z, with up to three places behind
 * the seconds and always in UTC. The first field is the record's key, or part of it, and never
 * empty. Errors are csv.h's: file:line:column and what was expected.
 */
#ifndef BLACKFRIDAY_SHEET_H
#define BLACKFRIDAY_SHEET_H

#include "base/error.h"
#include "leat/type.h"

struct csv;

enum { SHEET_COLUMNS = 16, SHEET_ROW_BYTES = 512 };

struct sheet {
    struct csv *csv;
    const struct leat_type *type;
    const struct leat_field *columns[SHEET_COLUMNS]; /* by place in the file */
};

/* Takes the row that csv has read last for the one that names the columns. */
int sheet_match(struct sheet *sheet, struct leat_error *error) MUST_CHECK;

/* Says that there is no such row. */
int sheet_empty(const struct sheet *sheet, struct leat_error *error);

/* The row that csv has read last, into a struct of the type; its strings are the reader's. */
int sheet_read(const struct sheet *sheet, void *value, struct leat_error *error) MUST_CHECK;

/* Where in the file the field stands: an index for csv_expected(). */
size_t sheet_place(const struct sheet *sheet, const char *field);

#endif
