/* json.h - values with parts as JSON, for columns that hold a record, an array or a map. */
#ifndef SINK_JSON_H
#define SINK_JSON_H

#include "base/buffer.h"
#include "leat/type.h"

/* Appends the value that lies at `at`, which is not null. Decimals are written in full, times in
 * ISO 8601, bytes in hexadecimal with \x before them. LEAT_E_DATA, LEAT_E_LIMIT. */
int json_field(struct buffer *out, const struct leat_field *field, const void *at,
               struct leat_error *error) MUST_CHECK;

/* Whether json_field() knows all that lies within the field: items are records or of a built-in
 * type. */
bool json_can(const struct leat_field *field);

#endif
