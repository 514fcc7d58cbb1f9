/* node.h - a step at work in one task: its operator, its store, its place in the walk.
 *
 * A record walks depth first: node_forward() calls the children in the order in which they were
 * added, and returns when all they caused is done. Codes pass up; LEAT_E_CALLBACK never does, the
 * processing handler has had it by then.
 * Thread: the worker that owns the task.
 */
#ifndef TOPOLOGY_NODE_H
#define TOPOLOGY_NODE_H

#include "topology/step.h"
#include "topology/time.h"

struct flow;
struct node;

/* What passes between nodes: a record, and for tables the row before it. */
struct change {
    struct leat_record record;
    const void *before; /* where before_known; NULL: there was none */
    int64_t before_ms;
    bool before_known;
    bool superseded;    /* of a versioned table: a later version of the row is known already */
    bool partial;       /* the value is an aggregate to merge, judged in time by its sender */
    int32_t origin;     /* the source partition that it, or what caused it, was read from */
    int64_t origin_ms;  /* the greatest timestamp that origin had sent by then; TIME_MAX: not yet
                           through a repartition */
    const char *late_for;  /* the step that a late record came too late for; or NULL */
};

struct row {
    const void *value; /* NULL: none */
    int64_t timestamp_ms;
};

struct operator {
    const char *verb;  /* as describe shows it */
    size_t state_size; /* of node->state, zeroed */
    bool source, sink; /* fed by a topic; feeds a topic */
    bool copartitioned; /* its inputs must have equal partition counts */
    bool windowed;     /* has a clock */
    bool timed_by_first; /* what feeds its first input alone closes windows */
    bool keeps_on_need;    /* a table that gets its store when somebody first needs its rows */
    bool may_keep;         /* a table that leat_keep() gives a store */
    bool before_of_inputs; /* what it knows of a row before, its inputs told it; store or not */
    bool buffers;          /* its store holds what waits: reads and needs are its input's to meet */
    void (*needed)(struct step *step); /* those behind need a table's rows, or rows before */
    bool (*holds)(const struct step *step); /* it holds records back, and tells node_passed() */
    int (*open)(struct node *node);
    int (*enlist)(struct node *node, const char *topic); /* registers schemas of its own */
    int (*process)(struct node *node, int input, const struct change *change);
    int (*flush)(struct node *node);     /* at a commit, in topological order */
    int (*get)(struct node *node, struct leat_bytes key, struct row *row); /* of a table */
    int (*get_as_of)(struct node *node, struct leat_bytes key, int64_t at_ms,
                     struct row *row); /* of a versioned table, or one that is made from its rows */
    int (*advance)(struct node *node);   /* after each record: what stream time makes due */
    int (*wall)(struct node *node);      /* now and then: what the wall clock makes due */
    int (*save)(struct node *node);      /* at a flush, into the time store; load reads it back */
    int (*load)(struct node *node);
    void (*abort)(struct node *node);    /* all since the last commit is undone */
    void (*close)(struct node *node);
};

struct node_edge {
    struct node *child;
    int input;
};

struct node {
    const struct step *step;
    const struct operator *operator;
    struct flow *flow;
    struct node_edge *edges;
    size_t edge_count;
    struct node **inputs;       /* those of the step that lie in this flow */
    struct store **stores;      /* one for each of step->stores */
    void *state;
    struct time_clock clock;    /* of a windowed operator, or a source that sends in time */
    struct time_heard heard;    /* of a receiving half: the marks of its senders */
    struct time_feed feed;      /* what its closing time is the least of */
    int64_t passed_ms;          /* of one that holds back: what it still passes on is later */
    bool caches;                /* it holds back until the flush, while marks move on */
    uint64_t dropped, late;
    struct port *port;          /* the processor's side of a source or a sink */
};

struct leat_call {
    struct flow *flow;
    struct node *node;            /* whose callback runs */
    const struct change *change;  /* what it was given */
    bool none;                    /* leat_none() was called */
    int status;                   /* leat_fail(), or what a forward returned */
    struct leat_bytes headers;    /* headers.h: of the record at work, in the record's arena */
};

/* What a step does to the headers is seen by those behind it, and not by those beside it. */
static inline int node_forward(struct node *node, const struct change *change)
{
    struct leat_call *call = change->record.call;
    const struct leat_bytes headers = call->headers;

    for (size_t i = 0; i < node->edge_count; i++) {
        struct node *child = node->edges[i].child;
        int status = child->operator->process(child, node->edges[i].input, change);

        call->headers = headers;
        if (status)
            return status;
    }
    return LEAT_OK;
}

/* To one child only, by place. */
static inline int node_forward_to(struct node *node, size_t place, const struct change *change)
{
    struct node *child = node->edges[place].child;

    return child->operator->process(child, node->edges[place].input, change);
}

/* Before a callback: whose it is. After it: LEAT_OK, or what the handler made of a failure
 * (1: skip this record here). */
struct leat_call *node_enter(struct node *node, const struct change *change);
int node_leave(struct node *node, const struct change *change);

/* All that a step which holds back has up to this time was passed on. */
static inline void node_passed(struct node *node, int64_t time_ms)
{
    if (node->passed_ms < time_ms)
        node->passed_ms = time_ms;
}

/* A record that goes no further, counted. */
static inline int node_drop(struct node *node)
{
    node->dropped++;
    return LEAT_OK;
}

void *node_new_value(struct node *node); /* zeroed, of the step's type, in the record's arena */
const void *node_copy_value(struct node *node, const struct leat_type *type, const void *value);

#endif
