/* run_test.c - sink_run() from a log in memory into a real database. */
#include "harness.h"

#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/log_ops.h"
#include "processor/partition.h"
#include "schemas/codec.h"
#include "schemas/registry.h"
#include "sink/runner.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARTITIONS = 4, SINKS = 3 };

static const struct sink_table both[] = {
    { .topic = "counters", .table = "counters", .type = &counter_type, .mode = SINK_UPSERT,
      .key = { "name" } },
    { .topic = "events", .table = "events", .type = &event_type, .mode = SINK_FACTS,
      .partition_by = "timestamp" },
};

struct running {
    struct sink_options options;
    atomic_bool stop;
    pthread_t thread;
    int status;
    struct leat_error error;
    struct log *log;
    _Atomic int64_t rows, rejected;
    atomic_bool caught_up;
};

struct world {
    const char *schema;
    struct log *log;
    struct registry *registry;
    struct codec *codecs[2];
    struct log_writer *writer;
    struct leat_error error;
    struct running sinks[SINKS];
};

static struct world world;

static void must(int status)
{
    cr_assert(!status, "%s", world.error.text);
}

static void make_topic(const char *name, int32_t partitions)
{
    must(log_topic_create(world.log, &(struct log_topic){ name, partitions, -1 }, &world.error));
}

static void begin(const char *schema)
{
    struct registry_options registry = { .url = "mock://run" };
    struct log_writer_options options = { .queue_bytes = 64 << 20 };

    world = (struct world){ .schema = schema_fresh(schema) };
    must(log_local_new(clock_system(), &world.log));
    must(registry_new(&registry, &world.registry, &world.error));
    make_topic("counters", PARTITIONS);
    make_topic("events", PARTITIONS);
    for (int i = 0; i < 2; i++) {
        world.codecs[i] = codec_new(both[i].type, world.registry);
        must(codec_register(world.codecs[i], both[i].topic, &world.error));
    }
    must(log_writer_new(world.log, &options, &world.writer, &world.error));
}

static void end(void)
{
    log_writer_free(world.writer);
    for (int i = 0; i < 2; i++)
        codec_free(world.codecs[i]);
    registry_free(world.registry);
    log_free(world.log);
}

static void send_bytes(const char *topic, const char *key, struct leat_bytes value)
{
    struct leat_bytes bytes = leat_bytes_of(key);
    struct log_record record = { .topic = log_writer_topic(world.writer, topic), .key = bytes,
                                 .partition = partition_of(bytes, PARTITIONS), .value = value,
                                 .timestamp_ms = FRIDAY_MS };

    must(log_writer_send(world.writer, &record, &world.error));
}

static void send_value(int table, const char *key, const void *value)
{
    struct buffer bytes;

    buffer_init(&bytes, 1 << 20);
    cr_assert(!codec_encode(world.codecs[table], value, &bytes));
    send_bytes(both[table].topic, key, buffer_bytes(&bytes));
    buffer_free(&bytes);
}

static void count(const char *name, int64_t total)
{
    send_value(0, name, &(struct counter){ leat_bytes_of(name), total });
}

static void happen(const char *name, int64_t amount)
{
    send_value(1, name, &(struct event){ leat_bytes_of(name), FRIDAY_MS + amount, amount });
}

/* ---- sinks -------------------------------------------------------------------------------- */

static void note(void *user, const struct sink_progress *progress)
{
    struct running *running = user;

    atomic_store(&running->rows, progress->rows);
    atomic_store(&running->rejected, progress->rejected);
    atomic_store(&running->caught_up, progress->caught_up && !progress->lag);
}

static void *run(void *argument)
{
    struct running *running = argument;

    running->status = sink_run(running->log, &running->options, &running->stop, &running->error);
    return NULL;
}

static struct running *start(int index, bool until_caught_up)
{
    struct running *running = &world.sinks[index];

    *running = (struct running){
        .log = world.log,
        .options = { .id = "test", .database = server_conninfo(), .schema = world.schema,
                     .tables = both, .table_count = 2, .registry = world.registry,
                     .flush_interval_ms = 20, .until_caught_up = until_caught_up,
                     .progress = note, .user = running },
    };
    pthread_create(&running->thread, NULL, run, running);
    return running;
}

static void finish(struct running *running, bool stop)
{
    if (stop)
        atomic_store(&running->stop, true);
    pthread_join(running->thread, NULL);
    cr_assert_eq(running->status, 0, "%s", running->error.text);
}

static void run_to_end(void)
{
    must(log_writer_flush(world.writer, &world.error));
    finish(start(0, true), false);
}

static int64_t number(const char *sql)
{
    return strtoll(ask("%s", sql), NULL, 10);
}

/* ---- tests -------------------------------------------------------------------------------- */

Test(run, tables_are_what_the_topics_say)
{
    char name[16];

    begin("run");
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "n%d", i % 1000);
        count(name, i);
        happen(name, i);
    }
    send_bytes("counters", "n7", (struct leat_bytes){ 0 });
    run_to_end();
    cr_expect_str_eq(ask("SELECT count(*), min(total), max(total) FROM run.counters"),
                     "999|19000|19999");
    cr_expect_str_eq(ask("SELECT count(*), count(DISTINCT (source_partition, source_offset)), "
                         "sum(amount) FROM run.events"), "20000|20000|1999900.00");
    cr_expect_str_eq(ask("SELECT sum(next_offset) FROM run.sink_offset"), "40001");
    run_to_end();
    cr_expect_str_eq(ask("SELECT count(*) FROM run.events"), "20000");
    end();
}

/* What the group shows is behind all records, though the tables' own positions rule. */
static void expect_no_lag(const char *topic)
{
    struct log_position positions[PARTITIONS];

    for (int32_t p = 0; p < PARTITIONS; p++)
        positions[p] = (struct log_position){ topic, p, 0 };
    must(log_committed(world.log, "test", positions, PARTITIONS, &world.error));
    for (int32_t p = 0; p < PARTITIONS; p++) {
        int64_t first, last;

        must(log_ends(world.log, topic, p, &first, &last, &world.error));
        cr_expect_eq(positions[p].offset, last);
    }
}

Test(run, the_group_shows_no_lag)
{
    begin("run");
    for (int i = 0; i < 100; i++)
        happen("x", i);
    run_to_end();
    expect_no_lag("events");
    end();
}

/* A log whose groups refuse commits, as Kafka's do around a heartbeat. */
static struct {
    const struct log_ops *ops;
    const struct log_group_ops *group_ops;
    atomic_int refusals;
} refusing;

static int refuse_commit(struct log_group *group, const struct log_position *positions,
                         size_t count, struct leat_error *error)
{
    if (atomic_fetch_sub(&refusing.refusals, 1) > 0)
        return error_set(error, LEAT_E_RETRY, "not now");
    return refusing.group_ops->commit(group, positions, count, error);
}

static int join_refusing(struct log *log, const struct log_group_options *options,
                         struct log_group **out, struct leat_error *error)
{
    static struct log_group_ops ops;
    int status = refusing.ops->group_join(log, options, out, error);

    if (status)
        return status;
    refusing.group_ops = (*out)->ops;
    ops = *refusing.group_ops;
    ops.commit = refuse_commit;
    (*out)->ops = &ops;
    return LEAT_OK;
}

static void refuse_commits(int count)
{
    static struct log_ops ops;

    atomic_store(&refusing.refusals, count);
    refusing.ops = world.log->ops;
    ops = *refusing.ops;
    ops.group_join = join_refusing;
    world.log->ops = &ops;
}

Test(run, offsets_that_were_refused_are_shown_again)
{
    struct running *sink;

    begin("run");
    refuse_commits(3);
    for (int i = 0; i < 100; i++)
        happen("x", i);
    must(log_writer_flush(world.writer, &world.error));
    sink = start(0, false);
    for (int round = 0; round < 1000 && atomic_load(&refusing.refusals) >= 0; round++)
        clock_sleep_ms(10);
    finish(sink, true);
    cr_expect_lt(atomic_load(&refusing.refusals), 0);
    expect_no_lag("events");
    atomic_store(&refusing.refusals, 3);
    happen("x", 100);
    run_to_end();
    expect_no_lag("events");
    end();
}

static size_t dead_letters(const char *topic, char *reasons, size_t size)
{
    struct log_reader_options options = { 0 };
    struct log_reader *reader;
    struct log_message messages[64];
    size_t letters = 0, used = 0;

    must(log_reader_new(world.log, &options, &reader, &world.error));
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct log_position from = { topic, p, 0 };

        must(log_reader_assign(reader, &from, p, &world.error));
    }
    for (int ends = 0; ends < PARTITIONS;) {
        int got = log_reader_poll(reader, messages, 64, 1000, &world.error);

        cr_assert_gt(got, 0);
        for (int i = 0; i < got; i++) {
            struct log_header headers[16];
            size_t count = messages[i].event == LOG_RECORD
                               ? log_message_headers(&messages[i], headers, 16) : 0;

            ends += messages[i].event == LOG_END;
            letters += messages[i].event == LOG_RECORD;
            for (size_t h = 0; h < count; h++) {
                if (!strcmp(headers[h].name, "error.message"))
                    used += (size_t)snprintf(reasons + used, size - used, "%.*s\n",
                                             (int)headers[h].value.size, headers[h].value.data);
            }
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
    return letters;
}

Test(run, bad_rows_go_to_the_dead_letter_and_not_in_the_way)
{
    char name[16], reasons[8192] = "";

    begin("run");
    run_to_end();
    ask("ALTER TABLE run.events ADD CONSTRAINT no_thirteen CHECK (amount <> 0.13)");
    ask("ALTER TABLE run.counters ALTER COLUMN name TYPE varchar(6)");
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "n%d", i % 100);
        happen(name, i);
        count(name, i);
    }
    count("much too long", 1);
    count("n5", 5000);
    send_bytes("events", "x", LEAT_LITERAL("no avro at all"));
    send_bytes("events", "x", (struct leat_bytes){ 0 });
    send_value(0, "nul", &(struct counter){ leat_bytes("n\0l", 3), 1 });
    run_to_end();
    cr_expect_str_eq(ask("SELECT count(*), sum(amount) FROM run.events"), "2999|44984.87");
    cr_expect_str_eq(ask("SELECT count(*), max(total) FROM run.counters"), "101|5000");
    cr_expect_eq(dead_letters("events-rejected-by-sink", reasons, sizeof(reasons)), 3);
    cr_expect(strstr(reasons, "constraint no_thirteen"), "%s", reasons);
    cr_expect(strstr(reasons, "the value is null"), "%s", reasons);
    cr_expect_eq(dead_letters("counters-rejected-by-sink", reasons, sizeof(reasons)), 1);
    cr_expect(strstr(reasons, "value too long"), "%s", reasons);
    end();
}

Test(run, a_good_value_before_a_bad_one_of_its_key_is_kept)
{
    begin("run");
    run_to_end();
    ask("ALTER TABLE run.counters ADD CHECK (total < 100)");
    count("a", 7);
    count("a", 700);
    run_to_end();
    cr_expect_str_eq(ask("SELECT * FROM run.counters"), "a|7");
    end();
}

Test(run, three_sinks_share_the_partitions_and_lose_one)
{
    char name[16];

    begin("shared");
    for (int i = 0; i < SINKS; i++)
        start(i, false);
    for (int i = 0; i < 12000; i++) {
        snprintf(name, sizeof(name), "n%d", i % 500);
        count(name, i);
        happen(name, i);
        if (i % 2000 == 1999) {
            must(log_writer_flush(world.writer, &world.error));
            clock_sleep_ms(50);
        }
        if (i == 6000) {
            wait_for("SELECT count(DISTINCT backend_pid) >= 3 FROM shared.sink_offset", "t");
            finish(&world.sinks[1], true);
        }
    }
    must(log_writer_flush(world.writer, &world.error));
    wait_for("SELECT count(*), sum(amount) FROM shared.events", "12000|719940.00");
    wait_for("SELECT min(total) FROM shared.counters", "11500");
    finish(&world.sinks[0], true);
    finish(&world.sinks[2], true);
    cr_expect_str_eq(ask("SELECT count(*) FROM shared.sink_offset"), "8");
    cr_expect_gt(number("SELECT max(epoch) FROM shared.sink_offset"), 1);
    end();
}

Test(run, the_server_may_die_while_it_runs)
{
    char name[16];

    begin("dies");
    start(0, false);
    start(1, false);
    for (int i = 0; i < 9000; i++) {
        snprintf(name, sizeof(name), "n%d", i % 300);
        count(name, i);
        happen(name, i);
        if (i % 3000 == 2000) {
            must(log_writer_flush(world.writer, &world.error));
            clock_sleep_ms(100);
            server_do("kill");
            server_do("restart");
        }
    }
    must(log_writer_flush(world.writer, &world.error));
    wait_for("SELECT count(*), sum(amount) FROM dies.events", "9000|404955.00");
    wait_for("SELECT count(*), min(total) FROM dies.counters", "300|8700");
    finish(&world.sinks[0], true);
    finish(&world.sinks[1], true);
    end();
}

/* Children have the log as it was when they began: each goes on where the tables stand. */
static pid_t run_in_child(const char *failpoint)
{
    pid_t child = fork();

    if (!child) {
        setenv("LEAT_FAILPOINT", failpoint, 1);
        pthread_join(start(0, true)->thread, NULL);
        _exit(0);
    }
    return child;
}

static void run_and_kill(int64_t after_ms)
{
    pid_t child = run_in_child("");

    clock_sleep_ms(after_ms);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void run_to_failpoint(const char *failpoint)
{
    int how;

    cr_assert_gt(waitpid(run_in_child(failpoint), &how, 0), 0);
    cr_assert(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL, "%s was not passed", failpoint);
}

Test(run, a_sink_that_is_killed_anywhere_loses_and_doubles_nothing)
{
    char name[16];

    begin("kill");
    for (int i = 0; i < 200000; i++) {
        snprintf(name, sizeof(name), "n%d", i % 1000);
        count(name, i);
        happen(name, i % 10000);
    }
    must(log_writer_flush(world.writer, &world.error));
    run_to_failpoint("sink-commit:1"); /* first, while there is surely something to write */
    run_to_failpoint("sink-committed:1");
    run_to_failpoint("sink-copy:1");
    for (int i = 0; i < 25; i++)
        run_and_kill(60 + 7 * i);
    run_to_end();
    cr_expect_str_eq(ask("SELECT count(*), count(DISTINCT (source_partition, source_offset)), "
                         "sum(amount) FROM kill.events"), "200000|200000|9999000.00");
    cr_expect_str_eq(ask("SELECT count(*), min(total) FROM kill.counters"), "1000|199000");
    cr_expect_gt(number("SELECT min(epoch) FROM kill.sink_offset"), 3);
    end();
}

/* Two sinks of one name that no group keeps apart still write each row once: here the second one
 * takes a partition behind the first one's back. */
Test(run, a_sink_that_is_fenced_claims_again)
{
    struct leat_error error = { 0 };
    struct sink *thief;
    struct sink_claim claim = { .table = 1,
                                .partition = partition_of(LEAT_LITERAL("x"), PARTITIONS) };

    begin("fenced");
    start(0, false);
    for (int i = 0; i < 100; i++)
        happen("x", i);
    must(log_writer_flush(world.writer, &world.error));
    wait_for("SELECT count(*) FROM fenced.events", "100");
    thief = sink_over("fenced", both, 2, &error);
    cr_assert(!sink_resume(thief, &claim, &error), "%s", error.text);
    cr_expect_eq(claim.next_offset, 100);
    for (int i = 0; i < 100; i++)
        happen("x", i);
    must(log_writer_flush(world.writer, &world.error));
    wait_for("SELECT count(*) FROM fenced.events", "200");
    finish(&world.sinks[0], true);
    sink_close(thief);
    end();
}

/* ---- what is wrong for good --------------------------------------------------------------- */

static const char *failure(int status)
{
    struct running *running = start(0, true);

    pthread_join(running->thread, NULL);
    cr_expect_eq(running->status, status, "%d %s", running->status, running->error.text);
    return running->error.text;
}

Test(run, a_position_that_the_log_has_lost_is_a_sentence)
{
    struct log_position before = { "events", partition_of(LEAT_LITERAL("x"), PARTITIONS), 60 };

    begin("gone");
    for (int i = 0; i < 100; i++)
        happen("x", i);
    run_to_end();
    ask("UPDATE gone.sink_offset SET next_offset = 50 WHERE next_offset = 100");
    must(log_delete_records(world.log, &before, 1, &world.error));
    cr_expect(strstr(failure(LEAT_E_LOG), "does not hold offset 50, where table 'events' has to "
                                          "go on"), "%s", world.sinks[0].error.text);
    end();
}

Test(run, a_missing_topic_is_a_sentence)
{
    begin("run");
    must(log_topic_delete(world.log, "events", &world.error));
    cr_expect(strstr(failure(LEAT_E_LOG), "there is no topic 'events': run the job first"));
    end();
}

Test(run, a_missing_column_ends_the_run)
{
    begin("run");
    run_to_end();
    ask("ALTER TABLE run.events DROP COLUMN amount");
    cr_expect(strstr(failure(LEAT_E_SINK), "has no column \"amount\""), "%s",
              world.sinks[0].error.text);
    end();
}

Test(run, a_stop_is_seen_while_the_server_is_away)
{
    struct running *running;

    begin("run");
    server_do("stop");
    running = start(0, false);
    clock_sleep_ms(300);
    finish(running, true);
    server_do("restart");
    end();
}
