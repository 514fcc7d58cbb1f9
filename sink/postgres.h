/* postgres.h - the PostgreSQL sink: its options, and what its own files share.
 *
 *   postgres.c      the connection, waiting, errors, begin and commit
 *   postgres_ddl.c  schema, tables, day partitions, views, and whether they fit
 *   fence.c         sink_offset: who may write, and how far it got
 *   upsert.c        the last row of each key, in one statement with the fence
 *   copy.c          facts, by COPY, with the fence at its end
 */
#ifndef SINK_POSTGRES_H
#define SINK_POSTGRES_H

#include "base/buffer.h"
#include "base/map.h"
#include "sink/sink.h"

#include <libpq-fe.h>
#include <stdatomic.h>

struct postgres_options {
    const char *database;  /* connection string or URI without a password; NULL: PG* environment */
    const char *schema;    /* NULL: black_friday_sales */
    const char *id;        /* the sink's name in sink_offset */
    const struct sink_table *tables; /* outlive the sink */
    size_t table_count;
    const char *views;     /* SQL that may be run again, with the schema first in search_path */
    bool no_ddl;           /* the schema is made by someone else: check it only */
    int request_timeout_ms; /* 0: 30 s; of one answer */
    atomic_bool *stop;     /* ends every wait; NULL: never */
};

/* Connects nowhere yet, but for checking its options. */
int postgres_new(const struct postgres_options *options, struct sink **out,
                 struct leat_error *error) MUST_CHECK;

/* ---- shared by the sink's own files ------------------------------------------------------- */

struct postgres_table {
    const struct sink_table *spec;
    struct columns columns;
    char *put;                /* the statement of an upsert; the head of a COPY */
    uint64_t prepared;        /* the connection that `put` was prepared on */
    struct buffer *values;    /* upsert: one array a column; facts: the COPY's data in the first */
    struct buffer *gone;      /* upsert: the keys to delete, one array a key column */
    size_t *sizes;            /* of values and gone when the row began */
    size_t rows, deletes;
    struct map days;          /* the partitions that are known to be there */
    int64_t *pending_days;    /* those that the batch needs */
    size_t pending_day_count, pending_day_capacity;
};

struct postgres {
    struct sink sink;
    PGconn *connection;       /* NULL: none */
    uint64_t connections;     /* made so far: the present one's number */
    int refusals;             /* in a row, before the first connection */
    bool checked;             /* tables are there, and fit */
    bool fitted;              /* views were made */
    char *schema;             /* between quotes */
    char *application;        /* what the server knows us by */
    char *id;
    char *database;
    char *views;
    bool no_ddl;
    int request_timeout_ms;
    atomic_bool *stop;
    struct postgres_table *tables;
    size_t table_count;
    char state[6];            /* SQLSTATE of the last failure; empty: of the connection */
    struct sink_claim *claim; /* of the batch at hand */
};

struct postgres_query {
    const char *action;       /* for the sentence: "claim a partition" */
    const char *prepared;     /* name, or NULL: text */
    const char *text;
    int count;
    const char *const *values;
    const int *lengths, *formats; /* NULL: text */
};

/* Runs one statement and waits for its result, which is the caller's to clear. */
int postgres_query(struct postgres *pg, const struct postgres_query *query, PGresult **result,
                   struct leat_error *error) MUST_CHECK;

/* The same without parameters and without a result; text may hold several statements. */
int postgres_do(struct postgres *pg, const char *action, const char *text,
                struct leat_error *error) MUST_CHECK;

int postgres_prepare(struct postgres *pg, const char *name, const char *text,
                     struct leat_error *error) MUST_CHECK;

/* The last result of what was sent, or the first that is an error; a COPY waits for its data. */
int postgres_result(struct postgres *pg, const char *action, PGresult **result,
                    struct leat_error *error) MUST_CHECK;

/* Hands what is queued to the kernel. */
int postgres_flush(struct postgres *pg, const char *action, struct leat_error *error) MUST_CHECK;

/* Translates a failure, of a result or, where that is NULL, of the connection, which is closed. */
int postgres_fail(struct postgres *pg, const char *action, const PGresult *result,
                  struct leat_error *error);
/* Whether the last failure was of this SQLSTATE. */
bool postgres_state_is(const struct postgres *pg, const char *sqlstate);

int ddl_apply(struct postgres *pg, struct leat_error *error) MUST_CHECK;
int ddl_day(struct postgres *pg, struct postgres_table *table, int64_t day,
            struct leat_error *error) MUST_CHECK;
char *ddl_text(const struct buffer *sql); /* as a C string, to give back with memory_free() */

enum fence_state { FENCE_OURS, FENCE_COMMITTED };

/* Takes the partition, whoever has it; fence_keep() only if it is still the claim's. Both set
 * next_offset and epoch. */
int fence_take(struct postgres *pg, struct sink_claim *claim, struct leat_error *error) MUST_CHECK;
int fence_keep(struct postgres *pg, struct sink_claim *claim, struct leat_error *error) MUST_CHECK;
/* Whether a batch that failed, or changed nothing, is ours to try again (FENCE_OURS) or was
 * committed after all; LEAT_E_FENCED if neither. */
int fence_look(struct postgres *pg, const struct sink_claim *claim, int64_t next_offset,
               enum fence_state *state, struct leat_error *error) MUST_CHECK;
/* Ends backends of owners that froze in the middle of something that we wait for. */
int fence_free(struct postgres *pg, const struct sink_claim *claim,
               struct leat_error *error) MUST_CHECK;
/* Moves the position, and nothing else. */
int fence_move(struct postgres *pg, const struct sink_claim *claim, int64_t next_offset,
               struct leat_error *error) MUST_CHECK;

int upsert_open(struct postgres *pg, struct postgres_table *table, struct leat_error *error)
    MUST_CHECK;
void upsert_clear(struct postgres_table *table);
int upsert_write(struct postgres_table *table, const struct sink_row *row,
                 struct leat_error *error) MUST_CHECK;
int upsert_commit(struct postgres *pg, struct postgres_table *table, int64_t next_offset,
                  struct leat_error *error) MUST_CHECK;

int copy_open(struct postgres *pg, struct postgres_table *table, struct leat_error *error)
    MUST_CHECK;
void copy_clear(struct postgres_table *table);
int copy_write(struct postgres_table *table, int32_t partition, const struct sink_row *row,
               struct leat_error *error) MUST_CHECK;
int copy_commit(struct postgres *pg, struct postgres_table *table, int64_t next_offset,
                struct leat_error *error) MUST_CHECK;

#endif
