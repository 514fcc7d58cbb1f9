/* upsert_test.c - rows by key: written, written over, deleted; keys of every form. */
#include "harness.h"

#include <criterion/criterion.h>

static const struct sink_table windowed = {
    .topic = "windowed", .table = "windowed", .type = &counter_type, .mode = SINK_UPSERT,
    .key_form = SINK_KEY_WINDOWED, .key = { "name", "window_start" },
};
static const struct sink_table parts = {
    .topic = "parts", .table = "parts", .type = &counter_type, .mode = SINK_UPSERT,
    .key_form = SINK_KEY_PARTS, .key = { "shop", "name" },
};

static struct sink *opened(const char *schema, const struct sink_table *tables, size_t count,
                           struct sink_claim *claim)
{
    struct leat_error error = { 0 };
    struct sink *sink = sink_over(schema_fresh(schema), tables, count, &error);

    cr_assert_not_null(sink, "%s", error.text);
    cr_assert(!sink_resume(sink, claim, &error), "%s", error.text);
    return sink;
}

static void put(struct sink *sink, struct sink_claim *claim, struct leat_bytes key,
                const struct counter *counter)
{
    int64_t offset = claim->next_offset < 0 ? 0 : claim->next_offset;
    struct leat_error error = { 0 };

    cr_assert(!sink_begin(sink, claim, &error), "%s", error.text);
    cr_assert(!sink_write(sink, &(struct sink_row){ key, counter, offset }, &error), "%s",
              error.text);
    cr_assert(!sink_commit(sink, offset + 1, &error), "%s", error.text);
}

Test(upsert, the_last_value_of_a_key_is_its_row)
{
    struct sink_claim claim = { .partition = 3 };
    struct sink *sink = opened("upsert", &counters, 1, &claim);
    struct leat_error error = { 0 };

    cr_assert_eq(claim.next_offset, SINK_OFFSET_NONE);
    cr_assert(!put_counters(sink, &claim, "abc", 1, &error), "%s", error.text);
    cr_assert(!put_counters(sink, &claim, "bd", 2, &error), "%s", error.text);
    cr_expect_str_eq(ask("SELECT * FROM upsert.counters ORDER BY 1"),
                 "a|1 b|2 c|1 d|2");
    cr_expect_str_eq(ask("SELECT sink, topic, part, next_offset FROM upsert.sink_offset"),
                 "test|counters|3|5");
    sink_close(sink);
}

Test(upsert, null_deletes_the_row_of_its_key)
{
    struct sink_claim claim = { 0 };
    struct sink *sink = opened("upsert", &counters, 1, &claim);
    struct leat_error error = { 0 };

    cr_assert(!put_counters(sink, &claim, "abc", 1, &error), "%s", error.text);
    put(sink, &claim, LEAT_LITERAL("b"), NULL);
    put(sink, &claim, LEAT_LITERAL("nobody"), NULL);
    cr_expect_str_eq(ask("SELECT * FROM upsert.counters ORDER BY 1"), "a|1 c|1");
    sink_close(sink);
}

Test(upsert, the_key_wins_over_the_body)
{
    struct sink_claim claim = { 0 };
    struct sink *sink = opened("upsert", &counters, 1, &claim);

    put(sink, &claim, LEAT_LITERAL("key"), &(struct counter){ LEAT_LITERAL("body"), 1 });
    cr_expect_str_eq(ask("SELECT * FROM upsert.counters"), "key|1");
    sink_close(sink);
}

Test(upsert, a_windowed_key_gives_inner_key_and_start)
{
    static const char key[] = "shoes\0\0\1\xa2\x1a\xbc\x50\0";
    struct sink_claim claim = { 0 };
    struct sink *sink = opened("upsert", &windowed, 1, &claim);

    put(sink, &claim, leat_bytes(key, 13), &(struct counter){ LEAT_LITERAL("x"), 7 });
    cr_expect_str_eq(ask("SELECT name, (extract(epoch FROM window_start) * 1000)::bigint "
                                  "= x'01a21abc5000'::bigint, total FROM upsert.windowed"),
                 "shoes|t|7");
    put(sink, &claim, leat_bytes(key, 13), NULL);
    cr_expect_str_eq(ask("SELECT count(*) FROM upsert.windowed"), "0");
    sink_close(sink);
}

Test(upsert, the_last_part_of_a_key_takes_what_is_left)
{
    struct sink_claim claim = { 0 };
    struct sink *sink = opened("upsert", &parts, 1, &claim);

    put(sink, &claim, LEAT_LITERAL("s1|p|x"), &(struct counter){ LEAT_LITERAL("?"), 7 });
    cr_expect_str_eq(ask("SELECT shop, name, total FROM upsert.parts"),
                 "s1|p|x|7");
    sink_close(sink);
}

Test(upsert, a_key_of_another_form_is_a_bad_row)
{
    const struct sink_table tables[] = { counters, windowed, parts };
    struct sink_claim claims[] = { { .table = 0 }, { .table = 1 }, { .table = 2 } };
    const struct leat_bytes keys[] = { { 0 }, { "short", 5 }, { "onepart", 7 } };
    struct sink *sink = opened("upsert", tables, 3, &claims[0]);
    struct counter counter = { LEAT_LITERAL("x"), 1 };

    for (int i = 0; i < 3; i++) {
        struct leat_error error = { 0 };

        cr_assert(!sink_resume(sink, &claims[i], &error), "%s", error.text);
        cr_assert(!sink_begin(sink, &claims[i], &error), "%s", error.text);
        cr_expect_eq(sink_write(sink, &(struct sink_row){ keys[i], &counter, 0 }, &error),
                     LEAT_E_DATA);
        cr_expect(strstr(error.text, "key"), "%s", error.text);
    }
    sink_close(sink);
}

Test(upsert, five_thousand_rows_go_in_one_statement)
{
    struct sink_claim claim = { 0 };
    struct sink *sink = opened("upsert", &counters, 1, &claim);
    struct leat_error error = { 0 };
    char name[16];

    for (int round = 0; round < 2; round++) {
        cr_assert(!sink_begin(sink, &claim, &error), "%s", error.text);
        for (int i = 0; i < 5000; i++) {
            struct counter counter = { .total = round };

            counter.name = leat_bytes(name, (size_t)snprintf(name, sizeof(name), "n%d", i));
            cr_assert(!sink_write(sink, &(struct sink_row){ counter.name, &counter, i }, &error));
        }
        cr_assert(!sink_commit(sink, (round + 1) * 5000, &error), "%s", error.text);
    }
    cr_expect_str_eq(ask("SELECT count(*), sum(total) FROM upsert.counters"),
                 "5000|5000");
    sink_close(sink);
}
