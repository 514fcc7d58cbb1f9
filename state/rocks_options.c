/* rocks_options.c - how our databases are set up: small, one writer, one shared cache. */
#include "state/rocks.h"

#include "base/memory.h"

#include <rocksdb/c.h>

enum {
    BLOOM_BITS = 10,
    FORMAT_VERSION = 5, /* of tables: what 7.8 writes, so that either version reads the other's */
    BACKGROUND_THREADS = 2, /* of the process: one flushes, one compacts */
    OPEN_FILES = 256,       /* of one database */
    MEMTABLES = 3,          /* one written to, others being flushed; one more stalls the writer */
    LEVELS = 7,
    LEVELS_PLAIN = 2, /* rewritten too often to be worth compressing */
    LOG_FILES = 2,
    LOG_FILE_BYTES = 1 << 20,
    MANIFEST_BYTES = 4 << 20,
    LOG_LEVEL_WARNINGS = 2,
};

/* Of a memtable's size: most lookups of new keys need not search it. */
static const double MEMTABLE_BLOOM = 0.02;

struct rocks_cache {
    rocksdb_cache_t *blocks;
};

struct rocks_cache *rocks_cache_new(size_t bytes)
{
    struct rocks_cache *cache = memory_new(sizeof *cache);

    cache->blocks = rocksdb_cache_create_lru(bytes);
    return cache;
}

void rocks_cache_free(struct rocks_cache *cache)
{
    rocksdb_cache_destroy(cache->blocks);
    memory_free(cache);
}

size_t rocks_cache_used(const struct rocks_cache *cache)
{
    return rocksdb_cache_get_usage(cache->blocks);
}

size_t rocks_cache_pinned(const struct rocks_cache *cache)
{
    return rocksdb_cache_get_pinned_usage(cache->blocks);
}

/* Indexes and filters stand in the cache as well: else their memory would grow with the state. And
 * in pieces: the whole filter of a large table would be thrown out of a small cache, and read again
 * for the next key. */
static void set_tables(rocksdb_options_t *options, struct rocks_cache *cache)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();

    rocksdb_block_based_options_set_block_cache(table, cache->blocks);
    rocksdb_block_based_options_set_filter_policy(
        table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
    rocksdb_block_based_options_set_index_type(
        table, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(table, 1);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
    rocksdb_block_based_options_set_format_version(table, FORMAT_VERSION);
    rocksdb_block_based_options_set_data_block_index_type(
        table, rocksdb_block_based_table_data_block_index_type_binary_search_and_hash);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
}

static void set_memtable(rocksdb_options_t *options, size_t buffer_bytes)
{
    rocksdb_options_set_write_buffer_size(options, 2 * buffer_bytes); /* ours is flushed before */
    rocksdb_options_set_max_write_buffer_number(options, MEMTABLES);
    rocksdb_options_set_arena_block_size(options, buffer_bytes / 16);
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
    rocksdb_options_set_memtable_whole_key_filtering(options, 1);
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, MEMTABLE_BLOOM);
}

static void set_files(rocksdb_options_t *options)
{
    int compression[LEVELS];

    for (int level = 0; level < LEVELS; level++)
        compression[level] =
            level < LEVELS_PLAIN ? rocksdb_no_compression : rocksdb_lz4_compression;
    rocksdb_options_set_compression_per_level(options, compression, LEVELS);
    rocksdb_options_set_num_levels(options, LEVELS);
    rocksdb_options_set_max_open_files(options, OPEN_FILES);
    rocksdb_options_set_max_manifest_file_size(options, MANIFEST_BYTES);
    rocksdb_options_set_keep_log_file_num(options, LOG_FILES);
    rocksdb_options_set_max_log_file_size(options, LOG_FILE_BYTES);
    rocksdb_options_set_info_log_level(options, LOG_LEVEL_WARNINGS);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
}

rocksdb_options_t *rocks_options_new(struct rocks_cache *cache, size_t buffer_bytes)
{
    rocksdb_options_t *options = rocksdb_options_create();

    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_options_increase_parallelism(options, BACKGROUND_THREADS);
    set_memtable(options, buffer_bytes);
    set_files(options);
    set_tables(options, cache);
    return options;
}
