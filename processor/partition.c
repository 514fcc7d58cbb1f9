/* partition.c - Kafka's default partitioner. Entry points: partition_murmur2(), partition_of(). */
#include "processor/partition.h"

#include <assert.h>

static uint32_t little_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint32_t partition_murmur2(struct leat_bytes key)
{
    const uint32_t multiplier = 0x5bd1e995;
    const unsigned char *at = (const unsigned char *)key.data;
    size_t left = key.size;
    uint32_t hash = 0x9747b28cu ^ (uint32_t)key.size;

    for (; left >= 4; at += 4, left -= 4) {
        uint32_t word = little_endian(at) * multiplier;

        hash = hash * multiplier ^ (word ^ word >> 24) * multiplier;
    }
    if (left) {
        for (size_t i = 0; i < left; i++)
            hash ^= (uint32_t)at[i] << 8 * i;
        hash *= multiplier;
    }
    hash = (hash ^ hash >> 13) * multiplier;
    return hash ^ hash >> 15;
}

int32_t partition_of(struct leat_bytes key, int32_t count)
{
    assert(key.data && count > 0);
    return (int32_t)((partition_murmur2(key) & 0x7fffffffu) % (uint32_t)count);
}
