/* decimal.c - arithmetic and text of decimals. */
#include "schemas/decimal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

int64_t decimal_bound(int precision)
{
    static const int64_t bounds[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        INT64_C(10000000000),
        INT64_C(100000000000),
        INT64_C(1000000000000),
        INT64_C(10000000000000),
        INT64_C(100000000000000),
        INT64_C(1000000000000000),
        INT64_C(10000000000000000),
        INT64_C(100000000000000000),
        INT64_C(1000000000000000000),
    };

    assert(precision >= 0 && precision <= DECIMAL_DIGITS);
    return bounds[precision];
}

bool decimal_add(int64_t a, int64_t b, int precision, int64_t *out)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum) || !decimal_fits(sum, precision))
        return false;
    *out = sum;
    return true;
}

bool decimal_multiply(int64_t a, int64_t b, int precision, int64_t *out)
{
    int64_t product;

    if (__builtin_mul_overflow(a, b, &product) || !decimal_fits(product, precision))
        return false;
    *out = product;
    return true;
}

/* Magnitudes are unsigned, so that the least integer has one. */
static uint64_t decimal_magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

int64_t decimal_divide(int64_t a, int64_t b)
{
    uint64_t left = decimal_magnitude(a), right = decimal_magnitude(b);
    uint64_t quotient, rest;

    assert(b != 0);
    quotient = left / right;
    rest = left % right;
    if (rest >= right - rest)
        quotient++;
    return (int64_t)((a < 0) == (b < 0) ? quotient : -quotient);
}

static bool decimal_digit(char c, int64_t *value)
{
    if (c < '0' || c > '9' || *value > (INT64_MAX - 9) / 10)
        return false;
    *value = *value * 10 + (c - '0');
    return true;
}

bool decimal_parse(struct leat_bytes text, int precision, int scale, int64_t *out)
{
    bool negative = text.size && text.data[0] == '-';
    int places = -1; /* -1: before the point */
    int64_t value = 0;
    size_t i = negative;

    if (i == text.size || text.data[i] == '.' || text.data[text.size - 1] == '.')
        return false;
    for (; i < text.size; i++) {
        if (text.data[i] == '.' && places < 0)
            places = 0;
        else if (places >= scale || !decimal_digit(text.data[i], &value))
            return false;
        else if (places >= 0)
            places++;
    }
    for (places = places < 0 ? 0 : places; places < scale; places++)
        if (!decimal_digit('0', &value))
            return false;
    if (!decimal_fits(value, precision))
        return false;
    *out = negative ? -value : value;
    return true;
}

size_t decimal_text(int64_t value, int scale, char out[DECIMAL_TEXT])
{
    uint64_t magnitude = decimal_magnitude(value);
    uint64_t unit = (uint64_t)decimal_bound(scale);
    const char *sign = value < 0 ? "-" : "";
    int length;

    if (!scale)
        length = snprintf(out, DECIMAL_TEXT, "%s%" PRIu64, sign, magnitude);
    else
        length = snprintf(out, DECIMAL_TEXT, "%s%" PRIu64 ".%0*" PRIu64, sign, magnitude / unit,
                          scale, magnitude % unit);
    assert(length > 0 && length < DECIMAL_TEXT);
    return (size_t)length;
}
