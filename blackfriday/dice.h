/* dice.h - chance that repeats: the n-th throw of a seed is the same on every machine, whichever
 * others were made (splitmix64). */
#ifndef BLACKFRIDAY_DICE_H
#define BLACKFRIDAY_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_roll(struct dice *dice)
{
    uint64_t mixed = dice->state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

/* The dice of one thing among many: event 17 of seed 1. */
static inline struct dice dice_of(uint64_t seed, uint64_t number)
{
    struct dice dice = { seed };

    dice.state = dice_roll(&dice) ^ number * 0xd1342543de82ef95u;
    return dice;
}

static inline uint32_t dice_below(struct dice *dice, uint32_t bound) /* 0 to bound - 1 */
{
    return (uint32_t)((dice_roll(dice) >> 32) * bound >> 32);
}

static inline double dice_unit(struct dice *dice) /* 0 to just below 1 */
{
    return (double)(dice_roll(dice) >> 11) * 0x1p-53;
}

static inline bool dice_percent(struct dice *dice, double percent)
{
    return dice_unit(dice) * 100 < percent;
}

#endif
