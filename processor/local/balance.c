/* balance.c - who is to own which partition of the task topic.
 *
 * Sticky: as many partitions as can stay with their owner, and no member has two more than another.
 * Cooperative: a partition has an owner and a target; while they differ the owner gives it up when
 * it next polls, and only then may the target take it. All others go on undisturbed.
 */
#include "processor/local/local.h"

#include "base/memory.h"

#include <assert.h>

struct local_member *local_group_member(struct local_group *group, int64_t id)
{
    for (size_t i = 0; id && i < group->member_count; i++)
        if (group->members[i].id == id)
            return &group->members[i];
    return NULL;
}

static int32_t targets_of(const struct local_group *group, int64_t id)
{
    int32_t count = 0;

    for (int32_t i = 0; i < group->partition_count; i++)
        count += group->target[i] == id;
    return count;
}

/* Partitions that are no more stay in the arrays, with no target, until their owner let go. */
static int32_t fit(struct local *local, struct local_group *group)
{
    struct local_topic *topic = group->topic ? local_topic_find(local, group->topic) : NULL;
    int32_t count = topic ? topic->partition_count : 0;

    if (count > group->partition_count) {
        size_t more = (size_t)(count - group->partition_count) * sizeof *group->owner;

        group->owner = memory_resize(group->owner, (size_t)count, sizeof *group->owner);
        group->target = memory_resize(group->target, (size_t)count, sizeof *group->target);
        memset(group->owner + group->partition_count, 0, more);
        memset(group->target + group->partition_count, 0, more);
        group->partition_count = count;
    }
    return count;
}

/* Each partition stays where it is, or where it was going. */
static void keep(struct local_group *group, int32_t count)
{
    for (int32_t i = 0; i < group->partition_count; i++) {
        if (i >= count)
            group->target[i] = 0;
        else if (local_group_member(group, group->owner[i]))
            group->target[i] = group->owner[i];
        else if (!local_group_member(group, group->target[i]))
            group->target[i] = 0;
    }
}

static int64_t extreme(const struct local_group *group, bool most, int32_t *count)
{
    int64_t found = 0;

    for (size_t i = 0; i < group->member_count; i++) {
        int32_t have = targets_of(group, group->members[i].id);

        if (!found || (most ? have > *count : have < *count)) {
            found = group->members[i].id;
            *count = have;
        }
    }
    return found;
}

static void move_one(struct local_group *group, int64_t from, int64_t to)
{
    for (int32_t i = group->partition_count; i-- > 0;)
        if (group->target[i] == from) {
            group->target[i] = to;
            return;
        }
}

void local_group_balance(struct local *local, struct local_group *group)
{
    int32_t count = fit(local, group), most, least;

    keep(group, count);
    if (group->member_count) {
        for (int32_t i = 0; i < count; i++)
            if (!group->target[i])
                group->target[i] = extreme(group, false, &least);
        for (;;) {
            int64_t rich = extreme(group, true, &most), poor = extreme(group, false, &least);

            if (most - least < 2)
                break;
            move_one(group, rich, poor);
        }
    }
    local_wake(local);
}

int64_t local_group_add(struct local *local, struct local_group *group, const char *instance,
                        int64_t session_us)
{
    struct local_member member = {
        .id = ++local->last_member,
        .instance = memory_text(instance),
        .session_us = session_us,
        .polled_us = clock_us(local->clock),
    };

    group->members = memory_grow(group->members, group->member_count, &group->member_capacity,
                                 sizeof *group->members);
    group->members[group->member_count++] = member;
    if (session_us > 0)
        local_expires_at(local, member.polled_us + session_us);
    local_group_balance(local, group);
    return member.id;
}

void local_group_remove(struct local *local, struct local_group *group, int64_t id)
{
    struct local_member *member = local_group_member(group, id);
    size_t at = (size_t)(member - group->members);

    assert(member);
    memory_free(member->instance);
    memmove(member, member + 1, (--group->member_count - at) * sizeof *member);
    for (int32_t i = 0; i < group->partition_count; i++)
        if (group->owner[i] == id)
            group->owner[i] = 0;
    local_group_balance(local, group);
}

static void expire_members(struct local *local, struct local_group *group, int64_t now_us)
{
    for (size_t i = group->member_count; i-- > 0;) {
        struct local_member *member = &group->members[i];

        if (member->session_us <= 0)
            continue;
        if (now_us >= member->polled_us + member->session_us && !member->busy)
            local_group_remove(local, group, member->id);
        else if (!member->busy)
            local_expires_at(local, member->polled_us + member->session_us);
    }
}

void local_group_expire(struct local *local, int64_t now_us)
{
    void *value;

    for (size_t i = 0; map_next(&local->groups, &i, NULL, &value);)
        expire_members(local, value, now_us);
}
