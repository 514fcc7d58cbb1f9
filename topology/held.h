/* held.h - the rows that a suppress holds back: its state, which time, commits and restarts see.
 *
 * What waits stands in the step's first store in order of (time, row's key): the window's end, or
 * the timestamp of the first change since the last one left. A later change of the row takes the
 * earlier one's place. Without windows a second store says since when a row waits, and whether as
 * a deletion. A last one has, where somebody behind needs it, the row as it was before it began to
 * wait.
 */
#ifndef TOPOLOGY_HELD_H
#define TOPOLOGY_HELD_H

#include "topology/node.h"

enum { HELD_WAITING, HELD_SINCE }; /* its first stores; HELD_SINCE only without windows */

enum { HELD_RECORDS, HELD_BYTES, HELD_COUNT };

struct suppression { /* step->options */
    struct leat_suppress with;
    int64_t wait_ms; /* from its time in the store until it leaves */
    int64_t hold_ms; /* what leaves later than a time is not so far behind it */
};

struct suppress { /* node->state */
    int64_t held[HELD_COUNT];
    int64_t low_ms; /* nothing waits with a time before; INT64_MIN: not known */
    bool moved;     /* held has, since it was last saved */
    bool by_marks;  /* and not by the results' own timestamps */
    bool at_flush;  /* by marks, ahead of the changes that a cache has not yet passed on */
};

static inline const struct suppression *suppression_of(const struct node *node)
{
    return node->step->options;
}

/* Its stores; that of rows before once somebody needs it. */
void held_plan(struct step *step);
void held_plan_before(struct step *step);

/* A change begins to wait, or takes the place of the row's that does. */
int held_take(struct node *node, const struct change *change) MUST_CHECK;

/* One that waits, while it leaves. */
struct held {
    struct entry *waiting;
    struct leat_bytes row_key;
    struct entry *since; /* NULL: the window says it */
    int64_t time_ms;
    bool deleted;
};

int64_t held_time(const struct entry *waiting);
int held_open(struct node *node, struct entry *waiting, struct held *held) MUST_CHECK;
int held_close(struct node *node, struct held *held) MUST_CHECK; /* it has left */

/* Whether the row waits; and as it was before. */
int held_waits(struct node *node, struct leat_bytes row_key, bool *waits) MUST_CHECK;
int held_before(struct node *node, struct leat_bytes row_key, struct row *before) MUST_CHECK;

#endif
