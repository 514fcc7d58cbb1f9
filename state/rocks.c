/* rocks.c - a home whose rows stand in a RocksDB: one column family, no write-ahead log.
 *
 * A commit is one write batch with rows and changelog offsets. Without a log it is durable only
 * once the memtable has been flushed, which happens in the order of writing: a crash rolls the
 * database back to the state after some earlier commit, and the changelog brings the rest.
 * Only the C calls that 7.8 and 9.10 have in common are used.
 * See also: rocks_options.c (how it is set up), rocks_cursor.c (ranges)
 */
#include "state/rocks.h"

#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"
#include "state/budget.h"

#include <rocksdb/c.h>

#include <assert.h>

enum {
    FLUSH_INTERVAL_MS = 10 * 1000,
    ROW_OVERHEAD_BYTES = 64, /* of a row in the memtable, beside key and value */
};

int rocks_error(const struct rocks *rocks, const char *action, char *message,
                struct leat_error *error)
{
    const char *mend = "check the disk; if it stays, remove the directory to restore from the "
                       "changelogs";

    if (!message)
        return LEAT_OK;
    if (strstr(message, "lock "))
        mend = "another process, or this one a second time, has it open: give each its own "
               "state.dir";
    error_set(error, LEAT_E_STATE, "cannot %s the state in '%s': %s (%s)", action, rocks->home.path,
              message, mend);
    rocksdb_free(message);
    return LEAT_E_STATE;
}

static int rocks_get(struct home *home, struct leat_bytes key, struct buffer *value,
                     struct leat_error *error)
{
    struct rocks *rocks = (struct rocks *)home;
    char *message = NULL;
    const char *data;
    size_t size;
    int code = 0;
    rocksdb_pinnableslice_t *slice =
        rocksdb_get_pinned(rocks->db, rocks->read, key.data, key.size, &message);

    if (!slice)
        return rocks_error(rocks, "read", message, error);
    data = rocksdb_pinnableslice_value(slice, &size);
    code = buffer_add(value, data, size)
               ? error_set(error, LEAT_E_LIMIT, "a row of %zu bytes is too large", size)
               : 1;
    rocksdb_pinnableslice_destroy(slice);
    return code;
}

static void rocks_put(struct home *home, struct leat_bytes key, struct leat_bytes value)
{
    struct rocks *rocks = (struct rocks *)home;

    rocksdb_writebatch_put(rocks->batch, key.data, key.size, value.data, value.size);
    rocks->batch_bytes += key.size + value.size + ROW_OVERHEAD_BYTES;
}

static void rocks_remove(struct home *home, struct leat_bytes key)
{
    struct rocks *rocks = (struct rocks *)home;

    rocksdb_writebatch_delete(rocks->batch, key.data, key.size);
    rocks->batch_bytes += key.size + ROW_OVERHEAD_BYTES;
}

static int flush(struct rocks *rocks, bool wait, struct leat_error *error)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    char *message = NULL;

    rocksdb_flushoptions_set_wait(options, wait);
    rocksdb_flush(rocks->db, options, &message);
    rocksdb_flushoptions_destroy(options);
    rocks->unflushed_bytes = 0;
    rocks->flushed_us = clock_us(clock_system());
    return rocks_error(rocks, "flush", message, error);
}

static size_t flush_bytes(const struct rocks *rocks)
{
    size_t part = budget_database_bytes(rocks->home.budget);

    return rocks->flush_bytes && rocks->flush_bytes < part ? rocks->flush_bytes : part;
}

/* In the background: the worker goes on. A database's part of the budget shrinks as tasks come,
 * and this is where it is kept to, since the memtable's own limit cannot be cheaply changed. */
static int flush_if_due(struct rocks *rocks, struct leat_error *error)
{
    int64_t now_us;

    if (!rocks->unflushed_bytes)
        return LEAT_OK;
    now_us = clock_us(clock_system());
    if (rocks->unflushed_bytes < flush_bytes(rocks) &&
        now_us - rocks->flushed_us < rocks->flush_interval_us)
        return LEAT_OK;
    return flush(rocks, false, error);
}

static void clear_batch(struct rocks *rocks)
{
    rocksdb_writebatch_clear(rocks->batch);
    rocks->batch_bytes = 0;
}

static int rocks_commit(struct home *home, struct leat_error *error)
{
    struct rocks *rocks = (struct rocks *)home;
    char *message = NULL;

    if (rocks->batch_bytes) {
        rocksdb_write(rocks->db, rocks->write, rocks->batch, &message);
        if (message)
            return rocks_error(rocks, "write", message, error);
        if (!rocks->unflushed_bytes)
            rocks->flushed_us = clock_us(clock_system());
        rocks->unflushed_bytes += rocks->batch_bytes;
        clear_batch(rocks);
    }
    return flush_if_due(rocks, error);
}

static void rocks_discard(struct home *home)
{
    clear_batch((struct rocks *)home);
}

static int rocks_put_now(struct home *home, struct leat_bytes key, struct leat_bytes value,
                         struct leat_error *error)
{
    struct rocks *rocks = (struct rocks *)home;
    char *message = NULL;

    rocksdb_put(rocks->db, rocks->write, key.data, key.size, value.data, value.size, &message);
    return rocks_error(rocks, "write", message, error);
}

static int rocks_sync(struct home *home, bool wait, struct leat_error *error)
{
    return flush((struct rocks *)home, wait, error);
}

static int rocks_erase(struct home *home, struct leat_bytes from, struct leat_bytes to,
                       struct leat_error *error)
{
    struct rocks *rocks = (struct rocks *)home;
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    char *message = NULL;

    rocksdb_writebatch_delete_range(batch, from.data, from.size, to.data, to.size);
    rocksdb_write(rocks->db, rocks->write, batch, &message);
    rocksdb_writebatch_destroy(batch);
    if (message)
        return rocks_error(rocks, "wipe", message, error);
    return rocks_sync(home, true, error);
}

static size_t rocks_bytes(struct home *home)
{
    struct rocks *rocks = (struct rocks *)home;
    uint64_t bytes = 0;

    if (rocksdb_property_int(rocks->db, "rocksdb.total-sst-files-size", &bytes))
        return 0;
    return bytes;
}

/* ---- opening and closing ------------------------------------------------------------------------
 */

static const char *filter_name(void *state)
{
    (void)state;
    return "leat-expiry";
}

static void filter_free(void *state)
{
    (void)state; /* the home's own */
}

static unsigned char filter_drops(void *state, int level, const char *key, size_t key_size,
                                  const char *value, size_t value_size, char **new_value,
                                  size_t *new_value_size, unsigned char *changed)
{
    *changed = 0;
    return expiry_drops(state, leat_bytes(key, key_size));
}

static void rocks_free(struct rocks *rocks)
{
    budget_add_database(rocks->home.budget, -1);
    rocksdb_writebatch_destroy(rocks->batch);
    rocksdb_writeoptions_destroy(rocks->write);
    rocksdb_readoptions_destroy(rocks->read);
    rocksdb_options_destroy(rocks->options);
    rocksdb_compactionfilter_destroy(rocks->filter);
    home_deinit(&rocks->home);
    memory_free(rocks);
}

static void rocks_close(struct home *home)
{
    struct rocks *rocks = (struct rocks *)home;
    struct leat_error error = { 0 };

    if (flush(rocks, true, &error))
        log_error("state_flush_failed", "task=%s error=\"%s\"", home->task, error.text);
    rocksdb_cancel_all_background_work(rocks->db, 1);
    rocksdb_close(rocks->db);
    rocks_free(rocks);
}

static void rocks_setup(struct rocks *rocks)
{
    struct budget *budget = rocks->home.budget;

    budget_add_database(budget, 1);
    rocks->options = rocks_options_new(budget_rocks_cache(budget), budget_database_bytes(budget));
    rocks->filter = rocksdb_compactionfilter_create(&rocks->home.expiry, filter_free, filter_drops,
                                                    filter_name);
    rocksdb_options_set_compaction_filter(rocks->options, rocks->filter);
    rocks->read = rocksdb_readoptions_create();
    rocks->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(rocks->write, 1);
    rocks->batch = rocksdb_writebatch_create();
}

int rocks_home_new(const struct home_options *options, struct home **out, struct leat_error *error)
{
    static const struct home_ops ops = {
        .close = rocks_close,
        .get = rocks_get,
        .put = rocks_put,
        .remove = rocks_remove,
        .commit = rocks_commit,
        .discard = rocks_discard,
        .range = rocks_range,
        .next = rocks_next,
        .cursor_close = rocks_cursor_close,
        .put_now = rocks_put_now,
        .erase = rocks_erase,
        .sync = rocks_sync,
        .bytes = rocks_bytes,
        .figures = rocks_figures,
    };
    struct rocks *rocks = memory_new(sizeof *rocks);
    char *message = NULL;
    int code;

    rocks->home.ops = &ops;
    home_init(&rocks->home, options);
    rocks->flush_bytes = options->flush_bytes;
    rocks->flush_interval_us = 1000 * (options->flush_interval_ms ? options->flush_interval_ms
                                                                  : FLUSH_INTERVAL_MS);
    rocks_setup(rocks);
    rocks->db = rocksdb_open(rocks->options, rocks->home.path, &message);
    if (message) {
        code = rocks_error(rocks, "open", message, error);
        rocks_free(rocks);
        return code;
    }
    rocks->flushed_us = clock_us(clock_system());
    *out = &rocks->home;
    return LEAT_OK;
}
