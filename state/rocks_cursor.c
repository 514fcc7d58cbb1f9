/* rocks_cursor.c - ranges over the rows of a RocksDB. */
#include "state/rocks.h"

#include "base/memory.h"

#include <rocksdb/c.h>

struct rocks_cursor {
    struct home_cursor cursor; /* first: a cursor is one */
    rocksdb_readoptions_t *read;
    rocksdb_iterator_t *iterator;
    bool descending, started;
    char bounds[]; /* from, then to: the iterator keeps pointers to them */
};

static struct rocks_cursor *cursor_new(struct home *home, struct leat_bytes from,
                                       struct leat_bytes to)
{
    struct rocks_cursor *cursor = memory_new(sizeof *cursor + from.size + to.size);

    cursor->cursor.home = home;
    cursor->read = rocksdb_readoptions_create();
    if (from.data) {
        memcpy(cursor->bounds, from.data, from.size);
        rocksdb_readoptions_set_iterate_lower_bound(cursor->read, cursor->bounds, from.size);
    }
    if (to.data) {
        memcpy(cursor->bounds + from.size, to.data, to.size);
        rocksdb_readoptions_set_iterate_upper_bound(cursor->read, cursor->bounds + from.size,
                                                    to.size);
    }
    return cursor;
}

int rocks_range(struct home *home, struct leat_bytes from, struct leat_bytes to, bool descending,
                struct home_cursor **out, struct leat_error *error)
{
    struct rocks *rocks = (struct rocks *)home;
    struct rocks_cursor *cursor = cursor_new(home, from, to);

    (void)error;
    cursor->descending = descending;
    cursor->iterator = rocksdb_create_iterator(rocks->db, cursor->read);
    *out = &cursor->cursor;
    return LEAT_OK;
}

static void step(struct rocks_cursor *cursor)
{
    if (!cursor->started && cursor->descending)
        rocksdb_iter_seek_to_last(cursor->iterator);
    else if (!cursor->started)
        rocksdb_iter_seek_to_first(cursor->iterator);
    else if (cursor->descending)
        rocksdb_iter_prev(cursor->iterator);
    else
        rocksdb_iter_next(cursor->iterator);
    cursor->started = true;
}

int rocks_next(struct home_cursor *base, struct leat_bytes *key, struct leat_bytes *value,
               struct leat_error *error)
{
    struct rocks_cursor *cursor = (struct rocks_cursor *)base;
    char *message = NULL;

    if (!cursor->started || rocksdb_iter_valid(cursor->iterator))
        step(cursor);
    if (!rocksdb_iter_valid(cursor->iterator)) {
        rocksdb_iter_get_error(cursor->iterator, &message);
        return rocks_error((struct rocks *)base->home, "read", message, error);
    }
    key->data = rocksdb_iter_key(cursor->iterator, &key->size);
    value->data = rocksdb_iter_value(cursor->iterator, &value->size);
    return 1;
}

void rocks_cursor_close(struct home_cursor *base)
{
    struct rocks_cursor *cursor = (struct rocks_cursor *)base;

    rocksdb_iter_destroy(cursor->iterator);
    rocksdb_readoptions_destroy(cursor->read);
    memory_free(cursor);
}
