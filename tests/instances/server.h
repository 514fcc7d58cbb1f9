/* server.h - a broker of a test's own, with settings of its own, which it may stop and start. */
#ifndef TESTS_INSTANCES_SERVER_H
#define TESTS_INSTANCES_SERVER_H

struct server {
    char folder[64];
    char brokers[128];
};

/* settings: key=value, until NULL. The folder is made before, so that settings may name files in
 * it. */
void server_folder(struct server *server);
void server_start(struct server *server, const char *const settings[]);
void server_do(struct server *server, const char *command); /* "kill", "restart": broker.sh */
void server_stop(struct server *server);                     /* and removes the folder */

#endif
