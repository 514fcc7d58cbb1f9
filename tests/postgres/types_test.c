/* types_test.c - every kind of value arrives as it was, by both ways of writing. */
#include "harness.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

static const struct sink_table every_upsert = {
    .topic = "every", .table = "every", .type = &every_type, .mode = SINK_UPSERT, .key = { "id" },
};
static const struct sink_table every_facts = {
    .topic = "every-facts", .table = "every_facts", .type = &every_type, .mode = SINK_FACTS,
};

static const struct leat_bytes two_words[] = { { "one", 3 }, { "t\"w\\o\n", 6 } };
static const struct every_counts_entry one_count[] = { { { "k", 1 }, INT64_MIN } };

static struct every plain(void)
{
    return (struct every){
        .id = LEAT_LITERAL("plain"), .yes = true, .number = 42, .big = 43, .single = 1.5f,
        .twice = 0.1, .word = LEAT_LITERAL("h\xc3\xa9llo"), .raw = { "\0\xff", 2 }, .money = 1234,
        .whole = 7, .fine = 1, .at = FRIDAY_MS + 123, .colour = COLOUR_GREEN,
        .place = { LEAT_LITERAL("Ghent"), -1, -5, { 0 } }, .words = { 2, two_words },
        .counts = { 1, one_count }, .maybe_number = { true, 5 },
        .maybe_word = LEAT_LITERAL("there"), .maybe_money = { true, -1 },
        .maybe_at = { true, 0 },
    };
}

static struct every largest(void)
{
    struct every value = plain();

    value.id = LEAT_LITERAL("largest");
    value.number = INT32_MAX;
    value.big = INT64_MAX;
    value.single = FLT_MAX;
    value.twice = DBL_MAX;
    value.money = 999999999999999999;
    value.whole = 999999999999999999;
    value.fine = 999999999999999999;
    value.at = 9224318015999999;
    value.maybe_number.set = false;
    value.maybe_word = (struct leat_bytes){ 0 };
    value.maybe_money.set = false;
    value.maybe_at.set = false;
    return value;
}

static struct every smallest(void)
{
    struct every value = largest();

    value.id = LEAT_LITERAL("smallest");
    value.yes = false;
    value.number = INT32_MIN;
    value.big = INT64_MIN;
    value.single = -INFINITY;
    value.twice = NAN;
    value.word = LEAT_LITERAL("");
    value.raw = LEAT_LITERAL("");
    value.money = -999999999999999999;
    value.whole = 0;
    value.fine = -10000;
    value.at = -210866803200000;
    value.words.count = 0;
    value.counts.count = 0;
    return value;
}

static void write_three(struct sink *sink, int table)
{
    struct sink_claim claim = { .table = table };
    struct every values[] = { plain(), largest(), smallest() };
    struct leat_error error = { 0 };

    cr_assert(!sink_resume(sink, &claim, &error), "%s", error.text);
    cr_assert(!sink_begin(sink, &claim, &error), "%s", error.text);
    for (int i = 0; i < 3; i++) {
        struct sink_row row = { values[i].id, &values[i], i };

        cr_assert(!sink_write(sink, &row, &error), "%s", error.text);
    }
    cr_assert(!sink_commit(sink, 3, &error), "%s", error.text);
    cr_assert_eq(claim.next_offset, 3);
}

static const char *row_of(const char *table, const char *id, const char *columns)
{
    return ask("SET timezone = 'UTC'; SELECT %s FROM types.%s WHERE id = '%s'", columns, table, id);
}

static void check_rows(const char *table)
{
    cr_expect_str_eq(row_of(table, "plain",
                                     "yes, number, big, single, twice, word, raw, money, whole, "
                                     "fine, at, colour"),
                 "t|42|43|1.5|0.1|h\xc3\xa9llo|\\x00ff|12.34|7|0.0000001|"
                         "2026-11-27 00:00:00.123+00|GREEN");
    cr_expect_str_eq(row_of(table, "plain", "place, words, counts"),
                 "{\"note\": null, \"rent\": -0.05, \"town\": \"Ghent\", \"since\": "
                         "\"1969-12-31T23:59:59.999Z\"}|[\"one\", \"t\\\"w\\\\o\\n\"]|"
                         "{\"k\": -9223372036854775808}");
    cr_expect_str_eq(row_of(table, "plain", "maybe_number, maybe_word, maybe_money, "
                                                     "maybe_at"),
                 "5|there|-0.01|1970-01-01 00:00:00+00");
    cr_expect_str_eq(row_of(table, "largest",
                                     "number, big, single, twice, money, whole, fine, at"),
                 "2147483647|9223372036854775807|3.4028235e+38|1.7976931348623157e+308|"
                         "9999999999999999.99|999999999999999999|99999999999.9999999|"
                         "294276-12-31 23:59:59.999+00");
    cr_expect_str_eq(row_of(table, "largest", "maybe_number IS NULL, maybe_word IS NULL, "
                                                       "maybe_money IS NULL, maybe_at IS NULL"),
                 "t|t|t|t");
    cr_expect_str_eq(row_of(table, "smallest",
                                     "yes, number, big, single, twice, word, raw, money, whole, "
                                     "fine, words, counts"),
                 "f|-2147483648|-9223372036854775808|-Infinity|NaN||\\x|"
                         "-9999999999999999.99|0|-0.0010000|[]|{}");
    cr_expect_str_eq(row_of(table, "smallest", "at"),
                 "4714-11-24 00:00:00+00 BC");
}

Test(types, every_kind_arrives_by_both_ways)
{
    const struct sink_table tables[] = { every_upsert, every_facts };
    struct leat_error error = { 0 };
    struct sink *sink = sink_over(schema_fresh("types"), tables, 2, &error);

    cr_assert_not_null(sink, "%s", error.text);
    write_three(sink, 0);
    write_three(sink, 1);
    check_rows("every");
    check_rows("every_facts");
    cr_expect_str_eq(ask("SELECT source_partition, source_offset FROM types.every_facts "
                                  "ORDER BY 2"), "0|0 0|1 0|2");
    sink_close(sink);
}

Test(types, a_value_that_no_column_holds_is_refused_and_the_batch_goes_on)
{
    const struct sink_table tables[] = { every_upsert };
    struct leat_error error = { 0 };
    struct sink *sink = sink_over(schema_fresh("types"), tables, 1, &error);
    struct sink_claim claim = { .table = 0 };
    struct every bad[] = { plain(), plain(), plain() }, good = plain();

    cr_assert_not_null(sink, "%s", error.text);
    cr_assert(!sink_resume(sink, &claim, &error), "%s", error.text);
    cr_assert(!sink_begin(sink, &claim, &error), "%s", error.text);
    bad[0].word = leat_bytes("a\0b", 3);
    bad[1].at = INT64_MAX;
    bad[2].colour = 2;
    for (int i = 0; i < 3; i++) {
        struct sink_row row = { bad[i].id, &bad[i], i };

        cr_expect_eq(sink_write(sink, &row, &error), LEAT_E_DATA);
        cr_expect(strstr(error.text, "field '"), "%s", error.text);
    }
    cr_assert(!sink_write(sink, &(struct sink_row){ good.id, &good, 3 }, &error));
    error = (struct leat_error){ 0 };
    cr_assert(!sink_commit(sink, 4, &error), "%s", error.text);
    cr_expect_str_eq(ask("SELECT count(*), min(word) FROM types.every"),
                 "1|h\xc3\xa9llo");
    sink_close(sink);
}
