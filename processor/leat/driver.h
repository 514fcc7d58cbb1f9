/* leat/driver.h - a topology in memory, one record at a time: for tests.
 *
 * It runs the production code of a task over a log in memory, all sub-topologies in one task, one
 * partition a topic, and commits after every record: what a call of leat_driver_send() causes,
 * through any number of internal topics, is there to be taken when it returns. The wall clock
 * stands still until it is moved. Schemas live in a registry of its own. Source: Kafka Streams'
 * TopologyTestDriver.
 * Thread: one.
 */
#ifndef LEAT_DRIVER_H
#define LEAT_DRIVER_H

#include <leat/topology.h>

struct leat_driver;

struct leat_driver_options {
    bool no_cache;                 /* every store forwards each update at once */
    const char *state;             /* directory of a RocksDB; NULL: state in memory */
    size_t memory_bytes;           /* of RocksDB's state, as leat.memory.max.bytes; 0: the least */
    int64_t wall_ms;               /* the clock at the start */
    leat_duration timestamp_ahead; /* records further ahead of the clock are rejected; 0: none */
    leat_duration emit_interval;   /* wall-clock time between two looks at what a window's closing
                                      makes due; 0: with each record */
    const char *const *topics;     /* that .topic_of may choose and no step names; ends in NULL */
    int undo_every;                /* each so many-th commit fails once: its record is processed
                                      again; 0: none */
};

/* The topology is borrowed until leat_driver_close(). options may be NULL. */
int leat_driver_new(struct leat_topology *topology, const struct leat_driver_options *options,
                    struct leat_driver **out, struct leat_error *error);
void leat_driver_close(struct leat_driver *driver); /* NULL is a no-op */

/* One record into an input topic, with all that it causes. value is of the type given, NULL for
 * none. A code: this and every later call fails with it; leat_driver_error() has the sentence. */
int leat_driver_send(struct leat_driver *driver, const char *topic, struct leat_bytes key,
                     const struct leat_type *type, const void *value, int64_t timestamp_ms);

/* The same with the value's bytes as they are to stand in the topic. */
int leat_driver_send_bytes(struct leat_driver *driver, const char *topic, struct leat_bytes key,
                           struct leat_bytes value, int64_t timestamp_ms);

/* The record that is sent next has this header, behind those of earlier calls. */
void leat_driver_give_header(struct leat_driver *driver, const char *name,
                             struct leat_bytes value);

/* What is sent from now on waits in its topic until it is released: then up to `batch` records are
 * processed between two commits, as in a backlog. */
void leat_driver_hold(struct leat_driver *driver);
int leat_driver_release(struct leat_driver *driver, int batch);

int leat_driver_advance_wall(struct leat_driver *driver, leat_duration by);

/* The task dies and comes back with what the changelogs hold. */
int leat_driver_restart(struct leat_driver *driver);

const char *leat_driver_error(const struct leat_driver *driver);

struct leat_driver_record {
    struct leat_bytes key;        /* of a windowed key: the inner one */
    struct leat_span window;      /* end_ms INT64_MAX: the topic does not say how large it is */
    struct leat_bytes bytes;      /* the value as it stands in the topic; data NULL: none */
    const struct leat_type *type; /* NULL: a topic that no step writes to; then value is too */
    const void *value;            /* decoded; NULL: none */
    int64_t timestamp_ms;
    const void *message;          /* for leat_driver_header() */
};

/* The next record of a topic that was not taken yet: 1, or 0 if there is none. Valid until the next
 * record of this topic is taken. */
int leat_driver_take(struct leat_driver *driver, const char *topic,
                     struct leat_driver_record *out);

/* The last header of that name; none if there is no such. */
struct leat_bytes leat_driver_header(const struct leat_driver_record *record, const char *name);

/* Calls visit for each row of a store, or of a global table by its step's or store's name, in byte
 * order of the keys; of a versioned store for the latest of each key. Returns how many, or
 * LEAT_E_ARGUMENT if there is no such store. */
typedef void (*leat_driver_visit)(void *user, const struct leat_driver_record *row);
int leat_driver_rows(struct leat_driver *driver, const char *store, leat_driver_visit visit,
                     void *user);

/* What a versioned table's row was at that time: 1, 0 if there was none or it is not known any
 * more, or LEAT_E_ARGUMENT if there is no such store. *out is valid until the next call. */
int leat_driver_as_of(struct leat_driver *driver, const char *store, struct leat_bytes key,
                      int64_t at_ms, struct leat_driver_record *out);

/* Records that were dropped: no key, no value where one is needed, too late. */
uint64_t leat_driver_dropped(const struct leat_driver *driver);

#endif
