/* memory.c - allocation that ends the process where there is none. */
#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *got(void *memory, size_t size)
{
    if (memory)
        return memory;
    fprintf(stderr, "out of memory: %zu bytes were refused\n", size);
    abort();
}

void *memory_new(size_t size)
{
    return got(calloc(1, size ? size : 1), size);
}

void *memory_array(size_t count, size_t size)
{
    return got(calloc(count ? count : 1, size ? size : 1), size);
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    return got(reallocarray(memory, count ? count : 1, size), size);
}

char *memory_text(const char *text)
{
    return text ? got(strdup(text), strlen(text) + 1) : NULL;
}

char *memory_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    return got(length < 0 ? NULL : text, 0);
}

void memory_free(const void *memory)
{
    free((void *)(uintptr_t)memory);
}

void *memory_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 8;
    return memory_resize(items, *capacity, size);
}
