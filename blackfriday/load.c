/* load.c - products and stores from CSV files: checked to their end, then written.
 *
 * Entry points:  load(), load_check()
 * See also:      csv.c, sheet.c, feed.c
 */
#include "blackfriday/load.h"

#include "base/clock.h"
#include "blackfriday/csv.h"
#include "blackfriday/feed.h"
#include "blackfriday/sheet.h"

enum { DEFAULT_PARTITIONS = 4, FLUSH_ROWS = 10000 };

struct table { /* a file and the topic that its rows go to */
    enum feed_topic topic;
    const char *path;
    int64_t *count;
    struct sheet sheet;
};

static int match_columns(struct table *table, struct leat_error *error)
{
    int more = csv_next(table->sheet.csv, error);

    if (more < 0)
        return more;
    return more ? sheet_match(&table->sheet, error) : sheet_empty(&table->sheet, error);
}

static int send_row(struct feed *feed, const struct table *table, const void *value,
                    int64_t now_ms, struct leat_error *error)
{
    struct feed_record record = { .topic = table->topic, .timestamp_ms = now_ms };
    int code = feed_encode(feed, table->topic, value, &record.wire, error);

    if (code)
        return code;
    memcpy(&record.key, value, sizeof record.key);
    record.partition = feed_partition(feed, table->topic, record.key);
    return feed_send(feed, &record, error);
}

/* Without a feed the rows are only checked. */
static int read_rows(struct table *table, struct feed *feed, struct leat_error *error)
{
    _Alignas(max_align_t) char value[SHEET_ROW_BYTES];
    int64_t now_ms = clock_wall_ms(clock_system());
    int code;

    *table->count = 0;
    while ((code = csv_next(table->sheet.csv, error)) == 1) {
        code = sheet_read(&table->sheet, value, error);
        if (!code && feed)
            code = send_row(feed, table, value, now_ms, error);
        ++*table->count;
        if (!code && feed && *table->count % FLUSH_ROWS == 0)
            code = feed_flush(feed, error);
        if (code)
            return code;
    }
    return code;
}

static int read_table(struct table *table, struct feed *feed, struct leat_error *error)
{
    int code;

    if (!table->path)
        return LEAT_OK;
    table->sheet.type = feed_type(table->topic);
    code = csv_open(table->path, &table->sheet.csv, error);
    if (!code)
        code = match_columns(table, error);
    if (!code)
        code = read_rows(table, feed, error);
    csv_close(table->sheet.csv);
    table->sheet.csv = NULL;
    return code;
}

/* ---- the command --------------------------------------------------------------------------- */

static int read_both(const struct load_options *options, struct feed *feed,
                     struct load_counts *counts, struct leat_error *error)
{
    struct table products = { FEED_PRODUCTS, options->products, &counts->products };
    struct table stores = { FEED_STORES, options->stores, &counts->stores };
    int code = read_table(&products, feed, error);

    return code ? code : read_table(&stores, feed, error);
}

int load_check(const struct load_options *options, struct load_counts *counts,
               struct leat_error *error)
{
    *counts = (struct load_counts){ 0 };
    return read_both(options, NULL, counts, error);
}

int load(struct log *log, struct registry *registry, const struct load_options *options,
         struct load_counts *counts, struct leat_error *error)
{
    struct feed_options feeding = {
        .topics = { [FEED_PRODUCTS] = options->products, [FEED_STORES] = options->stores,
                    [FEED_UPDATES] = options->all_topics, [FEED_SALES] = options->all_topics },
        .partitions = options->partitions ? options->partitions : DEFAULT_PARTITIONS,
        .stop = options->stop,
    };
    struct feed *feed = NULL;
    int code = load_check(options, counts, error);

    if (!code)
        code = feed_new(log, registry, &feeding, &feed, error);
    if (!code)
        code = read_both(options, feed, counts, error);
    if (!code)
        code = feed_flush(feed, error);
    if (!code && feed_lost(feed))
        code = error_set(error, LEAT_E_RETRY,
                         "%lld records were lost in an outage; load the files again",
                         (long long)feed_lost(feed));
    feed_free(feed);
    return code;
}
