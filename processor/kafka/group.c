/* group.c - membership of a group over the partitions of the task topic.
 *
 * librdkafka's group consumer is subscribed to that topic alone, and what it is given there is
 * paused at once: the partitions stand for tasks and their records are read elsewhere. The member
 * id is noted at each assignment. A commit from a worker's thread fetches the membership as it is
 * at that moment and compares (kafka_group_member()), because a broker accepts a commit with
 * generation -1 and an empty member from anybody, and because what was true in a callback is stale
 * when the next rebalance has begun in the background.
 *
 * The mutex guards the noted member only, and is never held while a callback of the caller runs:
 * revoked() waits for workers, and those ask for the membership.
 *
 * A commit of offsets by the member itself waits while a rebalance is under way: once this client
 * has asked to join again the broker may be a generation ahead of it, and librdkafka takes that
 * refusal for a lost assignment. What it asks is seen by interceptors. It asks because the answer
 * to a heartbeat told it to, which they do not see: so a commit keeps clear of the time around one.
 *
 * A member with a name of its own (group.instance.id) can fence itself: when its session ran out it
 * joins anew, and a heartbeat of before is refused as another's. librdkafka calls that fatal. So a
 * new handle takes its place; but fenced again soon there is a second process of that name.
 *
 * Entry points: kafka_group_join(), kafka_group_member()
 */
#include "processor/kafka/kafka.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"

#include <assert.h>
#include <stdatomic.h>

enum {
    BEAT_CLEAR_MS = 50,
    SESSION_MS = 45000,   /* librdkafka's default */
    REPLACE_SESSIONS = 2, /* fenced sooner than that the name is another's */
};

struct kafka_group {
    struct log_group group;
    struct log_group_options options;
    struct kafka_log *log;
    char *name;
    rd_kafka_t *handle;
    pthread_mutex_t mutex;
    char *member; /* at the last assignment; NULL: none, or lost */
    int32_t *owned;      /* partitions that were taken and not given up */
    size_t owned_count, owned_capacity;
    atomic_llong asked_ms, beat_ms; /* the last heartbeat, and the last answer to one */
    int64_t interval_ms;  /* between heartbeats */
    atomic_bool joining;  /* from the request to join to the answer that brings the assignment */
    bool in_rebalance;   /* a callback runs; commits in it are those of the generation that ends */
    int64_t replaced_ms; /* when the handle was; 0: never */
    bool refused; /* the brokers will not have us in the group */
    int status;   /* of a rebalance that failed */
    struct leat_error error;
};

/* ---- the member id -------------------------------------------------------------------------- */

static void note_member(struct kafka_group *group)
{
    char *id = rd_kafka_memberid(group->handle);

    pthread_mutex_lock(&group->mutex);
    memory_free(group->member);
    group->member = id && *id ? memory_text(id) : NULL;
    pthread_mutex_unlock(&group->mutex);
    if (id)
        rd_kafka_mem_free(group->handle, id);
}

static void forget_member(struct kafka_group *group)
{
    pthread_mutex_lock(&group->mutex);
    memory_free(group->member);
    group->member = NULL;
    pthread_mutex_unlock(&group->mutex);
}

static bool is_member(struct kafka_group *group, const char *id)
{
    bool same;

    pthread_mutex_lock(&group->mutex);
    same = group->member && !strcmp(group->member, id);
    pthread_mutex_unlock(&group->mutex);
    return same;
}

/* librdkafka 2.0 has no getters; its serialised form is "CGMDv2:", the generation as int32 in the
 * machine's order, the group's name and the member id, each with its final zero. */
static int read_metadata(const rd_kafka_consumer_group_metadata_t *metadata, int32_t *generation,
                         char *member, size_t size)
{
    static const char magic[] = "CGMDv2:";
    const size_t head = sizeof(magic) - 1 + sizeof(*generation);
    char *bytes;
    size_t count, name;
    int status = LEAT_E_LOG;

    rd_kafka_error_t *failure =
        rd_kafka_consumer_group_metadata_write(metadata, (void **)&bytes, &count);
    if (failure) {
        rd_kafka_error_destroy(failure);
        return LEAT_E_LOG;
    }
    if (count > head && !memcmp(bytes, magic, sizeof(magic) - 1)) {
        memcpy(generation, bytes + sizeof(magic) - 1, sizeof(*generation));
        name = strnlen(bytes + head, count - head) + 1;
        if (head + name < count) {
            const char *id = bytes + head + name;
            size_t length = strnlen(id, count - head - name);

            status = length < size ? LEAT_OK : LEAT_E_LOG;
            memcpy(member, id, status ? 0 : length);
            member[status ? 0 : length] = 0;
        }
    }
    rd_kafka_mem_free(NULL, bytes);
    return status;
}

static int refuse(struct leat_error *error, const struct kafka_group *group, const char *cause)
{
    return error_set(error, LEAT_E_ABORTED,
                     "no offsets are committed for group '%s': %s; the transaction is aborted",
                     group->name, cause);
}

int kafka_group_member(struct log_group *log_group, rd_kafka_consumer_group_metadata_t **out,
                       struct leat_error *error)
{
    struct kafka_group *group = (struct kafka_group *)log_group;
    rd_kafka_consumer_group_metadata_t *metadata;
    char member[512] = "";
    int32_t generation = -1;
    const char *cause = NULL;

    assert(group);
    metadata = rd_kafka_consumer_group_metadata(group->handle);
    if (!metadata || read_metadata(metadata, &generation, member, sizeof(member)))
        cause = "the membership cannot be read";
    else if (generation < 0 || !*member)
        cause = "this process is no member at the moment";
    else if (!is_member(group, member))
        cause = "the membership is another than at the last assignment";
    else if (rd_kafka_assignment_lost(group->handle))
        cause = "the assignment is lost";
    if (!cause) {
        *out = metadata;
        return LEAT_OK;
    }
    if (metadata)
        rd_kafka_consumer_group_metadata_destroy(metadata);
    return refuse(error, group, cause);
}

/* ---- rebalances ----------------------------------------------------------------------------- */

static bool is_cooperative(const struct kafka_group *group)
{
    const char *protocol = rd_kafka_rebalance_protocol(group->handle);

    return protocol && !strcmp(protocol, "COOPERATIVE");
}

static void note_owned(struct kafka_group *group, const int32_t *numbers, size_t count, bool taken)
{
    size_t kept = 0;

    for (size_t i = 0; i < group->owned_count; i++) {
        bool named = false;

        for (size_t n = 0; n < count; n++)
            named |= numbers[n] == group->owned[i];
        if (!named)
            group->owned[kept++] = group->owned[i];
    }
    group->owned_count = kept;
    for (size_t n = 0; n < count && taken; n++) {
        group->owned = memory_grow(group->owned, group->owned_count, &group->owned_capacity,
                                   sizeof *group->owned);
        group->owned[group->owned_count++] = numbers[n];
    }
}

static void keep_failure(struct kafka_group *group, int status)
{
    if (status && !group->status)
        group->status = status == LEAT_E_RETRY ? LEAT_OK : status;
}

static size_t numbers_of(const rd_kafka_topic_partition_list_t *list, int32_t **numbers)
{
    *numbers = memory_array(list && list->cnt ? (size_t)list->cnt : 1, sizeof(**numbers));
    for (int i = 0; list && i < list->cnt; i++)
        (*numbers)[i] = list->elems[i].partition;
    return list ? (size_t)list->cnt : 0;
}

static void take(struct kafka_group *group, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *failure = NULL;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

    /* An offset of our own spares a question to the coordinator for records nobody reads here. */
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = 0;
    if (is_cooperative(group))
        failure = rd_kafka_incremental_assign(group->handle, list);
    else
        code = rd_kafka_assign(group->handle, list);
    keep_failure(group, kafka_fail_object(&group->error, failure, "take the partitions of '%s'",
                                          group->options.topic));
    keep_failure(group, kafka_fail(&group->error, code, "take the partitions of '%s'",
                                   group->options.topic));
    (void)rd_kafka_pause_partitions(group->handle, list);
}

static void give_up(struct kafka_group *group, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *failure = NULL;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

    if (is_cooperative(group))
        failure = rd_kafka_incremental_unassign(group->handle, list);
    else
        code = rd_kafka_assign(group->handle, NULL);
    keep_failure(group, kafka_fail_object(&group->error, failure, "give up partitions of '%s'",
                                          group->options.topic));
    keep_failure(
        group, kafka_fail(&group->error, code, "give up partitions of '%s'", group->options.topic));
}

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_group *group = opaque;
    bool lost = rd_kafka_assignment_lost(handle);
    int32_t *numbers;
    size_t count = numbers_of(list, &numbers);

    note_owned(group, numbers, count, code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS);
    group->handle = handle; /* a callback may come before rd_kafka_new() has returned */
    group->in_rebalance = true;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        note_member(group);
        if (count)
            group->options.assigned(group->options.user, numbers, count);
        take(group, list);
    } else {
        if (lost)
            forget_member(group);
        if (count)
            group->options.revoked(group->options.user, numbers, count, lost);
        give_up(group, list);
    }
    group->in_rebalance = false;
    memory_free(numbers);
}

static int64_t session_ms(const struct kafka_group *group)
{
    return group->options.session_timeout_ms ? group->options.session_timeout_ms : SESSION_MS;
}

static int open_handle(struct kafka_log *log, struct kafka_group *group, struct leat_error *error);
static int subscribe(struct kafka_group *group, struct leat_error *error);

/* A fatal handle tells no longer what is lost with it. Once it is said no worker has a task, and so
 * none asks for the membership that is being taken away. */
static void lose_all(struct kafka_group *group)
{
    size_t count = group->owned_count;

    forget_member(group);
    group->owned_count = 0;
    if (count)
        group->options.revoked(group->options.user, group->owned, count, true);
}

static int replace_handle(struct kafka_group *group, struct leat_error *error)
{
    int status;

    log_warn("group_fenced", "group=%s instance=%s", group->name, group->options.instance);
    lose_all(group);
    (void)rd_kafka_consumer_close(group->handle);
    rd_kafka_destroy(group->handle);
    group->handle = NULL;
    group->replaced_ms = clock_ms(clock_system());
    status = open_handle(group->log, group, error);
    return status ? status : subscribe(group, error);
}

/* ---- the vtable ----------------------------------------------------------------------------- */

/* Two processes of one name fence each other in turn, each as soon as the other has joined. */
static bool may_replace(const struct kafka_group *group)
{
    int64_t since_ms = clock_ms(clock_system()) - group->replaced_ms;

    return !group->replaced_ms || since_ms > REPLACE_SESSIONS * session_ms(group);
}

static int sort_message(struct kafka_group *group, const rd_kafka_message_t *message,
                        struct leat_error *error)
{
    char text[400];
    rd_kafka_resp_err_t fatal;

    if (!message->err)
        return LEAT_OK;
    fatal = rd_kafka_fatal_error(group->handle, text, sizeof(text));
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID && may_replace(group))
        return LEAT_E_FENCED;
    if (fatal)
        return error_set(error, LEAT_E_LOG, "group '%s': %s", group->name, text);
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
        return error_set(error, LEAT_E_LOG, "group '%s': %s%s", group->name,
                         rd_kafka_message_errstr(message), kafka_advice(message->err));
    default:
        log_warn("group", "group=%s cause=\"%s\"", group->name, rd_kafka_message_errstr(message));
        return LEAT_OK;
    }
}

static int group_poll(struct log_group *log_group, int timeout_ms, struct leat_error *error)
{
    struct kafka_group *group = (struct kafka_group *)log_group;
    rd_kafka_message_t *message = rd_kafka_consumer_poll(group->handle, timeout_ms);
    int status = LEAT_OK;

    while (message && !status) {
        status = sort_message(group, message, error);
        rd_kafka_message_destroy(message);
        message = status ? NULL : rd_kafka_consumer_poll(group->handle, 0);
    }
    group->refused |= status == LEAT_E_LOG;
    if (status == LEAT_E_FENCED)
        status = replace_handle(group, error);
    if (!status && group->status)
        status = error_set(error, LEAT_E_LOG, "%s", group->error.text);
    return status;
}

static bool may_rebalance(struct kafka_group *group)
{
    int64_t now_ms = clock_ms(clock_system());

    return atomic_load(&group->joining) ||
           now_ms - atomic_load(&group->beat_ms) < BEAT_CLEAR_MS ||
           now_ms - atomic_load(&group->asked_ms) > group->interval_ms - BEAT_CLEAR_MS;
}

static int group_commit(struct log_group *log_group, const struct log_position *positions,
                        size_t count, struct leat_error *error)
{
    struct kafka_group *group = (struct kafka_group *)log_group;
    rd_kafka_consumer_group_metadata_t *metadata;
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t code;
    int status;

    status = kafka_group_member(log_group, &metadata, error);
    if (status)
        return status;
    rd_kafka_consumer_group_metadata_destroy(metadata);
    if (!group->in_rebalance && may_rebalance(group))
        return error_set(error, LEAT_E_RETRY, "group '%s' may be in a rebalance", group->name);
    if (!count)
        return LEAT_OK;
    list = kafka_list(positions, count);
    code = rd_kafka_commit(group->handle, list, 0);
    for (int i = 0; i < list->cnt && !code; i++)
        code = list->elems[i].err;
    rd_kafka_topic_partition_list_destroy(list);
    switch (code) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
        return error_set(error, LEAT_E_ABORTED, "no offsets are committed for group '%s': %s",
                         group->name, rd_kafka_err2str(code));
    default:
        return kafka_fail(error, code, "commit offsets of group '%s'", group->name);
    }
}

/* A member that was refused while it joined stays, with its handle, to the end of the process:
 * librdkafka 2.0 has chosen an assignor by then and given it no state, and asserts that it has. */
static void group_free(struct kafka_group *group)
{
    if (group->handle && group->refused)
        return;
    if (group->handle)
        rd_kafka_destroy(group->handle);
    pthread_mutex_destroy(&group->mutex);
    memory_free(group->member);
    memory_free(group->name);
    memory_free(group->options.topic);
    memory_free(group->options.instance);
    memory_free(group->owned);
    memory_free(group);
}

static void group_leave(struct log_group *log_group)
{
    struct kafka_group *group = (struct kafka_group *)log_group;

    if (group->handle)
        (void)rd_kafka_consumer_close(group->handle);
    forget_member(group);
    group_free(group);
}

static const struct log_group_ops group_ops = {
    .poll = group_poll,
    .commit = group_commit,
    .leave = group_leave,
};

/* ---- what the client asks the coordinator ---------------------------------------------------- */

enum { API_JOIN_GROUP = 11, API_HEARTBEAT = 12, API_SYNC_GROUP = 14 };

static rd_kafka_resp_err_t on_request(rd_kafka_t *handle, int socket, const char *broker,
                                      int32_t broker_id, int16_t api, int16_t version,
                                      int32_t number, size_t size, void *opaque)
{
    struct kafka_group *group = opaque;

    if (api == API_HEARTBEAT)
        atomic_store(&group->asked_ms, clock_ms(clock_system()));
    if (api == API_JOIN_GROUP)
        atomic_store(&group->joining, true);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_response(rd_kafka_t *handle, int socket, const char *broker,
                                       int32_t broker_id, int16_t api, int16_t version,
                                       int32_t number, size_t size, int64_t round_trip_us,
                                       rd_kafka_resp_err_t code, void *opaque)
{
    struct kafka_group *group = opaque;

    if (api == API_HEARTBEAT)
        atomic_store(&group->beat_ms, clock_ms(clock_system()));
    if (api == API_SYNC_GROUP)
        atomic_store(&group->joining, false);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *opaque,
                                  char *text, size_t size)
{
    rd_kafka_resp_err_t code =
        rd_kafka_interceptor_add_on_request_sent(handle, "leat", on_request, opaque);

    return code ? code
                : rd_kafka_interceptor_add_on_response_received(handle, "leat", on_response,
                                                                opaque);
}

/* ---- joining -------------------------------------------------------------------------------- */

static int open_handle(struct kafka_log *log, struct kafka_group *group, struct leat_error *error)
{
    const struct log_group_options *options = &group->options;
    rd_kafka_conf_t *conf;
    int status = kafka_conf_new(log, KAFKA_GROUP, &conf, error);

    if (status)
        return status;
    group->interval_ms = options->session_timeout_ms && options->session_timeout_ms < 6000
                             ? options->session_timeout_ms / 6
                             : 1000;
    kafka_conf_set(conf, "group.id", options->group);
    if (options->instance)
        kafka_conf_set(conf, "group.instance.id", options->instance);
    if (options->session_timeout_ms) {
        kafka_conf_number(conf, "session.timeout.ms", options->session_timeout_ms);
        kafka_conf_number(conf, "heartbeat.interval.ms", group->interval_ms);
    }
    rd_kafka_conf_set_opaque(conf, group);
    rd_kafka_conf_interceptor_add_on_new(conf, "leat", on_new, group);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    return kafka_open(conf, RD_KAFKA_CONSUMER, &group->handle, error);
}

static int subscribe(struct kafka_group *group, struct leat_error *error)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t code;

    (void)rd_kafka_poll_set_consumer(group->handle);
    rd_kafka_topic_partition_list_add(topics, group->options.topic, RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(group->handle, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return kafka_fail(error, code, "subscribe group '%s' to '%s'", group->name,
                      group->options.topic);
}

int kafka_group_join(struct log *log, const struct log_group_options *options,
                     struct log_group **out, struct leat_error *error)
{
    struct kafka_group *group = memory_new(sizeof(*group));
    int status;

    assert(options->assigned && options->revoked);
    group->group.ops = &group_ops;
    group->options = *options;
    group->name = memory_text(options->group);
    group->options.topic = memory_text(options->topic);
    pthread_mutex_init(&group->mutex, NULL);
    group->options.group = group->name;
    group->options.instance = memory_text(options->instance);
    group->log = (struct kafka_log *)log;
    status = open_handle(group->log, group, error);
    if (!status)
        status = subscribe(group, error);
    if (status) {
        group_free(group);
        return status;
    }
    *out = &group->group;
    return LEAT_OK;
}
