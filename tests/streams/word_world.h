/* word_world.h - a log in memory with topics of words, for tests of whole instances. */
#ifndef TESTS_WORD_WORLD_H
#define TESTS_WORD_WORLD_H

#include "processor/log.h"
#include "processor/streams.h"

struct word_world {
    struct log *log;
    struct log_writer *writer;
    char directory[64];
    int32_t partitions;
};

void word_world_start(struct word_world *world, int32_t partitions);
void word_world_stop(struct word_world *world);

/* Committed in a transaction of their own; the line's partition is its number modulo. */
void word_world_say(struct word_world *world, const char *const *lines, size_t count);

/* An instance with state under <directory>/<name>. */
struct config *word_world_config(struct word_world *world, const char *name);
struct leat_topology *word_world_topology(void);

/* The last committed count of a word, 0 if there is none. */
int64_t word_world_count(struct word_world *world, const char *word);

/* Waits until the sum of all counts is this; false after half a minute. */
bool word_world_reaches(struct word_world *world, int64_t total);

#endif
