/* demo_work.h - the demo's threads beside the instance's own: generator, sink, comparison. */
#ifndef BLACKFRIDAY_DEMO_WORK_H
#define BLACKFRIDAY_DEMO_WORK_H

#include "blackfriday/demo.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* A thread and what became of it. status and error: once it has ended. */
struct demo_thread {
    pthread_t thread;
    bool started;
    atomic_bool ended;
    int status;
    struct leat_error error;
};

struct demo_work {
    const struct demo_options *options;
    struct demo_thread generator, sink, comparison;
    atomic_bool stop_generator, stop_sink;
    atomic_llong sent;          /* -1: products and stores are not there yet */
    atomic_llong rows;
    atomic_bool outage;         /* the database cannot be reached */
    char *table;                /* of the comparison, once it has ended */
    size_t table_size;
};

void demo_work_init(struct demo_work *work, const struct demo_options *options);
void demo_work_free(struct demo_work *work); /* all threads have been joined */

int demo_work_generate(struct demo_work *work, struct leat_error *error) MUST_CHECK;
int demo_work_sink(struct demo_work *work, struct leat_error *error) MUST_CHECK;
int demo_work_compare(struct demo_work *work, struct leat_error *error) MUST_CHECK;

/* Waits for its end; what it returned. One that was not started is LEAT_OK. */
int demo_thread_join(struct demo_thread *thread, struct leat_error *error);

#endif
