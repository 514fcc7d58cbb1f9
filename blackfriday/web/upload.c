/* upload.c - one upload: bytes to rows, rows to records, records to one transaction.
 *
 * Entry points:  upload_new(), upload_take(), upload_finish()
 * See also:      upload_rows.c (which rows), upload_report.c, upload_pages.c (over HTTP)
 */
#include "blackfriday/web/upload.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/csv.h"
#include "blackfriday/sheet.h"
#include "blackfriday/web/upload_report.h"
#include "blackfriday/web/upload_rows.h"

#include <assert.h>
#include <stdio.h>

enum {
    PARTITIONS = 4,                  /* of a topic that has to be made */
    QUEUE_BYTES = 4 << 20,           /* small records: librdkafka needs some times as much */
    TRANSACTION_MS = 15 * 60 * 1000, /* transaction.max.timeout.ms of a broker, unless changed */
    NAME_BYTES = 64,
};

_Static_assert(LIMIT_UPLOAD_MS + 3 * UPLOAD_PATIENCE_MOST_MS < TRANSACTION_MS,
               "we end it, not the broker");

struct upload {
    struct upload_options options;
    struct feed *feed; /* NULL: nothing is written (any more) */
    struct csv *csv;
    struct sheet sheet;
    struct upload_report report;
    struct buffer key;
    bool headed, open; /* the first line was read; the transaction has begun */
    _Atomic int64_t bytes, rows, accepted, refused, written;
    atomic_bool over, unknown;
};

/* ---- coming and going ---------------------------------------------------------------------- */

int upload_new(struct log *log, struct registry *registry, const struct upload_options *options,
               struct upload **out, struct leat_error *error)
{
    struct upload *upload = memory_new(sizeof *upload);
    struct feed_options feeding = {
        .partitions = PARTITIONS,
        .queue_bytes = QUEUE_BYTES,
        .transactional_id = options->transactional_id,
        .transaction_timeout_ms = TRANSACTION_MS,
        .patience_ms = options->patience_ms ? options->patience_ms : UPLOAD_PATIENCE_MS,
    };
    char name[NAME_BYTES];
    int code;

    assert(options->transactional_id);
    snprintf(name, sizeof name, "%s.csv", feed_name(options->topic));
    upload->options = *options;
    upload->csv = csv_new(name);
    upload->sheet = (struct sheet){ .csv = upload->csv, .type = feed_type(options->topic) };
    upload_report_init(&upload->report);
    buffer_init(&upload->key, LIMIT_CSV_LINE_BYTES + 1);
    feeding.topics[options->topic] = true;
    code = feed_new(log, registry, &feeding, &upload->feed, error);
    if (code) {
        upload_free(upload);
        return code;
    }
    *out = upload;
    return LEAT_OK;
}

void upload_free(struct upload *upload)
{
    if (!upload)
        return;
    feed_free(upload->feed);
    csv_close(upload->csv);
    upload_report_free(&upload->report);
    buffer_free(&upload->key);
    memory_free(upload);
}

/* Nothing is written; what was, is aborted. */
static void give_up(struct upload *upload)
{
    feed_free(upload->feed);
    upload->feed = NULL;
    upload->open = false;
}

static int end(struct upload *upload, int code, struct leat_error *error)
{
    if (upload->unknown)
        error_wrap(error, "the broker may have written the rows, all or none: it did not answer");
    else if (code && code != LEAT_E_ARGUMENT)
        error_wrap(error, "nothing was written");
    give_up(upload);
    upload_report_end(&upload->report);
    atomic_store(&upload->over, true);
    return code;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static int64_t latest_of(const struct upload *upload, int64_t now_ms)
{
    int64_t ahead_ms = upload->options.timestamp_ahead_ms;
    int64_t broker_ms =
        upload->feed ? feed_future_ms(upload->feed, upload->options.topic) : INT64_MAX;

    if (ahead_ms < 0 || ahead_ms > broker_ms)
        ahead_ms = broker_ms;
    return ahead_ms < INT64_MAX - now_ms ? now_ms + ahead_ms : INT64_MAX;
}

static int send_row(struct upload *upload, const void *value, int64_t now_ms,
                    struct leat_error *error)
{
    enum feed_topic topic = upload->options.topic;
    struct feed_record record;
    int code = LEAT_OK;

    if (!upload->open)
        code = feed_begin(upload->feed, error);
    if (code)
        return code;
    upload->open = true;
    upload_row_record(topic, value, now_ms, &upload->key, &record);
    record.partition = feed_partition(upload->feed, topic, record.key);
    code = feed_encode(upload->feed, topic, value, &record.wire, error);
    return code ? code : feed_send(upload->feed, &record, error);
}

/* The rest is still looked at, for the report. */
static void refuse(struct upload *upload)
{
    upload->rows++;
    upload->refused++;
    upload_report_add(&upload->report, &upload->sheet, csv_fault(upload->csv));
    if (upload->options.choice == UPLOAD_ALL_OR_NONE)
        give_up(upload);
}

static int take_row(struct upload *upload, struct leat_error *error)
{
    _Alignas(max_align_t) char value[SHEET_ROW_BYTES];
    int64_t now_ms = clock_wall_ms(clock_system());
    int code = sheet_read(&upload->sheet, value, error);

    if (!code)
        code = upload_row_check(&upload->sheet, upload->options.topic, value,
                                latest_of(upload, now_ms), error);
    if (code) {
        refuse(upload);
        return LEAT_OK;
    }
    upload->rows++;
    upload->accepted++;
    return upload->feed ? send_row(upload, value, now_ms, error) : LEAT_OK;
}

static int take_rows(struct upload *upload, struct leat_error *error)
{
    int code = LEAT_OK, more;

    while (!code && (more = csv_next(upload->csv, error))) {
        if (!upload->headed) {
            code = more < 0 ? more : sheet_match(&upload->sheet, error);
            upload->headed = true;
        } else if (more < 0) {
            refuse(upload);
        } else {
            code = take_row(upload, error);
        }
    }
    return code;
}

/* ---- the file ------------------------------------------------------------------------------ */

int upload_take(struct upload *upload, const void *data, size_t size, struct leat_error *error)
{
    const char *next = data;
    int code = LEAT_OK;

    assert(!upload->over);
    upload->bytes += (int64_t)size;
    while (!code && size) {
        size_t took = csv_push(upload->csv, next, size);

        next += took;
        size -= took;
        code = take_rows(upload, error);
    }
    return code ? end(upload, code, error) : LEAT_OK;
}

static int commit(struct upload *upload, struct leat_error *error)
{
    int code = feed_commit(upload->feed, error);

    if (!code)
        upload->written = upload->accepted;
    upload->unknown = code == LEAT_E_FENCED;
    return code;
}

int upload_finish(struct upload *upload, struct leat_error *error)
{
    int code;

    assert(!upload->over);
    csv_end(upload->csv);
    code = take_rows(upload, error);
    if (!code && !upload->headed)
        code = sheet_empty(&upload->sheet, error);
    if (!code && upload->open)
        code = commit(upload, error);
    return end(upload, code, error);
}

void upload_progress(const struct upload *upload, struct upload_counts *counts)
{
    *counts = (struct upload_counts){
        .bytes = upload->bytes,
        .rows = upload->rows,
        .accepted = upload->accepted,
        .refused = upload->refused,
        .written = upload->written,
        .over = upload->over,
        .unknown = upload->unknown,
    };
}

struct leat_bytes upload_report(const struct upload *upload)
{
    return buffer_bytes(&upload->report.text);
}
