/* demo.h - the whole job in one process for a minute: sales, instance, sink, and the comparison.
 *
 *   command_demo.c   the log it runs on, its folder, and what is taken away again
 *   demo.c           one phase after the other
 *   demo_work.c      the threads: generator, sink, comparison
 *   demo_watch.c     what the output topics say, read as any consumer would
 *   demo_lag.c       what a group has read, and what is left for it
 *   demo_screen.c    the table in the terminal, or a line from time to time
 *   demo_input.c     topics for the comparison
 *   demo_space.c     names of its own on a broker
 */
#ifndef BLACKFRIDAY_DEMO_H
#define BLACKFRIDAY_DEMO_H

#include "base/error.h"

#include <stdatomic.h>
#include <stdint.h>

struct config;
struct log;
struct registry;
struct verify_input;

struct demo_options {
    int64_t seconds;             /* for which sales are sent */
    double rate;                 /* of sales and updates together, a second */
    int32_t partitions;
    int64_t products, stores;
    const struct config *config; /* without blackfriday.database the sink is left out */
    struct log *log;
    struct registry *registry;
    struct verify_input *input;  /* the same topics, for the comparison */
};

/* 0: every output equals the truth. 1: something differs, which was printed. LEAT_E_STOPPED: *stop
 * was set. All threads have ended when it returns. */
int demo_run(const struct demo_options *options, const atomic_bool *stop,
             struct leat_error *error) MUST_CHECK;

#endif
