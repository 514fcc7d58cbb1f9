/* resolve.c - tests of resolution: the rules one by one, and hostile bodies. Random pairs of
 * schemas are compared with another implementation in tests/avro. */
#include "schemas/resolve.h"

#include "base/limits.h"
#include "base/memory.h"
#include "leat/avro.h"

#include <criterion/criterion.h>

#define RECORD(fields)    "{\"type\":\"record\",\"name\":\"r\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static struct plan *planned(const char *writer, const char *reader)
{
    struct leat_error error = { 0 };
    struct plan *plan;

    cr_assert_eq(plan_new(writer, reader, &plan, &error), LEAT_OK, "%s", error.text);
    return plan;
}

static void refuses(const char *writer, const char *reader, const char *sentence)
{
    struct leat_error error = { 0 };
    struct plan *plan;

    cr_assert_eq(plan_new(writer, reader, &plan, &error), LEAT_E_DATA);
    cr_assert_null(plan);
    cr_assert(strstr(error.text, sentence), "'%s' does not say '%s'", error.text, sentence);
}

/* expected none: the body is refused. */
static void gives(const char *writer, const char *reader, struct leat_bytes in,
                  struct leat_bytes expected)
{
    struct plan *plan = planned(writer, reader);
    struct leat_error error = { 0 };
    struct buffer out;
    int code;

    buffer_init(&out, LIMIT_VALUE_BYTES);
    cr_assert_eq(buffer_text(&out, "before"), LEAT_OK);
    code = plan_run(plan, in, &out, &error);
    cr_assert_eq(code, expected.data ? LEAT_OK : LEAT_E_DATA, "%s", error.text);
    cr_assert_eq(out.size, 6 + expected.size);
    cr_assert(!expected.size || !memcmp(out.data + 6, expected.data, expected.size));
    buffer_free(&out);
    plan_free(plan);
}

static const struct leat_bytes none;

Test(resolve, fields_are_reordered_skipped_and_filled)
{
    const char *writer =
        RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"string\"") "," FIELD("c", "\"int\""));

    gives(writer, RECORD(FIELD("c", "\"int\"") "," FIELD("a", "\"int\"")),
          LEAT_LITERAL("\x02\x04hi\x06"), LEAT_LITERAL("\x06\x02"));
    gives(writer, RECORD(FIELD("a", "\"int\"") "," FIELD("c", "\"int\"")),
          LEAT_LITERAL("\x02\x04hi\x06"), LEAT_LITERAL("\x02\x06"));
    gives(writer,
          RECORD(FIELD("a",
                       "\"int\"") ",{\"name\":\"n\",\"type\":[\"null\",\"long\"],\"default\":null},"
                                  "{\"name\":\"d\",\"type\":\"string\",\"default\":\"x\"}," FIELD(
                                      "b", "\"string\"")),
          LEAT_LITERAL("\x02\x04hi\x06"), LEAT_LITERAL("\x02\x00\x02x\x04hi"));
    refuses(writer, RECORD(FIELD("z", "\"int\"")), "field 'z': the writer has none");
}

Test(resolve, aliases_stand_for_names)
{
    gives("{\"type\":\"record\",\"name\":\"x.Old\",\"fields\":[" FIELD("was", "\"int\"") "]}",
          "{\"type\":\"record\",\"name\":\"y.New\",\"aliases\":[\"x.Old\"],\"fields\":[{\"name\":"
          "\"is\","
          "\"aliases\":[\"never\",\"was\"],\"type\":\"int\"}]}",
          LEAT_LITERAL("\x02"), LEAT_LITERAL("\x02"));
    refuses("{\"type\":\"record\",\"name\":\"Old\",\"fields\":[]}",
            "{\"type\":\"record\",\"name\":\"New\",\"fields\":[]}", "an alias would allow it");
    gives("{\"type\":\"record\",\"name\":\"a.Same\",\"fields\":[" FIELD("f", "\"int\"") "]}",
          "{\"type\":\"record\",\"name\":\"b.Same\",\"fields\":[" FIELD("f", "\"int\"") "]}",
          LEAT_LITERAL("\x02"), LEAT_LITERAL("\x02"));
}

Test(resolve, numbers_are_promoted_and_never_narrowed)
{
    gives("\"int\"", "\"long\"", LEAT_LITERAL("\x03"), LEAT_LITERAL("\x03"));
    gives("\"int\"", "\"float\"", LEAT_LITERAL("\x02"), LEAT_LITERAL("\0\0\x80\x3f"));
    gives("\"long\"", "\"double\"", LEAT_LITERAL("\x03"), LEAT_LITERAL("\0\0\0\0\0\0\0\xc0"));
    gives("\"float\"", "\"double\"", LEAT_LITERAL("\0\0\x80\x3f"),
          LEAT_LITERAL("\0\0\0\0\0\0\xf0\x3f"));
    gives("\"bytes\"", "\"string\"", LEAT_LITERAL("\x02x"), LEAT_LITERAL("\x02x"));
    gives("\"bytes\"", "\"string\"", LEAT_LITERAL("\x02\xff"), none);
    refuses("\"long\"", "\"int\"", "'long' cannot be read as 'int'");
    refuses("\"double\"", "\"float\"", "'double' cannot be read as 'float'");
    refuses("\"string\"", "\"int\"", "'string' cannot be read as 'int'");
}

Test(resolve, what_would_change_a_meaning_is_refused)
{
    refuses("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}",
            "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":3}",
            "scale 2");
    refuses("\"string\"", "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9}",
            "cannot be read");
    refuses("{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
            "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "units");
}

Test(resolve, symbols_are_matched_by_name_and_fall_back_to_the_default)
{
    const char *writer = "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\",\"B\",\"C\"]}";

    gives(writer, "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"C\",\"A\"],\"default\":\"A\"}",
          LEAT_LITERAL("\x04"), LEAT_LITERAL("\x00"));
    gives(writer, "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"C\",\"A\"],\"default\":\"A\"}",
          LEAT_LITERAL("\x02"), LEAT_LITERAL("\x02"));
    gives(writer, "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"C\",\"A\"]}",
          LEAT_LITERAL("\x02"), none);
    gives(writer, writer, LEAT_LITERAL("\x06"), none);
    refuses(writer, "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"X\"]}", "no symbol");
}

Test(resolve, unions_are_resolved_both_ways)
{
    gives("\"int\"", "[\"null\",\"double\",\"int\"]", LEAT_LITERAL("\x02"),
          LEAT_LITERAL("\x04\x02"));
    gives("\"int\"", "[\"null\",\"long\"]", LEAT_LITERAL("\x02"), LEAT_LITERAL("\x02\x02"));
    gives("[\"null\",\"int\"]", "\"int\"", LEAT_LITERAL("\x02\x02"), LEAT_LITERAL("\x02"));
    gives("[\"null\",\"int\"]", "\"int\"", LEAT_LITERAL("\x00"), none);
    gives("[\"null\",\"int\"]", "[\"int\",\"null\"]", LEAT_LITERAL("\x00"), LEAT_LITERAL("\x02"));
    gives("[\"null\",\"int\"]", "[\"int\",\"null\"]", LEAT_LITERAL("\x04\x02"), none);
    refuses("[\"string\",\"boolean\"]", "\"int\"", "cannot be read as 'int'");
    refuses("\"string\"", "[\"null\",\"int\"]", "no branch of the reader's union is 'string'");
}

Test(resolve, a_branch_that_cannot_be_read_fails_only_its_values)
{
    const char *writer =
        "[\"null\",{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"next\",\"type\":"
        "[\"null\",\"n\"]}," FIELD("x", "\"string\"") "]}]";
    const char *reader =
        "[\"null\",{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"next\",\"type\":"
        "[\"null\",\"n\"]}," FIELD("x", "\"int\"") "]}]";

    gives(writer, reader, LEAT_LITERAL("\x00"), LEAT_LITERAL("\x00"));
    gives(writer, reader, LEAT_LITERAL("\x02\x00\x02x"), none);
}

static bool is_identity(const char *writer, const char *reader)
{
    struct plan *plan = planned(writer, reader);
    bool identity = plan_identity(plan);

    plan_free(plan);
    return identity;
}

Test(resolve, knows_when_nothing_is_to_do)
{
    const char *list =
        "{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
        "{\"name\":\"next\",\"type\":[\"null\",\"n\"]}]}";

    cr_assert(is_identity(list, list));
    cr_assert(is_identity("\"int\"", "\"long\""));
    cr_assert(is_identity(RECORD(FIELD("a", "\"int\"")), RECORD(FIELD("a", "\"long\""))));
    cr_assert(is_identity("{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\"]}",
                          "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\",\"B\"]}"));
    cr_assert_not(is_identity("\"int\"", "\"double\""));
    cr_assert_not(is_identity("\"int\"", "[\"int\"]"));
    cr_assert_not(is_identity("[\"null\",\"int\"]", "[\"int\",\"null\"]"));
    cr_assert_not(is_identity(RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"int\"")),
                              RECORD(FIELD("b", "\"int\"") "," FIELD("a", "\"int\""))));
    cr_assert_not(is_identity(RECORD(FIELD("a", "\"int\"")), RECORD("")));
    cr_assert_not(is_identity("{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"B\"]}",
                              "{\"type\":\"enum\",\"name\":\"e\",\"symbols\":[\"A\",\"B\"]}"));
}

Test(resolve, blocks_come_in_any_form)
{
    const char *writer = "{\"type\":\"array\",\"items\":\"int\"}",
               *reader = "{\"type\":\"array\",\"items\":\"long\"}";

    gives(writer, reader, LEAT_LITERAL("\x02\x02\x03\x04\x04\x06\x00"),
          LEAT_LITERAL("\x02\x02\x04\x04\x06\x00"));
    gives(writer, reader, LEAT_LITERAL("\x02\x02\x03\x06\x04\x06\x00"), none);
    gives(writer, reader, LEAT_LITERAL("\x02\x02"), none);
    gives(writer, reader, LEAT_LITERAL("\x00\x00"), none);
}

Test(resolve, items_without_bytes_are_counted)
{
    uint8_t body[32], *at = leat_avro_put_long(body, LIMIT_AVRO_ITEMS);
    const char *nulls = "{\"type\":\"array\",\"items\":\"null\"}";
    const char *arrays = "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":\"null\"}}";

    *at++ = 0;
    gives(nulls, nulls, leat_bytes(body, (size_t)(at - body)),
          leat_bytes(body, (size_t)(at - body)));
    at = leat_avro_put_long(body, LIMIT_AVRO_ITEMS + 1);
    *at++ = 0;
    gives(nulls, nulls, leat_bytes(body, (size_t)(at - body)), none);
    at = leat_avro_put_long(leat_avro_put_long(body, 2), LIMIT_AVRO_ITEMS);
    *at++ = 0;
    at = leat_avro_put_long(at, LIMIT_AVRO_ITEMS);
    *at++ = 0;
    *at++ = 0;
    gives(arrays, arrays, leat_bytes(body, (size_t)(at - body)), none);
}

Test(resolve, a_value_without_an_end_is_refused)
{
    const char *list =
        "{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"next\",\"type\":[\"null\","
        "\"n\"]}]}";
    const char *endless =
        "{\"type\":\"record\",\"name\":\"n\",\"fields\":[{\"name\":\"next\",\"type\":\"n\"}]}";
    char body[1000];

    memset(body, 2, sizeof body);
    body[sizeof body - 1] = 0;
    gives(list, list, leat_bytes(body, sizeof body), none);
    gives(list, list, leat_bytes(body + sizeof body - 20, 20),
          leat_bytes(body + sizeof body - 20, 20));
    gives(endless, endless, LEAT_LITERAL(""), none);
}

Test(resolve, output_stops_at_its_limit)
{
    struct plan *plan = planned("\"string\"", "[\"null\",\"string\"]");
    struct leat_error error = { 0 };
    struct buffer out;

    buffer_init(&out, 3);
    cr_assert_eq(plan_run(plan,
                          LEAT_LITERAL("\x06"
                                       "abc"),
                          &out, &error),
                 LEAT_E_LIMIT);
    cr_assert_eq(out.size, 0);
    cr_assert_eq(plan_run(plan,
                          LEAT_LITERAL("\x02"
                                       "a"),
                          &out, &error),
                 LEAT_OK);
    buffer_free(&out);
    plan_free(plan);
}
