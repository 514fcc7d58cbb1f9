/* arena.c - bump memory in chunks that are kept. */
#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    char memory[];
};

void arena_init(struct arena *arena, size_t chunk_bytes)
{
    *arena = (struct arena){ .chunk_bytes = chunk_bytes };
}

void arena_free(struct arena *arena)
{
    struct arena_chunk *chunk = arena->first;

    while (chunk) {
        struct arena_chunk *next = chunk->next;

        memory_free(chunk);
        chunk = next;
    }
    arena_init(arena, arena->chunk_bytes);
}

static struct arena_chunk *chunk_new(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk;

    size = size > arena->chunk_bytes ? size : arena->chunk_bytes;
    chunk = memory_new(sizeof *chunk + size);
    chunk->size = size;
    return chunk;
}

static void enter(struct arena *arena, struct arena_chunk *chunk)
{
    if (arena->current)
        arena->used_bytes += (size_t)(arena->next - arena->current->memory);
    arena->current = chunk;
    arena->next = chunk->memory;
    arena->end = chunk->memory + chunk->size;
}

/* A chunk behind the current one is taken if it is large enough; else a new one goes before it. */
void *arena_slow(struct arena *arena, size_t size)
{
    struct arena_chunk **link = arena->current ? &arena->current->next : &arena->first;
    struct arena_chunk *chunk = *link;

    if (!chunk || chunk->size < size) {
        chunk = chunk_new(arena, size);
        chunk->next = *link;
        *link = chunk;
    }
    enter(arena, chunk);
    arena->next += size;
    return chunk->memory;
}

void *arena_zeroed(struct arena *arena, size_t size)
{
    return memset(arena_new(arena, size), 0, size);
}

struct leat_bytes arena_copy(struct arena *arena, struct leat_bytes bytes)
{
    char *memory;

    if (!bytes.data)
        return bytes;
    memory = arena_new(arena, bytes.size + 1);
    memcpy(memory, bytes.data, bytes.size);
    memory[bytes.size] = 0;
    return leat_bytes(memory, bytes.size);
}

struct leat_bytes arena_text(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    char *memory;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    memory = arena_new(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(memory, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return leat_bytes(memory, (size_t)length);
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){ arena->current, arena->next, arena->used_bytes };
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    if (!mark.chunk) {
        arena_reset(arena);
        return;
    }
    arena->current = mark.chunk;
    arena->next = mark.next;
    arena->end = mark.chunk->memory + mark.chunk->size;
    arena->used_bytes = mark.used_bytes;
}

void arena_reset(struct arena *arena)
{
    arena->current = arena->first;
    arena->next = arena->first ? arena->first->memory : NULL;
    arena->end = arena->first ? arena->next + arena->first->size : NULL;
    arena->used_bytes = 0;
}

void arena_trim(struct arena *arena)
{
    struct arena_chunk **link = arena->current ? &arena->current->next : &arena->first;
    struct arena_chunk *chunk = *link;

    *link = NULL;
    while (chunk) {
        struct arena_chunk *next = chunk->next;

        memory_free(chunk);
        chunk = next;
    }
}

size_t arena_used(const struct arena *arena)
{
    return arena->used_bytes +
           (arena->current ? (size_t)(arena->next - arena->current->memory) : 0);
}
