/* flow.h - the nodes of one task: made from steps, fed, flushed, undone.
 *
 * The flow knows no log: what leaves it goes through flow_ops, which the processor's task and
 * tests implement.
 * Thread: the worker that owns the task.
 */
#ifndef TOPOLOGY_FLOW_H
#define TOPOLOGY_FLOW_H

#include "base/clock.h"
#include "topology/node.h"

struct global;
struct home;
struct registry;

struct flow_ops {
    /* A change that reached a sink: to a topic, or to a repartition. */
    int (*send)(struct flow *flow, struct node *sink, const struct change *change);
    /* An input record that is not fit (topology's .valid, keys): to the dead letter. */
    int (*reject)(struct flow *flow, struct node *source, const char *reason, const char *sentence);
    /* leat_fail() was called: LEAT_OK to skip the record at this step, or a code that fails it. */
    int (*failed)(struct flow *flow, struct node *node, const char *sentence);
    /* What the changelog of a store gets. */
    int (*changelog)(struct flow *flow, struct store *store, const struct entry *entry,
                     struct leat_bytes wire);
    /* The process's copy of a global table. */
    struct global *(*global)(struct flow *flow, const struct step *step);
};

struct flow_options {
    struct leat_topology *topology;
    const int *groups;          /* the sub-topologies that this task runs */
    size_t group_count;
    int32_t partition;          /* of the task: the origin of what its sources read */
    const int32_t *origins;     /* by group: how many source partitions lie upstream; like the
                                   topology, it outlives the flow */
    const int32_t *partitions;  /* by group: how many tasks, and so senders, it has */
    struct home *home;          /* committed rows; those of in-memory stores the flow keeps */
    struct registry *registry;
    struct clock *clock;
    size_t staged_bytes;        /* bound of all staged maps together */
    const struct flow_ops *ops;
    void *owner;
    bool caching;               /* false: every store forwards at once */
    int64_t emit_interval_ms;   /* wall-clock time between two looks at what windows' closing makes
                                   due; 0: with each record */
};

struct flow_source { /* of the record being processed; topic NULL: none */
    const char *topic;
    int32_t partition;
    int64_t offset, timestamp_ms;
    struct node *node;
    struct leat_bytes headers;
};

struct flow_store {
    struct store *store;
    struct codec *codec;
    struct home *home;
    bool has_home;              /* it is the store's alone, and the flow's to close */
    struct node *node;          /* NULL: the time store */
    bool logged;
    struct store_spec spec;
};

struct flow {
    struct flow_options options;
    struct arena record;        /* rewound after each record */
    struct node *nodes;         /* in topological order */
    size_t node_count;
    struct node **by_step;      /* by row number; NULL: not in this flow */
    struct home *memory;        /* rows of in-memory stores, and of scratch stores */
    struct flow_store *stores;
    size_t store_count;
    struct leat_call call;
    struct flow_source source;
    struct leat_error *error;
    struct store *time;         /* clocks and marks; NULL where none are kept */
    char *time_name;
    bool reads_told;            /* see rows_get_told() */
    int64_t stream_ms;          /* the greatest timestamp taken from any input */
    int64_t committed_ms;       /* the same, as of the last commit */
    uint64_t commits;
    char failure[LEAT_ERROR_TEXT];
};

int flow_new(const struct flow_options *options, struct flow **out,
             struct leat_error *error) MUST_CHECK;
void flow_free(struct flow *flow);

/* Registers the stores' schemas, under their changelogs' names. LEAT_E_RETRY while the registry
 * cannot be reached. */
int flow_register(struct flow *flow, const char *application, struct leat_error *error) MUST_CHECK;

/* After the stores are restored: reads the clocks and marks. */
int flow_load(struct flow *flow, struct leat_error *error) MUST_CHECK;

struct node *flow_node(struct flow *flow, const struct step *step); /* NULL: elsewhere */

/* The origin of what time causes here, and no record: one that the steps behind have a clock of,
 * also where a repartition is wider than the sources before it. */
int32_t flow_origin(const struct node *node);

/* One record into a source or a receiving repartition, with all that it causes; then what its
 * timestamp makes due. */
int flow_record(struct flow *flow, struct node *source, const struct change *change,
                struct leat_error *error) MUST_CHECK;

/* What a mark that came without a record makes due. */
int flow_advance(struct flow *flow, struct leat_error *error) MUST_CHECK;

/* What the wall clock makes due. */
int flow_wall(struct flow *flow, struct leat_error *error) MUST_CHECK;

/* Caches forward, changelogs are written, all rows go into the home's batch. */
int flow_flush(struct flow *flow, struct leat_error *error) MUST_CHECK;

/* What was flushed is committed in the log: writes the homes' batches. */
int flow_commit(struct flow *flow, struct leat_error *error) MUST_CHECK;

/* What was processed since the last commit is undone, clocks and marks too. */
int flow_abort(struct flow *flow, struct leat_error *error) MUST_CHECK;

bool flow_full(const struct flow *flow);  /* a staged map is over its bound: commit */

/* A row of the time store that an operator keeps for itself: saved at a flush, read at a load. */
int flow_keep(struct node *node, const char *kind, const int64_t *times, int32_t count);
int flow_kept(struct node *node, const char *kind, int64_t *times, int32_t count);

/* Marks: what a receiving node hears, and what its sinks say. */
void flow_hear(struct node *receiver, int32_t sender, int64_t mark_ms);
int64_t flow_mark(const struct flow *flow, const struct node *sink);

#endif
