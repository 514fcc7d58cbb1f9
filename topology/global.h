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
    uint64_t rejected;          /* records that could not be read */
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

/* One batch of the topic, and the offset behind it. Thread: the one that fills. Records that
 * cannot be decoded, or have no key, are counted in *bad and left out.
 * reject (may be NULL) gets each of them. LEAT_E_RETRY: the registry cannot be reached. */
typedef void (*global_reject_fn)(void *user, size_t place, const char *reason,
                                 const char *sentence);
int global_apply(struct global *global, const struct global_record *records, size_t count,
                 int64_t next_offset, int64_t now_ms, global_reject_fn reject, void *user,
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

/* Forgets decoded rows if the table has changed since. Between records. */
void global_reader_refresh(struct global_reader *reader);

/* The row, NULL if there is none; valid until the next refresh. */
int global_reader_get(struct global_reader *reader, struct leat_bytes key, const void **value,
                      struct leat_error *error) MUST_CHECK;

#endif
