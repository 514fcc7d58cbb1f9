/* budget.h - one figure for the process's memory, leat.memory.max.bytes, divided in one place.
 *
 * Owner: the process; it outlives every home. Thread: any.
 */
#ifndef STATE_BUDGET_H
#define STATE_BUDGET_H

#include <stddef.h>

struct budget;
struct rocks_cache;

enum { BUDGET_DEFAULT_BYTES = 256 << 20, BUDGET_LEAST_BYTES = 16 << 20 };

struct budget_parts {
    size_t total_bytes;
    size_t queue_bytes;        /* librdkafka's queues, of all clients together */
    size_t staged_bytes;       /* staged maps, of all stores together */
    size_t block_cache_bytes;  /* RocksDB's blocks, indexes and filters, shared by all databases */
    size_t write_buffer_bytes; /* RocksDB's memtables, of all databases together */
};

/* 0: the default. Less than the least is taken as the least. Writes the split as one log line. */
struct budget *budget_new(size_t total_bytes);
void budget_free(struct budget *budget); /* NULL is a no-op */
const struct budget_parts *budget_parts(const struct budget *budget);

/* Databases come and go with their tasks; what one may keep in memory before it is flushed. */
void budget_add_database(struct budget *budget, int change);
size_t budget_database_bytes(const struct budget *budget);

/* The same for stores' staged maps. A store may go beyond its own part while others leave theirs
 * unused: it is full when it has used its part and all stores together the whole. */
void budget_add_store(struct budget *budget, int change);
void budget_use_staged(struct budget *budget, ptrdiff_t change_bytes);
size_t budget_store_bytes(const struct budget *budget);
size_t budget_staged_used(const struct budget *budget);
size_t budget_cache_used(const struct budget *budget);
size_t budget_cache_pinned(const struct budget *budget); /* in use: not to be evicted now */

struct rocks_cache *budget_rocks_cache(const struct budget *budget);

#endif
