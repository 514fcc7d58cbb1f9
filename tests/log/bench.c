/* bench.c - short words for tests of a log. Entry points: as in bench.h. */
#include "bench.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 };

void bench_ok(int status, struct leat_error *error, const char *what)
{
    cr_assert(status >= 0, "%s: %d, %s", what, status, error->text);
}

void bench_fails(int code, int status, struct leat_error *error, const char *what)
{
    cr_assert_eq(status, code, "%s: %d and not %d, \"%s\"", what, status, code, error->text);
    cr_assert_eq(error->code, code, "%s", what);
    cr_assert(error->text[0], "%s: no sentence", what);
    *error = (struct leat_error){ 0 };
}

static char names[64][96]; /* static, so that a leak checker finds nothing to say */

const char *bench_name(const char *prefix)
{
    static int count;
    char *name = names[count];

    cr_assert(count < 64);
    snprintf(name, sizeof(names[0]), "%s-%d-%d", prefix, (int)getpid(), ++count);
    return name;
}

const char *bench_topic(struct log *log, int32_t partitions)
{
    struct leat_error error = { 0 };
    /* The records of these tests are from 1970: by the broker's clock they have expired. */
    static const struct log_setting setting = { "retention.ms", "-1" };
    struct log_topic topic = { .name = bench_name("topic"),
                               .partitions = partitions,
                               .replication = -1,
                               .settings = &setting,
                               .setting_count = 1 };

    OK(log_topic_create(log, &topic, &error));
    return topic.name;
}

struct log_writer *bench_writer(struct log *log, const char *transactional_id)
{
    struct log_writer_options options = { .transactional_id = transactional_id,
                                          .transaction_timeout_ms = 60000,
                                          .queue_bytes = 8 << 20 };
    struct log_writer *writer = NULL;
    struct leat_error error = { 0 };

    OK(log_writer_new(log, &options, &writer, &error));
    return writer;
}

void bench_assign(struct log_reader *reader, const char *topic, int32_t partition, int64_t from,
                  int slot)
{
    struct log_position position = { topic, partition, from };
    struct leat_error error = { 0 };

    OK(log_reader_assign(reader, &position, slot, &error));
}

void bench_unassign(struct log_reader *reader, const char *topic, int32_t partition)
{
    struct log_position position = { topic, partition, 0 };
    struct leat_error error = { 0 };

    OK(log_reader_unassign(reader, &position, &error));
}

struct log_reader *bench_reader(struct log *log, const char *topic, int64_t from)
{
    struct log_reader_options options = { .queue_bytes = 4 << 20, .partition_bytes = 1 << 20 };
    struct log_reader *reader = NULL;
    struct leat_error error = { 0 };

    OK(log_reader_new(log, &options, &reader, &error));
    if (topic)
        bench_assign(reader, topic, 0, from, 0);
    return reader;
}

void bench_send(struct log_writer *writer, const char *topic, const char *value)
{
    struct leat_error error = { 0 };
    struct log_record record = {
        .topic = log_writer_topic(writer, topic),
        .timestamp_ms = 1000,
        .key = LEAT_LITERAL("k"),
        .value = leat_bytes_of(value),
    };

    OK(log_writer_send(writer, &record, &error));
}

void bench_begin(struct log_writer *writer)
{
    struct leat_error error = { 0 };

    OK(log_writer_begin(writer, &error));
}

void bench_commit(struct log_writer *writer)
{
    struct leat_error error = { 0 };

    OK(log_writer_commit(writer, NULL, NULL, 0, &error));
}

struct log_message bench_next(struct log_reader *reader)
{
    struct leat_error error = { 0 };
    struct log_message message;
    int64_t deadline = clock_ms(clock_system()) + PATIENCE_MS;

    do {
        int got = log_reader_poll(reader, &message, 1, 500, &error);

        bench_ok(got, &error, "poll");
        if (got)
            return message;
    } while (clock_ms(clock_system()) < deadline);
    cr_assert_fail("nothing was read");
    abort();
}

void bench_expect(struct log_reader *reader, const char *value)
{
    struct log_message message = bench_next(reader);

    while (message.event == LOG_END)
        message = bench_next(reader);
    cr_assert_eq(message.event, LOG_RECORD);
    cr_assert(leat_bytes_equal(message.value, leat_bytes_of(value)), "'%.*s' and not '%s'",
              (int)message.value.size, message.value.data, value);
    log_message_free(&message);
}

int64_t bench_expect_end(struct log_reader *reader)
{
    struct log_message message = bench_next(reader);

    cr_assert_eq(message.event, LOG_END, "%.*s", (int)message.value.size,
                 message.value.data ? message.value.data : "");
    log_message_free(&message);
    return message.offset;
}

void bench_expect_gone(struct log_reader *reader)
{
    struct log_message message = bench_next(reader);

    while (message.event == LOG_END)
        message = bench_next(reader);
    cr_assert_eq(message.event, LOG_GONE);
    log_message_free(&message);
}

int64_t bench_read_to_end(struct log_reader *reader, size_t *records)
{
    *records = 0;
    for (;;) {
        struct log_message message = bench_next(reader);

        log_message_free(&message);
        if (message.event == LOG_END)
            return message.offset;
        cr_assert_eq(message.event, LOG_RECORD);
        ++*records;
    }
}

/* ---- members -------------------------------------------------------------------------------- */

static void on_assigned(void *user, const int32_t *partitions, size_t count)
{
    struct bench_member *member = user;

    member->assigned++;
    for (size_t i = 0; i < count; i++) {
        cr_assert(!member->owns[partitions[i]]);
        member->owns[partitions[i]] = true;
        member->owned++;
    }
}

static void on_revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    struct bench_member *member = user;

    member->revoked++;
    member->lost += lost;
    for (size_t i = 0; i < count; i++) {
        cr_assert(member->owns[partitions[i]]);
        member->owns[partitions[i]] = false;
        member->owned--;
    }
}

void bench_join(struct log *log, const char *group, const char *topic, struct bench_member *member)
{
    struct log_group_options options = {
        .group = group,
        .topic = topic,
        .session_timeout_ms = 6000,
        .assigned = on_assigned,
        .revoked = on_revoked,
        .user = member,
    };
    struct leat_error error = { 0 };

    *member = (struct bench_member){ 0 };
    OK(log_group_join(log, &options, &member->group, &error));
}

void bench_poll(struct bench_member *member)
{
    struct leat_error error = { 0 };

    OK(log_group_poll(member->group, 20, &error));
}

void bench_until_owned(struct bench_member *first, int owned, struct bench_member *second,
                       int second_owned)
{
    int64_t deadline = clock_ms(clock_system()) + PATIENCE_MS;

    while (first->owned != owned || (second && second->owned != second_owned)) {
        bench_poll(first);
        if (second)
            bench_poll(second);
        cr_assert(clock_ms(clock_system()) < deadline, "%d and %d partitions are owned",
                  first->owned, second ? second->owned : 0);
    }
}
