/* key_test.c - layouts on disk: rows, window keys, session keys. */
#include "state/row.h"
#include "state/session_key.h"
#include "state/window_key.h"

#include <criterion/criterion.h>

static struct arena arena;

static void start(void)
{
    arena_init(&arena, 1024);
}

static void stop(void)
{
    arena_free(&arena);
}

Test(key, of_a_window_is_the_one_that_java_lays_out, .init = start, .fini = stop)
{
    struct leat_bytes key = window_key_build(&arena, LEAT_LITERAL("s1"), 0x0102030405060708, 9);

    cr_assert(leat_bytes_equal(key, LEAT_LITERAL("s1\1\2\3\4\5\6\7\10\0\0\0\11")));
    cr_assert(leat_bytes_equal(window_key_topic(key), LEAT_LITERAL("s1\1\2\3\4\5\6\7\10")));
}

Test(key, of_a_window_is_taken_apart, .init = start, .fini = stop)
{
    struct window_key parts;

    cr_assert(window_key_parse(window_key_build(&arena, LEAT_LITERAL(""), 7, 8), &parts));
    cr_assert(parts.key.size == 0 && parts.start_ms == 7 && parts.sequence == 8);
    cr_assert(
        window_key_parse(window_key_build(&arena, LEAT_LITERAL("abc"), INT64_MAX, 1), &parts));
    cr_assert(leat_bytes_equal(parts.key, LEAT_LITERAL("abc")) && parts.start_ms == INT64_MAX);
    cr_assert_not(window_key_parse(LEAT_LITERAL("12345678901"), &parts));
    cr_assert_not(window_key_parse(LEAT_LITERAL(""), &parts));
}

static bool between(struct leat_bytes key, struct leat_bytes from, struct leat_bytes to)
{
    return leat_bytes_compare(key, from) >= 0 && leat_bytes_compare(key, to) < 0;
}

Test(key, bounds_hold_the_windows_of_a_span_and_no_other, .init = start, .fini = stop)
{
    struct leat_bytes from, to, key = LEAT_LITERAL("k");
    static const int64_t spans[][2] = { { 0, 0 },     { 5, 10 },        { -7, 3 },
                                        { 255, 256 }, { 1, INT64_MAX }, { INT64_MAX, INT64_MAX } };
    static const int64_t starts[] = {
        0, 1, 3, 4, 5, 10, 11, 255, 256, 257, INT64_MAX - 1, INT64_MAX
    };

    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        window_key_bounds(&arena, key, spans[i][0], spans[i][1], &from, &to);
        for (size_t j = 0; j < sizeof starts / sizeof *starts; j++)
            for (uint32_t sequence = 0; sequence < 2; sequence++)
                cr_assert_eq(between(window_key_build(&arena, key, starts[j], -sequence), from, to),
                             starts[j] >= spans[i][0] && starts[j] <= spans[i][1]);
    }
}

/* "k" followed by zeroes begins like the windows of "k". */
Test(key, of_another_may_lie_between_and_is_told_apart, .init = start, .fini = stop)
{
    struct leat_bytes from, to, other;

    window_key_bounds(&arena, LEAT_LITERAL("k"), 0, 1000, &from, &to);
    other = window_key_build(&arena, LEAT_LITERAL("k\0"), 5, 0);
    cr_assert(between(other, from, to));
    cr_assert_not(window_key_of(other, LEAT_LITERAL("k")));
    cr_assert(window_key_of(window_key_build(&arena, LEAT_LITERAL("k"), 5, 0), LEAT_LITERAL("k")));
    cr_assert(window_key_of(other, LEAT_LITERAL("k\0")));

    session_key_bounds(&arena, LEAT_LITERAL("k"), 0, 1000, &from, &to);
    other = session_key_build(&arena, LEAT_LITERAL("k\0"), 5, 5);
    cr_assert(between(other, from, to));
    cr_assert_not(session_key_of(other, LEAT_LITERAL("k")));
    cr_assert(
        session_key_of(session_key_build(&arena, LEAT_LITERAL("k"), 5, 6), LEAT_LITERAL("k")));
}

Test(key, of_a_session_is_the_one_that_java_lays_out, .init = start, .fini = stop)
{
    struct leat_bytes key = session_key_build(&arena, LEAT_LITERAL("s"), 1, 2);
    struct session_key parts;

    cr_assert(leat_bytes_equal(key, LEAT_LITERAL("s\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1")));
    cr_assert(session_key_parse(key, &parts));
    cr_assert(leat_bytes_equal(parts.key, LEAT_LITERAL("s")) && parts.start_ms == 1 &&
              parts.end_ms == 2);
    cr_assert_not(session_key_parse(LEAT_LITERAL("123456789012345"), &parts));
}

Test(key, bounds_hold_the_sessions_that_end_in_a_span, .init = start, .fini = stop)
{
    struct leat_bytes from, to, key = LEAT_LITERAL("k");

    session_key_bounds(&arena, key, 5, 10, &from, &to);
    for (int64_t end = 0; end < 20; end++)
        for (int64_t start_ms = 0; start_ms <= end; start_ms++)
            cr_assert_eq(between(session_key_build(&arena, key, start_ms, end), from, to),
                         end >= 5 && end <= 10);
}

Test(row, is_a_version_flags_a_timestamp_and_the_bytes)
{
    char bytes[ROW_HEAD_BYTES + 4];
    struct leat_error error = { 0 };
    struct row row;

    row_write_head(bytes, -2);
    memcpy(bytes + ROW_HEAD_BYTES, "wire", 4);
    cr_assert(leat_bytes_equal(leat_bytes(bytes, sizeof bytes),
                               LEAT_LITERAL("\1\0\xff\xff\xff\xff\xff\xff\xff\xfewire")));
    cr_assert_eq(row_parse(leat_bytes(bytes, sizeof bytes), &row, &error), LEAT_OK);
    cr_assert(row.timestamp_ms == -2 && leat_bytes_equal(row.wire, LEAT_LITERAL("wire")));
}

Test(row, of_a_newer_version_or_with_unknown_flags_is_refused)
{
    char bytes[ROW_HEAD_BYTES];
    struct leat_error error = { 0 };
    struct row row;

    row_write_head(bytes, 0);
    for (size_t size = 0; size < sizeof bytes; size++)
        cr_assert_eq(row_parse(leat_bytes(bytes, size), &row, &error), LEAT_E_STATE);
    bytes[0] = 2;
    cr_assert_eq(row_parse(leat_bytes(bytes, sizeof bytes), &row, &error), LEAT_E_STATE);
    cr_assert(strstr(error.text, "run the newer version"), "%s", error.text);
    bytes[0] = 1;
    bytes[1] = 4;
    cr_assert_eq(row_parse(leat_bytes(bytes, sizeof bytes), &row, &error), LEAT_E_STATE);
}
