/* global.h - a global table: every row of a topic in each process, read by all its tasks.
 *
 * One thread fills it (store_restore() and home_commit() by global_apply()); tasks read committed
 * rows through readers of their own, which keep decoded rows until the table changes.
 */
#ifndef TOPOLOGY_GLOBAL_H
#define TOPOLOGY_GLOBAL_H

#include "base/error.h"
#include "leat/type.h"
#include "state/home.h"
#include "state/store.h"

#include <stdatomic.h>

struct registry;

struct global {
    struct home *home;
    struct store *writer;       /* the filling thread's */
    struct codec *codec;
    struct registry *registry;
    struct store_spec spec;
    atomic_ullong version;      /* moves with each batch of changes */
    atomic_ullong dropped;      /* records without a key */
    bool text_keys;             /* keys that are null or not UTF-8 are refused */
};

/* Owner: the caller owns home and registry. */
int global_open(struct home *home, const char *name, const struct leat_type *type,
                struct registry *registry, struct global **out, struct leat_error *error)
    MUST_CHECK;
void global_close(struct global *global);

struct global_record {
    struct leat_bytes key, value;
    int64_t timestamp_ms;
};

/* Called for each record that is not fit, which is then left out. A code stops the batch. */
typedef int (*global_reject_fn)(void *user, size_t place, const char *reason,
                                const char *sentence, struct leat_error *error);

struct global_batch {
    const struct global_record *records;
    size_t count;
    uint16_t offsets;           /* the home's number under which the offset is kept */
    int64_t next_offset;        /* behind the last record */
    int64_t now_ms;
    global_reject_fn reject;    /* NULL: nobody asks */
    void *user;
};

/* One batch of one partition, and the offset behind it, in one commit. Thread: the one that fills.
 * LEAT_E_RETRY: the registry cannot be reached; nothing was done but calls of reject. */
int global_apply(struct global *global, const struct global_batch *batch,
                 struct leat_error *error) MUST_CHECK;

struct global_reader {
    struct global *global;
    struct store *store;        /* of its own: decoded rows stay in its map */
    struct codec *codec;
    unsigned long long version;
};

int global_reader_open(struct global *global, struct global_reader *reader,
                       struct leat_error *error) MUST_CHECK;
void global_reader_close(struct global_reader *reader);

/* Forgets decoded rows if the table has changed since. */
void global_reader_refresh(struct global_reader *reader);

/* The row, NULL if there is none; valid until the next refresh. */
int global_reader_get(struct global_reader *reader, struct leat_bytes key, const void **value,
                      struct leat_error *error) MUST_CHECK;

#endif
