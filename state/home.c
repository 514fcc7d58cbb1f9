/* home.c - what both kinds of home share: dispatch, and the rows that are the home's own.
 *
 * Entry points:  home_open()          - opens, and refuses what is another's
 *                home_store_number()  - the prefix of a store's keys
 *                home_offset()        - how far the rows follow the changelog
 * See also:      rocks.c and memory.c (the rows), checkpoint.c (whether an offset is to be trusted)
 */
#include "state/home_ops.h"

#include "base/memory.h"
#include "state/big_endian.h"
#include "state/budget.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

enum { OWN_KEY_BYTES = 3 + LIMIT_NAME_BYTES, OWN_VALUE_LIMIT = 64 << 10 };

struct own_key {
    size_t size;
    char data[OWN_KEY_BYTES];
};

static struct own_key own_key(char letter, const void *rest, size_t size)
{
    struct own_key key = { .size = 3 + size };

    assert(size <= LIMIT_NAME_BYTES);
    big_endian_put_16(key.data, HOME_OWN);
    key.data[2] = letter;
    if (size)
        memcpy(key.data + 3, rest, size);
    return key;
}

/* 1 and the row, which the caller gives back; 0: there is none. */
static int own_get(struct home *home, const struct own_key *key, struct buffer *value,
                   struct leat_error *error)
{
    buffer_init(value, OWN_VALUE_LIMIT);
    return home->ops->get(home, leat_bytes(key->data, key->size), value, error);
}

static int own_put(struct home *home, const struct own_key *key, struct leat_bytes value,
                   struct leat_error *error)
{
    return home->ops->put_now(home, leat_bytes(key->data, key->size), value, error);
}

void home_init(struct home *home, const struct home_options *options)
{
    home->budget = options->budget;
    home->path = memory_text(options->path);
    home->application = memory_text(options->application);
    home->task = memory_text(options->task);
    pthread_mutex_init(&home->numbers, NULL);
}

void home_deinit(struct home *home)
{
    pthread_mutex_destroy(&home->numbers);
    memory_free(home->path);
    memory_free(home->application);
    memory_free(home->task);
}

/* ---- whose directory it is ----------------------------------------------------------------------
 */

static int check_directory(const char *path, struct leat_error *error)
{
    struct stat about;

    if (mkdir(path, 0700) && errno != EEXIST)
        return error_set(error, LEAT_E_STATE, "cannot make the state directory '%s': %s", path,
                         strerror(errno));
    if (lstat(path, &about) || !S_ISDIR(about.st_mode))
        return error_set(error, LEAT_E_STATE,
                         "the state directory '%s' is not a directory (a link is not followed): "
                         "move it away, or set another state.dir",
                         path);
    return LEAT_OK;
}

/* A database without our rows may only be an empty one: it was just made. */
static int claim(struct home *home, struct leat_error *error)
{
    struct own_key version = own_key('v', NULL, 0), application = own_key('a', NULL, 0),
                   task = own_key('t', NULL, 0);
    struct home_cursor *cursor;
    struct leat_bytes key, value;
    char number[2];
    int code = home_range(home, leat_bytes(NULL, 0), leat_bytes(NULL, 0), false, &cursor, error);

    if (code)
        return code;
    code = home_next(cursor, &key, &value, error);
    home_cursor_close(cursor);
    if (code < 0)
        return code;
    if (code)
        return error_set(error, LEAT_E_STATE,
                         "the directory '%s' holds a database that this library did not write: "
                         "set another state.dir",
                         home->path);
    big_endian_put_16(number, HOME_FORMAT_VERSION);
    home_put(home, leat_bytes(application.data, application.size),
             leat_bytes_of(home->application));
    home_put(home, leat_bytes(task.data, task.size), leat_bytes_of(home->task));
    home_put(home, leat_bytes(version.data, version.size), leat_bytes(number, sizeof number));
    if ((code = home->ops->commit(home, error)))
        return code;
    return home->ops->sync(home, true, error);
}

static int check_version(struct home *home, struct leat_bytes value, struct leat_error *error)
{
    unsigned version = value.size == 2 ? big_endian_get_16(value.data) : 0;

    if (version == HOME_FORMAT_VERSION)
        return LEAT_OK;
    if (version > HOME_FORMAT_VERSION)
        return error_set(error, LEAT_E_STATE,
                         "the state in '%s' has format %u and this version reads up to %d: run the "
                         "newer version, or remove the directory to restore from the changelogs",
                         home->path, version, HOME_FORMAT_VERSION);
    return error_set(error, LEAT_E_STATE,
                     "the state in '%s' has a damaged format version: remove the directory to "
                     "restore from the changelogs",
                     home->path);
}

static int check_owner(struct home *home, char letter, const char *what, const char *wanted,
                       struct leat_error *error)
{
    struct own_key key = own_key(letter, NULL, 0);
    struct buffer value;
    int code = own_get(home, &key, &value, error);

    if (code >= 0 && !leat_bytes_equal(buffer_bytes(&value), leat_bytes_of(wanted)))
        code = error_set(error, LEAT_E_STATE,
                         "the state in '%s' belongs to %s '%.*s', not to '%s': set another "
                         "state.dir, or remove the directory",
                         home->path, what, (int)value.size, value.data ? value.data : "", wanted);
    buffer_free(&value);
    return code < 0 ? code : LEAT_OK;
}

static int admit(struct home *home, struct leat_error *error)
{
    struct own_key key = own_key('v', NULL, 0);
    struct buffer value;
    int code = own_get(home, &key, &value, error);

    if (!code)
        code = claim(home, error);
    else if (code > 0)
        code = check_version(home, buffer_bytes(&value), error);
    buffer_free(&value);
    if (code || (code = check_owner(home, 'a', "application", home->application, error)))
        return code;
    return check_owner(home, 't', "task", home->task, error);
}

int home_open(const struct home_options *options, struct home **out, struct leat_error *error)
{
    int code;

    *out = NULL;
    if (!options->path) {
        *out = memory_home_new();
        home_init(*out, options);
        return LEAT_OK;
    }
    assert(options->application && options->task && options->budget);
    if ((code = check_directory(options->path, error)) ||
        (code = rocks_home_new(options, out, error)))
        return code;
    code = admit(*out, error);
    if (code) {
        home_close(*out);
        *out = NULL;
    }
    return code;
}

/* ---- rows ---------------------------------------------------------------------------------------
 */

void home_close(struct home *home)
{
    if (home)
        home->ops->close(home);
}

struct budget *home_budget(const struct home *home)
{
    return home->budget;
}

uint64_t home_commits(const struct home *home)
{
    return atomic_load_explicit(&home->commits, memory_order_acquire);
}

int home_get(struct home *home, struct leat_bytes key, struct buffer *value,
             struct leat_error *error)
{
    return home->ops->get(home, key, value, error);
}

void home_put(struct home *home, struct leat_bytes key, struct leat_bytes value)
{
    home->ops->put(home, key, value);
}

void home_delete(struct home *home, struct leat_bytes key)
{
    home->ops->remove(home, key);
}

int home_commit(struct home *home, struct leat_error *error)
{
    int code = home->ops->commit(home, error);

    if (code)
        return code;
    expiry_commit(&home->expiry);
    atomic_fetch_add_explicit(&home->commits, 1, memory_order_release);
    return LEAT_OK;
}

int home_flush(struct home *home, bool wait, struct leat_error *error)
{
    return home->ops->sync(home, wait, error);
}

void home_discard(struct home *home)
{
    home->ops->discard(home);
    expiry_discard(&home->expiry);
}

int home_range(struct home *home, struct leat_bytes from, struct leat_bytes to, bool descending,
               struct home_cursor **out, struct leat_error *error)
{
    return home->ops->range(home, from, to, descending, out, error);
}

int home_next(struct home_cursor *cursor, struct leat_bytes *key, struct leat_bytes *value,
              struct leat_error *error)
{
    return cursor->home->ops->next(cursor, key, value, error);
}

void home_cursor_close(struct home_cursor *cursor)
{
    if (cursor)
        cursor->home->ops->cursor_close(cursor);
}

void home_expire(struct home *home, uint16_t store, size_t from_end, int64_t before_ms)
{
    expiry_ask(&home->expiry, store, from_end, before_ms);
}

bool home_expired(const struct home *home, struct leat_bytes key)
{
    return expiry_drops(&home->expiry, key);
}

size_t home_disk_bytes(struct home *home)
{
    return home->ops->bytes(home);
}

void home_figures(struct home *home, struct home_figures *figures)
{
    *figures = (struct home_figures){ 0 };
    if (home->ops->figures)
        home->ops->figures(home, figures);
}

/* ---- store numbers ------------------------------------------------------------------------------
 */

/* Numbers are never given twice, so the next one is the count of names. */
static int count_names(struct home *home, uint16_t *count, struct leat_error *error)
{
    struct own_key from = own_key('s', NULL, 0), to = own_key('s' + 1, NULL, 0);
    struct home_cursor *cursor;
    struct leat_bytes key, value;
    int code = home_range(home, leat_bytes(from.data, from.size), leat_bytes(to.data, to.size),
                          false, &cursor, error);

    if (code)
        return code;
    for (*count = 0; (code = home_next(cursor, &key, &value, error)) > 0;)
        ++*count;
    home_cursor_close(cursor);
    return code;
}

static int give_number(struct home *home, const struct own_key *key, uint16_t *number,
                       struct leat_error *error)
{
    char bytes[2];
    int code = count_names(home, number, error);

    if (code)
        return code;
    if (*number >= LIMIT_TASK_STORES)
        return error_set(error, LEAT_E_LIMIT,
                         "the state of task '%s' has had %d stores, which is the most: remove its "
                         "directory to restore only those that are left",
                         home->task ? home->task : "", LIMIT_TASK_STORES);
    big_endian_put_16(bytes, *number);
    return own_put(home, key, leat_bytes(bytes, sizeof bytes), error);
}

int home_store_number(struct home *home, const char *store, uint16_t *number,
                      struct leat_error *error)
{
    struct own_key key;
    struct buffer value;
    int code;

    if (strlen(store) > LIMIT_NAME_BYTES)
        return error_set(error, LEAT_E_LIMIT, "the store's name '%s' has more than %d bytes", store,
                         LIMIT_NAME_BYTES);
    key = own_key('s', store, strlen(store));
    pthread_mutex_lock(&home->numbers);
    code = own_get(home, &key, &value, error);
    if (!code)
        code = give_number(home, &key, number, error);
    else if (code > 0 && value.size != sizeof *number)
        code = error_set(error, LEAT_E_STATE, "the number of store '%s' is damaged", store);
    else if (code > 0)
        *number = big_endian_get_16(value.data);
    pthread_mutex_unlock(&home->numbers);
    buffer_free(&value);
    return code < 0 ? code : LEAT_OK;
}

/* ---- changelog offsets --------------------------------------------------------------------------
 */

static struct own_key offset_key(uint16_t store)
{
    char number[2];

    big_endian_put_16(number, store);
    return own_key('o', number, sizeof number);
}

int home_offset(struct home *home, uint16_t store, int64_t *offset, int64_t *written_ms,
                struct leat_error *error)
{
    struct own_key key = offset_key(store);
    struct buffer value;
    int code = own_get(home, &key, &value, error);

    *offset = *written_ms = -1;
    if (code > 0 && value.size != 2 * sizeof(int64_t))
        code = error_set(error, LEAT_E_STATE, "a changelog offset of task '%s' is damaged",
                         home->task ? home->task : "");
    if (code > 0) {
        *offset = (int64_t)big_endian_get_64(value.data);
        *written_ms = (int64_t)big_endian_get_64(value.data + sizeof(int64_t));
    }
    buffer_free(&value);
    return code < 0 ? code : LEAT_OK;
}

void home_set_offset(struct home *home, uint16_t store, int64_t offset, int64_t now_ms)
{
    struct own_key key = offset_key(store);
    char value[2 * sizeof(int64_t)];

    big_endian_put_64(value, (uint64_t)offset);
    big_endian_put_64(value + sizeof(int64_t), (uint64_t)now_ms);
    home_put(home, leat_bytes(key.data, key.size), leat_bytes(value, sizeof value));
}

/* The offset goes first: a crash in between leaves rows that are restored over, never an offset
 * that claims rows which are gone. */
int home_wipe(struct home *home, uint16_t store, struct leat_error *error)
{
    struct own_key offset = offset_key(store);
    char from[2], to[2];
    int code;

    big_endian_put_16(from, store);
    big_endian_put_16(to, (uint16_t)(store + 1));
    offset.data[offset.size] = 0; /* the key and a zero: just behind it */
    code = home->ops->erase(home, leat_bytes(offset.data, offset.size),
                            leat_bytes(offset.data, offset.size + 1), error);
    if (!code)
        code =
            home->ops->erase(home, leat_bytes(from, sizeof from), leat_bytes(to, sizeof to), error);
    if (!code)
        atomic_fetch_add_explicit(&home->commits, 1, memory_order_release);
    return code;
}
