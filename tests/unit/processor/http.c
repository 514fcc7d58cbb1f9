/* http.c - tests of the status server, with libcurl as the client. */
#include "processor/http.h"

#include "base/limits.h"

#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the application behind it ------------------------------------------------------------ */

struct application {
    atomic_bool healthy, ready, broken;
    atomic_size_t size;
};

static struct application application;
static struct http *http;
static struct leat_error error;

static int metrics(void *user, struct buffer *out)
{
    struct application *self = user;

    for (size_t i = 0; i < self->size; i += 16)
        if (buffer_text(out, "0123456789abcde\n"))
            return LEAT_E_LIMIT;
    return self->broken ? LEAT_E_LIMIT : buffer_text(out, "leat_records_total 1\n");
}

static bool healthy(void *user, struct buffer *out)
{
    struct application *self = user;

    return self->healthy || buffer_text(out, "worker 1 stands still\n");
}

static bool ready(void *user, struct buffer *out)
{
    return ((struct application *)user)->ready;
}

static int topology(void *user, bool mermaid, struct buffer *out)
{
    return buffer_text(out, mermaid ? "flowchart LR\n" : "source sales\n");
}

static int tasks(void *user, struct buffer *out)
{
    return buffer_text(out, "[]\n");
}

static struct http_options options_of(const char *listen)
{
    return (struct http_options){
        .listen = listen,
        .pages = { metrics, healthy, ready, topology, tasks, &application },
    };
}

static void start(void)
{
    struct http_options options = options_of(NULL);

    application.healthy = application.ready = true;
    cr_assert_eq(http_start(&options, &http, &error), LEAT_OK, "%s", error.text);
}

static void stop(void)
{
    http_stop(http);
}

TestSuite(http, .init = start, .fini = stop);

/* ---- the client --------------------------------------------------------------------------- */

struct reply {
    long status;
    char type[128], headers[2048];
    char *body;
    size_t size;
};

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
    struct reply *reply = user;
    size_t used = strlen(reply->headers);

    snprintf(reply->headers + used, sizeof reply->headers - used, "%.*s", (int)(size * count),
             data);
    return size * count;
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
    struct reply *reply = user;

    reply->body = realloc(reply->body, reply->size + size * count + 1);
    memcpy(reply->body + reply->size, data, size * count);
    reply->size += size * count;
    reply->body[reply->size] = 0;
    return size * count;
}

static CURLcode ask(const char *path, const char *method, const char *body, struct reply *reply)
{
    CURL *curl = curl_easy_init();
    char url[8192];
    const char *type = NULL;
    CURLcode result;

    *reply = (struct reply){ .body = calloc(1, 1) };
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", http_port(http), path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, reply);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (!strcmp(method, "HEAD"))
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    snprintf(reply->type, sizeof reply->type, "%s", type ? type : "");
    curl_easy_cleanup(curl);
    return result;
}

static void expect(const char *path, long status, const char *type, const char *body)
{
    struct reply reply;

    cr_assert_eq(ask(path, "GET", NULL, &reply), CURLE_OK);
    cr_assert_eq(reply.status, status, "%s: %ld", path, reply.status);
    cr_assert_str_eq(reply.type, type);
    cr_assert(strstr(reply.headers, "X-Content-Type-Options: nosniff"), "%s", reply.headers);
    if (body)
        cr_assert_str_eq(reply.body, body);
    free(reply.body);
}

#define TEXT "text/plain; charset=utf-8"

/* ---- pages -------------------------------------------------------------------------------- */

Test(http, shows_every_page)
{
    expect("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "leat_records_total 1\n");
    expect("/health", 200, TEXT, "healthy\n");
    expect("/ready", 200, TEXT, "ready\n");
    expect("/topology", 200, TEXT, "source sales\n");
    expect("/topology?format=text", 200, TEXT, "source sales\n");
    expect("/topology?format=mermaid", 200, TEXT, "flowchart LR\n");
    expect("/tasks", 200, "application/json", "[]\n");
    expect("/", 200, TEXT, NULL);
}

Test(http, says_why_it_is_not_healthy)
{
    application.healthy = false;
    expect("/health", 503, TEXT, "worker 1 stands still\n");
    application.healthy = true;
    expect("/health", 200, TEXT, "healthy\n");
}

Test(http, is_not_ready_before_its_tasks_run)
{
    application.ready = false;
    expect("/ready", 503, TEXT, "no\n");
    application.ready = true;
    expect("/ready", 200, TEXT, "ready\n");
}

Test(http, a_large_page_arrives_whole)
{
    struct reply reply;

    application.size = 8 << 20;
    cr_assert_eq(ask("/metrics", "GET", NULL, &reply), CURLE_OK);
    cr_assert_eq(reply.size, (8 << 20) + strlen("leat_records_total 1\n"));
    free(reply.body);
}

Test(http, a_page_that_cannot_be_made_is_an_error_and_not_half_a_page)
{
    application.broken = true;
    application.size = 160;
    expect("/metrics", 500, TEXT, "the page could not be made\n");
    application.broken = false;
    application.size = LIMIT_HTTP_REPLY_BYTES + 16;
    expect("/metrics", 500, TEXT, "the page could not be made\n");
}

/* ---- requests that are wrong -------------------------------------------------------------- */

Test(http, there_is_nothing_else)
{
    expect("/nothing", 404, TEXT, "no such page; / lists them\n");
    expect("/metrics/", 404, TEXT, NULL);
    expect("/..%2f..%2fetc%2fpasswd", 404, TEXT, NULL);
    expect("/topology?format=html", 400, TEXT, NULL);
}

Test(http, nothing_can_be_changed)
{
    static const char *const methods[] = { "POST", "PUT", "DELETE", "OPTIONS", "TRACE" };
    struct reply reply;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        cr_assert_eq(ask("/metrics", methods[i], NULL, &reply), CURLE_OK);
        cr_assert_eq(reply.status, 405, "%s: %ld", methods[i], reply.status);
        cr_assert(strstr(reply.headers, "Allow: GET, HEAD"), "%s", reply.headers);
        free(reply.body);
    }
}

Test(http, head_is_a_get_without_the_page)
{
    struct reply reply;

    cr_assert_eq(ask("/metrics", "HEAD", NULL, &reply), CURLE_OK);
    cr_assert_eq(reply.status, 200);
    cr_assert_eq(reply.size, 0);
    free(reply.body);
}

Test(http, a_body_is_not_read)
{
    char *body = malloc((4 << 20) + 1);
    struct reply reply;

    memset(body, 'x', 4 << 20);
    body[4 << 20] = 0;
    if (ask("/metrics", "POST", body, &reply) == CURLE_OK)
        cr_assert_eq(reply.status, 405);
    free(reply.body);
    free(body);
    expect("/health", 200, TEXT, NULL);
}

Test(http, long_addresses_and_headers_are_refused)
{
    char path[6000];
    struct reply reply;

    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = 0;
    cr_assert_eq(ask(path, "GET", NULL, &reply), CURLE_OK);
    cr_assert_eq(reply.status, 414);
    free(reply.body);
    expect("/health", 200, TEXT, NULL);
}

static int connect_raw(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(http_port(http)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

Test(http, an_endless_request_line_is_cut_off)
{
    enum { PART = 64 << 10, PARTS = 4096 }; /* far more than sockets hold that nobody reads */
    char *part = malloc(PART);
    int fd = connect_raw();
    ssize_t sent = 1;

    memset(part, 'a', PART);
    memcpy(part, "GET /", 5);
    for (int i = 0; i < PARTS && sent > 0; i++)
        sent = send(fd, part, PART, MSG_NOSIGNAL);
    cr_assert_lt(sent, 1, "256 MB of one request line were taken");
    free(part);
    close(fd);
    expect("/health", 200, TEXT, NULL);
}

Test(http, connections_that_say_nothing_do_not_keep_others_out_for_ever)
{
    enum { FEW = LIMIT_HTTP_CONNECTIONS / 2 - 1 };
    int fds[FEW];

    for (int i = 0; i < FEW; i++)
        fds[i] = connect_raw();
    expect("/health", 200, TEXT, NULL);
    for (int i = 0; i < FEW; i++)
        close(fds[i]);
}

/* ---- where it listens --------------------------------------------------------------------- */

static void refuse(const struct http_options *options, const char *words)
{
    struct http *other = NULL;

    cr_assert_eq(http_start(options, &other, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, words), "'%s' is not in: %s", words, error.text);
    cr_assert(!other);
}

Test(http, two_take_two_ports)
{
    struct http_options options = options_of("127.0.0.1");
    struct http *other;

    cr_assert_eq(http_start(&options, &other, &error), LEAT_OK, "%s", error.text);
    cr_assert(http_port(other) && http_port(other) != http_port(http));
    http_stop(other);
}

Test(http, a_port_that_is_taken_is_named)
{
    struct http_options options = options_of("127.0.0.1");
    char words[32];

    options.port = http_port(http);
    snprintf(words, sizeof words, "port %u: taken", options.port);
    refuse(&options, words);
}

Test(http, listens_beyond_loopback_only_if_that_is_meant)
{
    struct http_options options = options_of("0.0.0.0");
    struct http *other;

    refuse(&options, "leat.http.expose=true");
    options.listen = "192.0.2.1";
    refuse(&options, "leat.http.expose=true");
    options.expose = true;
    refuse(&options, "no address of this host");
    options = options_of("localhost");
    cr_assert_eq(http_start(&options, &other, &error), LEAT_OK, "%s", error.text);
    http_stop(other);
}

Test(http, an_address_that_is_none_is_named)
{
    struct http_options options = options_of("example.com");

    refuse(&options, "'example.com' is no address");
    options.listen = "127.0.0.1:80";
    refuse(&options, "is no address");
}
