/* rocks.h - what rocks.c's files share; the names of rocksdb/c.h, without it. */
#ifndef STATE_ROCKS_H
#define STATE_ROCKS_H

#include "state/home_ops.h"

struct rocks_cache;

struct rocks {
    struct home home; /* first: a home is one */
    struct rocksdb_t *db;
    struct rocksdb_options_t *options;
    struct rocksdb_readoptions_t *read;
    struct rocksdb_writeoptions_t *write;
    struct rocksdb_writebatch_t *batch;
    struct rocksdb_compactionfilter_t *filter;
    size_t batch_bytes;     /* keys and values in the batch */
    size_t unflushed_bytes; /* committed since the last flush began, with the memtable's overhead */
    int64_t flushed_us;     /* when that was */
    int64_t flush_interval_us;
    size_t flush_bytes;     /* 0: the budget alone says */
};

/* The one place where RocksDB's sentences become ours: frees message; NULL is success. */
int rocks_error(const struct rocks *rocks, const char *action, char *message,
                struct leat_error *error) MUST_CHECK;

/* The shared block cache. */
struct rocks_cache *rocks_cache_new(size_t bytes);
void rocks_cache_free(struct rocks_cache *cache);
size_t rocks_cache_used(const struct rocks_cache *cache);
size_t rocks_cache_pinned(const struct rocks_cache *cache);

void rocks_figures(struct home *home, struct home_figures *figures);

struct rocksdb_options_t *rocks_options_new(struct rocks_cache *cache, size_t buffer_bytes);

int rocks_range(struct home *home, struct leat_bytes from, struct leat_bytes to, bool descending,
                struct home_cursor **out, struct leat_error *error);
int rocks_next(struct home_cursor *cursor, struct leat_bytes *key, struct leat_bytes *value,
               struct leat_error *error);
void rocks_cursor_close(struct home_cursor *cursor);

#endif
