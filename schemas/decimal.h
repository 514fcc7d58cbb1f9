/* decimal.h - decimals as unscaled 64-bit integers: 1234 with scale 2 is 12.34.
 *
 * Up to 18 digits, so that every sum of two fits in 64 bits. What does not fit is said, never
 * wrapped.
 */
#ifndef SCHEMAS_DECIMAL_H
#define SCHEMAS_DECIMAL_H

#include "leat/bytes.h"

enum {
    DECIMAL_DIGITS = 18, /* the greatest precision */
    DECIMAL_TEXT = 24,   /* a sign, "0.", 18 digits, the final zero, and some room */
};

int64_t decimal_bound(int precision); /* 10 to the power of precision, 0 to 18 */

static inline bool decimal_fits(int64_t value, int precision)
{
    int64_t bound = decimal_bound(precision);

    return value > -bound && value < bound;
}

/* False, and *out left alone, where the result has more digits than precision. */
bool decimal_add(int64_t a, int64_t b, int precision, int64_t *out);
bool decimal_multiply(int64_t a, int64_t b, int precision, int64_t *out);

/* a by b, rounded half away from zero: 5/2 is 3, -5/2 is -3. b is not 0. */
int64_t decimal_divide(int64_t a, int64_t b);

/* Text like "-12.34"; missing places are zeros, so "5" and "5.0" are 5.00. More places than scale
 * or more digits than precision are refused, as is anything else behind the number. */
bool decimal_parse(struct leat_bytes text, int precision, int scale, int64_t *out);

/* Writes the text with its final zero, always with scale places; returns its length. */
size_t decimal_text(int64_t value, int scale, char out[DECIMAL_TEXT]);

#endif
