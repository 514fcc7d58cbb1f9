/* transaction.c - begin, commit, abort, and what librdkafka's refusals mean.
 *
 * One order for every answer: fatal, or outcome unknown: the producer is of no more use
 * (LEAT_E_FENCED); wants an abort: abort, and every task in it rewinds (LEAT_E_ABORTED); may be
 * tried again: the same call, after a pause; else as fatal. A producer whose commit may or may not
 * have happened must not go on: its successor's initialisation settles what is open.
 *
 * Named points for LEAT_FAILPOINT: before_flush, after_flush, before_send_offsets,
 * after_send_offsets, before_commit, after_commit, before_abort.
 *
 * Entry points: transaction_init(), transaction_begin(), transaction_commit(), transaction_abort()
 */
#include "processor/kafka/writer.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/logline.h"

enum {
    INIT_MS = 30000,
    OFFSETS_MS = 10000, /* of one attempt */
    ROUND_MS = 20000,   /* of one attempt to end a transaction, by who waits for ever */
    PAUSE_MS = 100,
};

/* What to do about an error object, which is destroyed. LEAT_E_RETRY: the same call again.
 * LEAT_E_LOG: a right is missing, and no other transaction would fare better. */
static int judge(rd_kafka_error_t *object, struct leat_error *error, const char *action)
{
    int status = LEAT_E_FENCED;
    const char *advice;

    if (!object)
        return LEAT_OK;
    advice = kafka_advice(rd_kafka_error_code(object));
    if (*advice)
        status = LEAT_E_LOG;
    else if (rd_kafka_error_is_fatal(object))
        status = LEAT_E_FENCED;
    else if (rd_kafka_error_txn_requires_abort(object))
        status = LEAT_E_ABORTED;
    else if (rd_kafka_error_is_retriable(object))
        status = LEAT_E_RETRY;
    error_set(error, status, "%s: %s%s", action, rd_kafka_error_string(object), advice);
    rd_kafka_error_destroy(object);
    return status;
}

/* ---- patience -------------------------------------------------------------------------------- */

static int call_ms(const struct kafka_writer *writer)
{
    return writer->patience_ms ? writer->patience_ms : ROUND_MS;
}

/* Whether the call that was begun then may be made again; pauses if so. */
static bool is_patient(const struct kafka_writer *writer, int64_t begun_ms)
{
    writer_waits(writer);
    if (writer->patience_ms && clock_ms(clock_system()) - begun_ms >= writer->patience_ms)
        return false;
    clock_sleep_ms(PAUSE_MS);
    return true;
}

/* ---- begin and abort ------------------------------------------------------------------------- */

int transaction_init(struct kafka_writer *writer, struct leat_error *error)
{
    int patience_ms = writer->patience_ms;

    return kafka_fail_object(error,
                             rd_kafka_init_transactions(
                                 writer->handle,
                                 patience_ms && patience_ms < INIT_MS ? patience_ms : INIT_MS),
                             "take over transactional id '%s'", writer->transactional_id);
}

int transaction_begin(struct log_writer *log_writer, struct leat_error *error)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;
    int status;

    delivery_reset(writer);
    if (!writer->transactional)
        return LEAT_OK;
    status = judge(rd_kafka_begin_transaction(writer->handle), error, "begin a transaction");
    if (status)
        return LEAT_E_FENCED;
    writer->open = true;
    return LEAT_OK;
}

int transaction_abort(struct log_writer *log_writer, struct leat_error *error)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;
    int64_t begun_ms = clock_ms(clock_system());
    int status;

    if (!writer->transactional || !writer->open)
        return LEAT_OK;
    failpoint("before_abort");
    do
        status = judge(rd_kafka_abort_transaction(writer->handle, call_ms(writer)), error,
                       "abort a transaction");
    while (status == LEAT_E_RETRY && is_patient(writer, begun_ms));
    writer->open = false;
    /* The sequence numbers of a batch that the broker refused are spent for librdkafka and not for
     * the broker, which would refuse the next transaction for the gap. */
    if (!status && writer->failure_named)
        status = writer_reopen(writer, error);
    return status ? LEAT_E_FENCED : LEAT_OK;
}

/* ---- commit ---------------------------------------------------------------------------------- */

/* Aborts for the reason that error holds, and keeps its sentence. */
static int abort_for(struct kafka_writer *writer, struct leat_error *error)
{
    struct leat_error second = { 0 };

    if (!transaction_abort(&writer->writer, &second))
        return LEAT_E_ABORTED;
    log_warn("abort-failed", "cause=\"%s\"", second.text);
    return LEAT_E_FENCED;
}

static int conclude(struct kafka_writer *writer, int status, struct leat_error *error)
{
    if (status == LEAT_E_ABORTED)
        status = abort_for(writer, error);
    if (status == LEAT_E_RETRY)
        status = LEAT_E_FENCED;
    if (status) {
        writer->open = false;
        if (error)
            error->code = status;
    }
    return status;
}

static void fill_offsets(struct kafka_writer *writer, const struct log_position *positions,
                         size_t count)
{
    if (writer->offsets)
        rd_kafka_topic_partition_list_destroy(writer->offsets);
    writer->offsets = kafka_list(positions, count);
}

static int send_offsets(struct kafka_writer *writer, struct log_group *group,
                        struct leat_error *error)
{
    int status;

    do {
        rd_kafka_consumer_group_metadata_t *member;

        status = kafka_group_member(group, &member, error);
        if (status)
            return status;
        status = judge(rd_kafka_send_offsets_to_transaction(writer->handle, writer->offsets, member,
                                                            OFFSETS_MS),
                       error, "add the offsets to the transaction");
        rd_kafka_consumer_group_metadata_destroy(member);
        writer_waits(writer);
        if (status == LEAT_E_RETRY)
            clock_sleep_ms(PAUSE_MS);
    } while (status == LEAT_E_RETRY);
    return status;
}

static int commit(struct kafka_writer *writer, struct leat_error *error)
{
    int64_t begun_ms = clock_ms(clock_system());
    int status;

    failpoint("before_commit");
    do
        status = judge(rd_kafka_commit_transaction(writer->handle, call_ms(writer)), error,
                       "commit the transaction");
    while (status == LEAT_E_RETRY && is_patient(writer, begun_ms));
    if (status == LEAT_E_ABORTED && writer->failed)
        delivery_fail(writer, error);
    if (!status)
        failpoint("after_commit");
    return status;
}

int transaction_commit(struct log_writer *log_writer, struct log_group *group,
                       const struct log_position *positions, size_t count, struct leat_error *error)
{
    struct kafka_writer *writer = (struct kafka_writer *)log_writer;
    int status;

    failpoint("before_flush");
    status = delivery_flush(writer, error);
    failpoint("after_flush");
    if (!writer->transactional)
        return status;
    if (!status && count) {
        fill_offsets(writer, positions, count);
        failpoint("before_send_offsets");
        status = send_offsets(writer, group, error);
        failpoint("after_send_offsets");
    }
    if (!status)
        status = commit(writer, error);
    if (!status)
        writer->open = false;
    return conclude(writer, status, error);
}
