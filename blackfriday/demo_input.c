/* demo_input.c - topics for the comparison: of the log in memory, or of another input under the
 * demo's names.
 */
#include "blackfriday/demo_input.h"

#include "base/limits.h"
#include "base/memory.h"
#include "processor/log.h"

#include <assert.h>

enum { QUEUE_BYTES = 32 << 20, FETCH_BYTES = 1 << 20, WAIT_MS = 500, MESSAGES = 256 };

struct demo_input {
    struct verify_input input; /* first */
    struct log *log;
    struct verify_input *inner;
    const char *prefix;
    const atomic_bool *stop;
    _Atomic(const char *) topic;
    atomic_llong records;
};

/* One topic while it is read. */
struct reading {
    struct demo_input *input;
    verify_each each;
    void *user;
    struct leat_error *error;
    int64_t *ends; /* of the log in memory: high watermarks */
    int32_t left;  /* partitions that are not read to them */
};

const char *demo_input_topic(const struct verify_input *input, int64_t *records)
{
    const struct demo_input *demo = (const struct demo_input *)input;

    *records = atomic_load(&demo->records);
    return atomic_load(&demo->topic);
}

static int hand_over(void *user, const struct verify_record *record)
{
    struct reading *reading = user;

    atomic_fetch_add(&reading->input->records, 1);
    if (atomic_load(reading->input->stop))
        return error_set(reading->error, LEAT_E_STOPPED, "stopped");
    return reading->each(reading->user, record);
}

static void input_free(struct verify_input *input)
{
    verify_input_free(((struct demo_input *)input)->inner);
    memory_free(input);
}

static struct demo_input *input_new(const atomic_bool *stop)
{
    struct demo_input *demo = memory_new(sizeof *demo);

    demo->stop = stop;
    demo->input.free = input_free;
    return demo;
}

/* ---- the log in memory ---------------------------------------------------------------------- */

static int log_partitions(struct verify_input *input, const char *name, struct leat_error *error)
{
    struct log_topic topic = { .name = name };
    int status = log_topic_look(((struct demo_input *)input)->log, &topic, error);

    return status ? status : topic.partitions;
}

static void reached(struct reading *reading, int32_t partition, int64_t next)
{
    if (reading->ends[partition] < 0 || next < reading->ends[partition])
        return;
    reading->ends[partition] = -1;
    reading->left--;
}

static int take(struct reading *reading, const struct log_message *message)
{
    struct verify_header headers[LIMIT_HEADERS];
    struct log_header found[LIMIT_HEADERS];
    struct verify_record record = { .key = message->key, .value = message->value,
                                    .timestamp_ms = message->timestamp_ms,
                                    .offset = message->offset, .partition = message->partition,
                                    .headers = headers };

    if (reading->ends[message->partition] < 0) /* written since the reading began */
        return LEAT_OK;
    record.header_count = log_message_headers(message, found, LIMIT_HEADERS);
    for (size_t i = 0; i < record.header_count; i++)
        headers[i] = (struct verify_header){ found[i].name, found[i].value };
    return hand_over(reading, &record);
}

static int take_all(struct reading *reading, struct log_message *messages, int count)
{
    int status = LEAT_OK;

    for (int i = 0; i < count; i++) {
        struct log_message *message = &messages[i];
        bool record = message->event == LOG_RECORD;

        if (record && !status)
            status = take(reading, message);
        reached(reading, message->partition, message->offset + record);
        log_message_free(message);
    }
    return status;
}

static int assign(struct reading *reading, struct log_reader *reader, const char *topic,
                  int32_t partitions)
{
    int status = LEAT_OK;

    for (int32_t p = 0; p < partitions && !status; p++) {
        int64_t first;

        status = log_ends(reading->input->log, topic, p, &first, &reading->ends[p],
                          reading->error);
        if (!status && first < reading->ends[p])
            status = log_reader_assign(reader, &(struct log_position){ topic, p, first }, p,
                                       reading->error);
        else
            reached(reading, p, reading->ends[p]);
    }
    return status;
}

static int read_log(struct reading *reading, const char *topic, int32_t partitions)
{
    struct log_reader_options options = { .queue_bytes = QUEUE_BYTES,
                                          .partition_bytes = FETCH_BYTES };
    struct log_message messages[MESSAGES];
    struct log_reader *reader;
    int status = log_reader_new(reading->input->log, &options, &reader, reading->error);

    if (status)
        return status;
    status = assign(reading, reader, topic, partitions);
    while (!status && reading->left) {
        int count = log_reader_poll(reader, messages, MESSAGES, WAIT_MS, reading->error);

        status = count < 0 ? count : take_all(reading, messages, count);
    }
    log_reader_free(reader);
    return status;
}

static int log_read(struct verify_input *input, const char *topic, verify_each each, void *user,
                    struct leat_error *error)
{
    struct demo_input *demo = (struct demo_input *)input;
    struct reading reading = { .input = demo, .each = each, .user = user, .error = error };
    int partitions = log_partitions(input, topic, error), status;

    if (partitions <= 0)
        return partitions;
    atomic_store(&demo->topic, topic);
    reading.ends = memory_array((size_t)partitions, sizeof *reading.ends);
    reading.left = partitions;
    status = read_log(&reading, topic, partitions);
    memory_free(reading.ends);
    return status;
}

struct verify_input *demo_input_log(struct log *log, const atomic_bool *stop)
{
    struct demo_input *demo = input_new(stop);

    demo->log = log;
    demo->input.partitions = log_partitions;
    demo->input.read = log_read;
    return &demo->input;
}

/* ---- another input, under other names ------------------------------------------------------- */

static int space_partitions(struct verify_input *input, const char *topic,
                            struct leat_error *error)
{
    struct demo_input *demo = (struct demo_input *)input;
    char *name = memory_format("%s%s", demo->prefix, topic);
    int count = demo->inner->partitions(demo->inner, name, error);

    memory_free(name);
    return count;
}

static int space_read(struct verify_input *input, const char *topic, verify_each each, void *user,
                      struct leat_error *error)
{
    struct demo_input *demo = (struct demo_input *)input;
    struct reading reading = { .input = demo, .each = each, .user = user, .error = error };
    char *name = memory_format("%s%s", demo->prefix, topic);
    int status;

    atomic_store(&demo->topic, topic);
    status = demo->inner->read(demo->inner, name, hand_over, &reading, error);
    memory_free(name);
    return status;
}

struct verify_input *demo_input_space(struct verify_input *inner, const char *prefix,
                                      const atomic_bool *stop)
{
    struct demo_input *demo = input_new(stop);

    demo->inner = inner;
    demo->prefix = prefix;
    demo->input.partitions = space_partitions;
    demo->input.read = space_read;
    return &demo->input;
}
