/* leat/custom_store.h - rows kept in a store of one's own. Source: Kafka Streams'
 * KeyValueBytesStoreSupplier.
 *
 * Named by .custom of a process step's store, of a table's source, leat_to_table() or leat_keep().
 * It holds committed rows, as bytes: the value is a version byte, flags, a timestamp, and what the
 * changelog has. What a transaction writes stays in memory until Kafka has committed it; then come
 * put() for each row and one commit(). So nothing is ever to be undone: an aborted transaction does
 * not get here.
 * A store is as good as its changelog: when a task opens, what rows there are is deleted and the
 * changelog's are put. So is it after a put() or commit() that failed, which fails the task.
 * Thread: one at a time for one store: the worker that owns the task, or one that answers a
 * question about its rows (get, range, next, end). Owner: the struct and its user outlive the run.
 */
#ifndef LEAT_CUSTOM_STORE_H
#define LEAT_CUSTOM_STORE_H

#include <leat/bytes.h>
#include <leat/error.h>

#include <stdint.h>

/* Calls that may fail return 0 or a negative code, and may write a reason into error->text. */
struct leat_custom_store {
    /* The rows of the store called name in one task, by the task's partition. */
    int (*open)(void *user, const char *name, int32_t partition, void **rows,
                struct leat_error *error);

    /* 1 and the value, valid until the next call; 0: there is none. */
    int (*get)(void *rows, struct leat_bytes key, struct leat_bytes *value,
               struct leat_error *error);

    /* Replaces the row; value.data NULL: deletes it. Both are the caller's, to be copied. */
    int (*put)(void *rows, struct leat_bytes key, struct leat_bytes value,
               struct leat_error *error);

    /* Rows with from <= key < to in byte order of the keys, or against it; to.data NULL: no end.
     * next: 1, 0 at the end; key and value are valid until the next call. No row is written while
     * a cursor is open, but several may be open at once. */
    int (*range)(void *rows, struct leat_bytes from, struct leat_bytes to, bool descending,
                 void **cursor, struct leat_error *error);
    int (*next)(void *cursor, struct leat_bytes *key, struct leat_bytes *value,
                struct leat_error *error);
    void (*end)(void *cursor);

    int (*commit)(void *rows, struct leat_error *error); /* what was put since the last */
    void (*close)(void *rows);
    void *user;
};

#endif
