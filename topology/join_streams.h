/* join_streams.h - what a join of two streams keeps: rows of both sides, those that wait for the
 * other side, and what time has done to them.
 */
#ifndef TOPOLOGY_JOIN_STREAMS_H
#define TOPOLOGY_JOIN_STREAMS_H

#include "base/buffer.h"
#include "topology/node.h"

/* The sides are its inputs, and its first two stores. The third, of a left or outer join alone,
 * has the rows that have met nobody yet. */
enum join_side { JOIN_LEFT, JOIN_RIGHT, JOIN_WAITING };

/* Numbers that outlive the task: one row of the time store. */
enum join_kept {
    KEPT_LEFT_MS, KEPT_RIGHT_MS, /* by side: the greatest timestamp that its store has had */
    KEPT_FIRST_MS,               /* what waits is not older; TIME_NONE: nothing waits */
    KEPT_LOW_MS,                 /* what Kafka Streams takes for that; TIME_NONE: nothing */
    KEPT_LOOK_MS,                /* no look at what waits before, by the wall clock */
    KEPT_SEQUENCE,               /* of the row written last */
    KEPT_COUNT,
};

struct streams_join {
    int64_t kept[KEPT_COUNT];
    bool moved;           /* since it was last saved */
    struct buffer values; /* those of the waiting row at hand */
};

static inline struct streams_join *streams_join_of(const struct node *node)
{
    return node->state;
}

static inline const struct leat_join_streams *streams_join_options(const struct node *node)
{
    return node->step->options;
}

/* Whether a record of this side comes out without the other where it meets nobody. */
static inline bool streams_join_preserves(const struct node *node, int side)
{
    enum leat_join_kind kind = streams_join_options(node)->kind;

    return kind == LEAT_OUTER || (kind == LEAT_LEFT && side == JOIN_LEFT);
}

/* Up to so long after its own time a record meets the other side. */
static inline int64_t streams_join_reach(const struct node *node, int side)
{
    const struct leat_join_streams *with = streams_join_options(node);

    return side == JOIN_LEFT ? with->after : with->before;
}

/* The time plus or minus some, of which neither end is passed. */
static inline int64_t streams_join_plus(int64_t at_ms, int64_t by_ms)
{
    int64_t sum_ms;

    if (__builtin_add_overflow(at_ms, by_ms, &sum_ms))
        return by_ms < 0 ? INT64_MIN : INT64_MAX;
    return sum_ms;
}

/* What waits since at_ms has closed once time is behind this. */
static inline int64_t streams_join_due(const struct node *node, int side, int64_t at_ms)
{
    return streams_join_plus(streams_join_plus(at_ms, streams_join_reach(node, side)),
                             streams_join_options(node)->grace);
}

/* The time at which windows close; TIME_NONE: none has. With one origin it is the greatest
 * timestamp of both sides together. */
static inline int64_t streams_join_now(const struct node *node)
{
    return node->feed.single ? time_greatest(&node->clock)
                             : time_closing(&node->feed, &node->clock, JOIN_LEFT);
}

static inline void streams_join_keep(struct node *node, enum join_kept what, int64_t number)
{
    struct streams_join *join = node->state;

    join->moved |= join->kept[what] != number;
    join->kept[what] = number;
}

/* Passes on a record of one side that met nobody. cause: what made it due. */
int streams_join_alone(struct node *node, const struct change *cause, int side,
                       const struct leat_record *record) MUST_CHECK;

#endif
