/* web_client.h - a client of the web server for its tests, by libcurl. */
#ifndef TESTS_WEB_CLIENT_H
#define TESTS_WEB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_ask {
    uint16_t port;
    const char *path, *method;  /* method NULL: GET */
    const char *headers[4];     /* "Name: value" */
    const char *body;           /* NULL: none */
    size_t body_size;           /* 0: the text's */
    const char *until;          /* a stream is left once this was read */
};

struct client_reply {
    long status; /* 0: there was no answer */
    char headers[4096];
    char body[64 << 10];
    size_t size;
};

void client_get(const struct client_ask *ask, struct client_reply *reply);

/* The header's value, in static memory; NULL: there is none. */
const char *client_header(const struct client_reply *reply, const char *name);

#endif
