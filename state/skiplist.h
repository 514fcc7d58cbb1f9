/* skiplist.h - an ordered list of keys with shortcuts: the order of staged entries, and of rows in
 * memory.
 *
 * Intrusive: whoever owns the memory makes a node of skiplist_node_bytes() with its key set, and
 * the list links it. Keys and nodes must stay where they are while they are linked.
 * Thread: one at a time; the caller locks.
 */
#ifndef STATE_SKIPLIST_H
#define STATE_SKIPLIST_H

#include "leat/bytes.h"

enum { SKIPLIST_HEIGHT = 16 }; /* a quarter of the nodes is one higher: enough for 4^16 keys */

struct skiplist_node {
    struct leat_bytes key;
    void *item;                   /* what the key leads to */
    struct skiplist_node *before; /* NULL: the first */
    int height;
    struct skiplist_node *next[];
};

struct skiplist {
    struct skiplist_node *first[SKIPLIST_HEIGHT];
    struct skiplist_node *last;
    int height;
    uint64_t random;
    size_t count;
};

int skiplist_height(struct skiplist *list); /* of the next node */

static inline size_t skiplist_node_bytes(int height)
{
    return sizeof(struct skiplist_node) + (size_t)height * sizeof(struct skiplist_node *);
}

void skiplist_insert(struct skiplist *list, struct skiplist_node *node); /* the key is new */
void skiplist_remove(struct skiplist *list, struct skiplist_node *node);

/* The first node at or after key, and the last one before it; key none: first, last of all. */
struct skiplist_node *skiplist_at(const struct skiplist *list, struct leat_bytes key);
struct skiplist_node *skiplist_before(const struct skiplist *list, struct leat_bytes key);

static inline struct skiplist_node *skiplist_next(const struct skiplist_node *node)
{
    return node->next[0];
}

#endif
