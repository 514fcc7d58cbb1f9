/* window_key.c - keys of window stores. */
#include "state/window_key.h"

#include "state/big_endian.h"

#include <assert.h>

void window_key_write(char *to, struct leat_bytes key, int64_t start_ms, uint32_t sequence)
{
    if (key.size)
        memcpy(to, key.data, key.size);
    big_endian_put_64(to + key.size, (uint64_t)start_ms);
    big_endian_put_32(to + key.size + 8, sequence);
}

struct leat_bytes window_key_build(struct arena *arena, struct leat_bytes key, int64_t start_ms,
                                   uint32_t sequence)
{
    char *memory = arena_new(arena, key.size + WINDOW_KEY_TAIL_BYTES);

    window_key_write(memory, key, start_ms, sequence);
    return leat_bytes(memory, key.size + WINDOW_KEY_TAIL_BYTES);
}

bool window_key_parse(struct leat_bytes bytes, struct window_key *out)
{
    if (bytes.size < WINDOW_KEY_TAIL_BYTES)
        return false;
    out->key = leat_bytes(bytes.data, bytes.size - WINDOW_KEY_TAIL_BYTES);
    out->start_ms = (int64_t)big_endian_get_64(bytes.data + out->key.size);
    out->sequence = big_endian_get_32(bytes.data + out->key.size + 8);
    return true;
}

/* Starts are not negative, so their order as unsigned numbers is theirs, and one more than the
 * greatest still fits. */
void window_key_bounds(struct arena *arena, struct leat_bytes key, int64_t first_ms,
                       int64_t last_ms, struct leat_bytes *from, struct leat_bytes *to)
{
    uint64_t end = last_ms < 0 ? 0 : (uint64_t)last_ms + 1;

    *from = window_key_build(arena, key, first_ms < 0 ? 0 : first_ms, 0);
    *to = window_key_build(arena, key, (int64_t)end, 0);
}

bool window_key_of(struct leat_bytes bytes, struct leat_bytes key)
{
    return bytes.size == key.size + WINDOW_KEY_TAIL_BYTES &&
           (!key.size || !memcmp(bytes.data, key.data, key.size));
}

struct leat_bytes window_key_topic(struct leat_bytes bytes)
{
    assert(bytes.size >= WINDOW_KEY_TAIL_BYTES);
    return leat_bytes(bytes.data, bytes.size - WINDOW_KEY_SEQUENCE_BYTES);
}
