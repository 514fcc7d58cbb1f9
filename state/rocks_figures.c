/* rocks_figures.c - what RocksDB says of one database, for metrics. */
#include "state/rocks.h"

#include <rocksdb/c.h>

#include <stdio.h>
#include <stdlib.h>

enum { LEVELS_MOST = 16 };

static uint64_t number(const struct rocks *rocks, const char *property)
{
    uint64_t value = 0;

    return rocksdb_property_int(rocks->db, property, &value) ? 0 : value;
}

/* By levels, up to the first that is none: the list of all files would copy their keys. */
static uint64_t count_files(const struct rocks *rocks)
{
    uint64_t files = 0;

    for (int level = 0; level < LEVELS_MOST; level++) {
        char property[48], *text;

        snprintf(property, sizeof property, "rocksdb.num-files-at-level%d", level);
        text = rocksdb_property_value(rocks->db, property);
        if (!text)
            break;
        files += strtoull(text, NULL, 10);
        rocksdb_free(text);
    }
    return files;
}

void rocks_figures(struct home *home, struct home_figures *figures)
{
    const struct rocks *rocks = (const struct rocks *)home;

    *figures = (struct home_figures){
        .disk_bytes = number(rocks, "rocksdb.total-sst-files-size"),
        .memtable_bytes = number(rocks, "rocksdb.cur-size-all-mem-tables"),
        .pending_compaction_bytes = number(rocks, "rocksdb.estimate-pending-compaction-bytes"),
        .files = count_files(rocks),
        .rows = number(rocks, "rocksdb.estimate-num-keys"),
        .busy = (unsigned)(number(rocks, "rocksdb.num-running-flushes") +
                           number(rocks, "rocksdb.num-running-compactions")),
        .stalled = number(rocks, "rocksdb.is-write-stopped") ||
                   number(rocks, "rocksdb.actual-delayed-write-rate"),
    };
}
