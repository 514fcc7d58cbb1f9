/* home.h - the committed rows of one task: one RocksDB (rocks.c) or memory (memory.c).
 *
 * Keys are ordered bytewise; the first two bytes name the store, and 0xffff is the home's own
 * (store numbers by name, changelog offsets, format version, owner). All changes of a commit are
 * put into the one batch and become visible, together, by home_commit().
 * Thread: the worker that owns the task, but for home_get() and cursors, which any may use.
 */
#ifndef STATE_HOME_H
#define STATE_HOME_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

struct home;
struct budget;

struct home_options {
    const char *path;        /* of the task's directory; NULL: rows in memory only */
    const char *application; /* whose directory it is: another's is refused */
    const char *task;
    struct budget *budget; /* NULL only for rows in memory */
    int64_t flush_interval_ms; /* what is committed is on disk after this; 0: ten seconds */
    size_t flush_bytes;    /* or after so many; 0: the database's part of the budget, which bounds
                              it in any case */
};

int home_open(const struct home_options *options, struct home **out,
              struct leat_error *error) MUST_CHECK;
void home_close(struct home *home); /* flushes; NULL is a no-op */

/* Appends the row to *value (a caller's buffer) and returns 1; 0 if there is none. */
int home_get(struct home *home, struct leat_bytes key, struct buffer *value,
             struct leat_error *error) MUST_CHECK;

/* The batch: puts and deletes are only seen after home_commit(). What is committed is flushed to
 * disk every few seconds, by a commit: an empty one does it too, for a task that stands idle. */
void home_put(struct home *home, struct leat_bytes key, struct leat_bytes value);
void home_delete(struct home *home, struct leat_bytes key);
int home_commit(struct home *home, struct leat_error *error) MUST_CHECK;
void home_discard(struct home *home);

/* Begins to bring all that is committed to disk, before it is due; waits until it is there. */
int home_flush(struct home *home, bool wait, struct leat_error *error) MUST_CHECK;

/* Rows with from <= key < to (to none: no end), ascending or descending, as they were committed
 * when the cursor was opened. home_next() returns 1, 0 at the end, or a negative code; key and
 * value are valid until the next call on the cursor. */
struct home_cursor;
int home_range(struct home *home, struct leat_bytes from, struct leat_bytes to, bool descending,
               struct home_cursor **out, struct leat_error *error) MUST_CHECK;
int home_next(struct home_cursor *cursor, struct leat_bytes *key, struct leat_bytes *value,
              struct leat_error *error) MUST_CHECK;
void home_cursor_close(struct home_cursor *cursor);

/* The two-byte number of a store, given to its name for good at the first call. */
int home_store_number(struct home *home, const char *store, uint16_t *number,
                      struct leat_error *error) MUST_CHECK;

/* Deletes all rows of a store, and its changelog offset, at once and for good. What is in the batch
 * stays there. */
int home_wipe(struct home *home, uint16_t store, struct leat_error *error) MUST_CHECK;

/* Rows of the store whose eight bytes at (key size - from_end) hold a time below before_ms,
 * big-endian, may be dropped whenever the home likes, after the next commit. */
void home_expire(struct home *home, uint16_t store, size_t from_end, int64_t before_ms);

/* Whether the row is gone by what was committed, though the home may still find it. Any thread. */
bool home_expired(const struct home *home, struct leat_bytes key);

/* The next changelog offset whose effect the rows contain, and when that was written (wall clock);
 * -1 if unknown. Set goes into the batch. */
int home_offset(struct home *home, uint16_t store, int64_t *offset, int64_t *written_ms,
                struct leat_error *error) MUST_CHECK;
void home_set_offset(struct home *home, uint16_t store, int64_t offset, int64_t now_ms);

size_t home_disk_bytes(struct home *home);

struct home_figures { /* of a RocksDB; all 0 for rows in memory */
    uint64_t disk_bytes, memtable_bytes, pending_compaction_bytes;
    uint64_t files, rows; /* rows: an estimate */
    unsigned busy;        /* flushes and compactions that run now */
    bool stalled;         /* writes are held back until those are done */
};
void home_figures(struct home *home, struct home_figures *figures);

struct budget *home_budget(const struct home *home); /* NULL: none was given */
uint64_t home_commits(const struct home *home);      /* grows by each; any thread */

#endif
