/* type.c - tests of the built-in types against the bytes of Kafka's own serialisers. */
#include "base/arena.h"
#include "base/buffer.h"
#include "leat/type.h"

#include <criterion/criterion.h>

static void same_bytes(const struct leat_type *type, const void *value, struct leat_bytes expected)
{
    struct buffer out;

    buffer_init(&out, 100);
    cr_assert_eq(type->encode(value, &out), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&out), expected), "%s", type->name);
    buffer_free(&out);
}

Test(type, numbers_are_big_endian)
{
    int32_t number = -2, read_number;
    int64_t large = INT64_C(0x0102030405060708), read_large;
    double real = 1.5, read_real;

    same_bytes(&leat_int_type, &number, LEAT_LITERAL("\xff\xff\xff\xfe"));
    same_bytes(&leat_long_type, &large, LEAT_LITERAL("\1\2\3\4\5\6\7\x08"));
    same_bytes(&leat_double_type, &real, LEAT_LITERAL("\x3f\xf8\0\0\0\0\0\0"));
    cr_assert_eq(leat_int_type.decode(&read_number, LEAT_LITERAL("\xff\xff\xff\xfe"), NULL),
                 LEAT_OK);
    cr_assert_eq(read_number, number);
    cr_assert_eq(leat_long_type.decode(&read_large, LEAT_LITERAL("\1\2\3\4\5\6\7\x08"), NULL),
                 LEAT_OK);
    cr_assert_eq(read_large, large);
    cr_assert_eq(leat_double_type.decode(&read_real, LEAT_LITERAL("\x3f\xf8\0\0\0\0\0\0"), NULL),
                 LEAT_OK);
    cr_assert_eq(read_real, real);
}

Test(type, a_number_of_another_size_is_malformed)
{
    int64_t value;

    cr_assert_eq(leat_int_type.decode(&value, LEAT_LITERAL("\0\0\0"), NULL), LEAT_E_DATA);
    cr_assert_eq(leat_int_type.decode(&value, LEAT_LITERAL("\0\0\0\0\0"), NULL), LEAT_E_DATA);
    cr_assert_eq(leat_long_type.decode(&value, LEAT_LITERAL(""), NULL), LEAT_E_DATA);
    cr_assert_eq(leat_double_type.decode(&value, LEAT_LITERAL("\0\0\0\0"), NULL), LEAT_E_DATA);
}

Test(type, strings_are_utf8_and_bytes_are_anything)
{
    struct leat_bytes value;

    cr_assert_eq(leat_string_type.decode(&value, LEAT_LITERAL("\xff"), NULL), LEAT_E_DATA);
    cr_assert_eq(leat_bytes_type.decode(&value, LEAT_LITERAL("\xff"), NULL), LEAT_OK);
    same_bytes(&leat_bytes_type, &value, LEAT_LITERAL("\xff"));
    cr_assert_eq(leat_string_type.encode(&value, NULL), LEAT_E_DATA);
}

Test(type, an_empty_string_is_a_value)
{
    struct leat_bytes value = { 0 };

    cr_assert_eq(leat_string_type.decode(&value, leat_bytes(NULL, 0), NULL), LEAT_OK);
    cr_assert_not_null(value.data);
    same_bytes(&leat_string_type, &value, LEAT_LITERAL(""));
}

Test(type, copies_lie_in_their_block)
{
    struct leat_bytes from = LEAT_LITERAL("a till in Leeds"), to;
    char block[64], *tail = block;

    cr_assert_eq(leat_string_type.extent(&from), 16);
    leat_string_type.copy(&to, &from, &tail);
    cr_assert_eq(tail, block + 16);
    cr_assert(leat_bytes_equal(to, from));
    cr_assert(leat_string_type.within(&to, block, tail));
    cr_assert_not(leat_string_type.within(&from, block, tail));
}
