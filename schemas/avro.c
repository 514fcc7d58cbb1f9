/* avro.c - the parts of Avro's binary encoding that are not worth a place inline. */
#include "leat/avro.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <assert.h>

_Static_assert((int)LEAT_AVRO_MAX_DEPTH == (int)LIMIT_AVRO_DEPTH, "the limits are public too");
_Static_assert((int)LEAT_AVRO_MAX_ITEMS == (int)LIMIT_AVRO_ITEMS, "the limits are public too");

uint8_t *leat_avro_room(struct buffer *out, size_t extra)
{
    assert(extra);
    return buffer_room(out, extra) ? NULL : (uint8_t *)out->data + out->size;
}

void leat_avro_used(struct buffer *out, const uint8_t *end)
{
    size_t size = (size_t)((const char *)end - out->data);

    assert(size >= out->size && size <= out->capacity);
    out->size = size;
}

size_t leat_avro_size(const struct buffer *out)
{
    return out->size;
}

void leat_avro_cut(struct buffer *out, size_t size)
{
    assert(size <= out->size);
    out->size = size;
}

bool leat_avro_utf8(const char *data, size_t size)
{
    return utf8_valid(leat_bytes(data, size));
}

bool leat_avro_decimal(struct leat_bytes bytes, int64_t bound, int64_t *out)
{
    const uint8_t *at = (const uint8_t *)bytes.data;
    uint64_t raw;
    int64_t value;

    if (!bytes.size)
        return false;
    raw = at[0] & 0x80 ? UINT64_MAX : 0;
    while (bytes.size > sizeof raw) {
        if (*at != (uint8_t)raw)
            return false;
        at++;
        bytes.size--;
    }
    if (bytes.size == sizeof raw && ((*at ^ (uint8_t)raw) & 0x80))
        return false;
    for (size_t i = 0; i < bytes.size; i++)
        raw = raw << 8 | at[i];
    value = (int64_t)raw;
    *out = value;
    return value > -bound && value < bound;
}

const uint8_t *leat_avro_take_block(const uint8_t *at, const uint8_t *end, size_t item_bytes,
                                    struct leat_avro_blocks *blocks)
{
    int64_t count, bytes;

    if (blocks->stop && blocks->stop != at)
        return NULL;
    blocks->stop = NULL;
    blocks->total += blocks->count;
    at = leat_avro_take_long(at, end, &count);
    if (at && count < 0) {
        at = leat_avro_take_long(at, end, &bytes);
        if (!at || bytes < 0 || bytes > end - at || count < -(int64_t)LIMIT_AVRO_ITEMS)
            return NULL;
        blocks->stop = at + bytes;
        count = -count;
    }
    if (!at || (uint64_t)count > LIMIT_AVRO_ITEMS - blocks->total ||
        (item_bytes && (uint64_t)count > (size_t)(end - at) / item_bytes))
        return NULL;
    blocks->count = (size_t)count;
    return at;
}

void *leat_avro_grow(struct leat_avro_blocks *blocks, void *items, size_t size, struct arena *arena)
{
    size_t needed = blocks->total + blocks->count;
    void *grown;

    if (needed <= blocks->capacity)
        return items;
    blocks->capacity = needed > 2 * blocks->capacity ? needed : 2 * blocks->capacity;
    grown = arena_new(arena, blocks->capacity * size);
    if (blocks->total)
        memcpy(grown, items, blocks->total * size);
    return grown;
}
