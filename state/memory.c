/* memory.c - a home whose rows stand in memory only, ordered; a restart restores them all.
 *
 * Rows are immutable and counted. A cursor walks the list itself; before the list changes, every
 * open cursor takes hold of the rows that it still has to show, so it shows them as they were when
 * it was opened, and a commit waits for none.
 */
#include "state/home_ops.h"

#include "base/memory.h"
#include "state/skiplist.h"

#include <assert.h>

struct row_block {
    _Atomic uint32_t holders;
    bool removal; /* in the batch: the key's row goes */
    size_t key_size, value_size;
    char bytes[]; /* key, then value */
};

struct rows {
    struct home home;      /* first: a home is one */
    pthread_rwlock_t lock; /* of list, cursors and bytes; the batch is the worker's */
    struct skiplist list;  /* item: the struct row_block */
    struct rows_cursor *cursors;
    size_t bytes;
    struct row_block **batch;
    size_t batch_count, batch_capacity;
    size_t puts_since_sweep;
};

struct rows_cursor {
    struct home_cursor cursor;  /* first: a cursor is one */
    struct rows_cursor *next;   /* of those that are open */
    struct skiplist_node *node; /* the next one to show, while the list is as it was */
    struct row_block **blocks;  /* the next ones to show, when it is no more */
    size_t count, capacity, at;
    struct row_block *shown; /* what its caller looks at */
    bool descending;
    struct leat_bytes end; /* where it ends, in its direction; none: with the list */
    char end_bytes[];
};

static struct row_block *block_new(struct leat_bytes key, struct leat_bytes value)
{
    struct row_block *block = memory_new(sizeof *block + key.size + value.size);

    block->holders = 1;
    block->key_size = key.size;
    block->value_size = value.size;
    memcpy(block->bytes, key.data, key.size);
    if (value.size)
        memcpy(block->bytes + key.size, value.data, value.size);
    return block;
}

static void block_release(struct row_block *block)
{
    if (atomic_fetch_sub(&block->holders, 1) == 1)
        memory_free(block);
}

static struct leat_bytes block_key(const struct row_block *block)
{
    return leat_bytes(block->bytes, block->key_size);
}

static struct leat_bytes block_value(const struct row_block *block)
{
    return leat_bytes(block->bytes + block->key_size, block->value_size);
}

/* ---- the list, under the lock -------------------------------------------------------------------
 */

static struct skiplist_node *find(const struct rows *rows, struct leat_bytes key)
{
    struct skiplist_node *node = skiplist_at(&rows->list, key);

    return node && !leat_bytes_compare(node->key, key) ? node : NULL;
}

static size_t block_bytes(const struct row_block *block)
{
    return sizeof *block + block->key_size + block->value_size;
}

static void drop(struct rows *rows, struct skiplist_node *node)
{
    rows->bytes -= block_bytes(node->item);
    skiplist_remove(&rows->list, node);
    block_release(node->item);
    memory_free(node);
}

static void insert(struct rows *rows, struct row_block *block)
{
    int height = skiplist_height(&rows->list);
    struct skiplist_node *node = memory_new(skiplist_node_bytes(height));

    node->height = height;
    node->key = block_key(block);
    node->item = block;
    skiplist_insert(&rows->list, node);
    rows->bytes += block_bytes(block);
}

static void replace(struct rows *rows, struct skiplist_node *node, struct row_block *block)
{
    rows->bytes += block_bytes(block) - block_bytes(node->item);
    block_release(node->item);
    node->key = block_key(block);
    node->item = block;
}

/* Takes over the caller's hold on block. */
static void apply(struct rows *rows, struct row_block *block)
{
    struct skiplist_node *node = find(rows, block_key(block));

    if (block->removal) {
        if (node)
            drop(rows, node);
        block_release(block);
    } else if (node) {
        replace(rows, node, block);
    } else {
        insert(rows, block);
    }
}

/* Once as many rows were written as there are, the expired ones are dropped: constant work a row.
 */
static void sweep(struct rows *rows)
{
    struct skiplist_node *node, *next;

    if (rows->puts_since_sweep < rows->list.count)
        return;
    rows->puts_since_sweep = 0;
    for (node = rows->list.first[0]; node; node = next) {
        next = skiplist_next(node);
        if (expiry_drops(&rows->home.expiry, node->key))
            drop(rows, node);
    }
}

/* ---- cursors, under the lock --------------------------------------------------------------------
 */

/* The next row of the list, held, or NULL at the end. */
static struct row_block *cursor_step(struct rows_cursor *cursor)
{
    struct skiplist_node *node = cursor->node;
    struct row_block *block;

    if (!node)
        return NULL;
    if (cursor->end.data) {
        int order = leat_bytes_compare(node->key, cursor->end);

        if (cursor->descending ? order < 0 : order >= 0)
            return NULL;
    }
    cursor->node = cursor->descending ? node->before : skiplist_next(node);
    block = node->item;
    atomic_fetch_add(&block->holders, 1);
    return block;
}

static void cursor_detach(struct rows_cursor *cursor)
{
    struct row_block *block;

    while ((block = cursor_step(cursor))) {
        cursor->blocks = memory_grow(cursor->blocks, cursor->count, &cursor->capacity,
                                     sizeof(struct row_block *));
        cursor->blocks[cursor->count++] = block;
    }
    cursor->node = NULL;
}

/* The lock for changing the list. */
static void lock_to_write(struct rows *rows)
{
    pthread_rwlock_wrlock(&rows->lock);
    for (struct rows_cursor *cursor = rows->cursors; cursor; cursor = cursor->next)
        cursor_detach(cursor);
}

/* ---- the calls of a home ------------------------------------------------------------------------
 */

static int rows_get(struct home *home, struct leat_bytes key, struct buffer *value,
                    struct leat_error *error)
{
    struct rows *rows = (struct rows *)home;
    struct skiplist_node *node;
    struct leat_bytes found;
    int code = 0;

    pthread_rwlock_rdlock(&rows->lock);
    node = find(rows, key);
    if (node) {
        found = block_value(node->item);
        code = buffer_add(value, found.data, found.size)
                   ? error_set(error, LEAT_E_LIMIT, "a row of %zu bytes is too large", found.size)
                   : 1;
    }
    pthread_rwlock_unlock(&rows->lock);
    return code;
}

static void rows_add(struct home *home, struct row_block *block)
{
    struct rows *rows = (struct rows *)home;

    rows->batch = memory_grow(rows->batch, rows->batch_count, &rows->batch_capacity,
                              sizeof(struct row_block *));
    rows->batch[rows->batch_count++] = block;
}

static void rows_put(struct home *home, struct leat_bytes key, struct leat_bytes value)
{
    rows_add(home, block_new(key, value));
}

static void rows_remove(struct home *home, struct leat_bytes key)
{
    struct row_block *block = block_new(key, leat_bytes(NULL, 0));

    block->removal = true;
    rows_add(home, block);
}

static int rows_commit(struct home *home, struct leat_error *error)
{
    struct rows *rows = (struct rows *)home;

    (void)error;
    lock_to_write(rows);
    for (size_t i = 0; i < rows->batch_count; i++)
        apply(rows, rows->batch[i]);
    rows->puts_since_sweep += rows->batch_count;
    sweep(rows);
    pthread_rwlock_unlock(&rows->lock);
    rows->batch_count = 0;
    return LEAT_OK;
}

static void rows_discard(struct home *home)
{
    struct rows *rows = (struct rows *)home;

    for (size_t i = 0; i < rows->batch_count; i++)
        block_release(rows->batch[i]);
    rows->batch_count = 0;
}

static int rows_range(struct home *home, struct leat_bytes from, struct leat_bytes to,
                      bool descending, struct home_cursor **out, struct leat_error *error)
{
    struct rows *rows = (struct rows *)home;
    struct leat_bytes end = descending ? from : to;
    struct rows_cursor *cursor = memory_new(sizeof *cursor + end.size);

    (void)error;
    cursor->cursor.home = home;
    cursor->descending = descending;
    if (end.data)
        cursor->end = leat_bytes(memcpy(cursor->end_bytes, end.data, end.size), end.size);
    pthread_rwlock_wrlock(&rows->lock);
    cursor->node = descending ? skiplist_before(&rows->list, to) : skiplist_at(&rows->list, from);
    cursor->next = rows->cursors;
    rows->cursors = cursor;
    pthread_rwlock_unlock(&rows->lock);
    *out = &cursor->cursor;
    return LEAT_OK;
}

static int rows_next(struct home_cursor *base, struct leat_bytes *key, struct leat_bytes *value,
                     struct leat_error *error)
{
    struct rows_cursor *cursor = (struct rows_cursor *)base;
    struct rows *rows = (struct rows *)base->home;

    (void)error;
    if (cursor->shown)
        block_release(cursor->shown);
    pthread_rwlock_rdlock(&rows->lock);
    if (cursor->at < cursor->count)
        cursor->shown = cursor->blocks[cursor->at++];
    else
        cursor->shown = cursor_step(cursor);
    pthread_rwlock_unlock(&rows->lock);
    if (!cursor->shown)
        return 0;
    *key = block_key(cursor->shown);
    *value = block_value(cursor->shown);
    return 1;
}

static void rows_cursor_close(struct home_cursor *base)
{
    struct rows_cursor *cursor = (struct rows_cursor *)base, **link;
    struct rows *rows = (struct rows *)base->home;

    pthread_rwlock_wrlock(&rows->lock);
    for (link = &rows->cursors; *link != cursor; link = &(*link)->next)
        assert(*link);
    *link = cursor->next;
    pthread_rwlock_unlock(&rows->lock);
    if (cursor->shown)
        block_release(cursor->shown);
    while (cursor->at < cursor->count)
        block_release(cursor->blocks[cursor->at++]);
    memory_free(cursor->blocks);
    memory_free(cursor);
}

static int rows_put_now(struct home *home, struct leat_bytes key, struct leat_bytes value,
                        struct leat_error *error)
{
    struct rows *rows = (struct rows *)home;

    (void)error;
    lock_to_write(rows);
    apply(rows, block_new(key, value));
    pthread_rwlock_unlock(&rows->lock);
    return LEAT_OK;
}

static int rows_erase(struct home *home, struct leat_bytes from, struct leat_bytes to,
                      struct leat_error *error)
{
    struct rows *rows = (struct rows *)home;
    struct skiplist_node *node, *next;

    (void)error;
    lock_to_write(rows);
    for (node = skiplist_at(&rows->list, from); node && leat_bytes_compare(node->key, to) < 0;
         node = next) {
        next = skiplist_next(node);
        drop(rows, node);
    }
    pthread_rwlock_unlock(&rows->lock);
    return LEAT_OK;
}

static int rows_sync(struct home *home, bool wait, struct leat_error *error)
{
    (void)home;
    (void)error;
    return LEAT_OK;
}

static size_t rows_bytes(struct home *home)
{
    struct rows *rows = (struct rows *)home;
    size_t bytes;

    pthread_rwlock_rdlock(&rows->lock);
    bytes = rows->bytes;
    pthread_rwlock_unlock(&rows->lock);
    return bytes;
}

static void rows_close(struct home *home)
{
    struct rows *rows = (struct rows *)home;

    rows_discard(home);
    while (rows->list.last)
        drop(rows, rows->list.last);
    memory_free(rows->batch);
    pthread_rwlock_destroy(&rows->lock);
    home_deinit(home);
    memory_free(rows);
}

struct home *memory_home_new(void)
{
    static const struct home_ops ops = {
        .close = rows_close,
        .get = rows_get,
        .put = rows_put,
        .remove = rows_remove,
        .commit = rows_commit,
        .discard = rows_discard,
        .range = rows_range,
        .next = rows_next,
        .cursor_close = rows_cursor_close,
        .put_now = rows_put_now,
        .erase = rows_erase,
        .sync = rows_sync,
        .bytes = rows_bytes,
    };
    struct rows *rows = memory_new(sizeof *rows);

    rows->home.ops = &ops;
    pthread_rwlock_init(&rows->lock, NULL);
    return &rows->home;
}
