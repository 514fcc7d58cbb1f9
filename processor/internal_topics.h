/* internal_topics.h - the topics that an application needs and makes where they are missing.
 *
 * Repartition topics, changelogs, outputs and dead letters. None of the internal ones expires by
 * the broker's clock: records may be years old when they are written.
 */
#ifndef PROCESSOR_INTERNAL_TOPICS_H
#define PROCESSOR_INTERNAL_TOPICS_H

#include "processor/layout.h"

struct internal_options {
    int16_t replication; /* -1: the broker's default */
    bool dead_letters;   /* a handler sends records there */
    bool create;         /* false: a missing topic is an error that names it */
};

/* Creates what is missing and notes partition counts of outputs and dead letters in the layout.
 * An existing output is used as it is, with a warning where it forgets what the topology means to
 * keep; an internal topic with another partition count is refused: LEAT_E_TOPOLOGY. */
int internal_topics_create(struct log *log, struct layout *layout,
                           const struct internal_options *options,
                           struct leat_error *error) MUST_CHECK;

/* Changelogs that are there already and do not fit: LEAT_E_TOPOLOGY, before anything is made. */
int internal_topics_check(struct log *log, struct layout *layout,
                          struct leat_error *error) MUST_CHECK;

#endif
