/* staged_block.c - the memory of staged values: one block each, written over where it fits. */
#include "state/staged.h"

#include <assert.h>

static size_t rounded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static void block_new(struct staged *staged, struct staged_block *block, size_t tail_size)
{
    size_t head = rounded(staged->type->size);

    assert(head + tail_size <= UINT32_MAX);
    block->low = arena_new(&staged->arena, head + tail_size);
    block->value = block->low;
    block->tail = block->low + head;
    block->size = (uint32_t)(head + tail_size);
    block->tail_size = (uint32_t)tail_size;
}

/* By way of the scratch memory, since value may point into what is written over. */
static void assign_in_place(struct staged *staged, struct staged_block *block, const void *value,
                            size_t need)
{
    size_t head = rounded(staged->type->size);
    char *scratch, *tail;

    arena_reset(&staged->scratch);
    scratch = arena_new(&staged->scratch, head + need);
    tail = scratch + head;
    staged->type->copy(scratch, value, &tail);
    tail = block->tail;
    staged->type->copy(block->value, scratch, &tail);
    assert(tail <= block->tail + block->tail_size);
}

/* A block that was outgrown once gets room to spare. */
void staged_assign(struct staged *staged, struct staged_block *block, const void *value)
{
    size_t need = rounded(staged->type->extent(value));
    bool first = !block->value;
    char *tail;

    if (!first && need <= block->tail_size) {
        assign_in_place(staged, block, value, need);
        return;
    }
    block_new(staged, block, first ? need : need + rounded(need / 2));
    tail = block->tail;
    staged->type->copy(block->value, value, &tail);
    assert(tail <= block->tail + block->tail_size);
}

void staged_assign_zero(struct staged *staged, struct staged_block *block)
{
    if (!block->value)
        block_new(staged, block, 0);
    memset(block->value, 0, staged->type->size);
}

void staged_settle(struct staged *staged, struct staged_block *block)
{
    if (!staged->type->within(block->value, block->low, block->low + block->size))
        staged_assign(staged, block, block->value);
}
