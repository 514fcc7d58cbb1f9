/* dead_letter.c - writing a record that could not be read to its dead-letter topic. */
#include "processor/dead_letter.h"

#include "base/limits.h"

#include <stdio.h>

enum { DEAD_LETTER_HEADERS = 5 };

/* A record behind a repartition leaves with the frame that it came in, so that it can be put back.
 * The record goes to partition 0 where the dead-letter topic is narrower than the source; the
 * source's own partition otherwise, so that order is kept. */
int dead_letter_send(struct log_writer *writer, const struct dead_letter *letter,
                     const struct log_message *message, struct leat_error *error)
{
    struct log_header headers[LIMIT_HEADERS + DEAD_LETTER_HEADERS];
    char name[LIMIT_NAME_BYTES + 16], partition[16], offset[24];
    size_t count = log_message_headers(message, headers, LIMIT_HEADERS);
    bool narrow = letter->partitions && message->partition >= letter->partitions;
    struct log_record record = { .partition = narrow ? 0 : message->partition,
                                 .timestamp_ms = message->timestamp_ms > 0 ? message->timestamp_ms
                                                                           : 0,
                                 .key = message->key,
                                 .value = message->value,
                                 .headers = headers };

    snprintf(name, sizeof name, "%s-rejected", letter->source);
    snprintf(partition, sizeof partition, "%d", message->partition);
    snprintf(offset, sizeof offset, "%lld", (long long)message->offset);
    headers[count++] = (struct log_header){ "error.reason", leat_bytes_of(letter->reason) };
    headers[count++] = (struct log_header){ "error.message", leat_bytes_of(letter->sentence) };
    headers[count++] = (struct log_header){ "source.topic", leat_bytes_of(letter->source) };
    headers[count++] = (struct log_header){ "source.partition", leat_bytes_of(partition) };
    headers[count++] = (struct log_header){ "source.offset", leat_bytes_of(offset) };
    record.header_count = count;
    record.topic = log_writer_topic(writer, letter->topic ? letter->topic : name);
    return log_writer_send(writer, &record, error);
}
