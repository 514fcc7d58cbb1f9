/* spread.c - Zipf's law by the alias method, and the curve of a Black Friday.
 *
 * A pick costs one throw: a column of equal height is chosen, and the throw's rest decides between
 * the number that the column belongs to and the one that fills it up.
 */
#include "blackfriday/spread.h"

#include "base/memory.h"

#include <assert.h>
#include <math.h>

struct column {
    double own; /* the share of the column that is its own number's */
    uint32_t other;
};

struct spread {
    uint32_t count;
    struct column *columns;
};

static double *weights_of(uint32_t count, double skew)
{
    double *weights = memory_array(count, sizeof *weights), sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += weights[i] = pow(i + 1, -skew);
    for (uint32_t i = 0; i < count; i++)
        weights[i] *= count / sum;
    return weights;
}

/* Columns that are too low are filled up from those that are too high. */
static void fill(struct spread *spread, double *weights)
{
    uint32_t *low = memory_array(spread->count, sizeof *low), lows = 0;
    uint32_t *high = memory_array(spread->count, sizeof *high), highs = 0;

    for (uint32_t i = 0; i < spread->count; i++) {
        spread->columns[i] = (struct column){ 1, i };
        if (weights[i] < 1)
            low[lows++] = i;
        else
            high[highs++] = i;
    }
    while (lows && highs) {
        uint32_t small = low[--lows], large = high[highs - 1];

        spread->columns[small] = (struct column){ weights[small], large };
        weights[large] -= 1 - weights[small];
        if (weights[large] < 1)
            low[lows++] = high[--highs];
    }
    memory_free(low);
    memory_free(high);
}

struct spread *spread_new(uint32_t count, double skew)
{
    struct spread *spread = memory_new(sizeof *spread);
    double *weights;

    assert(count);
    spread->count = count;
    spread->columns = memory_array(count, sizeof *spread->columns);
    weights = weights_of(count, skew);
    fill(spread, weights);
    memory_free(weights);
    return spread;
}

void spread_free(struct spread *spread)
{
    if (!spread)
        return;
    memory_free(spread->columns);
    memory_free(spread);
}

uint32_t spread_pick(const struct spread *spread, struct dice *dice)
{
    double at = dice_unit(dice) * spread->count;
    uint32_t number = (uint32_t)at;
    const struct column *column = &spread->columns[number];

    return at - number < column->own ? number : column->other;
}

/* Doors open at midnight, the morning is the peak, and the evening has a second one. */
double spread_day(double share)
{
    static const double hours[24] = { 30, 18, 10, 6,  8,  20, 42, 66, 88, 100, 96, 90,
                                      84, 74, 66, 64, 70, 80, 92, 94, 82, 64,  48, 38 };
    double sum = 0, left;
    int hour = 0;

    for (int i = 0; i < 24; i++)
        sum += hours[i];
    left = share * sum;
    while (hour < 23 && left >= hours[hour])
        left -= hours[hour++];
    return (hour + left / hours[hour]) / 24;
}
