/* local_log.h - a log in memory under a clock that stands still, for the tests beside it. */
#ifndef TESTS_LOCAL_LOG_H
#define TESTS_LOCAL_LOG_H

#include "base/clock.h"
#include "processor/local/faults.h"
#include "processor/log.h"

struct still_clock {
    struct clock clock;
    int64_t now_us;
};

struct bench { /* a log, its clock, and the error of the last call */
    struct still_clock clock;
    struct log *log;
    struct leat_error error;
};

void bench_start(struct bench *bench);
void bench_stop(struct bench *bench);
void bench_pass(struct bench *bench, int64_t ms); /* time goes on */

void bench_topic(struct bench *bench, const char *name, int32_t partitions);
struct log_writer *bench_writer(struct bench *bench, const char *transactional_id);
struct log_reader *bench_reader(struct bench *bench, bool read_uncommitted);

/* Sends text as key and value; begins nothing, flushes nothing. */
void bench_send(struct bench *bench, struct log_writer *writer, const char *topic,
                int32_t partition, const char *text);
void bench_assign(struct bench *bench, struct log_reader *reader, const char *topic,
                  int32_t partition, int64_t offset);

/* What the reader has now, as text: values joined by a space, "@n" for an end, "!n" for gone. */
char *bench_read(struct bench *bench, struct log_reader *reader);

void bench_ends(struct bench *bench, const char *topic, int32_t partition, int64_t first,
                int64_t end);
int64_t bench_committed(struct bench *bench, const char *group, const char *topic,
                        int32_t partition);

#endif
