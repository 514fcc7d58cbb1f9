/* join_table.h - what a stream's join with a table has in common, whether its records wait or not.
 */
#ifndef TOPOLOGY_JOIN_TABLE_H
#define TOPOLOGY_JOIN_TABLE_H

#include "topology/versioned.h"

/* Whether the stream's record can meet anything; one that cannot is dropped. */
bool join_takes(const struct node *node, const struct leat_record *record);

/* It meets the row of its key, of a versioned table the one of its time, and goes on. */
int join_with_table(struct node *node, const struct change *change);

extern const struct operator join_as_of; /* join_as_of.c */

/* The store and the checks of a step of join_as_of, when both its inputs are there. */
void join_as_of_step(struct step *step);

#endif
