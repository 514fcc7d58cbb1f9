/* budget.c - the division of leat.memory.max.bytes. */
#include "state/budget.h"

#include "base/logline.h"
#include "base/memory.h"
#include "state/rocks.h"

#include <stdatomic.h>

/* Hundredths. What is fetched and not yet processed and what is produced and not yet acknowledged
 * is the most; the rest of a state larger than its cache stands in the kernel's page cache. */
enum { QUEUES = 40, STAGED = 25, BLOCK_CACHE = 20, WRITE_BUFFERS = 15 };

enum {
    DATABASE_MOST_BYTES = 16 << 20, /* more than this is flushed, whatever the budget */
    DATABASE_LEAST_BYTES = 256 << 10,
    STORE_LEAST_BYTES = 256 << 10,
};

struct budget {
    struct budget_parts parts;
    struct rocks_cache *cache;
    _Atomic int databases, stores;
    _Atomic size_t staged_used;
};

struct budget *budget_new(size_t total_bytes)
{
    struct budget *budget = memory_new(sizeof *budget);
    struct budget_parts *parts = &budget->parts;
    size_t total = total_bytes ? total_bytes : BUDGET_DEFAULT_BYTES;

    parts->total_bytes = total < BUDGET_LEAST_BYTES ? BUDGET_LEAST_BYTES : total;
    parts->queue_bytes = parts->total_bytes / 100 * QUEUES;
    parts->staged_bytes = parts->total_bytes / 100 * STAGED;
    parts->block_cache_bytes = parts->total_bytes / 100 * BLOCK_CACHE;
    parts->write_buffer_bytes = parts->total_bytes / 100 * WRITE_BUFFERS;
    budget->cache = rocks_cache_new(parts->block_cache_bytes);
    log_info("memory", "max_bytes=%zu queues=%zu staged=%zu block_cache=%zu write_buffers=%zu",
             parts->total_bytes, parts->queue_bytes, parts->staged_bytes, parts->block_cache_bytes,
             parts->write_buffer_bytes);
    return budget;
}

void budget_free(struct budget *budget)
{
    if (!budget)
        return;
    rocks_cache_free(budget->cache);
    memory_free(budget);
}

const struct budget_parts *budget_parts(const struct budget *budget)
{
    return &budget->parts;
}

void budget_add_database(struct budget *budget, int change)
{
    atomic_fetch_add(&budget->databases, change);
}

/* Two of a database are in memory at a time: one that is written to, one that is being flushed. */
size_t budget_database_bytes(const struct budget *budget)
{
    int count = atomic_load_explicit(&budget->databases, memory_order_relaxed);
    size_t bytes = budget->parts.write_buffer_bytes / 2 / (size_t)(count > 0 ? count : 1);

    if (bytes > DATABASE_MOST_BYTES)
        return DATABASE_MOST_BYTES;
    return bytes < DATABASE_LEAST_BYTES ? DATABASE_LEAST_BYTES : bytes;
}

void budget_add_store(struct budget *budget, int change)
{
    atomic_fetch_add(&budget->stores, change);
}

void budget_use_staged(struct budget *budget, ptrdiff_t change_bytes)
{
    atomic_fetch_add_explicit(&budget->staged_used, (size_t)change_bytes, memory_order_relaxed);
}

size_t budget_store_bytes(const struct budget *budget)
{
    int count = atomic_load_explicit(&budget->stores, memory_order_relaxed);
    size_t bytes = budget->parts.staged_bytes / (size_t)(count > 0 ? count : 1);

    return bytes < STORE_LEAST_BYTES ? STORE_LEAST_BYTES : bytes;
}

size_t budget_staged_used(const struct budget *budget)
{
    return atomic_load_explicit(&budget->staged_used, memory_order_relaxed);
}

struct rocks_cache *budget_rocks_cache(const struct budget *budget)
{
    return budget->cache;
}

size_t budget_cache_used(const struct budget *budget)
{
    return rocks_cache_used(budget->cache);
}

size_t budget_cache_pinned(const struct budget *budget)
{
    return rocks_cache_pinned(budget->cache);
}
