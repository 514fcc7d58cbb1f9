/* reject.c - the dead-letter topics of a sink.
 *
 * They are made when they are needed, as wide as their source, so that a record keeps its
 * partition. The writer is idempotent but has no transaction: the database's commit decides, and
 * a record that was rejected before a crash is rejected again after it.
 *
 * Entry points:  reject_send(), reject_flush()
 * See also:      processor/dead_letter.c (the headers)
 */
#include "sink/reject.h"

#include "base/logline.h"
#include "base/memory.h"
#include "processor/dead_letter.h"

#include <inttypes.h>

enum { QUEUE_BYTES = 16 << 20 };

void reject_init(struct reject *reject, struct log *log)
{
    *reject = (struct reject){ .log = log };
}

void reject_free(struct reject *reject)
{
    struct leat_bytes key;
    void *name;

    if (reject->writer)
        log_writer_free(reject->writer);
    for (size_t i = 0; map_next(&reject->topics, &i, &key, &name);)
        memory_free(name);
    map_free(&reject->topics);
    *reject = (struct reject){ 0 };
}

static int make_topic(struct reject *reject, const char *source, const char *name,
                      struct leat_error *error)
{
    static const struct log_setting settings[] = { { "cleanup.policy", "delete" },
                                                   { "retention.ms", "-1" } };
    struct log_topic topic = { .name = source };

    if (log_topic_look(reject->log, &topic, error))
        return error->code;
    topic = (struct log_topic){ .name = name, .partitions = topic.partitions, .replication = -1,
                                .settings = settings, .setting_count = 2 };
    return log_topic_create(reject->log, &topic, error);
}

static int ready(struct reject *reject, const char *source, const char **name,
                 struct leat_error *error)
{
    struct log_writer_options options = { .queue_bytes = QUEUE_BYTES };
    struct leat_bytes key = leat_bytes_of(source);

    if (!reject->writer && log_writer_new(reject->log, &options, &reject->writer, error))
        return error->code;
    *name = map_get(&reject->topics, key);
    if (!*name) {
        char *made = memory_format("%s-rejected-by-sink", source);

        if (make_topic(reject, source, made, error)) {
            memory_free(made);
            return error->code;
        }
        map_put(&reject->topics, key, made);
        *name = made;
    }
    return LEAT_OK;
}

/* A record that is too large with its headers goes without its value, whose place they tell. */
static int send_whole(struct reject *reject, const struct dead_letter *letter,
                      const struct log_message *message, struct leat_error *error)
{
    struct log_message head = *message;
    int status = dead_letter_send(reject->writer, letter, message, error);

    if (status == LEAT_E_LIMIT) {
        *error = (struct leat_error){ 0 };
        head.value = (struct leat_bytes){ 0 };
        status = dead_letter_send(reject->writer, letter, &head, error);
    }
    reject->unflushed |= !status;
    return status;
}

int reject_send(struct reject *reject, const char *topic, const struct log_message *message,
                const struct leat_error *why, struct leat_error *error)
{
    struct dead_letter letter = { .source = topic, .reason = leat_status_name(why->code),
                                  .sentence = why->text };

    if (ready(reject, topic, &letter.topic, error))
        return error->code;
    log_warn("sink-rejected", "topic=%s partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\"",
             topic, message->partition, message->offset, why->text);
    return send_whole(reject, &letter, message, error);
}

int reject_flush(struct reject *reject, struct leat_error *error)
{
    if (!reject->unflushed)
        return LEAT_OK;
    if (log_writer_flush(reject->writer, error))
        return error->code;
    reject->unflushed = false;
    return LEAT_OK;
}
