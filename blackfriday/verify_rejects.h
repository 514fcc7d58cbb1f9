/* verify_rejects.h - one input's dead-letter topic: what is invalid stands there byte for byte, and
 * nothing else does. */
#ifndef BLACKFRIDAY_VERIFY_REJECTS_H
#define BLACKFRIDAY_VERIFY_REJECTS_H

#include "base/map.h"
#include "blackfriday/verify.h"
#include "blackfriday/verify_report.h"

struct verify_rejects {
    const char *topic;             /* the input */
    char rejected_topic[256];
    bool repeats;                  /* a global table's: each instance that reads it rejects */
    struct verify_output *output;
    struct map entries;            /* partition and offset of the input to its reject */
};

/* What a record of an input is by the contract. */
enum verify_judgement {
    VERIFY_VALID,
    VERIFY_INVALID,
    VERIFY_EITHER, /* it depended on the clock when it was processed */
};

/* Reads <topic>-rejected: before the input itself. */
int verify_rejects_read(struct verify_rejects *rejects, struct verify_input *input,
                        struct verify_report *report, const char *topic,
                        struct leat_error *error) MUST_CHECK;

/* Compares one record of the input with what was rejected. Returns whether it counts as valid. */
bool verify_rejects_settle(struct verify_rejects *rejects, const struct verify_record *record,
                           enum verify_judgement judgement, const char *why);

/* What is left over was never in the input. */
void verify_rejects_finish(struct verify_rejects *rejects);
void verify_rejects_free(struct verify_rejects *rejects);

#endif
