/* server.h - the server of `blackfriday web`: routes, who may ask, and what each answer carries.
 *
 * It listens on loopback; beyond it only with a token. Every answer has a strict policy for what a
 * page may load, nothing is cached, and what changes something is taken from the page's own origin
 * alone. Bounds are LIMIT_WEB_*.
 */
#ifndef BLACKFRIDAY_WEB_SERVER_H
#define BLACKFRIDAY_WEB_SERVER_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct web_server;
struct web_request;

struct web_reply {
    unsigned status;       /* 200 unless set */
    const char *type;      /* a literal; application/json unless set */
    const char *file_name; /* a literal: offered as a download under this name; NULL: shown */
    unsigned retry_after_s; /* 0: none; the header Retry-After, with 429 and 503 */
    struct buffer body;    /* the server's, appended to */
};

/* What a request says. Owner: the server, valid during the call. */
const char *web_path(const struct web_request *request);  /* behind the route's own path */
const char *web_parameter(const struct web_request *request, const char *name); /* or NULL */
int64_t web_length(const struct web_request *request);    /* Content-Length; -1: not said */

/* A route takes either answer, or begin, part and end.
 * Thread: a thread of the server's; several requests at once. */
struct web_route {
    const char *method; /* "GET" (HEAD too) or "POST" */
    const char *path;   /* "/figures"; "/upload/" takes what lies below it; "/" itself alone */
    void *user;
    bool open;          /* answered without the token too */

    void (*answer)(void *user, const struct web_request *request, struct web_reply *reply);

    /* A body is taken as it comes, and never held whole. begin: false refuses by the reply, before
     * any of the body is read. part: false cuts the connection off, since HTTP has no way to answer
     * in the middle of a body. end: always called once after begin, frees body; whole is false
     * when the client went away or was cut off, and the reply is NULL then. */
    bool (*begin)(void *user, const struct web_request *request, void **body,
                  struct web_reply *reply);
    bool (*part)(void *body, const void *data, size_t size);
    void (*end)(void *body, bool whole, struct web_reply *reply);
};

struct web_server_options {
    const char *listen; /* a numeric address, or localhost; NULL: 127.0.0.1 */
    uint16_t port;      /* 0: a free one */
    const char *token;  /* NULL: none, and then loopback alone. Of at least 16 characters */
    const struct web_route *routes;
    size_t route_count;
};

/* LEAT_E_ARGUMENT: the address is wrong, taken, or not loopback without a token. */
int web_server_start(const struct web_server_options *options, struct web_server **out,
                     struct leat_error *error) MUST_CHECK;
void web_server_stop(struct web_server *server); /* waits for requests at hand; NULL is a no-op */
uint16_t web_server_port(const struct web_server *server);

/* Sends an event to all who listen at GET /events, and keeps the last one of each name for those
 * who come. data is one line of JSON. Thread: any. */
void web_server_publish(struct web_server *server, const char *event, const char *data);

#endif
