/* same.h - two runs of a scenario, recorded, side by side. */
#ifndef RANDOM_SAME_H
#define RANDOM_SAME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct same {
    const json_t *scenario;
    uint64_t seed;
    const char *way;   /* how the second run was played */
    bool verbose;      /* tells every difference, not the first alone */
    bool drops;        /* what was dropped counts too */
    int differences;
};

/* Whether every output record and every row is literally equal. */
bool same_literally(struct same *same, const json_t *expected, const json_t *got);

/* Whether the last value of each key is the same, in the topics and stores that have settled. */
bool same_in_the_end(struct same *same, const json_t *expected, const json_t *got);

#endif
