/* rows.h - what table operators with a key-value store of their own share: read a row, write it
 * and pass the change on, now or at the commit.
 */
#ifndef TOPOLOGY_ROWS_H
#define TOPOLOGY_ROWS_H

#include "topology/node.h"

/* operator.get: the row as it is now, uncommitted writes included. */
int rows_get(struct node *node, struct leat_bytes key, struct row *row);

/* operator.flush: forwards what the cache held back, one change a key, by last write. */
int rows_flush(struct node *node);

/* Replaces the row (value NULL: deletes it) and forwards, or leaves that to the flush. */
int rows_set(struct node *node, struct leat_bytes key, const void *value,
             const struct change *cause);

/* Around an edit in place: rows_open() finds the row and remembers what it was, as far as anybody
 * asks; rows_close() writes it (none: deletes) and forwards. */
struct row_edit {
    struct entry *entry;
    const void *before;
    int64_t before_ms;
    bool existed;
};

int rows_open(struct node *node, struct leat_bytes row_key, struct row_edit *edit);
int rows_close(struct node *node, struct row_edit *edit, const struct change *result, bool none);

/* Whether the node's own store forwards at the commit. */
bool rows_cached(const struct node *node);

#endif
