/* json.c - values with parts as JSON.
 *
 * Entry points:  json_field()   - a record, an array or a map, with all within
 *                json_can()     - asked once, when a table is described
 */
#include "sink/json.h"

#include "base/limits.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

struct json {
    struct buffer *out;
    struct leat_error *error;
    int depth;
};

/* The C forms of arrays and maps begin alike, whatever their items are. */
struct json_items {
    size_t count;
    const void *items;
};

static int json_value(struct json *json, const struct leat_field *field, const char *at);

static int json_text(struct json *json, struct leat_bytes text)
{
    int status = buffer_text(json->out, "\"");

    for (size_t i = 0; i < text.size && !status; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (!c)
            return error_set(json->error, LEAT_E_DATA, "text with a NUL does not fit in a column");
        if (c == '"' || c == '\\')
            status = buffer_format(json->out, "\\%c", c);
        else if (c < 0x20)
            status = buffer_format(json->out, "\\u%04x", c);
        else
            status = buffer_add(json->out, &text.data[i], 1);
    }
    return status ? status : buffer_text(json->out, "\"");
}

static int json_bytes(struct json *json, struct leat_bytes bytes)
{
    int status = buffer_text(json->out, "\"\\\\x");

    for (size_t i = 0; i < bytes.size && !status; i++)
        status = buffer_format(json->out, "%02x", (unsigned char)bytes.data[i]);
    return status ? status : buffer_text(json->out, "\"");
}

/* JSON has no words for these; PostgreSQL's own are strings. */
static int json_double(struct json *json, double value)
{
    if (isnan(value))
        return buffer_text(json->out, "\"NaN\"");
    if (isinf(value))
        return buffer_text(json->out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    return buffer_format(json->out, "%.17g", value);
}

static int json_decimal(struct json *json, int64_t unscaled, int scale)
{
    uint64_t left = unscaled < 0 ? -(uint64_t)unscaled : (uint64_t)unscaled, unit = 1;

    for (int i = 0; i < scale; i++)
        unit *= 10;
    if (!scale)
        return buffer_format(json->out, "%" PRId64, unscaled);
    return buffer_format(json->out, "%s%" PRIu64 ".%0*" PRIu64, unscaled < 0 ? "-" : "",
                         left / unit, scale, left % unit);
}

static int json_timestamp(struct json *json, int64_t ms)
{
    int64_t part = (ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((ms - part) / 1000);
    struct tm tm;
    char text[64];

    if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
        return error_set(json->error, LEAT_E_DATA, "timestamp %" PRId64 " ms is out of range", ms);
    return buffer_format(json->out, "\"%s.%03dZ\"", text, (int)part);
}

static int json_symbol(struct json *json, const char *const *symbols, int32_t index)
{
    for (int32_t i = 0; symbols[i]; i++) {
        if (i == index)
            return json_text(json, leat_bytes_of(symbols[i]));
    }
    return error_set(json->error, LEAT_E_DATA, "enum has no symbol %" PRId32, index);
}

/* ---- parts -------------------------------------------------------------------------------- */

/* An item that is no record has no field of its own: this one stands in for it. */
static bool json_item_field(const struct leat_type *type, struct leat_field *field)
{
    *field = (struct leat_field){ .name = "item", .of = type };
    if (type == &leat_string_type)
        field->kind = LEAT_STRING;
    else if (type == &leat_bytes_type)
        field->kind = LEAT_BYTES;
    else if (type == &leat_int_type)
        field->kind = LEAT_INT;
    else if (type == &leat_long_type)
        field->kind = LEAT_LONG;
    else if (type == &leat_double_type)
        field->kind = LEAT_DOUBLE;
    else if (type && type->field_count)
        field->kind = LEAT_RECORD;
    else
        return false;
    return true;
}

static int json_member(struct json *json, const struct leat_field *field, const char *record)
{
    const char *at = record + field->offset;
    bool plain = field->kind == LEAT_STRING || field->kind == LEAT_BYTES;
    bool absent = plain ? !((const struct leat_bytes *)(const void *)at)->data
                        : field->nullable && !*(const bool *)at;

    if (absent)
        return buffer_text(json->out, "null");
    return json_value(json, field, field->nullable && !plain ? record + field->value_offset : at);
}

static int json_record(struct json *json, const struct leat_type *type, const char *record)
{
    int status = buffer_text(json->out, "{");

    for (size_t i = 0; i < type->field_count && !status; i++) {
        status = buffer_format(json->out, "%s\"%s\":", i ? "," : "", type->fields[i].name);
        if (!status)
            status = json_member(json, &type->fields[i], record);
    }
    return status ? status : buffer_text(json->out, "}");
}

static int json_array(struct json *json, const struct leat_type *type,
                      const struct json_items *array)
{
    struct leat_field item;
    bool known = json_item_field(type, &item);
    int status = buffer_text(json->out, "[");

    assert(known);
    for (size_t i = 0; i < array->count && !status; i++) {
        if (i)
            status = buffer_text(json->out, ",");
        if (!status)
            status = json_value(json, &item, (const char *)array->items + i * type->size);
    }
    return status ? status : buffer_text(json->out, "]");
}

static int json_map(struct json *json, const struct leat_type *type,
                    const struct json_items *map)
{
    struct leat_field item;
    bool known = json_item_field(type, &item);
    size_t stride = sizeof(struct leat_bytes) + ((type->size + 7) & ~(size_t)7);
    int status = buffer_text(json->out, "{");

    assert(known);
    for (size_t i = 0; i < map->count && !status; i++) {
        const char *entry = (const char *)map->items + i * stride;

        if (i)
            status = buffer_text(json->out, ",");
        if (!status)
            status = json_text(json, *(const struct leat_bytes *)(const void *)entry);
        if (!status)
            status = buffer_text(json->out, ":");
        if (!status)
            status = json_value(json, &item, entry + sizeof(struct leat_bytes));
    }
    return status ? status : buffer_text(json->out, "}");
}

static int json_parts(struct json *json, const struct leat_field *field, const char *at)
{
    int status;

    if (json->depth == LIMIT_AVRO_DEPTH)
        return error_set(json->error, LEAT_E_DATA, "nested deeper than %d", LIMIT_AVRO_DEPTH);
    json->depth++;
    if (field->kind == LEAT_RECORD)
        status = json_record(json, field->of, at);
    else if (field->kind == LEAT_ARRAY)
        status = json_array(json, field->of, (const struct json_items *)(const void *)at);
    else
        status = json_map(json, field->of, (const struct json_items *)(const void *)at);
    json->depth--;
    return status;
}

static int json_value(struct json *json, const struct leat_field *field, const char *at)
{
    const void *value = at;

    switch (field->kind) {
    case LEAT_BOOLEAN: return buffer_text(json->out, *(const bool *)value ? "true" : "false");
    case LEAT_INT: return buffer_format(json->out, "%" PRId32, *(const int32_t *)value);
    case LEAT_LONG: return buffer_format(json->out, "%" PRId64, *(const int64_t *)value);
    case LEAT_FLOAT: return json_double(json, (double)*(const float *)value);
    case LEAT_DOUBLE: return json_double(json, *(const double *)value);
    case LEAT_STRING: return json_text(json, *(const struct leat_bytes *)value);
    case LEAT_BYTES: return json_bytes(json, *(const struct leat_bytes *)value);
    case LEAT_DECIMAL: return json_decimal(json, *(const int64_t *)value, field->scale);
    case LEAT_TIMESTAMP: return json_timestamp(json, *(const int64_t *)value);
    case LEAT_ENUM: return json_symbol(json, field->symbols, *(const int32_t *)value);
    case LEAT_RECORD: case LEAT_ARRAY: case LEAT_MAP: return json_parts(json, field, at);
    }
    assert(!"a kind of value");
    return LEAT_E_DATA;
}

int json_field(struct buffer *out, const struct leat_field *field, const void *at,
               struct leat_error *error)
{
    return json_value(&(struct json){ out, error, 0 }, field, at);
}

/* A record may hold itself through an array: the depth ends the search. */
static bool json_can_within(const struct leat_field *field, int depth)
{
    struct leat_field item;

    if (field->kind != LEAT_RECORD && field->kind != LEAT_ARRAY && field->kind != LEAT_MAP)
        return true;
    if (!json_item_field(field->of, &item))
        return false;
    if (item.kind != LEAT_RECORD || depth == LIMIT_AVRO_DEPTH / 8)
        return true;
    for (size_t i = 0; i < item.of->field_count; i++) {
        if (!json_can_within(&item.of->fields[i], depth + 1))
            return false;
    }
    return true;
}

bool json_can(const struct leat_field *field)
{
    return json_can_within(field, 0);
}
