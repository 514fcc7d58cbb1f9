/* dead_letter.h - records that could not be read: as they came, with the reason in headers.
 *
 * Headers, as text: error.reason (a code), error.message, source.topic, source.partition,
 * source.offset, behind those that the record came with.
 */
#ifndef PROCESSOR_DEAD_LETTER_H
#define PROCESSOR_DEAD_LETTER_H

#include "processor/log.h"

struct dead_letter {
    const char *topic;   /* where it goes; NULL: <source>-rejected */
    int32_t partitions;  /* of that topic; 0: as many as the source has */
    const char *source;  /* the topic that the message came from */
    const char *reason, *sentence;
};

/* Into the writer's transaction, if it has one. */
int dead_letter_send(struct log_writer *writer, const struct dead_letter *letter,
                     const struct log_message *message, struct leat_error *error) MUST_CHECK;

#endif
