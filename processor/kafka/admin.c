/* admin.c - topics: look, list, create, grow, delete, describe.
 *
 * A change that the controller has taken shows on the brokers a moment later; who creates a topic
 * wants to use it, so create, grow and delete return when the change shows.
 *
 * Entry points: kafka_topic_look(), kafka_topic_setting(), kafka_topic_create(),
 *               kafka_topic_grow(), kafka_topic_delete(), kafka_topic_list()
 * See also:     admin_call.c, which asks and waits
 */
#include "processor/kafka/admin_call.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what there is -------------------------------------------------------------------------- */

static int partitions_of(const struct rd_kafka_metadata *metadata, struct log_topic *topic,
                         struct leat_error *error)
{
    const struct rd_kafka_metadata_topic *found = metadata->topics;

    topic->partitions = 0;
    if (metadata->topic_cnt < 1 || found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return LEAT_OK;
    if (found->err && found->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        return kafka_fail(error, found->err, "look at topic '%s'", topic->name);
    topic->partitions = found->partition_cnt;
    return LEAT_OK;
}

int kafka_topic_look(struct log *log, struct log_topic *topic, struct leat_error *error)
{
    struct kafka_log *kafka = (struct kafka_log *)log;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka->client, topic->name, NULL);
    const struct rd_kafka_metadata *metadata;
    char action[300];
    int status;

    if (!handle)
        return error_set(error, LEAT_E_ARGUMENT, "'%s' is no name for a topic", topic->name);
    snprintf(action, sizeof action, "look at topic '%s'", topic->name);
    status = kafka_metadata(kafka, handle, action, &metadata, error);
    if (!status) {
        status = partitions_of(metadata, topic, error);
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return status;
}

int kafka_topic_list(struct log *log, const char *prefix, char ***names, struct leat_error *error)
{
    struct kafka_log *kafka = (struct kafka_log *)log;
    const struct rd_kafka_metadata *metadata;
    size_t length = strlen(prefix), count = 0;
    int status = kafka_metadata(kafka, NULL, "list the topics", &metadata, error);

    if (status)
        return status;
    *names = memory_array((size_t)metadata->topic_cnt + 1, sizeof(char *));
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (!strncmp(metadata->topics[i].topic, prefix, length))
            (*names)[count++] = memory_text(metadata->topics[i].topic);
    rd_kafka_metadata_destroy(metadata);
    return (int)count;
}

/* Waits until the topic shows the partitions that were asked for (0: until it shows none). */
static int await_partitions(struct log *log, const char *name, int32_t partitions,
                            struct leat_error *error)
{
    struct log_topic topic = { .name = name };
    int64_t deadline = clock_ms(clock_system()) + KAFKA_CALL_MS;

    do {
        int status = kafka_topic_look(log, &topic, error);

        if (status && status != LEAT_E_RETRY)
            return status;
        if (!status && (partitions ? topic.partitions >= partitions : !topic.partitions))
            return LEAT_OK;
        clock_sleep_ms(20);
    } while (clock_ms(clock_system()) < deadline);
    return error_set(error, LEAT_E_RETRY,
                     "the brokers do not show the change of topic '%s' after %d s", name,
                     KAFKA_CALL_MS / 1000);
}

/* ---- create, grow, delete ------------------------------------------------------------------- */

static void create_start(rd_kafka_t *client, const void *subject, rd_kafka_AdminOptions_t *options,
                         rd_kafka_queue_t *queue)
{
    rd_kafka_NewTopic_t *topic = (rd_kafka_NewTopic_t *)(uintptr_t)subject;

    rd_kafka_CreateTopics(client, &topic, 1, options, queue);
}

int kafka_topic_create(struct log *log, const struct log_topic *topic, struct leat_error *error)
{
    struct kafka_log *kafka = (struct kafka_log *)log;
    struct kafka_call call = { create_start, RD_KAFKA_ADMIN_OP_CREATETOPICS };
    char text[400];
    rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(topic->name, topic->partitions,
                                                        topic->replication, text, sizeof(text));
    int status;

    if (!wanted)
        return error_set(error, LEAT_E_ARGUMENT, "create topic '%s': %s", topic->name, text);
    for (size_t i = 0; i < topic->setting_count; i++)
        if (rd_kafka_NewTopic_set_config(wanted, topic->settings[i].name,
                                         topic->settings[i].value)) {
            rd_kafka_NewTopic_destroy(wanted);
            return error_set(error, LEAT_E_ARGUMENT, "topic '%s': '%s' is no setting", topic->name,
                             topic->settings[i].name);
        }
    call.subject = wanted;
    call.harmless = RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
    status = kafka_call_topics(kafka, &call, error, "create topic '%s'", topic->name);
    rd_kafka_NewTopic_destroy(wanted);
    return status ? status : await_partitions(log, topic->name, 1, error);
}

static void grow_start(rd_kafka_t *client, const void *subject, rd_kafka_AdminOptions_t *options,
                       rd_kafka_queue_t *queue)
{
    rd_kafka_NewPartitions_t *growth = (rd_kafka_NewPartitions_t *)(uintptr_t)subject;

    rd_kafka_CreatePartitions(client, &growth, 1, options, queue);
}

int kafka_topic_grow(struct log *log, const char *topic, int32_t partitions,
                     struct leat_error *error)
{
    struct kafka_log *kafka = (struct kafka_log *)log;
    struct log_topic now = { .name = topic };
    struct kafka_call call = { grow_start, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS };
    char text[400];
    rd_kafka_NewPartitions_t *growth;
    int status = kafka_topic_look(log, &now, error);

    if (status || now.partitions == partitions)
        return status;
    growth = rd_kafka_NewPartitions_new(topic, (size_t)partitions, text, sizeof(text));
    if (!growth)
        return error_set(error, LEAT_E_ARGUMENT, "grow topic '%s': %s", topic, text);
    call.subject = growth;
    status = kafka_call_topics(kafka, &call, error, "grow topic '%s' from %d to %d partitions",
                               topic, now.partitions, partitions);
    rd_kafka_NewPartitions_destroy(growth);
    return status ? status : await_partitions(log, topic, partitions, error);
}

static void delete_start(rd_kafka_t *client, const void *subject, rd_kafka_AdminOptions_t *options,
                         rd_kafka_queue_t *queue)
{
    rd_kafka_DeleteTopic_t *topic = (rd_kafka_DeleteTopic_t *)(uintptr_t)subject;

    rd_kafka_DeleteTopics(client, &topic, 1, options, queue);
}

int kafka_topic_delete(struct log *log, const char *topic, struct leat_error *error)
{
    struct kafka_log *kafka = (struct kafka_log *)log;
    struct kafka_call call = { delete_start, RD_KAFKA_ADMIN_OP_DELETETOPICS };
    rd_kafka_DeleteTopic_t *wanted = rd_kafka_DeleteTopic_new(topic);
    int status;

    call.subject = wanted;
    status = kafka_call_topics(kafka, &call, error, "delete topic '%s'", topic);
    rd_kafka_DeleteTopic_destroy(wanted);
    return status ? status : await_partitions(log, topic, 0, error);
}

/* ---- settings ------------------------------------------------------------------------------- */

static void describe_start(rd_kafka_t *client, const void *subject,
                           rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    rd_kafka_ConfigResource_t *resource = (rd_kafka_ConfigResource_t *)(uintptr_t)subject;

    rd_kafka_DescribeConfigs(client, &resource, 1, options, queue);
}

static void find_setting(const rd_kafka_ConfigResource_t *resource, const char *name, char *text,
                         size_t size)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rd_kafka_ConfigEntry_name(entries[i]), name)) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);

            snprintf(text, size, "%s", value ? value : "");
        }
}

int kafka_topic_setting(struct log *log, const char *topic, const char *name, char *text,
                        size_t size, struct leat_error *error)
{
    struct kafka_log *kafka = (struct kafka_log *)log;
    struct kafka_call call = { describe_start, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS };
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    const rd_kafka_ConfigResource_t **results;
    rd_kafka_event_t *event = NULL;
    rd_kafka_resp_err_t code;
    size_t count;
    int status;

    call.subject = resource;
    status = kafka_call(kafka, &call, &event, error, "read the settings of topic '%s'", topic);
    if (!status) {
        results = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
        code = count ? rd_kafka_ConfigResource_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
        status = kafka_fail(error, code, "read the settings of topic '%s'", topic);
        /* Of a topic that was just made the broker that is asked may not have heard yet. */
        if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            status = error->code = LEAT_E_RETRY;
        if (!status && count)
            find_setting(results[0], name, text, size);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy(resource);
    return status;
}
