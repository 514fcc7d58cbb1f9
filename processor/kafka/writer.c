/* writer.c - queues records, and hands the rest to delivery.c and transaction.c.
 *
 * rd_kafka_producev() with a topic's handle is the cheapest way in: rd_kafka_produce() has no
 * timestamp, and librdkafka writes its own clock where none is given.
 *
 * Entry point: kafka_writer_new()
 */
#include "processor/kafka/writer.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>

enum {
    QUEUE_BYTES = 16 << 20,
    TRANSACTION_TIMEOUT_MS = 10000,
    METADATA_MS = 2000,
    FULL_WAIT_MS = 1,
    SENDS_A_POLL = 512, /* reports are taken in between, since they hold the records' memory */
    FREE_ABORT_MS = 5000,
};

/* ---- topics --------------------------------------------------------------------------------- */

/* The first record to a topic would wait for the client's next look at its metadata, up to a
 * second; an outage here is met again, and waited out, when records are sent. */
static size_t warm_metadata(struct kafka_writer *writer, rd_kafka_topic_t *handle)
{
    const struct rd_kafka_metadata *metadata;
    size_t partitions;

    if (rd_kafka_metadata(writer->handle, 0, handle, &metadata, METADATA_MS))
        return 0;
    partitions = metadata->topic_cnt ? (size_t)metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    return partitions;
}

static void open_target(struct kafka_writer *writer, struct kafka_target *target)
{
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(writer->handle);

    rd_kafka_topic_conf_set_opaque(conf, target);
    target->handle = rd_kafka_topic_new(writer->handle, target->name, conf);
    assert(target->handle);
    delivery_ends_new(target, warm_metadata(writer, target->handle));
}

static int writer_topic(struct log_writer *log_writer, const char *topic)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;
    struct kafka_target *target;

    for (size_t i = 0; i < writer->target_count; i++)
        if (!strcmp(writer->targets[i]->name, topic))
            return (int)i;
    target = memory_new(sizeof(*target));
    target->name = memory_text(topic);
    target->number = (int)writer->target_count;
    open_target(writer, target);
    writer->targets = memory_grow(writer->targets, writer->target_count, &writer->target_capacity,
                                  sizeof(struct kafka_target *));
    writer->targets[writer->target_count++] = target;
    return target->number;
}

/* ---- sending -------------------------------------------------------------------------------- */

static rd_kafka_headers_t *headers_of(const struct log_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);

    for (size_t i = 0; i < record->header_count; i++) {
        const struct log_header *header = &record->headers[i];

        rd_kafka_header_add(headers, header->name, -1, header->value.data,
                            (ssize_t)header->value.size);
    }
    return headers;
}

static rd_kafka_resp_err_t produce(struct kafka_writer *writer, const struct log_record *record)
{
    const struct kafka_target *target = writer->targets[record->topic];

    return rd_kafka_producev(
        writer->handle, RD_KAFKA_V_RKT(target->handle), RD_KAFKA_V_PARTITION(record->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.data, record->value.size),
        RD_KAFKA_V_KEY((void *)(uintptr_t)record->key.data, record->key.size),
        RD_KAFKA_V_TIMESTAMP(record->timestamp_ms ? record->timestamp_ms : 1),
        RD_KAFKA_V_OPAQUE((void *)(uintptr_t)record->tag), RD_KAFKA_V_END);
}

static rd_kafka_resp_err_t produce_with_headers(struct kafka_writer *writer,
                                                const struct log_record *record)
{
    const struct kafka_target *target = writer->targets[record->topic];
    rd_kafka_headers_t *headers = headers_of(record);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        writer->handle, RD_KAFKA_V_RKT(target->handle), RD_KAFKA_V_PARTITION(record->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.data, record->value.size),
        RD_KAFKA_V_KEY((void *)(uintptr_t)record->key.data, record->key.size),
        RD_KAFKA_V_TIMESTAMP(record->timestamp_ms ? record->timestamp_ms : 1),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)record->tag),
        RD_KAFKA_V_END);

    if (code) /* else librdkafka owns them */
        rd_kafka_headers_destroy(headers);
    return code;
}

static int refuse(struct kafka_writer *writer, const struct log_record *record,
                  rd_kafka_resp_err_t code, struct leat_error *error)
{
    const char *topic = writer->targets[record->topic]->name;

    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return error_set(error, LEAT_E_LIMIT,
                         "a record of %zu bytes for topic '%s' is larger than message.max.bytes: "
                         "raise kafka.message.max.bytes and the topic's max.message.bytes",
                         record->key.size + record->value.size, topic);
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return error_set(error, LEAT_E_LOG, "topic '%s' has no partition %d", topic,
                         record->partition);
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
        return error_set(error, LEAT_E_FENCED, "write to topic '%s': %s", topic,
                         rd_kafka_err2str(code));
    case RD_KAFKA_RESP_ERR__STATE:
        return error_set(error, LEAT_E_ABORTED, "write to topic '%s': the transaction has failed",
                         topic);
    default:
        return kafka_fail(error, code, "write to topic '%s'", topic);
    }
}

static int writer_send(struct log_writer *log_writer, const struct log_record *record,
                       struct leat_error *error)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;
    rd_kafka_resp_err_t code;

    assert(record->topic >= 0 && (size_t)record->topic < writer->target_count);
    assert(writer->open || !writer->transactional);
    if (record->key.size + record->value.size > writer->queue_bytes)
        return error_set(
            error, LEAT_E_LIMIT,
            "a record of %zu bytes for topic '%s' is larger than the writer's queue of "
            "%zu bytes: raise leat.memory.max.bytes",
            record->key.size + record->value.size, writer->targets[record->topic]->name,
            writer->queue_bytes);
    writer->zero_timestamp = !record->timestamp_ms;
    for (;;) {
        writer->zero_done = false;
        code =
            record->header_count ? produce_with_headers(writer, record) : produce(writer, record);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        if (writer->failed || rd_kafka_fatal_error(writer->handle, NULL, 0)) {
            code = RD_KAFKA_RESP_ERR__STATE;
            break;
        }
        rd_kafka_poll(writer->handle, FULL_WAIT_MS);
        writer_waits(writer);
    }
    if (++writer->sends % SENDS_A_POLL == 0)
        rd_kafka_poll(writer->handle, 0);
    return code ? refuse(writer, record, code, error) : LEAT_OK;
}

static int writer_flush(struct log_writer *log_writer, struct leat_error *error)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;
    int status = delivery_flush(writer, error);

    if (!writer->transactional)
        delivery_reset(writer);
    return status;
}

static bool writer_failure(struct log_writer *log_writer, struct log_failure *failure)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;

    if (writer->failure_named)
        *failure = writer->failure;
    return writer->failure_named;
}

static int64_t writer_end(struct log_writer *log_writer, int topic, int32_t partition)
{
    const struct kafka_writer *writer = (const struct kafka_writer *)log_writer;

    return delivery_end(writer->targets[topic], partition);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void close_handle(struct kafka_writer *writer)
{
    if (!writer->handle)
        return;
    if (writer->open && writer->transactional && !rd_kafka_fatal_error(writer->handle, NULL, 0))
        rd_kafka_error_destroy(rd_kafka_abort_transaction(writer->handle, FREE_ABORT_MS));
    rd_kafka_purge(writer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(writer->handle, 0);
    for (size_t i = 0; i < writer->target_count; i++)
        rd_kafka_topic_destroy(writer->targets[i]->handle);
    rd_kafka_destroy(writer->handle);
    writer->handle = NULL;
    writer->open = false;
}

static void writer_free(struct log_writer *log_writer)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;

    close_handle(writer);
    for (size_t i = 0; i < writer->target_count; i++) {
        memory_free(writer->targets[i]->name);
        memory_free((const void *)(uintptr_t)writer->targets[i]->ends);
        memory_free(writer->targets[i]);
    }
    if (writer->offsets)
        rd_kafka_topic_partition_list_destroy(writer->offsets);
    memory_free(writer->targets);
    memory_free(writer->transactional_id);
    memory_free(writer);
}

static const struct log_writer_ops writer_ops = {
    .topic = writer_topic,
    .begin = transaction_begin,
    .send = writer_send,
    .flush = writer_flush,
    .commit = transaction_commit,
    .abort = transaction_abort,
    .failure = writer_failure,
    .free = writer_free,
    .end = writer_end,
};

static int open_handle(struct kafka_writer *writer, struct leat_error *error)
{
    rd_kafka_conf_t *conf;
    int status = kafka_conf_new(writer->log, KAFKA_WRITER, &conf, error);

    if (status)
        return status;
    kafka_conf_number(conf, "queue.buffering.max.kbytes", (int64_t)(writer->queue_bytes >> 10) + 1);
    if (writer->patience_ms)
        kafka_conf_number(conf, "message.timeout.ms", writer->patience_ms);
    if (writer->transactional) {
        kafka_conf_set(conf, "transactional.id", writer->transactional_id);
        kafka_conf_number(conf, "transaction.timeout.ms", writer->transaction_timeout_ms);
    }
    delivery_prepare(conf, writer);
    status = kafka_open(conf, RD_KAFKA_PRODUCER, &writer->handle, error);
    return status || !writer->transactional ? status : transaction_init(writer, error);
}

int writer_reopen(struct kafka_writer *writer, struct leat_error *error)
{
    int status;

    close_handle(writer);
    status = open_handle(writer, error);
    for (size_t i = 0; i < writer->target_count && writer->handle; i++)
        open_target(writer, writer->targets[i]);
    return status;
}

int kafka_writer_new(struct log *log, const struct log_writer_options *options,
                     struct log_writer **out, struct leat_error *error)
{
    struct kafka_writer *writer = memory_new(sizeof(*writer));
    int status;

    writer->writer.ops = &writer_ops;
    writer->log = (struct kafka_log *)log;
    writer->transactional = options->transactional_id != NULL;
    writer->transactional_id = memory_text(options->transactional_id);
    writer->transaction_timeout_ms =
        options->transaction_timeout_ms ? options->transaction_timeout_ms : TRANSACTION_TIMEOUT_MS;
    writer->patience_ms = options->patience_ms;
    writer->waits = options->waits;
    writer->user = options->user;
    writer->queue_bytes = options->queue_bytes ? options->queue_bytes : QUEUE_BYTES;
    status = open_handle(writer, error);
    if (status) {
        writer_free(&writer->writer);
        return status;
    }
    *out = &writer->writer;
    return LEAT_OK;
}
