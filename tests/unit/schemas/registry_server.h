/* registry_server.h - a schema registry of recorded answers, on loopback, inside the test. */
#ifndef TESTS_REGISTRY_SERVER_H
#define TESTS_REGISTRY_SERVER_H

#include <pthread.h>
#include <stddef.h>

struct server_answer {
    unsigned status;
    const char *body;     /* NULL: none */
    size_t padding;       /* so many spaces after the body */
    const char *location; /* of a redirect */
};

/* What came in: the number of requests so far, and the last of them. */
struct server_request {
    size_t requests;
    char line[512]; /* "GET /schemas/ids/1" */
    char body[4096];
    char user[64], password[64], type[64];
};

/* Answers are given in turn, the last one again and again. */
struct server {
    struct MHD_Daemon *daemon;
    const struct server_answer *answers;
    size_t answer_count;
    char url[64]; /* http://127.0.0.1:port */
    pthread_mutex_t lock;
    struct server_request last; /* under the lock */
};

void server_start(struct server *server, const struct server_answer *answers, size_t count);

/* The same behind TLS, by PEM texts. */
void server_start_tls(struct server *server, const struct server_answer *answers, size_t count,
                      const char *certificate, const char *key);

void server_stop(struct server *server);

struct server_request server_last(struct server *server);

/* The URL of a port on loopback that nobody listens to. */
void server_url_of_nobody(char url[64]);

/* The URL of a port that takes connections and never answers; close() the result. */
int server_url_of_silence(char url[64]);

#endif
