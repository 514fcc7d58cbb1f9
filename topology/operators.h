/* operators.h - every operator there is. A verb makes a step with one; node.c runs them. */
#ifndef TOPOLOGY_OPERATORS_H
#define TOPOLOGY_OPERATORS_H

#include "topology/node.h"

extern const struct operator source_stream, source_table, source_global; /* source.c */
extern const struct operator source_topics; /* stream_source.c: behind those of several topics */
extern const struct operator repartition_send, repartition_receive;      /* repartition.c */
extern const struct operator to_topic;                                   /* to.c */
extern const struct operator aggregate_rows, aggregate_windows;        /* aggregate.c, windowed.c */
extern const struct operator aggregate_panes;                            /* panes.c */
extern const struct operator aggregate_sliding, aggregate_sessions;      /* sliding.c, session.c */
extern const struct operator late_records;                               /* aggregate.c */

/* A row that reads a topic; NULL: the one called as the step. */
struct step *source_step(struct leat_topology *topology, const char *name, enum noun noun,
                         const struct operator *operator, const struct leat_source *source,
                         const char *topic);

/* What a sink's .topic_of and .partition_of choose. 1: the record goes no further, it was failed
 * and the handler skips it here. */
int sink_topic(struct node *node, const struct change *change, struct leat_bytes *out);
bool sink_chooses_partition(const struct step *step);
int sink_partition(struct node *node, const struct change *change, int32_t partitions,
                   int32_t *out);

/* The repartition that an aggregate with a .merge has for itself; returns its receiving half. */
struct step *combine_step(struct step *in, const char *name, const struct leat_aggregate *with);
bool combine_fits(const struct leat_aggregate *with); /* its windows are ones that partials know */

#endif
