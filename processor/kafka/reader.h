/* reader.h - what reader.c, place.c, stall.c and wake.c share.
 *
 * A reader uses librdkafka's consumer without a group: partitions are started and stopped one by
 * one, at offsets that we name, and their messages come to one queue. There is no coordinator, no
 * membership and nothing to commit by accident.
 */
#ifndef PROCESSOR_KAFKA_READER_H
#define PROCESSOR_KAFKA_READER_H

#include "processor/kafka/kafka.h"

enum {
    KAFKA_MESSAGE_COST = 512, /* what librdkafka spends on a queued message besides its bytes */
    KAFKA_WAKE_BROKERS = 32,
};

/* A message on its way; the caller's while it is out, else on the reader's free list. */
struct kafka_message {
    struct log_owner owner; /* first, so that log_message_free() finds us */
    struct kafka_reader *reader;
    rd_kafka_message_t *raw;
    struct kafka_message *next;
};

struct kafka_topic {
    rd_kafka_topic_t *handle; /* its opaque is this struct */
    char *name;
    struct kafka_place **places; /* by partition; NULL: not assigned */
    size_t place_count;
    struct kafka_topic *next;
};

/* An assigned partition. Its lifetime is one assignment: what comes of an earlier one is dropped
 * by librdkafka, since stopping returns only when the queue's version has moved on. */
struct kafka_place {
    struct kafka_topic *topic;
    int32_t partition;
    int slot;
    int64_t next_offset; /* of what was taken from librdkafka's queue */
    int64_t seen_offset; /* next_offset at the last look of stall.c */
    bool behind;         /* it stood still there, before the partition's end */
    bool held;           /* paused by the caller */
    bool gone;           /* LOG_GONE was told */
    bool started;        /* fetching; a held place is stopped when its backlog grows too large */
    struct kafka_message *backlog, **backlog_tail; /* taken while held, in order */
    size_t backlog_bytes;
};

struct kafka_wake {
    bool needed;                         /* this librdkafka has no fetch.queue.backoff.ms */
    bool was_full;                       /* the queue was near its bound since the last request */
    size_t limit, message_bytes;         /* bytes of a message: a moving mean */
    int32_t brokers[KAFKA_WAKE_BROKERS]; /* that messages came from */
    size_t broker_count;
    rd_kafka_queue_t *answers;
};

struct kafka_reader {
    struct log_reader reader;
    struct kafka_log *log;
    struct log_reader_options options;
    rd_kafka_t *handle;
    rd_kafka_queue_t *queue;
    rd_kafka_t **retired; /* handles that were given up; messages of theirs may still be out */
    size_t retired_count, retired_capacity;
    int64_t look_at_ms; /* when stall.c looks next */
    struct kafka_topic *topics;
    struct kafka_place **places; /* all that are assigned */
    size_t place_count, place_capacity;
    size_t backlog_limit; /* bytes of one place's backlog */
    size_t ready;         /* places with a backlog that are not held */
    struct kafka_message *spare;
    struct kafka_message **blocks; /* where the messages' memory lies */
    size_t block_count, block_capacity;
    struct kafka_wake wake;
    size_t out;   /* messages that are not spare */
    bool suspect; /* librdkafka said that some partition or topic is no more */
};

/* ---- reader.c ------------------------------------------------------------------------------- */

/* The handle and its queue, as the reader's options say. */
int reader_open(struct kafka_reader *reader, struct leat_error *error);

/* ---- stall.c: partitions that fall silent ---------------------------------------------------- */

/* Cheap, but for once in a while. */
int stall_look(struct kafka_reader *reader, struct leat_error *error);
void stall_free(struct kafka_reader *reader); /* what was retired, once no message is out */

/* ---- place.c: assigned partitions ----------------------------------------------------------- */

int place_new(struct kafka_reader *reader, const struct log_position *from, int slot,
              struct leat_error *error);
struct kafka_place *place_find(const struct kafka_reader *reader, const char *topic,
                               int32_t partition);
void place_free(struct kafka_reader *reader, struct kafka_place *place);
int place_start(struct kafka_reader *reader, struct kafka_place *place, struct leat_error *error);
void place_stop(struct kafka_place *place);
void place_keep(struct kafka_reader *reader, struct kafka_place *place, rd_kafka_message_t *raw);
struct kafka_message *place_take(struct kafka_reader *reader, struct kafka_place *place);
rd_kafka_topic_t *place_topic_open(const struct kafka_reader *reader, struct kafka_topic *topic);
void place_topics_free(struct kafka_reader *reader);

/* ---- wake.c: fetchers that sleep ------------------------------------------------------------ */

void wake_init(struct kafka_reader *reader, rd_kafka_conf_t *conf, size_t queue_bytes);
void wake_free(struct kafka_reader *reader);
void wake_note(struct kafka_reader *reader, const rd_kafka_message_t *last);
void wake_fetchers(struct kafka_reader *reader);

/* ---- messages ------------------------------------------------------------------------------- */

struct kafka_message *message_new(struct kafka_reader *reader, rd_kafka_message_t *raw);
void message_free(struct kafka_message *message);

#endif
