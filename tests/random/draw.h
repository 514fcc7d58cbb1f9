/* draw.h - what a random scenario is drawn from: functions, keys, values, times.
 *
 * Everything follows from the chance of one seed, so a seed is a scenario.
 */
#ifndef RANDOM_DRAW_H
#define RANDOM_DRAW_H

#include "conformance/function.h"
#include "sim/chance.h"

#include <jansson.h>

enum { TIMES_MAX = 8 };

struct draw {
    struct chance chance;
    int key_count, labels;
    int64_t lengths[TIMES_MAX]; /* of the windows: what happens at their edges matters most */
    int length_count;
    int64_t first_ms, last_ms, greatest_ms;
};

void draw_begin(struct draw *draw, uint64_t seed);

static inline int draw_below(struct draw *draw, int below)
{
    return (int)chance_below(&draw->chance, below);
}

/* True in so many of a hundred. */
static inline bool draw_percent(struct draw *draw, int percent)
{
    return draw_below(draw, 100) < percent;
}

/* One of a list of words that a space parts. */
json_t *draw_word(struct draw *draw, const char *words);

/* A length of time of a window, a gap or a delay, and a grace for it. They are remembered. */
int64_t draw_length(struct draw *draw);
int64_t draw_grace(struct draw *draw, int64_t length_ms);

/* ---- functions of the catalogue, as specifications ------------------------------------------- */

json_t *draw_predicate(struct draw *draw, enum sort key, enum sort value);
json_t *draw_value_function(struct draw *draw, enum sort value, enum sort *gives);
json_t *draw_key_function(struct draw *draw, enum sort key, enum sort value);

/* ---- input ----------------------------------------------------------------------------------- */

json_t *draw_key(struct draw *draw, enum sort sort);
json_t *draw_value(struct draw *draw, enum sort sort);

/* Mostly a little later than what was before; often the same, at a window's edge, or too late. */
int64_t draw_time(struct draw *draw);

#endif
