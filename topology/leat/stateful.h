/* leat/stateful.h - verbs that remember: aggregates, joins, process.
 *
 * A stateful verb on a stream whose key has changed since its source puts a repartition topic in
 * between, <application.id>-<name>-repartition, named by the step that changed the key, or by the
 * aggregate where that names a .merge. Each store has a changelog topic,
 * <application.id>-<store>-changelog.
 */
#ifndef LEAT_STATEFUL_H
#define LEAT_STATEFUL_H

#include <leat/topology.h>

/* .size alone: tumbling. .advance: hopping. Times are multiples since 1970. Source: Kafka Streams'
 * TimeWindows. */
struct leat_window {
    leat_duration size, advance, grace;
};

/* out holds the row of the record's key (and window): zeroed or as .init left it where there was
 * none. It may point into the record; that is copied when the callback returns. */
struct leat_aggregate {
    const struct leat_type *type;
    leat_fill init;                 /* NULL: zeroed */
    leat_fill add;
    leat_fill merge;                /* adds another aggregate, the record's value, to out: names it
                                       exact to combine before the repartition */
    struct leat_window window;      /* zero: not windowed */
    leat_duration retention;        /* of windows; 0: size + grace */
    int32_t partitions;             /* of the repartition topic; 0: as the widest input */
    const char *store;              /* queryable by this name; NULL: internal */
    bool in_memory, no_cache;
    struct leat_stream **late;      /* set to the records that came too late, one for each window;
                                       their .window is the one missed */
    void *user;
};

/* KGroupedStream.aggregate; grouped by the stream's key. */
struct leat_table *leat_aggregate(struct leat_stream *in, const char *name,
                                  const struct leat_aggregate *aggregate);

struct leat_cogroup_input { /* the last entry has no stream */
    struct leat_stream *stream;
    leat_fill add;
};

/* Several streams with one key feed one row. Each input has a clock of its own. */
struct leat_table *leat_cogroup(const struct leat_cogroup_input *inputs, const char *name,
                                const struct leat_aggregate *aggregate);

/* KGroupedTable: .key and .value of a changed row say what group it belongs to and with what;
 * the old one is subtracted, the new one added. */
struct leat_group {
    leat_key key;
    const struct leat_type *value_type; /* NULL: the row as it is */
    leat_fill value;
    const struct leat_type *type;       /* of the aggregate */
    leat_fill init, add, subtract;
    int32_t partitions;
    const char *store;
    bool in_memory, no_cache;
    void *user;
};

struct leat_table *leat_group_rows(struct leat_table *in, const char *name,
                                   const struct leat_group *group);

/* right is NULL where a left join found nothing. */
typedef void (*leat_joiner)(const struct leat_record *left, const void *right, void *out);

struct leat_join {
    const struct leat_type *type;
    leat_joiner join;
    bool left;    /* keep what finds nothing */
    leat_key key; /* with a global table: the row's key; NULL: the record's */
    void *user;
};

struct leat_stream *leat_join_table(struct leat_stream *in, struct leat_table *table,
                                    const char *name, const struct leat_join *join);
struct leat_stream *leat_join_global(struct leat_stream *in, struct leat_global *global,
                                     const char *name, const struct leat_join *join);

/* ---- process: a step of one's own ------------------------------------------------------------ */

struct leat_store; /* a key-value store of a process step */

struct leat_store_spec { /* the last entry has no name */
    const char *name;
    const struct leat_type *type;
    bool in_memory;
};

struct leat_process {
    const struct leat_type *type;   /* of what it forwards */
    leat_visit process;             /* calls leat_forward() for what it passes on */
    const struct leat_store_spec *stores;
    leat_duration every;            /* stream time between calls of punctuate; 0: none */
    leat_duration every_wall;       /* wall-clock time between calls of punctuate_wall */
    leat_visit punctuate;           /* the record has no key and no value, and the time */
    leat_visit punctuate_wall;
    bool key_stays;                 /* it forwards under the key it was given (fixed-key) */
    void *user;
};

struct leat_stream *leat_process(struct leat_stream *in, const char *name,
                                 const struct leat_process *process);

/* In the step's callbacks: its store by place in .stores. The row's value, NULL if there is none;
 * valid until the key is next written. */
const void *leat_get(const struct leat_record *record, int store, struct leat_bytes key);
void leat_put(const struct leat_record *record, int store, struct leat_bytes key,
              const void *value); /* NULL deletes */

/* All rows in byte order of the keys, until visit returns false. visit may write the row. */
void leat_each(const struct leat_record *record, int store,
               bool (*visit)(const struct leat_record *record, struct leat_bytes key,
                             const void *value));

#endif
