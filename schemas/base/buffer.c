/* buffer.c - growing bytes with a limit. */
#include "base/buffer.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){ .limit = limit };
}

void buffer_free(struct buffer *buffer)
{
    memory_free(buffer->data);
    buffer_init(buffer, buffer->limit);
}

int buffer_grow(struct buffer *buffer, size_t extra)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 256;

    if (extra > buffer->limit || buffer->size > buffer->limit - extra)
        return LEAT_E_LIMIT;
    while (capacity - buffer->size < extra)
        capacity *= 2;
    if (capacity > buffer->limit)
        capacity = buffer->limit;
    buffer->data = memory_resize(buffer->data, capacity, 1);
    buffer->capacity = capacity;
    return LEAT_OK;
}

int buffer_text(struct buffer *buffer, const char *text)
{
    return buffer_add(buffer, text, strlen(text));
}

int buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || buffer_room(buffer, (size_t)length + 1))
        return LEAT_E_LIMIT;
    va_start(arguments, format);
    vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)length;
    return LEAT_OK;
}
