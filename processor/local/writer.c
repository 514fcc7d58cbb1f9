/* writer.c - producing: records are laid out in the writer's own queue and copied into their
 * partitions a batch at once, under the lock.
 *
 * Entry points:  local_writer_new()
 * See also:      transaction.c for epochs and ends
 */
#include "processor/local/local.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { QUEUE_BYTES = 64 << 10 };

struct target { /* a topic that is written to */
    char *name;
    struct local_topic *topic; /* a reference; NULL until it is there */
    size_t limit_bytes;
};

struct queued { /* in the queue, before the record as it will lie in its segment */
    int32_t target, partition;
    uint64_t tag;
};

struct writer {
    struct log_writer super;
    struct local *local;
    struct local_transaction *transaction; /* NULL: idempotent only */
    uint32_t epoch;
    bool begun, fenced;
    struct target *targets;
    size_t target_count, target_capacity;
    char *queue;
    size_t used, capacity, limit_bytes;
    bool failed, reported; /* reported: by a flush without a transaction */
    struct log_failure failure;
};

/* ---- topics -------------------------------------------------------------------------------- */

static struct local_topic *resolve(struct writer *writer, struct target *target)
{
    if (target->topic && !target->topic->deleted)
        return target->topic;
    local_topic_release(target->topic);
    target->topic = local_topic_find(writer->local, target->name);
    if (target->topic) {
        local_topic_hold(target->topic);
        target->limit_bytes = target->topic->message_max_bytes;
    }
    return target->topic;
}

static int writer_topic(struct log_writer *super, const char *topic)
{
    struct writer *writer = (struct writer *)super;
    struct target *target;

    for (size_t i = 0; i < writer->target_count; i++)
        if (!strcmp(writer->targets[i].name, topic))
            return (int)i;
    writer->targets = memory_grow(writer->targets, writer->target_count, &writer->target_capacity,
                                  sizeof *writer->targets);
    target = &writer->targets[writer->target_count];
    *target = (struct target){ .name = memory_text(topic),
                               .limit_bytes = LOCAL_MESSAGE_MAX_BYTES };
    local_lock(writer->local);
    resolve(writer, target);
    local_unlock(writer->local);
    return (int)writer->target_count++;
}

/* ---- the queue ----------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void fail(struct writer *writer,
                                                       const struct queued *queued, int code,
                                                       const char *format, ...)
{
    va_list arguments;
    char text[LEAT_ERROR_TEXT];

    if (writer->failed)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    writer->failed = true;
    writer->failure = (struct log_failure){ .tag = queued->tag, .topic = queued->target };
    error_set(&writer->failure.error, code, "%s", text);
}

static void deliver(struct writer *writer, const struct queued *queued,
                    const struct local_record *record)
{
    struct target *target = &writer->targets[queued->target];
    struct local_topic *topic = resolve(writer, target);
    struct local_partition *partition;

    if (!topic) {
        fail(writer, queued, LEAT_E_LOG, "there is no topic '%s'; create it first", target->name);
        return;
    }
    partition = local_topic_partition(topic, queued->partition);
    if (!partition) {
        fail(writer, queued, LEAT_E_LOG, "topic '%s' has no partition %d, only %d of them",
             target->name, (int)queued->partition, (int)topic->partition_count);
        return;
    }
    if (record->size > topic->message_max_bytes + sizeof *record) {
        fail(writer, queued, LEAT_E_LIMIT,
             "a record of %u bytes is larger than max.message.bytes (%zu) of topic '%s'",
             (unsigned)record->size, topic->message_max_bytes, target->name);
        return;
    }
    if (!writer->transaction) {
        local_partition_append(partition, record, 0);
        return;
    }
    local_transaction_open(writer->local, writer->transaction);
    if (local_partition_append(partition, record, writer->transaction->producer))
        local_transaction_touch(writer->transaction, topic, partition);
}

/* Whether the log still takes this writer for the one that has the id. */
static bool is_fenced(struct writer *writer)
{
    if (writer->transaction && writer->transaction->epoch != writer->epoch)
        writer->fenced = true;
    return writer->fenced;
}

/* Hands the queue over. With the lock held. */
static void spill(struct writer *writer)
{
    size_t at = 0, end = writer->used;

    writer->used = 0;
    if (!end || is_fenced(writer))
        return;
    while (at < end) {
        const struct queued *queued = (const struct queued *)(writer->queue + at);
        const struct local_record *record = (const struct local_record *)(queued + 1);

        deliver(writer, queued, record);
        at += sizeof *queued + record->size;
    }
    if (!writer->transaction || writer->local->uncommitted_readers)
        local_wake(writer->local);
}

/* Room for one more record, which may be larger than the queue is as a rule. */
static void make_room(struct writer *writer, size_t size)
{
    if (size <= writer->capacity - writer->used)
        return;
    if (writer->used) {
        local_lock(writer->local);
        if (!local_fault(writer->local, LOG_LOCAL_FLUSH))
            spill(writer);
        local_unlock(writer->local);
    }
    if (size > writer->capacity - writer->used) {
        writer->capacity = writer->used + size;
        writer->queue = memory_resize(writer->queue, writer->capacity, 1);
    }
}

static int writer_send(struct log_writer *super, const struct log_record *record,
                       struct leat_error *error)
{
    struct writer *writer = (struct writer *)super;
    size_t payload = local_record_payload(record), size = local_record_size(record), limit;
    struct queued *queued;

    assert(record->topic >= 0 && (size_t)record->topic < writer->target_count);
    assert(writer->begun || !writer->transaction);
    limit = writer->targets[record->topic].limit_bytes;
    limit = limit > LOCAL_MESSAGE_MAX_BYTES ? limit : LOCAL_MESSAGE_MAX_BYTES;
    if (payload > limit || payload > writer->limit_bytes)
        return error_set(error, LEAT_E_LIMIT,
                         "a record of %zu bytes for topic '%s' is larger than may be sent (%zu)",
                         payload, writer->targets[record->topic].name,
                         limit < writer->limit_bytes ? limit : writer->limit_bytes);
    if (writer->reported)
        writer->failed = writer->reported = false;
    make_room(writer, sizeof *queued + size);
    queued = (struct queued *)(writer->queue + writer->used);
    *queued = (struct queued){ record->topic, record->partition, record->tag };
    local_record_write((struct local_record *)(queued + 1), record);
    writer->used += sizeof *queued + size;
    return LEAT_OK;
}

/* ---- flush, commit, abort ------------------------------------------------------------------ */

static int say_fenced(const struct writer *writer, struct leat_error *error)
{
    return error_set(error, LEAT_E_FENCED,
                     "another writer has this transactional id, or its transaction timed out");
}

static int say_failed(const struct writer *writer, struct leat_error *error)
{
    return error_set(error, LEAT_E_ABORTED, "%s", writer->failure.error.text);
}

/* With the lock held. LEAT_OK, LEAT_E_FENCED or LEAT_E_ABORTED. */
static int flush(struct writer *writer, struct leat_error *error)
{
    int code = local_fault(writer->local, LOG_LOCAL_FLUSH);

    if (code)
        return error_set(error, code, "the records could not be written");
    spill(writer);
    if (is_fenced(writer))
        return say_fenced(writer, error);
    return writer->failed ? say_failed(writer, error) : LEAT_OK;
}

static int writer_flush(struct log_writer *super, struct leat_error *error)
{
    struct writer *writer = (struct writer *)super;
    int code;

    local_lock(writer->local);
    code = flush(writer, error);
    local_unlock(writer->local);
    writer->reported = code && !writer->transaction;
    return code;
}

static int writer_begin(struct log_writer *super, struct leat_error *error)
{
    struct writer *writer = (struct writer *)super;
    bool fenced;

    assert(!writer->begun || !writer->transaction);
    local_lock(writer->local);
    fenced = is_fenced(writer);
    local_unlock(writer->local);
    if (fenced)
        return say_fenced(writer, error);
    writer->begun = true;
    writer->failed = writer->reported = false;
    return LEAT_OK;
}

static int add_offsets(struct writer *writer, struct log_group *member,
                       const struct log_position *positions, size_t count,
                       struct leat_error *error)
{
    struct local_group *group = member ? local_group_of(member) : NULL;
    int code = local_fault(writer->local, LOG_LOCAL_OFFSETS);

    if (code)
        return error_set(error, code, "the offsets could not be added to the transaction");
    if (!count)
        return LEAT_OK;
    if (!group)
        return error_set(error, LEAT_E_ABORTED,
                         "the membership is gone; the transaction is not committed");
    local_transaction_open(writer->local, writer->transaction);
    for (size_t i = 0; i < count; i++)
        local_transaction_offset(writer->transaction, group, &positions[i]);
    code = local_fault(writer->local, LOG_LOCAL_COMMIT);
    return code ? error_set(error, code, "the transaction could not be committed") : LEAT_OK;
}

static int commit(struct writer *writer, struct log_group *group,
                  const struct log_position *positions, size_t count, struct leat_error *error)
{
    int code = flush(writer, error);

    if (!code)
        code = add_offsets(writer, group, positions, count, error);
    if (!code) {
        local_transaction_end(writer->local, writer->transaction, true);
        code = local_fault(writer->local, LOG_LOCAL_COMMITTED);
        return code ? error_set(error, code, "the answer to the commit was lost") : LEAT_OK;
    }
    if (code != LEAT_E_FENCED)
        local_transaction_end(writer->local, writer->transaction, false);
    return code;
}

static int writer_commit(struct log_writer *super, struct log_group *group,
                         const struct log_position *positions, size_t count,
                         struct leat_error *error)
{
    struct writer *writer = (struct writer *)super;
    int code;

    if (!writer->transaction)
        return writer_flush(super, error);
    assert(writer->begun && (group || !count));
    local_lock(writer->local);
    code = commit(writer, group, positions, count, error);
    local_unlock(writer->local);
    writer->used = 0;
    writer->begun = false;
    writer->fenced |= code == LEAT_E_FENCED;
    return code;
}

static int writer_abort(struct log_writer *super, struct leat_error *error)
{
    struct writer *writer = (struct writer *)super;
    bool fenced;

    if (!writer->transaction)
        return LEAT_OK;
    writer->used = 0;
    writer->begun = false;
    local_lock(writer->local);
    fenced = is_fenced(writer);
    if (!fenced)
        local_transaction_end(writer->local, writer->transaction, false);
    local_unlock(writer->local);
    return fenced ? say_fenced(writer, error) : LEAT_OK;
}

static bool writer_failure(struct log_writer *super, struct log_failure *failure)
{
    struct writer *writer = (struct writer *)super;

    if (writer->failed)
        *failure = writer->failure;
    return writer->failed;
}

/* ---- coming and going ---------------------------------------------------------------------- */

static void release(struct writer *writer)
{
    local_lock(writer->local);
    for (size_t i = 0; i < writer->target_count; i++) {
        local_topic_release(writer->targets[i].topic);
        memory_free(writer->targets[i].name);
    }
    local_unlock(writer->local);
    memory_free(writer->targets);
    memory_free(writer->queue);
    memory_free(writer);
}

static void writer_free(struct log_writer *super)
{
    struct writer *writer = (struct writer *)super;

    if (writer->transaction)
        (void)!writer_abort(super, NULL);
    else
        (void)!writer_flush(super, NULL);
    release(writer);
}

void log_local_abandon_writer(struct log_writer *super)
{
    if (super)
        release((struct writer *)super);
}

int local_writer_new(struct log *log, const struct log_writer_options *options,
                     struct log_writer **out, struct leat_error *error)
{
    static const struct log_writer_ops ops = {
        .topic = writer_topic, .begin = writer_begin,     .send = writer_send,
        .flush = writer_flush, .commit = writer_commit,   .abort = writer_abort,
        .free = writer_free,   .failure = writer_failure,
    };
    struct writer *writer = memory_new(sizeof *writer);

    writer->super.ops = &ops;
    writer->local = (struct local *)log;
    writer->limit_bytes = options->queue_bytes ? options->queue_bytes : SIZE_MAX;
    writer->capacity = QUEUE_BYTES;
    writer->queue = memory_new(writer->capacity);
    if (options->transactional_id) {
        local_lock(writer->local);
        writer->transaction = local_transaction_enter(writer->local, options->transactional_id,
                                                      options->transaction_timeout_ms);
        writer->epoch = writer->transaction->epoch;
        local_unlock(writer->local);
    }
    *out = &writer->super;
    return LEAT_OK;
}
