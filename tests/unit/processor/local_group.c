/* local_group.c - tests of membership and of what a member commits. */
#include "local_log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { PARTITIONS = 6 };

struct watcher { /* one member, and what its callbacks were told */
    struct log_group *group;
    bool owns[PARTITIONS];
    int assigned, revoked, lost; /* calls */
};

static struct bench bench;

static void on_assigned(void *user, const int32_t *partitions, size_t count)
{
    struct watcher *watcher = user;

    watcher->assigned++;
    for (size_t i = 0; i < count; i++) {
        cr_assert(not(watcher->owns[partitions[i]]));
        watcher->owns[partitions[i]] = true;
    }
}

static void on_revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    struct watcher *watcher = user;

    watcher->revoked++;
    watcher->lost += lost;
    for (size_t i = 0; i < count; i++) {
        cr_assert(watcher->owns[partitions[i]]);
        watcher->owns[partitions[i]] = false;
    }
}

static void start(void)
{
    bench_start(&bench);
    bench_topic(&bench, "tasks", PARTITIONS);
    bench_topic(&bench, "t", 1);
}

static void stop(void)
{
    bench_stop(&bench);
}

TestSuite(local_group, .init = start, .fini = stop);

static void join_as(struct watcher *watcher, const char *instance)
{
    struct log_group_options options = {
        .group = "g",
        .topic = "tasks",
        .instance = instance,
        .session_timeout_ms = 6000,
        .assigned = on_assigned,
        .revoked = on_revoked,
        .user = watcher,
    };

    *watcher = (struct watcher){ 0 };
    cr_assert(eq(int, log_group_join(bench.log, &options, &watcher->group, &bench.error),
                 LEAT_OK));
}

static void join(struct watcher *watcher)
{
    join_as(watcher, NULL);
}

static int owned(const struct watcher *watcher)
{
    int count = 0;

    for (int i = 0; i < PARTITIONS; i++)
        count += watcher->owns[i];
    return count;
}

static void serve(struct watcher *watchers, int count)
{
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < count; i++)
            cr_assert(eq(int, log_group_poll(watchers[i].group, 0, &bench.error), LEAT_OK));
}

static int commit(struct log_writer *writer, struct log_group *group, int64_t offset)
{
    struct log_position position = { "t", 0, offset };

    cr_assert(eq(int, log_writer_begin(writer, &bench.error), LEAT_OK));
    return log_writer_commit(writer, group, &position, 1, &bench.error);
}

Test(local_group, one_member_owns_all_and_a_second_takes_half)
{
    struct watcher members[2];

    join(&members[0]);
    serve(members, 1);
    cr_assert(eq(int, owned(&members[0]), PARTITIONS));
    join(&members[1]);
    cr_assert(eq(int, log_group_poll(members[1].group, 0, &bench.error), LEAT_OK));
    cr_assert(eq(int, owned(&members[1]), 0), "an owner must give up first");
    serve(members, 2);
    cr_assert(eq(int, owned(&members[0]), 3));
    cr_assert(eq(int, owned(&members[1]), 3));
    cr_assert(eq(int, members[0].revoked, 1), "what stays is not revoked");
    for (int i = 0; i < PARTITIONS; i++)
        cr_assert(members[0].owns[i] != members[1].owns[i]);
    log_group_leave(members[0].group);
    cr_assert(eq(int, owned(&members[0]), 0));
    serve(members + 1, 1);
    cr_assert(eq(int, owned(&members[1]), PARTITIONS));
    log_group_leave(members[1].group);
}

Test(local_group, many_members_share_evenly_and_those_left_over_own_nothing)
{
    struct watcher members[8];
    int total = 0;

    for (int i = 0; i < 8; i++)
        join(&members[i]);
    serve(members, 8);
    for (int i = 0; i < 8; i++) {
        cr_assert(owned(&members[i]) <= 1);
        total += owned(&members[i]);
    }
    cr_assert(eq(int, total, PARTITIONS));
    for (int i = 0; i < 8; i++)
        log_group_leave(members[i].group);
}

Test(local_group, a_member_that_stops_polling_is_put_out_and_learns_it_when_it_returns)
{
    struct watcher members[2];
    struct log_writer *writer = bench_writer(&bench, "id");
    struct log_position position = { "t", 0, 3 };

    join(&members[0]);
    join(&members[1]);
    serve(members, 2);
    cr_assert(eq(int, commit(writer, members[0].group, 1), LEAT_OK));
    bench_pass(&bench, 5000);
    serve(members + 1, 1);
    bench_pass(&bench, 1000);
    serve(members + 1, 1);
    cr_assert(eq(int, owned(&members[1]), PARTITIONS));
    cr_assert(eq(int, commit(writer, members[0].group, 2), LEAT_E_ABORTED));
    cr_assert(eq(int, log_group_commit(members[0].group, &position, 1, &bench.error),
                 LEAT_E_ABORTED));
    cr_assert(eq(i64, bench_committed(&bench, "g", "t", 0), 1));
    serve(members, 1);
    cr_assert(eq(int, members[0].lost, 1));
    serve(members, 2);
    cr_assert(eq(int, owned(&members[0]), 3), "it joined anew");
    cr_assert(eq(int, commit(writer, members[0].group, 2), LEAT_OK));
    log_writer_free(writer);
    log_group_leave(members[0].group);
    log_group_leave(members[1].group);
}

Test(local_group, a_member_that_owned_nothing_yet_commits_nothing)
{
    struct watcher member;
    struct log_writer *writer = bench_writer(&bench, "id");

    join(&member);
    cr_assert(eq(int, commit(writer, member.group, 1), LEAT_E_ABORTED));
    serve(&member, 1);
    cr_assert(eq(int, commit(writer, member.group, 1), LEAT_OK));
    log_writer_free(writer);
    log_group_leave(member.group);
}

Test(local_group, an_instance_id_belongs_to_the_last_that_joined_with_it)
{
    struct watcher old, new;

    join_as(&old, "i1");
    serve(&old, 1);
    join_as(&new, "i1");
    cr_assert(eq(int, log_group_poll(old.group, 0, &bench.error), LEAT_E_LOG));
    cr_assert(eq(int, old.lost, 1));
    serve(&new, 1);
    cr_assert(eq(int, owned(&new), PARTITIONS));
    log_group_leave(old.group);
    serve(&new, 1);
    cr_assert(eq(int, owned(&new), PARTITIONS));
    log_group_leave(new.group);
}

Test(local_group, a_killed_member_keeps_its_partitions_until_its_session_ends)
{
    struct watcher members[2];

    join(&members[0]);
    serve(members, 1);
    join(&members[1]);
    log_local_abandon_group(members[0].group);
    bench_pass(&bench, 5999);
    serve(members + 1, 1);
    cr_assert(eq(int, owned(&members[1]), 0));
    bench_pass(&bench, 1);
    serve(members + 1, 1);
    cr_assert(eq(int, owned(&members[1]), PARTITIONS));
    log_group_leave(members[1].group);
}

Test(local_group, members_wait_for_their_topic_and_take_what_it_grows_by)
{
    struct watcher member = { 0 };
    struct log_group_options options = { "h",         "later", NULL,   0, on_assigned,
                                         on_revoked, &member };

    cr_assert(eq(int, log_group_join(bench.log, &options, &member.group, &bench.error), LEAT_OK));
    serve(&member, 1);
    cr_assert(eq(int, owned(&member), 0));
    bench_topic(&bench, "later", 1);
    serve(&member, 1);
    cr_assert(eq(int, owned(&member), 1));
    cr_assert(eq(int, log_topic_grow(bench.log, "later", 4, &bench.error), LEAT_OK));
    serve(&member, 1);
    cr_assert(eq(int, owned(&member), 4));
    cr_assert(eq(int, log_topic_delete(bench.log, "later", &bench.error), LEAT_OK));
    serve(&member, 1);
    cr_assert(eq(int, owned(&member), 0));
    log_group_leave(member.group);
}

static int fault_at;
static int fault_code;

static int fault(void *user, enum log_local_point point)
{
    return (int)point == fault_at ? fault_code : LEAT_OK;
}

Test(local_group, offsets_of_a_transaction_that_nobody_ended_are_pending)
{
    struct watcher member;
    struct log_writer *writer = bench_writer(&bench, "id");
    struct log_position position = { "t", 0, 0 };

    join(&member);
    serve(&member, 1);
    cr_assert(eq(int, commit(writer, member.group, 1), LEAT_OK));
    fault_at = LOG_LOCAL_COMMIT;
    fault_code = LEAT_E_FENCED;
    log_local_set_fault(bench.log, fault, NULL);
    cr_assert(eq(int, commit(writer, member.group, 2), LEAT_E_FENCED));
    log_local_set_fault(bench.log, NULL, NULL);
    log_local_abandon_writer(writer);
    cr_assert(eq(int, log_committed(bench.log, "g", &position, 1, &bench.error), LEAT_E_RETRY));
    writer = bench_writer(&bench, "id");
    cr_assert(eq(i64, bench_committed(&bench, "g", "t", 0), 1));
    fault_at = LOG_LOCAL_COMMITTED;
    log_local_set_fault(bench.log, fault, NULL);
    cr_assert(eq(int, commit(writer, member.group, 3), LEAT_E_FENCED));
    cr_assert(eq(i64, bench_committed(&bench, "g", "t", 0), 3), "only the answer was lost");
    log_writer_free(writer);
    log_group_leave(member.group);
}

Test(local_group, tools_commit_only_for_a_group_without_members)
{
    struct watcher member;
    struct log_position position = { "t", 0, 1 };

    join(&member);
    cr_assert(eq(int, log_commit_for(bench.log, "g", &position, 1, &bench.error), LEAT_E_LOG));
    cr_assert(eq(int, log_delete_group(bench.log, "g", &bench.error), LEAT_E_LOG));
    log_group_leave(member.group);
    cr_assert(eq(int, log_commit_for(bench.log, "g", &position, 1, &bench.error), LEAT_OK));
    cr_assert(eq(i64, bench_committed(&bench, "g", "t", 0), 1));
    cr_assert(eq(int, log_delete_group(bench.log, "g", &bench.error), LEAT_OK));
    cr_assert(eq(i64, bench_committed(&bench, "g", "t", 0), LOG_OFFSET_NONE));
}
