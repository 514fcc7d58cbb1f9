/* demo_space.c - a log with a prefix to all names, over another log.
 *
 * Entry points:  demo_space_new()
 * See also:      processor/log_ops.h, whose functions these are
 */
#include "blackfriday/demo_space.h"

#include "base/memory.h"
#include "processor/log_ops.h"

#include <string.h>

struct space {
    struct log log; /* first */
    struct log *inner;
    const char *prefix;
};

struct space_reader {
    struct log_reader reader; /* first */
    struct log_reader *inner;
    const char *prefix;
};

struct space_writer {
    struct log_writer writer; /* first */
    struct log_writer *inner;
    const char *prefix;
};

struct space_group {
    struct log_group group; /* first */
    struct log_group *inner;
    const char *prefix;
};

/* ---- names ---------------------------------------------------------------------------------- */

static char *named(const char *prefix, const char *name)
{
    return memory_format("%s%s", prefix, name);
}

/* A copy of the positions with longer names. */
static struct log_position *positions_new(const char *prefix, const struct log_position *positions,
                                          size_t count)
{
    struct log_position *copy = memory_array(count + 1, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        copy[i] = positions[i];
        copy[i].topic = named(prefix, positions[i].topic);
    }
    return copy;
}

static void positions_free(struct log_position *positions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free(positions[i].topic);
    memory_free(positions);
}

/* ---- topics --------------------------------------------------------------------------------- */

static int topic_look(struct log *log, struct log_topic *topic, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    struct log_topic inner = *topic;
    char *name = named(space->prefix, topic->name);
    int status;

    inner.name = name;
    status = log_topic_look(space->inner, &inner, error);
    topic->partitions = inner.partitions;
    memory_free(name);
    return status;
}

static int topic_setting(struct log *log, const char *topic, const char *setting, char *text,
                         size_t size, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    char *name = named(space->prefix, topic);
    int status = log_topic_setting(space->inner, name, setting, text, size, error);

    memory_free(name);
    return status;
}

static int topic_create(struct log *log, const struct log_topic *topic, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    struct log_topic inner = *topic;
    char *name = named(space->prefix, topic->name);
    int status;

    inner.name = name;
    status = log_topic_create(space->inner, &inner, error);
    memory_free(name);
    return status;
}

static int topic_grow(struct log *log, const char *topic, int32_t partitions,
                      struct leat_error *error)
{
    struct space *space = (struct space *)log;
    char *name = named(space->prefix, topic);
    int status = log_topic_grow(space->inner, name, partitions, error);

    memory_free(name);
    return status;
}

static int topic_delete(struct log *log, const char *topic, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    char *name = named(space->prefix, topic);
    int status = log_topic_delete(space->inner, name, error);

    memory_free(name);
    return status;
}

static int topic_list(struct log *log, const char *prefix, char ***names,
                      struct leat_error *error)
{
    struct space *space = (struct space *)log;
    char *name = named(space->prefix, prefix);
    size_t skip = strlen(space->prefix);
    int count = log_topic_list(space->inner, name, names, error);

    for (int i = 0; i < count; i++)
        memmove((*names)[i], (*names)[i] + skip, strlen((*names)[i]) - skip + 1);
    memory_free(name);
    return count;
}

static int delete_records(struct log *log, const struct log_position *before, size_t count,
                          struct leat_error *error)
{
    struct space *space = (struct space *)log;
    struct log_position *inner = positions_new(space->prefix, before, count);
    int status = log_delete_records(space->inner, inner, count, error);

    positions_free(inner, count);
    return status;
}

/* ---- offsets -------------------------------------------------------------------------------- */

static int ends(struct log *log, const char *topic, int32_t partition, int64_t *first,
                int64_t *end, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    char *name = named(space->prefix, topic);
    int status = log_ends(space->inner, name, partition, first, end, error);

    memory_free(name);
    return status;
}

static int committed(struct log *log, const char *group, struct log_position *positions,
                     size_t count, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    struct log_position *inner = positions_new(space->prefix, positions, count);
    char *name = named(space->prefix, group);
    int status = log_committed(space->inner, name, inner, count, error);

    for (size_t i = 0; i < count; i++)
        positions[i].offset = inner[i].offset;
    positions_free(inner, count);
    memory_free(name);
    return status;
}

static int commit_for(struct log *log, const char *group, const struct log_position *positions,
                      size_t count, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    struct log_position *inner = positions_new(space->prefix, positions, count);
    char *name = named(space->prefix, group);
    int status = log_commit_for(space->inner, name, inner, count, error);

    positions_free(inner, count);
    memory_free(name);
    return status;
}

static int delete_group(struct log *log, const char *group, struct leat_error *error)
{
    struct space *space = (struct space *)log;
    char *name = named(space->prefix, group);
    int status = log_delete_group(space->inner, name, error);

    memory_free(name);
    return status;
}

/* ---- reading: messages are the inner log's own ---------------------------------------------- */

static int reader_assign(struct log_reader *reader, const struct log_position *from, int slot,
                         struct leat_error *error)
{
    struct space_reader *space = (struct space_reader *)reader;
    struct log_position *inner = positions_new(space->prefix, from, 1);
    int status = log_reader_assign(space->inner, inner, slot, error);

    positions_free(inner, 1);
    return status;
}

static int reader_unassign(struct log_reader *reader, const struct log_position *partition,
                           struct leat_error *error)
{
    struct space_reader *space = (struct space_reader *)reader;
    struct log_position *inner = positions_new(space->prefix, partition, 1);
    int status = log_reader_unassign(space->inner, inner, error);

    positions_free(inner, 1);
    return status;
}

static int reader_pause(struct log_reader *reader, const struct log_position *partition,
                        bool pause, struct leat_error *error)
{
    struct space_reader *space = (struct space_reader *)reader;
    struct log_position *inner = positions_new(space->prefix, partition, 1);
    int status = log_reader_pause(space->inner, inner, pause, error);

    positions_free(inner, 1);
    return status;
}

static int reader_poll(struct log_reader *reader, struct log_message *messages, size_t max,
                       int timeout_ms, struct leat_error *error)
{
    return log_reader_poll(((struct space_reader *)reader)->inner, messages, max, timeout_ms,
                           error);
}

static int64_t reader_end(struct log_reader *reader, const struct log_position *partition)
{
    struct space_reader *space = (struct space_reader *)reader;
    struct log_position *inner = positions_new(space->prefix, partition, 1);
    int64_t end = log_reader_end(space->inner, inner);

    positions_free(inner, 1);
    return end;
}

static void reader_free(struct log_reader *reader)
{
    log_reader_free(((struct space_reader *)reader)->inner);
    memory_free(reader);
}

static int reader_new(struct log *log, const struct log_reader_options *options,
                      struct log_reader **out, struct leat_error *error)
{
    static const struct log_reader_ops ops = {
        .assign = reader_assign, .unassign = reader_unassign, .pause = reader_pause,
        .poll = reader_poll, .end = reader_end, .free = reader_free,
    };
    struct space *space = (struct space *)log;
    struct space_reader *reader = memory_new(sizeof *reader);
    int status = log_reader_new(space->inner, options, &reader->inner, error);

    reader->reader.ops = &ops;
    reader->prefix = space->prefix;
    if (status)
        memory_free(reader);
    else
        *out = &reader->reader;
    return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int writer_topic(struct log_writer *writer, const char *topic)
{
    struct space_writer *space = (struct space_writer *)writer;
    char *name = named(space->prefix, topic);
    int handle = log_writer_topic(space->inner, name);

    memory_free(name);
    return handle;
}

static int writer_begin(struct log_writer *writer, struct leat_error *error)
{
    return log_writer_begin(((struct space_writer *)writer)->inner, error);
}

static int writer_send(struct log_writer *writer, const struct log_record *record,
                       struct leat_error *error)
{
    return log_writer_send(((struct space_writer *)writer)->inner, record, error);
}

static int writer_flush(struct log_writer *writer, struct leat_error *error)
{
    return log_writer_flush(((struct space_writer *)writer)->inner, error);
}

static int writer_commit(struct log_writer *writer, struct log_group *group,
                         const struct log_position *positions, size_t count,
                         struct leat_error *error)
{
    struct space_writer *space = (struct space_writer *)writer;
    struct log_position *inner = positions_new(space->prefix, positions, count);
    int status = log_writer_commit(space->inner,
                                   group ? ((struct space_group *)group)->inner : NULL, inner,
                                   count, error);

    positions_free(inner, count);
    return status;
}

static int writer_abort(struct log_writer *writer, struct leat_error *error)
{
    return log_writer_abort(((struct space_writer *)writer)->inner, error);
}

static bool writer_failure(struct log_writer *writer, struct log_failure *failure)
{
    return log_writer_failure(((struct space_writer *)writer)->inner, failure);
}

static int64_t writer_end(struct log_writer *writer, int topic, int32_t partition)
{
    return log_writer_end(((struct space_writer *)writer)->inner, topic, partition);
}

static void writer_free(struct log_writer *writer)
{
    log_writer_free(((struct space_writer *)writer)->inner);
    memory_free(writer);
}

static int writer_new(struct log *log, const struct log_writer_options *options,
                      struct log_writer **out, struct leat_error *error)
{
    static const struct log_writer_ops ops = {
        writer_topic, writer_begin, writer_send, writer_flush, writer_commit,
        writer_abort, writer_failure, writer_free, writer_end,
    };
    struct space *space = (struct space *)log;
    struct space_writer *writer = memory_new(sizeof *writer);
    struct log_writer_options inner = *options;
    char *id = options->transactional_id ? named(space->prefix, options->transactional_id) : NULL;
    int status;

    inner.transactional_id = id;
    writer->writer.ops = &ops;
    writer->prefix = space->prefix;
    status = log_writer_new(space->inner, &inner, &writer->inner, error);
    if (status)
        memory_free(writer);
    else
        *out = &writer->writer;
    memory_free(id);
    return status;
}

/* ---- membership ----------------------------------------------------------------------------- */

static int group_poll(struct log_group *group, int timeout_ms, struct leat_error *error)
{
    return log_group_poll(((struct space_group *)group)->inner, timeout_ms, error);
}

static int group_commit(struct log_group *group, const struct log_position *positions,
                        size_t count, struct leat_error *error)
{
    struct space_group *space = (struct space_group *)group;
    struct log_position *inner = positions_new(space->prefix, positions, count);
    int status = log_group_commit(space->inner, inner, count, error);

    positions_free(inner, count);
    return status;
}

static void group_leave(struct log_group *group)
{
    log_group_leave(((struct space_group *)group)->inner);
    memory_free(group);
}

static int group_join(struct log *log, const struct log_group_options *options,
                      struct log_group **out, struct leat_error *error)
{
    static const struct log_group_ops ops = { group_poll, group_commit, group_leave };
    struct space *space = (struct space *)log;
    struct space_group *group = memory_new(sizeof *group);
    struct log_group_options inner = *options;
    char *name = named(space->prefix, options->group), *topic = named(space->prefix,
                                                                      options->topic);
    int status;

    inner.group = name;
    inner.topic = topic;
    group->group.ops = &ops;
    group->prefix = space->prefix;
    status = log_group_join(space->inner, &inner, &group->inner, error);
    if (status)
        memory_free(group);
    else
        *out = &group->group;
    memory_free(name);
    memory_free(topic);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void space_free(struct log *log)
{
    log_free(((struct space *)log)->inner);
    memory_free(log);
}

struct log *demo_space_new(struct log *inner, const char *prefix)
{
    static const struct log_ops ops = {
        topic_look, topic_setting, topic_create, topic_grow, topic_delete, topic_list,
        ends, committed, commit_for, delete_group, delete_records,
        reader_new, writer_new, group_join, space_free,
    };
    struct space *space = memory_new(sizeof *space);

    space->log.ops = &ops;
    space->inner = inner;
    space->prefix = prefix;
    return &space->log;
}
