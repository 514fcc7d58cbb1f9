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

static void note_head(struct server_request *last, struct MHD_Connection *connection,
                      const char *method, const char *url)
{
    char *password = NULL;
    char *user = MHD_basic_auth_get_username_password(connection, &password);
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");

    snprintf(last->line, sizeof last->line, "%s %s", method, url);
    snprintf(last->user, sizeof last->user, "%s", user ? user : "");
    snprintf(last->password, sizeof last->password, "%s", password ? password : "");
    snprintf(last->type, sizeof last->type, "%s", type ? type : "");
    last->body[0] = 0;
    free(user);
    free(password);
}

static void note_body(struct server_request *last, const char *data, size_t size)
{
    size_t used = strlen(last->body), room = sizeof last->body - used - 1;

    size = size < room ? size : room;
    memcpy(last->body + used, data, size);
    last->body[used + size] = 0;
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

static enum MHD_Result reply(struct server *server, struct MHD_Connection *connection)
{
    size_t at = server->last.requests++;
    const struct server_answer *answer =
        &server->answers[at < server->answer_count ? at : server->answer_count - 1];
    struct MHD_Response *response = response_of(answer);
    enum MHD_Result queued = MHD_queue_response(connection, answer->status, response);

    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct server *server = user;
    enum MHD_Result result = MHD_YES;

    pthread_mutex_lock(&server->lock);
    if (!*state) {
        note_head(&server->last, connection, method, url);
        *state = server;
    } else if (*size) {
        note_body(&server->last, data, *size);
        *size = 0;
    } else {
        result = reply(server, connection);
    }
    pthread_mutex_unlock(&server->lock);
    return result;
}

static struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

void server_start(struct server *server, const struct server_answer *answers, size_t count)
{
    server_start_tls(server, answers, count, NULL, NULL);
}

void server_start_tls(struct server *server, const struct server_answer *answers, size_t count,
                      const char *certificate, const char *key)
{
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key },
        { MHD_OPTION_END, 0, NULL },
    };
    struct sockaddr_in address = loopback();
    const union MHD_DaemonInfo *info;

    *server = (struct server){ .answers = answers, .answer_count = count };
    pthread_mutex_init(&server->lock, NULL);
    server->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | (certificate ? MHD_USE_TLS : 0), 0, NULL,
                         NULL, handle, server, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                         MHD_OPTION_ARRAY, certificate ? tls : &tls[2], MHD_OPTION_END);
    cr_assert(server->daemon, "no HTTP server on loopback");
    info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(server->url, sizeof server->url, "%s://127.0.0.1:%u", certificate ? "https" : "http",
             info->port);
}

void server_stop(struct server *server)
{
    MHD_stop_daemon(server->daemon);
    pthread_mutex_destroy(&server->lock);
}

struct server_request server_last(struct server *server)
{
    struct server_request last;

    pthread_mutex_lock(&server->lock);
    last = server->last;
    pthread_mutex_unlock(&server->lock);
    return last;
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
