/* type.c - the built-in types, in the form of Kafka's own serialisers: big-endian integers, IEEE
 * doubles, strings in UTF-8. Their bytes are the whole body: there is no wire prefix. */
#include "leat/type.h"

#include "leat/avro.h"

static int text_encode(const void *value, struct buffer *out)
{
    const struct leat_bytes *bytes = value;
    uint8_t *at;

    if (!bytes->size)
        return LEAT_OK;
    at = leat_avro_room(out, bytes->size);
    if (!at)
        return LEAT_E_LIMIT;
    leat_avro_used(out, leat_avro_put_fixed(at, *bytes));
    return LEAT_OK;
}

static int string_encode(const void *value, struct buffer *out)
{
    return leat_avro_text(*(const struct leat_bytes *)value) ? text_encode(value, out)
                                                             : LEAT_E_DATA;
}

/* An empty body is a value, not none. */
static int bytes_decode(void *value, struct leat_bytes body, struct arena *arena)
{
    *(struct leat_bytes *)value = leat_bytes(body.data ? body.data : "", body.size);
    return LEAT_OK;
}

static int string_decode(void *value, struct leat_bytes body, struct arena *arena)
{
    return leat_avro_text(body) ? bytes_decode(value, body, arena) : LEAT_E_DATA;
}

static size_t bytes_extent(const void *value)
{
    return leat_avro_piece(((const struct leat_bytes *)value)->size);
}

static void bytes_copy(void *to, const void *from, char **tail)
{
    *(struct leat_bytes *)to = leat_avro_copy(*(const struct leat_bytes *)from, tail);
}

static bool bytes_within(const void *value, const char *low, const char *high)
{
    const struct leat_bytes *bytes = value;

    return leat_avro_within(bytes->data, bytes->size, low, high);
}

static int big_endian_encode(uint64_t raw, size_t size, struct buffer *out)
{
    uint8_t *at = leat_avro_room(out, size);

    if (!at)
        return LEAT_E_LIMIT;
    leat_avro_used(out, leat_avro_put_fixed_decimal(at, size, (int64_t)raw));
    return LEAT_OK;
}

static int big_endian_decode(struct leat_bytes body, size_t size, uint64_t *raw)
{
    if (body.size != size)
        return LEAT_E_DATA;
    *raw = 0;
    for (size_t i = 0; i < size; i++)
        *raw = *raw << 8 | (unsigned char)body.data[i];
    return LEAT_OK;
}

static int int_encode(const void *value, struct buffer *out)
{
    return big_endian_encode((uint32_t) * (const int32_t *)value, 4, out);
}

static int int_decode(void *value, struct leat_bytes body, struct arena *arena)
{
    uint64_t raw;

    if (big_endian_decode(body, 4, &raw))
        return LEAT_E_DATA;
    *(int32_t *)value = (int32_t)(uint32_t)raw;
    return LEAT_OK;
}

/* long and double alike: eight bytes as they stand in memory, the highest first. */
static int word_encode(const void *value, struct buffer *out)
{
    uint64_t raw;

    memcpy(&raw, value, sizeof raw);
    return big_endian_encode(raw, sizeof raw, out);
}

static int word_decode(void *value, struct leat_bytes body, struct arena *arena)
{
    uint64_t raw;

    if (big_endian_decode(body, sizeof raw, &raw))
        return LEAT_E_DATA;
    memcpy(value, &raw, sizeof raw);
    return LEAT_OK;
}

static size_t number_extent(const void *value)
{
    return 0;
}

static void int_copy(void *to, const void *from, char **tail)
{
    *(int32_t *)to = *(const int32_t *)from;
}

static void word_copy(void *to, const void *from, char **tail)
{
    memmove(to, from, sizeof(uint64_t));
}

static bool number_within(const void *value, const char *low, const char *high)
{
    return true;
}

/* A type whose only field has no name is that field alone. */
static const struct leat_field string_field = { .kind = LEAT_STRING, .nullable = true };
static const struct leat_field bytes_field = { .kind = LEAT_BYTES, .nullable = true };
static const struct leat_field int_field = { .kind = LEAT_INT };
static const struct leat_field long_field = { .kind = LEAT_LONG };
static const struct leat_field double_field = { .kind = LEAT_DOUBLE };

const struct leat_type leat_string_type = {
    .name = "string",
    .size = sizeof(struct leat_bytes),
    .fields = &string_field,
    .field_count = 1,
    .encode = string_encode,
    .decode = string_decode,
    .extent = bytes_extent,
    .copy = bytes_copy,
    .within = bytes_within,
};

const struct leat_type leat_bytes_type = {
    .name = "bytes",
    .size = sizeof(struct leat_bytes),
    .fields = &bytes_field,
    .field_count = 1,
    .encode = text_encode,
    .decode = bytes_decode,
    .extent = bytes_extent,
    .copy = bytes_copy,
    .within = bytes_within,
};

const struct leat_type leat_int_type = {
    .name = "int",
    .size = sizeof(int32_t),
    .fields = &int_field,
    .field_count = 1,
    .encode = int_encode,
    .decode = int_decode,
    .extent = number_extent,
    .copy = int_copy,
    .within = number_within,
};

const struct leat_type leat_long_type = {
    .name = "long",
    .size = sizeof(int64_t),
    .fields = &long_field,
    .field_count = 1,
    .encode = word_encode,
    .decode = word_decode,
    .extent = number_extent,
    .copy = word_copy,
    .within = number_within,
};

const struct leat_type leat_double_type = {
    .name = "double",
    .size = sizeof(double),
    .fields = &double_field,
    .field_count = 1,
    .encode = word_encode,
    .decode = word_decode,
    .extent = number_extent,
    .copy = word_copy,
    .within = number_within,
};
