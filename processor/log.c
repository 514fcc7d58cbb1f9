/* log.c - dispatch to the log behind the seam. Entry points: as in log.h, one line each. */
#include "processor/log.h"

#include "processor/log_ops.h"

#include <assert.h>

int log_topic_look(struct log *log, struct log_topic *topic, struct leat_error *error)
{
    return log->ops->topic_look(log, topic, error);
}

int log_topic_setting(struct log *log, const char *topic, const char *name, char *text, size_t size,
                      struct leat_error *error)
{
    return log->ops->topic_setting(log, topic, name, text, size, error);
}

int log_topic_create(struct log *log, const struct log_topic *topic, struct leat_error *error)
{
    return log->ops->topic_create(log, topic, error);
}

int log_topic_grow(struct log *log, const char *topic, int32_t partitions, struct leat_error *error)
{
    return log->ops->topic_grow(log, topic, partitions, error);
}

int log_topic_delete(struct log *log, const char *topic, struct leat_error *error)
{
    return log->ops->topic_delete(log, topic, error);
}

int log_topic_list(struct log *log, const char *prefix, char ***names, struct leat_error *error)
{
    return log->ops->topic_list(log, prefix, names, error);
}

int log_ends(struct log *log, const char *topic, int32_t partition, int64_t *first, int64_t *end,
             struct leat_error *error)
{
    return log->ops->ends(log, topic, partition, first, end, error);
}

int log_committed(struct log *log, const char *group, struct log_position *positions, size_t count,
                  struct leat_error *error)
{
    return log->ops->committed(log, group, positions, count, error);
}

int log_commit_for(struct log *log, const char *group, const struct log_position *positions,
                   size_t count, struct leat_error *error)
{
    return log->ops->commit_for(log, group, positions, count, error);
}

int log_delete_group(struct log *log, const char *group, struct leat_error *error)
{
    return log->ops->delete_group(log, group, error);
}

int log_delete_records(struct log *log, const struct log_position *before, size_t count,
                       struct leat_error *error)
{
    return log->ops->delete_records(log, before, count, error);
}

void log_free(struct log *log)
{
    if (log)
        log->ops->free(log);
}

int log_reader_new(struct log *log, const struct log_reader_options *options,
                   struct log_reader **out, struct leat_error *error)
{
    return log->ops->reader_new(log, options, out, error);
}

void log_reader_free(struct log_reader *reader)
{
    if (reader)
        reader->ops->free(reader);
}

int log_reader_assign(struct log_reader *reader, const struct log_position *from, int slot,
                      struct leat_error *error)
{
    assert(from->offset >= 0);
    return reader->ops->assign(reader, from, slot, error);
}

int log_reader_unassign(struct log_reader *reader, const struct log_position *partition,
                        struct leat_error *error)
{
    return reader->ops->unassign(reader, partition, error);
}

int log_reader_pause(struct log_reader *reader, const struct log_position *partition, bool pause,
                     struct leat_error *error)
{
    return reader->ops->pause(reader, partition, pause, error);
}

int log_reader_poll(struct log_reader *reader, struct log_message *messages, size_t max,
                    int timeout_ms, struct leat_error *error)
{
    return reader->ops->poll(reader, messages, max, timeout_ms, error);
}

int64_t log_reader_end(struct log_reader *reader, const struct log_position *partition)
{
    return reader->ops->end(reader, partition);
}

void log_message_free(struct log_message *message)
{
    const struct log_owner *owner = message->owner;

    if (owner)
        owner->ops->message_free(message);
    message->owner = NULL;
}

size_t log_message_headers(const struct log_message *message, struct log_header *headers,
                           size_t max)
{
    const struct log_owner *owner = message->owner;

    return owner ? owner->ops->headers(message, headers, max) : 0;
}

int log_writer_new(struct log *log, const struct log_writer_options *options,
                   struct log_writer **out, struct leat_error *error)
{
    return log->ops->writer_new(log, options, out, error);
}

void log_writer_free(struct log_writer *writer)
{
    if (writer)
        writer->ops->free(writer);
}

int log_writer_topic(struct log_writer *writer, const char *topic)
{
    return writer->ops->topic(writer, topic);
}

int log_writer_begin(struct log_writer *writer, struct leat_error *error)
{
    return writer->ops->begin(writer, error);
}

int log_writer_send(struct log_writer *writer, const struct log_record *record,
                    struct leat_error *error)
{
    assert(record->timestamp_ms >= 0 && record->partition >= 0);
    return writer->ops->send(writer, record, error);
}

int log_writer_flush(struct log_writer *writer, struct leat_error *error)
{
    return writer->ops->flush(writer, error);
}

int log_writer_commit(struct log_writer *writer, struct log_group *group,
                      const struct log_position *positions, size_t count, struct leat_error *error)
{
    return writer->ops->commit(writer, group, positions, count, error);
}

int log_writer_abort(struct log_writer *writer, struct leat_error *error)
{
    return writer->ops->abort(writer, error);
}

int64_t log_writer_end(struct log_writer *writer, int topic, int32_t partition)
{
    return writer->ops->end ? writer->ops->end(writer, topic, partition) : -1;
}

bool log_writer_failure(struct log_writer *writer, struct log_failure *failure)
{
    return writer->ops->failure(writer, failure);
}

int log_group_join(struct log *log, const struct log_group_options *options, struct log_group **out,
                   struct leat_error *error)
{
    return log->ops->group_join(log, options, out, error);
}

int log_group_poll(struct log_group *group, int timeout_ms, struct leat_error *error)
{
    return group->ops->poll(group, timeout_ms, error);
}

int log_group_commit(struct log_group *group, const struct log_position *positions, size_t count,
                     struct leat_error *error)
{
    return group->ops->commit(group, positions, count, error);
}

void log_group_leave(struct log_group *group)
{
    if (group)
        group->ops->leave(group);
}
