/* topic.c - topics of the log in memory: made, looked at, grown, deleted, emptied. */
#include "processor/local/local.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What a broker answers for a topic that was made without the setting. */
static const struct log_setting defaults[] = {
    { "cleanup.policy", "delete" },
    { "retention.ms", "604800000" },
    { "retention.bytes", "-1" },
    { "max.message.bytes", "1048588" },
    { "min.insync.replicas", "1" },
    { "message.timestamp.type", "CreateTime" },
    { "message.timestamp.after.max.ms", "9223372036854775807" },
    { "message.timestamp.before.max.ms", "9223372036854775807" },
};

struct local_topic *local_topic_find(struct local *local, const char *name)
{
    return map_get(&local->topics, leat_bytes_of(name));
}

void local_topic_hold(struct local_topic *topic)
{
    topic->references++;
}

static void topic_free(struct local_topic *topic)
{
    void *value;

    for (int32_t i = 0; i < topic->partition_count; i++)
        local_partition_free(topic->partitions[i]);
    for (size_t i = 0; map_next(&topic->settings, &i, NULL, &value);)
        memory_free(value);
    map_free(&topic->settings);
    memory_free(topic->partitions);
    memory_free(topic->name);
    memory_free(topic);
}

void local_topic_release(struct local_topic *topic)
{
    if (topic && !--topic->references)
        topic_free(topic);
}

struct local_partition *local_topic_partition(struct local_topic *topic, int32_t partition)
{
    return partition >= 0 && partition < topic->partition_count ? topic->partitions[partition]
                                                                : NULL;
}

void local_topic_drop(struct local_topic *topic)
{
    topic->deleted = true;
    for (int32_t i = 0; i < topic->partition_count; i++)
        local_partition_clear(topic->partitions[i]);
}

int local_topic_look(struct log *log, struct log_topic *topic, struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_topic *found;
    int code;

    local_lock(local);
    code = local_fault(local, LOG_LOCAL_LOOK);
    found = local_topic_find(local, topic->name);
    topic->partitions = found ? found->partition_count : 0;
    local_unlock(local);
    return code ? error_set(error, code, "topic '%s' cannot be looked at now", topic->name)
                : LEAT_OK;
}

static const char *setting_of(const struct local_topic *topic, const char *name)
{
    const char *value = map_get(&topic->settings, leat_bytes_of(name));

    for (size_t i = 0; !value && i < sizeof defaults / sizeof *defaults; i++)
        if (!strcmp(defaults[i].name, name))
            value = defaults[i].value;
    return value ? value : "";
}

static int no_topic(const char *name, struct leat_error *error)
{
    return error_set(error, LEAT_E_LOG, "there is no topic '%s'; create it first", name);
}

int local_topic_setting(struct log *log, const char *name, const char *setting, char *text,
                        size_t size, struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_topic *topic;

    local_lock(local);
    topic = local_topic_find(local, name);
    if (topic)
        snprintf(text, size, "%s", setting_of(topic, setting));
    local_unlock(local);
    return topic ? LEAT_OK : no_topic(name, error);
}

static bool name_fits(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    size_t size = strlen(name);

    return size && size <= LIMIT_NAME_BYTES && strcmp(name, ".") && strcmp(name, "..") &&
           strspn(name, allowed) == size;
}

static void add_partitions(struct local_topic *topic, int32_t count)
{
    topic->partitions =
        memory_resize(topic->partitions, (size_t)count, sizeof *topic->partitions);
    while (topic->partition_count < count)
        topic->partitions[topic->partition_count++] = local_partition_new();
}

size_t local_topic_limit(const char *setting)
{
    char *end;
    long long bytes = strtoll(setting, &end, 10);

    return *setting && !*end && bytes > 0 ? (size_t)bytes : LOCAL_MESSAGE_MAX_BYTES;
}

static struct local_topic *topic_new(const struct log_topic *wanted)
{
    struct local_topic *topic = memory_new(sizeof *topic);

    topic->references = 1;
    topic->name = memory_text(wanted->name);
    add_partitions(topic, wanted->partitions);
    for (size_t i = 0; i < wanted->setting_count; i++)
        memory_free(map_put(&topic->settings, leat_bytes_of(wanted->settings[i].name),
                            memory_text(wanted->settings[i].value)));
    topic->message_max_bytes = local_topic_limit(setting_of(topic, "max.message.bytes"));
    return topic;
}

/* Members wait for their topic to appear and to grow. */
static void tell_groups(struct local *local, const char *topic)
{
    void *value;

    for (size_t i = 0; map_next(&local->groups, &i, NULL, &value);) {
        struct local_group *group = value;

        if (group->topic && !strcmp(group->topic, topic))
            local_group_balance(local, group);
    }
    local_wake(local);
}

static int check_count(const char *name, int32_t partitions, struct leat_error *error)
{
    if (partitions >= 1 && partitions <= LIMIT_PARTITIONS)
        return LEAT_OK;
    return error_set(error, LEAT_E_LOG, "topic '%s' cannot have %d partitions: 1 to %d", name,
                     (int)partitions, LIMIT_PARTITIONS);
}

int local_topic_create(struct log *log, const struct log_topic *topic, struct leat_error *error)
{
    struct local *local = (struct local *)log;

    if (!name_fits(topic->name))
        return error_set(error, LEAT_E_LOG,
                         "'%s' is no name for a topic: letters, digits, '.', '_', '-', %d at most",
                         topic->name, LIMIT_NAME_BYTES);
    if (check_count(topic->name, topic->partitions, error))
        return LEAT_E_LOG;
    local_lock(local);
    if (!local_topic_find(local, topic->name)) {
        map_put(&local->topics, leat_bytes_of(topic->name), topic_new(topic));
        tell_groups(local, topic->name);
    }
    local_unlock(local);
    return LEAT_OK;
}

int local_topic_grow(struct log *log, const char *name, int32_t partitions,
                     struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_topic *topic;
    int32_t before = 0;

    if (check_count(name, partitions, error))
        return LEAT_E_LOG;
    local_lock(local);
    topic = local_topic_find(local, name);
    before = topic ? topic->partition_count : 0;
    if (topic && partitions > before) {
        add_partitions(topic, partitions);
        tell_groups(local, name);
    }
    local_unlock(local);
    if (!topic)
        return no_topic(name, error);
    if (partitions < before)
        return error_set(error, LEAT_E_LOG, "topic '%s' has %d partitions and cannot shrink to %d",
                         name, (int)before, (int)partitions);
    return LEAT_OK;
}

int local_topic_delete(struct log *log, const char *name, struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_topic *topic;

    local_lock(local);
    topic = map_remove(&local->topics, leat_bytes_of(name));
    if (topic) {
        local_topic_drop(topic);
        local_group_forget(local, name);
        tell_groups(local, name);
        local_topic_release(topic);
    }
    local_unlock(local);
    return topic ? LEAT_OK : no_topic(name, error);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int local_topic_list(struct log *log, const char *prefix, char ***names, struct leat_error *error)
{
    struct local *local = (struct local *)log;
    size_t count = 0, length = strlen(prefix);
    void *value;

    local_lock(local);
    *names = memory_array(local->topics.count, sizeof **names);
    for (size_t i = 0; map_next(&local->topics, &i, NULL, &value);) {
        struct local_topic *topic = value;

        if (!strncmp(topic->name, prefix, length))
            (*names)[count++] = memory_text(topic->name);
    }
    local_unlock(local);
    qsort(*names, count, sizeof **names, by_name);
    return (int)count;
}

static struct local_partition *find(struct local *local, const char *name, int32_t number,
                                    struct leat_error *error)
{
    struct local_topic *topic = local_topic_find(local, name);
    struct local_partition *partition = topic ? local_topic_partition(topic, number) : NULL;

    if (!topic)
        (void)no_topic(name, error);
    else if (!partition)
        error_set(error, LEAT_E_LOG, "topic '%s' has no partition %d, only %d of them", name,
                  (int)number, (int)topic->partition_count);
    return partition;
}

int local_ends(struct log *log, const char *topic, int32_t number, int64_t *first, int64_t *end,
               struct leat_error *error)
{
    struct local *local = (struct local *)log;
    struct local_partition *partition;
    int code;

    local_lock(local);
    code = local_fault(local, LOG_LOCAL_LOOK);
    partition = find(local, topic, number, error);
    if (partition) {
        *first = partition->first_offset;
        *end = partition->end_offset;
    }
    local_unlock(local);
    if (code)
        return error_set(error, code, "the ends of '%s' cannot be had now", topic);
    return partition ? LEAT_OK : LEAT_E_LOG;
}

static int delete_before(struct local *local, const struct log_position *before,
                         struct leat_error *error)
{
    struct local_partition *partition = find(local, before->topic, before->partition, error);

    if (!partition)
        return LEAT_E_LOG;
    if (before->offset < 0 || before->offset > partition->end_offset)
        return error_set(error, LEAT_E_LOG, "%s/%d ends at %lld: nothing before %lld to delete",
                         before->topic, (int)before->partition, (long long)partition->end_offset,
                         (long long)before->offset);
    local_partition_delete(partition, before->offset);
    return LEAT_OK;
}

int local_delete_records(struct log *log, const struct log_position *before, size_t count,
                         struct leat_error *error)
{
    struct local *local = (struct local *)log;
    int code = LEAT_OK;

    local_lock(local);
    for (size_t i = 0; !code && i < count; i++)
        code = delete_before(local, &before[i], error);
    local_wake(local);
    local_unlock(local);
    return code;
}
