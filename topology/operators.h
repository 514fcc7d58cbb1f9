/* operators.h - every operator there is. A verb makes a step with one; node.c runs them. */
#ifndef TOPOLOGY_OPERATORS_H
#define TOPOLOGY_OPERATORS_H

#include "topology/node.h"

extern const struct operator source_stream, source_table, source_global; /* source.c */
extern const struct operator repartition_send, repartition_receive;      /* repartition.c */
extern const struct operator to_topic;                                   /* source.c */
extern const struct operator aggregate_rows, aggregate_windows;        /* aggregate.c, windowed.c */
extern const struct operator aggregate_panes;                            /* panes.c */
extern const struct operator aggregate_sliding, aggregate_sessions;      /* sliding.c, session.c */
extern const struct operator late_records;                               /* aggregate.c */

/* The repartition that an aggregate with a .merge has for itself; returns its receiving half. */
struct step *combine_step(struct step *in, const char *name, const struct leat_aggregate *with);
bool combine_fits(const struct leat_aggregate *with); /* its windows are ones that partials know */

#endif
