/* codec.h - values to Kafka bytes and back, for one type.
 *
 * Avro types carry the wire prefix (magic 0, the schema's id in four bytes, big-endian); bytes
 * that another schema wrote are resolved to ours by a plan that is compiled once for each writer's
 * schema. Built-in types have no prefix.
 * Thread: one; the registry behind it is shared.
 */
#ifndef SCHEMAS_CODEC_H
#define SCHEMAS_CODEC_H

#include "base/arena.h"
#include "base/buffer.h"
#include "leat/type.h"

#include <stdint.h>

struct codec;
struct registry;

/* registry may be NULL for a built-in type. Does not talk to the registry yet. */
struct codec *codec_new(const struct leat_type *type, struct registry *registry);
void codec_free(struct codec *codec);

const struct leat_type *codec_type(const struct codec *codec);

/* Registers the type's schema as <topic>-value: before the first codec_encode(). LEAT_E_RETRY
 * while the registry cannot be reached. Once it has succeeded the id is kept, for any topic. */
int codec_register(struct codec *codec, const char *topic, struct leat_error *error) MUST_CHECK;

/* Appends the wire form. LEAT_E_DATA, LEAT_E_LIMIT. */
int codec_encode(struct codec *codec, const void *value, struct buffer *out) MUST_CHECK;

/* Decodes into *value, made in the arena; strings point into wire, or into the arena where the
 * value had to be resolved. LEAT_E_DATA: poison. LEAT_E_RETRY: the registry cannot be reached. */
int codec_decode(struct codec *codec, struct leat_bytes wire, struct arena *arena, void **value,
                 struct leat_error *error) MUST_CHECK;

/* The same for a record with the header __value_schema_id: magic 1, then the GUID. */
int codec_decode_headed(struct codec *codec, struct leat_bytes header, struct leat_bytes wire,
                        struct arena *arena, void **value, struct leat_error *error) MUST_CHECK;

#endif
