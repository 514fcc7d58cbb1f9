/* load.h - products and stores from CSV files into their topics.
 *
 * The first line names the columns as the contract names the fields, in any order, no more and no
 * less. Both files are checked to their end before the first record is written: of a broken file
 * nothing is loaded. Loading again is harmless, the last of a key counts.
 */
#ifndef BLACKFRIDAY_LOAD_H
#define BLACKFRIDAY_LOAD_H

#include "base/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct log;
struct registry;

struct load_options {
    const char *products, *stores; /* paths; NULL: not loaded */
    int32_t partitions;            /* of topics that are missing; 0: 4 */
    bool all_topics;               /* makes those of sales and updates too */
    const atomic_bool *stop;       /* NULL: none */
};

struct load_counts {
    int64_t products, stores;
};

/* LEAT_E_ARGUMENT: a file is broken; the sentence says file:line:column and what was expected. */
int load(struct log *log, struct registry *registry, const struct load_options *options,
         struct load_counts *counts, struct leat_error *error) MUST_CHECK;

/* The same check without a log. */
int load_check(const struct load_options *options, struct load_counts *counts,
               struct leat_error *error) MUST_CHECK;

#endif
