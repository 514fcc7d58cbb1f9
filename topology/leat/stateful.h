/* leat/stateful.h - verbs that remember: aggregates over keys and windows, tables grouped anew,
 * suppress, and streams made into tables. join.h has the joins, process.h steps of one's own.
 *
 * A stateful verb on a stream whose key has changed since its source puts a repartition topic in
 * between, <application.id>-<name>-repartition, named by the step that changed the key, or by the
 * aggregate where that names a .merge. Each store has a changelog topic,
 * <application.id>-<store>-changelog.
 */
#ifndef LEAT_STATEFUL_H
#define LEAT_STATEFUL_H

#include <leat/topology.h>

/* ---- windows --------------------------------------------------------------------------------- */

enum leat_window_kind {
    LEAT_WINDOW_GUESS, /* by the fields: none set, no window; .advance set, hopping; tumbling */
    LEAT_TUMBLING, LEAT_HOPPING, LEAT_SLIDING, LEAT_SESSION,
};

/* Tumbling and hopping windows start at multiples since 1970. .size is a sliding window's time
 * difference, and a session's inactivity gap. Source: Kafka Streams' TimeWindows, SlidingWindows,
 * SessionWindows. */
struct leat_window {
    leat_duration size, advance, grace;
    enum leat_window_kind kind;
};

static inline struct leat_window leat_tumbling(leat_duration size, leat_duration grace)
{
    return (struct leat_window){ size, 0, grace, LEAT_TUMBLING };
}

static inline struct leat_window leat_hopping(leat_duration size, leat_duration advance,
                                              leat_duration grace)
{
    return (struct leat_window){ size, advance, grace, LEAT_HOPPING };
}

static inline struct leat_window leat_sliding(leat_duration difference, leat_duration grace)
{
    return (struct leat_window){ difference, 0, grace, LEAT_SLIDING };
}

static inline struct leat_window leat_session(leat_duration gap, leat_duration grace)
{
    return (struct leat_window){ gap, 0, grace, LEAT_SESSION };
}

/* ---- streams, by key and window -------------------------------------------------------------- */

/* out holds the row of the record's key (and window): zeroed or as .init left it where there was
 * none. It may point into the record; that is copied when the callback returns. leat_none()
 * deletes the row. */
struct leat_aggregate {
    const struct leat_type *type;
    leat_fill init;                 /* NULL: zeroed */
    leat_fill add;
    leat_fill merge;                /* adds another aggregate, the record's value, to out. Sessions
                                       need it. Others: names it exact to combine before the
                                       repartition */
    struct leat_window window;      /* zero: not windowed */
    bool on_close;                  /* a window's result only, when it has closed */
    leat_duration retention;        /* of windows; 0: size + grace (sliding: 2 * size + grace) */
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

/* KGroupedStream.count: how many records, as a long. Takes .window and what follows of the struct;
 * NULL: no window. */
struct leat_table *leat_count(struct leat_stream *in, const char *name,
                              const struct leat_aggregate *aggregate);

/* KGroupedStream.reduce: .add folds the record into out, which holds the row; the first record of
 * a key becomes the row without a call. The type is the stream's. */
struct leat_table *leat_reduce(struct leat_stream *in, const char *name,
                               const struct leat_aggregate *aggregate);

struct leat_cogroup_input { /* the last entry has no stream */
    struct leat_stream *stream;
    leat_fill add;
};

/* Several streams with one key feed one row. Each input has a clock of its own. */
struct leat_table *leat_cogroup(const struct leat_cogroup_input *inputs, const char *name,
                                const struct leat_aggregate *aggregate);

/* ---- tables ---------------------------------------------------------------------------------- */

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

/* aggregate; count: takes .key, .value and what follows .subtract; reduce: .add and .subtract fold
 * a value into out, which holds the row, and are not called where there is none. */
struct leat_table *leat_group_rows(struct leat_table *in, const char *name,
                                   const struct leat_group *group);
struct leat_table *leat_count_rows(struct leat_table *in, const char *name,
                                   const struct leat_group *group);
struct leat_table *leat_reduce_rows(struct leat_table *in, const char *name,
                                    const struct leat_group *group);

struct leat_to_table {
    const char *store;
    bool in_memory, no_cache;
    bool versioned;               /* keeps the versions of the last .history */
    leat_duration history;
    const struct leat_custom_store *custom;
};

/* KStream.toTable: the last value of each key; options may be NULL. */
struct leat_table *leat_to_table(struct leat_stream *in, const char *name,
                                 const struct leat_to_table *options);

enum leat_when_full { LEAT_UNBOUNDED, LEAT_EMIT_EARLY, LEAT_STOP };

/* One of the two: a window's last result alone, or at most one result a key in each .wait of
 * stream time. */
struct leat_suppress {
    bool until_close;
    leat_duration wait;
    enum leat_when_full when_full; /* what happens where one more than the bound would be held */
    int64_t max_records, max_bytes; /* max_bytes 0: any number; max_records 0 with .max_bytes set:
                                       any number */
};

/* KTable.suppress. Source: Kafka Streams' Suppressed, KIP-328. */
struct leat_table *leat_suppress(struct leat_table *in, const char *name,
                                 const struct leat_suppress *suppress);

#endif
