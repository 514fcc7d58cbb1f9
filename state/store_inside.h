/* store_inside.h - what a store consists of; for store.c, store_write.c and store_cursor.c. */
#ifndef STATE_STORE_INSIDE_H
#define STATE_STORE_INSIDE_H

#include "state/home.h"
#include "state/staged.h"

struct store {
    struct home *home;
    struct codec *codec;
    struct store_spec spec; /* its name is a copy */
    uint16_t number;
    size_t time_from_end;        /* where the keys have their time; 0: they have none */
    int64_t expire_before_ms;    /* rows before it are invisible; 0: none */
    int64_t expire_committed_ms; /* the same at the last commit */
    struct staged staged;
    struct store_cursor *cursors; /* that are open */
    struct buffer loaded;         /* the row being read */
    struct buffer encoded;        /* the row being written */
    struct buffer key;            /* a key as the home has it */
    struct buffer swept;          /* the last one that a sweep looked at; none: at the first */
    size_t unswept;               /* rows written since */
    size_t published_bytes;       /* what the budget knows of the staged map */
    uint64_t seen_commits;
    struct store_lookups lookups;
    bool stale; /* rows were restored under the staged map */
};

bool store_expired(const struct store *store, struct leat_bytes key);

/* Decodes a row of the home into a new entry. */
int store_decode(struct store *store, struct staged_entry *entry, struct leat_bytes row,
                 struct leat_error *error) MUST_CHECK;

/* The entry that a cursor stands on and that is not found yet, made to be found; or NULL. */
struct staged_entry *store_cursor_entry(struct store *store, struct leat_bytes key);

void store_publish_bytes(struct store *store, size_t least_change);

#endif
