/* bench.h - short words for tests of a log. Each of these fails the test when the log fails. */
#ifndef TESTS_LOG_BENCH_H
#define TESTS_LOG_BENCH_H

#include "base/clock.h"
#include "processor/log.h"

#include <criterion/criterion.h>

/* Asks again while a broker that has just begun does not answer for the group yet. */
#define OK(expression)                                                                             \
    do {                                                                                           \
        int ok_status = (expression);                                                              \
                                                                                                   \
        for (int ok_try = 0; ok_status == LEAT_E_RETRY && ok_try < 100; ok_try++) {                \
            clock_sleep_ms(100);                                                                   \
            error = (struct leat_error){ 0 };                                                      \
            ok_status = (expression);                                                              \
        }                                                                                          \
        bench_ok(ok_status, &error, #expression);                                                  \
    } while (0)
#define FAILS(code, expression) bench_fails(code, (expression), &error, #expression)

void bench_ok(int status, struct leat_error *error, const char *what);
void bench_fails(int code, int status, struct leat_error *error, const char *what);

/* Names that no other test uses; they live as long as the process. */
const char *bench_name(const char *prefix);
const char *bench_topic(struct log *log, int32_t partitions);

struct log_writer *bench_writer(struct log *log, const char *transactional_id);
struct log_reader *bench_reader(struct log *log, const char *topic, int64_t from); /* partition 0 */
void bench_assign(struct log_reader *reader, const char *topic, int32_t partition, int64_t from,
                  int slot);
void bench_unassign(struct log_reader *reader, const char *topic, int32_t partition);

/* Sends value under key "k" to partition 0. */
void bench_send(struct log_writer *writer, const char *topic, const char *value);
void bench_begin(struct log_writer *writer);
void bench_commit(struct log_writer *writer); /* without positions */

/* Polls until something comes, a quarter of a minute at most. */
struct log_message bench_next(struct log_reader *reader);
void bench_expect(struct log_reader *reader, const char *value); /* the next, a record */
int64_t bench_expect_end(struct log_reader *reader);             /* its offset */
void bench_expect_gone(struct log_reader *reader);
int64_t bench_read_to_end(struct log_reader *reader, size_t *records); /* the end's offset */

/* A member of a group and what it was told. */
enum { BENCH_PARTITIONS = 8 };
struct bench_member {
    struct log_group *group;
    bool owns[BENCH_PARTITIONS];
    int owned, assigned, revoked, lost;
};
void bench_join(struct log *log, const char *group, const char *topic, struct bench_member *member);
void bench_poll(struct bench_member *member);
/* Polls both (second may be NULL) until they own this many. */
void bench_until_owned(struct bench_member *first, int owned, struct bench_member *second,
                       int second_owned);

#endif
