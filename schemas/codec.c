/* codec.c - one type's values to Kafka bytes and back.
 *
 * Each writer's schema that is met gets an entry, by id or by GUID, with the plan that turns its
 * bytes into ours. Three ways to read, the fastest first: the id is our own; the writer's encoding
 * is ours by another name; the body is transcoded and then decoded.
 *
 * Entry points:  codec_new(), codec_free(), codec_register()
 *                codec_encode(), codec_decode(), codec_decode_headed()
 * See also:      wire.h (the two forms), resolve.h (plans), registry.h (schemas by id)
 */
#include "schemas/codec.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "schemas/registry.h"
#include "schemas/resolve.h"
#include "schemas/wire.h"

#include <assert.h>
#include <stdio.h>

enum { ID_NONE = -1 };

/* A schema that values are written with; plan NULL: its encoding is ours. */
struct writer {
    int32_t id; /* ID_NONE: known by its GUID */
    struct plan *plan;
    struct leat_error unreadable; /* set: we cannot read what it writes */
};

struct codec {
    const struct leat_type *type;
    struct registry *registry;
    int32_t own_id;            /* ID_NONE before codec_register() */
    struct map writers;        /* id or GUID (4 or 16 bytes) -> struct writer * */
    const struct writer *last; /* by id: values come in runs of one writer */
    struct buffer transcoded;
};

struct codec *codec_new(const struct leat_type *type, struct registry *registry)
{
    struct codec *codec = memory_new(sizeof *codec);

    assert(!type->schema || registry);
    codec->type = type;
    codec->registry = registry;
    codec->own_id = ID_NONE;
    if (type->schema)
        registry_expect(registry, type->schema);
    buffer_init(&codec->transcoded, LIMIT_VALUE_BYTES);
    return codec;
}

void codec_free(struct codec *codec)
{
    void *value;

    if (!codec)
        return;
    for (size_t i = 0; map_next(&codec->writers, &i, NULL, &value);) {
        plan_free(((struct writer *)value)->plan);
        memory_free(value);
    }
    map_free(&codec->writers);
    buffer_free(&codec->transcoded);
    memory_free(codec);
}

const struct leat_type *codec_type(const struct codec *codec)
{
    return codec->type;
}

int codec_register(struct codec *codec, const char *topic, struct leat_error *error)
{
    char subject[LIMIT_NAME_BYTES + sizeof "-value"];
    int32_t id;
    int code;

    assert(strlen(topic) <= LIMIT_NAME_BYTES);
    if (!codec->type->schema)
        return LEAT_OK;
    snprintf(subject, sizeof subject, "%s-value", topic);
    code = registry_register(codec->registry, subject, codec->type->schema, &id, error);
    if (!code && codec->own_id == ID_NONE)
        codec->own_id = id;
    return code;
}

int codec_encode(struct codec *codec, const void *value, struct buffer *out)
{
    size_t before = out->size;
    int code = LEAT_OK;

    assert(value);
    if (codec->type->schema) {
        assert(codec->own_id != ID_NONE);
        code = wire_prefix(out, codec->own_id);
    }
    if (!code)
        code = codec->type->encode(value, out);
    if (code)
        out->size = before;
    return code;
}

/* ---- reading ------------------------------------------------------------------------------ */

static int decode_body(const struct codec *codec, struct leat_bytes body, struct arena *arena,
                       void **value, struct leat_error *error)
{
    void *made = arena_zeroed(arena, codec->type->size);

    if (codec->type->decode(made, body, arena))
        return error_set(error, LEAT_E_DATA,
                         "value of %zu bytes is no %s: truncated, malformed, or with a decimal "
                         "larger than its precision", body.size, codec->type->name);
    *value = made;
    return LEAT_OK;
}

/* Strings of the value point into the body, so it moves from the codec's buffer to the arena. */
static int decode_by_plan(struct codec *codec, const struct plan *plan, struct leat_bytes body,
                          struct arena *arena, void **value, struct leat_error *error)
{
    int code;

    codec->transcoded.size = 0;
    code = plan_run(plan, body, &codec->transcoded, error);
    if (code == LEAT_E_LIMIT)
        return error_set(error, LEAT_E_DATA, "value of type %s grows beyond %d bytes when read",
                         codec->type->name, LIMIT_VALUE_BYTES);
    if (code)
        return code;
    return decode_body(codec, arena_copy(arena, buffer_bytes(&codec->transcoded)), arena, value,
                       error);
}

static int decode_written(struct codec *codec, const struct writer *writer, struct leat_bytes body,
                          struct arena *arena, void **value, struct leat_error *error)
{
    if (writer->unreadable.code) {
        if (error)
            *error = writer->unreadable;
        return LEAT_E_DATA;
    }
    if (!writer->plan)
        return decode_body(codec, body, arena, value, error);
    return decode_by_plan(codec, writer->plan, body, arena, value, error);
}

/* A schema that we cannot read stays so: the entry keeps the reason, for the records to come. */
static struct writer *writer_new(const struct codec *codec, int32_t id, const char *schema)
{
    struct writer *writer = memory_new(sizeof *writer);
    struct leat_error *unreadable = &writer->unreadable;

    writer->id = id;
    if (plan_new(schema, codec->type->schema, &writer->plan, unreadable)) {
        unreadable->code = LEAT_E_DATA;
        error_wrap(unreadable, "the writer's schema cannot be read as %s", codec->type->name);
    } else if (plan_identity(writer->plan)) {
        plan_free(writer->plan);
        writer->plan = NULL;
    }
    return writer;
}

static int writer_by_id(struct codec *codec, int32_t id, const struct writer **out,
                        struct leat_error *error)
{
    struct leat_bytes key = leat_bytes(&id, sizeof id);
    struct writer *writer = map_get(&codec->writers, key);
    const char *schema;
    int code;

    if (!writer) {
        code = registry_schema(codec->registry, id, &schema, error);
        if (code)
            return code;
        writer = writer_new(codec, id, schema);
        map_put(&codec->writers, key, writer);
    }
    codec->last = *out = writer;
    return LEAT_OK;
}

static int writer_by_guid(struct codec *codec, const uint8_t guid[WIRE_GUID_BYTES],
                          const struct writer **out, struct leat_error *error)
{
    struct leat_bytes key = leat_bytes(guid, WIRE_GUID_BYTES);
    struct writer *writer = map_get(&codec->writers, key);
    const char *schema;
    int code;

    if (!writer) {
        code = registry_schema_by_guid(codec->registry, guid, &schema, error);
        if (code)
            return code;
        writer = writer_new(codec, ID_NONE, schema);
        map_put(&codec->writers, key, writer);
    }
    *out = writer;
    return LEAT_OK;
}

int codec_decode(struct codec *codec, struct leat_bytes wire, struct arena *arena, void **value,
                 struct leat_error *error)
{
    const struct writer *writer = codec->last;
    struct leat_bytes body;
    int32_t id;
    int code;

    assert(wire.data);
    if (!codec->type->schema)
        return decode_body(codec, wire, arena, value, error);
    code = wire_split(wire, &id, &body, error);
    if (code)
        return code;
    if (id == codec->own_id)
        return decode_body(codec, body, arena, value, error);
    if (!writer || writer->id != id)
        code = writer_by_id(codec, id, &writer, error);
    return code ? code : decode_written(codec, writer, body, arena, value, error);
}

int codec_decode_headed(struct codec *codec, struct leat_bytes header, struct leat_bytes wire,
                        struct arena *arena, void **value, struct leat_error *error)
{
    uint8_t guid[WIRE_GUID_BYTES];
    const struct writer *writer;
    int code;

    assert(wire.data);
    if (!codec->type->schema || !wire_guid(header, guid))
        return codec_decode(codec, wire, arena, value, error);
    code = writer_by_guid(codec, guid, &writer, error);
    return code ? code : decode_written(codec, writer, wire, arena, value, error);
}
