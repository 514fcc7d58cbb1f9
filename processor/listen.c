/* listen.c - addresses that servers listen on. */
#include "processor/listen.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct addrinfo *listen_address(const char *text, uint16_t port)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *address;
    char service[8];

    if (!text || !strcmp(text, "localhost"))
        text = "127.0.0.1";
    snprintf(service, sizeof service, "%u", port);
    return getaddrinfo(text, service, &hints, &address) ? NULL : address;
}

bool listen_is_loopback(const struct addrinfo *address)
{
    const struct sockaddr *at = address->ai_addr;

    if (at->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)at)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr);
}
