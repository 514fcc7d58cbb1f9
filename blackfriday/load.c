/* load.c - products and stores from CSV files: columns matched by name, checked, then written.
 *
 * Entry points:  load(), load_check()
 * See also:      csv.c, feed.c
 */
#include "blackfriday/load.h"

#include "base/clock.h"
#include "base/memory.h"
#include "blackfriday/csv.h"
#include "blackfriday/feed.h"
#include "leat/type.h"
#include "schemas/decimal.h"

#include <assert.h>
#include <stdio.h>

enum { COLUMNS_MAX = 16, ROW_BYTES = 512, DEFAULT_PARTITIONS = 4, FLUSH_ROWS = 10000 };

struct table { /* a file and the topic that its rows go to */
    enum feed_topic topic;
    const char *path;
    struct csv *csv;
    const struct leat_field *columns[COLUMNS_MAX]; /* by place in the file */
    int64_t *count;
};

/* ---- columns ------------------------------------------------------------------------------- */

static const struct leat_field *field_named(const struct leat_type *type, struct leat_bytes name)
{
    for (size_t i = 0; i < type->field_count; i++)
        if (leat_bytes_equal(leat_bytes_of(type->fields[i].name), name))
            return &type->fields[i];
    return NULL;
}

static void list_fields(const struct leat_type *type, char *text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < type->field_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                                 type->fields[i].name);
}

static int match_column(struct table *table, size_t at, struct leat_error *error)
{
    const struct leat_type *type = feed_type(table->topic);
    const struct leat_field *field = field_named(type, csv_field(table->csv, at));
    char names[256];

    list_fields(type, names, sizeof names);
    if (!field)
        return csv_expected(table->csv, at, error, "one of the columns %s", names);
    for (size_t i = 0; i < at; i++)
        if (table->columns[i] == field)
            return csv_expected(table->csv, at, error, "each column once");
    table->columns[at] = field;
    return LEAT_OK;
}

static int match_columns(struct table *table, struct leat_error *error)
{
    const struct leat_type *type = feed_type(table->topic);
    char names[256];
    int more = csv_next(table->csv, error);

    assert(type->field_count <= COLUMNS_MAX);
    if (more < 0)
        return more;
    list_fields(type, names, sizeof names);
    if (!more)
        return error_set(error, LEAT_E_ARGUMENT,
                         "%s:1:1: expected a line with the columns %s, found an empty file",
                         table->path, names);
    for (size_t i = 0; i < csv_count(table->csv) && i < type->field_count; i++)
        if (match_column(table, i, error))
            return LEAT_E_ARGUMENT;
    if (csv_count(table->csv) > type->field_count)
        return csv_expected(table->csv, type->field_count, error, "only the columns %s", names);
    if (csv_count(table->csv) < type->field_count)
        return csv_expected(table->csv, csv_count(table->csv), error, "all of the columns %s",
                            names);
    return LEAT_OK;
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* The key is the record's first field, and must not be empty; money must fit its decimal. */
static int fill(const struct table *table, size_t at, void *value, struct leat_error *error)
{
    const struct leat_field *field = table->columns[at];
    struct leat_bytes text = csv_field(table->csv, at);
    char *place = (char *)value + field->offset;
    int64_t number;

    if (field->kind == LEAT_STRING) {
        if (!text.size && field == feed_type(table->topic)->fields)
            return csv_expected(table->csv, at, error, "a %s", field->name);
        memcpy(place, &text, sizeof text);
        return LEAT_OK;
    }
    assert(field->kind == LEAT_DECIMAL);
    if (!decimal_parse(text, field->precision, field->scale, &number))
        return csv_expected(table->csv, at, error,
                            "a %s like 12.34, at most %d digits, %d of them behind the point",
                            field->name, field->precision, field->scale);
    memcpy(place, &number, sizeof number);
    return LEAT_OK;
}

static int fill_row(const struct table *table, void *value, struct leat_error *error)
{
    for (size_t i = 0; i < csv_count(table->csv); i++)
        if (fill(table, i, value, error))
            return LEAT_E_ARGUMENT;
    return LEAT_OK;
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
    _Alignas(max_align_t) char value[ROW_BYTES];
    int64_t now_ms = clock_wall_ms(clock_system());
    int code;

    assert(feed_type(table->topic)->size <= sizeof value);
    *table->count = 0;
    while ((code = csv_next(table->csv, error)) == 1) {
        memset(value, 0, sizeof value);
        code = fill_row(table, value, error);
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
    code = csv_open(table->path, &table->csv, error);
    if (!code)
        code = match_columns(table, error);
    if (!code)
        code = read_rows(table, feed, error);
    csv_close(table->csv);
    table->csv = NULL;
    return code;
}

/* ---- the command --------------------------------------------------------------------------- */

static int read_both(const struct load_options *options, struct feed *feed,
                     struct load_counts *counts, struct leat_error *error)
{
    struct table products = { FEED_PRODUCTS, options->products, .count = &counts->products };
    struct table stores = { FEED_STORES, options->stores, .count = &counts->stores };
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
        .topics = { [FEED_PRODUCTS] = options->products, [FEED_STORES] = options->stores },
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
