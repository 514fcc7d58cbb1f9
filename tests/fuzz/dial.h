/* dial.h - for fuzz targets that are servers: a connection to one of this process. */
#ifndef FUZZ_DIAL_H
#define FUZZ_DIAL_H

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* From another address each time: the ports of one are used up within seconds, since each stays
 * taken for a minute after the connection. What is cut short is waited for 10 ms. -1: ports are
 * short, or the fuzzer's own alarm came in between; but a server that is gone is a finding. */
static int dial(uint16_t port)
{
    static uint32_t calls;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in from = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK + ++calls % 250) };
    struct timeval patience = { .tv_usec = 10000 };
    int client = socket(AF_INET, SOCK_STREAM, 0);

    assert(client >= 0);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (!bind(client, (struct sockaddr *)&from, sizeof from) &&
        !connect(client, (struct sockaddr *)&to, sizeof to))
        return client;
    assert(errno != ECONNREFUSED);
    close(client);
    return -1;
}

#endif
