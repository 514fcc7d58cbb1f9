/* http.c - the status server, by libmicrohttpd: a few connections, each with its thread, so that a
 * question about a store that waits for another instance keeps no probe waiting. */
#include "processor/http.h"

#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"

#include <assert.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CONNECTION_BYTES = 16 << 10, /* request line and headers; more is answered with 414 or 431 */
    IDLE_SECONDS = 10,
    PER_ADDRESS = LIMIT_HTTP_CONNECTIONS / 2,
};

struct http {
    struct http_pages pages;
    struct MHD_Daemon *daemon;
    uint16_t port;
    pthread_mutex_t one; /* page at a time, of those that take it so */
};

struct page {
    unsigned status;
    const char *type;
    struct buffer body;
    char *location; /* of a redirect */
    unsigned again; /* seconds after which to come again; 0: not said */
};

static const char text_type[] = "text/plain; charset=utf-8";

/* ---- pages -------------------------------------------------------------------------------- */

static int show_index(const struct http *http, struct MHD_Connection *connection, struct page *page)
{
    return buffer_format(&page->body, "leat\n\n/metrics\n/health\n/ready\n/topology\n"
                                    "/topology?format=mermaid\n/tasks\n%s",
                         http->pages.stores ? "/stores\n" : "");
}

static int show_metrics(const struct http *http, struct MHD_Connection *connection,
                        struct page *page)
{
    page->type = "text/plain; version=0.0.4; charset=utf-8";
    return http->pages.metrics(http->pages.user, &page->body);
}

static int show_state(bool good, const char *word, struct page *page)
{
    page->status = good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    return page->body.size ? LEAT_OK : buffer_text(&page->body, good ? word : "no\n");
}

static int show_health(const struct http *http, struct MHD_Connection *connection,
                       struct page *page)
{
    return show_state(http->pages.healthy(http->pages.user, &page->body), "healthy\n", page);
}

static int show_ready(const struct http *http, struct MHD_Connection *connection, struct page *page)
{
    return show_state(http->pages.ready(http->pages.user, &page->body), "ready\n", page);
}

static int show_topology(const struct http *http, struct MHD_Connection *connection,
                         struct page *page)
{
    const char *format = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "format");
    bool mermaid = format && !strcmp(format, "mermaid");

    if (format && !mermaid && strcmp(format, "text")) {
        page->status = MHD_HTTP_BAD_REQUEST;
        return buffer_text(&page->body, "format is text or mermaid\n");
    }
    return http->pages.topology(http->pages.user, mermaid, &page->body);
}

static int show_tasks(const struct http *http, struct MHD_Connection *connection, struct page *page)
{
    page->type = "application/json";
    return http->pages.tasks(http->pages.user, &page->body);
}

/* ---- stores ------------------------------------------------------------------------------- */

static const char stores_path[] = "/stores";

static bool is_stores(const char *path)
{
    size_t size = sizeof stores_path - 1;

    return !strncmp(path, stores_path, size) && (!path[size] || path[size] == '/');
}

/* With its size: a key may contain a zero. */
static struct leat_bytes parameter(const void *user, const char *name)
{
    struct MHD_Connection *connection = (struct MHD_Connection *)(uintptr_t)user;
    const char *value = NULL;
    size_t size = 0;

    if (MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, name, strlen(name),
                                      &value, &size) != MHD_YES)
        return (struct leat_bytes){ 0 };
    return leat_bytes(value ? value : "", size);
}

static void show_stores(const struct http *http, struct MHD_Connection *connection,
                        const char *path, struct page *page)
{
    struct http_request request = { path + sizeof stores_path - 1, parameter, connection };
    struct http_reply reply = { .out = &page->body };

    http->pages.stores(http->pages.user, &request, &reply);
    page->status = reply.status;
    page->location = reply.location;
    page->again = reply.status == MHD_HTTP_SERVICE_UNAVAILABLE;
    if (!reply.is_text)
        page->type = "application/json";
}

/* ---- requests ----------------------------------------------------------------------------- */

struct route {
    const char *path;
    int (*show)(const struct http *http, struct MHD_Connection *connection, struct page *page);
};

static const struct route routes[] = {
    { "/", show_index },      { "/metrics", show_metrics },   { "/health", show_health },
    { "/ready", show_ready }, { "/topology", show_topology }, { "/tasks", show_tasks },
};

static const struct route *route_of(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (!strcmp(routes[i].path, path))
            return &routes[i];
    return NULL;
}

static void fail(struct page *page, unsigned status, const char *text)
{
    page->status = status;
    page->type = text_type;
    page->body.size = 0;
    if (buffer_text(&page->body, text))
        page->body.size = 0;
}

static void show_route(struct http *http, struct MHD_Connection *connection,
                       const struct route *route, struct page *page)
{
    int status;

    pthread_mutex_lock(&http->one);
    status = route->show(http, connection, page);
    pthread_mutex_unlock(&http->one);
    if (status)
        fail(page, MHD_HTTP_INTERNAL_SERVER_ERROR, "the page could not be made\n");
}

static void fill(struct http *http, struct MHD_Connection *connection, const char *path,
                 const char *method, struct page *page)
{
    const struct route *route = route_of(path);

    if (strlen(path) > LIMIT_HTTP_URI_BYTES)
        fail(page, MHD_HTTP_URI_TOO_LONG, "the path is too long\n");
    else if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
        fail(page, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    else if (http->pages.stores && is_stores(path))
        show_stores(http, connection, path, page);
    else if (!route)
        fail(page, MHD_HTTP_NOT_FOUND, "no such page; / lists them\n");
    else
        show_route(http, connection, route, page);
}

static enum MHD_Result send_page(struct MHD_Connection *connection, struct page *page)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(page->body.size, page->body.data, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result queued;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (page->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (page->location)
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, page->location);
    if (page->again)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    queued = MHD_queue_response(connection, page->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* libmicrohttpd calls with the head first. A body is refused there, before any of it is read. */
static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct page page = { .status = MHD_HTTP_OK, .type = text_type };
    enum MHD_Result queued;

    buffer_init(&page.body, LIMIT_HTTP_REPLY_BYTES);
    if (!*state && !strcmp(method, MHD_HTTP_METHOD_GET)) {
        *state = user;
        return MHD_YES;
    }
    if (*size)
        return MHD_NO;
    fill(user, connection, path, method, &page);
    queued = send_page(connection, &page);
    buffer_free(&page.body);
    memory_free(page.location);
    return queued;
}

/* ---- start and stop ----------------------------------------------------------------------- */

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 ==
               127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static int resolve(const struct http_options *options, struct addrinfo **address,
                   struct leat_error *error)
{
    const char *name = options->listen ? options->listen : "127.0.0.1";
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                              .ai_socktype = SOCK_STREAM };
    char port[8];

    if (!strcmp(name, "localhost"))
        name = "127.0.0.1";
    snprintf(port, sizeof port, "%u", options->port);
    if (getaddrinfo(name, port, &hints, address))
        return error_set(error, LEAT_E_ARGUMENT,
                         "leat.http.listen '%.100s' is no address: 127.0.0.1, ::1 or 0.0.0.0, say",
                         name);
    if (options->expose || is_loopback((*address)->ai_addr))
        return LEAT_OK;
    freeaddrinfo(*address);
    return error_set(error, LEAT_E_ARGUMENT,
                     "leat.http.listen '%.100s' is reached from outside, and no password is asked "
                     "for: set leat.http.expose=true if that is meant",
                     name);
}

static struct MHD_Daemon *listen_at(struct http *http, const struct addrinfo *address)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
                     MHD_USE_AUTO |
                     (address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);

    return MHD_start_daemon(flags, 0, NULL, NULL, answer, http, MHD_OPTION_SOCK_ADDR,
                            address->ai_addr, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)LIMIT_HTTP_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                            (unsigned)PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)CONNECTION_BYTES, MHD_OPTION_END);
}

int http_start(const struct http_options *options, struct http **out, struct leat_error *error)
{
    const struct http_pages *pages = &options->pages;
    const union MHD_DaemonInfo *info;
    struct addrinfo *address;
    struct http *http;
    int code = resolve(options, &address, error);

    assert(pages->metrics && pages->healthy && pages->ready && pages->topology && pages->tasks);
    if (code)
        return code;
    http = memory_new(sizeof *http);
    http->pages = options->pages;
    pthread_mutex_init(&http->one, NULL);
    http->daemon = listen_at(http, address);
    freeaddrinfo(address);
    if (!http->daemon) {
        pthread_mutex_destroy(&http->one);
        memory_free(http);
        return error_set(error, LEAT_E_ARGUMENT,
                         "cannot listen on %s port %u: taken, or no address of this host; "
                         "leat.http.port=0 takes a free port",
                         options->listen ? options->listen : "127.0.0.1", options->port);
    }
    info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    assert(info);
    http->port = info->port;
    log_info("http_listening", "address=%s port=%u",
             options->listen ? options->listen : "127.0.0.1", http->port);
    *out = http;
    return LEAT_OK;
}

void http_stop(struct http *http)
{
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    pthread_mutex_destroy(&http->one);
    memory_free(http);
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}
