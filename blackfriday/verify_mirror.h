/* verify_mirror.h - a topic whose every record is a row of a table: the two hold the same values
 * as often. Keeps 16 bytes for a record. */
#ifndef BLACKFRIDAY_VERIFY_MIRROR_H
#define BLACKFRIDAY_VERIFY_MIRROR_H

#include "blackfriday/verify_report.h"
#include "leat/bytes.h"

struct verify_mirror_row {
    uint64_t hash; /* verify_value_hash() */
    const struct leat_bytes *key; /* for people; lives as long as the world */
};

struct verify_mirror {
    struct verify_mirror_row *rows;
    size_t count, capacity;
};

void verify_mirror_add(struct verify_mirror *mirror, uint64_t hash, const struct leat_bytes *key);

/* Rows that the topic has and the table lacks are missing, the others extra. Sorts both. */
void verify_mirror_compare(struct verify_mirror *topic, struct verify_mirror *table,
                           struct verify_output *output);
void verify_mirror_free(struct verify_mirror *mirror);

#endif
