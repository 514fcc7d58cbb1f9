/* window_key.h - the key of a window's row, as Kafka Streams' WindowKeySchema lays it out:
 * key bytes, eight bytes of window start, four bytes of sequence, both big-endian.
 *
 * Another key that begins with ours may lie between two windows of one key in byte order: whoever
 * walks a range skips what window_key_is() says is another's.
 */
#ifndef STATE_WINDOW_KEY_H
#define STATE_WINDOW_KEY_H

#include "base/arena.h"

enum { WINDOW_KEY_TAIL_BYTES = 12 };

struct leat_bytes window_key(struct arena *arena, struct leat_bytes key, int64_t start_ms,
                             uint32_t sequence);

/* The parts of a row's key. The key must be one (asserted: rows come from our own stores). */
struct leat_bytes window_key_inner(struct leat_bytes row_key);
int64_t window_key_start(struct leat_bytes row_key);

/* Whether a row's key belongs to this inner key. */
bool window_key_is(struct leat_bytes row_key, struct leat_bytes key);

/* Key bytes and window start only: how a windowed key is written to a topic. */
struct leat_bytes window_key_topic(struct arena *arena, struct leat_bytes key, int64_t start_ms);

#endif
