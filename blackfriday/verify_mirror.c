/* verify_mirror.c - a topic whose every record is a row of a table. */
#include "blackfriday/verify_mirror.h"

#include "base/memory.h"
#include "blackfriday/verify_world.h"

#include <stdlib.h>

void verify_mirror_add(struct verify_mirror *mirror, uint64_t hash, const struct leat_bytes *key)
{
    mirror->rows = memory_grow(mirror->rows, mirror->count, &mirror->capacity,
                               sizeof *mirror->rows);
    mirror->rows[mirror->count++] = (struct verify_mirror_row){ hash, key };
}

static int by_hash(const void *left, const void *right)
{
    const struct verify_mirror_row *a = left, *b = right;

    return (a->hash > b->hash) - (a->hash < b->hash);
}

static void say(struct verify_output *output, enum verify_kind kind,
                const struct verify_mirror_row *row)
{
    char key[512];

    verify_key_text(*row->key, false, key, sizeof key);
    verify_differ(output, kind, key, kind == VERIFY_MISSING
                  ? "expected a row equal to the topic's record, found none"
                  : "expected no row with these values, found one");
}

void verify_mirror_compare(struct verify_mirror *topic, struct verify_mirror *table,
                           struct verify_output *output)
{
    size_t i = 0, j = 0;

    if (topic->count)
        qsort(topic->rows, topic->count, sizeof *topic->rows, by_hash);
    if (table->count)
        qsort(table->rows, table->count, sizeof *table->rows, by_hash);
    while (i < topic->count || j < table->count) {
        int order = i == topic->count ? 1 : j == table->count ? -1
                    : by_hash(&topic->rows[i], &table->rows[j]);

        if (order < 0)
            say(output, VERIFY_MISSING, &topic->rows[i]);
        else if (order > 0)
            say(output, VERIFY_EXTRA, &table->rows[j]);
        i += order <= 0;
        j += order >= 0;
    }
    output->expected = (int64_t)topic->count;
    output->found = (int64_t)table->count;
}

void verify_mirror_free(struct verify_mirror *mirror)
{
    memory_free(mirror->rows);
}
