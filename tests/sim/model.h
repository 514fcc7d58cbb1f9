/* model.h - each record that should count somewhere, once for each of its windows. */
#ifndef TESTS_SIM_MODEL_H
#define TESTS_SIM_MODEL_H

#include "job.h"

struct counted {
    int key;
    int64_t start_ms, number;
    bool in_time;
    bool late;        /* it came out as late */
};

struct model {
    struct counted *counts;
    size_t count, capacity;
};

void model_make(struct model *model, const struct job *job);
void model_free(struct model *model);

#endif
