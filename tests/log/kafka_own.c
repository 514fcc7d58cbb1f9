/* kafka_own.c - what only the Kafka log is asked: settings, refusals of the broker, a membership
 * that runs out, and kills at the named points of a commit. */
#include "../kafka/broker.h"
#include "bench.h"

#include "base/clock.h"
#include "processor/kafka/reader.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct log *open_log(const struct log_setting *settings, size_t count)
{
    struct leat_error error = { 0 };
    struct log *log = NULL;

    OK(log_kafka_new(broker_bootstrap(), "own", settings, count, &log, &error));
    return log;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* The next record, however long it takes to see that there must be one. */
static struct log_message next_record(struct log_reader *reader)
{
    int64_t deadline = clock_ms(clock_system()) + 180000;
    struct log_message message = { 0 };
    struct leat_error error = { 0 };
    int got = 0;

    while ((!got || message.event == LOG_END) && clock_ms(clock_system()) < deadline) {
        got = log_reader_poll(reader, &message, 1, 1000, &error);
        cr_assert_geq(got, 0, "%s", error.text);
    }
    cr_assert(got && message.event == LOG_RECORD);
    return message;
}

/* What a handle does that believes in a leader that does not exist: it fetches no more, and says
 * nothing. The message that is out belongs to the handle that is given up. */
Test(kafka_own, reads_on_where_librdkafka_has_fallen_silent, .timeout = 240)
{
    struct log *log = open_log(NULL, 0);
    const char *topic = bench_topic(log, 2);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct kafka_place *place = place_find((struct kafka_reader *)reader, topic, 0);
    struct log_message before, after;

    bench_begin(writer);
    bench_send(writer, topic, "before");
    bench_commit(writer);
    before = next_record(reader);
    place_stop(place);
    place->started = true;
    bench_begin(writer);
    bench_send(writer, topic, "after");
    bench_send(writer, topic, "and more");
    bench_commit(writer);
    after = next_record(reader);
    cr_assert(leat_bytes_equal(after.value, LEAT_LITERAL("after")));
    bench_expect(reader, "and more");
    log_message_free(&after);
    log_message_free(&before);
    log_writer_free(writer);
    log_reader_free(reader);
    log_free(log);
}

Test(kafka_own, is_not_deaf_to_a_topic_that_it_was_asked_about_before, .timeout = 120)
{
    struct log *log = open_log(NULL, 0);
    const char *topic = bench_topic(log, 1);
    struct log_position position = { topic, 0, 0 };
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_reader *reader = bench_reader(log, NULL, 0);

    cr_assert_eq(log_reader_end(reader, &position), -1);
    bench_begin(writer);
    bench_send(writer, topic, "heard");
    bench_commit(writer);
    bench_assign(reader, topic, 0, 0, 0);
    bench_expect(reader, "heard");
    cr_assert_eq(((struct kafka_reader *)reader)->retired_count, 0);
    log_writer_free(writer);
    log_reader_free(reader);
    log_free(log);
}

/* ---- settings ------------------------------------------------------------------------------- */

Test(kafka_own, takes_settings_of_producers_and_consumers_for_every_handle, .timeout = 60)
{
    static const struct log_setting settings[] = { { "linger.ms", "1" },
                                                   { "compression.codec", "lz4" },
                                                   { "fetch.min.bytes", "1" },
                                                   { "session.timeout.ms", "7000" } };
    struct log *log = open_log(settings, 4);
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_reader *reader = bench_reader(log, topic, 0);

    bench_begin(writer);
    bench_send(writer, topic, "through");
    bench_commit(writer);
    bench_expect(reader, "through");
    log_reader_free(reader);
    log_writer_free(writer);
    log_free(log);
}

Test(kafka_own, refuses_a_setting_that_librdkafka_does_not_know)
{
    static const struct log_setting unknown = { "lingr.ms", "1" }, wrong = { "linger.ms", "soon" };
    struct leat_error error = { 0 };
    struct log *log = NULL;

    cr_assert_eq(log_kafka_new("127.0.0.1:1", "own", &unknown, 1, &log, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "kafka.lingr.ms"), "%s", error.text);
    cr_assert_eq(log_kafka_new("127.0.0.1:1", "own", &wrong, 1, &log, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "kafka.linger.ms"), "%s", error.text);
}

Test(kafka_own, keeps_what_its_guarantees_rest_on, .timeout = 60)
{
    static const struct log_setting settings[] = { { "isolation.level", "read_uncommitted" },
                                                   { "enable.partition.eof", "false" },
                                                   { "auto.offset.reset", "latest" } };
    struct log *log = open_log(settings, 3);
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };

    bench_begin(writer);
    bench_send(writer, topic, "uncommitted");
    OK(log_writer_flush(writer, &error));
    cr_assert_eq(bench_expect_end(reader), 0);
    OK(log_writer_abort(writer, &error));
    log_reader_free(reader);
    log_writer_free(writer);
    log_free(log);
}

/* ---- ends ----------------------------------------------------------------------------------- */

Test(kafka_own, tells_where_what_it_wrote_ends, .timeout = 60)
{
    struct log *log = open_log(NULL, 0);
    const char *topic = bench_topic(log, 2);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    int handle = log_writer_topic(writer, topic);

    cr_assert_eq(log_writer_end(writer, handle, 0), -1);
    bench_begin(writer);
    bench_send(writer, topic, "0");
    bench_send(writer, topic, "1");
    bench_commit(writer);
    cr_assert_eq(log_writer_end(writer, handle, 0), 2);
    bench_begin(writer);
    bench_send(writer, topic, "behind the marker");
    bench_commit(writer);
    cr_assert_eq(log_writer_end(writer, handle, 0), 4);
    cr_assert_eq(log_writer_end(writer, handle, 1), -1);
    log_writer_free(writer);
    log_free(log);
}

/* ---- refusals ------------------------------------------------------------------------------- */

Test(kafka_own, names_the_record_whose_timestamp_lies_too_far_ahead, .timeout = 60)
{
    struct log *log = open_log(NULL, 0);
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_record record = { .topic = log_writer_topic(writer, topic), .timestamp_ms = 1 };
    struct leat_error error = { 0 };
    struct log_failure failure;

    record.value = LEAT_LITERAL("v");
    bench_begin(writer);
    for (record.tag = 1; record.tag <= 9; record.tag++) {
        record.timestamp_ms = record.tag == 5 ? 4102444800000 : (int64_t)record.tag;
        OK(log_writer_send(writer, &record, &error));
    }
    FAILS(LEAT_E_ABORTED, log_writer_commit(writer, NULL, NULL, 0, &error));
    cr_assert(log_writer_failure(writer, &failure));
    cr_assert_eq(failure.tag, 5);
    log_writer_free(writer);
    log_free(log);
}

Test(kafka_own, refuses_a_partition_that_is_not_there, .timeout = 60)
{
    struct log *log = open_log(NULL, 0);
    const char *topic = bench_topic(log, 2);
    struct log_writer *writer = bench_writer(log, NULL);
    struct log_record record = { .topic = log_writer_topic(writer, topic), .partition = 2 };
    struct log_header header = { "name", LEAT_LITERAL("value") };
    struct leat_error error = { 0 };

    FAILS(LEAT_E_LOG, log_writer_send(writer, &record, &error));
    record.headers = &header;
    record.header_count = 1;
    FAILS(LEAT_E_LOG, log_writer_send(writer, &record, &error));
    log_writer_free(writer);
    log_free(log);
}

Test(kafka_own, waits_while_the_queue_is_full, .timeout = 120)
{
    enum { COUNT = 3000, SIZE = 10000 };
    static char bytes[SIZE];
    struct log *log = open_log(NULL, 0);
    const char *topic = bench_topic(log, 1);
    struct log_writer_options options = { .queue_bytes = 1 << 20 };
    struct log_writer *writer = NULL;
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };
    size_t records = 0;

    OK(log_writer_new(log, &options, &writer, &error));
    for (int i = 0; i < COUNT; i++) {
        struct log_record record = { .topic = log_writer_topic(writer, topic),
                                     .value = leat_bytes(bytes, SIZE) };

        OK(log_writer_send(writer, &record, &error));
    }
    OK(log_writer_flush(writer, &error));
    while (records < COUNT) {
        size_t more;

        bench_read_to_end(reader, &more);
        records += more;
    }
    cr_assert_eq(records, COUNT);
    log_writer_free(writer);
    log_reader_free(reader);
    log_free(log);
}

/* ---- outages -------------------------------------------------------------------------------- */

Test(kafka_own, questions_to_a_broker_that_is_not_there_are_to_be_asked_again, .timeout = 120)
{
    struct log *log = NULL;
    struct log_topic topic = { .name = "any", .partitions = 1, .replication = -1 };
    struct log_position position = { "any", 0, 0 };
    struct log_writer_options options = { .transactional_id = "any" };
    struct log_writer *writer = NULL;
    struct leat_error error = { 0 };
    char text[16];
    int64_t first, end;

    OK(log_kafka_new("127.0.0.1:1", "own", NULL, 0, &log, &error));
    FAILS(LEAT_E_RETRY, log_topic_look(log, &topic, &error));
    FAILS(LEAT_E_RETRY, log_ends(log, "any", 0, &first, &end, &error));
    FAILS(LEAT_E_RETRY, log_committed(log, "any", &position, 1, &error));
    FAILS(LEAT_E_RETRY, log_topic_setting(log, "any", "x", text, sizeof(text), &error));
    FAILS(LEAT_E_RETRY, log_writer_new(log, &options, &writer, &error));
    log_free(log);
}

/* ---- membership ----------------------------------------------------------------------------- */

Test(kafka_own, refuses_to_commit_when_the_membership_ran_out, .timeout = 120)
{
    static const struct log_setting setting = { "max.poll.interval.ms", "6000" };
    struct log *log = open_log(&setting, 1);
    const char *topic = bench_topic(log, 1), *tasks = bench_topic(log, 2);
    const char *group = bench_name("group");
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_position position = { topic, 0, 1 };
    struct leat_error error = { 0 };
    struct bench_member member, other;
    int64_t deadline = clock_ms(clock_system()) + 60000;
    int status;

    bench_join(log, group, tasks, &member);
    bench_until_owned(&member, 2, NULL, 0);
    do { /* and member is not polled: control is stuck */
        clock_sleep_ms(100);
        bench_begin(writer);
        status = log_writer_commit(writer, member.group, &position, 1, &error);
        position.offset++;
    } while (!status && clock_ms(clock_system()) < deadline);
    cr_assert_eq(status, LEAT_E_ABORTED, "%s", error.text);
    cr_assert_gt(position.offset, 2);
    bench_join(log, group, tasks, &other);
    bench_until_owned(&other, 2, NULL, 0);
    bench_begin(writer);
    FAILS(LEAT_E_ABORTED, log_writer_commit(writer, member.group, &position, 1, &error));
    FAILS(LEAT_E_ABORTED, log_group_commit(member.group, &position, 1, &error));
    while (!member.lost)
        bench_poll(&member);
    cr_assert_eq(member.owned, 0);
    bench_until_owned(&member, 1, &other, 1);
    bench_begin(writer);
    OK(log_writer_commit(writer, member.group, &position, 1, &error));
    log_group_leave(member.group);
    log_group_leave(other.group);
    log_writer_free(writer);
    log_free(log);
}

Test(kafka_own, leaves_before_it_was_assigned_anything, .timeout = 60)
{
    struct log *log = open_log(NULL, 0);
    const char *tasks = bench_topic(log, 2), *group = bench_name("group");
    struct bench_member member, other;

    bench_join(log, group, tasks, &member);
    log_group_leave(member.group);
    bench_join(log, group, tasks, &other);
    bench_until_owned(&other, 2, NULL, 0);
    log_group_leave(other.group);
    log_free(log);
}

/* ---- kills ---------------------------------------------------------------------------------- */

static int victim_status(const char *const argv[], const char *point)
{
    int status = 0;
    pid_t child = fork();

    if (!child) {
        setenv("LEAT_FAILPOINT", point, 1);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

static void kill_at(struct log *log, const char *point)
{
    const char *topic = bench_topic(log, 1), *tasks = bench_topic(log, 1);
    const char *group = bench_name("group"), *id = bench_name("tx");
    const char *const argv[] = { LEAT_VICTIM, broker_bootstrap(), topic, tasks, group, id, NULL };
    struct log_position position = { topic, 0, -1 };
    struct leat_error error = { 0 };
    struct log_reader *reader;
    size_t records;
    int status = victim_status(argv, point);

    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s: status %x", point, status);
    log_writer_free(bench_writer(log, id)); /* its successor settles */
    OK(log_committed(log, group, &position, 1, &error));
    reader = bench_reader(log, topic, 0);
    bench_read_to_end(reader, &records);
    cr_assert_eq((int64_t)records, position.offset, "%s: %zu records, offset %lld", point, records,
                 (long long)position.offset);
    cr_assert_geq(records, 3);
    log_reader_free(reader);
}

Test(kafka_own, a_kill_in_a_commit_leaves_all_of_it_or_nothing, .timeout = 240)
{
    static const char *const points[] = { "before_flush:4",        "after_flush:4",
                                          "before_send_offsets:4", "after_send_offsets:4",
                                          "before_commit:4",       "after_commit:4" };
    struct log *log = open_log(NULL, 0);

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        kill_at(log, points[i]);
    log_free(log);
}
