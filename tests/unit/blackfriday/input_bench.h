/* input_bench.h - a log and a registry in memory, and what stands in the topics. */
#ifndef TESTS_INPUT_BENCH_H
#define TESTS_INPUT_BENCH_H

#include "leat/bytes.h"
#include "leat/error.h"

struct log;
struct registry;
struct log_message;

struct input_bench {
    struct log *log;
    struct registry *registry;
    struct leat_error error;
};

void input_bench_start(struct input_bench *bench);
void input_bench_stop(struct input_bench *bench);

/* Calls see() for each record of the topic, partition by partition; returns their number. */
int input_bench_read(struct input_bench *bench, const char *topic,
                     void (*see)(void *user, const struct log_message *message), void *user);

/* Of one partition, all that stands in it, as one number. */
uint64_t input_bench_hash(struct input_bench *bench, const char *topic, int32_t partition);

#endif
