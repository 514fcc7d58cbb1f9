/* admin_call.h - one request to the cluster and its answer, with patience for outages. */
#ifndef PROCESSOR_KAFKA_ADMIN_CALL_H
#define PROCESSOR_KAFKA_ADMIN_CALL_H

#include "processor/kafka/kafka.h"

enum {
    KAFKA_CALL_MS = 10000, /* one answer */
    KAFKA_CALL_TRIES = 3,
};

struct kafka_call {
    /* Sends the request about subject; its answer comes to queue. */
    void (*start)(rd_kafka_t *client, const void *subject, rd_kafka_AdminOptions_t *options,
                  rd_kafka_queue_t *queue);
    rd_kafka_admin_op_t operation;
    const void *subject;
    rd_kafka_resp_err_t harmless; /* an answer that is as good as success */
};

/* Sends, waits, and sends again after an outage, a few times. On LEAT_OK the caller destroys
 * *event. The format names the action for the error's sentence. */
__attribute__((format(printf, 5, 6), warn_unused_result)) int
kafka_call(struct kafka_log *log, const struct kafka_call *call, rd_kafka_event_t **event,
           struct leat_error *error, const char *format, ...);

/* The same for requests whose answer is one result for one topic, or for one group. */
__attribute__((format(printf, 4, 5), warn_unused_result)) int
kafka_call_topics(struct kafka_log *log, const struct kafka_call *call, struct leat_error *error,
                  const char *format, ...);

#endif
