/* session_key.c - keys of session stores. */
#include "state/session_key.h"

#include "state/big_endian.h"

struct leat_bytes session_key_build(struct arena *arena, struct leat_bytes key, int64_t start_ms,
                                    int64_t end_ms)
{
    char *memory = arena_new(arena, key.size + SESSION_KEY_TAIL_BYTES);

    if (key.size)
        memcpy(memory, key.data, key.size);
    big_endian_put_64(memory + key.size, (uint64_t)end_ms);
    big_endian_put_64(memory + key.size + 8, (uint64_t)start_ms);
    return leat_bytes(memory, key.size + SESSION_KEY_TAIL_BYTES);
}

bool session_key_parse(struct leat_bytes bytes, struct session_key *out)
{
    if (bytes.size < SESSION_KEY_TAIL_BYTES)
        return false;
    out->key = leat_bytes(bytes.data, bytes.size - SESSION_KEY_TAIL_BYTES);
    out->end_ms = (int64_t)big_endian_get_64(bytes.data + out->key.size);
    out->start_ms = (int64_t)big_endian_get_64(bytes.data + out->key.size + 8);
    return true;
}

void session_key_bounds(struct arena *arena, struct leat_bytes key, int64_t first_ms,
                        int64_t last_ms, struct leat_bytes *from, struct leat_bytes *to)
{
    uint64_t end = last_ms < 0 ? 0 : (uint64_t)last_ms + 1;

    *from = session_key_build(arena, key, 0, first_ms < 0 ? 0 : first_ms);
    *to = session_key_build(arena, key, 0, (int64_t)end);
}

bool session_key_of(struct leat_bytes bytes, struct leat_bytes key)
{
    return bytes.size == key.size + SESSION_KEY_TAIL_BYTES &&
           (!key.size || !memcmp(bytes.data, key.data, key.size));
}
