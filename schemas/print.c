/* print.c - values as JSON text. Entry points: print_value(), print_string(). */
#include "schemas/print.h"

#include "base/utf8.h"
#include "schemas/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Arrays and maps of any items have this layout. */
struct items {
    size_t count;
    const char *items;
};

static int print_field(const struct leat_field *field, const char *value, struct buffer *out);

static int print_character(unsigned char c, struct buffer *out)
{
    if (c == '"' || c == '\\')
        return buffer_format(out, "\\%c", c);
    if (c < ' ' || c == 0x7f)
        return buffer_format(out, "\\u%04x", c);
    return buffer_add(out, &c, 1);
}

/* The length of what is UTF-8 at the start: one character at most, 0 for none. */
static size_t character_size(struct leat_bytes text)
{
    for (size_t size = 1; size <= 4 && size <= text.size; size++)
        if (utf8_valid(leat_bytes(text.data, size)))
            return size;
    return 0;
}

int print_string(struct leat_bytes text, struct buffer *out)
{
    int code = buffer_text(out, "\"");

    while (text.size && !code) {
        size_t size = character_size(text);

        if (size > 1)
            code = buffer_add(out, text.data, size);
        else
            code = size ? print_character((unsigned char)*text.data, out)
                        : buffer_text(out, "\\ufffd");
        text = leat_bytes(text.data + (size ? size : 1), text.size - (size ? size : 1));
    }
    return code ? code : buffer_text(out, "\"");
}

static int print_bytes(struct leat_bytes bytes, struct buffer *out)
{
    int code = buffer_text(out, "\"");

    for (size_t i = 0; i < bytes.size && !code; i++) {
        unsigned char c = (unsigned char)bytes.data[i];

        code = c < 0x80 ? print_character(c, out) : buffer_format(out, "\\u%04x", c);
    }
    return code ? code : buffer_text(out, "\"");
}

/* Days since 1970 to a date: the year begins in March, so that leap days stand at its end. */
static void civil(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t shifted_month = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = years + era * 400 + (*month <= 2);
}

int print_timestamp(int64_t ms, struct buffer *out)
{
    int64_t of_day = ms % 86400000, days = ms / 86400000, year;
    int month, day, hour, minute, second;

    if (of_day < 0) {
        of_day += 86400000;
        days--;
    }
    civil(days, &year, &month, &day);
    hour = (int)(of_day / 3600000);
    minute = (int)(of_day / 60000 % 60);
    second = (int)(of_day / 1000 % 60);
    return buffer_format(out, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
                         hour, minute, second, (int)(of_day % 1000));
}

/* The shortest text that reads back as the same number. */
static int print_real(double value, bool narrow, struct buffer *out)
{
    char text[40];

    if (!isfinite(value))
        return buffer_text(out, isnan(value) ? "\"NaN\""
                                : value > 0  ? "\"Infinity\""
                                             : "\"-Infinity\"");
    for (int digits = narrow ? 6 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (narrow ? (double)strtof(text, NULL) == value : strtod(text, NULL) == value)
            break;
    }
    return buffer_text(out, text);
}

static int print_record(const struct leat_type *type, const char *value, struct buffer *out)
{
    int code = buffer_text(out, "{");

    for (size_t i = 0; i < type->field_count && !code; i++) {
        const struct leat_field *field = &type->fields[i];

        code = buffer_format(out, "%s\"%s\":", i ? "," : "", field->name);
        if (!code)
            code = print_field(field, value + field->offset, out);
    }
    return code ? code : buffer_text(out, "}");
}

static int print_entry(const struct leat_type *type, const char *entry, struct buffer *out)
{
    const struct leat_field *key = &type->fields[0], *value = &type->fields[1];
    int code = print_field(key, entry + key->offset, out);

    if (!code)
        code = buffer_text(out, ":");
    return code ? code : print_field(value, entry + value->offset, out);
}

static int print_items(const struct leat_field *field, const struct items *items,
                       struct buffer *out)
{
    bool map = field->kind == LEAT_MAP;
    int code = buffer_text(out, map ? "{" : "[");

    for (size_t i = 0; i < items->count && !code; i++) {
        const char *item = items->items + i * field->of->size;

        if (i)
            code = buffer_text(out, ",");
        if (!code)
            code = map ? print_entry(field->of, item, out) : print_value(field->of, item, out);
    }
    return code ? code : buffer_text(out, map ? "}" : "]");
}

static int print_decimal(int64_t value, int scale, struct buffer *out)
{
    char text[DECIMAL_TEXT];

    return buffer_add(out, text, decimal_text(value, scale, text));
}

/* A symbol that is out of range stands as its index: printing is for those who look for faults. */
static int print_symbol(const struct leat_field *field, int32_t index, struct buffer *out)
{
    for (int32_t i = 0; field->symbols[i]; i++)
        if (i == index)
            return print_string(leat_bytes_of(field->symbols[i]), out);
    return buffer_format(out, "%" PRId32, index);
}

static int print_present(const struct leat_field *field, const void *value, struct buffer *out)
{
    switch (field->kind) {
    case LEAT_BOOLEAN:
        return buffer_text(out, *(const bool *)value ? "true" : "false");
    case LEAT_INT:
        return buffer_format(out, "%" PRId32, *(const int32_t *)value);
    case LEAT_LONG:
        return buffer_format(out, "%" PRId64, *(const int64_t *)value);
    case LEAT_FLOAT:
        return print_real((double)*(const float *)value, true, out);
    case LEAT_DOUBLE:
        return print_real(*(const double *)value, false, out);
    case LEAT_STRING:
        return print_string(*(const struct leat_bytes *)value, out);
    case LEAT_BYTES:
        return print_bytes(*(const struct leat_bytes *)value, out);
    case LEAT_DECIMAL:
        return print_decimal(*(const int64_t *)value, field->scale, out);
    case LEAT_TIMESTAMP:
        if (buffer_text(out, "\"") || print_timestamp(*(const int64_t *)value, out))
            return LEAT_E_LIMIT;
        return buffer_text(out, "\"");
    case LEAT_ENUM:
        return print_symbol(field, *(const int32_t *)value, out);
    case LEAT_RECORD:
        return print_value(field->of, value, out);
    default:
        return print_items(field, value, out);
    }
}

/* value is where the field stands: at its offset. */
static int print_field(const struct leat_field *field, const char *value, struct buffer *out)
{
    bool text = field->kind == LEAT_STRING || field->kind == LEAT_BYTES;

    if (!field->nullable)
        return print_present(field, value, out);
    if (text ? !((const struct leat_bytes *)(const void *)value)->data : !*(const bool *)value)
        return buffer_text(out, "null");
    return print_present(field, text ? value : value + (field->value_offset - field->offset), out);
}

int print_value(const struct leat_type *type, const void *value, struct buffer *out)
{
    const struct leat_field *field = &type->fields[0];

    if (type->field_count == 1 && !field->name)
        return print_field(field, (const char *)value + field->offset, out);
    return print_record(type, value, out);
}
