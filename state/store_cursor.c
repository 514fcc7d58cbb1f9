/* store_cursor.c - ranges of a store: staged entries over committed rows, in either direction.
 *
 * A committed row is decoded into an entry of the cursor's own at the arena's end, and given back
 * when the cursor moves on, unless it was written meanwhile: reading a whole store through a cursor
 * does not fill the staged map.
 */
#include "state/store_inside.h"

#include "base/map.h"
#include "base/memory.h"
#include "state/big_endian.h"

#include <assert.h>

struct store_cursor {
    struct store *store;
    struct store_cursor *next; /* of those that are open */
    struct home_cursor *rows;
    bool descending;
    const struct skiplist_node *staged;   /* the next one, or NULL */
    struct leat_bytes row_key, row_value; /* the next row's; key none: no more */
    bool row_used;                        /* the next call begins with the row after it */
    struct staged_entry *loose;           /* the entry of its own that it stands on */
    struct arena_mark before_loose;
    const char *behind_loose;
    struct leat_bytes from, to; /* of staged keys; none: no bound */
    char bounds[];              /* from and to, each with the store's number */
};

/* A bound that is none is the store's own first or last. */
static struct leat_bytes home_bound(char *to, uint16_t number, struct leat_bytes key)
{
    big_endian_put_16(to, number);
    if (key.size)
        memcpy(to + sizeof number, key.data, key.size);
    return leat_bytes(to, sizeof number + key.size);
}

static const struct skiplist_node *first_staged(struct store *store, struct leat_bytes from,
                                                struct leat_bytes to, bool descending)
{
    const struct skiplist *order = staged_order(&store->staged);

    return descending ? skiplist_before(order, to) : skiplist_at(order, from);
}

int store_range(struct store *store, struct leat_bytes from, struct leat_bytes to, bool descending,
                struct store_cursor **out, struct leat_error *error)
{
    struct store_cursor *cursor =
        memory_new(sizeof *cursor + 2 * sizeof(uint16_t) + from.size + to.size);
    struct leat_bytes low = home_bound(cursor->bounds, store->number, from);
    struct leat_bytes high =
        home_bound(cursor->bounds + low.size, (uint16_t)(store->number + !to.data), to);
    int code = home_range(store->home, low, high, descending, &cursor->rows, error);

    if (code) {
        memory_free(cursor);
        return code;
    }
    cursor->store = store;
    cursor->descending = descending;
    cursor->staged = first_staged(store, from, to, descending);
    cursor->from = from.data ? leat_bytes(low.data + 2, from.size) : from;
    cursor->to = to.data ? leat_bytes(high.data + 2, to.size) : to;
    cursor->row_used = true;
    cursor->next = store->cursors;
    store->cursors = cursor;
    *out = cursor;
    return LEAT_OK;
}

/* What was taken from the arena since is the next cursor's, or an entry's: then nothing goes. */
static void drop_loose(struct store_cursor *cursor)
{
    struct arena *arena = &cursor->store->staged.arena;

    if (cursor->loose && !cursor->loose->found && arena->next == cursor->behind_loose)
        arena_rewind(arena, cursor->before_loose);
    cursor->loose = NULL;
}

void store_cursor_close(struct store_cursor *cursor)
{
    struct store_cursor **link;

    if (!cursor)
        return;
    drop_loose(cursor);
    for (link = &cursor->store->cursors; *link != cursor; link = &(*link)->next)
        assert(*link);
    *link = cursor->next;
    home_cursor_close(cursor->rows);
    memory_free(cursor);
}

struct staged_entry *store_cursor_entry(struct store *store, struct leat_bytes key)
{
    for (struct store_cursor *cursor = store->cursors; cursor; cursor = cursor->next) {
        struct staged_entry *entry = cursor->loose;

        if (entry && !entry->found && !leat_bytes_compare(entry->entry.key, key)) {
            staged_add(&store->staged, entry);
            return entry;
        }
    }
    return NULL;
}

static bool in_range(const struct store_cursor *cursor, struct leat_bytes key)
{
    return cursor->descending ? !cursor->from.data || leat_bytes_compare(key, cursor->from) >= 0
                              : !cursor->to.data || leat_bytes_compare(key, cursor->to) < 0;
}

static struct staged_entry *next_staged(const struct store_cursor *cursor)
{
    return cursor->staged && in_range(cursor, cursor->staged->key) ? cursor->staged->item : NULL;
}

static void step_staged(struct store_cursor *cursor)
{
    cursor->staged = cursor->descending ? cursor->staged->before : skiplist_next(cursor->staged);
}

static int next_row(struct store_cursor *cursor, struct leat_error *error)
{
    int code;

    if (!cursor->row_used)
        return LEAT_OK;
    cursor->row_used = false;
    code = home_next(cursor->rows, &cursor->row_key, &cursor->row_value, error);
    if (code < 0)
        return code;
    if (!code)
        cursor->row_key = leat_bytes(NULL, 0);
    else
        cursor->row_key = leat_bytes(cursor->row_key.data + sizeof(uint16_t),
                                     cursor->row_key.size - sizeof(uint16_t));
    return LEAT_OK;
}

/* Below 0: the staged entry comes first, 0: both have this key, above 0: the row comes first. */
static int compare_heads(const struct store_cursor *cursor, const struct staged_entry *staged)
{
    int order;

    if (!staged || !cursor->row_key.data)
        return staged ? -1 : 1;
    order = leat_bytes_compare(staged->entry.key, cursor->row_key);
    return cursor->descending ? -order : order;
}

/* An entry that was loaded since the cursor was opened is not in the order it walks, but found. */
static int take_row(struct store_cursor *cursor, struct staged_entry **out,
                    struct leat_error *error)
{
    struct store *store = cursor->store;
    uint64_t hash = map_hash(cursor->row_key);
    int code;

    cursor->row_used = true;
    if ((*out = staged_find(&store->staged, cursor->row_key, hash)))
        return LEAT_OK;
    cursor->before_loose = arena_mark(&store->staged.arena);
    *out = staged_make(&store->staged, store->number, cursor->row_key, hash);
    (*out)->entry.origin = -1;
    (*out)->entry.origin_ms = -1;
    code = store_decode(store, *out, cursor->row_value, error);
    if (code) {
        arena_rewind(&store->staged.arena, cursor->before_loose);
        return code;
    }
    cursor->loose = *out;
    cursor->behind_loose = store->staged.arena.next;
    return LEAT_OK;
}

/* The next key's entry, whether its row exists or not. */
static int take(struct store_cursor *cursor, struct staged_entry **out, struct leat_error *error)
{
    struct staged_entry *staged = next_staged(cursor);
    int code = next_row(cursor, error), order;

    if (code)
        return code;
    if (!staged && !cursor->row_key.data)
        return 0;
    order = compare_heads(cursor, staged);
    if (order <= 0)
        step_staged(cursor);
    if (!order)
        cursor->row_used = true;
    *out = order <= 0 ? staged : NULL;
    if (order > 0 && store_expired(cursor->store, cursor->row_key))
        cursor->row_used = true; /* not worth decoding */
    else if (order > 0 && (code = take_row(cursor, out, error)))
        return code;
    return 1;
}

int store_next(struct store_cursor *cursor, struct entry **entry, struct leat_error *error)
{
    struct staged_entry *staged;
    int code;

    drop_loose(cursor);
    for (;;) {
        staged = NULL;
        code = take(cursor, &staged, error);
        if (code <= 0)
            return code;
        if (staged && staged->entry.value && !store_expired(cursor->store, staged->entry.key))
            break;
    }
    *entry = &staged->entry;
    return 1;
}
