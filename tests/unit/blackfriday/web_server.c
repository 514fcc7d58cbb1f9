/* web_server.c - tests of the web server: routes, bodies, events, and what every answer carries. */
#include "blackfriday/web/server.h"

#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/web/page.h"
#include "web_client.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* ---- what is served -------------------------------------------------------------------------- */

struct counting {
    size_t bytes;
};

static struct web_server *server;
static struct leat_error error;
static struct client_reply reply;
static atomic_int ends_whole, ends_broken;

static void say(struct web_reply *to, const char *text)
{
    int status = buffer_text(&to->body, text);

    cr_assert(eq(int, status, LEAT_OK));
}

static void show_path(void *user, const struct web_request *request, struct web_reply *to)
{
    const char *name = web_parameter(request, "name");

    say(to, web_path(request));
    say(to, "|");
    say(to, name ? name : "none");
}

static void show_file(void *user, const struct web_request *request, struct web_reply *to)
{
    to->type = "text/csv";
    to->file_name = "report.csv";
    to->status = 429;
    to->retry_after_s = 7;
}

static bool begin(void *user, const struct web_request *request, void **body, struct web_reply *to)
{
    if (web_parameter(request, "refuse")) {
        to->status = 413;
        say(to, "too large");
        return false;
    }
    *body = memory_new(sizeof(struct counting));
    return true;
}

static bool part(void *body, const void *data, size_t size)
{
    struct counting *counting = body;

    counting->bytes += size;
    return counting->bytes < 50000000;
}

static void end(void *body, bool whole, struct web_reply *to)
{
    struct counting *counting = body;
    char text[32];

    cr_assert(eq(int, whole, to != NULL));
    atomic_fetch_add(whole ? &ends_whole : &ends_broken, 1);
    snprintf(text, sizeof text, "%zu", counting->bytes);
    if (whole)
        say(to, text);
    memory_free(counting);
}

static const struct web_route some_routes[] = {
    { .method = "GET", .path = "/figures", .answer = show_path },
    { .method = "GET", .path = "/health", .open = true, .answer = show_path },
    { .method = "GET", .path = "/upload/", .answer = show_path },
    { .method = "GET", .path = "/report", .answer = show_file },
    { .method = "POST", .path = "/upload/", .begin = begin, .part = part, .end = end },
};

static void serve(const char *token)
{
    static struct web_route routes[PAGE_ROUTES + sizeof some_routes / sizeof *some_routes];
    struct web_server_options options = { .token = token, .routes = routes,
                                          .route_count = sizeof routes / sizeof *routes };

    page_routes(routes);
    memcpy(routes + PAGE_ROUTES, some_routes, sizeof some_routes);
    cr_assert(eq(int, web_server_start(&options, &server, &error), LEAT_OK), "%s", error.text);
}

static void start(void)
{
    serve(NULL);
}

static void stop(void)
{
    web_server_stop(server);
    server = NULL;
}

TestSuite(web_server, .init = start, .fini = stop);

static void ask(struct client_ask what)
{
    what.port = web_server_port(server);
    client_get(&what, &reply);
}

static void get(const char *path)
{
    ask((struct client_ask){ .path = path });
}

static void is_said(long status, const char *body)
{
    cr_assert(eq(long, reply.status, status), "%s", reply.body);
    cr_assert(eq(str, reply.body, (char *)(uintptr_t)body));
}

/* ---- routes ---------------------------------------------------------------------------------- */

Test(web_server, finds_the_route_and_what_lies_below_it)
{
    get("/figures?name=a%20b");
    is_said(200, "|a b");
    get("/upload/0011/report.csv");
    is_said(200, "0011/report.csv|none");
    get("/figures/x");
    cr_assert(eq(long, reply.status, 404));
    get("/../../etc/passwd");
    cr_assert(eq(long, reply.status, 404));
}

Test(web_server, says_which_methods_there_are)
{
    ask((struct client_ask){ .path = "/figures", .method = "DELETE" });
    cr_assert(eq(long, reply.status, 405));
    cr_assert(client_header(&reply, "Allow") != NULL);
    ask((struct client_ask){ .path = "/figures", .body = "x" });
    cr_assert(eq(long, reply.status, 405));
    ask((struct client_ask){ .path = "/figures", .method = "HEAD" });
    cr_assert(eq(long, reply.status, 200));
    cr_assert(eq(sz, reply.size, 0));
}

Test(web_server, refuses_heads_that_are_too_long)
{
    static char path[LIMIT_WEB_REQUEST_BYTES + 1000];

    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    get(path);
    cr_assert(reply.status == 414 || reply.status == 431, "status %ld", reply.status);
    get("/figures");
    is_said(200, "|none");
}

/* ---- what every answer carries --------------------------------------------------------------- */

static void carries(const char *name, const char *value)
{
    const char *header = client_header(&reply, name);

    cr_assert(header != NULL, "there is no %s", name);
    cr_assert(strstr(header, value) != NULL, "%s is %s", name, header);
}

static void carries_the_policy(const char *path)
{
    get(path);
    carries("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self';");
    carries("Content-Security-Policy", "frame-ancestors 'none'");
    carries("X-Content-Type-Options", "nosniff");
    carries("Referrer-Policy", "no-referrer");
    carries("Cache-Control", "no-store");
    cr_assert(strstr(reply.headers, "unsafe") == NULL);
    cr_assert(client_header(&reply, "Access-Control-Allow-Origin") == NULL);
}

Test(web_server, puts_the_policy_on_every_answer)
{
    carries_the_policy("/");
    carries_the_policy("/figures");
    carries_the_policy("/there/is/no/such/page");
    carries_the_policy("/page/there-is-no-such-file.js");
    carries_the_policy("/report");
}

Test(web_server, offers_a_download_and_says_when_to_come_again)
{
    get("/report");
    cr_assert(eq(long, reply.status, 429));
    carries("Content-Type", "text/csv");
    carries("Content-Disposition", "attachment; filename=\"report.csv\"");
    carries("Retry-After", "7");
}

Test(web_server, has_the_page_and_the_chart_library_in_it)
{
    get("/");
    cr_assert(eq(long, reply.status, 200));
    carries("Content-Type", "text/html; charset=utf-8");
    cr_assert(strstr(reply.body, "<html") != NULL);
    get("/page/style.css");
    carries("Content-Type", "text/css; charset=utf-8");
    get("/page/chart.js");
    carries("Content-Type", "text/javascript; charset=utf-8");
    cr_assert(strstr(reply.body, "Chart.js v") != NULL);
}

/* No script may stand in the page itself, nor a style: the policy would keep them from working. */
Test(web_server, has_no_script_and_no_style_within_the_page)
{
    get("/");
    for (const char *at = reply.body; (at = strstr(at, "<script")) != NULL; at++)
        cr_assert(strncmp(at, "<script src=\"/page/", 19) == 0, "%.80s", at);
    cr_assert(strstr(reply.body, "<style") == NULL);
    cr_assert(strstr(reply.body, " style=\"") == NULL);
    cr_assert(strstr(reply.body, " onclick") == NULL);
    cr_assert(strstr(reply.body, "http://") == NULL && strstr(reply.body, "https://") == NULL);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static char *blob(size_t size)
{
    char *body = memory_new(size + 1);

    memset(body, 'b', size);
    return body;
}

Test(web_server, takes_a_body_in_parts)
{
    char *body = blob(3000000);

    ask((struct client_ask){ .path = "/upload/sales", .body = body });
    is_said(200, "3000000");
    ask((struct client_ask){ .path = "/upload/sales", .body = "" });
    is_said(200, "0");
    cr_assert(eq(int, ends_whole, 2));
    memory_free(body);
}

Test(web_server, answers_a_body_that_it_refuses)
{
    char *body = blob(900000);

    ask((struct client_ask){ .path = "/upload/sales?refuse=1", .body = body });
    is_said(413, "too large");
    ask((struct client_ask){ .path = "/nowhere", .body = body });
    cr_assert(eq(long, reply.status, 404));
    cr_assert(eq(int, ends_whole + ends_broken, 0));
    memory_free(body);
}

Test(web_server, cuts_off_a_body_that_its_route_wants_no_more_of)
{
    char *body = blob(60000000);

    ask((struct client_ask){ .path = "/upload/sales", .body = body });
    cr_assert(eq(long, reply.status, 0));
    stop();
    cr_assert(eq(int, ends_broken, 1));
    cr_assert(eq(int, ends_whole, 0));
    memory_free(body);
}

Test(web_server, takes_posts_of_its_own_page_alone)
{
    char host[64], origin[64];

    snprintf(host, sizeof host, "Host: localhost:%u", web_server_port(server));
    snprintf(origin, sizeof origin, "Origin: http://localhost:%u", web_server_port(server));
    ask((struct client_ask){ .path = "/upload/sales", .body = "abc", .headers = { host, origin } });
    is_said(200, "3");
    ask((struct client_ask){ .path = "/upload/sales", .body = "abc",
                             .headers = { "Origin: http://evil.example" } });
    cr_assert(eq(long, reply.status, 403));
    ask((struct client_ask){ .path = "/figures", .headers = { "Host: rebound.example" } });
    cr_assert(eq(long, reply.status, 403));
    cr_assert(eq(int, ends_whole, 1));
}

/* ---- events ---------------------------------------------------------------------------------- */

Test(web_server, streams_events)
{
    web_server_publish(server, "totals", "{\"orders\":1}");
    ask((struct client_ask){ .path = "/events", .until = "}\n\n" });
    cr_assert(eq(long, reply.status, 200));
    carries("Content-Type", "text/event-stream");
    cr_assert(eq(str, reply.body, "retry: 2000\n\nevent: totals\ndata: {\"orders\":1}\n\n"));
}

struct listening {
    uint16_t port;
    struct client_reply reply;
    pthread_t thread;
};

static void *listen(void *user)
{
    struct listening *listening = user;

    client_get(&(struct client_ask){ .port = listening->port, .path = "/events" },
               &listening->reply);
    return NULL;
}

Test(web_server, stops_while_some_listen)
{
    static struct listening all[4];

    web_server_publish(server, "totals", "{}");
    for (int i = 0; i < 4; i++) {
        all[i].port = web_server_port(server);
        cr_assert(eq(int, pthread_create(&all[i].thread, NULL, listen, &all[i]), 0));
    }
    ask((struct client_ask){ .path = "/events", .until = "{}\n\n" });
    stop();
    for (int i = 0; i < 4; i++)
        pthread_join(all[i].thread, NULL);
}

/* ---- the token ------------------------------------------------------------------------------- */

static const char token[] = "correct-horse-battery";

static void start_with_token(void)
{
    serve(token);
}

TestSuite(web_token, .init = start_with_token, .fini = stop);

Test(web_token, is_asked_of_all_but_the_probe)
{
    static const char *const paths[] = { "/", "/figures", "/events", "/page/style.css",
                                         "/nowhere" };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        get(paths[i]);
        cr_assert(eq(long, reply.status, 401), "%s", paths[i]);
        carries("WWW-Authenticate", "Bearer");
    }
    ask((struct client_ask){ .path = "/upload/sales", .body = "abc" });
    cr_assert(eq(long, reply.status, 401));
    get("/health");
    cr_assert(eq(long, reply.status, 200));
}

Test(web_token, is_asked_of_a_person_in_a_sentence)
{
    ask((struct client_ask){ .path = "/", .headers = { "Accept: text/html,*/*;q=0.8" } });
    cr_assert(eq(long, reply.status, 401));
    carries("Content-Type", "text/plain");
    cr_assert(strncmp(reply.body, "a token is needed: ", 19) == 0, "%s", reply.body);
    get("/");
    cr_assert(strncmp(reply.body, "{\"error\":\"a token is needed: ", 28) == 0, "%s", reply.body);
}

Test(web_token, lets_in_who_has_it)
{
    ask((struct client_ask){ .path = "/figures",
                             .headers = { "Authorization: Bearer correct-horse-battery" } });
    is_said(200, "|none");
    ask((struct client_ask){ .path = "/figures",
                             .headers = { "Authorization: Bearer correct-horse-batterx" } });
    cr_assert(eq(long, reply.status, 401));
}

Test(web_token, becomes_a_cookie_and_leaves_the_address)
{
    char cookie[256];

    get("/?token=correct-horse-battery");
    cr_assert(eq(long, reply.status, 303));
    carries("Location", "/");
    carries("Set-Cookie", "; Path=/; HttpOnly; SameSite=Strict");
    snprintf(cookie, sizeof cookie, "Cookie: %s", client_header(&reply, "Set-Cookie"));
    cookie[strcspn(cookie, ";")] = 0;
    ask((struct client_ask){ .path = "/figures", .headers = { cookie } });
    is_said(200, "|none");
    cr_assert(strstr(cookie, token) == NULL);
}

Test(web_token, is_limited_in_wrong_tries)
{
    for (int i = 0; i < LIMIT_WEB_FAILURES; i++) {
        get("/?token=guessed-and-wrong-1");
        cr_assert(eq(long, reply.status, 401));
    }
    get("/?token=guessed-and-wrong-1");
    cr_assert(eq(long, reply.status, 429));
    carries("Retry-After", "60");
}

/* ---- listening ------------------------------------------------------------------------------- */

static void does_not_listen(const struct web_server_options *options, const char *sentence)
{
    struct web_server *none = NULL;

    error = (struct leat_error){ 0 };
    cr_assert(eq(int, web_server_start(options, &none, &error), LEAT_E_ARGUMENT));
    cr_assert(strstr(error.text, sentence) != NULL, "it says: %s", error.text);
}

Test(web_server, listens_beyond_loopback_only_with_a_token)
{
    does_not_listen(&(struct web_server_options){ .listen = "0.0.0.0" }, "asks for a token");
    does_not_listen(&(struct web_server_options){ .listen = "::" }, "asks for a token");
    does_not_listen(&(struct web_server_options){ .listen = "0.0.0.0", .token = "short" },
                    "5 characters");
    does_not_listen(&(struct web_server_options){ .listen = "example" }, "no address");
    does_not_listen(&(struct web_server_options){ .port = web_server_port(server) }, "taken");
    stop();
    cr_assert(eq(int,
                 web_server_start(&(struct web_server_options){ .listen = "0.0.0.0",
                                                                .token = token },
                                  &server, &error),
                 LEAT_OK));
}
