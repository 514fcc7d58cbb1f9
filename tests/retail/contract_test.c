/* contract_test.c - the rules of the data contract, one by one. */
#include "shop.h"

#include <criterion/parameterized.h>

enum { DAY = 86400000, HOUR = 3600000, MINUTE = 60000 };

#define T0 INT64_C(1699999200000) /* a full hour, half an hour before the driver's clock */

static void open_shop(void)
{
    shop_open(&(struct way){ true, 0 });
    shop_product("p1", "toys");
    shop_product("p2", "food");
    shop_store("s1", "north");
}

TestSuite(contract, .init = open_shop, .fini = shop_close);

Test(contract, a_sale_is_enriched_with_its_product_its_store_and_the_stock_right_after_it)
{
    shop_update("p1|s1", 20, T0);
    shop_sell("p1", "s1", 3, 250, T0 + 1);
    shop_sell("p1", "s1", 1, 250, T0 + 2);
    shop_sell("p9", "s9", 2, 100, T0 + 3);
    next_is("sales-enriched", "t0 p1 s1 3 250 a name toys north 17 750");
    next_is("sales-enriched", "t1 p1 s1 1 250 a name toys north 16 250");
    next_is("sales-enriched", "t2 p9 s9 2 100 unknown unknown unknown -2 200");
    no_more("sales-enriched");
    next_is("stock", "p1|s1 p1 s1 20 20 0 1699999200000");
    next_is("stock", "p1|s1 p1 s1 17 20 3 1699999200001");
    next_is("stock", "p1|s1 p1 s1 16 20 4 1699999200002");
    next_is("stock", "p9|s9 p9 s9 -2 0 2 1699999200003");
    next_is("sell-through", "p1|s1 0 20 0");
    next_is("sell-through", "p1|s1 3 20 0.15");
    next_is("sell-through", "p1|s1 4 20 0.2");
    next_is("sell-through", "p9|s9 2 0 0");
}

Test(contract, a_fall_below_the_threshold_is_told_once_until_it_rises_again)
{
    shop_update("p1|s1", 11, T0);
    shop_sell("p1", "s1", 1, 1, T0 + 1);
    no_more("low-stock");
    shop_sell("p1", "s1", 1, 1, T0 + 2);
    next_is("low-stock", "p1|s1 p1 s1 9 10 1699999200002");
    shop_sell("p1", "s1", 1, 1, T0 + 3);
    shop_update("p1|s1", 1, T0 + 4);
    no_more("low-stock");
    shop_update("p1|s1", 5, T0 + 5);
    shop_update("p1|s1", -6, T0 + 6);
    next_is("low-stock", "p1|s1 p1 s1 8 10 1699999200006");
    shop_update("p2|s1", 3, T0 + 7);
    next_is("low-stock", "p2|s1 p2 s1 3 10 1699999200007");
    no_more("low-stock");
}

Test(contract, a_negative_change_is_not_received)
{
    shop_update("p1|s1", 20, T0 + 9);
    shop_update("p1|s1", -4, T0);
    next_is("stock", "p1|s1 p1 s1 20 20 0 1699999200009");
    next_is("stock", "p1|s1 p1 s1 16 20 0 1699999200009");
}

Test(contract, windows_hold_orders_units_and_revenue)
{
    shop_sell("p1", "s1", 2, 150, T0 + 1);
    shop_sell("p1", "s1", 1, 151, T0 + 2);
    shop_sell("p2", "s1", 1, 100, T0 + MINUTE);
    next_is("sales-by-product", "p1[1699999200000] toys 1699999200000-1700002800000 1 2 300");
    next_is("sales-by-product", "p1[1699999200000] toys 1699999200000-1700002800000 2 3 451");
    next_is("sales-by-product", "p2[1699999200000] food 1699999200000-1700002800000 1 1 100");
    next_is("sales-by-category", "toys[1699999200000] 1699999200000-1700002800000 1 2 300");
    next_is("sales-by-region", "north[1699999200000] 1699999200000-1700002800000 1 2 300");
    next_is("sales-by-region", "north[1699999200000] 1699999200000-1700002800000 2 3 451");
    next_is("sales-by-region", "north[1699999200000] 1699999200000-1700002800000 3 4 551");
    next_is("sales-by-store", "s1[1699999200000] north 1699999200000-1700002800000 1 2 300");
    next_is("sales-totals", "all[1699999200000] 1699999200000-1699999260000 1 2 300 300");
    next_is("sales-totals", "all[1699999200000] 1699999200000-1699999260000 2 3 451 226");
    next_is("sales-totals", "all[1699999260000] 1699999260000-1699999320000 1 1 100 100");
    no_more("sales-totals");
}

Test(contract, the_best_products_of_a_window_are_ranked)
{
    struct map last = { 0 };

    shop_sell("p1", "s1", 1, 300, T0 + 1);
    shop_sell("p2", "s1", 3, 100, T0 + 2);
    shop_sell("p0", "s1", 3, 100, T0 + 3);
    shop_sell("p1", "s1", 1, 1, T0 + 6 * MINUTE);
    shop_last("top-products", &last);
    cr_assert_str_eq(map_get(&last, LEAT_LITERAL("all[1699999200000]")),
                     "1699999200000-1700002800000 1:p1:2:301 2:p0:3:300 3:p2:3:300");
    cr_assert_str_eq(map_get(&last, LEAT_LITERAL("all[1699999500000]")),
                     "1699999500000-1700003100000 1:p1:1:1");
    cr_assert_str_eq(map_get(&last, LEAT_LITERAL("all[1699995900000]")),
                     "1699995900000-1699999500000 1:p0:3:300 2:p2:3:300 3:p1:1:300");
    cr_assert_eq(last.count, 13);
    shop_forget(&last);
}

Test(contract, a_sale_that_comes_too_late_is_named_for_each_window_that_it_missed)
{
    shop_sell("p1", "s1", 1, 1, T0 + 70 * MINUTE);
    shop_sell("p1", "s1", 1, 1, T0 + 59 * MINUTE);
    next_is("sales-late", "t1 sales-by-product 1699999200000-1700002800000");
    next_is("sales-late", "t1 sales-by-category 1699999200000-1700002800000");
    next_is("sales-late", "t1 sales-by-store 1699999200000-1700002800000");
    next_is("sales-late", "t1 sales-by-region 1699999200000-1700002800000");
    next_is("sales-late", "t1 sales-totals 1700002740000-1700002800000");
    next_is("sales-late", "t1 top-products 1699999200000-1700002800000");
    no_more("sales-late");
}

Test(contract, an_invalid_sale_is_rejected_with_the_reason)
{
    struct leat_bytes t = LEAT_LITERAL("t"), p = LEAT_LITERAL("p1"), s = LEAT_LITERAL("s1");
    struct leat_bytes empty = LEAT_LITERAL("");
    const struct { struct sale sale; const char *why; } cases[] = {
        { { empty, p, s, T0, 1, 1 }, "transaction_id is empty" },
        { { t, empty, s, T0, 1, 1 }, "product_id is empty" },
        { { t, p, empty, T0, 1, 1 }, "store_id is empty" },
        { { t, p, s, T0, 0, 1 }, "quantity is not positive" },
        { { t, p, s, T0, 1, -1 }, "unit_price is negative" },
        { { t, p, s, T0, 2000000000, 999999999999 }, "the amount does not fit decimal(18,2)" },
        { { t, p, s, T0 + 2 * DAY, 1, 1 }, "timestamp lies too far ahead of the clock" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *line;

        shop_send(&cases[i].sale);
        line = shop_next("sales-rejected");
        cr_assert_not_null(line);
        cr_assert_not_null(strstr(line, cases[i].why), "%s", line);
    }
    no_more("sales-enriched");
    no_more("sales-totals");
}

Test(contract, bytes_that_are_no_sale_are_rejected_as_they_came)
{
    struct leat_driver_record record;

    cr_assert_eq(leat_driver_send_bytes(shop.driver, "sales", LEAT_LITERAL("k"),
                                        LEAT_LITERAL("no sale"), T0), LEAT_OK);
    cr_assert_eq(leat_driver_send_bytes(shop.driver, "inventory-updates", LEAT_LITERAL("\xff|s"),
                                        LEAT_LITERAL("no"), T0), LEAT_OK);
    cr_assert_eq(leat_driver_take(shop.driver, "sales-rejected", &record), 1);
    cr_assert(leat_bytes_equal(record.bytes, LEAT_LITERAL("no sale")));
    cr_assert(leat_bytes_equal(record.key, LEAT_LITERAL("k")));
    cr_assert_eq(record.timestamp_ms, T0);
    cr_assert_eq(leat_driver_take(shop.driver, "inventory-updates-rejected", &record), 1);
}

Test(contract, sums_stay_at_the_greatest_figure_that_fits)
{
    shop_sell("p1", "s1", 1000000, 900000000000, T0);
    shop_sell("p1", "s1", 1000000, 900000000000, T0);
    next_is("sales-totals", "all[1699999200000] 1699999200000-1699999260000 1 1000000 "
            "900000000000000000 900000000000000000");
    next_is("sales-totals", "all[1699999200000] 1699999200000-1699999260000 2 2000000 "
            "999999999999999999 500000000000000000");
}
