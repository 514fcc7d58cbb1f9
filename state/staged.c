/* staged.c - entries of a store in memory.
 * See also: staged_block.c (the values' memory) */
#include "state/staged.h"

#include "base/memory.h"
#include "state/big_endian.h"

#include <assert.h>

enum { SLOTS_FIRST = 64, SCRATCH_CHUNK_BYTES = 4 << 10 };

void staged_init(struct staged *staged, const struct leat_type *type, size_t chunk_bytes)
{
    *staged = (struct staged){ .type = type };
    arena_init(&staged->arena, chunk_bytes);
    arena_init(&staged->scratch, SCRATCH_CHUNK_BYTES);
}

void staged_free(struct staged *staged)
{
    arena_free(&staged->arena);
    arena_free(&staged->scratch);
    memory_free(staged->slots);
    staged->slots = NULL;
}

void staged_reset(struct staged *staged, bool give_back)
{
    arena_reset(&staged->arena);
    if (give_back) {
        arena_trim(&staged->arena);
        memory_free(staged->slots);
        staged->slots = NULL;
        staged->capacity = 0;
    }
    if (staged->count && staged->slots)
        memset(staged->slots, 0, staged->capacity * sizeof *staged->slots);
    staged->count = 0;
    staged->order = (struct skiplist){ 0 };
    staged->unordered = staged->dirty_first = staged->dirty_last = NULL;
}

size_t staged_bytes(const struct staged *staged)
{
    return arena_used(&staged->arena) + staged->capacity * sizeof *staged->slots;
}

/* ---- order --------------------------------------------------------------------------------------
 */

static bool has_place(const struct staged_entry *entry)
{
    return entry->entry.value && !entry->replaced;
}

/* A cursor that stands on a node that leaves goes on from there: the node keeps its links. */
static void order_entry(struct staged *staged, struct staged_entry *entry)
{
    if (has_place(entry) && !entry->ordered && !entry->waits) {
        entry->waits = true;
        entry->unordered = staged->unordered;
        staged->unordered = entry;
    } else if (!has_place(entry) && entry->ordered) {
        entry->ordered = false;
        skiplist_remove(&staged->order, entry->node);
    }
}

static struct skiplist_node *node_new(struct staged *staged, struct staged_entry *entry)
{
    int height = skiplist_height(&staged->order);
    struct skiplist_node *node = arena_new(&staged->arena, skiplist_node_bytes(height));

    node->height = height;
    node->key = entry->entry.key;
    node->item = entry;
    return node;
}

/* Most stores are never read in order, and do not pay for it. */
const struct skiplist *staged_order(struct staged *staged)
{
    struct staged_entry *entry;

    while ((entry = staged->unordered)) {
        staged->unordered = entry->unordered;
        entry->waits = false;
        if (!has_place(entry))
            continue;
        if (!entry->node)
            entry->node = node_new(staged, entry);
        skiplist_insert(&staged->order, entry->node);
        entry->ordered = true;
    }
    return &staged->order;
}

/* ---- the hash index -----------------------------------------------------------------------------
 */

struct staged_entry *staged_find(const struct staged *staged, struct leat_bytes key, uint64_t hash)
{
    size_t mask = staged->capacity - 1;
    const struct staged_slot *slot;

    if (!staged->count)
        return NULL;
    for (size_t at = hash & mask; (slot = &staged->slots[at])->entry; at = (at + 1) & mask)
        if (slot->hash == hash && slot->entry->entry.key.size == key.size &&
            !memcmp(slot->entry->entry.key.data, key.data, key.size))
            return slot->entry;
    return NULL;
}

static void place(struct staged *staged, struct staged_slot slot)
{
    size_t mask = staged->capacity - 1, at = slot.hash & mask;

    while (staged->slots[at].entry)
        at = (at + 1) & mask;
    staged->slots[at] = slot;
}

static void grow(struct staged *staged)
{
    struct staged_slot *old = staged->slots;
    size_t old_capacity = staged->capacity;

    staged->capacity = old_capacity ? old_capacity * 2 : SLOTS_FIRST;
    staged->slots = memory_array(staged->capacity, sizeof *staged->slots);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].entry)
            place(staged, old[i]);
    memory_free(old);
}

struct staged_entry *staged_make(struct staged *staged, uint16_t store, struct leat_bytes key,
                                 uint64_t hash)
{
    struct staged_entry *entry = arena_zeroed(&staged->arena, sizeof *entry);
    char *memory = arena_new(&staged->arena, sizeof store + key.size);

    big_endian_put_16(memory, store);
    if (key.size)
        memcpy(memory + sizeof store, key.data, key.size);
    entry->entry.key = leat_bytes(memory + sizeof store, key.size);
    entry->hash = hash;
    return entry;
}

void staged_add(struct staged *staged, struct staged_entry *entry)
{
    assert(!entry->found);
    if (staged->count + 1 > staged->capacity / 2)
        grow(staged);
    place(staged, (struct staged_slot){ entry->hash, entry });
    staged->count++;
    entry->found = true;
    order_entry(staged, entry);
}

/* The old one stays listed for the flush if it is dirty. */
void staged_replace(struct staged *staged, struct staged_entry *old, struct staged_entry *entry)
{
    size_t mask = staged->capacity - 1, at = old->hash & mask;

    assert(old->found && !entry->found && old->hash == entry->hash);
    while (staged->slots[at].entry != old)
        at = (at + 1) & mask;
    staged->slots[at].entry = entry;
    entry->found = true;
    old->replaced = true;
    order_entry(staged, old);
}

/* ---- dirty entries ------------------------------------------------------------------------------
 */

static void unlist(struct staged *staged, struct staged_entry *entry)
{
    *(entry->earlier ? &entry->earlier->later : &staged->dirty_first) = entry->later;
    *(entry->later ? &entry->later->earlier : &staged->dirty_last) = entry->earlier;
}

void staged_mark_dirty(struct staged *staged, struct staged_entry *entry)
{
    order_entry(staged, entry);
    if (entry == staged->dirty_last)
        return;
    if (entry->entry.dirty)
        unlist(staged, entry);
    entry->entry.dirty = true;
    entry->earlier = staged->dirty_last;
    entry->later = NULL;
    *(staged->dirty_last ? &staged->dirty_last->later : &staged->dirty_first) = entry;
    staged->dirty_last = entry;
}

void staged_mark_clean(struct staged *staged, struct staged_entry *entry)
{
    assert(entry->entry.dirty);
    unlist(staged, entry);
    entry->earlier = entry->later = NULL;
    entry->entry.dirty = false;
    entry->entry.marks = 0;
    entry->entry.headers = NULL;
}
