/* custom_store.c - the home of a store that a user implements.
 *
 * The home's own rows (the store's number, its changelog's offset) stand in a home in memory, so
 * that they are gone with the task and the rows are restored. The batch stands here until the
 * commit: the user's store never sees what may be undone.
 * The user's store is called by one thread at a time: by the worker, and by who reads its rows from
 * outside, who keeps it while a cursor of its is open.
 */
#include "topology/custom_store.h"

#include "base/limits.h"
#include "base/memory.h"
#include "state/big_endian.h"
#include "state/home_ops.h"

#include <assert.h>

enum { NUMBER_BYTES = 2, BATCH_BYTES = 16 << 10, KEY_MORE_BYTES = 64 };

struct batch_row {
    struct batch_row *next;
    struct leat_bytes key, value;
};

struct custom_home {
    struct home home; /* first: a home is one */
    struct home *own;
    const struct leat_custom_store *store;
    void *rows;
    pthread_mutex_t one; /* at a time; its holder may take it again */
    struct arena arena;  /* of the batch */
    struct batch_row *first, **last;
};

struct custom_cursor {
    struct home_cursor cursor; /* first: a cursor is one */
    void *rows;
    struct buffer key; /* with the number before it */
};

static bool is_own(struct leat_bytes key)
{
    return key.size >= NUMBER_BYTES && big_endian_get_16(key.data) == HOME_OWN;
}

static struct leat_bytes without_number(struct leat_bytes key)
{
    assert(key.size >= NUMBER_BYTES);
    return leat_bytes(key.data + NUMBER_BYTES, key.size - NUMBER_BYTES);
}

/* What the user's store returned, with what it said of it. */
static int judge(const struct home *home, int code, const char *action,
                 const struct leat_error *said, struct leat_error *error)
{
    if (code >= 0)
        return code;
    return error_set(error, LEAT_E_STATE, "the custom store '%s' cannot %s: %s", home->task,
                     action, said->text[0] ? said->text : "it gave no reason");
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int custom_get(struct home *base, struct leat_bytes key, struct buffer *value,
                      struct leat_error *error)
{
    struct custom_home *home = (struct custom_home *)base;
    struct leat_error said = { 0 };
    struct leat_bytes found;
    int code;

    if (is_own(key))
        return home_get(home->own, key, value, error);
    pthread_mutex_lock(&home->one);
    code = home->store->get(home->rows, without_number(key), &found, &said);
    code = judge(base, code, "read", &said, error);
    if (code == 1 && buffer_add(value, found.data, found.size))
        code = error_set(error, LEAT_E_LIMIT, "a row of %zu bytes is too large", found.size);
    pthread_mutex_unlock(&home->one);
    return code;
}

static void add_row(struct custom_home *home, struct leat_bytes key, struct leat_bytes value)
{
    struct batch_row *row = arena_new(&home->arena, sizeof *row);

    *row = (struct batch_row){ .key = arena_copy(&home->arena, without_number(key)) };
    if (value.data)
        row->value = arena_copy(&home->arena, value);
    *home->last = row;
    home->last = &row->next;
}

static void custom_put(struct home *base, struct leat_bytes key, struct leat_bytes value)
{
    struct custom_home *home = (struct custom_home *)base;

    if (is_own(key))
        home_put(home->own, key, value);
    else
        add_row(home, key, value);
}

static void custom_remove(struct home *base, struct leat_bytes key)
{
    struct custom_home *home = (struct custom_home *)base;

    if (is_own(key))
        home_delete(home->own, key);
    else
        add_row(home, key, (struct leat_bytes){ 0 });
}

static void clear_batch(struct custom_home *home)
{
    home->first = NULL;
    home->last = &home->first;
    arena_reset(&home->arena);
}

static int custom_commit(struct home *base, struct leat_error *error)
{
    struct custom_home *home = (struct custom_home *)base;
    struct leat_error said = { 0 };
    int code = LEAT_OK;

    pthread_mutex_lock(&home->one);
    for (const struct batch_row *row = home->first; row && !code; row = row->next)
        code = home->store->put(home->rows, row->key, row->value, &said);
    if (!code && home->first)
        code = home->store->commit(home->rows, &said);
    pthread_mutex_unlock(&home->one);
    if (code)
        return judge(base, LEAT_E_STATE, "write", &said, error);
    clear_batch(home);
    return home_commit(home->own, error);
}

static void custom_discard(struct home *base)
{
    struct custom_home *home = (struct custom_home *)base;

    clear_batch(home);
    home_discard(home->own);
}

static int custom_put_now(struct home *base, struct leat_bytes key, struct leat_bytes value,
                          struct leat_error *error)
{
    struct custom_home *home = (struct custom_home *)base;

    assert(is_own(key));
    return home->own->ops->put_now(home->own, key, value, error);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

/* A bound that is the next store's number is none: there is one store here. */
static int custom_range(struct home *base, struct leat_bytes from, struct leat_bytes to,
                        bool descending, struct home_cursor **out, struct leat_error *error)
{
    struct custom_home *home = (struct custom_home *)base;
    struct custom_cursor *cursor;
    struct leat_error said = { 0 };
    struct leat_bytes end = { 0 };
    int code;

    if (is_own(from))
        return home_range(home->own, from, to, descending, out, error);
    if (big_endian_get_16(to.data) == big_endian_get_16(from.data))
        end = without_number(to);
    cursor = memory_new(sizeof *cursor);
    cursor->cursor.home = base;
    buffer_init(&cursor->key, LIMIT_KEY_BYTES + KEY_MORE_BYTES);
    buffer_add(&cursor->key, from.data, NUMBER_BYTES);
    pthread_mutex_lock(&home->one);
    code = home->store->range(home->rows, without_number(from), end, descending, &cursor->rows,
                              &said);
    if (code) {
        pthread_mutex_unlock(&home->one);
        buffer_free(&cursor->key);
        memory_free(cursor);
        return judge(base, LEAT_E_STATE, "open a range", &said, error);
    }
    *out = &cursor->cursor;
    return LEAT_OK;
}

static int custom_next(struct home_cursor *base, struct leat_bytes *key, struct leat_bytes *value,
                       struct leat_error *error)
{
    struct custom_cursor *cursor = (struct custom_cursor *)base;
    const struct custom_home *home = (const struct custom_home *)base->home;
    struct leat_error said = { 0 };
    int code = home->store->next(cursor->rows, key, value, &said);

    if (code != 1)
        return judge(base->home, code, "read on", &said, error);
    cursor->key.size = NUMBER_BYTES;
    if (buffer_add(&cursor->key, key->data, key->size))
        return error_set(error, LEAT_E_LIMIT, "a key of %zu bytes is too long", key->size);
    *key = buffer_bytes(&cursor->key);
    return 1;
}

static void custom_cursor_close(struct home_cursor *base)
{
    struct custom_cursor *cursor = (struct custom_cursor *)base;
    struct custom_home *home = (struct custom_home *)base->home;

    home->store->end(cursor->rows);
    pthread_mutex_unlock(&home->one);
    buffer_free(&cursor->key);
    memory_free(cursor);
}

/* All rows at once, before a restore: as deletions of a batch of their own. */
static int erase_rows(struct custom_home *home, struct leat_bytes from, struct leat_bytes to,
                      struct leat_error *error)
{
    struct home_cursor *cursor;
    struct leat_bytes key, value;
    int code = custom_range(&home->home, from, to, false, &cursor, error);

    if (code)
        return code;
    assert(!home->first);
    while ((code = custom_next(cursor, &key, &value, error)) == 1)
        add_row(home, key, (struct leat_bytes){ 0 });
    custom_cursor_close(cursor);
    return code ? code : custom_commit(&home->home, error);
}

static int custom_erase(struct home *base, struct leat_bytes from, struct leat_bytes to,
                        struct leat_error *error)
{
    struct custom_home *home = (struct custom_home *)base;

    if (is_own(from))
        return home->own->ops->erase(home->own, from, to, error);
    return erase_rows(home, from, to, error);
}

/* ---- the home -------------------------------------------------------------------------------- */

static int custom_sync(struct home *base, bool wait, struct leat_error *error)
{
    return LEAT_OK;
}

static size_t custom_bytes(struct home *base)
{
    return 0;
}

static void custom_close(struct home *base)
{
    struct custom_home *home = (struct custom_home *)base;

    if (home->rows)
        home->store->close(home->rows);
    home_close(home->own);
    pthread_mutex_destroy(&home->one);
    arena_free(&home->arena);
    home_deinit(base);
    memory_free(home);
}

static void lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

int custom_home_open(const struct leat_custom_store *custom, const char *name, int32_t partition,
                     struct budget *budget, struct home **out, struct leat_error *error)
{
    static const struct home_ops ops = {
        .close = custom_close, .get = custom_get, .put = custom_put, .remove = custom_remove,
        .commit = custom_commit, .discard = custom_discard, .range = custom_range,
        .next = custom_next, .cursor_close = custom_cursor_close, .put_now = custom_put_now,
        .erase = custom_erase, .sync = custom_sync, .bytes = custom_bytes,
    };
    struct custom_home *home = memory_new(sizeof *home);
    struct home_options options = { .application = "", .task = name, .budget = budget };
    struct home_options own = { .application = "", .task = name };
    struct leat_error said = { 0 };
    int code;

    assert(custom->open && custom->get && custom->put && custom->range && custom->next);
    assert(custom->end && custom->commit && custom->close);
    home->home.ops = &ops;
    home_init(&home->home, &options);
    home->store = custom;
    lock_init(&home->one);
    arena_init(&home->arena, BATCH_BYTES);
    clear_batch(home);
    *out = &home->home;
    code = home_open(&own, &home->own, error);
    if (!code)
        code = judge(*out, custom->open(custom->user, name, partition, &home->rows, &said), "open",
                     &said, error);
    if (code) {
        home_close(*out);
        *out = NULL;
    }
    return code;
}
