/* check.h - compares what came out with what must come out. */
#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H

#include "world.h"

void check_outputs(struct world *world); /* against loops over what was fed */
void check_stores(struct world *world);  /* open stores against their changelogs */

/* ---- among the checks ------------------------------------------------------------------------ */

void check_joins(struct world *world); /* the outputs of joined tables */

/* Each record of the partitions from first on, read committed. */
typedef void (*check_take)(void *user, const struct log_message *message);
void check_read(struct world *world, const char *topic, int32_t first, int32_t count,
                check_take each, void *user);
int32_t check_partitions(struct world *world, const char *topic);

#endif
