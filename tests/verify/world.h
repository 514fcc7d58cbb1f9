/* world.h - a small correct world in memory: the four inputs, and the outputs that a
 * straightforward job makes of them one record after the other.
 *
 * A test breaks one record of it and sees whether verify notices.
 */
#ifndef TESTS_VERIFY_WORLD_H
#define TESTS_VERIFY_WORLD_H

#include "base/arena.h"
#include "blackfriday/verify.h"
#include "leat/type.h"

enum { WORLD_PARTITIONS = 2, WORLD_TOPICS = 24 };

struct world_topic {
    char name[64];
    struct verify_record *records; /* of both partitions, in the order of writing */
    size_t count, capacity;
    int64_t next[WORLD_PARTITIONS];
};

struct world {
    struct verify_input input; /* first */
    struct registry *registry;
    struct arena arena;
    struct world_topic topics[WORLD_TOPICS];
    size_t topic_count;
    struct verify_options options;
};

struct world *world_new(void); /* with inputs and correct outputs */
void world_free(struct world *world);

struct world_topic *world_topic(struct world *world, const char *name);

/* Appends a record to a partition; key, value and headers are copied. */
void world_put(struct world *world, const char *topic, const struct verify_record *record);

/* Encodes a value of the type as the topic's, in the world's memory. */
struct leat_bytes world_encode(struct world *world, const char *topic,
                               const struct leat_type *type, const void *value);
void *world_decode(struct world *world, const struct leat_type *type, struct leat_bytes wire);

/* verify_run(): its result, and what it printed, in the world's memory. */
int world_verify(struct world *world, const char **printed);

/* Makes the outputs from the inputs. */
void world_simulate(struct world *world);

#endif
