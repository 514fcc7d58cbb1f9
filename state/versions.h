/* versions.h - what a row was, and when: the versions in a store of kind STORE_VERSIONED.
 *
 * A version is valid from its timestamp until the next one's; a deletion is a version too. A row
 * has the version's start as its timestamp, and its end in the key (version_key.h). Updates may
 * come in any order. What ended before the store's store_expire() is gone; the latest never is.
 * Thread: the worker that owns the task. The arena holds keys, until the caller rewinds it.
 */
#ifndef STATE_VERSIONS_H
#define STATE_VERSIONS_H

#include "state/store.h"
#include "state/version_key.h"

struct version {
    const void *value; /* NULL: there was none. Valid as an entry's is */
    int64_t from_ms;
    int64_t end_ms;    /* VERSION_OPEN: it is the latest */
};

/* The version that is valid at at_ms (VERSION_OPEN: the latest): 1, or 0 if nothing was known of
 * the key then. */
int versions_find(struct store *store, struct leat_bytes key, int64_t at_ms, struct arena *arena,
                  struct version *out, struct leat_error *error) MUST_CHECK;

/* Adds a version (value NULL: a deletion), or replaces the one of the same start. *latest: no
 * later one is known. */
int versions_add(struct store *store, struct leat_bytes key, const void *value, int64_t from_ms,
                 struct arena *arena, bool *latest, struct leat_error *error) MUST_CHECK;

#endif
