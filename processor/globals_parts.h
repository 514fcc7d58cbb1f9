/* globals_parts.h - what globals.c and globals_thread.c have of each other, and nobody else. */
#ifndef PROCESSOR_GLOBALS_PARTS_H
#define PROCESSOR_GLOBALS_PARTS_H

#include "processor/globals.h"
#include "state/home.h"
#include "state/store.h"
#include "topology/global.h"

#include <pthread.h>
#include <stdatomic.h>

struct globals_table {
    const struct step *step;
    struct global *global;
    bool gone;           /* a stored offset lies outside its partition */
};

struct globals_part {    /* one partition of one table's topic */
    struct globals_table *table;
    int32_t partition;
    uint16_t number;     /* of its offset's row in the home */
    int64_t offset;      /* as it was stored; -1: never read */
    int64_t refused;     /* offset of the last dead letter; -1: none */
    bool ended;
    bool assigned;       /* the reader has it */
};

struct globals {
    struct globals_options options;
    struct home *home;
    struct globals_table *tables;
    size_t table_count;
    struct globals_part *parts; /* by slot of the reader */
    size_t part_count, part_capacity;
    struct log_reader *reader;
    struct log_writer *writer;  /* of dead letters; NULL: there were none */
    struct log_message *messages; /* that wait, from taken on */
    size_t waiting, taken;
    atomic_bool ready, stop;
    atomic_ullong rejected;
    pthread_t thread;
    bool running;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct leat_error failure;  /* under the mutex */
};

void globals_thread_init(struct globals *globals);
void globals_are_ready(struct globals *globals);
void globals_close(struct globals *globals); /* all but what globals_thread_init() made */

#endif
