/* sum.h - sums of which a part is taken away and another put in its place. */
#ifndef BLACKFRIDAY_WEB_SUM_H
#define BLACKFRIDAY_WEB_SUM_H

#include <stdint.h>

/* Absurd figures wrap around and come back when they are taken away again. */
static inline int64_t sum_moved(int64_t sum, int64_t before, int64_t after)
{
    return (int64_t)((uint64_t)sum - (uint64_t)before + (uint64_t)after);
}

#endif
