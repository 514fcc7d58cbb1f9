/* window_key.h - keys of window stores, as Kafka Streams lays them out: the key's bytes, the
 * window's start in eight (big-endian), a sequence number in four.
 *
 * Windows of one key lie together and in order of time, but not alone: another key that begins
 * with this one's bytes may lie between them. Whoever reads a range asks window_key_of() of each.
 */
#ifndef STATE_WINDOW_KEY_H
#define STATE_WINDOW_KEY_H

#include "base/arena.h"

#include <stdint.h>

enum {
    WINDOW_KEY_SEQUENCE_BYTES = 4,
    WINDOW_KEY_TAIL_BYTES = 8 + WINDOW_KEY_SEQUENCE_BYTES, /* the start is so far from the end */
};

struct window_key {
    struct leat_bytes key; /* points into what was parsed */
    int64_t start_ms;
    uint32_t sequence;
};

/* The memory is the arena's. */
struct leat_bytes window_key_build(struct arena *arena, struct leat_bytes key, int64_t start_ms,
                                   uint32_t sequence);

/* The same into memory of key.size + WINDOW_KEY_TAIL_BYTES bytes. */
void window_key_write(char *to, struct leat_bytes key, int64_t start_ms, uint32_t sequence);

bool window_key_parse(struct leat_bytes bytes, struct window_key *out); /* false: too short */

/* Bounds, from <= k < to, of the windows of key that start in [first_ms, last_ms]. */
void window_key_bounds(struct arena *arena, struct leat_bytes key, int64_t first_ms,
                       int64_t last_ms, struct leat_bytes *from, struct leat_bytes *to);

/* Whether a key found between such bounds is one of key's own. */
bool window_key_of(struct leat_bytes bytes, struct leat_bytes key);

/* The windowed key as topics have it: without the sequence. */
struct leat_bytes window_key_topic(struct leat_bytes bytes);

#endif
