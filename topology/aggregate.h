/* aggregate.h - what the aggregating operators share: the verb's struct, and adding one record to
 * one row. */
#ifndef TOPOLOGY_AGGREGATE_H
#define TOPOLOGY_AGGREGATE_H

#include "topology/rows.h"

struct aggregation {
    struct leat_aggregate with;
    const leat_fill *adds;  /* by input; one for an aggregate */
    struct step *late;      /* the stream of late records; NULL: nobody asked */
    bool combined;          /* partial aggregates come in */
    bool reduces;           /* the first value becomes the row without a call */
};

/* The aggregate of one stream, grouped by its key: what leat_aggregate() and its kin make. as needs
 * .with and .reduces. */
struct leat_table *aggregate_stream(struct leat_stream *in, const char *name,
                                    const struct aggregation *as);

/* Moves the clock of the change's origin. */
void aggregate_reach(struct node *node, int input, const struct change *change);

/* Adds the change to the row under row_key and passes on the result with the window's bounds. */
int aggregate_row(struct node *node, int input, struct leat_bytes row_key, struct leat_span window,
                  const struct change *change);

/* The same, but the row begins anew, whatever it was: with the value, or with none. */
int aggregate_row_anew(struct node *node, int input, struct leat_bytes row_key,
                       struct leat_span window, const void *value, const struct change *change);

/* The callbacks: init for a new row, then add, or merge for a partial aggregate. Between
 * node_enter() and node_leave(). */
void aggregate_add(const struct aggregation *aggregation, int input, bool existed,
                   const struct change *change, void *out);

/* The first start of a window, or end of a session, that is still to be found. */
int64_t aggregate_visible_from(const struct node *node);

/* operator.flush of an aggregate over windows: what is of no more use expires. */
int aggregate_flush(struct node *node);

/* Whether the window is kept as panes (panes.c). */
bool panes_fit(const struct leat_aggregate *with);

/* Whether what ends at close_ms (window end plus grace) has closed for the change. */
bool aggregate_too_late(const struct node *node, int input, const struct change *change,
                        int64_t close_ms);

/* Counts a late record, and passes it to whoever asked. A partial aggregate is only counted. */
int aggregate_late(struct node *node, struct leat_span window, const struct change *change);

#endif
