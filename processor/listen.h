/* listen.h - where a server of ours listens: loopback, unless told otherwise. */
#ifndef PROCESSOR_LISTEN_H
#define PROCESSOR_LISTEN_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

/* From a numeric address, or localhost; NULL: 127.0.0.1. The caller's, by freeaddrinfo(); NULL: the
 * text is no address. */
struct addrinfo *listen_address(const char *text, uint16_t port);

bool listen_is_loopback(const struct addrinfo *address);

#endif
