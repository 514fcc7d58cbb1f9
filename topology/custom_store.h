/* custom_store.h - a home (state/home.h) whose rows a user's store keeps: leat/custom_store.h. */
#ifndef TOPOLOGY_CUSTOM_STORE_H
#define TOPOLOGY_CUSTOM_STORE_H

#include "leat/custom_store.h"
#include "state/home.h"

/* For one store of one task; the budget is the task's. */
int custom_home_open(const struct leat_custom_store *custom, const char *name, int32_t partition,
                     struct budget *budget, struct home **out,
                     struct leat_error *error) MUST_CHECK;

#endif
