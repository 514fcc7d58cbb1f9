/* on_close.h - results that leave once: when their window has closed.
 *
 * For aggregates with .on_close, over windows of any kind. Their rows are written and not passed
 * on (rows_close() sees to it); what closes next stands in an index by time, the step's second
 * store. With one origin it is looked at where Kafka Streams does, after a record's own update;
 * with several after every record and mark, since marks close windows.
 * An operator has struct on_close as its state and the functions below as its hooks; they do
 * nothing for an aggregate without .on_close.
 */
#ifndef TOPOLOGY_ON_CLOSE_H
#define TOPOLOGY_ON_CLOSE_H

#include "topology/node.h"

struct on_close_clock {
    int64_t next_ms; /* nothing that has not left closes before; 0: not known */
    int64_t wall_ms; /* when the wall clock allows the next look; 0: at once */
};

struct on_close { /* node->state; the inputs of a cogroup look by clocks of their own */
    int64_t *emitted_ms; /* by clock: what closed by then has left */
    struct on_close_clock *clocks;
    int32_t count;
    bool moved; /* since emitted_ms was last saved */
};

/* The verb's part: the index, behind the store of the rows. */
void on_close_plan(struct step *step);

/* A row came to be that leaves when its window has closed. record has its key and window. */
int on_close_note(struct node *node, const struct leat_record *record);

/* A row that had been noted is no more. */
int on_close_forget(struct node *node, const struct leat_record *record);

/* With one origin, at the end of an operator's process(): passes on what the input's time has
 * closed. */
int on_close_look(struct node *node, int input, const struct change *cause);

/* Up to where all that closed has left, by the slowest of its clocks. TIME_MAX: it does
 * not wait for closing. */
int64_t on_close_emitted(const struct node *node);

bool on_close_holds(const struct step *step);
int on_close_open(struct node *node);
int on_close_advance(struct node *node);
int on_close_save(struct node *node);
int on_close_load(struct node *node);
void on_close_close(struct node *node);

#endif
