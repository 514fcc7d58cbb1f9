/* error.c - librdkafka's codes as the engine's statuses. Entry points: kafka_status(),
 * kafka_fail(), kafka_fail_object(), kafka_advice(). */
#include "processor/kafka/kafka.h"

#include <stdarg.h>
#include <stdio.h>

/* Codes that a later call may not meet again: outages, elections, loads. */
static const rd_kafka_resp_err_t outages[] = {
    RD_KAFKA_RESP_ERR__TRANSPORT,
    RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
    RD_KAFKA_RESP_ERR__RESOLVE,
    RD_KAFKA_RESP_ERR__TIMED_OUT,
    RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
    RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
    RD_KAFKA_RESP_ERR__WAIT_COORD,
    RD_KAFKA_RESP_ERR__WAIT_CACHE,
    RD_KAFKA_RESP_ERR__RETRY,
    RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS,
    RD_KAFKA_RESP_ERR__IN_PROGRESS,
    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
    RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
    RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
    RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
    RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
    RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
    RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
    RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
    RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
};

int kafka_status(rd_kafka_resp_err_t code)
{
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LEAT_OK;
    for (size_t i = 0; i < sizeof(outages) / sizeof(outages[0]); i++)
        if (outages[i] == code)
            return LEAT_E_RETRY;
    return LEAT_E_LOG;
}

/* The broker names neither the user nor the right. */
const char *kafka_advice(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return "; our user lacks a right, docs/security.md lists those that are needed";
    default:
        return "";
    }
}

__attribute__((format(printf, 5, 0))) static int fail(struct leat_error *error, int status,
                                                      const char *sentence, const char *advice,
                                                      const char *format, va_list arguments)
{
    char action[256];

    vsnprintf(action, sizeof(action), format, arguments);
    return error_set(error, status, "%s: %s%s", action, sentence, advice);
}

int kafka_fail(struct leat_error *error, rd_kafka_resp_err_t code, const char *format, ...)
{
    va_list arguments;
    int status = kafka_status(code);

    if (!status)
        return LEAT_OK;
    va_start(arguments, format);
    fail(error, status, rd_kafka_err2str(code), kafka_advice(code), format, arguments);
    va_end(arguments);
    return status;
}

int kafka_fail_object(struct leat_error *error, rd_kafka_error_t *object, const char *format, ...)
{
    va_list arguments;
    int status;

    if (!object)
        return LEAT_OK;
    status = rd_kafka_error_is_retriable(object) ? LEAT_E_RETRY
                                                 : kafka_status(rd_kafka_error_code(object));
    va_start(arguments, format);
    fail(error, status, rd_kafka_error_string(object), kafka_advice(rd_kafka_error_code(object)),
         format, arguments);
    va_end(arguments);
    rd_kafka_error_destroy(object);
    return status;
}
