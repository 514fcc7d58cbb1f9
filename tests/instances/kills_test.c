/* kills_test.c - word count over kill -9, clean stops and rebalances. */
#include "../kafka/broker.h"
#include "app.h"

enum { PARTITIONS = 4, KILLS = 10, ROUND = 2000 };

/* Kills an instance in the middle of its work, and starts it again at once. */
static void kill_working(struct app *app, int kills)
{
    for (int i = 0; i < kills; i++) {
        app_work(app, ROUND);
        app_feed(app, ROUND);
        app_kill(app, i % 2);
        app_start(app, i % 2);
    }
}

Test(kills, exactly_once_counts_are_exact_after_ten_of_them, .timeout = 300)
{
    struct app app;

    app_open(&app, broker_bootstrap(), PARTITIONS);
    app_start(&app, 0);
    app_start(&app, 1);
    kill_working(&app, KILLS);
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    app_stop(&app, 1);
    app_check_exact(&app);
    app_close(&app);
}

static void check_nothing_lost(struct app *app)
{
    struct tally tally;

    app_read(app, &tally);
    for (int w = 0; w < APP_WORDS; w++)
        cr_assert_geq(tally.words[w], app->expected[w], "w%02d was counted %lld times of %lld", w,
                      (long long)tally.words[w], (long long)app->expected[w]);
}

Test(kills, at_least_once_loses_nothing, .timeout = 300)
{
    struct app app;

    app_open(&app, broker_bootstrap(), PARTITIONS);
    app.settings[0] = "processing.guarantee=at_least_once";
    app_start(&app, 0);
    app_start(&app, 1);
    kill_working(&app, KILLS / 2);
    app_await_drained(&app);
    check_nothing_lost(&app);
    app_close(&app);
}

/* A commit that a rebalance overtakes all the same is refused, and said in the log: only then may
 * anything come twice. */
static void check_twice_only_if_told(struct app *app)
{
    if (app_said(app, 0, "transaction_undone") || app_said(app, 1, "transaction_undone"))
        check_nothing_lost(app);
    else
        app_check_exact(app);
}

Test(kills, at_least_once_counts_nothing_twice_over_clean_stops_and_rebalances, .timeout = 300)
{
    struct app app;

    app_open(&app, broker_bootstrap(), PARTITIONS);
    app.settings[0] = "processing.guarantee=at_least_once";
    app_start(&app, 0);
    for (int i = 0; i < 4; i++) {
        int joined = app_times(&app, 1, "INFO running");

        app_start(&app, 1);
        while (app_times(&app, 1, "INFO running") == joined)
            app_work(&app, ROUND);
        app_stop(&app, i % 2);
        app_work(&app, ROUND);
        if (i % 2)
            continue;
        app_start(&app, 0);
        app_work(&app, ROUND);
        app_stop(&app, 1);
    }
    app_await_drained(&app);
    check_twice_only_if_told(&app);
    app_stop(&app, 0);
    check_twice_only_if_told(&app);
    app_close(&app);
}

Test(kills, a_stop_under_load_ends_in_time_and_loses_nothing, .timeout = 200)
{
    struct app app;

    app_open(&app, broker_bootstrap(), PARTITIONS);
    app_feed(&app, 100000);
    app_start(&app, 0);
    app_work(&app, 100000);
    app_stop(&app, 0);
    cr_assert_lt(app_committed(&app), app.fed, "it was no stop under load");
    app_start(&app, 0);
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    app_close(&app);
}

/* Empty partitions have an offset too: the tools show lag 0 and no dash. */
Test(kills, lag_is_zero_when_all_is_processed, .timeout = 200)
{
    struct app app;

    app_open(&app, broker_bootstrap(), PARTITIONS);
    app_start(&app, 0);
    app_await_drained(&app);
    app_feed(&app, 1);
    app_await_drained(&app);
    app_check_exact(&app);
    app_stop(&app, 0);
    app_close(&app);
}
