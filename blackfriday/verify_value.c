/* verify_value.c - two values of one type: equal or not, and a value in words. */
#include "blackfriday/verify_value.h"

#include "base/map.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

/* Generated arrays have this shape, whatever their items are. */
struct array {
    size_t count;
    const char *items;
};

static const void *at(const struct leat_field *field, const void *value)
{
    return (const char *)value + field->offset;
}

static int64_t number_of(const struct leat_field *field, const void *value)
{
    if (field->kind == LEAT_INT || field->kind == LEAT_ENUM)
        return *(const int32_t *)at(field, value);
    return *(const int64_t *)at(field, value);
}

static bool arrays_equal(const struct leat_field *field, const void *a, const void *b)
{
    const struct array *left = at(field, a), *right = at(field, b);

    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (verify_value_difference(field->of, left->items + i * field->of->size,
                                    right->items + i * field->of->size, NULL))
            return false;
    return true;
}

static bool doubles_equal(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

static bool fields_equal(const struct leat_field *field, const void *a, const void *b)
{
    switch (field->kind) {
    case LEAT_STRING:
    case LEAT_BYTES:
        return !leat_bytes_compare(*(const struct leat_bytes *)at(field, a),
                                   *(const struct leat_bytes *)at(field, b));
    case LEAT_DOUBLE:
        return doubles_equal(*(const double *)at(field, a), *(const double *)at(field, b));
    case LEAT_ARRAY:
        return arrays_equal(field, a, b);
    default:
        return number_of(field, a) == number_of(field, b);
    }
}

const struct leat_field *verify_value_difference(const struct leat_type *type, const void *a,
                                                 const void *b, const char *except)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct leat_field *field = &type->fields[i];

        if (except && !strcmp(field->name, except))
            continue;
        if (!fields_equal(field, a, b))
            return field;
    }
    return NULL;
}

bool verify_value_equal(const struct leat_type *type, const void *a, const void *b,
                        const char *except)
{
    return !verify_value_difference(type, a, b, except);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 32;
}

uint64_t verify_value_hash(const struct leat_type *type, const void *value)
{
    uint64_t hash = 0x9e3779b97f4a7c15u;

    for (size_t i = 0; i < type->field_count; i++) {
        const struct leat_field *field = &type->fields[i];

        if (field->kind == LEAT_STRING || field->kind == LEAT_BYTES)
            hash = mix(hash, map_hash(*(const struct leat_bytes *)at(field, value)));
        else if (field->kind != LEAT_ARRAY && field->kind != LEAT_DOUBLE)
            hash = mix(hash, (uint64_t)number_of(field, value));
    }
    return hash;
}

const struct leat_field *verify_value_find(const struct leat_type *type, const char *name)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (!strcmp(type->fields[i].name, name))
            return &type->fields[i];
    assert(!"a field of that name");
    return NULL;
}

void verify_value_bytes(struct leat_bytes bytes, struct buffer *out)
{
    enum { SHOWN = 80 };
    size_t shown = bytes.size < SHOWN ? bytes.size : SHOWN;

    if (!bytes.data) {
        buffer_text(out, "null");
        return;
    }
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)bytes.data[i];

        if (c < 0x20 || c == 0x7f)
            buffer_format(out, "\\x%02x", c);
        else
            (void)!buffer_add(out, &c, 1);
    }
    if (bytes.size > shown)
        buffer_format(out, "... (%zu bytes)", bytes.size);
}

static void decimal_text(int64_t unscaled, int scale, struct buffer *out)
{
    uint64_t left = unscaled < 0 ? 0 - (uint64_t)unscaled : (uint64_t)unscaled, unit = 1;

    for (int i = 0; i < scale; i++)
        unit *= 10;
    buffer_format(out, "%s%" PRIu64, unscaled < 0 ? "-" : "", left / unit);
    if (scale)
        buffer_format(out, ".%0*" PRIu64, scale, left % unit);
}

static void array_text(const struct leat_field *field, const struct array *array,
                       struct buffer *out)
{
    buffer_text(out, "[");
    for (size_t i = 0; i < array->count; i++) {
        buffer_text(out, i ? " (" : "(");
        for (size_t f = 0; f < field->of->field_count; f++) {
            buffer_text(out, f ? " " : "");
            verify_value_field(&field->of->fields[f], array->items + i * field->of->size, out);
        }
        buffer_text(out, ")");
    }
    buffer_text(out, "]");
}

void verify_value_field(const struct leat_field *field, const void *value, struct buffer *out)
{
    switch (field->kind) {
    case LEAT_STRING:
    case LEAT_BYTES:
        verify_value_bytes(*(const struct leat_bytes *)at(field, value), out);
        return;
    case LEAT_DECIMAL:
        decimal_text(number_of(field, value), field->scale, out);
        return;
    case LEAT_DOUBLE:
        buffer_format(out, "%.17g", *(const double *)at(field, value));
        return;
    case LEAT_ARRAY:
        array_text(field, at(field, value), out);
        return;
    default:
        buffer_format(out, "%" PRId64, number_of(field, value));
        return;
    }
}
