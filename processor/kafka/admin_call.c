/* admin_call.c - send a request to the cluster and wait for its answer.
 *
 * Entry points: kafka_call(), kafka_call_topics()
 */
#include "processor/kafka/admin_call.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

static rd_kafka_event_t *ask(struct kafka_log *log, const struct kafka_call *call)
{
    char text[256];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(log->client, call->operation);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(log->client);
    rd_kafka_event_t *event;

    (void)rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_CALL_MS, text, sizeof(text));
    call->start(log->client, call->subject, options, queue);
    /* librdkafka answers by itself when the timeout above has passed. */
    event = rd_kafka_queue_poll(queue, -1);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return event;
}

static const rd_kafka_topic_result_t *topic_result(rd_kafka_event_t *event)
{
    const rd_kafka_topic_result_t **results = NULL;
    size_t count = 0;

    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
        results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
        break;
    case RD_KAFKA_EVENT_DELETETOPICS_RESULT:
        results =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
        break;
    case RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT:
        results = rd_kafka_CreatePartitions_result_topics(
            rd_kafka_event_CreatePartitions_result(event), &count);
        break;
    default:
        break;
    }
    return count ? results[0] : NULL;
}

static rd_kafka_resp_err_t code_of(rd_kafka_event_t *event, const char **sentence)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const rd_kafka_topic_result_t *result;

    *sentence = rd_kafka_event_error_string(event);
    if (code)
        return code;
    result = topic_result(event);
    if (!result)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    code = rd_kafka_topic_result_error(result);
    *sentence = rd_kafka_topic_result_error_string(result);
    if (!*sentence || !**sentence || *kafka_advice(code))
        *sentence = rd_kafka_err2str(code);
    return code;
}

static int call_repeatedly(struct kafka_log *log, const struct kafka_call *call,
                           rd_kafka_event_t **out, struct leat_error *error, const char *action)
{
    int64_t deadline = clock_ms(clock_system()) + KAFKA_CALL_MS;
    int status = LEAT_OK;

    for (int i = 0; i < KAFKA_CALL_TRIES; i++) {
        rd_kafka_event_t *event = ask(log, call);
        const char *sentence;
        rd_kafka_resp_err_t code = code_of(event, &sentence);

        if (!code || code == call->harmless) {
            *out = event;
            return LEAT_OK;
        }
        status = error_set(error, kafka_status(code), "%s: %s%s", action, sentence,
                           kafka_advice(code));
        rd_kafka_event_destroy(event);
        if (status != LEAT_E_RETRY || clock_ms(clock_system()) >= deadline)
            break;
        clock_sleep_ms(100 << i);
    }
    return status;
}

int kafka_call(struct kafka_log *log, const struct kafka_call *call, rd_kafka_event_t **event,
               struct leat_error *error, const char *format, ...)
{
    char action[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(action, sizeof(action), format, arguments);
    va_end(arguments);
    return call_repeatedly(log, call, event, error, action);
}

int kafka_call_topics(struct kafka_log *log, const struct kafka_call *call,
                      struct leat_error *error, const char *format, ...)
{
    char action[256];
    va_list arguments;
    rd_kafka_event_t *event;
    int status;

    va_start(arguments, format);
    vsnprintf(action, sizeof(action), format, arguments);
    va_end(arguments);
    status = call_repeatedly(log, call, &event, error, action);
    if (!status)
        rd_kafka_event_destroy(event);
    return status;
}
