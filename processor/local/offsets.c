/* offsets.c - what groups committed, and what of it a transaction has not ended yet. */
#include "processor/local/local.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>

struct local_group *local_group_find(struct local *local, const char *name)
{
    struct local_group *group = map_get(&local->groups, leat_bytes_of(name));

    if (group)
        return group;
    group = memory_new(sizeof *group);
    group->name = memory_text(name);
    map_put(&local->groups, leat_bytes_of(name), group);
    return group;
}

void local_group_free(struct local_group *group)
{
    void *value;

    for (size_t i = 0; map_next(&group->offsets, &i, NULL, &value);)
        memory_free(value);
    for (size_t i = 0; i < group->member_count; i++)
        memory_free(group->members[i].instance);
    map_free(&group->offsets);
    memory_free(group->members);
    memory_free(group->owner);
    memory_free(group->target);
    memory_free(group->topic);
    memory_free(group->name);
    memory_free(group);
}

/* The key is the partition's four bytes, then the topic. */
struct local_offset *local_group_offset(struct local_group *group, const char *topic,
                                        int32_t partition)
{
    char text[sizeof partition + LIMIT_NAME_BYTES];
    size_t size = strlen(topic);
    struct leat_bytes key = { text, sizeof partition + size };
    struct local_offset *offset;

    assert(size <= LIMIT_NAME_BYTES);
    memcpy(text, &partition, sizeof partition);
    memcpy(text + sizeof partition, topic, size);
    offset = map_get(&group->offsets, key);
    if (offset)
        return offset;
    offset = memory_new(sizeof *offset);
    offset->offset = LOG_OFFSET_NONE;
    map_put(&group->offsets, key, offset);
    return offset;
}

static void forget(struct local_group *group, struct leat_bytes topic)
{
    struct leat_bytes key;
    void *value;

    for (size_t i = 0; map_next(&group->offsets, &i, &key, &value);) {
        struct local_offset *offset = value;
        struct leat_bytes name = { key.data + sizeof(int32_t), key.size - sizeof(int32_t) };

        if (!topic.data || leat_bytes_equal(name, topic))
            offset->offset = LOG_OFFSET_NONE;
    }
}

void local_group_forget(struct local *local, const char *topic)
{
    void *value;

    for (size_t i = 0; map_next(&local->groups, &i, NULL, &value);)
        forget(value, leat_bytes_of(topic));
}

int local_committed(struct log *log, const char *name, struct log_position *positions,
                    size_t count, struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_group *group;
    int code;

    local_lock(local);
    code = local_fault(local, LOG_LOCAL_LOOK);
    group = local_group_find(local, name);
    for (size_t i = 0; i < count; i++) {
        struct local_offset *offset =
            local_group_offset(group, positions[i].topic, positions[i].partition);

        positions[i].offset = offset->offset;
        if (offset->pending)
            code = LEAT_E_RETRY;
    }
    local_unlock(local);
    return code ? error_set(error, code,
                            "group '%s' has offsets that a transaction has not ended yet", name)
                : LEAT_OK;
}

int local_commit_for(struct log *log, const char *name, const struct log_position *positions,
                     size_t count, struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_group *group;
    size_t members;

    local_lock(local);
    group = local_group_find(local, name);
    members = group->member_count;
    for (size_t i = 0; !members && i < count; i++)
        local_group_offset(group, positions[i].topic, positions[i].partition)->offset =
            positions[i].offset;
    local_unlock(local);
    return members ? error_set(error, LEAT_E_LOG, "group '%s' has %zu members; stop them first",
                               name, members)
                   : LEAT_OK;
}

int local_delete_group(struct log *log, const char *name, struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_group *group;
    size_t members;

    local_lock(local);
    group = local_group_find(local, name);
    members = group->member_count;
    if (!members)
        forget(group, (struct leat_bytes){ NULL, 0 });
    local_unlock(local);
    return members ? error_set(error, LEAT_E_LOG, "group '%s' has %zu members; stop them first",
                               name, members)
                   : LEAT_OK;
}
