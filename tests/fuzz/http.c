/* http.c - fuzz: what comes in at the status server's port, request line and all. It must answer or
 * hang up, and go on. */
#include "processor/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* From another address each time: the ports of one are used up within seconds, since each stays
 * taken for a minute after the connection. */
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
    assert(!connect(client, (struct sockaddr *)&to, sizeof to));
    return client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int client = dial();
    struct timeval patience = { .tv_usec = 10000 }; /* what is cut short is waited for over there */
    char answer[4096];

    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(client, data, size, MSG_NOSIGNAL) == (ssize_t)size)
        shutdown(client, SHUT_WR);
    while (recv(client, answer, sizeof answer, 0) > 0)
        ;
    close(client);
    return 0;
}
