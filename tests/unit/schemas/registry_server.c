/* registry_server.c - recorded answers over HTTP. */
#include "registry_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note_head(struct server *server, struct MHD_Connection *connection, const char *method,
                      const char *url)
{
    char *password = NULL;
    char *user = MHD_basic_auth_get_username_password(connection, &password);
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");

    snprintf(server->line, sizeof server->line, "%s %s", method, url);
    snprintf(server->user, sizeof server->user, "%s", user ? user : "");
    snprintf(server->password, sizeof server->password, "%s", password ? password : "");
    snprintf(server->type, sizeof server->type, "%s", type ? type : "");
    server->body[0] = 0;
    free(user);
    free(password);
}

static struct MHD_Response *response_of(const struct server_answer *answer)
{
    size_t size = answer->body ? strlen(answer->body) : 0;
    char *text = malloc(size + answer->padding + 1);
    struct MHD_Response *response;

    if (size)
        memcpy(text, answer->body, size);
    memset(text + size, ' ', answer->padding);
    response = MHD_create_response_from_buffer(size + answer->padding, text, MHD_RESPMEM_MUST_FREE);
    if (answer->location)
        MHD_add_response_header(response, "Location", answer->location);
    return response;
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct server *server = user;
    const struct server_answer *answer;
    struct MHD_Response *response;
    enum MHD_Result queued;

    if (!*state) {
        note_head(server, connection, method, url);
        *state = server;
        return MHD_YES;
    }
    if (*size) {
        strncat(server->body, data,
                *size < sizeof server->body - strlen(server->body) - 1
                    ? *size
                    : sizeof server->body - strlen(server->body) - 1);
        *size = 0;
        return MHD_YES;
    }
    answer = &server->answers[server->requests < server->answer_count ? server->requests
                                                                      : server->answer_count - 1];
    server->requests++;
    response = response_of(answer);
    queued = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

static struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

void server_start(struct server *server, const struct server_answer *answers, size_t count)
{
    struct sockaddr_in address = loopback();
    const union MHD_DaemonInfo *info;

    *server = (struct server){ .answers = answers, .answer_count = count };
    server->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, server,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_END);
    cr_assert(server->daemon, "no HTTP server on loopback");
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", info->port);
}

void server_stop(struct server *server)
{
    MHD_stop_daemon(server->daemon);
}

int server_url_of_silence(char url[64])
{
    struct sockaddr_in address = loopback();
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert(fd >= 0 && !bind(fd, (struct sockaddr *)&address, size) && !listen(fd, 8) &&
              !getsockname(fd, (struct sockaddr *)&address, &size));
    snprintf(url, 64, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

void server_url_of_nobody(char url[64])
{
    close(server_url_of_silence(url));
}
