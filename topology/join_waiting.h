/* join_waiting.h - records of a left or outer join of streams that have met nobody yet.
 *
 * They wait in a store, in order of time, the right side before the left one, then of key, until
 * their window closes or somebody comes. Records of one side, time and key share a row. Source:
 * Kafka Streams' KStreamKStreamJoin and ListValueStore, whose layout the rows have.
 */
#ifndef TOPOLOGY_JOIN_WAITING_H
#define TOPOLOGY_JOIN_WAITING_H

#include "topology/node.h"

/* key: rows_key() of the record. */
int waiting_add(struct node *node, int side, struct leat_bytes key,
                const struct leat_record *record) MUST_CHECK;

/* Those of this side, time and key have met somebody. */
int waiting_remove(struct node *node, int side, struct leat_bytes key, int64_t at_ms) MUST_CHECK;

/* With one origin: a record of this side has moved the time, as Kafka Streams looks then. */
int waiting_reached(struct node *node, int side, const struct change *cause) MUST_CHECK;

/* With several: marks may have moved the closing time. */
int waiting_closed(struct node *node, const struct change *cause) MUST_CHECK;

#endif
