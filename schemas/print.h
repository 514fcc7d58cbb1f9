/* print.h - values as JSON text, through the tables of fields of their types.
 *
 * Decimals are numbers with all their places, timestamps "2026-11-27T08:00:00.000Z", bytes strings
 * of characters up to U+00FF as in Avro's own JSON, enums their symbols. What JSON has no number
 * for is the text "NaN", "Infinity" or "-Infinity".
 */
#ifndef SCHEMAS_PRINT_H
#define SCHEMAS_PRINT_H

#include "base/buffer.h"
#include "leat/type.h"

/* Appends the value, on one line. LEAT_E_LIMIT. */
int print_value(const struct leat_type *type, const void *value, struct buffer *out) MUST_CHECK;

/* Appends the text as a JSON string; bytes that are not UTF-8 stand as U+FFFD. */
int print_string(struct leat_bytes text, struct buffer *out) MUST_CHECK;

/* Appends the time, without quotes. */
int print_timestamp(int64_t ms, struct buffer *out) MUST_CHECK;

#endif
