/* client.c - feeds the word count on a broker and waits for what it must say, with librdkafka
 * alone, as any other program of the user's would. */
#include <librdkafka/rdkafka.h>

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WORDS = 4, WAIT_SECONDS = 60 };

static const char *const lines[] = { "the quick fox", "the lazy dog", "the  fox " };
static const struct { const char *word; int64_t count; } expected[WORDS] = {
    { "the", 3 }, { "fox", 2 }, { "quick", 1 }, { "dog", 1 },
};

static rd_kafka_t *handle(rd_kafka_type_t type, const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    assert(!rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof text));
    if (type == RD_KAFKA_CONSUMER)
        assert(!rd_kafka_conf_set(conf, "group.id", "reader", text, sizeof text) &&
               !rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", text, sizeof text) &&
               !rd_kafka_conf_set(conf, "allow.auto.create.topics", "false", text, sizeof text) &&
               !rd_kafka_conf_set(conf, "topic.metadata.refresh.interval.ms", "1000", text,
                                  sizeof text));
    return rd_kafka_new(type, conf, text, sizeof text);
}

static int create(rd_kafka_t *producer, const char *name)
{
    char text[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, 2, 1, text, sizeof text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(producer);
    rd_kafka_event_t *event;
    int failed;

    rd_kafka_CreateTopics(producer, &topic, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, 20000);
    failed = !event || rd_kafka_event_error(event);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return failed;
}

static int feed(const char *brokers)
{
    rd_kafka_t *producer = handle(RD_KAFKA_PRODUCER, brokers);
    int failed = create(producer, "lines");

    for (size_t i = 0; !failed && i < sizeof lines / sizeof *lines; i++)
        failed = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("lines"),
                                   RD_KAFKA_V_VALUE((char *)(uintptr_t)lines[i], strlen(lines[i])),
                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    failed |= rd_kafka_flush(producer, 20000);
    rd_kafka_destroy(producer);
    return failed;
}

static int64_t big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return size == 8 ? (int64_t)number : -1;
}

static bool all_there(const int64_t *found)
{
    for (int i = 0; i < WORDS; i++)
        if (found[i] != expected[i].count)
            return false;
    return true;
}

static void take(const rd_kafka_message_t *message, int64_t *found)
{
    for (int i = 0; i < WORDS; i++)
        if (message->key_len == strlen(expected[i].word) &&
            !memcmp(message->key, expected[i].word, message->key_len))
            found[i] = big_endian(message->payload, message->len);
}

static int wait_for_counts(const char *brokers)
{
    rd_kafka_t *consumer = handle(RD_KAFKA_CONSUMER, brokers);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    int64_t found[WORDS] = { 0 };
    time_t end = time(NULL) + WAIT_SECONDS;

    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_add(topics, "word-counts", RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    while (!all_there(found) && time(NULL) < end) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 200);

        if (message && !message->err)
            take(message, found);
        if (message)
            rd_kafka_message_destroy(message);
    }
    for (int i = 0; i < WORDS; i++)
        printf("%s: %lld, expected %lld\n", expected[i].word, (long long)found[i],
               (long long)expected[i].count);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return !all_there(found);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "feed"))
        return feed(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "wait"))
        return wait_for_counts(argv[2]);
    fprintf(stderr, "usage: client feed|wait BROKERS\n");
    return 2;
}
