/* upload.h - a CSV file that is checked against the contract row by row while it comes in, and
 * written to its topic in one transaction.
 *
 * The first line names the columns as the contract names the fields. A row that is refused is
 * noted with line, column and reason, and the next one is looked at. Nothing is held but the row
 * at hand, the report (bounded: LIMIT_UPLOAD_REPORT_ROWS, then counted only) and librdkafka's queue.
 * Thread: one at a time; upload_progress() from any.
 */
#ifndef BLACKFRIDAY_WEB_UPLOAD_H
#define BLACKFRIDAY_WEB_UPLOAD_H

#include "base/buffer.h"
#include "blackfriday/feed.h"

struct upload;

enum upload_choice {
    UPLOAD_GOOD_ROWS,   /* the rows that are accepted are written, in one transaction */
    UPLOAD_ALL_OR_NONE, /* one refused row, and nothing is written */
};

struct upload_options {
    enum feed_topic topic;
    enum upload_choice choice;
};

struct upload_counts {
    int64_t bytes, rows, accepted, refused, written;
    bool over;
};

int upload_new(struct log *log, struct registry *registry, const struct upload_options *options,
               struct upload **out, struct leat_error *error) MUST_CHECK;
void upload_free(struct upload *upload); /* NULL is a no-op; what was not finished is aborted */

/* LEAT_E_ARGUMENT: the file as a whole is refused: no header line, a line without an end. */
int upload_take(struct upload *upload, const void *data, size_t size,
                struct leat_error *error) MUST_CHECK;

/* Commits or aborts by the choice. */
int upload_finish(struct upload *upload, struct leat_error *error) MUST_CHECK;

void upload_progress(const struct upload *upload, struct upload_counts *counts);

/* The refused rows as CSV: line,column,reason. */
int upload_report(const struct upload *upload, struct buffer *out) MUST_CHECK;

#endif
