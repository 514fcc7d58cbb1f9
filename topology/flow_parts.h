/* flow_parts.h - what flow.c, flow_state.c and flow_time.c have of each other, and nobody else. */
#ifndef TOPOLOGY_FLOW_PARTS_H
#define TOPOLOGY_FLOW_PARTS_H

#include "topology/flow.h"

int flow_stores_open(struct flow *flow);
void flow_stores_close(struct flow *flow);

/* Clocks, heard marks and feeds of all nodes. */
void flow_time_open(struct flow *flow);
void flow_time_close(struct node *node);
void flow_time_flushed(struct node *node); /* what its cache held is with those behind */
bool flow_timed(const struct flow *flow);
int flow_time_save(struct flow *flow); /* what moved, into the time store */
int flow_time_load(struct flow *flow); /* all of it, from the time store */

#endif
