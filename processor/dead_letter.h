/* dead_letter.h - records that could not be read: as they came, with the reason in headers.
 *
 * Headers, as text: error.reason (a code), error.message, source.topic, source.partition,
 * source.offset, behind those that the record came with.
 */
#ifndef PROCESSOR_DEAD_LETTER_H
#define PROCESSOR_DEAD_LETTER_H

#include "processor/log.h"

/* Into topic, or <source>-rejected where topic is NULL, in the writer's transaction. */
int dead_letter_send(struct log_writer *writer, const char *topic, const char *source,
                     const struct log_message *message, const char *reason, const char *sentence,
                     struct leat_error *error) MUST_CHECK;

#endif
