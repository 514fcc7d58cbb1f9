/* pane_block.c - packing panes. Blocks come from our own stores: a short one is asserted. */
#include "topology/pane_block.h"

#include <assert.h>

enum { PANE_HEAD_BYTES = 14 };

static void write_number(char *to, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, number >>= 8)
        to[i] = (char)number;
}

static uint64_t read_number(const char *from, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | (uint8_t)from[i];
    return number;
}

bool pane_block_next(struct leat_bytes *block, struct pane *pane)
{
    const char *at = block->data;
    size_t size;

    if (!block->size)
        return false;
    assert(block->size >= PANE_HEAD_BYTES);
    size = read_number(at + 10, 4);
    assert(size <= block->size - PANE_HEAD_BYTES);
    *pane = (struct pane){ (uint8_t)at[0], (uint8_t)at[1], (int64_t)read_number(at + 2, 8),
                           leat_bytes(at + PANE_HEAD_BYTES, size) };
    block->data += PANE_HEAD_BYTES + size;
    block->size -= PANE_HEAD_BYTES + size;
    return true;
}

bool pane_block_find(struct leat_bytes block, uint8_t index, uint8_t sequence, struct pane *pane)
{
    struct pane at;

    while (pane_block_next(&block, &at))
        if (at.index == index && at.sequence == sequence) {
            *pane = at;
            return true;
        }
    return false;
}

static char *append(char *to, const struct pane *pane)
{
    to[0] = (char)pane->index;
    to[1] = (char)pane->sequence;
    write_number(to + 2, (uint64_t)pane->timestamp_ms, 8);
    write_number(to + 10, pane->wire.size, 4);
    memcpy(to + PANE_HEAD_BYTES, pane->wire.data, pane->wire.size);
    return to + PANE_HEAD_BYTES + pane->wire.size;
}

static int order(const struct pane *a, const struct pane *b)
{
    return a->index != b->index ? a->index - b->index : a->sequence - b->sequence;
}

struct leat_bytes pane_block_put(struct arena *arena, struct leat_bytes block,
                                 const struct pane *pane)
{
    char *memory = arena_new(arena, block.size + PANE_HEAD_BYTES + pane->wire.size);
    char *to = memory;
    struct pane old;
    bool placed = false;

    while (pane_block_next(&block, &old)) {
        if (!placed && order(pane, &old) <= 0) {
            to = append(to, pane);
            placed = true;
        }
        if (order(pane, &old) != 0)
            to = append(to, &old);
    }
    if (!placed)
        to = append(to, pane);
    return leat_bytes(memory, (size_t)(to - memory));
}
