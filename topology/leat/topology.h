/* leat/topology.h - describing a topology: two nouns, and verbs between them.
 *
 * A verb takes its input(s), a name that is unique in the topology, and one function or one struct
 * literal whose zeroes are the defaults. It returns the step it made and never fails: the first
 * mistake sticks to the topology and is reported, by step name, when it is started or checked.
 * Names, structs and functions are copied or static; .user is the caller's and outlives the run.
 * Owner: the topology owns its steps. Thread: one, until it is started; then nobody's.
 */
#ifndef LEAT_TOPOLOGY_H
#define LEAT_TOPOLOGY_H

#include <leat/record.h>

struct leat_topology;
struct leat_stream; /* records, each an event */
struct leat_table;  /* the last value of each key; passes on changes */
struct leat_global; /* a table that every instance holds whole */
struct leat_custom_store; /* leat/custom_store.h */

typedef int64_t leat_duration; /* milliseconds */

static inline leat_duration leat_seconds(int64_t n) { return n * 1000; }
static inline leat_duration leat_minutes(int64_t n) { return n * 60000; }
static inline leat_duration leat_hours(int64_t n) { return n * 3600000; }
static inline leat_duration leat_days(int64_t n) { return n * 86400000; }

typedef bool (*leat_test)(const struct leat_record *record);
typedef struct leat_bytes (*leat_key)(const struct leat_record *record);
typedef void (*leat_fill)(const struct leat_record *record, void *out); /* out zeroed */
typedef int64_t (*leat_time)(const struct leat_record *record, int64_t partition_ms);
typedef struct leat_span (*leat_bounds)(const struct leat_record *record);
typedef void (*leat_visit)(const struct leat_record *record);
typedef int32_t (*leat_partition)(const struct leat_record *record, int32_t partitions);

struct leat_topology *leat_topology_new(void);
void leat_topology_free(struct leat_topology *topology); /* NULL is a no-op */

/* 0, or the first mistake: LEAT_E_ARGUMENT for a parameter, LEAT_E_TOPOLOGY for what does not fit
 * together. What can be known without a broker; starting checks the rest. */
int leat_topology_check(struct leat_topology *topology, struct leat_error *error);

/* The steps and sub-topologies as text, or as a Mermaid flowchart; free() it. */
char *leat_topology_describe(struct leat_topology *topology, bool mermaid);

/* ---- sources -------------------------------------------------------------------------------- */

struct leat_source {
    const char *topic;            /* NULL: the step's name */
    const char *const *topics;    /* a stream's: several, NULL at the end, in place of .topic */
    const struct leat_type *type; /* of the values */
    leat_time timestamp;          /* extractor; NULL: the record's own. Negative: dropped */
    leat_test valid;              /* false, or leat_fail(): to the topic's dead letter, not on */
    bool needs_value;             /* a null value is a dead letter */
    bool text_keys;               /* a null key, or one that is not UTF-8, is a dead letter */
    const char *rejects;          /* the dead-letter topic; NULL: <topic>-rejected */
    const char *store;            /* a table's: queryable by this name */
    bool in_memory, no_cache;     /* a table's store */
    bool versioned;               /* a table's store keeps the versions of the last .history */
    leat_duration history;
    const struct leat_custom_store *custom; /* who keeps a table's rows; NULL: Leat */
    void *user;
};

/* KStream/KTable/GlobalKTable of StreamsBuilder. */
struct leat_stream *leat_stream_from(struct leat_topology *topology, const char *name,
                                     const struct leat_source *source);
struct leat_table *leat_table_from(struct leat_topology *topology, const char *name,
                                   const struct leat_source *source);
struct leat_global *leat_global_from(struct leat_topology *topology, const char *name,
                                     const struct leat_source *source);

/* ---- stateless verbs of streams -------------------------------------------------------------- */

struct leat_map {
    const struct leat_type *type; /* of the new value; NULL: the value stays */
    leat_fill value;
    leat_key key;                 /* NULL: the key stays */
    leat_bounds window;           /* of the new key, which becomes a windowed one; NULL: none */
    void *user;
};

struct leat_branch { /* the last entry has no name; .test NULL: the rest */
    const char *name;
    leat_test test;
    struct leat_stream **out;
};

struct leat_to {
    const char *topic;            /* NULL: the step's name */
    leat_key topic_of;            /* chooses a topic for each record, in place of .topic; it must
                                     be there already */
    leat_partition partition_of;  /* NULL: by the key, as Kafka's default partitioner does */
    int32_t partitions;           /* of a topic that is missing; 0: as the widest input */
    const char *cleanup;          /* its cleanup.policy; NULL: delete */
    void *user;
};

struct leat_repartition {
    int32_t partitions;           /* 0: as the widest input of the sub-topology before */
    leat_partition partition_of;  /* NULL: by the key */
    void *user;
};

struct leat_stream *leat_filter(struct leat_stream *in, const char *name, leat_test test);
struct leat_stream *leat_filter_not(struct leat_stream *in, const char *name, leat_test test);
struct leat_stream *leat_map(struct leat_stream *in, const char *name, const struct leat_map *map);
struct leat_stream *leat_flat_map(struct leat_stream *in, const char *name,
                                  const struct leat_map *map); /* .value calls leat_forward() */
struct leat_stream *leat_flat_map_values(struct leat_stream *in, const char *name,
                                         const struct leat_map *map); /* the key stays */
struct leat_stream *leat_key_by(struct leat_stream *in, const char *name, leat_key key);
struct leat_stream *leat_peek(struct leat_stream *in, const char *name, leat_visit visit);
void leat_for_each(struct leat_stream *in, const char *name,
                   leat_visit visit); /* leat_user() is its input's */
struct leat_stream *leat_merge(struct leat_stream *a, struct leat_stream *b, const char *name);
void leat_branch(struct leat_stream *in, const char *name, const struct leat_branch *branches);
struct leat_stream *leat_repartition(struct leat_stream *in, const char *name,
                                     const struct leat_repartition *repartition);
void leat_to(struct leat_stream *in, const char *name, const struct leat_to *to);

/* ---- stateless verbs of tables --------------------------------------------------------------- */

struct leat_stream *leat_changes(struct leat_table *in, const char *name); /* KTable.toStream */
struct leat_table *leat_filter_rows(struct leat_table *in, const char *name, leat_test test);
struct leat_table *leat_filter_rows_not(struct leat_table *in, const char *name, leat_test test);
struct leat_table *leat_map_rows(struct leat_table *in, const char *name,
                                 const struct leat_map *map);

struct leat_keep {
    const char *store;            /* queryable by this name */
    bool in_memory, no_cache;
    const struct leat_custom_store *custom;
};

/* Keeps what a filter-rows or map-rows passes on in a store of its own, right behind the verb and
 * before others take the table; returns it. Source: Kafka Streams' Materialized. */
struct leat_table *leat_keep(struct leat_table *table, const struct leat_keep *keep);

/* Gives a step's callbacks their leat_user(); step is any stream or table. */
void leat_with(void *step, void *user);

#endif
