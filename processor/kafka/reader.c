/* reader.c - reads the partitions that it is told to, in batches and without copies.
 *
 * poll: what is no more, backlogs of places that were resumed, what librdkafka has ready, a wait
 * for the first message. rd_kafka_consume_batch_queue() with a timeout waits for a whole batch, so
 * it is called with none, and the wait is for a single message.
 *
 * librdkafka 2.0.2 may lose messages when a batch is taken while another thread seeks, pauses or
 * rebalances; here one thread does all of it, nothing seeks, pauses or rebalances, and offsets
 * that went backwards would be dropped.
 *
 * Entry point: kafka_reader_new(). See also: place.c, stall.c
 */
#include "processor/kafka/reader.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>

enum {
    QUEUE_BYTES = 16 << 20,
    PARTITION_BYTES = 1 << 20,
    SERVE_MS = 500, /* longest wait without serving the handle's own events */
};

/* ---- events of a partition ------------------------------------------------------------------ */

static struct kafka_place *place_of(const rd_kafka_message_t *raw)
{
    struct kafka_topic *topic = raw->rkt ? rd_kafka_topic_opaque(raw->rkt) : NULL;

    if (!topic || raw->partition < 0 || (size_t)raw->partition >= topic->place_count)
        return NULL;
    return topic->places[raw->partition];
}

static bool tell_gone(const struct kafka_place *place, const char *cause, int64_t first,
                      int64_t end)
{
    log_warn("position-gone",
             "topic=%s partition=%d offset=%" PRId64 " first=%" PRId64 " end=%" PRId64
             " cause=\"%s\"",
             place->topic->name, place->partition, place->next_offset, first, end, cause);
    return true;
}

/* A refusal may come of metadata that is not up to date, and of an election. True if the position
 * lies outside of the partition, or there is no such partition, as the brokers see it now. */
static bool is_gone(struct kafka_reader *reader, const struct kafka_place *place)
{
    struct log_topic topic = { .name = place->topic->name };
    struct leat_error error = { 0 };
    int64_t first, end;

    if (kafka_topic_look(&reader->log->log, &topic, &error))
        return false;
    if (place->partition >= topic.partitions)
        return tell_gone(place, "no such partition", -1, -1);
    if (kafka_ends(&reader->log->log, topic.name, place->partition, &first, &end, &error))
        return false;
    return (place->next_offset < first || place->next_offset > end) &&
           tell_gone(place, "outside of the partition", first, end);
}

/* Sorts out a message that carries an error and no record. Returns LEAT_OK and keeps *event at
 * LOG_RECORD where there is nothing to tell the caller. */
static int sort_error(struct kafka_reader *reader, struct kafka_place *place,
                      const rd_kafka_message_t *raw, enum log_event *event,
                      struct leat_error *error)
{
    *event = LOG_RECORD;
    switch (raw->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        *event = LOG_END;
        return LEAT_OK;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        place_stop(place);
        if (is_gone(reader, place)) {
            *event = LOG_GONE;
            place->gone = true;
            return LEAT_OK;
        }
        log_warn("reader-restart", "topic=%s partition=%d offset=%" PRId64 " cause=\"%s\"",
                 place->topic->name, place->partition, place->next_offset,
                 rd_kafka_message_errstr(raw));
        return place_start(reader, place, error);
    default:
        if (kafka_status(raw->err) == LEAT_E_RETRY) {
            log_debug("reader", "topic=%s partition=%d cause=\"%s\"", place->topic->name,
                      place->partition, rd_kafka_message_errstr(raw));
            return LEAT_OK;
        }
        return error_set(error, LEAT_E_LOG, "read %s-%d: %s%s", place->topic->name,
                         place->partition, rd_kafka_message_errstr(raw), kafka_advice(raw->err));
    }
}

/* ---- what goes to the caller ---------------------------------------------------------------- */

static void fill(struct kafka_place *place, struct kafka_message *message, enum log_event event,
                 struct log_message *out)
{
    const rd_kafka_message_t *raw = message->raw;

    *out = (struct log_message){
        .event = event,
        .slot = place->slot,
        .partition = place->partition,
        .offset = raw->offset,
        .owner = &message->owner,
    };
    if (event == LOG_RECORD) {
        out->timestamp_ms = rd_kafka_message_timestamp(raw, NULL);
        out->key = leat_bytes(raw->key, raw->key_len);
        out->value = leat_bytes(raw->payload, raw->len);
    }
}

static void fill_event(const struct kafka_place *place, enum log_event event, int64_t offset,
                       struct log_message *out)
{
    *out = (struct log_message){
        .event = event,
        .slot = place->slot,
        .partition = place->partition,
        .offset = offset,
    };
}

/* Takes one message from librdkafka. Returns how many it put into out (0 or 1) or a code; raw is
 * given back or kept in any case. */
static int deliver(struct kafka_reader *reader, rd_kafka_message_t *raw, struct log_message *out,
                   struct leat_error *error)
{
    struct kafka_place *place = place_of(raw);
    enum log_event event = LOG_RECORD;
    int status = LEAT_OK;

    if (!place || !place->started || (!raw->err && raw->offset < place->next_offset))
        goto drop;
    if (raw->err) {
        status = sort_error(reader, place, raw, &event, error);
        if (status || event == LOG_RECORD)
            goto drop;
    }
    if (event == LOG_RECORD)
        place->next_offset = raw->offset + 1;
    else if (event == LOG_END && raw->offset > place->next_offset)
        place->next_offset = raw->offset;
    if (place->held || place->backlog) {
        place_keep(reader, place, raw);
        return 0;
    }
    if (event == LOG_RECORD) {
        fill(place, message_new(reader, raw), event, out);
        return 1;
    }
    fill_event(place, event, place->next_offset, out);
    status = 1;
drop:
    rd_kafka_message_destroy(raw);
    return status;
}

static enum log_event event_of(const rd_kafka_message_t *raw)
{
    return !raw->err                                      ? LOG_RECORD
           : raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? LOG_END
                                                          : LOG_GONE;
}

/* That a topic or a partition is no more comes as an event of the handle, with the name in a
 * sentence. So all places are asked for, and those that are gone are told. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct kafka_reader *reader = opaque;

    if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
        code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        reader->suspect = true;
        log_warn("reader", "client=%s cause=\"%s\"", rd_kafka_name(handle), reason);
    }
}

static size_t deliver_gone(struct kafka_reader *reader, struct log_message *out, size_t max)
{
    size_t count = 0, i;

    for (i = 0; i < reader->place_count && count < max; i++) {
        struct kafka_place *place = reader->places[i];

        if (place->gone || !is_gone(reader, place))
            continue;
        place_stop(place);
        place->gone = true;
        fill_event(place, LOG_GONE, place->next_offset, &out[count++]);
    }
    reader->suspect = i < reader->place_count;
    return count;
}

/* Hands out of the backlog what is no longer held, up to max. */
static size_t deliver_backlog(struct kafka_reader *reader, struct log_message *out, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < reader->place_count && reader->ready && count < max; i++) {
        struct kafka_place *place = reader->places[i];

        while (place->backlog && !place->held && count < max) {
            struct kafka_message *message = place_take(reader, place);
            enum log_event event = event_of(message->raw);

            if (event == LOG_RECORD) {
                fill(place, message, event, &out[count++]);
            } else {
                fill_event(place, event,
                           event == LOG_END ? message->raw->offset : place->next_offset,
                           &out[count++]);
                message_free(message);
            }
        }
    }
    return count;
}

/* ---- the vtable ----------------------------------------------------------------------------- */

static int fetch(struct kafka_reader *reader, struct log_message *out, size_t max,
                 struct leat_error *error)
{
    rd_kafka_message_t *raw[LIMIT_BATCH];
    size_t wanted = max < LIMIT_BATCH ? max : LIMIT_BATCH, count = 0;
    ssize_t got = rd_kafka_consume_batch_queue(reader->queue, 0, raw, wanted);
    int status = LEAT_OK;

    if (reader->wake.needed && got > 0) {
        wake_note(reader, raw[got - 1]);
        wake_fetchers(reader);
    }
    for (ssize_t i = 0; i < got; i++) {
        int one = status < 0 ? 0 : deliver(reader, raw[i], &out[count], error);

        if (status < 0)
            rd_kafka_message_destroy(raw[i]);
        else if (one < 0)
            status = one;
        else
            count += (size_t)one;
    }
    if (status < 0)
        for (size_t i = 0; i < count; i++)
            log_message_free(&out[i]);
    return status < 0 ? status : (int)count;
}

static int wait_first(struct kafka_reader *reader, struct log_message *out, int64_t wait_ms,
                      struct leat_error *error)
{
    rd_kafka_message_t *raw;

    rd_kafka_poll(reader->handle, 0);
    raw = rd_kafka_consume_queue(reader->queue, wait_ms < SERVE_MS ? (int)wait_ms : SERVE_MS);
    return raw ? deliver(reader, raw, out, error) : 0;
}

static int reader_poll(struct log_reader *log_reader, struct log_message *out, size_t max,
                       int timeout_ms, struct leat_error *error)
{
    struct kafka_reader *reader = (struct kafka_reader *)log_reader;
    size_t count = 0;
    int64_t deadline = 0;
    int got = stall_look(reader, error);

    if (got)
        return got;
    if (reader->suspect)
        count = deliver_gone(reader, out, max);
    if (reader->ready)
        count += deliver_backlog(reader, out + count, max - count);
    if (count == max)
        return (int)count;
    got = fetch(reader, out + count, max - count, error);
    while (!count && !got && timeout_ms) {
        int64_t now = clock_ms(clock_system());

        deadline = deadline ? deadline : timeout_ms < 0 ? INT64_MAX : now + timeout_ms;
        if (now >= deadline)
            break;
        got = wait_first(reader, out, deadline - now, error);
        if (got < 0)
            break;
        count += (size_t)got;
        if (reader->suspect)
            count += deliver_gone(reader, out + count, max - count);
        got = count < max ? fetch(reader, out + count, max - count, error) : 0;
    }
    if (got < 0) {
        while (count)
            log_message_free(&out[--count]);
        return got;
    }
    return (int)count + got;
}

static int reader_assign(struct log_reader *log_reader, const struct log_position *from, int slot,
                         struct leat_error *error)
{
    struct kafka_reader *reader = (struct kafka_reader *)log_reader;

    assert(!place_find(reader, from->topic, from->partition));
    return place_new(reader, from, slot, error);
}

static int reader_unassign(struct log_reader *log_reader, const struct log_position *partition,
                           struct leat_error *error)
{
    struct kafka_reader *reader = (struct kafka_reader *)log_reader;
    struct kafka_place *place = place_find(reader, partition->topic, partition->partition);

    if (place)
        place_free(reader, place);
    return LEAT_OK;
}

static int reader_pause(struct log_reader *log_reader, const struct log_position *partition,
                        bool pause, struct leat_error *error)
{
    struct kafka_reader *reader = (struct kafka_reader *)log_reader;
    struct kafka_place *place = place_find(reader, partition->topic, partition->partition);

    assert(place);
    if (place->held == pause)
        return LEAT_OK;
    place->held = pause;
    if (place->backlog)
        reader->ready += pause ? (size_t)-1 : 1;
    return pause || place->started || place->gone ? LEAT_OK : place_start(reader, place, error);
}

/* librdkafka makes a topic of its own for one that it is asked about and does not know yet; that
 * one would then be ours, without our opaque, and bring messages that belong to no place. */
static int64_t reader_end(struct log_reader *log_reader, const struct log_position *partition)
{
    struct kafka_reader *reader = (struct kafka_reader *)log_reader;
    int64_t first, end;

    if (!place_find(reader, partition->topic, partition->partition) ||
        rd_kafka_get_watermark_offsets(reader->handle, partition->topic, partition->partition,
                                       &first, &end))
        return -1;
    return end >= 0 ? end : -1;
}

static void reader_message_free(struct log_message *message)
{
    message_free((struct kafka_message *)message->owner);
}

static size_t reader_headers(const struct log_message *message, struct log_header *headers,
                             size_t max)
{
    const struct kafka_message *own = message->owner;
    rd_kafka_headers_t *list;
    size_t count = 0;

    if (rd_kafka_message_headers(own->raw, &list))
        return 0;
    while (count < max) {
        const void *value;
        struct log_header *header = &headers[count];

        if (rd_kafka_header_get_all(list, count, &header->name, &value, &header->value.size))
            break;
        header->value.data = value;
        count++;
    }
    return count;
}

static void reader_free(struct log_reader *log_reader)
{
    struct kafka_reader *reader = (struct kafka_reader *)log_reader;

    while (reader->place_count)
        place_free(reader, reader->places[0]);
    assert(!reader->out);
    wake_free(reader);
    if (reader->queue)
        rd_kafka_queue_destroy(reader->queue);
    place_topics_free(reader);
    if (reader->handle)
        rd_kafka_destroy(reader->handle);
    stall_free(reader);
    memory_free(reader->retired);
    for (size_t i = 0; i < reader->block_count; i++)
        memory_free(reader->blocks[i]);
    memory_free(reader->blocks);
    memory_free(reader->places);
    memory_free(reader);
}

static const struct log_reader_ops reader_ops = {
    .assign = reader_assign,
    .unassign = reader_unassign,
    .pause = reader_pause,
    .poll = reader_poll,
    .end = reader_end,
    .message_free = reader_message_free,
    .headers = reader_headers,
    .free = reader_free,
};

static size_t clamp(size_t value, size_t low, size_t high)
{
    return value < low ? low : value > high ? high : value;
}

int reader_open(struct kafka_reader *reader, struct leat_error *error)
{
    const struct log_reader_options *options = &reader->options;
    size_t queue = options->queue_bytes ? options->queue_bytes : QUEUE_BYTES;
    size_t part = options->partition_bytes ? options->partition_bytes : PARTITION_BYTES;
    rd_kafka_conf_t *conf;
    int status = kafka_conf_new(reader->log, KAFKA_READER, &conf, error);

    if (status)
        return status;
    kafka_conf_number(conf, "queued.max.messages.kbytes", (int64_t)clamp(queue >> 10, 64, 2097151));
    kafka_conf_number(conf, "queued.min.messages",
                      (int64_t)clamp(queue / KAFKA_MESSAGE_COST, 1000, 10000000));
    kafka_conf_number(conf, "fetch.message.max.bytes", (int64_t)clamp(part, 1024, 1000000000));
    kafka_conf_number(conf, "fetch.max.bytes", (int64_t)clamp(queue, 1024, 52428800));
    if (options->read_uncommitted)
        kafka_conf_set(conf, "isolation.level", "read_uncommitted");
    rd_kafka_conf_set_opaque(conf, reader);
    rd_kafka_conf_set_error_cb(conf, on_error);
    wake_init(reader, conf, queue);
    reader->backlog_limit = clamp(queue / 4, 64 << 10, SIZE_MAX);
    status = kafka_open(conf, RD_KAFKA_CONSUMER, &reader->handle, error);
    if (!status)
        reader->queue = rd_kafka_queue_new(reader->handle);
    return status;
}

int kafka_reader_new(struct log *log, const struct log_reader_options *options,
                     struct log_reader **out, struct leat_error *error)
{
    struct kafka_reader *reader = memory_new(sizeof(*reader));
    int status;

    reader->reader.ops = &reader_ops;
    reader->log = (struct kafka_log *)log;
    reader->options = *options;
    status = reader_open(reader, error);
    if (status) {
        reader_free(&reader->reader);
        return status;
    }
    *out = &reader->reader;
    return LEAT_OK;
}
