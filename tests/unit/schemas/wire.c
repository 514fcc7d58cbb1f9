/* wire.c - tests of the two wire forms. */
#include "schemas/wire.h"

#include "base/limits.h"

#include <criterion/criterion.h>

Test(wire, splits_what_it_prefixed)
{
    static const int32_t ids[] = { 0, 1, 255, 65536, 0x7fffffff };
    struct leat_error error = { 0 };

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct buffer out;
        struct leat_bytes body;
        int32_t id = -1;

        buffer_init(&out, LIMIT_VALUE_BYTES);
        cr_assert_eq(wire_prefix(&out, ids[i]), LEAT_OK);
        cr_assert_eq(buffer_text(&out, "body"), LEAT_OK);
        cr_assert_eq(wire_split(buffer_bytes(&out), &id, &body, &error), LEAT_OK);
        cr_assert_eq(id, ids[i]);
        cr_assert(leat_bytes_equal(body, LEAT_LITERAL("body")));
        buffer_free(&out);
    }
}

Test(wire, reads_the_id_big_endian)
{
    struct leat_error error = { 0 };
    struct leat_bytes body;
    int32_t id;

    cr_assert_eq(wire_split(leat_bytes("\0\1\2\3\4x", 6), &id, &body, &error), LEAT_OK);
    cr_assert_eq(id, 0x01020304);
    cr_assert(leat_bytes_equal(body, LEAT_LITERAL("x")));
}

Test(wire, takes_an_empty_body)
{
    struct leat_error error = { 0 };
    struct leat_bytes body;
    int32_t id;

    cr_assert_eq(wire_split(leat_bytes("\0\0\0\0\1", 5), &id, &body, &error), LEAT_OK);
    cr_assert(body.data && !body.size);
}

Test(wire, rejects_what_is_no_prefix_and_says_why)
{
    struct leat_error error = { 0 };
    struct leat_bytes body;
    int32_t id;

    cr_assert_eq(wire_split(leat_bytes("\0\0\0\1", 4), &id, &body, &error), LEAT_E_DATA);
    cr_assert(strstr(error.text, "too short"), "%s", error.text);
    cr_assert_eq(wire_split(LEAT_LITERAL(""), &id, &body, &error), LEAT_E_DATA);
    cr_assert_eq(wire_split(LEAT_LITERAL("{\"json\":1}"), &id, &body, &error), LEAT_E_DATA);
    cr_assert(strstr(error.text, "byte 123"), "%s", error.text);
    cr_assert_eq(wire_split(leat_bytes("\1\0\0\0\1", 5), &id, &body, &error), LEAT_E_DATA);
    cr_assert_eq(wire_split(leat_bytes("\0\377\377\377\377", 5), &id, &body, &error), LEAT_E_DATA);
}

Test(wire, prefix_that_does_not_fit_is_a_limit)
{
    struct buffer out;

    buffer_init(&out, 4);
    cr_assert_eq(wire_prefix(&out, 1), LEAT_E_LIMIT);
    cr_assert_eq(out.size, 0);
    buffer_free(&out);
}

Test(wire, finds_the_guid_in_a_header_of_the_header_form_only)
{
    static const char header[] = "\1abcdefghijklmnop";
    uint8_t guid[WIRE_GUID_BYTES];

    cr_assert(wire_guid(leat_bytes(header, 17), guid));
    cr_assert(!memcmp(guid, "abcdefghijklmnop", sizeof guid));
    cr_assert(!wire_guid(leat_bytes(header, 16), guid));
    cr_assert(!wire_guid(leat_bytes("\0abcdefghijklmnop", 17), guid));
    cr_assert(!wire_guid(leat_bytes("\0\0\0\0\1", 5), guid));
    cr_assert(!wire_guid((struct leat_bytes){ 0 }, guid));
}

Test(wire, writes_a_guid_as_people_do)
{
    static const uint8_t guid[WIRE_GUID_BYTES] = { 0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3,
                                                   0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00 };
    char text[WIRE_GUID_TEXT];

    wire_guid_text(guid, text);
    cr_assert_str_eq(text, "123e4567-e89b-12d3-a456-426614174000");
}
