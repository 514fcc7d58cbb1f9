/* reader.c - reads the aggregate topics. */
#include "blackfriday/web/reader.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/log.h"
#include "schemas/codec.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    QUEUE_BYTES = 8 << 20,
    FETCH_BYTES = 256 << 10,
    MESSAGES = 256,
    ARENA_BYTES = 16 << 10,
    RETRY_MS = 1000,   /* between looks at what is missing */
    SAY_MS = 30000,    /* between log lines about it */
    REGISTRY_MS = 500, /* between tries of a schema that cannot be had */
    SKIPS_SAID = 10,   /* log lines about records that cannot be read */
};

struct part {
    enum figures_topic topic;
    bool ended;
};

struct web_reader {
    struct web_reader_options options;
    struct log_reader *reader;
    struct codec *codecs[FIGURES_TOPICS];
    struct figures *figures;
    struct arena arena; /* of one record */
    struct part *parts; /* by slot */
    size_t part_count, part_capacity, ended;
    bool assigned[FIGURES_TOPICS], complete;
    int64_t looked_ms, said_ms, skipped;
    char waits[LEAT_ERROR_TEXT];
};

/* ---- life ------------------------------------------------------------------------------------ */

struct web_reader *web_reader_new(const struct web_reader_options *options)
{
    struct web_reader *reader = memory_new(sizeof *reader);

    reader->options = *options;
    arena_init(&reader->arena, ARENA_BYTES);
    for (int i = 0; i < FIGURES_TOPICS; i++)
        if (figures_topic_type((enum figures_topic)i))
            reader->codecs[i] =
                codec_new(figures_topic_type((enum figures_topic)i), options->registry);
    reader->figures = figures_new(&options->figures);
    reader->looked_ms = reader->said_ms = INT64_MIN / 2;
    return reader;
}

/* What was read is forgotten. */
static void begin_anew(struct web_reader *reader)
{
    log_reader_free(reader->reader);
    reader->reader = NULL;
    figures_free(reader->figures);
    reader->figures = figures_new(&reader->options.figures);
    reader->part_count = reader->ended = 0;
    reader->complete = false;
    memset(reader->assigned, 0, sizeof reader->assigned);
}

void web_reader_free(struct web_reader *reader)
{
    if (!reader)
        return;
    log_reader_free(reader->reader);
    figures_free(reader->figures);
    for (int i = 0; i < FIGURES_TOPICS; i++)
        if (reader->codecs[i])
            codec_free(reader->codecs[i]);
    memory_free(reader->parts);
    arena_free(&reader->arena);
    memory_free(reader);
}

struct figures *web_reader_figures(struct web_reader *reader)
{
    return reader->figures;
}

bool web_reader_caught_up(const struct web_reader *reader)
{
    return reader->complete && reader->ended == reader->part_count;
}

const char *web_reader_waits(const struct web_reader *reader)
{
    return reader->waits;
}

/* ---- topics ---------------------------------------------------------------------------------- */

static int assign(struct web_reader *reader, enum figures_topic topic, int32_t partition,
                  struct leat_error *error)
{
    struct log_position from = { figures_topic_name(topic), partition, 0 };
    int64_t end;
    int status = log_ends(reader->options.log, from.topic, partition, &from.offset, &end, error);

    if (!status)
        status = log_reader_assign(reader->reader, &from, (int)reader->part_count, error);
    if (status)
        return status;
    reader->parts = memory_grow(reader->parts, reader->part_count, &reader->part_capacity,
                                sizeof *reader->parts);
    reader->parts[reader->part_count++] = (struct part){ .topic = topic };
    return LEAT_OK;
}

static int assign_topic(struct web_reader *reader, enum figures_topic which,
                        struct leat_error *error)
{
    struct log_topic topic = { .name = figures_topic_name(which) };
    int status = log_topic_look(reader->options.log, &topic, error);

    if (status)
        return status;
    if (!topic.partitions)
        return error_set(error, LEAT_E_RETRY, "there is no topic '%s' yet", topic.name);
    for (int32_t p = 0; p < topic.partitions && !status; p++)
        status = assign(reader, which, p, error);
    reader->assigned[which] = !status;
    return status;
}

/* A topic of which a part was assigned when the brokers went away would be read twice: all begin
 * anew then. */
static int assign_missing(struct web_reader *reader, struct leat_error *error)
{
    struct log_reader_options options = { .queue_bytes = QUEUE_BYTES,
                                          .partition_bytes = FETCH_BYTES };
    int status = LEAT_OK;

    if (!reader->reader)
        status = log_reader_new(reader->options.log, &options, &reader->reader, error);
    for (int i = 0; i < FIGURES_TOPICS && !status; i++) {
        size_t before = reader->part_count;

        if (reader->assigned[i])
            continue;
        status = assign_topic(reader, (enum figures_topic)i, error);
        if (status && reader->part_count != before)
            begin_anew(reader);
    }
    return status;
}

static void look_for_topics(struct web_reader *reader)
{
    int64_t now_ms = clock_ms(clock_system());
    struct leat_error error = { 0 };

    if (reader->complete || now_ms - reader->looked_ms < RETRY_MS)
        return;
    reader->looked_ms = now_ms;
    reader->complete = !assign_missing(reader, &error);
    snprintf(reader->waits, sizeof reader->waits, "%s", error.text);
    if (reader->complete) {
        log_info("web_reading", "topics=%d partitions=%zu", FIGURES_TOPICS, reader->part_count);
    } else if (now_ms - reader->said_ms >= SAY_MS) {
        reader->said_ms = now_ms;
        log_warn("web_waits", "reason=\"%s\"", error.text);
    }
}

/* ---- records --------------------------------------------------------------------------------- */

static void skip(struct web_reader *reader, enum figures_topic topic,
                 const struct log_message *message, const char *reason)
{
    if (reader->skipped++ < SKIPS_SAID)
        log_warn("web_skipped", "topic=%s partition=%d offset=%" PRId64 " reason=\"%s\"",
                 figures_topic_name(topic), message->partition, message->offset, reason);
}

/* A schema that cannot be had now is waited for: without it the figures would be wrong. */
static int decode(struct web_reader *reader, enum figures_topic topic,
                  const struct log_message *message, void **value, struct leat_error *error)
{
    int status;

    for (bool said = false;; said = true) {
        arena_reset(&reader->arena);
        status = codec_decode(reader->codecs[topic], message->value, &reader->arena, value, error);
        if (status != LEAT_E_RETRY || atomic_load(reader->options.stop))
            return status;
        if (!said)
            log_warn("web_waits", "reason=\"%s\"", error->text);
        clock_sleep_ms(REGISTRY_MS);
    }
}

static void take_record(struct web_reader *reader, enum figures_topic topic,
                        const struct log_message *message)
{
    struct leat_error error = { 0 };
    void *value = NULL;

    if (reader->codecs[topic] && message->value.data) {
        if (message->key.size + message->value.size > LIMIT_WEB_RECORD_BYTES) {
            skip(reader, topic, message, "it is too large");
            return;
        }
        if (decode(reader, topic, message, &value, &error)) {
            skip(reader, topic, message, error.text);
            return;
        }
    }
    figures_take(reader->figures, topic, message->key, message->timestamp_ms, value);
}

/* False: all begin anew. */
static bool take(struct web_reader *reader, const struct log_message *message)
{
    struct part *part = &reader->parts[message->slot];

    switch (message->event) {
    case LOG_RECORD:
        take_record(reader, part->topic, message);
        return true;
    case LOG_END:
        reader->ended += !part->ended;
        part->ended = true;
        return true;
    default:
        log_warn("web_begins_anew", "topic=%s partition=%d offset=%" PRId64,
                 figures_topic_name(part->topic), message->partition, message->offset);
        return false;
    }
}

/* How many came, or -1: nothing more comes of this reader. */
static int poll_once(struct web_reader *reader, int timeout_ms)
{
    struct log_message messages[MESSAGES];
    struct leat_error error = { 0 };
    int count = log_reader_poll(reader->reader, messages, MESSAGES, timeout_ms, &error);
    bool good = true;

    if (count < 0)
        log_warn("web_begins_anew", "reason=\"%s\"", error.text);
    for (int i = 0; i < count; i++) {
        good = good && take(reader, &messages[i]);
        log_message_free(&messages[i]);
    }
    return good ? count : -1;
}

void web_reader_poll(struct web_reader *reader, int timeout_ms)
{
    int64_t end_ms = clock_ms(clock_system()) + timeout_ms, left_ms = timeout_ms;
    int count = 1;

    look_for_topics(reader);
    if (!reader->part_count) {
        clock_sleep_ms(timeout_ms);
        return;
    }
    while (count > 0 && left_ms > 0) {
        count = poll_once(reader, (int)left_ms);
        left_ms = end_ms - clock_ms(clock_system());
    }
    if (count < 0) {
        begin_anew(reader);
        clock_sleep_ms(timeout_ms);
    }
}
