/* groups.c - the contract: members, what they own, what they commit. */
#include "bench.h"
#include "contract.h"

void contract_shares_partitions_between_two_members(struct log *log)
{
    const char *tasks = bench_topic(log, 6), *group = bench_name("group");
    struct bench_member first, second;

    bench_join(log, group, tasks, &first);
    bench_until_owned(&first, 6, NULL, 0);
    bench_join(log, group, tasks, &second);
    bench_until_owned(&first, 3, &second, 3);
    cr_assert_geq(first.revoked, 1);
    cr_assert_eq(first.lost + second.lost, 0);
    for (int i = 0; i < 6; i++)
        cr_assert_neq(first.owns[i], second.owns[i]);
    log_group_leave(first.group);
    cr_assert_eq(first.owned, 0);
    cr_assert_eq(first.lost, 0);
    bench_until_owned(&second, 6, NULL, 0);
    log_group_leave(second.group);
    cr_assert_eq(second.owned, 0);
}

void contract_commits_as_a_member_without_transactions(struct log *log)
{
    const char *topic = bench_topic(log, 2), *tasks = bench_topic(log, 2);
    const char *group = bench_name("group");
    struct log_position positions[] = { { topic, 0, 3 }, { topic, 1, 4 } };
    struct leat_error error = { 0 };
    struct bench_member member;

    bench_join(log, group, tasks, &member);
    FAILS(LEAT_E_ABORTED, log_group_commit(member.group, positions, 2, &error));
    bench_until_owned(&member, 2, NULL, 0);
    OK(log_group_commit(member.group, positions, 2, &error));
    positions[0].offset = positions[1].offset = 0;
    OK(log_committed(log, group, positions, 2, &error));
    cr_assert_eq(positions[0].offset, 3);
    cr_assert_eq(positions[1].offset, 4);
    FAILS(LEAT_E_LOG, log_commit_for(log, group, positions, 2, &error));
    log_group_leave(member.group);
}

void contract_commits_offsets_for_a_group_without_members(struct log *log)
{
    const char *topic = bench_topic(log, 1), *group = bench_name("group");
    struct log_position position = { topic, 0, 17 };
    struct leat_error error = { 0 };

    OK(log_commit_for(log, group, &position, 1, &error));
    position.offset = 0;
    OK(log_committed(log, group, &position, 1, &error));
    cr_assert_eq(position.offset, 17);
    OK(log_delete_group(log, group, &error));
    OK(log_committed(log, group, &position, 1, &error));
    cr_assert_eq(position.offset, LOG_OFFSET_NONE);
    OK(log_delete_group(log, group, &error));
}
