/* verify_kafka.c - topics of a broker, read committed, up to the high watermark.
 *
 * Uses librdkafka directly: what is judged reads through the engine's own log, and a mistake there
 * must not repeat itself here. The high watermark comes from a handle that reads uncommitted, since
 * one that reads committed would name the last stable offset; a transaction that stays open between
 * the two is an error.
 */
#include "blackfriday/verify.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>

#define GROUP "blackfriday-verify"

enum { TIMEOUT_MS = 15000, LOOK_MS = 500, STALLED_MS = 60000, POLL_MS = 500 };

struct kafka {
    struct verify_input input; /* first */
    rd_kafka_t *committed, *uncommitted;
    bool met;          /* the brokers have answered once */
    char refusal[400]; /* why the brokers would not, as far as it was told */
};

/* One topic while it is read. */
struct topic {
    const char *name;
    int32_t partitions;
    int64_t *ends;  /* high watermarks */
    bool *done;
    int32_t left;   /* partitions that are not */
};

/* Told when a handle is polled. An outage looks the same but for this. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct kafka *kafka = opaque;

    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
        snprintf(kafka->refusal, sizeof kafka->refusal, "%s", reason);
}

static int kafka_error(struct leat_error *error, const char *action, const char *name,
                       rd_kafka_resp_err_t code)
{
    static const char advice[] =
        "; our user lacks a right, docs/security.md lists those that are needed";
    bool group = code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    bool denied = group || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;

    return error_set(error, LEAT_E_LOG, "cannot %s '%s'%s: %s%s", action, name,
                     group ? " as group '" GROUP "'" : "", rd_kafka_err2str(code),
                     denied ? advice : "");
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value,
               struct leat_error *error)
{
    char text[256];

    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
        return LEAT_OK;
    return error_set(error, LEAT_E_ARGUMENT, "kafka.%s: %s", name, text);
}

static int consumer_new(const char *brokers, const char *isolation,
                        const struct verify_setting *settings, size_t count,
                        struct kafka *kafka, rd_kafka_t **out, struct leat_error *error)
{
    const struct verify_setting own[] = {
        { "bootstrap.servers", brokers },   { "group.id", GROUP },
        { "isolation.level", isolation },   { "enable.auto.commit", "false" },
        { "auto.offset.reset", "earliest" }, { "enable.partition.eof", "true" },
        { "queued.max.messages.kbytes", "65536" }, { "fetch.wait.max.ms", "50" },
        { "client.id", "blackfriday-verify" }, { "socket.nagle.disable", "true" },
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];
    int code = LEAT_OK;

    for (size_t i = 0; !code && i < sizeof own / sizeof *own; i++)
        code = set(conf, own[i].name, own[i].value, error);
    for (size_t i = 0; !code && i < count; i++)
        code = set(conf, settings[i].name, settings[i].value, error);
    rd_kafka_conf_set_opaque(conf, kafka);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (!code) {
        *out = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
        if (*out)
            return LEAT_OK; /* conf is the handle's now */
        code = error_set(error, LEAT_E_LOG, "cannot make a consumer: %s", text);
    }
    rd_kafka_conf_destroy(conf);
    return code;
}

/* Brokers that refuse us are asked no longer than it takes to hear why. Errors of the handle that
 * reads come with its records, so the other one is asked; then the reader, which has to know where
 * the topic's partitions are before it is given them. */
static rd_kafka_resp_err_t ask(struct kafka *kafka, rd_kafka_topic_t *topic,
                               const struct rd_kafka_metadata **metadata)
{
    int64_t deadline = clock_ms(clock_system()) + TIMEOUT_MS;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;

    while (!kafka->met && !*kafka->refusal && clock_ms(clock_system()) < deadline) {
        code = rd_kafka_metadata(kafka->uncommitted, 0, NULL, metadata, LOOK_MS);
        kafka->met = !code;
        if (!code)
            rd_kafka_metadata_destroy(*metadata);
        rd_kafka_poll(kafka->uncommitted, 0);
    }
    return kafka->met ? rd_kafka_metadata(kafka->committed, 0, topic, metadata, TIMEOUT_MS) : code;
}

static int kafka_partitions(struct verify_input *input, const char *topic, struct leat_error *error)
{
    struct kafka *kafka = (struct kafka *)input;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka->committed, topic, NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code;
    int count = 0;

    if (!handle)
        return kafka_error(error, "look at topic", topic, rd_kafka_last_error());
    code = ask(kafka, handle, &metadata);
    rd_kafka_topic_destroy(handle);
    if (code && *kafka->refusal)
        return error_set(error, LEAT_E_LOG, "the brokers refuse verify: %s", kafka->refusal);
    if (code)
        return kafka_error(error, "look at topic", topic, code);
    if (metadata->topic_cnt == 1 && !metadata->topics[0].err)
        count = metadata->topics[0].partition_cnt;
    else if (metadata->topic_cnt == 1 &&
             metadata->topics[0].err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
             metadata->topics[0].err != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        count = kafka_error(error, "look at topic", topic, metadata->topics[0].err);
    rd_kafka_metadata_destroy(metadata);
    return count;
}

/* ---- reading ------------------------------------------------------------------------------ */

static int assign(struct kafka *kafka, struct topic *topic, struct leat_error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(topic->partitions);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

    for (int32_t p = 0; !code && p < topic->partitions; p++) {
        int64_t first;

        code = rd_kafka_query_watermark_offsets(kafka->uncommitted, topic->name, p, &first,
                                                &topic->ends[p], TIMEOUT_MS);
        topic->done[p] = first >= topic->ends[p];
        if (!topic->done[p])
            topic->left++;
        rd_kafka_topic_partition_list_add(list, topic->name, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    if (!code)
        code = rd_kafka_assign(kafka->committed, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? kafka_error(error, "read topic", topic->name, code) : LEAT_OK;
}

static void reached(struct topic *topic, int32_t partition, int64_t next)
{
    if (topic->done[partition] || next < topic->ends[partition])
        return;
    topic->done[partition] = true;
    topic->left--;
}

static size_t headers_of(const rd_kafka_message_t *message, struct verify_header *headers)
{
    rd_kafka_headers_t *list;
    size_t count = 0;
    const void *value;

    if (rd_kafka_message_headers(message, &list))
        return 0;
    while (count < LIMIT_HEADERS &&
           !rd_kafka_header_get_all(list, count, &headers[count].name, &value,
                                    &headers[count].value.size)) {
        headers[count].value.data = value;
        count++;
    }
    return count;
}

static int hand_over(const struct topic *topic, const rd_kafka_message_t *message,
                     verify_each each, void *user)
{
    struct verify_header headers[LIMIT_HEADERS];
    struct verify_record record = {
        .key = { message->key, message->key_len },
        .value = { message->payload, message->len },
        .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
        .offset = message->offset,
        .partition = message->partition,
        .headers = headers,
    };

    if (topic->done[message->partition]) /* written since the reading began */
        return LEAT_OK;
    record.header_count = headers_of(message, headers);
    return each(user, &record);
}

static int take(struct topic *topic, const rd_kafka_message_t *message, verify_each each,
                void *user, struct leat_error *error)
{
    int code;

    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        reached(topic, message->partition, message->offset);
        return LEAT_OK;
    }
    if (message->err)
        return kafka_error(error, "read topic", topic->name, message->err);
    code = hand_over(topic, message, each, user);
    reached(topic, message->partition, message->offset + 1);
    return code;
}

static int stalled(const struct topic *topic, struct leat_error *error)
{
    for (int32_t p = 0; p < topic->partitions; p++)
        if (!topic->done[p])
            return error_set(error, LEAT_E_LOG,
                             "topic '%s' partition %" PRId32 " cannot be read to its end at %"
                             PRId64 ": a transaction is still open, or the broker is away",
                             topic->name, p, topic->ends[p]);
    return LEAT_OK;
}

/* An end-of-partition event stands at the last stable offset: where a transaction is still open it
 * comes before the high watermark, and another follows when the transaction has ended. */
static int read_all(struct kafka *kafka, struct topic *topic, verify_each each, void *user,
                    struct leat_error *error)
{
    int64_t heard_ms = clock_ms(clock_system());
    int code = LEAT_OK;

    while (!code && topic->left) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka->committed, POLL_MS);

        if (message) {
            heard_ms = clock_ms(clock_system());
            code = take(topic, message, each, user, error);
            rd_kafka_message_destroy(message);
        } else if (clock_ms(clock_system()) - heard_ms > STALLED_MS) {
            code = stalled(topic, error);
        }
    }
    return code;
}

static int kafka_read(struct verify_input *input, const char *name, verify_each each, void *user,
                      struct leat_error *error)
{
    struct kafka *kafka = (struct kafka *)input;
    struct topic topic = { .name = name };
    int code = kafka_partitions(input, name, error);

    if (code <= 0)
        return code;
    topic.partitions = code;
    topic.ends = memory_array((size_t)code, sizeof *topic.ends);
    topic.done = memory_array((size_t)code, sizeof *topic.done);
    code = assign(kafka, &topic, error);
    if (!code)
        code = read_all(kafka, &topic, each, user, error);
    rd_kafka_assign(kafka->committed, NULL);
    memory_free(topic.ends);
    memory_free(topic.done);
    return code;
}

/* ---- life --------------------------------------------------------------------------------- */

static void kafka_free(struct verify_input *input)
{
    struct kafka *kafka = (struct kafka *)input;

    if (kafka->committed) {
        rd_kafka_consumer_close(kafka->committed);
        rd_kafka_destroy(kafka->committed);
    }
    if (kafka->uncommitted)
        rd_kafka_destroy(kafka->uncommitted);
    memory_free(kafka);
}

int verify_kafka_new(const char *brokers, const struct verify_setting *settings, size_t count,
                     struct verify_input **out, struct leat_error *error)
{
    struct kafka *kafka = memory_new(sizeof *kafka);
    int code;

    kafka->input = (struct verify_input){ kafka_partitions, kafka_read, kafka_free };
    code = consumer_new(brokers, "read_committed", settings, count, kafka, &kafka->committed,
                        error);
    if (!code)
        code = consumer_new(brokers, "read_uncommitted", settings, count, kafka,
                            &kafka->uncommitted, error);
    if (!code) {
        rd_kafka_poll_set_consumer(kafka->committed);
        *out = &kafka->input;
        return LEAT_OK;
    }
    kafka_free(&kafka->input);
    return code;
}
