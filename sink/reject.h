/* reject.h - records that cannot be rows, in the dead-letter topic of theirs. */
#ifndef SINK_REJECT_H
#define SINK_REJECT_H

#include "base/map.h"
#include "processor/log.h"

struct reject {
    struct log *log;
    struct log_writer *writer; /* made with the first one */
    struct map topics;         /* dead-letter topics that are there: source to name */
    bool unflushed;
};

void reject_init(struct reject *reject, struct log *log);
void reject_free(struct reject *reject);

/* Writes message to <topic>-rejected-by-sink, with the reason in headers. */
int reject_send(struct reject *reject, const char *topic, const struct log_message *message,
                const struct leat_error *why, struct leat_error *error) MUST_CHECK;

/* Waits until all of them are acknowledged. */
int reject_flush(struct reject *reject, struct leat_error *error) MUST_CHECK;

#endif
