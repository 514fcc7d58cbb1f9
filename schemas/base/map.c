/* map.c - hash map from bytes, open addressing. */
#include "base/map.h"

#include "base/memory.h"

#include <assert.h>

/* Multiply and fold, eight bytes at a time: keys are short and come from our own records. */
uint64_t map_hash(struct leat_bytes key)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ key.size, word;
    const char *at = key.data;
    size_t left = key.size;

    for (; left >= 8; left -= 8, at += 8) {
        memcpy(&word, at, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    word = 0;
    if (left)
        memcpy(&word, at, left);
    hash = (hash ^ word) * 0xc4ceb9fe1a85ec53u;
    hash ^= hash >> 29;
    return hash ? hash : 1;
}

static struct map_slot *find(const struct map *map, struct leat_bytes key, uint64_t hash)
{
    size_t mask = map->capacity - 1, at = hash & mask;

    while (map->slots[at].hash &&
           (map->slots[at].hash != hash || leat_bytes_compare(map->slots[at].key, key)))
        at = (at + 1) & mask;
    return &map->slots[at];
}

void *map_get(const struct map *map, struct leat_bytes key)
{
    return map->capacity ? find(map, key, map_hash(key))->value : NULL;
}

static void rehash(struct map *map)
{
    struct map old = *map;

    map->capacity = old.capacity ? old.capacity * 2 : 16;
    map->slots = memory_array(map->capacity, sizeof *map->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].hash)
            *find(map, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    memory_free(old.slots);
}

void *map_put(struct map *map, struct leat_bytes key, void *value)
{
    uint64_t hash = map_hash(key);
    struct map_slot *slot;
    void *before;

    assert(value);
    if (map->count + 1 > map->capacity / 4 * 3)
        rehash(map);
    slot = find(map, key, hash);
    before = slot->value;
    if (!slot->hash) {
        char *copy = memory_new(key.size + 1);

        if (key.size)
            memcpy(copy, key.data, key.size);
        *slot = (struct map_slot){ hash, leat_bytes(copy, key.size), value };
        map->count++;
    }
    slot->value = value;
    return before;
}

/* The slots behind move up where that keeps them findable, so no tombstones are needed. */
static void close_gap(struct map *map, size_t gap)
{
    size_t mask = map->capacity - 1;

    for (size_t at = (gap + 1) & mask; map->slots[at].hash; at = (at + 1) & mask) {
        size_t home = map->slots[at].hash & mask;

        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        map->slots[gap] = map->slots[at];
        map->slots[at] = (struct map_slot){ 0 };
        gap = at;
    }
}

void *map_remove(struct map *map, struct leat_bytes key)
{
    struct map_slot *slot = map->capacity ? find(map, key, map_hash(key)) : NULL;
    void *value;

    if (!slot || !slot->hash)
        return NULL;
    value = slot->value;
    memory_free(slot->key.data);
    *slot = (struct map_slot){ 0 };
    map->count--;
    close_gap(map, (size_t)(slot - map->slots));
    return value;
}

bool map_next(const struct map *map, size_t *at, struct leat_bytes *key, void **value)
{
    for (; *at < map->capacity; ++*at)
        if (map->slots[*at].hash) {
            if (key)
                *key = map->slots[*at].key;
            if (value)
                *value = map->slots[*at].value;
            ++*at;
            return true;
        }
    return false;
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->capacity; i++)
        memory_free(map->slots[i].key.data);
    memory_free(map->slots);
    *map = (struct map){ 0 };
}
