/* reset.h - makes an application begin anew, as Kafka Streams' reset tool does.
 *
 * Puts the committed offsets of the inputs where they shall be read from, and deletes what the
 * application keeps for itself: changelogs, repartition topics and the task topic. Outputs, inputs
 * and tables of a database stay. Refused while an instance runs.
 */
#ifndef BLACKFRIDAY_RESET_H
#define BLACKFRIDAY_RESET_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct log;

enum reset_to {
    RESET_EARLIEST,
    RESET_LATEST,
    RESET_OFFSET,   /* .amount, within what the partition holds */
    RESET_SHIFT,    /* .amount from what is committed; back if it is negative */
};

struct reset_options {
    const char *application_id;
    const char *const *inputs;   /* topics whose offsets are set */
    size_t input_count;
    enum reset_to to;
    int64_t amount;
    const char *const *internal; /* topics to delete; none given: all that carry the application's
                                    name as Leat gives names */
    size_t internal_count;
    const char *state_dir;       /* named in the advice; NULL: none is given */
    bool dry_run;                /* says what would be done, and does nothing */
    FILE *out;                   /* NULL: stdout */
};

/* LEAT_E_ARGUMENT: an input or internal topic is not there, or not the application's. LEAT_E_LOG:
 * refused, an instance still runs. What was done up to an error stays done; run it again. */
int reset_run(struct log *log, const struct reset_options *options, struct leat_error *error)
    MUST_CHECK;

#endif
