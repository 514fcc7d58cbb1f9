/* upload.h - a CSV file that is checked against the contract row by row while it comes in, and
 * written to its topic in one transaction.
 *
 * The first line names the columns as the contract names the fields. A row that is refused is
 * noted with line, column and reason, and the next one is looked at (csv.h says which one that is
 * after a broken one). Nothing is held but the row at hand, the report (bounded:
 * LIMIT_UPLOAD_REPORT_*, then counted only) and librdkafka's queue.
 *
 * The transaction begins with the first row that is accepted. Until it ends, whoever reads only
 * what is committed waits behind it, the job too; hence LIMIT_UPLOAD_MS. The broker itself aborts
 * it after 15 minutes, the most that it allows by default, should nobody be left to end it.
 * Thread: one at a time; upload_progress() from any.
 */
#ifndef BLACKFRIDAY_WEB_UPLOAD_H
#define BLACKFRIDAY_WEB_UPLOAD_H

#include "base/buffer.h"
#include "blackfriday/feed.h"

struct upload;

enum { UPLOAD_PATIENCE_MS = 30000, UPLOAD_PATIENCE_MOST_MS = 60000 };

enum upload_choice {
    UPLOAD_GOOD_ROWS,   /* the rows that are accepted are written, in one transaction */
    UPLOAD_ALL_OR_NONE, /* one refused row, and nothing is written */
};

struct upload_options {
    enum feed_topic topic;
    enum upload_choice choice;
    const char *transactional_id; /* nobody else's while this upload lives */
    int64_t timestamp_ahead_ms;   /* the job's guard against times to come; -1: off */
    int patience_ms;              /* for the broker and the registry; 0: UPLOAD_PATIENCE_MS */
};

struct upload_counts {
    int64_t bytes, rows, accepted, refused, written;
    bool over;
    bool unknown; /* the broker did not answer the commit: all accepted rows are written, or none */
};

/* LEAT_E_RETRY: the broker or the registry is away. */
int upload_new(struct log *log, struct registry *registry, const struct upload_options *options,
               struct upload **out, struct leat_error *error) MUST_CHECK;
void upload_free(struct upload *upload); /* NULL is a no-op; what was not finished is aborted */

/* LEAT_E_ARGUMENT: the file as a whole is refused, for its first line. Any other: the broker or
 * the registry. Either way nothing is written, and the upload is over. */
int upload_take(struct upload *upload, const void *data, size_t size,
                struct leat_error *error) MUST_CHECK;

/* Commits or aborts by the choice. Fails as upload_take() does. */
int upload_finish(struct upload *upload, struct leat_error *error) MUST_CHECK;

void upload_progress(const struct upload *upload, struct upload_counts *counts);

/* The refused rows as CSV, line,column,reason. Owner: the upload. */
struct leat_bytes upload_report(const struct upload *upload);

/* A file of that kind to begin with: its first line, and rows that are accepted as they stand. */
const char *upload_template(enum feed_topic topic);

#endif
