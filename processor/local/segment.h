/* segment.h - where records lie: chunks of memory, each a link of its partition's chain.
 *
 * A record is written once and read in place: messages point into the segment and count as
 * references to it, so nothing is allocated for a record, written or read. A segment holds a
 * reference to the next, so that one reference keeps all behind it readable.
 * Thread: references any; the rest under the log's lock, but for what local_reader may do.
 */
#ifndef PROCESSOR_LOCAL_SEGMENT_H
#define PROCESSOR_LOCAL_SEGMENT_H

#include "processor/log_ops.h"

#include <stdatomic.h>

#define LOCAL_NULL UINT32_MAX /* the size of a key or value that is null */

struct local_record {
    struct log_owner owner;        /* first: message->owner is the record */
    int64_t timestamp_ms;
    uint32_t size;                 /* of all of it, data included; a multiple of 8 */
    uint32_t back;                 /* bytes back to the segment that it lies in */
    uint32_t key_size, value_size;
    uint32_t producer;             /* 0: of no transaction */
    uint16_t header_count;
    uint8_t control;               /* a marker: it takes an offset and is never delivered */
    uint8_t aborted;               /* settled before the last stable offset passes it */
    char data[];                   /* key, value, headers */
};

struct local_segment {
    struct local_segment *next;
    atomic_size_t references;
    int64_t base; /* offset of its first record */
    uint32_t count;
    size_t used, capacity;
    struct local_record memory[];
};

struct local_segment *local_segment_new(int64_t base, size_t capacity);
void local_segment_hold(struct local_segment *segment, size_t references);
void local_segment_release(struct local_segment *segment); /* NULL is a no-op */

static inline struct local_record *local_segment_at(struct local_segment *segment, size_t position)
{
    return (struct local_record *)((char *)segment->memory + position);
}

static inline struct local_record *local_record_next(struct local_record *record)
{
    return (struct local_record *)((char *)record + record->size);
}

static inline struct local_segment *local_record_segment(struct local_record *record)
{
    return (struct local_segment *)((char *)record - record->back);
}

/* Bytes that a record takes, and the payload that message.max.bytes limits. */
size_t local_record_size(const struct log_record *record);
size_t local_record_payload(const struct log_record *record);

/* Lays the record out at memory, which has local_record_size() bytes. */
void local_record_write(struct local_record *memory, const struct log_record *record);

/* A message's view of a record; takes no reference. */
void local_record_view(struct local_record *record, struct log_message *message);

size_t local_record_headers(const struct local_record *record, struct log_header *headers,
                            size_t max);

#endif
