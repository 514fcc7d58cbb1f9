/* web.c - fuzz: what comes in at the web server's port. It must answer or hang up, go on, and show
 * what the token guards to nobody who does not send it.
 */
#include "blackfriday/web/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char token[] = "correct-horse-battery";
static char guarded[] = "nobody may see this", open_to_all[] = "fine";

static void show(void *user, const struct web_request *request, struct web_reply *reply)
{
    const char *name = web_parameter(request, "name");
    int status = buffer_text(&reply->body, user) || buffer_text(&reply->body, web_path(request)) ||
                 buffer_text(&reply->body, name ? name : "");

    assert(!status);
}

/* A body that is refused is not the route's. */
static bool begin(void *user, const struct web_request *request, void **body,
                  struct web_reply *reply)
{
    bool taken = web_length(request) < 1000;

    *body = taken ? malloc(1) : NULL;
    return taken;
}

static bool part(void *body, const void *data, size_t size)
{
    return size < 2000;
}

static void end(void *body, bool whole, struct web_reply *reply)
{
    free(body);
}

static const struct web_route routes[] = {
    { .method = "GET", .path = "/", .user = guarded, .answer = show },
    { .method = "GET", .path = "/page/", .user = guarded, .answer = show },
    { .method = "GET", .path = "/health", .user = open_to_all, .open = true, .answer = show },
    { .method = "POST", .path = "/upload/", .begin = begin, .part = part, .end = end },
};

static uint16_t port(void)
{
    static struct web_server *server;
    struct web_server_options options = { .token = token, .routes = routes,
                                          .route_count = sizeof routes / sizeof *routes };
    struct leat_error error = { 0 };
    int status = server ? 0 : web_server_start(&options, &server, &error);

    assert(!status);
    return web_server_port(server);
}

/* From another address each time: the ports of one are used up within seconds, since each stays
 * taken for a minute after the connection. -1: ports are short, or the fuzzer's own alarm came in
 * between. */
static int dial(void)
{
    static uint32_t calls;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port()),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in from = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK + ++calls % 250) };
    int client = socket(AF_INET, SOCK_STREAM, 0);

    assert(client >= 0);
    assert(!bind(client, (struct sockaddr *)&from, sizeof from));
    if (!connect(client, (struct sockaddr *)&to, sizeof to))
        return client;
    assert(errno != ECONNREFUSED);
    close(client);
    return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int client = dial();
    struct timeval patience = { .tv_usec = 10000 }; /* what is cut short is waited for over there */
    bool entitled = size && memmem(data, size, token, sizeof token - 1);
    char answer[4096];
    ssize_t read;

    if (client < 0)
        return 0;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(client, data, size, MSG_NOSIGNAL) == (ssize_t)size)
        shutdown(client, SHUT_WR);
    while ((read = recv(client, answer, sizeof answer, 0)) > 0)
        assert(entitled || !memmem(answer, (size_t)read, guarded, sizeof guarded - 1));
    close(client);
    return 0;
}
