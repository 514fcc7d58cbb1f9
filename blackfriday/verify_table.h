/* verify_table.h - an output whose last value of each key is the truth: what is expected for each
 * key, and what was found last.
 *
 * The same expectations judge a topic and then a database's table: verify_table_read() or
 * verify_table_take() for each row, then verify_table_finish(), which forgets what was found.
 */
#ifndef BLACKFRIDAY_VERIFY_TABLE_H
#define BLACKFRIDAY_VERIFY_TABLE_H

#include "blackfriday/verify_world.h"
#include "leat/type.h"

struct verify_table {
    struct verify_world *world;
    const char *topic;
    const struct leat_type *type;
    bool windowed;
    struct map rows; /* key to struct verify_row */
};

void verify_table_init(struct verify_table *table, struct verify_world *world, const char *topic,
                       const struct leat_type *type, bool windowed);
void verify_table_free(struct verify_table *table);

/* value lives as long as the world. */
void verify_table_expect(struct verify_table *table, struct leat_bytes key, const void *value);

/* Reads the topic and reports as the topic. */
int verify_table_topic(struct verify_table *table) MUST_CHECK;

/* One row of a database; a second one of the same key is an extra one. */
void verify_table_take(struct verify_table *table, struct verify_output *output,
                       struct leat_bytes key, const void *value);
void verify_table_finish(struct verify_table *table, struct verify_output *output);

#endif
