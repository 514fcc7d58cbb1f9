/* binary.c - tests of Avro's primitives: leat/avro.h. */
#include "base/arena.h"
#include "base/buffer.h"
#include "leat/avro.h"

#include <criterion/criterion.h>

#define TAKE(kind, bytes, out)                                                                     \
    leat_avro_take_##kind((const uint8_t *)(bytes), (const uint8_t *)(bytes) + sizeof(bytes) - 1,  \
                          out)

Test(binary, longs_come_back)
{
    static const int64_t values[] = { 0,    1,    -1,        63,        64,        -64,      -65,
                                      8191, 8192, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint8_t raw[LEAT_AVRO_LONG_BYTES];
        const uint8_t *end = leat_avro_put_long(raw, values[i]);
        int64_t value;

        cr_assert_eq(leat_avro_take_long(raw, end, &value), end);
        cr_assert_eq(value, values[i]);
        for (const uint8_t *cut = raw; cut < end; cut++)
            cr_assert_null(leat_avro_take_long(raw, cut, &value));
    }
}

Test(binary, a_long_of_more_than_64_bits_is_refused)
{
    int64_t value;

    cr_assert_null(TAKE(long, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", &value));
    cr_assert_null(TAKE(long, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", &value));
    cr_assert_not_null(TAKE(long, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &value));
    cr_assert_eq(value, INT64_MIN);
}

Test(binary, an_int_of_more_than_32_bits_is_refused)
{
    int32_t value;

    cr_assert_not_null(TAKE(int, "\xfe\xff\xff\xff\x0f", &value));
    cr_assert_eq(value, INT32_MAX);
    cr_assert_null(TAKE(int, "\x80\x80\x80\x80\x10", &value));
}

static const uint8_t *take_index(const char *raw, int32_t *index)
{
    return leat_avro_take_index((const uint8_t *)raw, (const uint8_t *)raw + 1, 3, index);
}

Test(binary, booleans_and_indexes_are_strict)
{
    int32_t index;
    bool truth;

    cr_assert_null(TAKE(boolean, "\x02", &truth));
    cr_assert_null(TAKE(boolean, "", &truth));
    cr_assert_not_null(TAKE(boolean, "\x01", &truth));
    cr_assert(truth);
    cr_assert_null(take_index("\x06", &index));
    cr_assert_null(take_index("\x01", &index));
    cr_assert_not_null(take_index("\x04", &index));
    cr_assert_eq(index, 2);
}

Test(binary, strings_must_be_utf8_and_lie_within)
{
    struct leat_bytes text;

    cr_assert_not_null(TAKE(string,
                            "\x06"
                            "abc",
                            &text));
    cr_assert(leat_bytes_equal(text, LEAT_LITERAL("abc")));
    cr_assert_null(TAKE(string,
                        "\x08"
                        "abc",
                        &text));
    cr_assert_null(TAKE(string,
                        "\x05"
                        "abc",
                        &text));
    cr_assert_null(TAKE(string, "\x04\xc3\x28", &text));
    cr_assert_null(TAKE(string, "\x06\xed\xa0\x80", &text));
    cr_assert_null(TAKE(string, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", &text));
    cr_assert_not_null(TAKE(bytes, "\x04\xc3\x28", &text));
}

Test(binary, decimals_take_the_fewest_bytes)
{
    static const struct {
        int64_t value;
        size_t size;
    } rows[] = { { 0, 2 },
                 { 127, 2 },
                 { 128, 3 },
                 { -128, 2 },
                 { -129, 3 },
                 { 32768, 4 },
                 { INT64_C(999999999999999999), 9 },
                 { INT64_C(-999999999999999999), 9 } };
    const int64_t bound = INT64_C(1000000000000000000);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t raw[LEAT_AVRO_DECIMAL_BYTES];
        const uint8_t *end = leat_avro_put_decimal(raw, rows[i].value);
        int64_t value;

        cr_assert_eq((size_t)(end - raw), rows[i].size);
        cr_assert_eq(leat_avro_take_decimal(raw, end, bound, &value), end);
        cr_assert_eq(value, rows[i].value);
    }
}

Test(binary, decimals_may_repeat_the_sign_but_not_overflow)
{
    int64_t value;

    cr_assert(leat_avro_decimal(LEAT_LITERAL("\0\0\0\0\0\0\0\0\0\x05"), 10, &value));
    cr_assert_eq(value, 5);
    cr_assert(
        leat_avro_decimal(LEAT_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfb"), 10, &value));
    cr_assert_eq(value, -5);
    cr_assert_not(leat_avro_decimal(LEAT_LITERAL("\x01\0\0\0\0\0\0\0\0\x05"), 10, &value));
    cr_assert_not(leat_avro_decimal(LEAT_LITERAL("\0\x80\0\0\0\0\0\0\0"), INT64_MAX, &value));
    cr_assert_not(leat_avro_decimal(LEAT_LITERAL("\x0a"), 10, &value));
    cr_assert_not(leat_avro_decimal(LEAT_LITERAL(""), 10, &value));
}

static const uint8_t *open_block(const char *raw, size_t size, size_t item_bytes,
                                 struct leat_avro_blocks *blocks)
{
    return leat_avro_take_block((const uint8_t *)raw, (const uint8_t *)raw + size, item_bytes,
                                blocks);
}

Test(binary, a_block_that_claims_more_than_is_there_is_refused)
{
    struct leat_avro_blocks blocks = { 0 };

    cr_assert_null(open_block("\x08"
                              "abc",
                              4, 1, &blocks),
                   "four items in three bytes");
    cr_assert_null(open_block("\xfe\xff\xff\xff\x0f", 5, 0, &blocks), "two thousand million items");
    cr_assert_null(open_block("\x01\x20"
                              "a",
                              3, 1, &blocks),
                   "a block larger than the body");
    cr_assert_null(open_block("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11, 1, &blocks));
}

Test(binary, a_block_must_end_where_it_says)
{
    struct leat_avro_blocks blocks = { 0 };
    const char *raw = "\x01\x04"
                      "ab\0";
    const uint8_t *end = (const uint8_t *)raw + 5, *at = open_block(raw, 5, 1, &blocks);

    cr_assert_not_null(at);
    cr_assert_eq(blocks.count, 1);
    cr_assert_null(
        leat_avro_take_block(at + 1, end, 1, &(struct leat_avro_blocks){ .stop = blocks.stop }));
    cr_assert_eq(leat_avro_take_block(at + 2, end, 1, &blocks), end);
    cr_assert_eq(blocks.total, 1);
    cr_assert_eq(blocks.count, 0);
}

Test(binary, room_keeps_to_the_limit)
{
    struct buffer out;

    buffer_init(&out, 10);
    cr_assert_null(leat_avro_room(&out, 11));
    cr_assert_not_null(leat_avro_room(&out, 10));
    leat_avro_used(&out, (const uint8_t *)out.data + 10);
    cr_assert_null(leat_avro_room(&out, 1));
    leat_avro_cut(&out, 3);
    cr_assert_eq(leat_avro_size(&out), 3);
    buffer_free(&out);
}
