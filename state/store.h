/* store.h - a store: decoded values that are not yet committed, over the rows that are.
 *
 * Writes are staged: an ordered map of decoded values in an arena, coalescing, listed by last
 * write. store_flush() encodes each dirty value once, for the changelog, for the home's batch and
 * for whoever forwards it; store_committed() turns dirty into clean, store_abort() drops it all.
 * Clean values stay as a cache until the map's bound is reached at a commit.
 * Keys are the store's own layout (window_key.h, session_key.h and version_key.h lay out compound
 * ones).
 * Owner: the store owns all it hands out; an entry's value is valid until the next edit of that
 * entry, the next flush or abort. Thread: the worker that owns the task.
 */
#ifndef STATE_STORE_H
#define STATE_STORE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "leat/type.h"

struct codec;
struct home;
struct store;

enum store_kind { STORE_KEY_VALUE, STORE_WINDOW, STORE_SESSION, STORE_VERSIONED };

struct store_spec {
    const char *name;
    enum store_kind kind;
    const struct leat_type *type;
    int64_t retention_ms; /* windows, sessions, versions; 0 for key-value */
    bool keep_before;     /* entry->before is wanted at the flush */
    bool scratch;         /* nothing reaches the home, and a flush encodes nothing: what is staged
                             lasts until store_abort() */
    size_t staged_bytes;  /* bound of the staged map; over it store_full() is true. 0: the store's
                             part of the home's budget, and what others leave of theirs */
};

/* One staged key. Read all, write only origin and origin_ms; -1 where the row was just loaded. */
struct entry {
    struct leat_bytes key;
    void *value;        /* decoded; NULL: no row */
    const void *before; /* keep_before: the value when it was last flushed; NULL: none */
    int64_t timestamp_ms;
    int64_t before_ms;
    int32_t origin; /* carried for the topology: whose record wrote last */
    int64_t origin_ms;
    uint64_t marks; /* carried too, and zeroed once the entry was flushed */
    const struct leat_bytes *headers; /* store_carry()'s; NULL: none, and once it was flushed */
    bool dirty;     /* written since the last flush */
};

/* The codec stays the caller's and outlives the store. Several stores, each with a codec and a
 * thread of its own, may be opened on a home that another thread commits to: see store_refresh().
 */
int store_open(struct home *home, const struct store_spec *spec, struct codec *codec,
               struct store **out, struct leat_error *error) MUST_CHECK;
void store_close(struct store *store); /* drops what is staged; the home stays open */
const struct store_spec *store_spec(const struct store *store);

/* The entry of a key, loaded from the home if it is not staged: entry->value NULL if there is no
 * row. Never NULL itself on LEAT_OK. */
int store_entry(struct store *store, struct leat_bytes key, struct entry **out,
                struct leat_error *error) MUST_CHECK;

/* Keeps a copy of the headers with the entry until it is flushed; none takes them off. */
void store_carry(struct store *store, struct entry *entry, struct leat_bytes headers);

/* The entry's value to write to, zeroed if there was none. Call store_touch() when it is written.
 */
void *store_edit(struct store *store, struct entry *entry);

/* What was edited is the row now: copies into the store what the value points to outside of it,
 * marks the entry dirty and puts it last in the flush order. */
void store_touch(struct store *store, struct entry *entry, int64_t timestamp_ms);

/* Replaces the value by a copy of value (NULL: deletes the row), dirty and last. */
void store_set(struct store *store, struct entry *entry, const void *value, int64_t timestamp_ms);

/* Writes the row of a key that is known to be new: nothing is looked up. */
void store_add(struct store *store, struct leat_bytes key, const void *value, int64_t timestamp_ms);

/* Entries whose row exists with from <= key < to (none: no bound), staged over committed. Do not
 * write the store while a cursor is open, except to the entry it stands on. 1, 0 at the end. An
 * entry that is not written is valid until the next call on the cursor. */
struct store_cursor;
int store_range(struct store *store, struct leat_bytes from, struct leat_bytes to, bool descending,
                struct store_cursor **out, struct leat_error *error) MUST_CHECK;
int store_next(struct store_cursor *cursor, struct entry **entry,
               struct leat_error *error) MUST_CHECK;
void store_cursor_close(struct store_cursor *cursor);

/* Called once for each dirty entry, in order of last write, but not for one that has no row now and
 * had none at the last flush. wire: the value as the changelog has it, none for a deletion. It may
 * write to other stores, not to this one. */
typedef int (*store_flush_fn)(void *user, struct store *store, const struct entry *entry,
                              struct leat_bytes wire, struct leat_error *error);
int store_flush(struct store *store, store_flush_fn each, void *user,
                struct leat_error *error) MUST_CHECK;

bool store_dirty(const struct store *store);
bool store_full(struct store *store);      /* commit soon */
void store_committed(struct store *store); /* after home_commit(): trims the map */
void store_abort(struct store *store);     /* after home_discard(), or home_wipe() */

/* Between records, where another thread commits to the home: forgets what was read before its last
 * commit. Costs nothing if there was none. Nothing may be dirty. Between two calls each row is read
 * once, and rows may be of different commits. */
void store_refresh(struct store *store);

/* A changelog record, put into the home's batch: restore, and the global thread. No value: a
 * deletion. */
int store_restore(struct store *store, struct leat_bytes key, struct leat_bytes wire,
                  int64_t timestamp_ms, struct leat_error *error) MUST_CHECK;

/* Rows of windows that start, or of sessions or versions that end, before are of no more use:
 * invisible at once, and dropped after the next commit (home_expire()). An abort takes it back.
 * What was written to one of them and not flushed yet is still flushed. Versions only go by
 * store_sweep(). */
void store_expire(struct store *store, int64_t before_ms);

/* Of versions, behind a flush: deletes some of those that are over, and calls each for them as the
 * flush does for a deletion. By the time all rows could have been written once, all were looked at.
 */
int store_sweep(struct store *store, store_flush_fn each, void *user,
                struct leat_error *error) MUST_CHECK;

uint16_t store_number(const struct store *store);
struct codec *store_codec(const struct store *store); /* of its values */
size_t store_staged_bytes(const struct store *store);

/* Rows that were asked for by their keys, and of these what the home was asked for: so far. */
struct store_lookups {
    uint64_t asked, loaded;
};
struct store_lookups store_lookups(const struct store *store);

#endif
