/* versions.c - finding and adding the versions of a row.
 *
 * A new version cuts the one that it falls into: what was valid there ends where the new one
 * begins, and the new one ends where that did. The common case, a new latest, is a read and a
 * write of the latest row, and a row for the version that it ends.
 */
#include "state/versions.h"

#include <assert.h>

struct place { /* a version's row */
    struct entry *row; /* NULL: there is none */
    int64_t end_ms;
    enum version_kind kind;
};

static int row_at(struct store *store, struct leat_bytes key, int64_t end_ms,
                  enum version_kind kind, struct arena *arena, struct place *out,
                  struct leat_error *error)
{
    struct leat_bytes row_key = version_key_build(arena, key, end_ms, kind);
    int status;

    *out = (struct place){ NULL, end_ms, kind };
    status = store_entry(store, row_key, &out->row, error);
    if (!status && !out->row->value)
        out->row = NULL;
    return status;
}

static int latest_row(struct store *store, struct leat_bytes key, struct arena *arena,
                      struct place *out, struct leat_error *error)
{
    int status = row_at(store, key, VERSION_OPEN, VERSION_VALUE, arena, out, error);

    if (status || out->row)
        return status;
    return row_at(store, key, VERSION_OPEN, VERSION_DELETION, arena, out, error);
}

/* The first of the key's rows that ends behind at_ms. There is one: the latest. What the cursor
 * shows is gone with it, so the row is looked up again. */
static int first_behind(struct store *store, struct leat_bytes key, int64_t at_ms,
                        struct arena *arena, struct place *out, struct leat_error *error)
{
    struct leat_bytes from, to;
    struct store_cursor *cursor;
    struct version_key parts = { 0 };
    struct entry *entry;
    int status;

    window_key_bounds(arena, key, at_ms + 1, VERSION_OPEN, &from, &to);
    status = store_range(store, from, to, false, &cursor, error);
    if (status)
        return status;
    do
        status = store_next(cursor, &entry, error);
    while (status == 1 && !window_key_of(entry->key, key));
    if (status == 1 && !version_key_parse(entry->key, &parts))
        assert(!"a key of the store's own layout");
    store_cursor_close(cursor);
    assert(status);
    return status < 0 ? status : row_at(store, key, parts.end_ms, parts.kind, arena, out, error);
}

/* The row that decides about at_ms: the version that is valid then, or else the earliest. */
static int row_for(struct store *store, struct leat_bytes key, int64_t at_ms, struct arena *arena,
                   struct place *out, struct leat_error *error)
{
    int status = latest_row(store, key, arena, out, error);

    if (status || !out->row || out->row->timestamp_ms <= at_ms)
        return status;
    return first_behind(store, key, at_ms, arena, out, error);
}

int versions_find(struct store *store, struct leat_bytes key, int64_t at_ms, struct arena *arena,
                  struct version *out, struct leat_error *error)
{
    struct place place;
    int status = row_for(store, key, at_ms, arena, &place, error);

    if (status)
        return status;
    if (!place.row || place.row->timestamp_ms > at_ms)
        return 0;
    *out = (struct version){ place.kind == VERSION_VALUE ? place.row->value : NULL,
                             place.row->timestamp_ms, place.end_ms };
    return 1;
}

/* ---- adding ------------------------------------------------------------------------------------
 */

/* A row that says there was none has to have a value; it is a zeroed one. */
static int write(struct store *store, struct leat_bytes key, const void *value, int64_t from_ms,
                 int64_t end_ms, struct arena *arena, struct leat_error *error)
{
    enum version_kind kind = value ? VERSION_VALUE : VERSION_DELETION;
    struct leat_bytes row_key = version_key_build(arena, key, end_ms, kind);
    struct entry *entry;
    int status = store_entry(store, row_key, &entry, error);

    if (status)
        return status;
    if (value) {
        store_set(store, entry, value, from_ms);
    } else {
        store_edit(store, entry);
        store_touch(store, entry, from_ms);
    }
    return LEAT_OK;
}

/* What the version at place was up to from_ms stays, under a key of that end. */
static int cut(struct store *store, struct leat_bytes key, const struct place *place,
               int64_t from_ms, struct arena *arena, struct leat_error *error)
{
    const void *value = place->kind == VERSION_VALUE ? place->row->value : NULL;

    if (place->row->timestamp_ms == from_ms)
        return LEAT_OK;
    return write(store, key, value, place->row->timestamp_ms, from_ms, arena, error);
}

int versions_add(struct store *store, struct leat_bytes key, const void *value, int64_t from_ms,
                 struct arena *arena, bool *latest, struct leat_error *error)
{
    struct place place;
    int64_t end_ms = VERSION_OPEN;
    int status = row_for(store, key, from_ms, arena, &place, error);

    if (!status && place.row && place.row->timestamp_ms > from_ms) {
        end_ms = place.row->timestamp_ms;
    } else if (!status && place.row) {
        end_ms = place.end_ms;
        status = cut(store, key, &place, from_ms, arena, error);
        if (!status && (place.kind == VERSION_VALUE) != !!value)
            store_set(store, place.row, NULL, from_ms);
    }
    *latest = end_ms == VERSION_OPEN;
    return status ? status : write(store, key, value, from_ms, end_ms, arena, error);
}
