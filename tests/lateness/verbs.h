/* verbs.h - every verb that closes by time, behind one or two repartitions. */
#ifndef TESTS_LATENESS_VERBS_H
#define TESTS_LATENESS_VERBS_H

#include <leat/topology.h>

/* Inputs, of strings: "left", "right", "versions". hops: how often all of it changes its key. */
struct leat_topology *verbs_topology(int hops);

#endif
