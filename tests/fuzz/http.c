/* http.c - fuzz: what comes in at the status server's port, request line and all. It must answer or
 * hang up, and go on. */
#include "dial.h"

#include "processor/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int page(void *user, struct buffer *out)
{
    return buffer_add(out, "page\n", 5);
}

static bool state(void *user, struct buffer *out)
{
    return !buffer_add(out, "fine\n", 5);
}

static int topology(void *user, bool mermaid, struct buffer *out)
{
    return buffer_add(out, "steps\n", 6);
}

static uint16_t port(void)
{
    static struct http *server;
    struct http_options options = { .pages = { page, state, state, topology, page, NULL } };
    struct leat_error error = { 0 };
    int status = server ? 0 : http_start(&options, &server, &error);

    assert(!status);
    return http_port(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int client = dial(port());
    char answer[4096];

    if (client < 0)
        return 0;
    if (send(client, data, size, MSG_NOSIGNAL) == (ssize_t)size)
        shutdown(client, SHUT_WR);
    while (recv(client, answer, sizeof answer, 0) > 0)
        ;
    close(client);
    return 0;
}
