/* server_inside.h - what the halves of the server share: server.c listens, request.c answers. */
#ifndef BLACKFRIDAY_WEB_SERVER_INSIDE_H
#define BLACKFRIDAY_WEB_SERVER_INSIDE_H

#include "blackfriday/web/events.h"
#include "blackfriday/web/guard.h"
#include "blackfriday/web/server.h"

#include <microhttpd.h>
#include <stdatomic.h>

enum { SERVER_IDLE_SECONDS = 30, SERVER_EVENTS_BLOCK = 16 << 10 };

struct web_server {
    struct MHD_Daemon *daemon;
    struct guard *guard;
    struct events *events;
    const struct web_route *routes;
    size_t route_count;
    uint16_t port;
    atomic_int_least64_t noted_s; /* when a refusal was written down last */
};

/* As libmicrohttpd calls them; user is the server. */
enum MHD_Result request_take(void *user, struct MHD_Connection *connection, const char *path,
                             const char *method, const char *version, const char *data,
                             size_t *size, void **state);
void request_completed(void *user, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode code);

#endif
