/* processors.c - the catalogue's processors and timestamp extractors. */
#include "processors.h"

#include <inttypes.h>

static struct processing *processing_of(const struct leat_record *record)
{
    return leat_user(record);
}

static void pass(const struct leat_record *record)
{
    leat_forward(record, record->key, record->value, record->timestamp_ms);
}

/* ---- dedup_last ------------------------------------------------------------------------------ */

static bool same(const struct leat_type *type, const void *a, const void *b)
{
    if (!a || !b)
        return !a && !b;
    if (type == &leat_long_type)
        return *(const int64_t *)a == *(const int64_t *)b;
    return leat_bytes_equal(*(const struct leat_bytes *)a, *(const struct leat_bytes *)b);
}

static void dedup_last(const struct leat_record *record)
{
    if (record->key.data) {
        if (same(record->type, leat_get(record, 0, record->key), record->value))
            return;
        leat_put(record, 0, record->key, record->value);
    }
    pass(record);
}

/* ---- count_emit ------------------------------------------------------------------------------ */

static void count_emit(const struct leat_record *record)
{
    const int64_t *before;
    int64_t count;

    if (!record->key.data)
        return;
    before = leat_get(record, 0, record->key);
    count = before ? *before + 1 : 1;
    leat_put(record, 0, record->key, &count);
}

static bool emit_count(const struct leat_record *record, struct leat_bytes key, const void *value)
{
    leat_forward(record, key, value, record->timestamp_ms);
    return true;
}

static bool clear_count(const struct leat_record *record, struct leat_bytes key, const void *value)
{
    leat_put(record, 0, key, NULL);
    return true;
}

static void emit_counts(const struct leat_record *record)
{
    leat_each(record, 0, emit_count);
    if (processing_of(record)->clear)
        leat_each(record, 0, clear_count);
}

/* ---- expire ---------------------------------------------------------------------------------- */

static void note_time(const struct leat_record *record)
{
    const int64_t *before;

    if (!record->key.data)
        return;
    before = leat_get(record, 0, record->key);
    if (!record->value)
        leat_put(record, 0, record->key, NULL);
    else if (!before || *before < record->timestamp_ms)
        leat_put(record, 0, record->key, &record->timestamp_ms);
    pass(record);
}

static bool expire(const struct leat_record *record, struct leat_bytes key, const void *value)
{
    if (*(const int64_t *)value + processing_of(record)->ttl_ms > record->timestamp_ms)
        return true;
    leat_put(record, 0, key, NULL);
    leat_forward(record, key, NULL, record->timestamp_ms);
    return true;
}

static void expire_all(const struct leat_record *record)
{
    leat_each(record, 0, expire);
}

/* ---- running_total --------------------------------------------------------------------------- */

static void running_total(const struct leat_record *record)
{
    const int64_t *before;
    int64_t total;

    if (!record->key.data || !record->value) {
        pass(record);
        return;
    }
    before = leat_get(record, 0, record->key);
    total = (int64_t)((uint64_t)(before ? *before : 0) + (uint64_t)leat_long_of(record));
    leat_put(record, 0, record->key, &total);
    leat_forward(record, record->key, &total, record->timestamp_ms);
}

/* ---- those of time --------------------------------------------------------------------------- */

static void trace(const struct leat_record *record)
{
    struct processing *processing = processing_of(record);
    struct leat_bytes at = leat_text(record, "%" PRId64, record->timestamp_ms);

    leat_forward(record, LEAT_LITERAL("punct"), &at, record->timestamp_ms);
    processing->fired++;
    if (processing->cancel_after && processing->fired >= processing->cancel_after)
        leat_cancel(record);
}

static void shift(const struct leat_record *record)
{
    int64_t at_ms = record->timestamp_ms + processing_of(record)->delta_ms;

    leat_forward(record, record->key, record->value, at_ms > 0 ? at_ms : 0);
}

static void clock_trace(const struct leat_record *record)
{
    struct leat_bytes times = leat_text(record, "st=%" PRId64 ",wt=%" PRId64,
                                        leat_stream_ms(record), leat_wall_ms(record));

    leat_forward(record, record->key, &times, record->timestamp_ms);
}

const struct processor *processor_find(const char *name)
{
    static const struct processor processors[] = {
        { "dedup_last", dedup_last, NULL, &leat_bytes_type, NULL, false },
        { "count_emit", count_emit, emit_counts, &leat_long_type, &leat_long_type, false },
        { "expire", note_time, expire_all, &leat_long_type, NULL, false },
        { "running_total", running_total, NULL, &leat_long_type, NULL, true },
        { "punct_trace", pass, trace, NULL, NULL, false },
        { "ts_shift", shift, NULL, NULL, NULL, false },
        { "clock_trace", clock_trace, NULL, NULL, NULL, false },
    };

    for (size_t i = 0; i < sizeof processors / sizeof *processors; i++)
        if (!strcmp(processors[i].name, name))
            return &processors[i];
    return NULL;
}

/* ---- timestamp extractors -------------------------------------------------------------------- */

static int64_t later(const struct leat_record *record, int64_t partition_ms)
{
    return record->timestamp_ms + 1000;
}

/* The number before the first '@' of the value. */
static bool value_time(const struct leat_record *record, int64_t *out)
{
    struct leat_bytes text;
    const char *at;

    if (!record->value)
        return false;
    text = leat_string_of(record);
    at = memchr(text.data, '@', text.size);
    return at && parse_long(leat_bytes(text.data, (size_t)(at - text.data)), out);
}

static int64_t value_ts(const struct leat_record *record, int64_t partition_ms)
{
    int64_t at_ms;

    return value_time(record, &at_ms) ? at_ms : -1;
}

static int64_t value_ts_or_partition_time(const struct leat_record *record, int64_t partition_ms)
{
    int64_t at_ms;

    return value_time(record, &at_ms) ? at_ms : partition_ms;
}

static int64_t value_ts_fail(const struct leat_record *record, int64_t partition_ms)
{
    int64_t at_ms = -1;

    if (!value_time(record, &at_ms))
        leat_fail(record, "no timestamp in value");
    return at_ms;
}

bool extractor_find(const char *name, leat_time *out)
{
    static const struct {
        const char *name;
        leat_time time;
    } extractors[] = {
        { "record", NULL },
        { "fail_on_invalid", NULL },
        { "record_plus_1000", later },
        { "value_ts", value_ts },
        { "value_ts_or_partition_time", value_ts_or_partition_time },
        { "value_ts_fail", value_ts_fail },
    };

    for (size_t i = 0; i < sizeof extractors / sizeof *extractors; i++)
        if (!strcmp(extractors[i].name, name)) {
            *out = extractors[i].time;
            return true;
        }
    return false;
}
