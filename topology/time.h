/* time.h - time by origin: clocks, marks, closing, lateness.
 *
 * An origin is the number of the source partition that a record was read from. An operator keeps
 * one clock an origin. Where records of several origins come through a repartition, windows close
 * at the least of the marks that all senders have sent, so that none is late by another's haste.
 * With one origin all this is Kafka Streams' stream time to the letter. docs/time.md has the rule.
 */
#ifndef TOPOLOGY_TIME_H
#define TOPOLOGY_TIME_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define TIME_NONE (-1)       /* nothing yet */
#define TIME_MAX  INT64_MAX  /* said by a sender that is idle */

/* By input of the operator, and in each by origin; one origin alone has place 0 whatever its
 * number. The inputs of a cogroup are read at their own pace: none makes another's records late. */
struct time_clock {
    int64_t *greatest;
    int32_t inputs, origins;
    bool moved; /* since it was last saved */
};

/* The last mark heard from each sender of a repartition topic into one task. */
struct time_heard {
    int64_t *marks; /* by sender; TIME_MAX: idle. Behind them the least, which is kept with them */
    int32_t senders;
    int64_t least;  /* of those that are not idle; the greatest if all are; cached */
    bool moved;
};

/* What feeds an operator: repartition inputs, source partitions by their own clock, and steps that
 * hold records back, by the time that those they still pass on are all behind. */
struct time_feed {
    const struct time_heard **heard;
    const struct time_clock **sources; /* each of one origin */
    const int64_t **passed;
    int heard_count, source_count, passed_count;
    int cached_count; /* of those passed: that only wait for the next flush */
    bool marked; /* a repartition feeds it, directly or through a step that holds back */
    bool single; /* one origin: its own clock is the closing time, of each input its own */
};

void time_clock_init(struct time_clock *clock, int32_t inputs, int32_t origins);
void time_clock_free(struct time_clock *clock);

static inline int32_t time_places(const struct time_clock *clock)
{
    return clock->inputs * clock->origins;
}

static inline int64_t *time_place(const struct time_clock *clock, int input, int32_t origin)
{
    return &clock->greatest[input * clock->origins + (clock->origins == 1 ? 0 : origin)];
}

int64_t time_greatest(const struct time_clock *clock); /* of all; TIME_NONE: nothing yet */

static inline void time_reach(struct time_clock *clock, int input, int32_t origin,
                              int64_t timestamp_ms)
{
    int64_t *greatest = time_place(clock, input, origin);

    if (*greatest < timestamp_ms) {
        *greatest = timestamp_ms;
        clock->moved = true;
    }
}

void time_heard_init(struct time_heard *heard, int32_t senders);
void time_heard_free(struct time_heard *heard);
static inline int32_t time_heard_count(const struct time_heard *heard) /* of what is kept */
{
    return heard->senders + 1;
}

void time_heard_loaded(struct time_heard *heard); /* after its marks were read back */
void time_hear(struct time_heard *heard, int32_t sender, int64_t mark_ms);

/* The time up to which windows are closed for an input: TIME_NONE if nothing is. */
int64_t time_closing(const struct time_feed *feed, const struct time_clock *clock, int input);

/* Whether all senders that it hears have said that they are idle; none: yes. Behind a step that
 * holds back nobody is: what it still has would be late for those that ran on meanwhile. */
bool time_idle(const struct time_feed *feed);

/* The time up to which nothing more can come, so that rows may expire: the closing time, and with
 * one origin the senders' marks too. A sender that combines records tells them in no order of time:
 * what its last record says is no measure of what still follows. One that feeds other tasks too has
 * marks from there, and with one origin those make nothing late here. */
int64_t time_settled(const struct time_feed *feed, const struct time_clock *clock);

/* Whether what ends at close_ms (window end plus grace) has closed for a record of this origin. */
static inline bool time_late(const struct time_feed *feed, const struct time_clock *clock,
                             int input, int32_t origin, int64_t origin_ms, int64_t close_ms)
{
    if (close_ms <= time_closing(feed, clock, input))
        return true;
    return close_ms <= *time_place(clock, input, origin) && close_ms <= origin_ms;
}

/* As they are kept in the time store: eight bytes each, big-endian. Load takes what fits. */
int time_save(const int64_t *times, int32_t count, struct buffer *out);
void time_load(int64_t *times, int32_t count, struct leat_bytes saved);

#endif
