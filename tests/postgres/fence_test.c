/* fence_test.c - of two that write one partition, one fails; a frozen one holds nobody up. */
#include "harness.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct sink_table both[] = {
    { .topic = "counters", .table = "counters", .type = &counter_type, .mode = SINK_UPSERT,
      .key = { "name" } },
    { .topic = "events", .table = "events", .type = &event_type, .mode = SINK_FACTS,
      .partition_by = "timestamp" },
};

static struct sink *opened(const char *schema)
{
    struct leat_error error = { 0 };
    struct sink *sink = sink_over(schema, both, 2, &error);

    cr_assert_not_null(sink, "%s", error.text);
    return sink;
}

static void claim_it(struct sink *sink, struct sink_claim *claim)
{
    struct leat_error error = { 0 };

    cr_assert(!sink_resume(sink, claim, &error), "%s", error.text);
}

Test(fence, the_owner_before_can_write_no_more)
{
    const char *schema = schema_fresh("fence");
    struct sink *old = opened(schema), *new = opened(schema);
    struct leat_error error = { 0 };

    for (int table = 0; table < 2; table++) {
        struct sink_claim before = { .table = table }, after = { .table = table };

        error = (struct leat_error){ 0 };
        claim_it(old, &before);
        cr_assert(!table ? !put_counters(old, &before, "abc", 1, &error)
                         : !put_events(old, &before, 3, FRIDAY_MS, &error), "%s", error.text);
        claim_it(new, &after);
        cr_expect_eq(after.next_offset, 3);
        cr_expect_eq(after.epoch, before.epoch + 1);
        cr_expect_eq(table ? put_events(old, &before, 3, FRIDAY_MS, &error)
                           : put_counters(old, &before, "abc", 2, &error), LEAT_E_FENCED);
        error = (struct leat_error){ 0 };
        cr_expect(!table ? !put_counters(new, &after, "de", 3, &error)
                         : !put_events(new, &after, 2, FRIDAY_MS, &error), "%s", error.text);
    }
    cr_expect_str_eq(ask("SELECT * FROM fence.counters ORDER BY 1"), "a|1 b|1 c|1 d|3 e|3");
    cr_expect_str_eq(ask("SELECT source_offset FROM fence.events ORDER BY 1"), "0 1 2 3 4");
    sink_close(old);
    sink_close(new);
}

Test(fence, a_refused_batch_leaves_its_position_where_it_was)
{
    const char *schema = schema_fresh("fence");
    struct sink *sink = opened(schema);
    struct sink_claim claim = { .table = 1 };
    struct leat_error error = { 0 };

    claim_it(sink, &claim);
    cr_assert(!put_events(sink, &claim, 2, FRIDAY_MS, &error), "%s", error.text);
    ask("ALTER TABLE fence.events ADD CHECK (source_offset <> 4)");
    cr_expect_eq(put_events(sink, &claim, 4, FRIDAY_MS, &error), LEAT_E_DATA);
    cr_expect_eq(claim.next_offset, 2);
    cr_expect_str_eq(ask("SELECT count(*) FROM fence.events"), "2");
    cr_expect_str_eq(ask("SELECT next_offset FROM fence.sink_offset"), "2");
    error = (struct leat_error){ 0 };
    cr_expect(!put_events(sink, &claim, 2, FRIDAY_MS, &error), "%s", error.text);
    sink_close(sink);
}

/* ---- races -------------------------------------------------------------------------------- */

struct racer {
    struct sink *sink;
    struct sink_claim claim;
    pthread_barrier_t *start;
    int64_t total;
    int status;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct leat_error error = { 0 };

    pthread_barrier_wait(racer->start);
    racer->status = racer->claim.table
                        ? put_events(racer->sink, &racer->claim, 3, FRIDAY_MS, &error)
                        : put_counters(racer->sink, &racer->claim, "abc", racer->total, &error);
    return NULL;
}

/* Both believe that they own the partition, at the same position and epoch. */
static int winners(struct racer racers[2], int64_t round)
{
    pthread_barrier_t start;
    pthread_t threads[2];

    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        racers[i].start = &start;
        racers[i].total = 2 * round + i;
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    return !racers[0].status + !racers[1].status;
}

/* A loser of the same epoch is told that the batch is committed: so it is, by the other; the
 * rounds begin from what the server says. */
static void race_rounds(int table, int rounds)
{
    const char *schema = schema_fresh("race");
    struct racer racers[2] = { { .sink = opened(schema), .claim = { .table = table } },
                               { .sink = opened(schema), .claim = { .table = table } } };
    int64_t stolen = 0;

    for (int64_t round = 0; round < rounds; round++) {
        claim_it(racers[0].sink, &racers[0].claim);
        claim_it(racers[1].sink, &racers[1].claim);
        cr_assert_eq(winners(racers, round), 1, "round %lld", (long long)round);
        stolen += !racers[0].status;
        cr_assert_eq(atoll(ask("SELECT next_offset FROM race.sink_offset")), 3 * (round + 1));
    }
    cr_expect_eq(stolen, 0, "the later claim wins");
    if (table)
        cr_expect_str_eq(ask("SELECT count(*), count(DISTINCT source_offset) FROM race.events"),
                         "300|300");
    sink_close(racers[0].sink);
    sink_close(racers[1].sink);
}

Test(fence, a_hundred_races_of_upserts_have_one_winner_each)
{
    race_rounds(0, 100);
}

Test(fence, a_hundred_races_of_facts_have_one_winner_each)
{
    race_rounds(1, 100);
}

struct thief {
    struct sink *sink;
    struct sink_claim claim;
    pthread_barrier_t *start;
};

static void *steal(void *argument)
{
    struct thief *thief = argument;
    struct leat_error error = { 0 };

    pthread_barrier_wait(thief->start);
    if (sink_resume(thief->sink, &thief->claim, &error))
        thief->claim.epoch = -1;
    return NULL;
}

/* The claim comes while the batch is on its way: either it is in, and the claim begins behind it,
 * or it is out. */
Test(fence, a_claim_during_a_commit_sees_it_or_stops_it)
{
    const char *schema = schema_fresh("steal");
    struct racer owner = { .sink = opened(schema) };
    struct thief thief = { .sink = opened(schema) };
    int64_t position = 0;

    for (int round = 0; round < 100; round++) {
        pthread_barrier_t start;
        pthread_t threads[2];

        owner.claim.table = thief.claim.table = round % 2;
        claim_it(owner.sink, &owner.claim);
        position = owner.claim.next_offset < 0 ? 0 : owner.claim.next_offset;
        owner.start = thief.start = &start;
        pthread_barrier_init(&start, NULL, 2);
        pthread_create(&threads[0], NULL, race, &owner);
        pthread_create(&threads[1], NULL, steal, &thief);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        pthread_barrier_destroy(&start);
        cr_assert_gt(thief.claim.epoch, 0);
        if (owner.status)
            cr_assert_eq(owner.status, LEAT_E_FENCED);
        if (owner.status)
            cr_assert_leq(thief.claim.next_offset, position);
        else
            cr_assert_eq(thief.claim.next_offset, position + 3);
    }
    sink_close(owner.sink);
    sink_close(thief.sink);
}

/* ---- frozen ------------------------------------------------------------------------------- */

/* A child that has sent half a COPY and is stopped there: its backend has rows whose keys are the
 * successor's own. */
static pid_t frozen_in_copy(const char *schema)
{
    pid_t child = fork();

    if (!child) {
        struct sink *sink = opened(schema);
        struct postgres *pg = (struct postgres *)sink;
        struct sink_claim claim = { .table = 1 };
        struct leat_error error = { 0 };
        struct event event = { LEAT_LITERAL("frozen"), FRIDAY_MS, 1 };
        PGresult *result;

        if (sink_resume(sink, &claim, &error) || put_events(sink, &claim, 1, FRIDAY_MS, &error) ||
            sink_begin(sink, &claim, &error))
            _exit(1);
        for (int i = 0; i < 1000; i++) {
            if (sink_write(sink, &(struct sink_row){ .value = &event, .offset = 1 + i }, &error))
                _exit(1);
        }
        PQsendQuery(pg->connection, pg->tables[1].put);
        result = PQgetResult(pg->connection);
        if (PQresultStatus(result) != PGRES_COPY_IN)
            _exit(1);
        PQputCopyData(pg->connection, pg->tables[1].values[0].data,
                      (int)pg->tables[1].values[0].size);
        PQflush(pg->connection);
        raise(SIGSTOP);
        _exit(0);
    }
    return child;
}

Test(fence, a_successor_takes_over_from_an_owner_frozen_inside_a_copy)
{
    const char *schema = schema_fresh("frozen");
    pid_t child = frozen_in_copy(schema);
    struct sink_claim claim = { .table = 1 };
    struct leat_error error = { 0 };
    struct sink *sink;
    int status = LEAT_E_RETRY, how;

    cr_assert_eq(waitpid(child, &how, WUNTRACED), child);
    cr_assert(WIFSTOPPED(how), "the child did not get into its COPY");
    wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat-sink test' "
             "AND wait_event = 'ClientRead' AND state = 'active'", "1");
    sink = opened(schema);
    claim_it(sink, &claim);
    cr_assert_eq(claim.next_offset, 1);
    for (int i = 0; i < 5 && status == LEAT_E_RETRY; i++) {
        error = (struct leat_error){ 0 };
        status = put_events(sink, &claim, 4, FRIDAY_MS, &error);
    }
    cr_expect_eq(status, 0, "%s", error.text);
    cr_expect_str_eq(ask("SELECT count(*), count(*) FILTER (WHERE name = 'frozen') FROM "
                         "frozen.events"), "5|0");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    sink_close(sink);
}

/* The worst case, which the sink's own statements never make: the position's row itself is held
 * by a backend that waits for its client. */
Test(fence, a_claim_ends_the_backend_that_holds_the_position)
{
    const char *schema = schema_fresh("frozen");
    struct sink *old = opened(schema), *new = opened(schema);
    struct postgres *pg = (struct postgres *)old;
    struct sink_claim before = { 0 }, after = { 0 };
    struct leat_error error = { 0 };

    claim_it(old, &before);
    cr_assert(!put_counters(old, &before, "a", 1, &error), "%s", error.text);
    cr_assert(!postgres_do(pg, "hold", "SET idle_in_transaction_session_timeout = 0; BEGIN; "
                           "UPDATE frozen.sink_offset SET next_offset = 77", &error), "%s",
              error.text);
    claim_it(new, &after);
    cr_expect_eq(after.next_offset, 1);
    cr_expect(!put_counters(new, &after, "b", 1, &error), "%s", error.text);
    error = (struct leat_error){ 0 };
    cr_expect_eq(put_counters(old, &before, "c", 1, &error), LEAT_E_RETRY);
    error = (struct leat_error){ 0 };
    cr_expect_eq(put_counters(old, &before, "c", 1, &error), LEAT_E_FENCED);
    sink_close(old);
    sink_close(new);
}
