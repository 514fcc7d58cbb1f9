/* map.h - a hash map from bytes to a pointer. Keys are copied; values are the caller's.
 *
 * Open addressing, linear probing, at most three quarters full. Iterate with
 * `for (size_t i = 0; map_next(&map, &i, &key, &value);)`; no insertion while iterating.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "leat/bytes.h"

struct map_slot {
    uint64_t hash; /* 0: empty */
    struct leat_bytes key;
    void *value;
};

struct map {
    struct map_slot *slots;
    size_t count, capacity; /* capacity: a power of two, or 0 */
};

uint64_t map_hash(struct leat_bytes key); /* never 0 */
void *map_get(const struct map *map, struct leat_bytes key);              /* NULL: absent */
void *map_put(struct map *map, struct leat_bytes key, void *value);       /* the value before */
void *map_remove(struct map *map, struct leat_bytes key);                 /* the value before */
bool map_next(const struct map *map, size_t *at, struct leat_bytes *key, void **value);
void map_free(struct map *map); /* the keys; a zeroed map is an empty one */

#endif
