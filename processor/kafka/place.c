/* place.c - the partitions that a reader is assigned, and what it holds back of them.
 *
 * A place that its caller has paused goes on fetching; its messages wait in its backlog, in the
 * order in which they came. librdkafka's own pause throws away what is fetched and fetches it
 * again, and callers pause and resume all the time. Only a backlog beyond its limit stops the
 * fetching, and it starts again where the backlog ends.
 *
 * Entry points: as in reader.h
 */
#include "processor/kafka/reader.h"

#include "base/memory.h"

#include <assert.h>

enum { MESSAGES_PER_BLOCK = 1024 };

/* ---- messages ------------------------------------------------------------------------------- */

static void add_block(struct kafka_reader *reader)
{
    struct kafka_message *block = memory_array(MESSAGES_PER_BLOCK, sizeof(*block));

    reader->blocks = memory_grow(reader->blocks, reader->block_count, &reader->block_capacity,
                                 sizeof(struct kafka_message *));
    reader->blocks[reader->block_count++] = block;
    for (size_t i = 0; i < MESSAGES_PER_BLOCK; i++) {
        block[i].owner.ops = reader->reader.ops;
        block[i].reader = reader;
        block[i].next = reader->spare;
        reader->spare = &block[i];
    }
}

struct kafka_message *message_new(struct kafka_reader *reader, rd_kafka_message_t *raw)
{
    struct kafka_message *message;

    if (!reader->spare)
        add_block(reader);
    message = reader->spare;
    reader->spare = message->next;
    reader->out++;
    message->raw = raw;
    message->next = NULL;
    return message;
}

void message_free(struct kafka_message *message)
{
    struct kafka_reader *reader = message->reader;

    assert(message->raw);
    rd_kafka_message_destroy(message->raw);
    message->raw = NULL;
    message->next = reader->spare;
    reader->spare = message;
    reader->out--;
}

/* ---- topics --------------------------------------------------------------------------------- */

rd_kafka_topic_t *place_topic_open(const struct kafka_reader *reader, struct kafka_topic *topic)
{
    /* The handle's own defaults hold auto.offset.reset=error, as set in conf.c. */
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(reader->handle);
    rd_kafka_topic_t *handle;

    rd_kafka_topic_conf_set_opaque(conf, topic);
    handle = rd_kafka_topic_new(reader->handle, topic->name, conf);
    assert(handle);
    return handle;
}

static struct kafka_topic *topic_of(struct kafka_reader *reader, const char *name)
{
    struct kafka_topic *topic;

    for (topic = reader->topics; topic; topic = topic->next)
        if (!strcmp(topic->name, name))
            return topic;
    topic = memory_new(sizeof(*topic));
    topic->name = memory_text(name);
    topic->handle = place_topic_open(reader, topic);
    topic->next = reader->topics;
    reader->topics = topic;
    return topic;
}

void place_topics_free(struct kafka_reader *reader)
{
    while (reader->topics) {
        struct kafka_topic *topic = reader->topics;

        reader->topics = topic->next;
        rd_kafka_topic_destroy(topic->handle);
        memory_free(topic->name);
        memory_free(topic->places);
        memory_free(topic);
    }
}

/* ---- places --------------------------------------------------------------------------------- */

int place_start(struct kafka_reader *reader, struct kafka_place *place, struct leat_error *error)
{
    assert(!place->started);
    if (rd_kafka_consume_start_queue(place->topic->handle, place->partition, place->next_offset,
                                     reader->queue))
        return kafka_fail(error, rd_kafka_last_error(), "read %s-%d", place->topic->name,
                          place->partition);
    place->started = true;
    return LEAT_OK;
}

/* Returns when librdkafka has moved the partition's version on: what lies in the queue is then
 * outdated, and never handed to us. */
void place_stop(struct kafka_place *place)
{
    if (place->started)
        (void)rd_kafka_consume_stop(place->topic->handle, place->partition);
    place->started = false;
}

static void enter_by_partition(struct kafka_topic *topic, struct kafka_place *place)
{
    size_t at = (size_t)place->partition;

    if (at >= topic->place_count) {
        topic->places = memory_resize(topic->places, at + 1, sizeof(*topic->places));
        for (size_t i = topic->place_count; i <= at; i++)
            topic->places[i] = NULL;
        topic->place_count = at + 1;
    }
    assert(!topic->places[at]);
    topic->places[at] = place;
}

int place_new(struct kafka_reader *reader, const struct log_position *from, int slot,
              struct leat_error *error)
{
    struct kafka_place *place = memory_new(sizeof(*place));

    place->topic = topic_of(reader, from->topic);
    place->partition = from->partition;
    place->slot = slot;
    place->next_offset = place->seen_offset = from->offset;
    place->backlog_tail = &place->backlog;
    enter_by_partition(place->topic, place);
    reader->places = memory_grow(reader->places, reader->place_count, &reader->place_capacity,
                                 sizeof(struct kafka_place *));
    reader->places[reader->place_count++] = place;
    return place_start(reader, place, error);
}

struct kafka_place *place_find(const struct kafka_reader *reader, const char *topic,
                               int32_t partition)
{
    for (size_t i = 0; i < reader->place_count; i++) {
        struct kafka_place *place = reader->places[i];

        if (place->partition == partition && !strcmp(place->topic->name, topic))
            return place;
    }
    return NULL;
}

void place_free(struct kafka_reader *reader, struct kafka_place *place)
{
    place_stop(place);
    if (place->backlog && !place->held)
        reader->ready--;
    while (place->backlog) {
        struct kafka_message *message = place->backlog;

        place->backlog = message->next;
        message_free(message);
    }
    place->topic->places[place->partition] = NULL;
    for (size_t i = 0; i < reader->place_count; i++)
        if (reader->places[i] == place) {
            reader->places[i] = reader->places[--reader->place_count];
            break;
        }
    memory_free(place);
}

/* ---- the backlog ---------------------------------------------------------------------------- */

void place_keep(struct kafka_reader *reader, struct kafka_place *place, rd_kafka_message_t *raw)
{
    struct kafka_message *message = message_new(reader, raw);

    if (!place->backlog && !place->held)
        reader->ready++;
    *place->backlog_tail = message;
    place->backlog_tail = &message->next;
    place->backlog_bytes += raw->len + raw->key_len + sizeof(*raw);
    if (place->backlog_bytes > reader->backlog_limit)
        place_stop(place);
}

struct kafka_message *place_take(struct kafka_reader *reader, struct kafka_place *place)
{
    struct kafka_message *message = place->backlog;

    place->backlog = message->next;
    message->next = NULL;
    place->backlog_bytes -= message->raw->len + message->raw->key_len + sizeof(*message->raw);
    if (!place->backlog) {
        place->backlog_tail = &place->backlog;
        reader->ready--;
    }
    return message;
}
