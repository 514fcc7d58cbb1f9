/* tool.c - topics of the test: made, fed, dumped, and their settings.
 *
 *     operators-tool BROKERS create TOPIC PARTITIONS
 *     operators-tool BROKERS feed               lines: TOPIC KEY VALUE TIME [PARTITION]; - is null
 *     operators-tool BROKERS dump TOPIC         lines: KEY VALUE TIME, bytes in hexadecimal
 *     operators-tool BROKERS list PREFIX        names of topics
 *     operators-tool BROKERS setting TOPIC NAME
 */
#include "base/memory.h"
#include "processor/log.h"
#include "processor/partition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_BYTES = 32 << 20, WORD_BYTES = 128, BATCH = 256 };

struct tool {
    struct log *log;
    struct leat_error error;
};

static void check(const struct tool *tool, int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s\n", tool->error.text);
    exit(1);
}

static void create(struct tool *tool, const char *name, int partitions)
{
    static const struct log_setting settings[] = {
        { "retention.ms", "-1" }, { "message.timestamp.after.max.ms", "9223372036854775807" } };
    struct log_topic topic = { name, partitions, -1, settings, 2 };

    check(tool, log_topic_create(tool->log, &topic, &tool->error));
}

/* ---- feed ------------------------------------------------------------------------------------ */

static struct leat_bytes word(const char *text)
{
    return strcmp(text, "-") ? leat_bytes_of(text) : (struct leat_bytes){ 0 };
}

static int32_t partitions_of(struct tool *tool, const char *name)
{
    struct log_topic topic = { .name = name };

    check(tool, log_topic_look(tool->log, &topic, &tool->error));
    return topic.partitions;
}

static void feed(struct tool *tool)
{
    struct log_writer_options options = { .queue_bytes = QUEUE_BYTES };
    char topic[WORD_BYTES], key[WORD_BYTES], value[WORD_BYTES], line[4 * WORD_BYTES];
    char last[WORD_BYTES] = "";
    int32_t partitions = 0, partition;
    struct log_writer *writer;
    int64_t at_ms;

    check(tool, log_writer_new(tool->log, &options, &writer, &tool->error));
    while (fgets(line, sizeof line, stdin)) {
        struct log_record record = { 0 };
        int words = sscanf(line, "%127s %127s %127s %" SCNd64 " %" SCNd32, topic, key, value,
                           &at_ms, &partition);

        if (words < 4)
            exit(2);
        if (strcmp(topic, last) != 0)
            partitions = partitions_of(tool, topic);
        memcpy(last, topic, sizeof last);
        record.topic = log_writer_topic(writer, topic);
        record.key = word(key);
        record.value = word(value);
        record.timestamp_ms = at_ms;
        record.partition = words == 5 ? partition : partition_of(record.key, partitions);
        check(tool, log_writer_send(writer, &record, &tool->error));
    }
    check(tool, log_writer_flush(writer, &tool->error));
    log_writer_free(writer);
}

/* ---- dump ------------------------------------------------------------------------------------ */

static void print_bytes(struct leat_bytes bytes)
{
    if (!bytes.data)
        putchar('-');
    else if (!bytes.size)
        putchar('.');
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", (unsigned char)bytes.data[i]);
}

static void print(const struct log_message *message)
{
    print_bytes(message->key);
    putchar(' ');
    print_bytes(message->value);
    printf(" %" PRId64 "\n", message->timestamp_ms);
}

static void dump(struct tool *tool, const char *topic)
{
    struct log_reader_options options = { .queue_bytes = QUEUE_BYTES };
    int32_t partitions = partitions_of(tool, topic), left = partitions;
    struct log_message messages[BATCH];
    struct log_reader *reader;

    check(tool, log_reader_new(tool->log, &options, &reader, &tool->error));
    for (int32_t p = 0; p < partitions; p++) {
        struct log_position first = { topic, p, 0 };

        check(tool, log_reader_assign(reader, &first, p, &tool->error));
    }
    while (left) {
        int count = log_reader_poll(reader, messages, BATCH, 1000, &tool->error);

        check(tool, count);
        for (int i = 0; i < count; i++) {
            left -= messages[i].event == LOG_END;
            if (messages[i].event == LOG_RECORD)
                print(&messages[i]);
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void list(struct tool *tool, const char *prefix)
{
    char **names;
    int count = log_topic_list(tool->log, prefix, &names, &tool->error);

    check(tool, count);
    for (int i = 0; i < count; i++) {
        puts(names[i]);
        memory_free(names[i]);
    }
    memory_free(names);
}

static void setting(struct tool *tool, const char *topic, const char *name)
{
    char text[256];

    check(tool, log_topic_setting(tool->log, topic, name, text, sizeof text, &tool->error));
    puts(text);
}

int main(int argc, char **argv)
{
    struct tool tool = { 0 };

    if (argc < 3)
        return 2;
    check(&tool, log_kafka_new(argv[1], "operators-tool", NULL, 0, &tool.log, &tool.error));
    if (!strcmp(argv[2], "create") && argc == 5)
        create(&tool, argv[3], (int)strtol(argv[4], NULL, 10));
    else if (!strcmp(argv[2], "feed"))
        feed(&tool);
    else if (!strcmp(argv[2], "dump") && argc == 4)
        dump(&tool, argv[3]);
    else if (!strcmp(argv[2], "list") && argc == 4)
        list(&tool, argv[3]);
    else if (!strcmp(argv[2], "setting") && argc == 5)
        setting(&tool, argv[3], argv[4]);
    else
        return 2;
    log_free(tool.log);
    return 0;
}
