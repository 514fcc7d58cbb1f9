/* verify_report.h - what was compared, counted by output, with a sentence for the first few
 * differences of each. */
#ifndef BLACKFRIDAY_VERIFY_REPORT_H
#define BLACKFRIDAY_VERIFY_REPORT_H

#include "base/buffer.h"

#include <stdio.h>

enum verify_kind { VERIFY_MISSING, VERIFY_WRONG, VERIFY_EXTRA, VERIFY_KINDS };

enum { VERIFY_OUTPUTS = 64 };

/* One row of the table: a topic, or a database's table. */
struct verify_output {
    char name[128];
    int64_t expected, found, differences[VERIFY_KINDS];
    struct buffer sentences;
    int left; /* sentences that may still be said */
};

struct verify_report {
    struct verify_output outputs[VERIFY_OUTPUTS];
    size_t count;
    int sentences; /* for each output */
};

struct verify_output *verify_report_add(struct verify_report *report, const char *name);

/* Counts a difference, and says "<topic> <key>: <sentence>" if there were not too many. */
__attribute__((format(printf, 4, 5))) void verify_differ(struct verify_output *output,
                                                         enum verify_kind kind, const char *key,
                                                         const char *format, ...);

bool verify_report_equal(const struct verify_report *report);
void verify_report_print(const struct verify_report *report, FILE *out);
void verify_report_free(struct verify_report *report);

#endif
