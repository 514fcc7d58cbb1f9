/* wake.c - keeps fetching alive in librdkafkas whose fetcher sleeps when its queue was full.
 *
 * Before fetch.queue.backoff.ms existed, a fetcher that found the queue at its bound looked again
 * when its broker's thread woke, up to a second later: a reader with a queue of 4 MB got 125,000
 * records a second and stood still the rest of the time. Any request to that broker wakes the
 * thread. So when the queue was seen near its bound and then half empty, one setting of one topic
 * is asked for, and nobody waits for the answer.
 *
 * Entry points: as in reader.h
 */
#include "processor/kafka/reader.h"

void wake_init(struct kafka_reader *reader, rd_kafka_conf_t *conf, size_t queue_bytes)
{
    char text[32];
    size_t size = sizeof(text);

    reader->wake.needed =
        rd_kafka_conf_get(conf, "fetch.queue.backoff.ms", text, &size) != RD_KAFKA_CONF_OK;
    reader->wake.limit = queue_bytes;
}

void wake_free(struct kafka_reader *reader)
{
    if (reader->wake.answers)
        rd_kafka_queue_destroy(reader->wake.answers);
}

void wake_note(struct kafka_reader *reader, const rd_kafka_message_t *last)
{
    struct kafka_wake *wake = &reader->wake;
    int32_t broker = rd_kafka_message_broker_id(last);
    size_t bytes = last->len + last->key_len;

    wake->message_bytes = (wake->message_bytes * 7 + bytes) / 8 + 1;
    for (size_t i = 0; i < wake->broker_count; i++)
        if (wake->brokers[i] == broker)
            return;
    if (broker >= 0 && wake->broker_count < KAFKA_WAKE_BROKERS)
        wake->brokers[wake->broker_count++] = broker;
}

static void ask(struct kafka_reader *reader, int32_t broker)
{
    char text[128];
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(reader->handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, reader->topics->name);

    (void)rd_kafka_ConfigResource_set_config(resource, "cleanup.policy", "");
    (void)rd_kafka_AdminOptions_set_broker(options, broker, text, sizeof(text));
    rd_kafka_DescribeConfigs(reader->handle, &resource, 1, options, reader->wake.answers);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_AdminOptions_destroy(options);
}

static void drop_answers(struct kafka_wake *wake, const struct kafka_reader *reader)
{
    rd_kafka_event_t *event;

    if (!wake->answers)
        wake->answers = rd_kafka_queue_new(reader->handle);
    while ((event = rd_kafka_queue_poll(wake->answers, 0)))
        rd_kafka_event_destroy(event);
}

void wake_fetchers(struct kafka_reader *reader)
{
    struct kafka_wake *wake = &reader->wake;
    size_t queued = rd_kafka_queue_length(reader->queue);
    size_t cost =
        wake->message_bytes > KAFKA_MESSAGE_COST ? wake->message_bytes : KAFKA_MESSAGE_COST;

    if (queued * cost * 4 >= wake->limit * 3)
        wake->was_full = true;
    if (!wake->was_full || queued * cost * 2 > wake->limit || !reader->topics)
        return;
    wake->was_full = false;
    drop_answers(wake, reader);
    for (size_t i = 0; i < wake->broker_count; i++)
        ask(reader, wake->brokers[i]);
}
