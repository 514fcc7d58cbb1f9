/* frame.h - the head of a repartitioned value: who sent it, and what time it was there.
 *
 *   version (1), flags, sender, origin (varints), origin time, mark (zigzag varints),
 *   [HEADERS: their length (varint), the record's headers (topology/headers.h),]
 *   [OLD: length of the old value (varint), the old value's wire bytes,] the value's wire bytes
 *
 * A record header would cost more than the record itself; a head of a dozen bytes does not.
 */
#ifndef PROCESSOR_FRAME_H
#define PROCESSOR_FRAME_H

#include "base/buffer.h"

enum frame_flags {
    FRAME_NULL = 1,    /* no value */
    FRAME_DECIDED = 2, /* a partial aggregate: its lateness was decided by the sender */
    FRAME_BARE = 4,    /* a mark and nothing else */
    FRAME_OLD = 8,     /* an old value stands before the value */
    FRAME_HEADERS = 16,
};

struct frame {
    uint8_t flags;
    int32_t sender;   /* the partition of the task that sent it */
    int32_t origin;
    int64_t origin_ms;
    int64_t mark_ms;  /* INT64_MAX: the sender is idle */
    struct leat_bytes headers; /* data NULL: none */
    struct leat_bytes old, value;
};

/* Appends the head up to the values, the headers with it; the caller appends those. */
int frame_begin(const struct frame *frame, struct buffer *out) MUST_CHECK;

/* LEAT_E_DATA for what is no frame, or one of a newer version. */
int frame_read(struct leat_bytes bytes, struct frame *out, struct leat_error *error) MUST_CHECK;

enum { FRAME_HEAD_MAX_BYTES = 2 + 5 + 5 + 10 + 10 + 5 + 5 };

#endif
