/* clock.h - the wall clock and the stopwatch, as arguments: the simulator and the driver bring
 * their own, so that one seed replays a run. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(struct clock *clock);      /* since 1970, UTC; may jump */
    int64_t (*monotonic_us)(struct clock *clock); /* only grows */
};

struct clock *clock_system(void);

static inline int64_t clock_wall_ms(struct clock *clock)
{
    return clock->wall_ms(clock);
}

static inline int64_t clock_us(struct clock *clock)
{
    return clock->monotonic_us(clock);
}

static inline int64_t clock_ms(struct clock *clock)
{
    return clock->monotonic_us(clock) / 1000;
}

void clock_sleep_ms(int64_t ms);

#endif
