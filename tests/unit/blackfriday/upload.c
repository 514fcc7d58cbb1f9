/* upload.c - tests of an upload: which rows are refused, and why; and that all of it is seen, or
 * nothing. */
#include "blackfriday/web/upload.h"

#include "input_bench.h"

#include "base/arena.h"
#include "base/clock.h"
#include "processor/log.h"
#include "processor/partition.h"
#include "retail/inventory_update.h"
#include "retail/sale.h"
#include "schemas/codec.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#define SALES "transaction_id,product_id,store_id,timestamp,quantity,unit_price\n"
#define UPDATES "product_id,store_id,timestamp,quantity_change\n"
#define PRODUCTS "product_id,name,category,subcategory,price,supplier_id\n"

static struct input_bench bench;
static struct upload_counts counts;
static char report[1 << 21];

static void start(void)
{
    input_bench_start(&bench);
}

static void stop(void)
{
    input_bench_stop(&bench);
}

TestSuite(upload, .init = start, .fini = stop);

static struct upload *open_one(enum feed_topic topic, enum upload_choice choice)
{
    struct upload_options options = { .topic = topic, .choice = choice, .transactional_id = "t",
                                      .timestamp_ahead_ms = 86400000 };
    struct upload *upload;

    cr_assert(eq(int, upload_new(bench.log, bench.registry, &options, &upload, &bench.error),
                 LEAT_OK), "%s", bench.error.text);
    return upload;
}

static int close_one(struct upload *upload, int code)
{
    if (!code)
        code = upload_finish(upload, &bench.error);
    upload_progress(upload, &counts);
    snprintf(report, sizeof report, "%.*s", (int)upload_report(upload).size,
             upload_report(upload).data);
    upload_free(upload);
    return code;
}

static int send_all(enum feed_topic topic, enum upload_choice choice, const char *text)
{
    struct upload *upload = open_one(topic, choice);

    return close_one(upload, upload_take(upload, text, strlen(text), &bench.error));
}

static void see_nothing(void *user, const struct log_message *message)
{
}

static int seen(const char *topic)
{
    return input_bench_read(&bench, topic, see_nothing, NULL);
}

/* The row is refused for this reason and no other is. */
static void refuses(enum feed_topic topic, const char *head, const char *row, const char *said)
{
    char text[1024], expected[1024];

    snprintf(text, sizeof text, "%s%s\n", head, row);
    cr_assert(eq(int, send_all(topic, UPLOAD_GOOD_ROWS, text), LEAT_OK), "%s", bench.error.text);
    snprintf(expected, sizeof expected, "line,column,reason\n2,%s\n", said);
    cr_assert(eq(str, report, expected), "of %s", row);
    cr_assert(eq(i64, counts.refused, 1));
    cr_assert(eq(i64, counts.written, 0));
}

/* ---- rows ------------------------------------------------------------------------------------ */

Test(upload, a_sale_is_refused_for_what_the_job_would_reject)
{
#define REFUSES(row, said) refuses(FEED_SALES, SALES, row, said)
    REFUSES(",P,S,0,1,1.00", "transaction_id (1),\"expected a transaction_id, found ''\"");
    REFUSES("T,,S,0,1,1.00", "product_id (2),\"expected a product_id, found ''\"");
    REFUSES("T,P,,0,1,1.00", "store_id (3),\"expected a store_id, found ''\"");
    REFUSES("T,P,S,-1,1,1.00", "timestamp (4),\"expected a timestamp from 1970 on, found '-1'\"");
    REFUSES("T,P,S,0,0,1.00", "quantity (5),\"expected a quantity above 0, found '0'\"");
    REFUSES("T,P,S,0,1,-0.01", "unit_price (6),\"expected a unit_price that is not negative, "
                               "found '-0.01'\"");
    REFUSES("T,P,S,0,2000000000,9999999999.99",
            "unit_price (6),\"expected a unit_price that, times the quantity, fits decimal(18,2), "
            "found '9999999999.99'\"");
    REFUSES("T,P,S,0,1,1.005", "unit_price (6),\"expected a unit_price like 12.34, at most 12 "
                               "digits, 2 of them behind the point, found '1.005'\"");
    REFUSES("T,P,S,0,2147483648,1", "quantity (5),\"expected a quantity, a whole number from "
                                    "-2147483648 to 2147483647, found '2147483648'\"");
    REFUSES("T,P,S,28.11.2025,1,1", "timestamp (4),\"expected a timestamp like "
                                    "2026-11-27T08:00:00Z, or milliseconds since 1970, found "
                                    "'28.11.2025'\"");
    REFUSES("T,P,S,0,1", "quantity (5),\"expected 6 fields as in the first line, found 5\"");
    REFUSES("T,P,S,0,1,1,1", "(7),\"expected 6 fields as in the first line, found 7\"");
    REFUSES("T,P,S,0,1,=\"x", "unit_price (6),\"expected a comma or the end of the line, found a "
                              "quote inside a field; quote the whole field and double the quotes "
                              "in it\"");
}

Test(upload, a_sale_too_far_ahead_of_the_clock_is_refused)
{
    int64_t day_ms = 86400000, now_ms = clock_wall_ms(clock_system());
    char text[256];

    snprintf(text, sizeof text, SALES "T1,P,S,%lld,1,1\nT2,P,S,%lld,1,1\n",
             (long long)(now_ms + day_ms - 1000), (long long)(now_ms + day_ms + 3600000));
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_GOOD_ROWS, text), LEAT_OK));
    cr_assert(eq(i64, counts.written, 1));
    cr_assert(strstr(report, "\n3,timestamp (4),\"expected a timestamp no later than ") != NULL);
}

Test(upload, an_update_is_refused_for_what_its_key_could_not_tell)
{
#undef REFUSES
#define REFUSES(row, said) refuses(FEED_UPDATES, UPDATES, row, said)
    REFUSES("A|B,S,0,1", "product_id (1),\"expected a product_id without |, which ends it in the "
                         "key, found 'A|B'\"");
    REFUSES(",S,0,1", "product_id (1),\"expected a product_id, found ''\"");
    REFUSES("P,,0,1", "store_id (2),\"expected a store_id, found ''\"");
    REFUSES("P,S,-5,1", "timestamp (3),\"expected a timestamp from 1970 on, found '-5'\"");
    REFUSES("P,S,0,1.5", "quantity_change (4),\"expected a quantity_change, a whole number from "
                         "-2147483648 to 2147483647, found '1.5'\"");
}

static void takes_time(const char *text, int64_t at_ms);

struct expected_sale {
    int64_t at_ms;
    int count;
};

static void see_sale(void *user, const struct log_message *message)
{
    struct codec *codec = codec_new(&sale_type, bench.registry);
    struct expected_sale *expected = user;
    const struct sale *sale;
    struct arena arena;
    void *value;

    arena_init(&arena, 4096);
    cr_assert(eq(int, codec_decode(codec, message->value, &arena, &value, &bench.error), LEAT_OK));
    sale = value;
    cr_assert(leat_bytes_equal(message->key, sale->transaction_id));
    cr_assert(eq(i32, message->partition, partition_of(message->key, 4)));
    cr_assert(eq(i64, sale->timestamp, expected->at_ms));
    cr_assert(eq(i64, message->timestamp_ms, expected->at_ms));
    cr_assert(eq(i32, sale->quantity, 3));
    cr_assert(eq(i64, sale->unit_price, 1290));
    expected->count++;
    arena_free(&arena);
    codec_free(codec);
}

static void takes_time(const char *text, int64_t at_ms)
{
    struct expected_sale expected = { .at_ms = at_ms };
    char file[256];

    input_bench_stop(&bench);
    input_bench_start(&bench);
    snprintf(file, sizeof file, SALES "T-1,P,S,%s,3,12.9\n", text);
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_ALL_OR_NONE, file), LEAT_OK));
    cr_assert(eq(i64, counts.written, 1), "%s: %s", text, report);
    input_bench_read(&bench, "sales", see_sale, &expected);
    cr_assert(eq(int, expected.count, 1));
}

Test(upload, a_sale_is_the_record_that_generate_would_write)
{
    takes_time("0", 0);
    takes_time("1764320400123", INT64_C(1764320400123));
    takes_time("2025-11-28T09:00:00Z", INT64_C(1764320400000));
    takes_time("2025-11-28T09:00:00.1Z", INT64_C(1764320400100));
    takes_time("2025-11-28T09:00:00.123Z", INT64_C(1764320400123));
    takes_time("2024-02-29T23:59:59.999Z", INT64_C(1709251199999));
    takes_time("2000-02-29T00:00:00Z", INT64_C(951782400000));
    takes_time("1970-01-01T00:00:00Z", 0);
}

Test(upload, a_time_that_is_none_is_refused)
{
    static const char *const times[] = {
        "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-11-31T00:00:00Z",
        "2025-11-28T24:00:00Z", "2025-11-28T09:60:00Z", "2025-11-28T09:00:60Z",
        "2025-11-28T09:00:00",  "2025-11-28 09:00:00Z", "2025-11-28T09:00:00+01:00",
        "2025-11-28T09:00:00.Z", "2025-11-28T09:00:00.1234Z", "2025-1-28T09:00:00Z",
        "1900-02-29T00:00:00Z", "x", "", "1e3", "12.5", " 1", "+1", "99999999999999999999",
    };
    char file[256];

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        snprintf(file, sizeof file, SALES "T,P,S,%s,1,1\n", times[i]);
        cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_GOOD_ROWS, file), LEAT_OK));
        cr_assert(eq(i64, counts.refused, 1), "'%s' was taken", times[i]);
    }
}

static void see_update(void *user, const struct log_message *message)
{
    cr_assert(leat_bytes_equal(message->key, LEAT_LITERAL("P|S|1")));
    cr_assert(eq(i64, message->timestamp_ms, 1000));
}

Test(upload, an_update_has_product_and_store_for_its_key)
{
    cr_assert(eq(int, send_all(FEED_UPDATES, UPLOAD_GOOD_ROWS, UPDATES "P,S|1,1000,-7\n"),
                 LEAT_OK));
    cr_assert(eq(int, input_bench_read(&bench, "inventory-updates", see_update, NULL), 1));
}

/* ---- files ----------------------------------------------------------------------------------- */

static const char mixed[] = SALES "T1,P,S,0,1,1\n"
                                  "T2,P,S,0,0,1\n"
                                  "T3,P,S,0,\"1\n"
                                  "T4,P,S,0,1,1\n"
                                  "T5,P,S\n"
                                  "T6,P,S,0,1,1";

Test(upload, good_rows_are_written_and_the_others_reported)
{
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_GOOD_ROWS, mixed), LEAT_OK));
    cr_assert(eq(i64, counts.rows, 6));
    cr_assert(eq(i64, counts.accepted, 3));
    cr_assert(eq(i64, counts.refused, 3));
    cr_assert(eq(i64, counts.written, 3));
    cr_assert(eq(i64, counts.bytes, (int64_t)sizeof mixed - 1));
    cr_assert(counts.over && !counts.unknown);
    cr_assert(eq(int, seen("sales"), 3));
    cr_assert(eq(str, report,
                 "line,column,reason\n"
                 "3,quantity (5),\"expected a quantity above 0, found '0'\"\n"
                 "4,quantity (5),\"expected a closing quote for this one before the file's end\"\n"
                 "6,store_id (3),\"expected 6 fields as in the first line, found 3\"\n"));
}

Test(upload, a_broken_row_is_reported_by_the_line_that_it_begins_on)
{
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_GOOD_ROWS,
                               SALES "T1,\"P,S,0,1,1\nT2,P,S,0,1,1\nT3,\"P\",S,0,1,1\n"), LEAT_OK));
    cr_assert(eq(i64, counts.written, 2));
    cr_assert(eq(str, report,
                 "line,column,reason\n2,product_id (2),\"expected a comma or the end of the line "
                 "after the closing quote (in line 4)\"\n"));
}

Test(upload, all_or_none_is_none_for_one_refused_row)
{
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_ALL_OR_NONE, mixed), LEAT_OK));
    cr_assert(eq(i64, counts.accepted, 3));
    cr_assert(eq(i64, counts.refused, 3));
    cr_assert(eq(i64, counts.written, 0));
    cr_assert(eq(int, seen("sales"), 0));
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_ALL_OR_NONE, SALES "T,P,S,0,1,1\n"), LEAT_OK));
    cr_assert(eq(int, seen("sales"), 1));
}

Test(upload, where_the_bytes_are_cut_makes_no_difference)
{
    char whole[2048];

    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_GOOD_ROWS, mixed), LEAT_OK));
    snprintf(whole, sizeof whole, "%s", report);
    for (size_t cut = 0; cut < sizeof mixed; cut++) {
        struct upload *upload = open_one(FEED_SALES, UPLOAD_GOOD_ROWS);
        int code = upload_take(upload, mixed, cut, &bench.error);

        if (!code)
            code = upload_take(upload, mixed + cut, sizeof mixed - 1 - cut, &bench.error);
        if (cut == sizeof mixed - 1)
            code = upload_take(upload, "", 0, &bench.error);
        cr_assert(eq(int, close_one(upload, code), LEAT_OK));
        cr_assert(eq(str, report, whole), "cut at %zu", cut);
        cr_assert(eq(i64, counts.written, 3));
    }
}

Test(upload, what_is_not_finished_is_never_seen)
{
    struct upload *upload = open_one(FEED_SALES, UPLOAD_GOOD_ROWS);

    cr_assert(eq(int, upload_take(upload, mixed, sizeof mixed - 1, &bench.error), LEAT_OK));
    upload_free(upload);
    cr_assert(eq(int, seen("sales"), 0));
}

static void refuses_file(const char *text, const char *said)
{
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_GOOD_ROWS, text), LEAT_E_ARGUMENT));
    cr_assert(eq(int, strncmp(bench.error.text, said, strlen(said)), 0), "it says: %s",
              bench.error.text);
    cr_assert(eq(i64, counts.written, 0));
    cr_assert(counts.over);
}

Test(upload, a_file_with_a_wrong_first_line_is_refused_as_a_whole)
{
    refuses_file("", "sales.csv:1:1: expected a line with the columns transaction_id, product_id, "
                     "store_id, timestamp, quantity, unit_price, found an empty file");
    refuses_file("transaction_id,what\n", "sales.csv:1:16: expected one of the columns");
    refuses_file("transaction_id\n1\n", "sales.csv:1:15: expected all of the columns");
    refuses_file("\"transaction_id\n1\n", "sales.csv:1:1: expected a closing quote");
    refuses_file("PK\3\4zipped", "sales.csv:1:1: expected CSV text, found a ZIP archive");
}

Test(upload, columns_may_stand_in_any_order)
{
    cr_assert(eq(int, send_all(FEED_SALES, UPLOAD_GOOD_ROWS,
                               "quantity,unit_price,timestamp,store_id,product_id,transaction_id\n"
                               "1,2,3,S,P,T\n0,2,3,S,P,T\n"), LEAT_OK));
    cr_assert(eq(i64, counts.written, 1));
    cr_assert(strstr(report, "3,quantity (1),") != NULL);
}

Test(upload, a_template_is_accepted_as_it_stands)
{
    for (int topic = 0; topic < FEED_TOPICS; topic++) {
        cr_assert(eq(int, send_all((enum feed_topic)topic, UPLOAD_ALL_OR_NONE,
                                   upload_template((enum feed_topic)topic)), LEAT_OK),
                  "%s", bench.error.text);
        cr_assert(eq(i64, counts.written, 2), "%s", report);
        cr_assert(eq(int, seen(feed_name((enum feed_topic)topic)), 2));
    }
}

Test(upload, a_product_needs_what_load_asks_for)
{
    refuses(FEED_PRODUCTS, PRODUCTS, ",a,b,c,1,V", "product_id (1),\"expected a product_id, "
                                                   "found ''\"");
    refuses(FEED_PRODUCTS, PRODUCTS, "P,a,b,c,1e3,V",
            "price (5),\"expected a price like 12.34, at most 12 digits, 2 of them behind the "
            "point, found '1e3'\"");
}

Test(upload, the_report_is_bounded_and_says_so)
{
    struct upload *upload = open_one(FEED_SALES, UPLOAD_GOOD_ROWS);
    int code = upload_take(upload, SALES, sizeof SALES - 1, &bench.error);

    for (int i = 0; !code && i < 5000; i++)
        code = upload_take(upload, "bad\n", 4, &bench.error);
    cr_assert(eq(int, close_one(upload, code), LEAT_OK));
    cr_assert(eq(i64, counts.refused, 5000));
    cr_assert(strstr(report, ",,\"and 4000 more rows, which are not listed\"\n") != NULL);
}
