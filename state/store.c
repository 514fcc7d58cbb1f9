/* store.c - a store's life: opening, loading entries, committing, restoring.
 *
 * Entry points:  store_entry()      - the one that everything else begins with
 *                store_committed()  - what stays as a cache, and when it goes
 * See also:      store_write.c (edit, touch, set, flush), store_cursor.c (ranges), staged.c
 */
#include "state/store_inside.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "schemas/codec.h"
#include "state/big_endian.h"
#include "state/budget.h"
#include "state/row.h"
#include "state/session_key.h"
#include "state/window_key.h"

#include <assert.h>

enum {
    CHUNK_LEAST_BYTES = 16 << 10,
    CHUNK_MOST_BYTES = 1 << 20,
    CHUNKS_OF_BOUND = 32,
    BOUND_WITHOUT_BUDGET_BYTES = 64 << 20,
    PUBLISH_BYTES = 64 << 10, /* the budget hears of changes of this size */
    KEY_EXTRA_BYTES = 64,     /* what layouts add to a record's key */
};

/* The spec's bound, or the store's even part of the budget. */
static size_t bound(const struct store *store)
{
    const struct budget *budget = home_budget(store->home);

    if (store->spec.staged_bytes)
        return store->spec.staged_bytes;
    return budget ? budget_store_bytes(budget) : BOUND_WITHOUT_BUDGET_BYTES;
}

static bool shares_budget(const struct store *store)
{
    return !store->spec.staged_bytes && home_budget(store->home);
}

static size_t chunk_bytes(const struct store *store)
{
    size_t bytes = bound(store) / CHUNKS_OF_BOUND;

    if (bytes > CHUNK_MOST_BYTES)
        return CHUNK_MOST_BYTES;
    return bytes < CHUNK_LEAST_BYTES ? CHUNK_LEAST_BYTES : bytes;
}

static size_t time_from_end(enum store_kind kind)
{
    if (kind == STORE_WINDOW || kind == STORE_VERSIONED)
        return WINDOW_KEY_TAIL_BYTES;
    return kind == STORE_SESSION ? SESSION_KEY_TAIL_BYTES : 0;
}

int store_open(struct home *home, const struct store_spec *spec, struct codec *codec,
               struct store **out, struct leat_error *error)
{
    struct store *store;
    uint16_t number;
    int code = home_store_number(home, spec->name, &number, error);

    *out = NULL;
    if (code)
        return code;
    assert(codec_type(codec) == spec->type);
    store = memory_new(sizeof *store);
    store->home = home;
    store->codec = codec;
    store->spec = *spec;
    store->spec.name = memory_text(spec->name);
    store->number = number;
    store->time_from_end = time_from_end(spec->kind);
    store->seen_commits = home_commits(home);
    if (home_budget(home))
        budget_add_store(home_budget(home), 1);
    staged_init(&store->staged, spec->type, chunk_bytes(store));
    buffer_init(&store->loaded, ROW_HEAD_BYTES + (size_t)LIMIT_VALUE_BYTES);
    buffer_init(&store->encoded, ROW_HEAD_BYTES + (size_t)LIMIT_VALUE_BYTES);
    buffer_init(&store->key, LIMIT_KEY_BYTES + KEY_EXTRA_BYTES);
    buffer_init(&store->swept, LIMIT_KEY_BYTES + KEY_EXTRA_BYTES);
    *out = store;
    return LEAT_OK;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    assert(!store->cursors);
    staged_reset(&store->staged, true);
    store_publish_bytes(store, 0);
    if (home_budget(store->home)) {
        budget_use_staged(home_budget(store->home), -(ptrdiff_t)store->published_bytes);
        budget_add_store(home_budget(store->home), -1);
    }
    staged_free(&store->staged);
    buffer_free(&store->loaded);
    buffer_free(&store->encoded);
    buffer_free(&store->key);
    buffer_free(&store->swept);
    memory_free(store->spec.name);
    memory_free(store);
}

const struct store_spec *store_spec(const struct store *store)
{
    return &store->spec;
}

uint16_t store_number(const struct store *store)
{
    return store->number;
}

struct codec *store_codec(const struct store *store)
{
    return store->codec;
}

/* ---- entries ------------------------------------------------------------------------------------
 */

bool store_expired(const struct store *store, struct leat_bytes key)
{
    return store->expire_before_ms && store->time_from_end && key.size >= store->time_from_end &&
           (int64_t)big_endian_get_64(key.data + key.size - store->time_from_end) <
               store->expire_before_ms;
}

/* A row that does not decode is damage of the state and not of the record at hand. */
static int decode_failed(const struct store *store, int code, struct leat_error *error)
{
    error_wrap(error, "a row of store '%s'", store->spec.name);
    if (code != LEAT_E_DATA)
        return code;
    error->code = LEAT_E_STATE;
    return LEAT_E_STATE;
}

/* The strings of a decoded value point into its wire bytes, so these stand in the arena as well:
 * wire, value and what the codec made lie in one piece, unless a chunk ended between them. */
int store_decode(struct store *store, struct staged_entry *entry, struct leat_bytes bytes,
                 struct leat_error *error)
{
    struct arena *arena = &store->staged.arena;
    struct staged_block *block = &entry->block;
    const struct arena_chunk *chunk;
    struct row row;
    char *wire;
    int code = row_parse(bytes, &row, error);

    if (code)
        return decode_failed(store, code, error);
    wire = arena_new(arena, row.wire.size);
    memcpy(wire, row.wire.data, row.wire.size);
    chunk = arena->current;
    code = codec_decode(store->codec, leat_bytes(wire, row.wire.size), arena, &block->value, error);
    if (code)
        return decode_failed(store, code, error);
    if (arena->current == chunk) {
        block->low = block->tail = wire;
        block->size = (uint32_t)(arena->next - wire);
        block->tail_size = (uint32_t)((row.wire.size + 7) & ~(size_t)7);
    } else {
        block->low = block->tail = block->value;
    }
    entry->entry.value = block->value;
    entry->entry.timestamp_ms = row.timestamp_ms;
    entry->existed = true;
    return LEAT_OK;
}

static int load(struct store *store, struct staged_entry *entry, struct leat_error *error)
{
    int code;

    if (store->spec.scratch)
        return LEAT_OK;
    store->loaded.size = 0;
    store->lookups.loaded++;
    code = home_get(store->home, staged_home_key(entry), &store->loaded, error);
    if (code <= 0)
        return code;
    return store_decode(store, entry, buffer_bytes(&store->loaded), error);
}

static struct staged_entry *entry_new(struct store *store, struct leat_bytes key, uint64_t hash)
{
    struct staged_entry *entry = staged_make(&store->staged, store->number, key, hash);

    entry->entry.origin = -1;
    entry->entry.origin_ms = -1;
    return entry;
}

/* A dirty one is still to be flushed, so another takes its place. */
static struct staged_entry *expire_entry(struct store *store, struct staged_entry *entry)
{
    struct staged_entry *blank;

    if (!entry->entry.value)
        return entry;
    if (!entry->entry.dirty) {
        entry->entry.value = NULL;
        entry->existed = false;
        return entry;
    }
    blank = entry_new(store, entry->entry.key, entry->hash);
    staged_replace(&store->staged, entry, blank);
    return blank;
}

static int fetch(struct store *store, struct leat_bytes key, uint64_t hash,
                 struct staged_entry **out, struct leat_error *error)
{
    struct arena_mark mark = arena_mark(&store->staged.arena);
    struct staged_entry *entry;
    int code = LEAT_OK;

    if (store->cursors && (entry = store_cursor_entry(store, key))) {
        *out = entry;
        return LEAT_OK;
    }
    entry = entry_new(store, key, hash);
    if (!store_expired(store, key))
        code = load(store, entry, error);
    if (code) {
        arena_rewind(&store->staged.arena, mark);
        return code;
    }
    staged_add(&store->staged, entry);
    *out = entry;
    return LEAT_OK;
}

int store_entry(struct store *store, struct leat_bytes key, struct entry **out,
                struct leat_error *error)
{
    uint64_t hash = map_hash(key);
    struct staged_entry *entry = staged_find(&store->staged, key, hash);
    int code = LEAT_OK;

    store->lookups.asked++;
    if (!entry)
        code = fetch(store, key, hash, &entry, error);
    else if (store_expired(store, key))
        entry = expire_entry(store, entry);
    *out = code ? NULL : &entry->entry;
    return code;
}

void store_add(struct store *store, struct leat_bytes key, const void *value, int64_t timestamp_ms)
{
    uint64_t hash = map_hash(key);
    struct staged_entry *entry = staged_find(&store->staged, key, hash);

    if (!entry) {
        entry = entry_new(store, key, hash);
        staged_add(&store->staged, entry);
    }
    store_set(store, &entry->entry, value, timestamp_ms);
}

/* ---- commits ------------------------------------------------------------------------------------
 */

size_t store_staged_bytes(const struct store *store)
{
    return staged_bytes(&store->staged);
}

struct store_lookups store_lookups(const struct store *store)
{
    return store->lookups;
}

void store_publish_bytes(struct store *store, size_t least_change)
{
    size_t used = staged_bytes(&store->staged), known = store->published_bytes;
    struct budget *budget = home_budget(store->home);

    if (!budget || (used > known ? used - known : known - used) < least_change)
        return;
    budget_use_staged(budget, (ptrdiff_t)used - (ptrdiff_t)known);
    store->published_bytes = used;
}

bool store_dirty(const struct store *store)
{
    return store->staged.dirty_first;
}

/* Beyond its part a store may use what the others do not. */
static bool beyond(struct store *store, size_t divisor)
{
    const struct budget *budget = home_budget(store->home);

    if (staged_bytes(&store->staged) <= bound(store) / divisor)
        return false;
    return !shares_budget(store) ||
           budget_staged_used(budget) > budget_parts(budget)->staged_bytes / divisor;
}

bool store_full(struct store *store)
{
    store_publish_bytes(store, PUBLISH_BYTES);
    return beyond(store, 1);
}

static void reset(struct store *store)
{
    staged_reset(&store->staged, staged_bytes(&store->staged) > bound(store));
    store->stale = false;
    store->seen_commits = home_commits(store->home);
    store_publish_bytes(store, 0);
}

/* Half the bound is left to the next transaction. */
void store_committed(struct store *store)
{
    store->expire_committed_ms = store->expire_before_ms;
    store->seen_commits = home_commits(store->home);
    store_publish_bytes(store, PUBLISH_BYTES);
    if (!store_dirty(store) && (store->stale || beyond(store, 2)))
        reset(store);
}

void store_abort(struct store *store)
{
    store->expire_before_ms = store->expire_committed_ms;
    reset(store);
}

void store_refresh(struct store *store)
{
    assert(!store_dirty(store));
    if (store->seen_commits != home_commits(store->home))
        reset(store);
}

void store_expire(struct store *store, int64_t before_ms)
{
    if (!store->time_from_end || before_ms <= store->expire_before_ms)
        return;
    store->expire_before_ms = before_ms;
    if (store->spec.kind != STORE_VERSIONED)
        home_expire(store->home, store->number, store->time_from_end, before_ms);
}

/* ---- restoring ----------------------------------------------------------------------------------
 */

static int home_key(struct store *store, struct leat_bytes key, struct leat_error *error)
{
    char number[sizeof(uint16_t)];

    big_endian_put_16(number, store->number);
    store->key.size = 0;
    if (buffer_add(&store->key, number, sizeof number) ||
        buffer_add(&store->key, key.data, key.size))
        return error_set(error, LEAT_E_LIMIT,
                         "a key of store '%s' has %zu bytes, which is too long", store->spec.name,
                         key.size);
    return LEAT_OK;
}

int store_restore(struct store *store, struct leat_bytes key, struct leat_bytes wire,
                  int64_t timestamp_ms, struct leat_error *error)
{
    struct buffer *row = &store->encoded;
    char head[ROW_HEAD_BYTES];
    int code = home_key(store, key, error);

    if (code)
        return code;
    if (store->staged.count)
        store->stale = true;
    if (!wire.data) {
        home_delete(store->home, buffer_bytes(&store->key));
        return LEAT_OK;
    }
    row_write_head(head, timestamp_ms);
    row->size = 0;
    if (buffer_add(row, head, sizeof head) || buffer_add(row, wire.data, wire.size))
        return error_set(error, LEAT_E_LIMIT,
                         "a changelog record of store '%s' has %zu bytes, which is too long",
                         store->spec.name, wire.size);
    home_put(store->home, buffer_bytes(&store->key), buffer_bytes(row));
    return LEAT_OK;
}
