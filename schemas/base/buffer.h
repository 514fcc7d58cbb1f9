/* buffer.h - bytes that grow at the end, up to a limit that is set when it is made.
 *
 * A write past the limit leaves the buffer as it was and returns LEAT_E_LIMIT; encoders pass that
 * on. buffer_room() is the fast path: reserve once, write, then move size on.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/error.h"
#include "leat/bytes.h"

struct buffer {
    char *data;
    size_t size, capacity, limit;
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_free(struct buffer *buffer);
int buffer_grow(struct buffer *buffer, size_t extra) MUST_CHECK;

/* Makes room for extra bytes behind size. 0 or LEAT_E_LIMIT. */
static inline int buffer_room(struct buffer *buffer, size_t extra)
{
    return extra <= buffer->capacity - buffer->size ? LEAT_OK : buffer_grow(buffer, extra);
}

static inline int buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    if (buffer_room(buffer, size))
        return LEAT_E_LIMIT;
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return LEAT_OK;
}

int buffer_text(struct buffer *buffer, const char *text);
__attribute__((format(printf, 2, 3))) int buffer_format(struct buffer *buffer, const char *format,
                                                        ...);

static inline struct leat_bytes buffer_bytes(const struct buffer *buffer)
{
    return leat_bytes(buffer->data ? buffer->data : "", buffer->size);
}

#endif
