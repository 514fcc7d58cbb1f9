/* tables_test.c - the job's own tables and views. */
#include "harness.h"

#include "blackfriday/tables.h"
#include "retail/product_sales.h"

#include <criterion/criterion.h>

static struct sink *retail(const char *schema)
{
    struct postgres_options options = { .database = server_conninfo(), .schema = schema,
                                        .id = "test", .views = tables_views() };
    struct leat_error error = { 0 };
    struct sink *sink;

    options.tables = tables_all(&options.table_count);
    cr_assert(!postgres_new(&options, &sink, &error), "%s", error.text);
    return sink;
}

static void open_and_close(const char *schema)
{
    struct leat_error error = { 0 };
    struct sink_claim claim = { 0 };
    struct sink *sink = retail(schema);

    cr_assert(!sink_resume(sink, &claim, &error), "%s", error.text);
    sink_close(sink);
}

Test(tables, thirteen_tables_and_eleven_views_are_made_twice_over)
{
    schema_fresh("retail");
    open_and_close("retail");
    open_and_close("retail");
    cr_expect_str_eq(ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = "
                         "'retail' AND table_type = 'BASE TABLE' AND table_name NOT LIKE '%%other' "
                         "AND table_name <> 'sink_offset'"), "13");
    cr_expect_str_eq(ask("SELECT count(*) FROM information_schema.views WHERE table_schema = "
                         "'retail'"), "11");
}

Test(tables, views_answer)
{
    schema_fresh("retail");
    open_and_close("retail");
    ask("SET search_path = retail;"
        "INSERT INTO products VALUES ('p1', 'Boots', 'shoes', 'winter', 9.99, 's');"
        "INSERT INTO stores VALUES ('s1', 'Ghent', 'west', 'L', 'm'), ('s2', 'Liege', 'east', 'S', "
        "'m');"
        "INSERT INTO sales_by_product VALUES ('p1', '2026-11-27 10:00+00', 'shoes', "
        "'2026-11-27 11:00+00', 2, 3, 30), ('p2', '2026-11-27 10:00+00', 'unknown', "
        "'2026-11-27 11:00+00', 1, 1, 30), ('p1', '2026-11-27 11:00+00', 'shoes', "
        "'2026-11-27 12:00+00', 1, 1, 10);"
        "INSERT INTO sales_by_store VALUES ('s1', '2026-11-27 10:00+00', 'west', "
        "'2026-11-27 11:00+00', 3, 4, 60);"
        "INSERT INTO sales_by_region VALUES ('west', '2026-11-27 10:00+00', "
        "'2026-11-27 11:00+00', 3, 4, 75), ('east', '2026-11-27 10:00+00', "
        "'2026-11-27 11:00+00', 1, 1, 25);"
        "INSERT INTO sales_totals VALUES ('2026-11-27 10:00+00', '2026-11-27 10:01+00', 2, 3, 30, "
        "15), ('2026-11-27 10:59+00', '2026-11-27 11:00+00', 2, 2, 41, 20.5), "
        "('2026-11-28 00:00+00', '2026-11-28 00:01+00', 1, 1, 9, 9);"
        "INSERT INTO top_products VALUES ('2026-11-27 10:00+00', '2026-11-27 11:00+00', "
        "'[{\"rank\": 1, \"product_id\": \"p1\", \"units\": 3, \"revenue\": 30.00}]');"
        "INSERT INTO stock VALUES ('p1', 's1', 7, 10, 3, '2026-11-27 10:00+00'), ('p9', 's9', 70, "
        "70, 0, '2026-11-27 10:00+00');"
        "INSERT INTO sell_through VALUES ('p1', 's1', 3, 10, 0.3), ('p1', 's2', 1, 10, 0.1);"
        "INSERT INTO sales_enriched VALUES (0, 0, 't', 'p1', 's1', '2026-11-27 10:00+00', 3, 10, "
        "'Boots', 'shoes', 'winter', 's', 'Ghent', 'west', 7, 30)");
    cr_expect_str_eq(ask("SET timezone = 'UTC'; SELECT hour, orders, units, revenue, "
                         "average_order_value FROM retail.hourly_trend"),
                     "2026-11-27 10:00:00+00|4|5|71.00|17.75 2026-11-28 00:00:00+00|1|1|9.00|9.00");
    cr_expect_str_eq(ask("SELECT orders, revenue FROM retail.daily_trend"), "4|71.00 1|9.00");
    cr_expect_str_eq(ask("SELECT rank, product_id, name, units, revenue FROM "
                         "retail.top_selling_products"), "1|p1|Boots|4|40.00 2|p2|unknown|1|30.00");
    cr_expect_str_eq(ask("SELECT rank, product_id, revenue FROM retail.top_ten_now"),
                     "1|p1|30.00");
    cr_expect_str_eq(ask("SELECT region, revenue, share_percent FROM retail.regional_sales"),
                     "west|75.00|75.00 east|25.00|25.00");
    cr_expect_str_eq(ask("SELECT rank, rank_in_region, store_id, location FROM "
                         "retail.store_ranking"), "1|1|s1|Ghent");
    cr_expect_str_eq(ask("SELECT product_id, sold, received, rate FROM "
                         "retail.sell_through_by_product"), "p1|4|20|0.2");
    cr_expect_str_eq(ask("SELECT product_id, name, location, on_hand, low FROM "
                         "retail.current_stock ORDER BY 1"), "p1|Boots|Ghent|7|t p9|||70|f");
    cr_expect_str_eq(ask("SELECT orders, revenue, average_order_value FROM retail.revenue_total"),
                     "5|80.00|16.00");
    cr_expect_str_eq(ask("SELECT category, region, orders, units, revenue FROM "
                         "retail.revenue_by_segment"), "shoes|west|1|3|30.00");
    cr_expect_str_eq(ask("SELECT count(*) FROM retail.top_selling_categories"), "0");
}
