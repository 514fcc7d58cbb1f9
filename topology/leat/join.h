/* leat/join.h - verbs that bring two inputs together.
 *
 * Both sides of a join by key are co-partitioned: a stream whose key has changed is repartitioned
 * first, and topics with unequal partition counts are refused at start.
 */
#ifndef LEAT_JOIN_H
#define LEAT_JOIN_H

#include <leat/topology.h>

/* The left side as a record, the right side's value; NULL where that side has none. leat_none():
 * the result has no value. */
typedef void (*leat_joiner)(const struct leat_record *left, const void *right, void *out);

enum leat_join_kind { LEAT_INNER, LEAT_LEFT, LEAT_OUTER };

/* ---- a stream with a table ------------------------------------------------------------------- */

struct leat_join {
    const struct leat_type *type;
    leat_joiner join;
    enum leat_join_kind kind; /* LEAT_LEFT keeps what finds nothing; there is no outer join here */
    leat_key key;             /* with a global table: the row's key; NULL: the record's */
    bool wait;                /* with a versioned table: the stream is held back for .grace of its
                                 own time, so that each record finds the version of its time */
    leat_duration grace;
    void *user;
};

/* The stream's record triggers; with a versioned table it finds the version of its own time. */
struct leat_stream *leat_join_table(struct leat_stream *in, struct leat_table *table,
                                    const char *name, const struct leat_join *join);
struct leat_stream *leat_join_global(struct leat_stream *in, struct leat_global *global,
                                     const char *name, const struct leat_join *join);

/* ---- two streams ----------------------------------------------------------------------------- */

/* A left record at t meets the right ones in [t - before, t + after]; one of both may be negative.
 * What a left or outer join preserves comes out alone, once, when its window and .grace have
 * passed without a match. There is no .late: a record that comes late still meets what the other
 * side has kept, before + after + grace long, or comes out alone. Keys may be windowed; then the
 * same window is meant. Source: Kafka Streams' JoinWindows. */
struct leat_join_streams {
    const struct leat_type *type;
    leat_joiner join;
    enum leat_join_kind kind;
    leat_duration before, after, grace;
    const char *store;        /* queryable as <store>-left and <store>-right; NULL: internal */
    bool in_memory;
    void *user;
};

struct leat_stream *leat_join_streams(struct leat_stream *left, struct leat_stream *right,
                                      const char *name, const struct leat_join_streams *join);

/* ---- two tables ------------------------------------------------------------------------------ */

struct leat_join_tables {
    const struct leat_type *type;
    leat_joiner join;
    enum leat_join_kind kind;
    leat_key key;             /* leat_join_foreign(): the right row's key, from the left row */
    const char *store;
    bool in_memory, no_cache;
    void *user;
};

struct leat_table *leat_join_tables(struct leat_table *left, struct leat_table *right,
                                    const char *name, const struct leat_join_tables *join);

/* Inner or left, by .key. The tables may have unequal partition counts; between them go the topics
 * <application.id>-<name>-subscription-registration-repartition, with the right table's count, and
 * ...-subscription-response-repartition, with the left's. Source: Kafka Streams' KIP-213. */
struct leat_table *leat_join_foreign(struct leat_table *left, struct leat_table *right,
                                     const char *name, const struct leat_join_tables *join);

#endif
