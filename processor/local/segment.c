/* segment.c - chunks of memory with records in them, and how a record is laid out.
 *
 * data: the key, the value, then for each header its name's size (with the final zero), its
 * value's size, the name, the value.
 */
#include "processor/local/segment.h"

#include "base/memory.h"

#include <assert.h>

struct local_segment *local_segment_new(int64_t base, size_t capacity)
{
    struct local_segment *segment = memory_new(sizeof *segment + capacity);

    atomic_init(&segment->references, 1);
    segment->base = base;
    segment->capacity = capacity;
    return segment;
}

void local_segment_hold(struct local_segment *segment, size_t references)
{
    atomic_fetch_add_explicit(&segment->references, references, memory_order_relaxed);
}

void local_segment_release(struct local_segment *segment)
{
    while (segment &&
           atomic_fetch_sub_explicit(&segment->references, 1, memory_order_acq_rel) == 1) {
        struct local_segment *next = segment->next;

        memory_free(segment);
        segment = next;
    }
}

static size_t payload_of(struct leat_bytes bytes)
{
    return bytes.data ? bytes.size : 0;
}

size_t local_record_payload(const struct log_record *record)
{
    size_t size = payload_of(record->key) + payload_of(record->value);

    for (size_t i = 0; i < record->header_count; i++)
        size += strlen(record->headers[i].name) + payload_of(record->headers[i].value);
    return size;
}

size_t local_record_size(const struct log_record *record)
{
    size_t size = sizeof(struct local_record) + local_record_payload(record) +
                  record->header_count * (2 * sizeof(uint32_t) + 1);

    return (size + 7) & ~(size_t)7;
}

static uint32_t size_of(struct leat_bytes bytes)
{
    assert(bytes.size < LOCAL_NULL);
    return bytes.data ? (uint32_t)bytes.size : LOCAL_NULL;
}

static char *put(char *to, const void *from, size_t size)
{
    if (size)
        memcpy(to, from, size);
    return to + size;
}

static char *put_header(char *to, const struct log_header *header)
{
    uint32_t sizes[2] = { (uint32_t)strlen(header->name) + 1, size_of(header->value) };

    to = put(to, sizes, sizeof sizes);
    to = put(to, header->name, sizes[0]);
    return put(to, header->value.data, payload_of(header->value));
}

void local_record_write(struct local_record *memory, const struct log_record *record)
{
    char *to = memory->data;

    assert(record->header_count <= UINT16_MAX);
    *memory = (struct local_record){
        .timestamp_ms = record->timestamp_ms,
        .size = (uint32_t)local_record_size(record),
        .key_size = size_of(record->key),
        .value_size = size_of(record->value),
        .header_count = (uint16_t)record->header_count,
    };
    to = put(to, record->key.data, payload_of(record->key));
    to = put(to, record->value.data, payload_of(record->value));
    for (size_t i = 0; i < record->header_count; i++)
        to = put_header(to, &record->headers[i]);
    assert(to <= (char *)memory + memory->size);
}

static struct leat_bytes view(const char **at, uint32_t size)
{
    struct leat_bytes bytes = { *at, size };

    if (size == LOCAL_NULL)
        return (struct leat_bytes){ NULL, 0 };
    *at += size;
    return bytes;
}

void local_record_view(struct local_record *record, struct log_message *message)
{
    const char *at = record->data;

    message->timestamp_ms = record->timestamp_ms;
    message->key = view(&at, record->key_size);
    message->value = view(&at, record->value_size);
    message->owner = record;
}

size_t local_record_headers(const struct local_record *record, struct log_header *headers,
                            size_t max)
{
    const char *at = record->data;
    size_t count = 0;

    view(&at, record->key_size);
    view(&at, record->value_size);
    for (; count < record->header_count && count < max; count++) {
        uint32_t sizes[2];

        memcpy(sizes, at, sizeof sizes);
        at += sizeof sizes;
        headers[count].name = at;
        at += sizes[0];
        headers[count].value = view(&at, sizes[1]);
    }
    return count;
}
