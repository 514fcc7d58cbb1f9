/* tool.c - for run.sh: makes topics, sends one sale that is wrong in a named way, shows rejects.
 *
 *   badinput-tool BOOTSTRAP REGISTRY topic NAME PARTITIONS [MAX-MESSAGE-BYTES]
 *   badinput-tool BOOTSTRAP REGISTRY send FAULT
 *   badinput-tool BOOTSTRAP REGISTRY rejects TOPIC
 */
#include "base/clock.h"
#include "base/memory.h"
#include "blackfriday/feed.h"
#include "blackfriday/spoil.h"
#include "processor/log.h"
#include "retail/sale.h"
#include "schemas/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 1 << 20, WIRE_BYTES = 4 << 20 };

static void must(int status, const struct leat_error *error)
{
    if (status >= 0)
        return;
    fprintf(stderr, "badinput-tool: %s\n", error->text);
    exit(1);
}

static void make_topic(struct log *log, char **arguments)
{
    struct log_setting settings[] = { { "retention.ms", "-1" },
                                      { "max.message.bytes", arguments[2] } };
    struct log_topic topic = { arguments[0], atoll(arguments[1]), -1, settings,
                               arguments[2] ? 2 : 1 };
    struct leat_error error = { 0 };

    must(log_topic_create(log, &topic, &error), &error);
}

static enum event_fault fault_of(const char *name)
{
    for (int fault = 0; fault < EVENT_FAULTS; fault++)
        if (!strcmp(event_fault_name((enum event_fault)fault), name))
            return (enum event_fault)fault;
    return EVENT_SOUND;
}

/* "undecodable 2" is the third way of being so. */
static void send(struct log *log, struct registry *registry, const char *what)
{
    struct feed_options options = { .topics = { [FEED_SALES] = true }, .partitions = 4 };
    bool large = !strcmp(what, "large key"), hostile = !strncmp(what, "undecodable ", 12);
    enum event_fault fault = hostile ? EVENT_UNDECODABLE : fault_of(what);
    struct feed_record record = { .topic = FEED_SALES };
    struct leat_bytes id = leat_bytes_of(what), wire;
    struct leat_error error = { 0 };
    struct sale sale = { .product_id = leat_bytes_of("nobody"), .store_id = leat_bytes_of("none"),
                         .timestamp = clock_wall_ms(clock_system()), .quantity = 1,
                         .unit_price = 100 };
    struct buffer bytes;
    struct feed *feed;

    if (large) {
        id = leat_bytes(memset(memory_new(KEY_BYTES), 'k', KEY_BYTES), KEY_BYTES);
        sale.product_id = leat_bytes_of("p");
    }
    sale.transaction_id = id;
    spoil_sale(&sale, fault, sale.timestamp);
    must(feed_new(log, registry, &options, &feed, &error), &error);
    must(feed_encode(feed, FEED_SALES, &sale, &wire, &error), &error);
    buffer_init(&bytes, WIRE_BYTES);
    must(buffer_add(&bytes, wire.data, wire.size), &error);
    must(spoil_wire(&bytes, fault, hostile ? atoll(what + 12) : 0), &error);
    record.key = id;
    record.wire = buffer_bytes(&bytes);
    record.timestamp_ms = clock_wall_ms(clock_system());
    record.partition = feed_partition(feed, FEED_SALES, id);
    must(feed_send(feed, &record, &error), &error);
    must(feed_flush(feed, &error), &error);
    feed_free(feed);
    buffer_free(&bytes);
    if (large)
        memory_free(id.data);
}

static void show(const struct log_message *message)
{
    struct log_header headers[64];
    size_t count = log_message_headers(message, headers, 64);

    printf("%.*s", message->key.size < 40 ? (int)message->key.size : 40,
           message->key.data ? message->key.data : "");
    for (size_t i = 0; i < count; i++)
        if (!strncmp(headers[i].name, "error.", 6))
            printf("\t%.*s", (int)headers[i].value.size, headers[i].value.data);
    printf("\n");
}

static void show_rejects(struct log *log, const char *name)
{
    struct log_reader_options options = { .queue_bytes = 8 << 20 };
    struct log_topic topic = { .name = name };
    struct leat_error error = { 0 };
    struct log_message messages[64];
    struct log_reader *reader;
    int32_t ended = 0;

    must(log_topic_look(log, &topic, &error), &error);
    must(log_reader_new(log, &options, &reader, &error), &error);
    for (int32_t p = 0; p < topic.partitions; p++)
        must(log_reader_assign(reader, &(struct log_position){ name, p, 0 }, p, &error), &error);
    while (ended < topic.partitions) {
        int found = log_reader_poll(reader, messages, 64, 1000, &error);

        must(found, &error);
        for (int i = 0; i < found; i++) {
            if (messages[i].event == LOG_RECORD)
                show(&messages[i]);
            ended += messages[i].event == LOG_END;
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
}

int main(int count, char **arguments)
{
    struct leat_error error = { 0 };
    struct registry *registry;
    struct log *log;

    if (count < 5)
        return 2;
    must(log_kafka_new(arguments[1], "badinput", NULL, 0, &log, &error), &error);
    must(registry_new(&(struct registry_options){ .url = arguments[2] }, &registry, &error),
         &error);
    if (!strcmp(arguments[3], "topic") && count > 5)
        make_topic(log, arguments + 4);
    else if (!strcmp(arguments[3], "send"))
        send(log, registry, arguments[4]);
    else
        show_rejects(log, arguments[4]);
    registry_free(registry);
    log_free(log);
    return 0;
}
