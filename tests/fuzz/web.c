/* web.c - fuzz: what comes in at the web server's port. It must answer or hang up, go on, and show
 * what the token guards to nobody who does not send it.
 */
#include "dial.h"

#include "blackfriday/web/server.h"

#include <stdlib.h>
#include <string.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int client = dial(port());
    bool entitled = size && memmem(data, size, token, sizeof token - 1);
    char answer[4096];
    ssize_t read;

    if (client < 0)
        return 0;
    if (send(client, data, size, MSG_NOSIGNAL) == (ssize_t)size)
        shutdown(client, SHUT_WR);
    while ((read = recv(client, answer, sizeof answer, 0)) > 0)
        assert(entitled || !memmem(answer, (size_t)read, guarded, sizeof guarded - 1));
    close(client);
    return 0;
}
