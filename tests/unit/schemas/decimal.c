/* decimal.c - tests of decimals: text, checked arithmetic, rounding. */
#include "schemas/decimal.h"

#include <criterion/criterion.h>

static int64_t parsed(const char *text, int precision, int scale)
{
    int64_t value = -1;

    cr_assert(decimal_parse(leat_bytes_of(text), precision, scale, &value), "'%s' is refused",
              text);
    return value;
}

static void refused(const char *text, int precision, int scale)
{
    int64_t value = 77;

    cr_assert_not(decimal_parse(leat_bytes_of(text), precision, scale, &value), "'%s' is taken",
                  text);
    cr_assert_eq(value, 77);
}

Test(decimal, reads_text_with_missing_places)
{
    cr_assert_eq(parsed("12.34", 12, 2), 1234);
    cr_assert_eq(parsed("5", 12, 2), 500);
    cr_assert_eq(parsed("-5.1", 12, 2), -510);
    cr_assert_eq(parsed("0.01", 12, 2), 1);
    cr_assert_eq(parsed("-0", 12, 2), 0);
    cr_assert_eq(parsed("999999999999999999", 18, 0), INT64_C(999999999999999999));
    cr_assert_eq(parsed("9999999999.99", 12, 2), INT64_C(999999999999));
}

Test(decimal, refuses_what_is_no_decimal_or_too_long)
{
    static const char *const bad[] = { "",    "-",     ".5",  "5.",         "1.234", "1..2",
                                       "1e3", " 1",    "1 ",  "+1",         "--1",   "0x1",
                                       "1,5", "1.2.3", "NaN", "10000000000" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i], 12, 2);
    refused("99999999999999999999999999", 18, 2);
    refused("9223372036854775808", 18, 0);
    refused("1.0", 12, 0);
}

Test(decimal, writes_all_places)
{
    static const struct {
        int64_t value;
        int scale;
        const char *text;
    } rows[] = {
        { 1234, 2, "12.34" },
        { -1, 2, "-0.01" },
        { 0, 2, "0.00" },
        { 5, 0, "5" },
        { 100, 3, "0.100" },
        { INT64_MIN, 18, "-9.223372036854775808" },
        { INT64_MIN, 0, "-9223372036854775808" },
    };
    char text[DECIMAL_TEXT];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(decimal_text(rows[i].value, rows[i].scale, text), strlen(rows[i].text));
        cr_assert_str_eq(text, rows[i].text);
    }
}

Test(decimal, divides_half_away_from_zero)
{
    cr_assert_eq(decimal_divide(5, 2), 3);
    cr_assert_eq(decimal_divide(-5, 2), -3);
    cr_assert_eq(decimal_divide(5, -2), -3);
    cr_assert_eq(decimal_divide(4, 3), 1);
    cr_assert_eq(decimal_divide(-4, 3), -1);
    cr_assert_eq(decimal_divide(0, 7), 0);
    cr_assert_eq(decimal_divide(INT64_MIN, 1), INT64_MIN);
    cr_assert_eq(decimal_divide(INT64_MAX, INT64_MAX), 1);
    cr_assert_eq(decimal_divide(INT64_MAX, 2), INT64_C(4611686018427387904));
}

Test(decimal, says_what_does_not_fit_and_leaves_the_result_alone)
{
    int64_t out = 42;

    cr_assert_not(decimal_multiply(INT64_C(1000000000), INT64_C(1000000000), 18, &out));
    cr_assert_not(decimal_multiply(INT64_MAX, 2, 18, &out));
    cr_assert_not(decimal_multiply(INT64_MIN, -1, 18, &out));
    cr_assert_not(decimal_add(INT64_C(999999999999999999), 1, 18, &out));
    cr_assert_eq(out, 42);
    cr_assert(decimal_multiply(3, -250, 18, &out));
    cr_assert_eq(out, -750);
    cr_assert(decimal_add(INT64_C(999999999999999998), 1, 18, &out));
    cr_assert_eq(out, INT64_C(999999999999999999));
}
