/* store_sweep.c - forgetting versions that are over, in the rows and in the changelog.
 *
 * A row that only the compaction filter drops stays in the changelog for ever. Windows are as many
 * as time has room for; versions are as many as there were updates, so these are looked for: with
 * each flush at twice as many rows as it wrote, going on where the last look ended. So the rows
 * that are over are never more than about half of all.
 */
#include "state/store_inside.h"

#include "base/map.h"
#include "state/big_endian.h"
#include "state/row.h"
#include "state/version_key.h"

#include <assert.h>

enum { ROWS_A_WRITE = 2 };

/* A key that was deleted before the history begins is one that never was. What the flush has just
 * put is not among the rows yet, but staged. */
static bool is_over(const struct store *store, struct leat_bytes key, int64_t from_ms)
{
    const struct staged_entry *staged;
    struct version_key parts;

    if (store_expired(store, key))
        return true;
    if (!version_key_parse(key, &parts) || parts.kind != VERSION_DELETION ||
        parts.end_ms != VERSION_OPEN)
        return false;
    staged = staged_find(&store->staged, key, map_hash(key));
    if (staged)
        from_ms = staged->entry.value ? staged->entry.timestamp_ms : VERSION_OPEN;
    return from_ms < store->expire_before_ms;
}

static int forget(struct store *store, struct leat_bytes home_key, struct leat_bytes value,
                  store_flush_fn each, void *user, struct leat_error *error)
{
    struct leat_bytes none = { 0 };
    struct entry entry = { .key = leat_bytes(home_key.data + sizeof store->number,
                                             home_key.size - sizeof store->number),
                           .origin = -1, .origin_ms = -1 };
    struct row row;
    int status;

    status = row_parse(value, &row, error);
    if (status || !is_over(store, entry.key, row.timestamp_ms))
        return status;
    entry.timestamp_ms = row.timestamp_ms;
    status = each(user, store, &entry, none, error);
    home_delete(store->home, home_key);
    return status;
}

/* Where the next look begins: behind the last row, or at the store's first. */
static int note_place(struct store *store, struct leat_bytes last)
{
    store->swept.size = 0;
    return last.data ? buffer_add(&store->swept, last.data, last.size) : LEAT_OK;
}

static int look(struct store *store, struct home_cursor *cursor, store_flush_fn each, void *user,
                struct leat_error *error)
{
    struct leat_bytes key, value;
    int status = 1, code;

    for (size_t left = ROWS_A_WRITE * store->unswept; left && status == 1; left--) {
        status = home_next(cursor, &key, &value, error);
        if (status == 1 && (code = forget(store, key, value, each, user, error)))
            return code;
    }
    return status < 0 ? status : note_place(store, status ? key : (struct leat_bytes){ 0 });
}

int store_sweep(struct store *store, store_flush_fn each, void *user, struct leat_error *error)
{
    struct home_cursor *cursor;
    struct leat_bytes from;
    char bounds[4];
    int status;

    assert(store->spec.kind == STORE_VERSIONED);
    if (!store->unswept || !store->expire_before_ms)
        return LEAT_OK;
    big_endian_put_16(bounds, store->number);
    big_endian_put_16(bounds + 2, (uint16_t)(store->number + 1));
    from = store->swept.size ? buffer_bytes(&store->swept) : leat_bytes(bounds, 2);
    status = home_range(store->home, from, leat_bytes(bounds + 2, 2), false, &cursor, error);
    if (status)
        return status;
    status = look(store, cursor, each, user, error);
    home_cursor_close(cursor);
    store->unswept = 0;
    return status;
}
