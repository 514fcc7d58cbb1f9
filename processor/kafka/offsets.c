/* offsets.c - ends of partitions, committed offsets, deletion of records and of groups.
 *
 * The ends come from a handle that reads uncommitted: one that reads committed is told the last
 * stable offset, which lies before what a restore must read. What a group has committed is asked
 * of the coordinator with "require stable", so that a pending transaction is waited for and never
 * looked through.
 *
 * Entry points: kafka_ends(), kafka_ends_now(), kafka_committed(), kafka_commit_for(),
 *               kafka_delete_group(), kafka_delete_records()
 */
#include "processor/kafka/admin_call.h"

#include "base/memory.h"

#include <inttypes.h>

enum {
    COMMITTED_MS = 5000, /* patience with a pending transaction in one call */
    ENDS_MS = 1000,      /* and of one who only wants to know */
};

rd_kafka_topic_partition_list_t *kafka_list(const struct log_position *positions, size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, positions[i].topic, positions[i].partition)
            ->offset = positions[i].offset;
    return list;
}

/* ---- ends ----------------------------------------------------------------------------------- */

int kafka_ends(struct log *log, const char *topic, int32_t partition, int64_t *first, int64_t *end,
               struct leat_error *error)
{
    struct kafka_log *kafka = (struct kafka_log *)log;
    struct log_topic known = { .name = topic };
    rd_kafka_resp_err_t code;
    /* The question below waits for ever for a partition that does not exist. */
    int status = kafka_topic_look(log, &known, error);

    if (status)
        return status;
    if (partition >= known.partitions)
        return error_set(error, LEAT_E_LOG, "topic '%s' has no partition %d: it has %d", topic,
                         partition, known.partitions);
    code = rd_kafka_query_watermark_offsets(kafka->client, topic, partition, first, end,
                                            KAFKA_CALL_MS);
    return kafka_fail(error, code, "read the ends of %s-%d", topic, partition);
}

/* ---- a group's offsets ---------------------------------------------------------------------- */

static int offsets_handle(struct kafka_log *kafka, const char *group, rd_kafka_t **out,
                          struct leat_error *error)
{
    rd_kafka_conf_t *conf;
    int status = LEAT_OK;

    pthread_mutex_lock(&kafka->mutex);
    *out = map_get(&kafka->offsets, leat_bytes_of(group));
    if (!*out) {
        status = kafka_conf_new(kafka, KAFKA_OFFSETS, &conf, error);
        if (!status) {
            kafka_conf_set(conf, "group.id", group);
            status = kafka_open(conf, RD_KAFKA_CONSUMER, out, error);
        }
        if (!status)
            map_put(&kafka->offsets, leat_bytes_of(group), *out);
    }
    pthread_mutex_unlock(&kafka->mutex);
    return status;
}

void kafka_offsets_free(struct kafka_log *log)
{
    struct leat_bytes group;
    void *handle;

    for (size_t i = 0; map_next(&log->offsets, &i, &group, &handle);)
        rd_kafka_destroy(handle);
    map_free(&log->offsets);
}

/* A timestamp of -1 asks for the end: of what is committed, where the handle reads committed. */
int kafka_ends_now(struct kafka_log *kafka, bool committed, rd_kafka_topic_partition_list_t *list)
{
    struct leat_error error = { 0 };
    rd_kafka_t *handle = kafka->client;
    int status = committed ? offsets_handle(kafka, kafka->client_id, &handle, &error) : LEAT_OK;

    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    return status ? status : kafka_status(rd_kafka_offsets_for_times(handle, list, ENDS_MS));
}

static int take_offset(const rd_kafka_topic_partition_t *found, const char *group,
                       struct log_position *position, struct leat_error *error)
{
    int status = kafka_fail(error, found->err, "read the offset of group '%s' for %s-%d", group,
                            found->topic, found->partition);

    if (!status)
        position->offset = found->offset >= 0 ? found->offset : LOG_OFFSET_NONE;
    return status;
}

int kafka_committed(struct log *log, const char *group, struct log_position *positions,
                    size_t count, struct leat_error *error)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_t *handle;
    rd_kafka_resp_err_t code;
    int status = offsets_handle((struct kafka_log *)log, group, &handle, error);

    if (status || !count)
        return status;
    list = kafka_list(positions, count);
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
    code = rd_kafka_committed(handle, list, COMMITTED_MS);
    status = kafka_fail(error, code, "read the offsets of group '%s'", group);
    for (int i = 0; i < list->cnt && !status; i++)
        status = take_offset(&list->elems[i], group, &positions[i], error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

int kafka_commit_for(struct log *log, const char *group, const struct log_position *positions,
                     size_t count, struct leat_error *error)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_t *handle;
    rd_kafka_resp_err_t code;
    int status = offsets_handle((struct kafka_log *)log, group, &handle, error);

    if (status || !count)
        return status;
    list = kafka_list(positions, count);
    code = rd_kafka_commit(handle, list, 0);
    status = code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
                 ? error_set(error, LEAT_E_LOG,
                             "group '%s' has running members: stop them before its offsets are set",
                             group)
                 : kafka_fail(error, code, "set the offsets of group '%s'", group);
    for (int i = 0; i < list->cnt && !status; i++)
        status = kafka_fail(error, list->elems[i].err, "set the offset of group '%s' for %s-%d",
                            group, list->elems[i].topic, list->elems[i].partition);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

/* ---- deletion ------------------------------------------------------------------------------- */

static void delete_group_start(rd_kafka_t *client, const void *subject,
                               rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    rd_kafka_DeleteGroup_t *group = (rd_kafka_DeleteGroup_t *)(uintptr_t)subject;

    rd_kafka_DeleteGroups(client, &group, 1, options, queue);
}

int kafka_delete_group(struct log *log, const char *group, struct leat_error *error)
{
    struct kafka_call call = { delete_group_start, RD_KAFKA_ADMIN_OP_DELETEGROUPS };
    rd_kafka_DeleteGroup_t *wanted = rd_kafka_DeleteGroup_new(group);
    const rd_kafka_group_result_t **results;
    const rd_kafka_error_t *failure;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_event_t *event;
    size_t count;
    int status;

    call.subject = wanted;
    status = kafka_call((struct kafka_log *)log, &call, &event, error, "delete group '%s'", group);
    if (!status) {
        results =
            rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count);
        failure = count ? rd_kafka_group_result_error(results[0]) : NULL;
        if (failure)
            code = rd_kafka_error_code(failure);
        if (code != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
            status = kafka_fail(error, code, "delete group '%s'", group);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_DeleteGroup_destroy(wanted);
    return status;
}

static void delete_records_start(rd_kafka_t *client, const void *subject,
                                 rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    rd_kafka_DeleteRecords_t *before = (rd_kafka_DeleteRecords_t *)(uintptr_t)subject;

    rd_kafka_DeleteRecords(client, &before, 1, options, queue);
}

/* The client asks the leaders that it knows, and goes on asking them when they have changed, until
 * somebody has it look at the topic again. */
static void look_again(struct log *log, const char *topic)
{
    struct log_topic again = { .name = topic };
    struct leat_error ignored = { 0 };

    (void)!kafka_topic_look(log, &again, &ignored);
}

static int check_deleted(struct log *log, rd_kafka_event_t *event, struct leat_error *error)
{
    const rd_kafka_topic_partition_list_t *list =
        rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
    int status = LEAT_OK;

    for (int i = 0; list && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *found = &list->elems[i];

        if (found->err)
            look_again(log, found->topic);
        if (!status)
            status = kafka_fail(error, found->err, "delete records of %s-%d", found->topic,
                                found->partition);
    }
    return status;
}

int kafka_delete_records(struct log *log, const struct log_position *before, size_t count,
                         struct leat_error *error)
{
    struct kafka_call call = { delete_records_start, RD_KAFKA_ADMIN_OP_DELETERECORDS };
    rd_kafka_topic_partition_list_t *list = kafka_list(before, count);
    rd_kafka_DeleteRecords_t *wanted = rd_kafka_DeleteRecords_new(list);
    rd_kafka_event_t *event;
    int status;

    call.subject = wanted;
    status = kafka_call((struct kafka_log *)log, &call, &event, error, "delete records");
    if (!status) {
        status = check_deleted(log, event, error);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_DeleteRecords_destroy(wanted);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
