/* frame.c - writing and reading the head of a repartitioned value. */
#include "processor/frame.h"

enum { FRAME_VERSION = 1 };

static void put_varint(struct buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out->data[out->size++] = (char)(value | 0x80);
    out->data[out->size++] = (char)value;
}

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static void put_headers(struct leat_bytes headers, struct buffer *out)
{
    put_varint(out, headers.size);
    if (headers.size)
        memcpy(out->data + out->size, headers.data, headers.size);
    out->size += headers.size;
}

int frame_begin(const struct frame *frame, struct buffer *out)
{
    uint8_t flags = (uint8_t)(frame->flags | (frame->headers.size ? FRAME_HEADERS : 0));

    if (buffer_room(out, FRAME_HEAD_MAX_BYTES + frame->headers.size))
        return LEAT_E_LIMIT;
    out->data[out->size++] = FRAME_VERSION;
    out->data[out->size++] = (char)flags;
    put_varint(out, (uint64_t)frame->sender);
    put_varint(out, (uint64_t)frame->origin);
    put_varint(out, zigzag(frame->origin_ms));
    put_varint(out, zigzag(frame->mark_ms));
    if (flags & FRAME_HEADERS)
        put_headers(frame->headers, out);
    return LEAT_OK;
}

static bool take_varint(struct leat_bytes *bytes, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && bytes->size; shift += 7) {
        uint8_t byte = (uint8_t)*bytes->data++;

        bytes->size--;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool take_time(struct leat_bytes *bytes, int64_t *time_ms)
{
    uint64_t value;

    if (!take_varint(bytes, &value))
        return false;
    *time_ms = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
    return true;
}

static bool take_number(struct leat_bytes *bytes, int32_t *number)
{
    uint64_t value;

    if (!take_varint(bytes, &value) || value > INT32_MAX)
        return false;
    *number = (int32_t)value;
    return true;
}

/* What the flag announces: a length, and so many bytes. */
static bool take_part(struct leat_bytes *bytes, const struct frame *frame, enum frame_flags flag,
                      struct leat_bytes *part)
{
    uint64_t size;

    *part = (struct leat_bytes){ 0 };
    if (!(frame->flags & flag))
        return true;
    if (!take_varint(bytes, &size) || size > bytes->size)
        return false;
    *part = leat_bytes(bytes->data, size);
    bytes->data += size;
    bytes->size -= size;
    return true;
}

int frame_read(struct leat_bytes bytes, struct frame *out, struct leat_error *error)
{
    if (bytes.size < 2 || bytes.data[0] != FRAME_VERSION)
        return error_set(error, LEAT_E_DATA,
                         "the repartitioned record has no frame of version %d; was it written by "
                         "a newer leat, or by another program?", FRAME_VERSION);
    out->flags = (uint8_t)bytes.data[1];
    bytes.data += 2;
    bytes.size -= 2;
    if (!take_number(&bytes, &out->sender) || !take_number(&bytes, &out->origin) ||
        !take_time(&bytes, &out->origin_ms) || !take_time(&bytes, &out->mark_ms) ||
        !take_part(&bytes, out, FRAME_HEADERS, &out->headers) ||
        !take_part(&bytes, out, FRAME_OLD, &out->old))
        return error_set(error, LEAT_E_DATA, "the repartitioned record's frame is cut short");
    out->value = out->flags & FRAME_NULL ? (struct leat_bytes){ 0 } : bytes;
    return LEAT_OK;
}
