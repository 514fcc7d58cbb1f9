/* web_guard.c - tests of who may ask the web server: tokens, cookies, hosts, origins. */
#include "blackfriday/web/guard.h"

#include "base/limits.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const char token[] = "correct-horse-battery";
static struct leat_error error;

static struct guard *guard_with(const char *its_token)
{
    struct guard *guard;

    cr_assert(eq(int, guard_new(its_token, &guard, &error), LEAT_OK));
    return guard;
}

static struct guard_question get(const char *path)
{
    return (struct guard_question){ .address = "10.0.0.1", .method = "GET", .path = path,
                                    .host = "localhost:8080", .now_ms = 1000 };
}

static struct guard_question post(void)
{
    struct guard_question question = get("/upload/sales");

    question.method = "POST";
    return question;
}

static int ask_once(const char *its_token, struct guard_question question)
{
    struct guard *guard = guard_with(its_token);
    int verdict = (int)guard_ask(guard, &question);

    guard_free(guard);
    return verdict;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static int with_bearer(struct guard *guard, const char *authorization)
{
    struct guard_question question = get("/figures");

    question.authorization = authorization;
    return (int)guard_ask(guard, &question);
}

Test(web_guard, takes_the_token_as_a_bearer_and_no_other)
{
    struct guard *guard = guard_with(token);

    cr_assert(eq(int, with_bearer(guard, "Bearer correct-horse-battery"), GUARD_PASS));
    cr_assert(eq(int, with_bearer(guard, "bearer correct-horse-battery"), GUARD_PASS));
    cr_assert(eq(int, with_bearer(guard, "Bearer correct-horse-batterz"), GUARD_WRONG));
    cr_assert(eq(int, with_bearer(guard, "Bearer correct-horse-batter"), GUARD_WRONG));
    cr_assert(eq(int, with_bearer(guard, "Bearer "), GUARD_WRONG));
    cr_assert(eq(int, with_bearer(guard, "Basic correct-horse-battery"), GUARD_NONE));
    cr_assert(eq(int, with_bearer(guard, NULL), GUARD_NONE));
    guard_free(guard);
}

Test(web_guard, lets_in_without_a_token_only_what_is_open)
{
    struct guard_question question = get("/health");

    cr_assert(eq(int, ask_once(token, question), GUARD_NONE));
    question.open = true;
    cr_assert(eq(int, ask_once(token, question), GUARD_PASS));
}

Test(web_guard, gives_a_cookie_for_the_token_in_the_address_of_the_page)
{
    struct guard_question question = get("/");

    question.token = token;
    cr_assert(eq(int, ask_once(token, question), GUARD_ENTER));
    question.token = "something-quite-else";
    cr_assert(eq(int, ask_once(token, question), GUARD_WRONG));
    question = get("/figures");
    question.token = token;
    cr_assert(eq(int, ask_once(token, question), GUARD_NONE));
}

static void cookie_of(const char *its_token, char out[GUARD_COOKIE_BYTES])
{
    struct guard *guard = guard_with(its_token);

    guard_cookie(guard, out);
    guard_free(guard);
}

Test(web_guard, knows_its_cookie_after_a_restart_and_among_others)
{
    char cookie[GUARD_COOKIE_BYTES], sent[GUARD_COOKIE_BYTES + 32];
    struct guard_question question = get("/figures");

    cookie_of(token, cookie);
    cr_assert(strstr(cookie, "; HttpOnly") && strstr(cookie, "; SameSite=Strict"));
    cr_assert(strstr(cookie, token) == NULL, "the cookie is not the token itself");
    cookie[strcspn(cookie, ";")] = 0;
    snprintf(sent, sizeof sent, "theme=dark; %s; a=b", cookie);
    question.cookie = sent;
    cr_assert(eq(int, ask_once(token, question), GUARD_PASS));
    cr_assert(eq(int, ask_once("another-token-of-ours", question), GUARD_NONE));
    question.cookie = "blackfriday=; xblackfriday=1; blackfriday";
    cr_assert(eq(int, ask_once(token, question), GUARD_NONE));
}

static void refuses_token(const char *its_token, const char *sentence)
{
    struct guard *guard;

    error = (struct leat_error){ 0 };
    cr_assert(eq(int, guard_new(its_token, &guard, &error), LEAT_E_ARGUMENT));
    cr_assert(strstr(error.text, sentence) != NULL, "it says: %s", error.text);
    if (*its_token)
        cr_assert(strstr(error.text, its_token) == NULL, "the token stays out of it");
}

Test(web_guard, refuses_tokens_that_are_short_long_or_not_printable)
{
    char text[LIMIT_WEB_TOKEN_BYTES + 2] = "";

    refuses_token("", "0 characters");
    refuses_token("fifteen-of-them", "15 characters");
    refuses_token("with a space in it", "printable");
    refuses_token("with-an-umlaut-\xc3\xbc", "printable");
    memset(text, 'x', sizeof text - 1);
    refuses_token(text, "257 characters");
}

Test(web_guard, has_no_more_answer_for_an_address_after_ten_wrong_tokens_a_minute)
{
    struct guard *guard = guard_with(token);
    struct guard_question question = get("/figures");

    question.authorization = "Bearer wrong";
    for (int i = 0; i < LIMIT_WEB_FAILURES; i++)
        cr_assert(eq(int, (int)guard_ask(guard, &question), GUARD_WRONG));
    cr_assert(eq(int, (int)guard_ask(guard, &question), GUARD_TOO_MANY));
    question.authorization = "Bearer correct-horse-battery";
    cr_assert(eq(int, (int)guard_ask(guard, &question), GUARD_TOO_MANY), "the right one neither");
    question.address = "10.0.0.2";
    cr_assert(eq(int, (int)guard_ask(guard, &question), GUARD_PASS), "others are not locked out");
    question.address = "10.0.0.1";
    question.now_ms += 60000;
    cr_assert(eq(int, (int)guard_ask(guard, &question), GUARD_PASS), "the minute is over");
    guard_free(guard);
}

Test(web_guard, does_not_count_old_cookies_as_wrong_tokens)
{
    struct guard *guard = guard_with(token);
    struct guard_question question = get("/events");

    question.cookie = "blackfriday=0011";
    for (int i = 0; i < 5 * LIMIT_WEB_FAILURES; i++)
        cr_assert(eq(int, (int)guard_ask(guard, &question), GUARD_NONE));
    cr_assert(eq(int, with_bearer(guard, "Bearer correct-horse-battery"), GUARD_PASS));
    guard_free(guard);
}

/* ---- hosts ----------------------------------------------------------------------------------- */

static int from_host(const char *its_token, const char *host)
{
    struct guard_question question = get("/figures");

    question.host = host;
    question.authorization = its_token ? "Bearer correct-horse-battery" : NULL;
    return ask_once(its_token, question);
}

Test(web_guard, answers_to_names_of_this_machine_alone_where_there_is_no_token)
{
    static const char *const ours[] = { "localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:8080",
                                        "[::1]" };
    static const char *const foreign[] = { "rebound.example", "localhost.example:8080",
                                           "127.0.0.1.example", "localhostess", "", "[::1]x",
                                           "10.0.0.1:8080" };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        cr_assert(eq(int, from_host(NULL, ours[i]), GUARD_PASS), "%s", ours[i]);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        cr_assert(eq(int, from_host(NULL, foreign[i]), GUARD_HOST), "%s", foreign[i]);
    cr_assert(eq(int, from_host(NULL, NULL), GUARD_HOST));
    cr_assert(eq(int, from_host(token, "shop.example"), GUARD_PASS), "a token says enough");
}

/* ---- origins --------------------------------------------------------------------------------- */

static int posted_from(const char *origin, const char *site)
{
    struct guard_question question = post();

    question.origin = origin;
    question.fetch_site = site;
    question.fetch_mode = site ? "cors" : NULL;
    return ask_once(NULL, question);
}

Test(web_guard, takes_posts_from_its_own_page_and_from_programs)
{
    cr_assert(eq(int, posted_from(NULL, NULL), GUARD_PASS));
    cr_assert(eq(int, posted_from("http://localhost:8080", "same-origin"), GUARD_PASS));
    cr_assert(eq(int, posted_from("http://localhost:8080", NULL), GUARD_PASS));
    cr_assert(eq(int, posted_from("https://localhost:8080", NULL), GUARD_PASS), "behind TLS");
}

Test(web_guard, refuses_posts_from_other_pages)
{
    cr_assert(eq(int, posted_from("http://evil.example", "cross-site"), GUARD_ORIGIN));
    cr_assert(eq(int, posted_from("http://localhost:3000", "same-site"), GUARD_ORIGIN));
    cr_assert(eq(int, posted_from("http://localhost:3000", NULL), GUARD_ORIGIN));
    cr_assert(eq(int, posted_from("null", NULL), GUARD_ORIGIN));
    cr_assert(eq(int, posted_from(NULL, "cross-site"), GUARD_ORIGIN));
    cr_assert(eq(int, posted_from("http://localhost:8080.evil.example", NULL), GUARD_ORIGIN));
}

Test(web_guard, lets_a_link_from_elsewhere_open_the_page_and_nothing_else)
{
    struct guard_question question = get("/");

    question.fetch_site = "cross-site";
    question.fetch_mode = "navigate";
    cr_assert(eq(int, ask_once(NULL, question), GUARD_PASS));
    question.fetch_mode = "no-cors";
    cr_assert(eq(int, ask_once(NULL, question), GUARD_ORIGIN));
    question = post();
    question.fetch_site = "cross-site";
    question.fetch_mode = "navigate";
    cr_assert(eq(int, ask_once(NULL, question), GUARD_ORIGIN), "a form that is posted is no link");
}
