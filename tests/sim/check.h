/* check.h - compares what came out with what must come out. */
#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H

#include "world.h"

void check_outputs(struct world *world); /* against loops over what was fed */
void check_stores(struct world *world);  /* open stores against their changelogs */

#endif
