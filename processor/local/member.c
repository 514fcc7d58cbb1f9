/* member.c - a member of a group, as its process sees it.
 *
 * The group's side (balance.c) knows members by number. A handle whose number is gone was away
 * longer than its session: it has lost what it owned, is told so when it next polls, and joins
 * anew under another number. */
#include "processor/local/local.h"

#include "base/memory.h"

#include <assert.h>

struct member {
    struct log_group super;
    struct local *local;
    struct local_group *group;
    struct log_group_options options; /* the texts in it are not kept */
    char *instance;
    int64_t id;
    int64_t assigned_id; /* the number it had at the last assignment; 0: none since it was lost */
    int32_t *owned, *moving; /* what its callbacks were told; room for what they are being told */
    size_t owned_count, moving_count, capacity;
};

static bool fenced(const struct member *member)
{
    struct local_group *group = member->group;

    for (size_t i = 0; member->instance && i < group->member_count; i++)
        if (group->members[i].instance && group->members[i].id != member->id &&
            !strcmp(group->members[i].instance, member->instance))
            return true;
    return false;
}

static void make_room(struct member *member)
{
    size_t count = (size_t)member->group->partition_count;

    if (count <= member->capacity)
        return;
    member->owned = memory_resize(member->owned, count, sizeof *member->owned);
    member->moving = memory_resize(member->moving, count, sizeof *member->moving);
    member->capacity = count;
}

static bool owns(const struct member *member, int32_t partition)
{
    for (size_t i = 0; i < member->owned_count; i++)
        if (member->owned[i] == partition)
            return true;
    return false;
}

/* A callback may take its time and use the log: the lock is let go, and the session held. */
static void call(struct member *member, bool taken, bool lost)
{
    const struct log_group_options *options = &member->options;
    struct local_member *mine = local_group_member(member->group, member->id);

    if (mine)
        mine->busy = true;
    local_unlock(member->local);
    if (taken)
        options->assigned(options->user, member->moving, member->moving_count);
    else
        options->revoked(options->user, member->moving, member->moving_count, lost);
    local_lock(member->local);
    mine = local_group_member(member->group, member->id);
    if (!mine)
        return;
    mine->busy = false;
    mine->polled_us = clock_us(member->local->clock);
    if (mine->session_us > 0)
        local_expires_at(member->local, mine->polled_us + mine->session_us);
}

/* Gives up what is in moving: callback first, then it is another's to take. */
static void give_up(struct member *member, bool lost)
{
    struct local_group *group = member->group;
    size_t kept = 0;

    call(member, false, lost);
    for (size_t i = 0; i < member->moving_count; i++)
        if (group->owner[member->moving[i]] == member->id)
            group->owner[member->moving[i]] = 0;
    for (size_t i = 0; i < member->owned_count; i++) {
        bool gone = false;

        for (size_t j = 0; j < member->moving_count; j++)
            gone |= member->owned[i] == member->moving[j];
        if (!gone)
            member->owned[kept++] = member->owned[i];
    }
    member->owned_count = kept;
    local_wake(member->local);
}

static bool revoke(struct member *member)
{
    member->moving_count = 0;
    for (size_t i = 0; i < member->owned_count; i++)
        if (member->group->target[member->owned[i]] != member->id)
            member->moving[member->moving_count++] = member->owned[i];
    if (!member->moving_count)
        return false;
    give_up(member, false);
    return true;
}

static bool assign(struct member *member)
{
    struct local_group *group = member->group;

    make_room(member);
    member->moving_count = 0;
    for (int32_t i = 0; i < group->partition_count; i++)
        if (group->target[i] == member->id && !group->owner[i] && !owns(member, i)) {
            group->owner[i] = member->id;
            member->moving[member->moving_count++] = i;
        }
    if (!member->moving_count)
        return false;
    memcpy(member->owned + member->owned_count, member->moving,
           member->moving_count * sizeof *member->moving);
    member->owned_count += member->moving_count;
    member->assigned_id = member->id;
    call(member, true, false);
    return true;
}

static void give_all_up(struct member *member, bool lost)
{
    if (lost)
        member->assigned_id = 0;
    member->moving_count = member->owned_count;
    if (!member->owned_count)
        return;
    memcpy(member->moving, member->owned, member->owned_count * sizeof *member->owned);
    give_up(member, lost);
}

static void join(struct member *member)
{
    member->id = local_group_add(member->local, member->group, member->instance,
                                 (int64_t)member->options.session_timeout_ms * 1000);
}

static bool serve(struct member *member)
{
    struct local_member *mine = local_group_member(member->group, member->id);
    bool moved = false;

    if (!mine) {
        moved = member->owned_count > 0;
        give_all_up(member, true);
        if (fenced(member))
            return true;
        join(member);
        mine = local_group_member(member->group, member->id);
    }
    mine->polled_us = clock_us(member->local->clock);
    if (revoke(member))
        moved = true;
    return (local_group_member(member->group, member->id) && assign(member)) || moved;
}

static int member_poll(struct log_group *super, int timeout_ms, struct leat_error *error)
{
    struct member *member = (struct member *)super;
    struct timespec until = local_until(timeout_ms);
    bool alone;

    local_lock(member->local);
    while (!serve(member) && local_wait(member->local, timeout_ms, &until))
        ;
    alone = local_group_member(member->group, member->id) || !fenced(member);
    local_unlock(member->local);
    return alone ? LEAT_OK
                 : error_set(error, LEAT_E_LOG,
                             "another member of group '%s' has the instance id '%s'",
                             member->group->name, member->instance);
}

struct local_group *local_group_of(struct log_group *super)
{
    struct member *member = (struct member *)super;
    bool valid = member->assigned_id == member->id &&
                 local_group_member(member->group, member->id);

    return valid ? member->group : NULL;
}

static int member_commit(struct log_group *super, const struct log_position *positions,
                         size_t count, struct leat_error *error)
{
    struct member *member = (struct member *)super;
    struct local_group *group;

    local_lock(member->local);
    group = local_group_of(super);
    for (size_t i = 0; group && i < count; i++)
        local_group_offset(group, positions[i].topic, positions[i].partition)->offset =
            positions[i].offset;
    local_unlock(member->local);
    return group ? LEAT_OK
                 : error_set(error, LEAT_E_ABORTED,
                             "the membership in group '%s' is gone; nothing was committed",
                             member->group->name);
}

static void member_free(struct member *member)
{
    memory_free(member->instance);
    memory_free(member->owned);
    memory_free(member->moving);
    memory_free(member);
}

static void member_leave(struct log_group *super)
{
    struct member *member = (struct member *)super;

    local_lock(member->local);
    give_all_up(member, !local_group_member(member->group, member->id));
    if (local_group_member(member->group, member->id))
        local_group_remove(member->local, member->group, member->id);
    local_unlock(member->local);
    member_free(member);
}

void log_local_abandon_group(struct log_group *super)
{
    if (super)
        member_free((struct member *)super);
}

/* A static member takes the place of the one that had its instance id. */
static void replace(struct member *member)
{
    struct local_group *group = member->group;

    for (size_t i = 0; member->instance && i < group->member_count; i++)
        if (group->members[i].instance &&
            !strcmp(group->members[i].instance, member->instance)) {
            local_group_remove(member->local, group, group->members[i].id);
            return;
        }
}

static int subscribe(struct local_group *group, const struct log_group_options *options,
                     struct leat_error *error)
{
    if (group->topic && strcmp(group->topic, options->topic)) {
        if (group->member_count)
            return error_set(error, LEAT_E_LOG, "members of group '%s' subscribe to '%s', not '%s'",
                             group->name, group->topic, options->topic);
        memory_free(group->topic);
        group->topic = NULL;
    }
    if (!group->topic)
        group->topic = memory_text(options->topic);
    return LEAT_OK;
}

int local_group_join(struct log *log, const struct log_group_options *options,
                     struct log_group **out, struct leat_error *error)
{
    static const struct log_group_ops ops = { member_poll, member_commit, member_leave };
    struct local *local = (struct local *)log;
    struct member *member;
    struct local_group *group;
    int code;

    assert(options->assigned && options->revoked);
    local_lock(local);
    group = local_group_find(local, options->group);
    code = local_fault(local, LOG_LOCAL_JOIN);
    if (code)
        error_set(error, code, "group '%s' cannot be joined now", options->group);
    else
        code = subscribe(group, options, error);
    if (!code) {
        member = memory_new(sizeof *member);
        *member = (struct member){ .super = { &ops }, .local = local, .group = group,
                                   .options = *options };
        member->instance = memory_text(options->instance);
        replace(member);
        join(member);
        *out = &member->super;
    }
    local_unlock(local);
    return code;
}
