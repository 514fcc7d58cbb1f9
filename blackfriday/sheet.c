/* sheet.c - columns matched by name, and fields read as what the contract says that they are. */
#include "blackfriday/sheet.h"

#include "blackfriday/csv.h"
#include "schemas/decimal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { NAMES_BYTES = 256, LONG_DIGITS = 18 };

/* ---- columns ------------------------------------------------------------------------------- */

static const struct leat_field *field_named(const struct leat_type *type, struct leat_bytes name)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (leat_bytes_equal(leat_bytes_of(type->fields[i].name), name))
            return &type->fields[i];
    return NULL;
}

static void list_fields(const struct leat_type *type, char text[NAMES_BYTES])
{
    size_t used = 0;

    for (size_t i = 0; i < type->field_count && used < NAMES_BYTES; i++)
        used += (size_t)snprintf(text + used, NAMES_BYTES - used, "%s%s", i ? ", " : "",
                                 type->fields[i].name);
}

static int match_column(struct sheet *sheet, size_t at, const char *names, struct leat_error *error)
{
    const struct leat_field *field = field_named(sheet->type, csv_field(sheet->csv, at));

    if (!field)
        return csv_expected(sheet->csv, at, error, "one of the columns %s", names);
    for (size_t i = 0; i < at; i++)
        if (sheet->columns[i] == field)
            return csv_expected(sheet->csv, at, error, "each column once");
    sheet->columns[at] = field;
    return LEAT_OK;
}

int sheet_match(struct sheet *sheet, struct leat_error *error)
{
    size_t count = csv_count(sheet->csv), fields = sheet->type->field_count;
    char names[NAMES_BYTES];

    assert(fields <= SHEET_COLUMNS && sheet->type->size <= SHEET_ROW_BYTES);
    list_fields(sheet->type, names);
    for (size_t i = 0; i < count && i < fields; i++)
        if (match_column(sheet, i, names, error))
            return LEAT_E_ARGUMENT;
    if (count > fields)
        return csv_expected(sheet->csv, fields, error, "only the columns %s", names);
    if (count < fields)
        return csv_expected(sheet->csv, count, error, "all of the columns %s", names);
    return LEAT_OK;
}

int sheet_empty(const struct sheet *sheet, struct leat_error *error)
{
    char names[NAMES_BYTES];

    list_fields(sheet->type, names);
    return csv_expected(sheet->csv, SHEET_COLUMNS, error, "a line with the columns %s", names);
}

size_t sheet_place(const struct sheet *sheet, const char *field)
{
    size_t i = 0;

    while (strcmp(sheet->columns[i]->name, field)) {
        i++;
        assert(i < sheet->type->field_count);
    }
    return i;
}

/* ---- fields -------------------------------------------------------------------------------- */

static bool read_digits(const char *text, size_t count, int *out)
{
    for (*out = 0; count; count--, text++) {
        if (*text < '0' || *text > '9')
            return false;
        *out = *out * 10 + (*text - '0');
    }
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar, counted from March so that a leap day is last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static bool is_day(int year, int month, int day)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (leap && month == 2);
}

/* What stands behind the seconds: nothing, or a point and up to three places. */
static bool read_places(struct leat_bytes text, int *ms)
{
    static const int unit[] = { 100, 10, 1 };

    *ms = 0;
    if (!text.size)
        return true;
    if (text.size < 2 || text.size > 4 || text.data[0] != '.' ||
        !read_digits(text.data + 1, text.size - 1, ms))
        return false;
    *ms *= unit[text.size - 2];
    return true;
}

/* yyyy-mm-ddThh:mm:ss[.sss]Z */
static bool read_date(struct leat_bytes text, int64_t *out)
{
    static const char shape[] = "0000-00-00T00:00:00";
    enum { SHAPE = sizeof shape - 1 };
    const char *t = text.data;
    int year, month, day, hour, minute, second, ms;

    if (text.size <= SHAPE || t[text.size - 1] != 'Z')
        return false;
    for (size_t i = 0; i < SHAPE; i++)
        if (shape[i] != '0' && t[i] != shape[i])
            return false;
    if (!read_digits(t, 4, &year) || !read_digits(t + 5, 2, &month) ||
        !read_digits(t + 8, 2, &day) || !read_digits(t + 11, 2, &hour) ||
        !read_digits(t + 14, 2, &minute) || !read_digits(t + 17, 2, &second) ||
        !read_places(leat_bytes(t + SHAPE, text.size - SHAPE - 1), &ms))
        return false;
    if (!is_day(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return false;
    *out = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60000 + second * 1000 + ms;
    return true;
}

static int read_number(const struct sheet *sheet, size_t at, int64_t *number,
                       struct leat_error *error)
{
    const struct leat_field *field = sheet->columns[at];
    struct leat_bytes text = csv_field(sheet->csv, at);

    switch (field->kind) {
    case LEAT_DECIMAL:
        return decimal_parse(text, field->precision, field->scale, number)
                   ? LEAT_OK
                   : csv_expected(sheet->csv, at, error,
                                  "a %s like 12.34, at most %d digits, %d of them behind the point",
                                  field->name, field->precision, field->scale);
    case LEAT_INT:
        return decimal_parse(text, LONG_DIGITS, 0, number) && *number >= INT32_MIN &&
                       *number <= INT32_MAX
                   ? LEAT_OK
                   : csv_expected(sheet->csv, at, error,
                                  "a %s, a whole number from %" PRId32 " to %" PRId32, field->name,
                                  INT32_MIN, INT32_MAX);
    default:
        assert(field->kind == LEAT_TIMESTAMP);
        return decimal_parse(text, LONG_DIGITS, 0, number) || read_date(text, number)
                   ? LEAT_OK
                   : csv_expected(sheet->csv, at, error,
                                  "a %s like 2026-11-27T08:00:00Z, or milliseconds since 1970",
                                  field->name);
    }
}

static int read_field(const struct sheet *sheet, size_t at, void *value, struct leat_error *error)
{
    const struct leat_field *field = sheet->columns[at];
    char *place = (char *)value + field->offset;
    int64_t number = 0;
    int32_t small;
    int code;

    if (field->kind == LEAT_STRING) {
        struct leat_bytes text = csv_field(sheet->csv, at);

        if (!text.size && field == sheet->type->fields)
            return csv_expected(sheet->csv, at, error, "a %s", field->name);
        memcpy(place, &text, sizeof text);
        return LEAT_OK;
    }
    code = read_number(sheet, at, &number, error);
    small = (int32_t)number;
    if (field->kind == LEAT_INT)
        memcpy(place, &small, sizeof small);
    else
        memcpy(place, &number, sizeof number);
    return code;
}

int sheet_read(const struct sheet *sheet, void *value, struct leat_error *error)
{
    memset(value, 0, sheet->type->size);
    for (size_t i = 0; i < csv_count(sheet->csv); i++)
        if (read_field(sheet, i, value, error))
            return LEAT_E_ARGUMENT;
    return LEAT_OK;
}
