/* http.c - the status server, by libmicrohttpd: one thread, a few connections, short requests.
 *
 * A question about a store may have to wait for another instance: it has a thread of its own, and
 * its connection is left alone meanwhile, so that no probe waits for it.
 */
#include "processor/http.h"

#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/listen.h"

#include <assert.h>
#include <microhttpd.h>
#include <pthread.h>
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
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t changed;
    int jobs;             /* questions at work */
    bool stopping;
};

struct page {
    unsigned status;
    const char *type;
    struct buffer body;
    char *location; /* of a redirect */
    unsigned again; /* seconds after which to come again; 0: not said */
};

struct job { /* one request */
    struct http *http;
    struct MHD_Connection *connection;
    char *path;
    struct page page;
    bool begun; /* a question has its thread */
    bool done;  /* and its page; under the server's lock */
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

static void show_stores(const struct job *job, struct page *page)
{
    const struct http_pages *pages = &job->http->pages;
    struct http_request request = { job->path + sizeof stores_path - 1, parameter,
                                    job->connection };
    struct http_reply reply = { .out = &page->body };

    pages->stores(pages->user, &request, &reply);
    page->status = reply.status;
    page->location = reply.location;
    page->again = reply.status == MHD_HTTP_SERVICE_UNAVAILABLE;
    if (!reply.is_text)
        page->type = "application/json";
}

static void end_job(struct http *http)
{
    pthread_mutex_lock(&http->lock);
    http->jobs--;
    pthread_cond_signal(&http->changed);
    pthread_mutex_unlock(&http->lock);
}

static void *work(void *argument)
{
    struct job *job = argument;
    struct MHD_Connection *connection = job->connection;
    struct http *http = job->http;

    show_stores(job, &job->page);
    pthread_mutex_lock(&http->lock);
    job->done = true;
    pthread_mutex_unlock(&http->lock);
    MHD_resume_connection(connection); /* the job may be gone from here on */
    end_job(http);
    return NULL;
}

/* False: no question is taken any more, or no thread is to be had. */
static bool begin_job(struct job *job)
{
    struct http *http = job->http;
    pthread_t thread;

    pthread_mutex_lock(&http->lock);
    job->begun = !http->stopping;
    http->jobs += job->begun;
    pthread_mutex_unlock(&http->lock);
    if (!job->begun)
        return false;
    MHD_suspend_connection(job->connection);
    if (!pthread_create(&thread, NULL, work, job)) {
        pthread_detach(thread);
        return true;
    }
    MHD_resume_connection(job->connection);
    job->begun = false;
    end_job(http);
    return false;
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

static void fill(const struct http *http, struct MHD_Connection *connection, const char *path,
                 const char *method, struct page *page)
{
    const struct route *route = route_of(path);

    if (strlen(path) > LIMIT_HTTP_URI_BYTES)
        fail(page, MHD_HTTP_URI_TOO_LONG, "the path is too long\n");
    else if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
        fail(page, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    else if (http->pages.stores && is_stores(path))
        fail(page, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping\n");
    else if (!route)
        fail(page, MHD_HTTP_NOT_FOUND, "no such page; / lists them\n");
    else if (route->show(http, connection, page))
        fail(page, MHD_HTTP_INTERNAL_SERVER_ERROR, "the page could not be made\n");
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

static struct job *job_new(struct http *http, struct MHD_Connection *connection, const char *path)
{
    struct job *job = memory_new(sizeof *job);

    job->http = http;
    job->connection = connection;
    job->path = memory_text(path);
    job->page = (struct page){ .status = MHD_HTTP_OK, .type = text_type };
    buffer_init(&job->page.body, LIMIT_HTTP_REPLY_BYTES);
    return job;
}

static bool is_done(struct job *job)
{
    bool done;

    pthread_mutex_lock(&job->http->lock);
    done = job->done;
    pthread_mutex_unlock(&job->http->lock);
    return done;
}

static void forget(void *user, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode why)
{
    struct job *job = *state;

    if (!job)
        return;
    assert(is_done(job) || !job->begun);
    buffer_free(&job->page.body);
    memory_free(job->page.location);
    memory_free(job->path);
    memory_free(job);
    *state = NULL;
}

static bool is_question(const struct job *job, const char *method)
{
    return job->http->pages.stores && is_stores(job->path) &&
           strlen(job->path) <= LIMIT_HTTP_URI_BYTES &&
           (!strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD));
}

/* libmicrohttpd calls with the head first. A body is refused there, before any of it is read. */
static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct job *job = *state;
    bool first = !job;

    if (first)
        *state = job = job_new(user, connection, path);
    if (first && (!strcmp(method, MHD_HTTP_METHOD_GET) || is_question(job, method)))
        return MHD_YES;
    if (*size)
        return MHD_NO;
    if (!job->begun && is_question(job, method) && begin_job(job))
        return MHD_YES;
    if (!is_done(job))
        fill(user, connection, path, method, &job->page);
    return send_page(connection, &job->page);
}

/* ---- start and stop ----------------------------------------------------------------------- */

static int resolve(const struct http_options *options, struct addrinfo **address,
                   struct leat_error *error)
{
    *address = listen_address(options->listen, options->port);
    if (!*address)
        return error_set(error, LEAT_E_ARGUMENT,
                         "leat.http.listen '%.100s' is no address: 127.0.0.1, ::1 or 0.0.0.0, say",
                         options->listen);
    if (options->expose || listen_is_loopback(*address))
        return LEAT_OK;
    freeaddrinfo(*address);
    return error_set(error, LEAT_E_ARGUMENT,
                     "leat.http.listen '%.100s' is reached from outside, and no password is asked "
                     "for: set leat.http.expose=true if that is meant",
                     options->listen);
}

static struct MHD_Daemon *listen_at(struct http *http, const struct addrinfo *address)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_ALLOW_SUSPEND_RESUME |
                     (address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);

    return MHD_start_daemon(flags, 0, NULL, NULL, answer, http, MHD_OPTION_SOCK_ADDR,
                            address->ai_addr, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)LIMIT_HTTP_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                            (unsigned)PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, forget, NULL,
                            MHD_OPTION_END);
}

static void http_free(struct http *http)
{
    pthread_cond_destroy(&http->changed);
    pthread_mutex_destroy(&http->lock);
    memory_free(http);
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
    pthread_mutex_init(&http->lock, NULL);
    pthread_cond_init(&http->changed, NULL);
    http->daemon = listen_at(http, address);
    freeaddrinfo(address);
    if (!http->daemon) {
        http_free(http);
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
    pthread_mutex_lock(&http->lock);
    http->stopping = true;
    while (http->jobs)
        pthread_cond_wait(&http->changed, &http->lock);
    pthread_mutex_unlock(&http->lock);
    MHD_stop_daemon(http->daemon);
    http_free(http);
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}
