/* session_key.h - keys of session stores, as Kafka Streams lays them out: the key's bytes, the
 * session's end in eight (big-endian), its start in eight.
 *
 * As with windows, another key that begins with this one's bytes may lie between its sessions.
 */
#ifndef STATE_SESSION_KEY_H
#define STATE_SESSION_KEY_H

#include "base/arena.h"

#include <stdint.h>

enum { SESSION_KEY_TAIL_BYTES = 16 }; /* the end is so far from the key's end */

struct session_key {
    struct leat_bytes key; /* points into what was parsed */
    int64_t start_ms, end_ms;
};

/* The memory is the arena's. */
struct leat_bytes session_key_build(struct arena *arena, struct leat_bytes key, int64_t start_ms,
                                    int64_t end_ms);

bool session_key_parse(struct leat_bytes bytes, struct session_key *out); /* false: too short */

/* Bounds, from <= k < to, of the sessions of key that end in [first_ms, last_ms]. A session that
 * meets a span ends at or after the span's start: the caller looks at each one's start. */
void session_key_bounds(struct arena *arena, struct leat_bytes key, int64_t first_ms,
                        int64_t last_ms, struct leat_bytes *from, struct leat_bytes *to);

/* Whether a key found between such bounds is one of key's own. */
bool session_key_of(struct leat_bytes bytes, struct leat_bytes key);

#endif
