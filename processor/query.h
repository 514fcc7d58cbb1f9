/* query.h - a question about the rows of a store, and the rows that answer it.
 *
 * What is shown is committed: values that wait for a commit are nobody's to see yet.
 */
#ifndef PROCESSOR_QUERY_H
#define PROCESSOR_QUERY_H

#include "processor/layout.h"
#include "state/home.h"

#include <stdatomic.h>

struct registry;

/* ---- stores ---------------------------------------------------------------------------------- */

enum query_shape { QUERY_PLAIN, QUERY_WINDOWS, QUERY_SESSIONS, QUERY_VERSIONS };

struct query_store { /* one that can be asked for: it has a name of its own */
    const char *name;
    const struct step *step;
    const struct store_plan *plan; /* NULL: a global table */
    enum query_shape shape;        /* of its keys */
    int64_t window_ms;             /* size of the windows; 0: there are none, or not told */
    int32_t partitions;            /* that keys are spread over by murmur2; 0: by something else */
};

/* The store of the place, counted from 0. False: there are no more. */
bool query_store_at(const struct layout *layout, size_t place, struct query_store *out);
bool query_store_find(const struct layout *layout, const char *name, struct query_store *out);
const struct leat_type *query_store_type(const struct query_store *store);
const char *query_store_kind(const struct query_store *store);

/* ---- the question ---------------------------------------------------------------------------- */

enum query_what { QUERY_KEY, QUERY_RANGE, QUERY_ALL };

struct query {
    enum query_what what;
    char *store;
    struct leat_bytes key;      /* of QUERY_KEY */
    struct leat_bytes from, to; /* of QUERY_RANGE, both within; none: no bound */
    int64_t from_ms, to_ms;     /* windows that start, sessions that meet, versions valid within */
    bool timed;                 /* one of these was given */
    int64_t limit;              /* rows */
    int64_t timeout_ms;
    int64_t task;               /* index of the one task to ask; -1: those that can have it */
    bool reverse, stale, redirect, anywhere;
    bool hop;                   /* asked by another instance: answer from here or not at all */
};

/* Fills a zeroed one from the rest of a path (NAME, NAME/range, NAME/all) and from parameters.
 * LEAT_E_ARGUMENT says what is wrong. value: the parameter as bytes; data NULL: it is not given. */
typedef struct leat_bytes (*query_value)(const void *user, const char *name);
int query_parse(struct query *query, const char *path, query_value value, const void *user,
                struct leat_error *error) MUST_CHECK;
void query_free(struct query *query);

/* The same question as path and parameters, for another instance. */
int query_write(const struct query *query, struct buffer *out) MUST_CHECK;

/* ---- the rows -------------------------------------------------------------------------------- */

struct query_row {
    struct leat_bytes place; /* its key as the store orders it */
    struct leat_bytes key;
    const void *value;
    int64_t timestamp_ms;
    struct leat_span window; /* windows and sessions */
    int64_t end_ms;          /* versions: INT64_MAX: the latest */
};

struct query_source { /* where to read one store of one task */
    struct home *home;
    uint16_t number;
    struct registry *registry;
    int64_t until_ms;            /* monotonic: when to give up */
    const atomic_bool *closing;  /* NULL: it stays */
};

/* Calls each for up to query->limit rows, in order; *more: there would be others. A code of each
 * ends it. LEAT_E_RETRY: out of time, or the task is closing.
 * Thread: any. What it hands out lasts until each returns. */
typedef int (*query_each)(void *user, const struct query_row *row, struct leat_error *error);
int query_rows(const struct query *query, const struct query_store *store,
               const struct query_source *source, query_each each, void *user, bool *more,
               struct leat_error *error) MUST_CHECK;

/* Appends a row as JSON, on one line. */
int query_row_json(const struct query_store *store, const struct query_row *row,
                   struct buffer *out) MUST_CHECK;

#endif
