/* clock.c - the system's clocks. */
#include "base/clock.h"

#include <time.h>

static int64_t now_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_wall_ms(struct clock *clock)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

static int64_t system_monotonic_us(struct clock *clock)
{
    return now_us(CLOCK_MONOTONIC);
}

struct clock *clock_system(void)
{
    static struct clock system = { system_wall_ms, system_monotonic_us };

    return &system;
}

void clock_sleep_ms(int64_t ms)
{
    struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&pause, NULL);
}
