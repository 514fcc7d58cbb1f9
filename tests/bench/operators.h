/* operators.h - the topologies whose cost operators.c measures. */
#ifndef BENCH_OPERATORS_H
#define BENCH_OPERATORS_H

#include <leat/leat.h>

/* Topic "left" is always read; "right" where the case says so. Values are strings. */
struct operator_case {
    const char *name;
    void (*describe)(struct leat_topology *topology, struct leat_stream *left);
    bool right; /* every other measured record goes there, and it is filled beforehand */
};

extern const struct operator_case operator_cases[]; /* the last has no name */

#endif
