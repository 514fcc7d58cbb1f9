/* http.h - the status server: metrics, health and topology, for people and for probes.
 *
 *   GET /          the list of these
 *   GET /metrics   Prometheus' text format
 *   GET /health    200 while the application works, 503 with the reason when it must be restarted
 *   GET /ready     200 once its tasks run, 503 with the reason before
 *   GET /topology  as text; ?format=mermaid for a diagram
 *   GET /tasks     JSON
 *   GET /stores    JSON; /stores/NAME?key=K, /stores/NAME/range, /stores/NAME/all: rows (queries.h)
 *
 * Nothing can be changed through it. It listens on loopback unless told otherwise: it asks for no
 * password.
 */
#ifndef PROCESSOR_HTTP_H
#define PROCESSOR_HTTP_H

#include "base/buffer.h"

#include <stdint.h>

struct http;

struct http_request {
    const char *path; /* what stands behind the page's own */
    /* A parameter; none: it is not given. */
    struct leat_bytes (*value)(const void *user, const char *name);
    const void *user;
};

struct http_reply {
    unsigned status;
    bool is_text;   /* else JSON */
    char *location; /* of a redirect; memory_free() it */
    struct buffer *out;
};

/* What the pages show. Each appends to out.
 * Thread: the server's own, one call at a time but for stores(), until http_stop() returns. */
struct http_pages {
    int (*metrics)(void *user, struct buffer *out);
    bool (*healthy)(void *user, struct buffer *out); /* false: and why not */
    bool (*ready)(void *user, struct buffer *out);
    int (*topology)(void *user, bool mermaid, struct buffer *out);
    int (*tasks)(void *user, struct buffer *out);
    void *user;
    /* Thread: any, several at once; it may wait for other instances. NULL: there is no such page.
     */
    void (*stores)(void *user, const struct http_request *request, struct http_reply *reply);
};

struct http_options {
    const char *listen; /* a numeric address, or localhost; NULL: 127.0.0.1 */
    uint16_t port;      /* 0: a free one */
    bool expose;        /* an address other than loopback is meant */
    struct http_pages pages;
};

/* LEAT_E_ARGUMENT: the address is wrong, not ours, taken, or not loopback without expose. */
int http_start(const struct http_options *options, struct http **out,
               struct leat_error *error) MUST_CHECK;
void http_stop(struct http *http); /* waits for the request at hand; NULL is a no-op */

uint16_t http_port(const struct http *http);

#endif
