/* origins.h - the sub-topology of a topology's last step as one task of several: fed as if by
 * senders of several source partitions, each at a pace of its own.
 *
 * Values are strings. What reaches a sink leaves with the commit, or not at all.
 */
#ifndef TESTS_TOPOLOGY_ORIGINS_H
#define TESTS_TOPOLOGY_ORIGINS_H

#include "base/buffer.h"
#include "topology/flow.h"

enum { ORIGINS_GROUPS = 16 };

struct origins {
    struct flow *flow;
    bool caching;                 /* set before the start; a stop ends it */
    int32_t each[ORIGINS_GROUPS]; /* of the sub-topologies: so many origins, and so many tasks */
    struct home *home;
    struct leat_error error;
    struct buffer out; /* "key=value@timestamp ", by sinks together */
    size_t committed;  /* so much of it has left */
    size_t taken;
};

/* As many senders as origins write to each of the task's topics. */
void origins_start(struct origins *origins, struct leat_topology *topology, int32_t count);
void origins_stop(struct origins *origins);

/* A record that sender `origin` read itself, into the repartition of that name. */
void origins_send(struct origins *origins, const char *repartition, int32_t origin,
                  const char *key, const char *value, int64_t timestamp_ms);

/* A bare mark, with what it makes due. */
void origins_mark(struct origins *origins, const char *repartition, int32_t origin,
                  int64_t mark_ms);
void origins_wall(struct origins *origins);

void origins_commit(struct origins *origins);
void origins_undo(struct origins *origins);

/* What has left since, without the last blank. */
const char *origins_take(struct origins *origins);

#endif
