/* rows.h - what table operators with a key-value store of their own share: read a row, write it
 * and pass the change on, now or at the commit.
 */
#ifndef TOPOLOGY_ROWS_H
#define TOPOLOGY_ROWS_H

#include "topology/node.h"

/* operator.get: the row as it is now, uncommitted writes included. */
int rows_get(struct node *node, struct leat_bytes key, struct row *row);

/* The table's row as those behind it have been told of it: without what its cache holds back. Who
 * joins rows reads them so, or a row that comes and goes between two commits would leave results
 * that nobody takes back. The step has asked for it by table_need_told(). */
int rows_get_told(struct node *table, struct leat_bytes key, struct row *row);

/* operator.flush: forwards what the cache held back, one change a key, by last write. */
int rows_flush(struct node *node);

/* How a record's row lies in the store: by its key, and by its window where the keys have one. */
struct leat_bytes rows_key(struct node *node, const struct leat_record *record);

/* The way back: the record's key and window, as steps behind see them. */
void rows_name(const struct node *node, struct leat_bytes key, struct leat_record *record);

/* A record that comes into a table: its row, if the table keeps any, and the change. */
int rows_take(struct node *node, const struct change *change);

/* Replaces the row (value NULL: deletes it) and forwards, or leaves that to the flush. key is
 * rows_key()'s. */
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

/* The timestamp of an aggregate's result: the greater of the row's and the cause's. A deletion
 * that the cache holds back has the cause's own. */
int64_t rows_result_ms(const struct node *node, const struct row_edit *edit,
                       const struct change *cause, bool none);

/* Whether the node's own store forwards at the commit. */
bool rows_cached(const struct node *node);

#endif
