/* skiplist.c - an ordered list of keys with shortcuts. */
#include "state/skiplist.h"

#include <assert.h>

int skiplist_height(struct skiplist *list)
{
    uint64_t bits;
    int height = 1;

    list->random = list->random * 6364136223846793005u + 1442695040888963407u;
    bits = list->random >> 24;
    for (; height < SKIPLIST_HEIGHT && !(bits & 3); bits >>= 2)
        height++;
    return height;
}

/* The last node before key on each level, NULL for the list's own head. */
static struct skiplist_node *descend(const struct skiplist *list, struct leat_bytes key,
                                     struct skiplist_node **path)
{
    struct skiplist_node *at = NULL, *next;

    for (int level = list->height - 1; level >= 0; level--) {
        while ((next = at ? at->next[level] : list->first[level]) &&
               leat_bytes_compare(next->key, key) < 0)
            at = next;
        if (path)
            path[level] = at;
    }
    return at;
}

void skiplist_insert(struct skiplist *list, struct skiplist_node *node)
{
    struct skiplist_node *path[SKIPLIST_HEIGHT] = { 0 }, *next;

    assert(node->height > 0 && node->height <= SKIPLIST_HEIGHT);
    node->before = descend(list, node->key, path);
    if (list->height < node->height)
        list->height = node->height;
    for (int level = 0; level < node->height; level++) {
        struct skiplist_node **link = path[level] ? &path[level]->next[level] : &list->first[level];

        node->next[level] = *link;
        *link = node;
    }
    next = node->next[0];
    assert(!next || leat_bytes_compare(node->key, next->key) < 0);
    *(next ? &next->before : &list->last) = node;
    list->count++;
}

void skiplist_remove(struct skiplist *list, struct skiplist_node *node)
{
    struct skiplist_node *path[SKIPLIST_HEIGHT] = { 0 }, *next = node->next[0];

    descend(list, node->key, path);
    for (int level = 0; level < node->height; level++) {
        struct skiplist_node **link = path[level] ? &path[level]->next[level] : &list->first[level];

        assert(*link == node);
        *link = node->next[level];
    }
    *(next ? &next->before : &list->last) = node->before;
    list->count--;
}

struct skiplist_node *skiplist_at(const struct skiplist *list, struct leat_bytes key)
{
    struct skiplist_node *before = key.data ? descend(list, key, NULL) : NULL;

    return before ? before->next[0] : list->first[0];
}

struct skiplist_node *skiplist_before(const struct skiplist *list, struct leat_bytes key)
{
    return key.data ? descend(list, key, NULL) : list->last;
}
