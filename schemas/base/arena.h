/* arena.h - bump memory with three uses: a record's, a commit's, a task's.
 *
 * Memory comes in chunks and is given back all at once, or back to a mark; chunks are kept for the
 * next round, so a steady load allocates nothing. Memory is aligned to 8 and not zeroed, but by
 * arena_zeroed().
 * Thread: one at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "leat/bytes.h"

struct arena_chunk;

struct arena {
    char *next, *end;            /* free room in the current chunk */
    struct arena_chunk *current; /* chunks form a list; those behind current are empty */
    struct arena_chunk *first;
    size_t chunk_bytes;          /* of a new chunk */
    size_t used_bytes;           /* in chunks before the current one */
};

struct arena_mark {
    struct arena_chunk *chunk;
    char *next;
    size_t used_bytes;
};

void arena_init(struct arena *arena, size_t chunk_bytes);
void arena_free(struct arena *arena);

void *arena_slow(struct arena *arena, size_t size); /* takes another chunk */

static inline void *arena_new(struct arena *arena, size_t size)
{
    char *memory = arena->next;

    size = (size + 7) & ~(size_t)7;
    if (size > (size_t)(arena->end - arena->next))
        return arena_slow(arena, size);
    arena->next += size;
    return memory;
}

void *arena_zeroed(struct arena *arena, size_t size);
struct leat_bytes arena_copy(struct arena *arena, struct leat_bytes bytes); /* none stays none */
__attribute__((format(printf, 2, 3))) struct leat_bytes arena_text(struct arena *arena,
                                                                   const char *format, ...);

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark); /* frees all since the mark */
void arena_reset(struct arena *arena);                          /* frees all, keeps the chunks */
void arena_trim(struct arena *arena);                           /* gives empty chunks back */
size_t arena_used(const struct arena *arena);                   /* bytes handed out */

#endif
