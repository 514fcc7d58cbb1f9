/* request.c - one request: its head is asked of the guard and finds its route, its body goes to the
 * route as it comes, and its answer carries what every answer of the server's must.
 */
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "blackfriday/web/server_inside.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { ADDRESS_TEXT = 48 };

struct web_request {
    struct web_server *server;
    struct MHD_Connection *connection;
    const struct web_route *route; /* NULL: refused */
    const char *rest;              /* of the path, behind the route's */
    char address[ADDRESS_TEXT];
    struct web_reply reply;
    enum guard_verdict verdict;
    bool begun; /* the body is the route's, and it is owed its end */
    void *body;
    size_t drained; /* of a body that nobody wants */
};

const char *web_path(const struct web_request *request)
{
    return request->rest;
}

const char *web_parameter(const struct web_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

static const char *header_of(const struct web_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

int64_t web_length(const struct web_request *request)
{
    const char *text = header_of(request, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return text ? strtoll(text, NULL, 10) : -1;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Pages load what lies here and nothing else; none may frame them, and none is told of them. */
static const char *const always[][2] = {
    { "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
    { MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
};

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    enum MHD_Result added = MHD_add_response_header(response, name, value);

    assert(added == MHD_YES);
}

static void add_entrance(const struct web_request *request, struct MHD_Response *response)
{
    char cookie[GUARD_COOKIE_BYTES];

    guard_cookie(request->server->guard, cookie);
    add_header(response, MHD_HTTP_HEADER_SET_COOKIE, cookie);
    add_header(response, MHD_HTTP_HEADER_LOCATION, "/");
}

static void add_headers(const struct web_request *request, struct MHD_Response *response)
{
    const struct web_reply *reply = &request->reply;
    char text[128];

    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        add_header(response, always[i][0], always[i][1]);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    if (reply->file_name) {
        snprintf(text, sizeof text, "attachment; filename=\"%s\"", reply->file_name);
        add_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, text);
    }
    if (request->verdict == GUARD_ENTER)
        add_entrance(request, response);
    if (reply->status == MHD_HTTP_UNAUTHORIZED)
        add_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST");
    if (reply->retry_after_s) {
        snprintf(text, sizeof text, "%u", reply->retry_after_s);
        add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
    }
}

static enum MHD_Result queue(struct web_request *request, struct MHD_Response *response)
{
    enum MHD_Result queued;

    if (!response)
        return MHD_NO;
    add_headers(request, response);
    queued = MHD_queue_response(request->connection, request->reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result send_reply(struct web_request *request)
{
    struct buffer *body = &request->reply.body;

    return queue(request,
                 MHD_create_response_from_buffer(body->size, body->data, MHD_RESPMEM_MUST_COPY));
}

/* JSON for programs, a plain sentence for a person's browser. text has nothing to escape. */
static void fail(struct web_request *request, unsigned status, const char *text)
{
    const char *accept = header_of(request, MHD_HTTP_HEADER_ACCEPT);
    bool person = accept && strstr(accept, "text/html");

    request->reply.status = status;
    request->reply.type = person ? "text/plain; charset=utf-8" : "application/json";
    request->reply.body.size = 0;
    if (buffer_format(&request->reply.body, person ? "%s\n" : "{\"error\":\"%s\"}\n", text))
        request->reply.body.size = 0;
}

/* The connection's time begins anew: what a route does may wait for the log, and the client is not
 * to blame. */
static void touch(const struct web_request *request)
{
    MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
    MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT,
                              (unsigned)SERVER_IDLE_SECONDS);
}

/* ---- events ---------------------------------------------------------------------------------- */

static ssize_t read_events(void *user, uint64_t at, char *out, size_t max)
{
    ssize_t read = events_read(user, out, max);

    return read < 0 ? MHD_CONTENT_READER_END_OF_STREAM : read;
}

static void leave_events(void *user)
{
    events_leave(user);
}

static enum MHD_Result send_events(struct web_request *request)
{
    struct events_listener *listener = events_listen(request->server->events);

    if (!listener) {
        fail(request, MHD_HTTP_SERVICE_UNAVAILABLE, "too many listen already");
        return send_reply(request);
    }
    request->reply.type = "text/event-stream";
    return queue(request, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SERVER_EVENTS_BLOCK,
                                                            read_events, listener, leave_events));
}

static const struct web_route events_route = { .method = "GET", .path = "/events" };

/* ---- routes ---------------------------------------------------------------------------------- */

static bool takes_path(const struct web_route *route, const char *path)
{
    size_t size = strlen(route->path);
    bool below = size > 1 && route->path[size - 1] == '/';

    return below ? !strncmp(path, route->path, size) : !strcmp(path, route->path);
}

static bool takes_method(const struct web_route *route, const char *method)
{
    return !strcmp(method, route->method) ||
           (!strcmp(method, MHD_HTTP_METHOD_HEAD) && !strcmp(route->method, MHD_HTTP_METHOD_GET));
}

/* Sets *known where the path is there, if for another method. */
static const struct web_route *route_of(const struct web_server *server, const char *method,
                                        const char *path, bool *known)
{
    *known = false;
    for (size_t i = 0; i <= server->route_count; i++) {
        const struct web_route *route = i ? &server->routes[i - 1] : &events_route;

        if (!takes_path(route, path))
            continue;
        *known = true;
        if (takes_method(route, method))
            return route;
    }
    return NULL;
}

static void find_route(struct web_request *request, const char *method, const char *path)
{
    bool known;
    const struct web_route *route = route_of(request->server, method, path, &known);

    if (route)
        request->rest = path + strlen(route->path);
    else if (known)
        fail(request, MHD_HTTP_METHOD_NOT_ALLOWED, "another method is asked for here");
    else
        fail(request, MHD_HTTP_NOT_FOUND, "there is no such page");
    request->route = route;
}

/* ---- the guard ------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Of version 6 the network's half: one client has all of the rest. */
static void address_of(struct MHD_Connection *connection, char out[ADDRESS_TEXT])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    struct in6_addr network = { 0 };

    snprintf(out, ADDRESS_TEXT, "unknown");
    if (address && address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out,
                  ADDRESS_TEXT);
    } else if (address && address->sa_family == AF_INET6) {
        memcpy(&network, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 8);
        inet_ntop(AF_INET6, &network, out, ADDRESS_TEXT);
    }
}

static const struct refusal {
    unsigned status;
    const char *reason, *text; /* for the log, and for the client */
} refusals[] = {
    [GUARD_ENTER] = { MHD_HTTP_SEE_OTHER, "none", "" },
    [GUARD_HOST] = { MHD_HTTP_FORBIDDEN, "host", "ask for localhost, or start it with a token" },
    [GUARD_ORIGIN] = { MHD_HTTP_FORBIDDEN, "origin", "only this server's own page may ask that" },
    [GUARD_NONE] = { MHD_HTTP_UNAUTHORIZED, "no_token",
                     "a token is needed: open /?token=... once, or send Authorization: Bearer" },
    [GUARD_WRONG] = { MHD_HTTP_UNAUTHORIZED, "wrong_token", "that is not the token" },
    [GUARD_TOO_MANY] = { MHD_HTTP_TOO_MANY_REQUESTS, "too_many_tokens",
                         "too many wrong tokens: wait a minute" },
};

/* The path and the headers are the client's, and stay out of the log. Nor may it fill the log: one
 * line a second tells of refusals, and none of pages that ask again with an old cookie. */
static void note(const struct web_request *request, int64_t at_ms)
{
    struct web_server *server = request->server;

    if (request->verdict == GUARD_ENTER) {
        log_info("web_entered", "address=%s", request->address);
        return;
    }
    if (request->verdict == GUARD_NONE ||
        atomic_exchange(&server->noted_s, at_ms / 1000) == at_ms / 1000)
        return;
    log_warn("web_refused", "address=%s reason=%s", request->address,
             refusals[request->verdict].reason);
}

static bool let_in(struct web_request *request, const char *method, const char *path)
{
    struct guard_question question = {
        .address = request->address,
        .method = method,
        .path = path,
        .host = header_of(request, MHD_HTTP_HEADER_HOST),
        .origin = header_of(request, MHD_HTTP_HEADER_ORIGIN),
        .fetch_site = header_of(request, "Sec-Fetch-Site"),
        .fetch_mode = header_of(request, "Sec-Fetch-Mode"),
        .authorization = header_of(request, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie = header_of(request, MHD_HTTP_HEADER_COOKIE),
        .token = web_parameter(request, "token"),
        .open = request->route && request->route->open,
        .now_ms = now_ms(),
    };

    address_of(request->connection, request->address);
    request->verdict = guard_ask(request->server->guard, &question);
    if (request->verdict == GUARD_PASS)
        return true;
    request->route = NULL;
    fail(request, refusals[request->verdict].status, refusals[request->verdict].text);
    if (request->verdict == GUARD_ENTER)
        request->reply.body.size = 0;
    if (request->verdict == GUARD_TOO_MANY)
        request->reply.retry_after_s = 60;
    note(request, question.now_ms);
    return false;
}

/* ---- requests -------------------------------------------------------------------------------- */

static struct web_request *request_new(struct web_server *server, struct MHD_Connection *connection)
{
    struct web_request *request = memory_new(sizeof *request);

    request->server = server;
    request->connection = connection;
    request->reply = (struct web_reply){ .status = MHD_HTTP_OK, .type = "application/json" };
    buffer_init(&request->reply.body, LIMIT_WEB_REPLY_BYTES);
    return request;
}

/* libmicrohttpd calls this once after each request, however it went. */
void request_completed(void *user, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode code)
{
    struct web_request *request = *state;

    if (!request)
        return;
    if (request->begun)
        request->route->end(request->body, false, NULL);
    buffer_free(&request->reply.body);
    memory_free(request);
    *state = NULL;
}

/* A body that is refused is read all the same while it is short, since most clients look at the
 * answer only behind it. */
static bool waits_for_body(const struct web_request *request)
{
    int64_t length = web_length(request);

    return length >= 0 && length <= LIMIT_WEB_DRAIN_BYTES &&
           !header_of(request, MHD_HTTP_HEADER_EXPECT);
}

static enum MHD_Result take_head(struct web_request *request, const char *method, const char *path)
{
    find_route(request, method, path);
    if (let_in(request, method, path) && request->route && request->route->begin) {
        request->begun =
            request->route->begin(request->route->user, request, &request->body, &request->reply);
        touch(request);
        if (request->begun)
            return MHD_YES;
        request->route = NULL;
    }
    if (!strcmp(method, MHD_HTTP_METHOD_POST) && !waits_for_body(request))
        return send_reply(request);
    return MHD_YES;
}

static enum MHD_Result take_part(struct web_request *request, const char *data, size_t *size)
{
    bool go_on;

    if (request->begun) {
        go_on = request->route->part(request->body, data, *size);
        touch(request);
    } else {
        request->drained += *size;
        go_on = request->drained <= LIMIT_WEB_DRAIN_BYTES;
    }
    *size = 0;
    return go_on ? MHD_YES : MHD_NO;
}

static enum MHD_Result finish(struct web_request *request)
{
    const struct web_route *route = request->route;

    if (route == &events_route)
        return send_events(request);
    if (request->begun) {
        request->begun = false;
        route->end(request->body, true, &request->reply);
    } else if (route) {
        route->answer(route->user, request, &request->reply);
    }
    touch(request);
    if (request->reply.status == MHD_HTTP_INTERNAL_SERVER_ERROR)
        log_warn("web_failed", "path=%s status=%u", route ? route->path : "-",
                 request->reply.status);
    else if (route && strcmp(route->method, "GET"))
        log_info("web_posted", "address=%s path=%s status=%u", request->address, route->path,
                 request->reply.status);
    return send_reply(request);
}

/* libmicrohttpd calls with the head, then with each part of the body, then at its end. */
enum MHD_Result request_take(void *user, struct MHD_Connection *connection, const char *path,
                             const char *method, const char *version, const char *data,
                             size_t *size, void **state)
{
    struct web_request *request = *state;

    if (!request) {
        request = request_new(user, connection);
        *state = request;
        return take_head(request, method, path);
    }
    return *size ? take_part(request, data, size) : finish(request);
}
