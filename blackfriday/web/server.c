/* server.c - the server of `blackfriday web`, by libmicrohttpd: a thread for each connection, so
 * that a body may be taken as slowly as the log takes it, and events be waited for.
 */
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "blackfriday/web/server_inside.h"
#include "processor/listen.h"

#include <assert.h>
#include <sys/socket.h>

enum { HEARTBEAT_MS = 5000 };

static int resolve(const struct web_server_options *options, struct addrinfo **address,
                   struct leat_error *error)
{
    *address = listen_address(options->listen, options->port);
    if (!*address)
        return error_set(error, LEAT_E_ARGUMENT,
                         "'%.100s' is no address to listen on: 127.0.0.1, ::1 or 0.0.0.0, say",
                         options->listen);
    if (options->token || listen_is_loopback(*address))
        return LEAT_OK;
    freeaddrinfo(*address);
    return error_set(error, LEAT_E_ARGUMENT,
                     "'%.100s' is reached from outside: that asks for a token", options->listen);
}

static struct MHD_Daemon *listen_at(struct web_server *server, const struct addrinfo *address)
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC |
                     (address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0);

    return MHD_start_daemon(flags, 0, NULL, NULL, request_take, server, MHD_OPTION_SOCK_ADDR,
                            address->ai_addr, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)LIMIT_WEB_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)SERVER_IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)LIMIT_WEB_REQUEST_BYTES,
                            MHD_OPTION_NOTIFY_COMPLETED, request_completed, server, MHD_OPTION_END);
}

static int listen_on(struct web_server *server, const struct web_server_options *options,
                     struct leat_error *error)
{
    const union MHD_DaemonInfo *info;
    struct addrinfo *address;
    int status = resolve(options, &address, error);

    if (status)
        return status;
    server->daemon = listen_at(server, address);
    freeaddrinfo(address);
    if (!server->daemon)
        return error_set(error, LEAT_E_ARGUMENT,
                         "cannot listen on %s port %u: taken, or no address of this host",
                         options->listen ? options->listen : "127.0.0.1", options->port);
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    assert(info);
    server->port = info->port;
    log_info("web_listening", "address=%s port=%u token=%s",
             options->listen ? options->listen : "127.0.0.1", server->port,
             options->token ? "yes" : "no");
    return LEAT_OK;
}

int web_server_start(const struct web_server_options *options, struct web_server **out,
                     struct leat_error *error)
{
    struct web_server *server = memory_new(sizeof *server);
    int status = guard_new(options->token, &server->guard, error);

    for (size_t i = 0; i < options->route_count; i++)
        assert(!options->routes[i].answer == !!options->routes[i].begin);
    server->routes = options->routes;
    server->route_count = options->route_count;
    server->events = events_new(HEARTBEAT_MS);
    if (!status)
        status = listen_on(server, options, error);
    if (status)
        web_server_stop(server);
    else
        *out = server;
    return status;
}

void web_server_stop(struct web_server *server)
{
    if (!server)
        return;
    events_stop(server->events);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    events_free(server->events);
    guard_free(server->guard);
    memory_free(server);
}

uint16_t web_server_port(const struct web_server *server)
{
    return server->port;
}

void web_server_publish(struct web_server *server, const char *event, const char *data)
{
    events_publish(server->events, event, data);
}
