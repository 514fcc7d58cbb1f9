/* wire.h - how a Kafka value names the schema that it was written with.
 *
 *   prefix form   0, the schema's id in four bytes, big-endian, then the body
 *   header form   the record's header __value_schema_id holds 1 and the schema's 16-byte GUID;
 *                 the value is the body alone
 */
#ifndef SCHEMAS_WIRE_H
#define SCHEMAS_WIRE_H

#include "base/buffer.h"

#include <stdint.h>

#define WIRE_HEADER "__value_schema_id"

enum { WIRE_PREFIX_BYTES = 5, WIRE_GUID_BYTES = 16 };

/* Splits the prefix form. LEAT_E_DATA: it is not one; *body points into wire. */
int wire_split(struct leat_bytes wire, int32_t *id, struct leat_bytes *body,
               struct leat_error *error) MUST_CHECK;

/* Appends the prefix. LEAT_E_LIMIT. */
int wire_prefix(struct buffer *out, int32_t id) MUST_CHECK;

/* The GUID of a header's value, or false where the header is none of the header form. */
bool wire_guid(struct leat_bytes header, uint8_t guid[WIRE_GUID_BYTES]);

/* 8-4-4-4-12 hexadecimal digits and a final zero. */
enum { WIRE_GUID_TEXT = 37 };
void wire_guid_text(const uint8_t guid[WIRE_GUID_BYTES], char text[WIRE_GUID_TEXT]);

#endif
