/* outage_test.c - a broker that is away: nothing is lost, and everything says so in time. */
#include "../kafka/broker.h"
#include "bench.h"

#include <criterion/criterion.h>
#include <pthread.h>

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    broker_start_all(1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    broker_stop_all();
}

static struct log *open_log(void)
{
    struct leat_error error = { 0 };
    struct log *log = NULL;

    OK(log_kafka_new(broker_bootstrap(), "outage", NULL, 0, &log, &error));
    return log;
}

static void *restart(void *unused)
{
    broker_do("restart", 1);
    return NULL;
}

Test(outage, a_commit_waits_for_the_broker_or_is_undone, .timeout = 240)
{
    struct log *log = open_log();
    const char *topic = bench_topic(log, 1), *tasks = bench_topic(log, 1);
    const char *group = bench_name("group"), *id = bench_name("tx");
    struct log_writer *writer = bench_writer(log, id);
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };
    struct bench_member member;
    int64_t done = 0, records = 0;
    pthread_t outage;
    bool restarted = false;

    bench_join(log, group, tasks, &member);
    bench_until_owned(&member, 1, NULL, 0);
    while (done < 400) {
        struct log_position position = { topic, 0, done + 1 };
        int status = log_writer_begin(writer, &error);

        if (done == 20 && !restarted) {
            restarted = true;
            cr_assert_eq(pthread_create(&outage, NULL, restart, NULL), 0);
        }
        if (!status) {
            bench_send(writer, topic, "counted");
            status = log_writer_commit(writer, member.group, &position, 1, &error);
        }
        bench_poll(&member);
        if (status == LEAT_E_FENCED) { /* committed or not: its successor tells */
            log_writer_free(writer);
            while (log_writer_new(log, &(struct log_writer_options){ .transactional_id = id },
                                  &writer, &error) == LEAT_E_RETRY)
                ;
            cr_assert(writer);
            while (log_committed(log, group, &position, 1, &error) == LEAT_E_RETRY)
                ;
            done = position.offset;
            continue;
        }
        cr_assert(!status || status == LEAT_E_ABORTED, "%d %s", status, error.text);
        done += !status;
    }
    pthread_join(outage, NULL);
    while (records < done) {
        struct log_message message = bench_next(reader);

        records += message.event == LOG_RECORD;
        log_message_free(&message);
    }
    bench_expect_end(reader);
    cr_assert_eq(records, done);
    log_group_leave(member.group);
    log_writer_free(writer);
    log_reader_free(reader);
    log_free(log);
}

Test(outage, a_reader_goes_on_when_the_broker_is_back, .timeout = 240)
{
    struct log *log = open_log();
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, NULL);
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };

    bench_send(writer, topic, "before");
    OK(log_writer_flush(writer, &error));
    bench_expect(reader, "before");
    restart(NULL);
    bench_send(writer, topic, "after");
    OK(log_writer_flush(writer, &error));
    bench_expect(reader, "after");
    log_writer_free(writer);
    log_reader_free(reader);
    log_free(log);
}
