/* delivery.c - what becomes of a record after it was queued.
 *
 * Brokers refuse a whole batch for the fault of one record, and librdkafka reports all of them.
 * The one that is named to the caller is the likeliest culprit: the largest of a batch that is too
 * large, the latest timestamp of one that lies ahead, a record without a key in a compacted topic;
 * else the first. What a purge or an outage took is nobody's fault and is not named.
 *
 * librdkafka takes a timestamp of 0 for "now", and its interface has no other word for it. The
 * record is sent with timestamp 1, and the interceptor that sees it on its way into the queue sets
 * the field behind the public struct to 0. It is kept only if rd_kafka_message_timestamp() then
 * says 0, so that a librdkafka with another layout leaves the record at 1 ms, with a warning.
 *
 * Entry points: delivery_prepare(), delivery_reset(), delivery_fail(), delivery_flush(),
 *               delivery_end()
 */
#include "processor/kafka/writer.h"

#include "base/logline.h"
#include "base/memory.h"

enum { MESSAGE_WORDS = 8 }; /* of the message behind its public part that are looked at */

/* ---- failures ------------------------------------------------------------------------------- */

static bool is_own_fault(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return true;
    default:
        return false;
    }
}

/* librdkafka has no timestamp to tell of a message that carries an error. */
static int64_t timestamp_of(const rd_kafka_message_t *message)
{
    rd_kafka_message_t *own = (rd_kafka_message_t *)(uintptr_t)message;
    rd_kafka_resp_err_t code = own->err;
    int64_t timestamp_ms;

    own->err = RD_KAFKA_RESP_ERR_NO_ERROR;
    timestamp_ms = rd_kafka_message_timestamp(own, NULL);
    own->err = code;
    return timestamp_ms;
}

static int64_t weight_of(const rd_kafka_message_t *message)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return (int64_t)(message->len + message->key_len);
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
        return timestamp_of(message);
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return message->key ? 0 : 1;
    default:
        return 0;
    }
}

static void name_failure(struct kafka_writer *writer, const rd_kafka_message_t *message)
{
    const struct kafka_target *target = rd_kafka_topic_opaque(message->rkt);
    int64_t weight = weight_of(message);

    if (writer->failure_named &&
        (writer->failure_code != message->err || weight <= writer->failure_weight))
        return;
    writer->failure_named = true;
    writer->failure_code = message->err;
    writer->failure_weight = weight;
    writer->failure.tag = (uint64_t)(uintptr_t)message->_private;
    writer->failure.topic = target->number;
    error_set(&writer->failure.error,
              message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? LEAT_E_LIMIT : LEAT_E_LOG,
              "a record of %zu bytes could not be written to %s-%d: %s%s",
              message->len + message->key_len, target->name, message->partition,
              rd_kafka_err2str(message->err), kafka_advice(message->err));
}

/* ---- ends ----------------------------------------------------------------------------------- */

void delivery_ends_new(struct kafka_target *target, size_t partitions)
{
    if (partitions <= target->partitions)
        return;
    memory_free((const void *)(uintptr_t)target->ends);
    target->ends = memory_array(partitions, sizeof *target->ends);
    target->partitions = partitions;
}

/* In librdkafka's threads, one for each broker. A retry of what was written already is answered
 * without its offset: then the end is not known. */
static rd_kafka_resp_err_t on_acknowledged(rd_kafka_t *handle, rd_kafka_message_t *message,
                                           void *opaque)
{
    struct kafka_target *target;
    int64_t end = message->offset >= 0 ? message->offset + 1 : 0;

    if (message->err)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    target = rd_kafka_topic_opaque(message->rkt);
    if (message->partition >= 0 && (size_t)message->partition < target->partitions)
        atomic_store_explicit(&target->ends[message->partition], end, memory_order_release);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int64_t delivery_end(const struct kafka_target *target, int32_t partition)
{
    int64_t end = 0;

    if ((size_t)partition < target->partitions)
        end = atomic_load_explicit(&target->ends[partition], memory_order_acquire);
    return end ? end : -1;
}

/* ---- reports -------------------------------------------------------------------------------- */

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_writer *writer = opaque;

    if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        return;
    if (!writer->failed && !writer->failure_named)
        writer->failure_code = message->err;
    writer->failed = true;
    if (is_own_fault(message->err))
        name_failure(writer, message);
}

void delivery_reset(struct kafka_writer *writer)
{
    writer->failed = writer->failure_named = false;
    writer->failure_code = RD_KAFKA_RESP_ERR_NO_ERROR;
    writer->failure = (struct log_failure){ 0 };
}

int delivery_fail(const struct kafka_writer *writer, struct leat_error *error)
{
    if (writer->failure_named)
        return error_set(error, LEAT_E_ABORTED, "%s", writer->failure.error.text);
    return error_set(error, LEAT_E_ABORTED, "records could not be written: %s%s",
                     rd_kafka_err2str(writer->failure_code), kafka_advice(writer->failure_code));
}

int delivery_flush(struct kafka_writer *writer, struct leat_error *error)
{
    rd_kafka_resp_err_t code;

    do {
        code = rd_kafka_flush(writer->handle, 1000);
        writer_waits(writer);
    } while (code == RD_KAFKA_RESP_ERR__TIMED_OUT &&
             !rd_kafka_fatal_error(writer->handle, NULL, 0));
    if (writer->failed)
        return delivery_fail(writer, error);
    return code ? error_set(error, LEAT_E_ABORTED, "records could not be written: %s",
                            rd_kafka_err2str(code))
                : LEAT_OK;
}

/* ---- timestamp 0 ---------------------------------------------------------------------------- */

static rd_kafka_resp_err_t on_send(rd_kafka_t *handle, rd_kafka_message_t *message, void *opaque)
{
    struct kafka_writer *writer = opaque;
    int64_t *words = (int64_t *)(void *)(message + 1);

    if (!writer->zero_timestamp)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < MESSAGE_WORDS && !writer->zero_done; i++) {
        if (words[i] != 1)
            continue;
        words[i] = 0;
        writer->zero_done = !rd_kafka_message_timestamp(message, NULL);
        if (!writer->zero_done)
            words[i] = 1;
    }
    if (!writer->zero_done)
        log_warn("timestamp-zero", "written=1 librdkafka=%s", rd_kafka_version_str());
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *opaque,
                                  char *text, size_t size)
{
    rd_kafka_resp_err_t code = rd_kafka_interceptor_add_on_send(handle, "leat", on_send, opaque);

    return code ? code
                : rd_kafka_interceptor_add_on_acknowledgement(handle, "leat", on_acknowledged,
                                                              opaque);
}

void delivery_prepare(rd_kafka_conf_t *conf, struct kafka_writer *writer)
{
    rd_kafka_conf_set_opaque(conf, writer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_interceptor_add_on_new(conf, "leat", on_new, writer);
}
