/* port.h - the Kafka side of a step that reads or writes a topic: names, codecs, partitioning, and
 * for repartitions the frame.
 */
#ifndef PROCESSOR_PORT_H
#define PROCESSOR_PORT_H

#include "base/map.h"
#include "processor/frame.h"
#include "processor/log.h"
#include "processor/layout.h"
#include "topology/flow.h"

struct codec;
struct task;

struct port_topic { /* one that a sink writes to */
    const char *name;
    int32_t partitions;
    int handle;                  /* the writer's */
};

struct port {
    struct node *node;
    const char *topic;           /* in full; NULL where each record chooses */
    int32_t partitions;
    struct codec *codec;
    struct codec *partial_codec; /* of partial aggregates; NULL: none cross it */
    struct log_writer *writer;
    struct log *log;             /* where topics that records choose are looked up */
    struct map chosen;           /* those that were: struct port_topic, by name */
    int handle;                  /* the writer's, of a sink */
    bool framed;                 /* a repartition */
    bool timed;                  /* marks are told on it */
    int64_t mark_ms;             /* as of the last flush: what frames say */
    int64_t *told_ms;            /* by partition: the last mark that went there */
    int64_t next_bare_ms;        /* monotonic: not before this the next bare marks */
    uint64_t records;            /* that crossed it */
    struct leat_bytes headers;   /* of the message read last, in the record's arena or its own */
};

void port_init(struct port *port, struct node *node, const struct layout *layout,
               struct registry *registry, struct log *log);
void port_free(struct port *port);

/* Registers its schemas where it writes. */
int port_register(struct port *port, struct leat_error *error) MUST_CHECK;

/* A sink's records go to this writer from now on. */
void port_attach(struct port *port, struct log_writer *writer);

/* Encodes a change and sends it; out is a scratch buffer, tag comes back if it is refused. 1: the
 * sink's own functions failed the record, and it goes no further. LEAT_E_LIMIT: the log would
 * refuse it. */
int port_send(struct port *port, struct log_writer *writer, const struct change *change,
              int32_t sender, uint64_t tag, struct buffer *out,
              struct leat_error *error) MUST_CHECK;

/* Sends the mark to those partitions that have not heard it. */
int port_send_marks(struct port *port, struct log_writer *writer, int32_t sender,
                    struct buffer *out, struct leat_error *error) MUST_CHECK;
bool port_owes_marks(const struct port *port);

/* Fills change from a message: value, old value, origin, partial. Sets *bare if the message was
 * only a mark. LEAT_E_DATA: poison. LEAT_E_RETRY: the registry cannot be reached. */
int port_read(struct port *port, const struct log_message *message, struct change *change,
              bool *bare, struct leat_error *error) MUST_CHECK;

#endif
