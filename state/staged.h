/* staged.h - what a store has in memory: entries by key, found by hash, ordered when they are first
 * asked for in order, and listed by last write.
 *
 * An entry's value stands in a block of the arena with all it points to. A block is written over
 * where the new value fits, so a row that is written again and again takes no more memory.
 * Everything is given back at once, by staged_reset().
 * Thread: the worker that owns the task.
 */
#ifndef STATE_STAGED_H
#define STATE_STAGED_H

#include "state/skiplist.h"
#include "state/store.h"

/* One value with all it points to, in one piece: [low, low + size). */
struct staged_block {
    char *low;
    void *value;
    char *tail; /* where what it points to is copied to */
    uint32_t size, tail_size;
};

struct staged_entry {
    struct entry entry; /* first: what the store hands out */
    uint64_t hash;
    struct staged_entry *earlier, *later; /* dirty entries by last write */
    struct staged_entry *unordered;       /* entries that are not in the order yet */
    struct skiplist_node *node;           /* of the order; NULL: never was in it */
    struct staged_block block;
    struct staged_block *before; /* keep_before: made at the first edit */
    bool found;                  /* in the hash index; an entry a cursor stands on need not be */
    bool waits, ordered;         /* to be put into the order; in it */
    bool replaced;               /* another has its key: never in the order again */
    bool existed;                /* the row was there at the last flush */
    bool before_taken;           /* since the last flush */
};

struct staged_slot {
    uint64_t hash;
    struct staged_entry *entry; /* NULL: empty */
};

struct staged {
    const struct leat_type *type;
    struct arena arena;
    struct arena scratch; /* a value on its way back into its own block */
    struct staged_slot *slots;
    size_t count, capacity; /* capacity: a power of two */
    struct skiplist order;
    struct staged_entry *unordered;
    struct staged_entry *dirty_first, *dirty_last;
};

void staged_init(struct staged *staged, const struct leat_type *type, size_t chunk_bytes);
void staged_free(struct staged *staged);
void staged_reset(struct staged *staged, bool give_back); /* drops all; memory is kept for reuse */
size_t staged_bytes(const struct staged *staged);

/* The entry of a key, or NULL. */
struct staged_entry *staged_find(const struct staged *staged, struct leat_bytes key, uint64_t hash);

/* An entry with a copy of the key, its store's number before it, that is not found yet. */
struct staged_entry *staged_make(struct staged *staged, uint16_t store, struct leat_bytes key,
                                 uint64_t hash);
void staged_add(struct staged *staged, struct staged_entry *entry); /* now it is found */
void staged_replace(struct staged *staged, struct staged_entry *old, struct staged_entry *entry);

/* The key as the home has it: the store's number, then the key. */
static inline struct leat_bytes staged_home_key(const struct staged_entry *entry)
{
    return leat_bytes(entry->entry.key.data - sizeof(uint16_t),
                      entry->entry.key.size + sizeof(uint16_t));
}

/* The order over the entries that have a row: a range does not walk over keys that came and went,
 * as sessions grow or a buffer empties. Nodes' items are struct staged_entry. */
const struct skiplist *staged_order(struct staged *staged);

void staged_mark_dirty(struct staged *staged, struct staged_entry *entry); /* and put last */
void staged_mark_clean(struct staged *staged, struct staged_entry *entry);

/* Copies value, with all it points to, into the block; value may stand, or point, in it. */
void staged_assign(struct staged *staged, struct staged_block *block, const void *value);
void staged_assign_zero(struct staged *staged, struct staged_block *block);

/* Copies in what the block's value points to outside of it; nothing where there is none. */
void staged_settle(struct staged *staged, struct staged_block *block);

#endif
