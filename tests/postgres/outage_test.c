/* outage_test.c - connections that end at any moment: nothing is lost and nothing doubled. */
#include "harness.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

static const struct sink_table both[] = {
    { .topic = "counters", .table = "counters", .type = &counter_type, .mode = SINK_UPSERT,
      .key = { "name" } },
    { .topic = "events", .table = "events", .type = &event_type, .mode = SINK_FACTS,
      .partition_by = "timestamp" },
};

struct writer {
    struct sink *sink;
    struct sink_claim claims[2];
    int64_t goal;          /* the position at which it ends */
    int64_t outages, settled; /* batches that failed; those of them that had gone through */
    struct leat_error error;
};

static int put(struct writer *writer, int table, struct leat_error *error)
{
    return table ? put_events(writer->sink, &writer->claims[1], 5, FRIDAY_MS, error)
                 : put_counters(writer->sink, &writer->claims[0], "abcde",
                                writer->claims[0].next_offset, error);
}

/* Writes batches of five until the goal; positions only ever move by five. */
static void *write_on(void *argument)
{
    struct writer *writer = argument;

    for (int table = 0; table < 2; table++) {
        struct sink_claim *claim = &writer->claims[table];

        while (claim->next_offset < writer->goal) {
            int64_t before = claim->next_offset;
            struct leat_error error = { 0 };
            int status = put(writer, table, &error);

            if (status && status != LEAT_E_RETRY) {
                writer->error = error;
                return NULL;
            }
            if (!status && claim->next_offset > before + 5)
                writer->settled++;
            writer->outages += status != 0;
            if (status)
                clock_sleep_ms(20);
        }
    }
    return NULL;
}

static struct writer writer_new(const char *schema, int64_t goal)
{
    struct writer writer = { .goal = goal, .claims = { { .table = 0 }, { .table = 1 } } };

    writer.sink = sink_over(schema, both, 2, &writer.error);
    cr_assert_not_null(writer.sink, "%s", writer.error.text);
    for (int i = 0; i < 2; i++)
        cr_assert(!sink_resume(writer.sink, &writer.claims[i], &writer.error), "%s",
                  writer.error.text);
    return writer;
}

/* Each event's offset is there once, up to the position; the counters hold the last batch. */
static void check(const char *schema, const struct writer *writer)
{
    cr_expect_eq(writer->error.code, 0, "%s", writer->error.text);
    cr_expect_str_eq(ask("SELECT count(*) = max(source_offset) + 1, count(*) = (SELECT "
                         "next_offset FROM %s.sink_offset WHERE topic = 'events') FROM %s.events",
                         schema, schema), "t|t");
    cr_expect_str_eq(ask("SELECT count(*), min(total) = (SELECT next_offset - 5 FROM "
                         "%s.sink_offset WHERE topic = 'counters') FROM %s.counters "
                         "HAVING min(total) = max(total)", schema, schema), "5|t");
}

Test(outage, backends_that_are_ended_at_random_lose_and_double_nothing)
{
    struct writer writer = writer_new(schema_fresh("ended"), 3000);
    pthread_t thread;

    pthread_create(&thread, NULL, write_on, &writer);
    for (int i = 0; i < 25; i++) {
        ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = 'leat-sink test'");
        clock_sleep_ms(10 + i);
    }
    pthread_join(thread, NULL);
    check("ended", &writer);
    cr_expect_gt(writer.outages, 0);
    sink_close(writer.sink);
}

Test(outage, a_server_that_is_killed_loses_and_doubles_nothing)
{
    struct writer writer = writer_new(schema_fresh("killed"), 4000);
    pthread_t thread;

    pthread_create(&thread, NULL, write_on, &writer);
    for (int i = 0; i < 3; i++) {
        clock_sleep_ms(150);
        server_do("kill");
        server_do("restart");
    }
    pthread_join(thread, NULL);
    check("killed", &writer);
    cr_expect_gt(writer.outages, 0);
    sink_close(writer.sink);
}

/* The connection is cut when all was sent and nothing was answered. */
static void send_and_cut(struct writer *writer, const char *schema)
{
    struct postgres *pg = (struct postgres *)writer->sink;
    struct leat_error error = { 0 };
    char sql[512];

    snprintf(sql, sizeof(sql),
             "BEGIN; INSERT INTO %s.counters VALUES ('cut', 1); UPDATE %s.sink_offset SET "
             "next_offset = next_offset + 5 WHERE topic = 'counters'; SELECT pg_sleep(0.5); "
             "COMMIT", schema, schema);
    cr_assert(PQsendQuery(pg->connection, sql));
    cr_assert(!postgres_flush(pg, "send", &error), "%s", error.text);
    PQfinish(pg->connection);
    pg->connection = NULL;
}

/* While the commit is still on its way, a plain look would show the old position. */
Test(outage, a_commit_without_an_answer_is_settled_by_claiming_again)
{
    const char *schema = schema_fresh("unknown");
    struct writer writer = writer_new(schema, 0);
    struct leat_error error = { 0 };
    int status = LEAT_E_RETRY;

    cr_assert(!put(&writer, 0, &error), "%s", error.text);
    send_and_cut(&writer, schema);
    for (int i = 0; i < 100 && status == LEAT_E_RETRY; i++) {
        error = (struct leat_error){ 0 };
        status = sink_begin(writer.sink, &writer.claims[0], &error);
    }
    cr_expect_eq(status, 0, "%s", error.text);
    cr_expect_eq(writer.claims[0].next_offset, 10, "the commit that was cut off counts");
    cr_expect_str_eq(ask("SELECT count(*) FROM unknown.counters WHERE name = 'cut'"), "1");
    sink_close(writer.sink);
}

Test(outage, a_batch_that_was_rolled_back_is_written_again)
{
    const char *schema = schema_fresh("unknown");
    struct writer writer = writer_new(schema, 0);
    struct postgres *pg = (struct postgres *)writer.sink;
    struct leat_error error = { 0 };

    cr_assert(!put(&writer, 1, &error), "%s", error.text);
    cr_assert(!sink_begin(writer.sink, &writer.claims[1], &error));
    PQfinish(pg->connection);
    pg->connection = NULL;
    cr_expect_eq(sink_commit(writer.sink, 10, &error), LEAT_E_RETRY);
    error = (struct leat_error){ 0 };
    cr_expect(!put(&writer, 1, &error), "%s", error.text);
    cr_expect_eq(writer.claims[1].next_offset, 10);
    cr_expect_str_eq(ask("SELECT count(*) FROM unknown.events"), "10");
    sink_close(writer.sink);
}

Test(outage, a_stop_ends_the_wait_for_a_lock)
{
    const char *schema = schema_fresh("stop");
    atomic_bool stop = false;
    struct postgres_options options = { .database = server_conninfo(), .schema = schema,
                                        .id = "test", .tables = both, .table_count = 2,
                                        .stop = &stop };
    struct sink_claim claim = { 0 };
    struct leat_error error = { 0 };
    struct sink *sink;

    cr_assert(!postgres_new(&options, &sink, &error), "%s", error.text);
    cr_assert(!sink_resume(sink, &claim, &error), "%s", error.text);
    atomic_store(&stop, true);
    cr_expect_eq(put_counters(sink, &claim, "a", 1, &error), LEAT_E_STOPPED);
    sink_close(sink);
}

Test(outage, nobody_at_the_address_is_an_outage_with_a_sentence)
{
    struct postgres_options options = { .database = "host=127.0.0.1 port=1", .id = "test",
                                        .tables = both, .table_count = 2 };
    struct sink_claim claim = { 0 };
    struct leat_error error = { 0 };
    struct sink *sink;

    cr_assert(!postgres_new(&options, &sink, &error), "%s", error.text);
    cr_expect_eq(sink_resume(sink, &claim, &error), LEAT_E_RETRY);
    cr_expect(strstr(error.text, "cannot connect to PostgreSQL: "), "%s", error.text);
    sink_close(sink);
}

Test(outage, a_server_that_refuses_us_again_and_again_is_no_outage)
{
    char database[1024];
    struct postgres_options options = { .database = database, .id = "test", .tables = both,
                                        .table_count = 2 };
    struct sink_claim claim = { 0 };
    struct leat_error error = { 0 };
    struct sink *sink;
    int status = LEAT_E_RETRY;

    snprintf(database, sizeof(database), "%s dbname=no_such_database", server_conninfo());
    cr_assert(!postgres_new(&options, &sink, &error), "%s", error.text);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(status, LEAT_E_RETRY);
        error = (struct leat_error){ 0 };
        status = sink_resume(sink, &claim, &error);
    }
    cr_expect_eq(status, LEAT_E_SINK);
    cr_expect(strstr(error.text, "no_such_database"), "%s", error.text);
    sink_close(sink);
}
