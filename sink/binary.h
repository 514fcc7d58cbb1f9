/* binary.h - values in PostgreSQL's binary form: a length in four bytes, then the bytes. The same
 * form stands in a COPY and in an array. */
#ifndef SINK_BINARY_H
#define SINK_BINARY_H

#include "base/buffer.h"
#include "leat/type.h"

/* PostgreSQL's numbers of its built-in types, which never change. */
enum binary_oid {
    OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT4 = 23, OID_TEXT = 25, OID_FLOAT4 = 700,
    OID_FLOAT8 = 701, OID_VARCHAR = 1043, OID_TIMESTAMPTZ = 1184, OID_NUMERIC = 1700,
    OID_JSONB = 3802,
};

enum binary_oid binary_oid_of(enum leat_kind kind);
const char *binary_name_of(enum leat_kind kind); /* "text", "int8", ... */

/* Each appends one value. LEAT_E_DATA: PostgreSQL has no such value, such as text with a NUL;
 * LEAT_E_LIMIT: the buffer's. What was appended by then is the caller's to cut off. */
int binary_field(struct buffer *out, const struct leat_field *field, const void *record,
                 struct leat_error *error) MUST_CHECK;
int binary_text(struct buffer *out, struct leat_bytes text, struct leat_error *error) MUST_CHECK;
int binary_timestamp(struct buffer *out, int64_t ms, struct leat_error *error) MUST_CHECK;
int binary_numeric(struct buffer *out, int64_t unscaled, int scale) MUST_CHECK;
int binary_int(struct buffer *out, int32_t value) MUST_CHECK;
int binary_long(struct buffer *out, int64_t value) MUST_CHECK;

/* Without a length before them. */
int binary_raw16(struct buffer *out, int16_t value) MUST_CHECK;
int binary_raw32(struct buffer *out, int32_t value) MUST_CHECK;

/* Writes a number over four bytes that stand in the buffer already. */
void binary_patch(struct buffer *out, size_t at, int32_t value);

#endif
