/* chance.h - the one source of chance in a run. */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t chance_next(struct chance *chance)
{
    chance->state += 0x9e3779b97f4a7c15u;
    return chance_mix(chance->state);
}

/* 0 <= result < below */
static inline int64_t chance_below(struct chance *chance, int64_t below)
{
    return (int64_t)(chance_next(chance) % (uint64_t)below);
}

static inline bool chance_in(struct chance *chance, int64_t odds)
{
    return odds > 0 && !chance_below(chance, odds);
}

static inline int64_t chance_pick(struct chance *chance, const int64_t *of, int64_t count)
{
    return of[chance_below(chance, count)];
}

#endif
