/* leat/streams.h - running a topology: configuration, start, state, stop.
 *
 * One struct leat_streams is one instance; start more of them, in as many processes as you like,
 * under one application.id, and they share the work. Source: KafkaStreams.
 */
#ifndef LEAT_STREAMS_H
#define LEAT_STREAMS_H

#include <leat/topology.h>

struct leat_config;
struct leat_streams;

/* ---- configuration: Kafka Streams' keys, and `kafka.` before a librdkafka property ----------- */

struct leat_config *leat_config_new(void);
void leat_config_free(struct leat_config *config); /* NULL is a no-op */

/* LEAT_E_ARGUMENT names the key, what it takes, and the nearest known one. */
int leat_config_set(struct leat_config *config, const char *key, const char *value,
                    struct leat_error *error);
int leat_config_file(struct leat_config *config, const char *path, struct leat_error *error);
int leat_config_environment(struct leat_config *config, struct leat_error *error);

/* ---- running --------------------------------------------------------------------------------- */

enum leat_state {
    LEAT_CREATED,
    LEAT_REBALANCING, /* starting, restoring, or between owners */
    LEAT_RUNNING,     /* every task that it owns is processing */
    LEAT_STOPPED,
    LEAT_FAILED,      /* leat_streams_error() says why */
};

/* Topology and configuration are borrowed until leat_streams_free(). */
struct leat_streams *leat_streams_new(struct leat_topology *topology,
                                      const struct leat_config *config);

/* Checks everything that can be checked, creates internal topics, joins the group, and returns;
 * the work goes on in threads of its own. Brokers that cannot be reached are waited for, up to
 * task.timeout.ms. LEAT_E_TOPOLOGY, LEAT_E_ARGUMENT, LEAT_E_STATE, LEAT_E_LOG: it cannot run. */
int leat_streams_start(struct leat_streams *streams, struct leat_error *error);

/* Thread: any. */
enum leat_state leat_streams_state(struct leat_streams *streams);
void leat_streams_error(struct leat_streams *streams, struct leat_error *error);
int leat_streams_port(struct leat_streams *streams); /* of the status server */

/* Commits, gives the tasks up, closes the state. Returns 0, or what made it fail. */
int leat_streams_stop(struct leat_streams *streams, struct leat_error *error);
void leat_streams_free(struct leat_streams *streams); /* stops it first; NULL is a no-op */

/* A whole main(): reads --config FILE, --set key=value, --describe, --help and the environment,
 * runs until SIGTERM or SIGINT, and returns the exit status. Frees the topology. */
int leat_main(struct leat_topology *topology, int argc, char **argv);

#endif
