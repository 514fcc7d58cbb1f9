/* writer.h - what writer.c, transaction.c and delivery.c share. */
#ifndef PROCESSOR_KAFKA_WRITER_H
#define PROCESSOR_KAFKA_WRITER_H

#include "processor/kafka/kafka.h"

#include <stdatomic.h>

struct kafka_target {         /* a topic that is written to */
    rd_kafka_topic_t *handle; /* its opaque is this struct */
    int number;
    char *name;
    _Atomic int64_t *ends; /* by partition: behind the last acknowledged record; 0: none was */
    size_t partitions;     /* that there were when it was opened */
};

struct kafka_writer {
    struct log_writer writer;
    struct kafka_log *log;
    rd_kafka_t *handle;
    struct kafka_target **targets;
    size_t target_count, target_capacity;
    char *transactional_id; /* NULL: idempotent only */
    int transaction_timeout_ms;
    int patience_ms; /* 0: an outage is waited out however long it takes */
    void (*waits)(void *user); /* told while one is; NULL: nobody */
    void *user;
    size_t queue_bytes;
    bool transactional, open; /* open: between begin and its end */
    bool failed;              /* a delivery failed since begin, or since the last flush */
    bool failure_named;       /* and it is one record's own fault: failure says which */
    rd_kafka_resp_err_t failure_code;
    int64_t failure_weight; /* how likely this record is the culprit of its batch */
    struct log_failure failure;
    uint64_t sends;
    bool zero_timestamp, zero_done; /* the record being sent has timestamp 0; it was written */
    rd_kafka_topic_partition_list_t *offsets;
};

/* ---- writer.c ------------------------------------------------------------------------------- */

static inline void writer_waits(const struct kafka_writer *writer)
{
    if (writer->waits)
        writer->waits(writer->user);
}

/* Puts a new handle in place of the one that is there; topics keep their numbers. */
int writer_reopen(struct kafka_writer *writer, struct leat_error *error);

/* ---- delivery.c ----------------------------------------------------------------------------- */

void delivery_prepare(rd_kafka_conf_t *conf, struct kafka_writer *writer);
void delivery_reset(struct kafka_writer *writer);
int delivery_fail(const struct kafka_writer *writer, struct leat_error *error);
int delivery_flush(struct kafka_writer *writer, struct leat_error *error);
void delivery_ends_new(struct kafka_target *target, size_t partitions);
int64_t delivery_end(const struct kafka_target *target, int32_t partition);

/* ---- transaction.c -------------------------------------------------------------------------- */

int transaction_init(struct kafka_writer *writer, struct leat_error *error);
int transaction_begin(struct log_writer *writer, struct leat_error *error);
int transaction_commit(struct log_writer *writer, struct log_group *group,
                       const struct log_position *positions, size_t count,
                       struct leat_error *error);
int transaction_abort(struct log_writer *writer, struct leat_error *error);

#endif
