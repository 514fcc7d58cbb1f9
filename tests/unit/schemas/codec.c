/* codec.c - tests of wire bytes to values and back, for writers old, new and hostile. */
#include "schemas/codec.h"

#include "base/limits.h"
#include "schemas/registry.h"
#include "schemas/registry_backend.h"
#include "registry_server.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- a type made by hand: {"name": string, "count": long} --------------------------------- */

struct tally {
    struct leat_bytes name;
    int64_t count;
};

static int put_long(struct buffer *out, int64_t value)
{
    uint64_t bits = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);

    for (; bits >= 0x80; bits >>= 7)
        if (buffer_add(out, &(uint8_t){ (uint8_t)(bits | 0x80) }, 1))
            return LEAT_E_LIMIT;
    return buffer_add(out, &(uint8_t){ (uint8_t)bits }, 1);
}

static int take_long(struct leat_bytes *in, int64_t *value)
{
    uint64_t bits = 0;

    for (int shift = 0; shift < 63 && in->size; shift += 7) {
        uint8_t byte = (uint8_t)*in->data++;

        in->size--;
        bits |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return LEAT_OK;
        }
    }
    return LEAT_E_DATA;
}

static int tally_encode(const void *value, struct buffer *out)
{
    const struct tally *tally = value;

    if (tally->count < 0)
        return LEAT_E_DATA;
    if (put_long(out, (int64_t)tally->name.size) ||
        buffer_add(out, tally->name.data, tally->name.size))
        return LEAT_E_LIMIT;
    return put_long(out, tally->count);
}

static int tally_decode(void *value, struct leat_bytes body, struct arena *arena)
{
    struct tally *tally = value;
    int64_t size;

    if (take_long(&body, &size) || size < 0 || (size_t)size > body.size)
        return LEAT_E_DATA;
    tally->name = leat_bytes(body.data, (size_t)size);
    body = leat_bytes(body.data + size, body.size - (size_t)size);
    return take_long(&body, &tally->count) || body.size ? LEAT_E_DATA : LEAT_OK;
}

#define TALLY "{\"type\":\"record\",\"name\":\"tally\",\"fields\":["
#define NAME  "{\"name\":\"name\",\"type\":\"string\"}"
#define COUNT "{\"name\":\"count\",\"type\":\"long\",\"default\":7}"

static const struct leat_type tally_type = {
    .name = "tally",
    .schema = TALLY NAME "," COUNT "]}",
    .size = sizeof(struct tally),
    .encode = tally_encode,
    .decode = tally_decode,
};

/* ---- what every test needs ---------------------------------------------------------------- */

static struct registry *registry;
static struct codec *codec;
static struct arena arena;
static struct buffer wire;
static struct leat_error error;
static const struct tally *tally;

static void open_codec(const char *url)
{
    cr_assert_eq(registry_new(&(struct registry_options){ .url = url }, &registry, &error), LEAT_OK,
                 "%s", error.text);
    codec = codec_new(&tally_type, registry);
    arena_init(&arena, 4096);
    buffer_init(&wire, LIMIT_VALUE_BYTES);
}

static void start(void)
{
    open_codec("mock://codec");
}

static void stop(void)
{
    codec_free(codec);
    registry_free(registry);
    arena_free(&arena);
    buffer_free(&wire);
}

TestSuite(codec, .init = start, .fini = stop);
TestSuite(codec_http, .fini = stop);

/* The bytes of a body as another writer's schema wrote it. */
static struct leat_bytes written_with(const char *schema, struct leat_bytes body)
{
    int32_t id;
    uint8_t head[5] = { 0 };

    cr_assert_eq(registry_register(registry, "other-value", schema, &id, &error), LEAT_OK);
    for (int i = 0; i < 4; i++)
        head[1 + i] = (uint8_t)((uint32_t)id >> (24 - 8 * i));
    wire.size = 0;
    cr_assert(!buffer_add(&wire, head, sizeof head) && !buffer_add(&wire, body.data, body.size));
    return buffer_bytes(&wire);
}

static int decode(struct leat_bytes bytes)
{
    void *value = NULL;
    int code = codec_decode(codec, bytes, &arena, &value, &error);

    tally = value;
    return code;
}

static bool is(const char *name, int64_t count)
{
    return leat_bytes_equal(tally->name, leat_bytes_of(name)) && tally->count == count;
}

/* ---- our own schema ----------------------------------------------------------------------- */

Test(codec, reads_back_what_it_wrote_with_strings_in_the_wire_bytes)
{
    cr_assert_eq(codec_register(codec, "tallies", &error), LEAT_OK, "%s", error.text);
    cr_assert_eq(codec_encode(codec, &(struct tally){ LEAT_LITERAL("a"), 300 }, &wire), LEAT_OK);
    cr_assert_eq(decode(buffer_bytes(&wire)), LEAT_OK, "%s", error.text);
    cr_assert(is("a", 300));
    cr_assert(tally->name.data > wire.data && tally->name.data < wire.data + wire.size);
}

Test(codec, writes_magic_id_and_body)
{
    uint8_t guid[16];
    int32_t id;

    cr_assert_eq(registry_mock_names(tally_type.schema, &id, guid, &error), LEAT_OK);
    cr_assert_eq(codec_register(codec, "tallies", &error), LEAT_OK);
    cr_assert_eq(codec_encode(codec, &(struct tally){ LEAT_LITERAL("a"), 1 }, &wire), LEAT_OK);
    cr_assert_eq(wire.size, 5 + 3);
    cr_assert_eq(wire.data[0], 0);
    cr_assert_eq((uint8_t)wire.data[1], (uint32_t)id >> 24);
    cr_assert_eq((uint8_t)wire.data[4], id & 0xff);
    cr_assert(!memcmp(wire.data + 5, "\2a\2", 3));
}

Test(codec, appends_nothing_where_the_value_does_not_fit)
{
    cr_assert_eq(codec_register(codec, "tallies", &error), LEAT_OK);
    cr_assert_eq(buffer_text(&wire, "before"), LEAT_OK);
    cr_assert_eq(codec_encode(codec, &(struct tally){ LEAT_LITERAL("a"), -1 }, &wire), LEAT_E_DATA);
    cr_assert(leat_bytes_equal(buffer_bytes(&wire), LEAT_LITERAL("before")));
}

Test(codec, registers_under_every_topic_and_keeps_its_id)
{
    struct buffer again;

    buffer_init(&again, 100);
    cr_assert_eq(codec_register(codec, "one", &error), LEAT_OK);
    cr_assert_eq(codec_encode(codec, &(struct tally){ LEAT_LITERAL("a"), 1 }, &wire), LEAT_OK);
    cr_assert_eq(codec_register(codec, "two", &error), LEAT_OK);
    cr_assert_eq(codec_encode(codec, &(struct tally){ LEAT_LITERAL("a"), 1 }, &again), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&wire), buffer_bytes(&again)));
    buffer_free(&again);
}

Test(codec, reads_its_own_schema_before_it_registered)
{
    cr_assert_eq(decode(written_with(tally_type.schema, leat_bytes("\2a\4", 3))), LEAT_OK);
    cr_assert(is("a", 2));
}

/* ---- other writers ------------------------------------------------------------------------ */

Test(codec, fills_in_the_default_of_a_field_that_the_writer_lacks)
{
    static const char old[] = TALLY NAME "]}";

    cr_assert_eq(decode(written_with(old, leat_bytes("\2a", 2))), LEAT_OK, "%s", error.text);
    cr_assert(is("a", 7));
    /* The buffer is used for the next value; the first one must not change under its reader. */
    struct tally first = *tally;
    cr_assert_eq(decode(written_with(old, leat_bytes("\2b", 2))), LEAT_OK);
    cr_assert(is("b", 7));
    cr_assert(leat_bytes_equal(first.name, LEAT_LITERAL("a")));
}

Test(codec, skips_reorders_and_promotes)
{
    static const char other[] = TALLY "{\"name\":\"count\",\"type\":\"int\"},"
                                      "{\"name\":\"extra\",\"type\":\"double\"}," NAME "]}";

    cr_assert_eq(decode(written_with(other, leat_bytes("\6\0\0\0\0\0\0\0\0\2a", 11))), LEAT_OK,
                 "%s", error.text);
    cr_assert(is("a", 3));
}

Test(codec, reads_writers_in_turn)
{
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(decode(written_with(TALLY NAME "]}", leat_bytes("\2a", 2))), LEAT_OK);
        cr_assert(is("a", 7));
        cr_assert_eq(decode(written_with(tally_type.schema, leat_bytes("\2b\2", 3))), LEAT_OK);
        cr_assert(is("b", 1));
    }
}

Test(codec, a_writer_that_cannot_be_read_is_bad_data_each_time)
{
    static const char other[] = TALLY "{\"name\":\"count\",\"type\":\"long\"}]}";

    for (int i = 0; i < 2; i++) {
        error = (struct leat_error){ 0 };
        cr_assert_eq(decode(written_with(other, leat_bytes("\2", 1))), LEAT_E_DATA);
        cr_assert_eq(error.code, LEAT_E_DATA);
        cr_assert(strstr(error.text, "cannot be read as tally"), "%s", error.text);
    }
}

Test(codec, truncated_and_overlong_bodies_are_bad_data)
{
    static const char old[] = TALLY NAME "]}";
    static const struct leat_bytes bodies[] = {
        { "", 0 }, { "\4a", 2 }, { "\2a\2x", 4 }, { "\1", 1 }
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        cr_assert_eq(decode(written_with(old, bodies[i])), LEAT_E_DATA);
        cr_assert_eq(decode(written_with(tally_type.schema, bodies[i])), LEAT_E_DATA);
        cr_assert_not(strstr(error.text, "\n"));
    }
}

Test(codec, bytes_without_a_schema_are_bad_data)
{
    cr_assert_eq(decode(LEAT_LITERAL("")), LEAT_E_DATA);
    cr_assert_eq(decode(LEAT_LITERAL("{\"name\":1}")), LEAT_E_DATA);
    cr_assert_eq(decode(leat_bytes("\0\0\0", 3)), LEAT_E_DATA);
    cr_assert_eq(decode(leat_bytes("\0\177\177\177\177x", 6)), LEAT_E_DATA);
    cr_assert(strstr(error.text, "schema 2139062143"), "%s", error.text);
}

/* ---- the header form ---------------------------------------------------------------------- */

static int decode_headed(const char *schema, struct leat_bytes body)
{
    char header[17] = { 1 };
    void *value = NULL;
    int32_t id;
    int code;

    cr_assert_eq(registry_register(registry, "other-value", schema, &id, &error), LEAT_OK);
    cr_assert_eq(registry_mock_names(schema, &id, (uint8_t *)header + 1, &error), LEAT_OK);
    code = codec_decode_headed(codec, leat_bytes(header, 17), body, &arena, &value, &error);
    tally = value;
    return code;
}

Test(codec, reads_the_schema_that_the_header_names)
{
    cr_assert_eq(decode_headed(tally_type.schema, leat_bytes("\2a\4", 3)), LEAT_OK);
    cr_assert(is("a", 2));
    cr_assert_eq(decode_headed(TALLY NAME "]}", leat_bytes("\2b", 2)), LEAT_OK);
    cr_assert(is("b", 7));
}

Test(codec, an_unknown_guid_is_bad_data)
{
    void *value;

    cr_assert_eq(codec_decode_headed(codec, leat_bytes("\1abcdefghijklmnop", 17), LEAT_LITERAL("x"),
                                     &arena, &value, &error),
                 LEAT_E_DATA);
    cr_assert(strstr(error.text, "61626364-"), "%s", error.text);
}

Test(codec, falls_back_to_the_prefix_where_the_header_is_another_s)
{
    struct leat_bytes bytes = written_with(tally_type.schema, leat_bytes("\2a\4", 3));
    void *value;

    cr_assert_eq(codec_decode_headed(codec, LEAT_LITERAL("what"), bytes, &arena, &value, &error),
                 LEAT_OK);
    cr_assert_eq(
        codec_decode_headed(codec, (struct leat_bytes){ 0 }, bytes, &arena, &value, &error),
        LEAT_OK);
}

/* ---- built-in types ----------------------------------------------------------------------- */

Test(codec, built_in_types_are_bare_and_need_no_registry)
{
    struct codec *longs = codec_new(&leat_long_type, NULL);
    int64_t number = 0x0102030405060708;
    void *value;

    cr_assert_eq(codec_register(longs, "numbers", &error), LEAT_OK);
    cr_assert_eq(codec_encode(longs, &number, &wire), LEAT_OK);
    cr_assert(leat_bytes_equal(buffer_bytes(&wire), LEAT_LITERAL("\1\2\3\4\5\6\7\10")));
    cr_assert_eq(codec_decode(longs, buffer_bytes(&wire), &arena, &value, &error), LEAT_OK);
    cr_assert_eq(*(int64_t *)value, number);
    cr_assert_eq(codec_decode(longs, LEAT_LITERAL("abc"), &arena, &value, &error), LEAT_E_DATA);
    cr_assert(strstr(error.text, "3 bytes is no long"), "%s", error.text);
    codec_free(longs);
}

/* ---- the registry behind it --------------------------------------------------------------- */

Test(codec_http, asks_once_for_each_writer_and_never_for_itself)
{
    static const struct server_answer answers[] = {
        { 200, "{\"id\":9}" },
        { 200, "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"tally\\\","
               "\\\"fields\\\":[{\\\"name\\\":\\\"name\\\",\\\"type\\\":\\\"string\\\"}]}\"}" },
        { 500, "" }
    };
    struct server server;

    server_start(&server, answers, 3);
    open_codec(server.url);
    cr_assert_eq(codec_register(codec, "tallies", &error), LEAT_OK, "%s", error.text);
    cr_assert_str_eq(server_last(&server).line, "POST /subjects/tallies-value/versions");
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(decode(leat_bytes("\0\0\0\0\11\2a\4", 8)), LEAT_OK);
        cr_assert(is("a", 2));
        cr_assert_eq(decode(leat_bytes("\0\0\0\0\10\2b", 7)), LEAT_OK, "%s", error.text);
        cr_assert(is("b", 7));
    }
    cr_assert_eq(server_last(&server).requests, 2);
    server_stop(&server);
}

Test(codec_http, waits_for_a_registry_that_is_away)
{
    char url[64];

    server_url_of_nobody(url);
    open_codec(url);
    cr_assert_eq(codec_register(codec, "tallies", &error), LEAT_E_RETRY);
    cr_assert_eq(decode(leat_bytes("\0\0\0\0\10\2b", 7)), LEAT_E_RETRY);
    cr_assert_eq(error.code, LEAT_E_RETRY);
}
