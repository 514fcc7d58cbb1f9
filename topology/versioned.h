/* versioned.h - tables that know what their rows were, for .history: what their operators share,
 * and how others tell them apart. Source: Kafka Streams' versioned stores, KIP-889, KIP-914.
 *
 * The table's time is its operator's clock. An update that is older than the history by then is
 * dropped; one that is older than what is known of its key enters the history and is passed on as
 * superseded, which tables behind leave alone.
 */
#ifndef TOPOLOGY_VERSIONED_H
#define TOPOLOGY_VERSIONED_H

#include "topology/node.h"

/* Makes the store; the step's options are a struct leat_source. */
void versioned_keep(struct step *step);

/* What an operator of a versioned table does with a record that comes in, and its other calls. */
int versioned_take(struct node *node, const struct change *change);
int versioned_flush(struct node *node);
int versioned_get(struct node *node, struct leat_bytes key, struct row *row);
int versioned_get_as_of(struct node *node, struct leat_bytes key, int64_t at_ms, struct row *row);

/* A versioned table, or one whose rows are made from such a table's when they are asked for. */
bool table_versioned(const struct step *table);
int64_t table_history(const struct step *table); /* of a versioned one */

/* The row that a record of that time meets: of a versioned table the one that was valid then, of
 * others the latest. */
int table_row_for(struct node *table, struct leat_bytes key, int64_t at_ms, struct row *row);

#endif
