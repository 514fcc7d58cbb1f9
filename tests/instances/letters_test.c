/* letters_test.c - records that cannot be read, and records that a callback fails on. */
#include "../kafka/broker.h"
#include "app.h"

#include <stdio.h>
#include <string.h>

static const char number[8] = { 0, 0, 0, 0, 0, 0, 0, 7 };

static void open_numbers(struct app *app)
{
    app_open(app, broker_bootstrap(), 1);
    app->mode = "numbers";
}

static void reject_topic(const struct app *app, char *name, size_t size)
{
    snprintf(name, size, "%s-rejected", app->lines);
}

static void has_header(const struct letter *letter, const char *name, const char *value)
{
    char text[256];

    snprintf(text, sizeof text, "%s=%s", name, value);
    cr_assert(strstr(letter->headers, text), "no '%s' in\n%s", text, letter->headers);
}

Test(letters, bytes_that_cannot_be_read_go_there_unchanged_with_five_headers, .timeout = 120)
{
    static const char bytes[] = { 'a', 0, (char)0xff };
    struct log_header own = { "trace", LEAT_LITERAL("t-1") };
    char rejects[96];
    struct letter letter;
    struct app app;

    open_numbers(&app);
    app_send(&app, 0, (struct leat_bytes){ number, 8 }, NULL);
    app_send(&app, 0, (struct leat_bytes){ bytes, sizeof bytes }, &own);
    app_send(&app, 0, (struct leat_bytes){ number, 8 }, NULL);
    app_start(&app, 0);
    app_await_drained(&app);
    reject_topic(&app, rejects, sizeof rejects);
    app_letter(&app, rejects, 0, &letter);
    cr_assert_eq(letter.size, sizeof bytes);
    cr_assert_eq(memcmp(letter.value, bytes, sizeof bytes), 0);
    cr_assert_eq(letter.timestamp_ms, 1700000000000);
    has_header(&letter, "trace", "t-1\n");
    has_header(&letter, "error.reason", "data\n");
    has_header(&letter, "error.message", "");
    has_header(&letter, "source.topic", app.lines);
    has_header(&letter, "source.partition", "0\n");
    has_header(&letter, "source.offset", "1\n");
    app_letter(&app, app.counts, 0, &letter);
    cr_assert_eq(memcmp(letter.value, number, 8), 0);
    app_stop(&app, 0);
    app_close(&app);
}

Test(letters, the_handler_fail_stops_with_topic_partition_and_offset, .timeout = 120)
{
    char where[192];
    struct app app;

    open_numbers(&app);
    app.settings[0] = "deserialization.exception.handler=fail";
    app_send(&app, 0, (struct leat_bytes){ number, 8 }, NULL);
    app_send(&app, 0, LEAT_LITERAL("bad"), NULL);
    snprintf(where, sizeof where, "topic %s, partition 0, offset 1", app.lines);
    app_refuses(&app, 0, (const char *const[]){ where, NULL });
    app_close(&app);
}

/* ---- callbacks that fail --------------------------------------------------------------------- */

static void open_poison(struct app *app, const char *setting)
{
    app_open(app, broker_bootstrap(), 1);
    app->mode = "poison";
    app->settings[0] = setting;
    app_feed(app, 10);
    app_send(app, 0, LEAT_LITERAL("w01 poison w02"), NULL);
    app_feed(app, 10);
}

Test(letters, a_callback_that_fails_stops_the_application_by_default, .timeout = 120)
{
    char where[192];
    struct app app;

    open_poison(&app, NULL);
    snprintf(where, sizeof where,
             "topic %s, partition 0, offset 10, step words: the line holds poison", app.lines);
    app_refuses(&app, 0, (const char *const[]){ where, NULL });
    cr_assert_leq(app_committed(&app), 10);
    app_close(&app);
}

Test(letters, a_callback_that_fails_is_passed_over_with_continue, .timeout = 120)
{
    struct app app;

    open_poison(&app, "processing.exception.handler=continue");
    app_start(&app, 0);
    app_await_drained(&app);
    app_check_exact(&app);
    cr_assert(app_said(&app, 0, "the line holds poison"));
    app_stop(&app, 0);
    app_close(&app);
}

Test(letters, a_callback_that_fails_sends_the_record_to_the_dead_letters, .timeout = 120)
{
    char rejects[96];
    struct letter letter;
    struct app app;

    open_poison(&app, "processing.exception.handler=dead-letter");
    app_start(&app, 0);
    app_await_drained(&app);
    app_check_exact(&app);
    reject_topic(&app, rejects, sizeof rejects);
    app_letter(&app, rejects, 0, &letter);
    cr_assert_str_eq(letter.value, "w01 poison w02");
    has_header(&letter, "error.reason", "processing\n");
    has_header(&letter, "error.message", "the line holds poison\n");
    has_header(&letter, "source.offset", "10\n");
    app_stop(&app, 0);
    app_close(&app);
}
