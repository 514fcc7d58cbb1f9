/* bench.c - the driver of a test, and what it shares with others. */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct bench bench;

struct criterion_test_params ways(void)
{
    static struct way all[] = { { true, 0 }, { false, 0 }, { true, 2 }, { false, 3 } };

    return cr_make_param_array(struct way, all, 4);
}

void bench_describe(void)
{
    bench.topology = leat_topology_new();
}

void bench_start(const struct way *way)
{
    struct leat_driver_options options = { .no_cache = !way->cached,
                                           .undo_every = way->undo_every };
    struct leat_error error = { 0 };

    cr_assert_eq(leat_driver_new(bench.topology, &options, &bench.driver, &error), LEAT_OK, "%s",
                 error.text);
}

void bench_stop(void)
{
    leat_driver_close(bench.driver);
    leat_topology_free(bench.topology);
}

void put(const char *topic, const char *key, const char *value, int64_t timestamp_ms)
{
    struct leat_bytes text = leat_bytes_of(value);
    int status = leat_driver_send(bench.driver, topic, leat_bytes_of(key), &leat_string_type,
                                  value ? &text : NULL, timestamp_ms);

    cr_assert_eq(status, LEAT_OK, "%s", leat_driver_error(bench.driver));
}

static void show(void *user, const struct leat_driver_record *record)
{
    FILE *out = user;

    if (ftell(out))
        fputc(' ', out);
    fprintf(out, "%.*s", (int)record->key.size, record->key.data ? record->key.data : "");
    if (record->window.kind == LEAT_SPAN_SESSION)
        fprintf(out, "[%" PRId64 "-%" PRId64 "]", record->window.start_ms, record->window.end_ms);
    else if (record->window.kind)
        fprintf(out, "[%" PRId64 "]", record->window.start_ms);
    if (!record->value)
        fprintf(out, "=-");
    else if (record->type == &leat_long_type)
        fprintf(out, "=%" PRId64, *(const int64_t *)record->value);
    else
        fprintf(out, "=%.*s", (int)((const struct leat_bytes *)record->value)->size,
                ((const struct leat_bytes *)record->value)->data);
    fprintf(out, "@%" PRId64, record->timestamp_ms);
}

static char text[4096];

const char *taken(const char *topic)
{
    struct leat_driver_record record;
    FILE *out = fmemopen(text, sizeof text, "w");

    while (leat_driver_take(bench.driver, topic, &record))
        show(out, &record);
    fputc(0, out);
    fclose(out);
    return text;
}

const char *rows(const char *store)
{
    FILE *out = fmemopen(text, sizeof text, "w");
    int status = leat_driver_rows(bench.driver, store, show, out);

    fputc(0, out);
    fclose(out);
    cr_assert_geq(status, 0);
    return text;
}

/* ---- functions ------------------------------------------------------------------------------- */

void count(const struct leat_record *record, void *out)
{
    ++*(int64_t *)out;
}

int64_t number_of(struct leat_bytes bytes)
{
    char digits[32] = { 0 };

    memcpy(digits, bytes.data, bytes.size < 31 ? bytes.size : 31);
    return strtoll(digits, NULL, 10);
}

void add_up(const struct leat_record *record, void *out)
{
    *(int64_t *)out += number_of(leat_string_of(record));
}

void add_longs(const struct leat_record *record, void *out)
{
    *(int64_t *)out += leat_long_of(record);
}

void append(const struct leat_record *record, void *out)
{
    struct leat_bytes *row = out, value = leat_string_of(record);

    *row = row->size ? leat_join_text(record, *row, '+', value) : value;
}

struct leat_bytes first_letter(const struct leat_record *record)
{
    return leat_bytes(leat_string_of(record).data, 1);
}

struct leat_bytes value_as_key(const struct leat_record *record)
{
    return leat_string_of(record);
}
