/* schema_default.c - default values, which schemas write as JSON, in Avro's binary encoding.
 *
 * Bytes stand in JSON as characters up to U+00FF; a float may be the text "NaN", "Infinity" or
 * "-Infinity". A record's default may leave out fields that have defaults of their own.
 */
#include "schemas/schema.h"

#include "base/limits.h"
#include "leat/avro.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct filler {
    struct buffer *out;
    struct leat_error *error;
    int depth;
    size_t steps; /* defaults may nest so that a short schema makes an endless value */
};

static int fill(struct filler *filler, const struct schema *type, const json_t *value);

static int fill_bad(struct filler *filler, const struct schema *type)
{
    return error_set(filler->error, LEAT_E_DATA, "the default is not of type %s",
                     type->name ? type->name : schema_kind_name(type));
}

static int fill_full(struct filler *filler)
{
    return error_set(filler->error, LEAT_E_LIMIT, "the default is too large");
}

static int fill_raw(struct filler *filler, const void *data, const uint8_t *end)
{
    size_t size = (size_t)(end - (const uint8_t *)data);

    return buffer_add(filler->out, data, size) ? fill_full(filler) : LEAT_OK;
}

static int fill_long(struct filler *filler, int64_t value)
{
    uint8_t raw[LEAT_AVRO_LONG_BYTES];

    return fill_raw(filler, raw, leat_avro_put_long(raw, value));
}

static int fill_integer(struct filler *filler, const struct schema *type, const json_t *value)
{
    json_int_t integer = json_integer_value(value);

    if (!json_is_integer(value) ||
        (type->kind == SCHEMA_INT && (integer < INT32_MIN || integer > INT32_MAX)))
        return fill_bad(filler, type);
    return fill_long(filler, integer);
}

static bool fill_real(const json_t *value, double *out)
{
    const char *text = json_string_value(value);

    *out = json_number_value(value);
    if (!text)
        return json_is_number(value);
    if (!strcmp(text, "NaN"))
        *out = (double)NAN;
    else if (!strcmp(text, "Infinity"))
        *out = (double)INFINITY;
    else if (!strcmp(text, "-Infinity"))
        *out = -(double)INFINITY;
    else
        return false;
    return true;
}

static int fill_floating(struct filler *filler, const struct schema *type, const json_t *value)
{
    uint8_t raw[8];
    double real;

    if (!fill_real(value, &real))
        return fill_bad(filler, type);
    if (type->kind == SCHEMA_DOUBLE)
        return fill_raw(filler, raw, leat_avro_put_double(raw, real));
    if (isfinite(real) && fabs(real) > (double)FLT_MAX)
        return fill_bad(filler, type);
    return fill_raw(filler, raw, leat_avro_put_float(raw, (float)real));
}

/* Turns the characters' UTF-8 back into the bytes that they stand for. */
static int fill_latin(struct filler *filler, const struct schema *type, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t size = json_string_length(value), count = 0;
    int code;

    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    if (type->kind == SCHEMA_FIXED && count != type->size)
        return fill_bad(filler, type);
    code = type->kind == SCHEMA_FIXED ? LEAT_OK : fill_long(filler, (int64_t)count);
    for (size_t i = 0; i < size && !code; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte > 0xc3)
            return fill_bad(filler, type);
        if (byte >= 0x80)
            byte = (unsigned char)(byte << 6 | ((unsigned char)text[++i] & 0x3f));
        code = buffer_add(filler->out, &byte, 1) ? fill_full(filler) : LEAT_OK;
    }
    return code;
}

static int fill_text(struct filler *filler, const char *text, size_t size)
{
    int code = fill_long(filler, (int64_t)size);

    return code ? code : fill_raw(filler, text, (const uint8_t *)text + size);
}

static int fill_scalar(struct filler *filler, const struct schema *type, const json_t *value)
{
    uint8_t truth = json_is_true(value);

    switch (type->kind) {
    case SCHEMA_NULL:
        return json_is_null(value) ? LEAT_OK : fill_bad(filler, type);
    case SCHEMA_BOOLEAN:
        return json_is_boolean(value) ? fill_raw(filler, &truth, &truth + 1)
                                      : fill_bad(filler, type);
    case SCHEMA_INT:
    case SCHEMA_LONG:
        return fill_integer(filler, type, value);
    case SCHEMA_FLOAT:
    case SCHEMA_DOUBLE:
        return fill_floating(filler, type, value);
    default:
        break;
    }
    if (!json_is_string(value))
        return fill_bad(filler, type);
    if (type->kind == SCHEMA_ENUM)
        return schema_symbol(type, json_string_value(value)) < 0
                   ? fill_bad(filler, type)
                   : fill_long(filler, schema_symbol(type, json_string_value(value)));
    if (type->kind == SCHEMA_STRING)
        return fill_text(filler, json_string_value(value), json_string_length(value));
    return fill_latin(filler, type, value);
}

static int fill_record(struct filler *filler, const struct schema *type, const json_t *value)
{
    if (!json_is_object(value))
        return fill_bad(filler, type);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct schema_field *field = &type->fields[i];
        const json_t *given = json_object_get(value, field->name);
        int code;

        given = given ? given : field->fallback;
        if (!given)
            return error_set(filler->error, LEAT_E_DATA,
                             "the default leaves out field '%s' of '%s', which has none",
                             field->name, type->name);
        code = fill(filler, field->type, given);
        if (code)
            return code;
    }
    return LEAT_OK;
}

static int fill_array(struct filler *filler, const struct schema *type, const json_t *value)
{
    size_t count = json_array_size(value);
    int code;

    if (!json_is_array(value))
        return fill_bad(filler, type);
    code = count ? fill_long(filler, (int64_t)count) : LEAT_OK;
    for (size_t i = 0; i < count && !code; i++)
        code = fill(filler, type->items, json_array_get(value, i));
    return code ? code : fill_long(filler, 0);
}

static int fill_map(struct filler *filler, const struct schema *type, const json_t *value)
{
    size_t count = json_object_size(value);
    int code;

    if (!json_is_object(value))
        return fill_bad(filler, type);
    code = count ? fill_long(filler, (int64_t)count) : LEAT_OK;
    /* jansson's iterators take an object that may change; this one does not. */
    for (void *at = json_object_iter((json_t *)(uintptr_t)value); at && !code;
         at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
        code = fill_text(filler, json_object_iter_key(at), strlen(json_object_iter_key(at)));
        if (!code)
            code = fill(filler, type->items, json_object_iter_value(at));
    }
    return code ? code : fill_long(filler, 0);
}

static int fill_union(struct filler *filler, const struct schema *type, const json_t *value)
{
    size_t start = filler->out->size;

    for (size_t i = 0; i < type->branch_count; i++) {
        int code = fill_long(filler, (int64_t)i);

        if (!code)
            code = fill(filler, type->branches[i], value);
        if (code != LEAT_E_DATA)
            return code;
        filler->out->size = start;
    }
    return fill_bad(filler, type);
}

static int fill(struct filler *filler, const struct schema *type, const json_t *value)
{
    int code;

    if (filler->depth == LIMIT_AVRO_DEPTH || filler->steps++ == LIMIT_AVRO_ITEMS)
        return fill_full(filler);
    filler->depth++;
    if (type->kind == SCHEMA_RECORD)
        code = fill_record(filler, type, value);
    else if (type->kind == SCHEMA_ARRAY)
        code = fill_array(filler, type, value);
    else if (type->kind == SCHEMA_MAP)
        code = fill_map(filler, type, value);
    else if (type->kind == SCHEMA_UNION)
        code = fill_union(filler, type, value);
    else
        code = fill_scalar(filler, type, value);
    filler->depth--;
    return code;
}

int schema_default(const struct schema *type, const json_t *value, struct buffer *out,
                   struct leat_error *error)
{
    struct filler filler = { .out = out, .error = error };

    return fill(&filler, type, value);
}
