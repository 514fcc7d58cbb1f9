/* compare.c - what came out, as JSON, against what was expected. */
#include "play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void print_json(const char *before, const json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    printf("%s%s", before, text ? text : "nothing");
    free(text);
}

void play_differs(struct play *play, const json_t *expected, const json_t *got,
                  const char *format, ...)
{
    va_list arguments;

    if (play->differences++ && !play->verbose)
        return;
    printf("FAILED %s %s [%s]: ", text_in(play->scenario, "family"),
           text_in(play->scenario, "name"), play->no_cache ? "no cache" : "cache");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    print_json(": expected ", expected);
    print_json(", got ", got);
    printf("\n");
}

bool play_compare(struct play *play, const json_t *expected, const json_t *got, const char *what)
{
    size_t wanted = json_array_size(expected), found = json_array_size(got);

    for (size_t i = 0; i < wanted || i < found; i++) {
        const json_t *a = json_array_get(expected, i), *b = json_array_get(got, i);

        if (a && b && json_equal(a, b))
            continue;
        play_differs(play, a, b, "%s, number %zu of %zu", what, i + 1, wanted);
        return false;
    }
    return true;
}

/* ---- records --------------------------------------------------------------------------------- */

json_t *json_of_key(enum sort sort, struct leat_bytes key)
{
    uint64_t number = 0;

    if (!key.data)
        return json_null();
    if (sort != LONG)
        return json_stringn(key.data, key.size);
    for (size_t i = 0; i < key.size; i++)
        number = number << 8 | (unsigned char)key.data[i];
    return json_integer((int64_t)number);
}

static json_t *json_of_value(const struct leat_driver_record *record)
{
    const struct leat_bytes *text = record->value;

    if (!record->value)
        return json_null();
    if (record->type == &leat_long_type)
        return json_integer(*(const int64_t *)record->value);
    return json_stringn(text->data, text->size);
}

json_t *json_of_record(const struct leat_driver_record *record, enum sort sort)
{
    json_t *key = json_of_key(sort, record->key), *out = json_object();

    if (record->window.kind != LEAT_SPAN_NONE)
        key = json_pack("{s:o, s:I, s:I}", "key", key, "start",
                        (json_int_t)record->window.start_ms, "end",
                        (json_int_t)record->window.end_ms);
    json_object_set_new(out, "key", key);
    json_object_set_new(out, "value", json_of_value(record));
    json_object_set_new(out, "ts", json_integer(record->timestamp_ms));
    return out;
}

/* ---- stores ---------------------------------------------------------------------------------- */

struct row {
    json_t *json;
    struct leat_bytes key; /* of the row; the JSON holds its bytes */
    int64_t number, start_ms, end_ms;
};

struct rows {
    struct play *play;
    const char *type;
    enum sort key;
    struct row *rows;
    size_t count, capacity;
};

static bool is_type(const struct rows *rows, const char *type)
{
    return !strcmp(rows->type, type);
}

static json_t *json_of_row(const struct rows *rows, const struct leat_driver_record *record)
{
    bool windowed = is_type(rows, "window") || is_type(rows, "session");
    json_t *out = json_object();

    json_object_set_new(out, "key", json_of_key(rows->key, record->key));
    if (windowed) {
        json_object_set_new(out, "start", json_integer(record->window.start_ms));
        json_object_set_new(out, "end", json_integer(record->window.end_ms));
    }
    json_object_set_new(out, "value", json_of_value(record));
    if (!is_type(rows, "kv") && !is_type(rows, "session"))
        json_object_set_new(out, "ts", json_integer(record->timestamp_ms));
    return out;
}

static void add_row(void *user, const struct leat_driver_record *record)
{
    struct rows *rows = user;
    struct row *row;

    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? 2 * rows->capacity : 64;
        rows->rows = realloc(rows->rows, rows->capacity * sizeof *rows->rows);
        if (!rows->rows)
            abort();
    }
    row = &rows->rows[rows->count++];
    *row = (struct row){ .json = json_of_row(rows, record),
                         .start_ms = record->window.start_ms,
                         .end_ms = record->window.end_ms };
    row->number = json_integer_value(json_object_get(row->json, "key"));
    row->key = leat_bytes_of(json_string_value(json_object_get(row->json, "key")));
}

static int compare_longs(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    int order = leat_bytes_compare(a->key, b->key);

    if (!order)
        order = compare_longs(a->number, b->number);
    if (!order)
        order = compare_longs(a->start_ms, b->start_ms);
    return order ? order : compare_longs(a->end_ms, b->end_ms);
}

/* A row whose time is past the retention may be there still, or not. */
static json_t *list_rows(const struct rows *rows, const json_t *store)
{
    bool session = is_type(rows, "session");
    int64_t retention_ms = long_in(store, "retention_ms", -1), last_ms = INT64_MIN;
    json_t *list = json_array();

    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        int64_t at_ms = session ? row->end_ms : row->start_ms;

        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        int64_t at_ms = session ? row->end_ms : row->start_ms;

        if (retention_ms < 0 || at_ms >= last_ms - retention_ms + 1)
            json_array_append(list, row->json);
    }
    return list;
}

static void free_rows(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        json_decref(rows->rows[i].json);
    free(rows->rows);
}

/* A read of the past: a row, or no value and no timestamp. Keys of versioned stores are strings. */
static json_t *read_as_of(struct play *play, const char *store, const json_t *expected)
{
    const json_t *key = json_object_get(expected, "key");
    struct leat_bytes bytes = leat_bytes(json_string_value(key), json_string_length(key));
    struct leat_driver_record record = { .key = bytes };
    int64_t at_ms = long_in(expected, "at", 0);
    int found = leat_driver_as_of(play->driver, store, bytes, at_ms, &record);
    json_t *got = json_object();

    json_object_set_new(got, "key", json_of_key(STRING, bytes));
    json_object_set_new(got, "at", json_integer(at_ms));
    json_object_set_new(got, "value", json_of_value(&record));
    if (found)
        json_object_set_new(got, "ts", json_integer(record.timestamp_ms));
    return got;
}

static void compare_past(struct play *play, const char *store, const json_t *reads)
{
    json_t *list = json_array(), *read;
    char what[LEAT_ERROR_TEXT];
    size_t i;

    json_array_foreach(reads, i, read)
        json_array_append_new(list, read_as_of(play, store, read));
    snprintf(what, sizeof what, "store %s, the past", store);
    play_compare(play, reads, list, what);
    json_decref(list);
}

static void compare_store(struct play *play, const char *name, const json_t *store)
{
    const char *key = text_in(store, "key"), *type = text_in(store, "type");
    struct rows rows = { .play = play, .type = type ? type : "" };
    char what[LEAT_ERROR_TEXT];
    json_t *list;
    int count;

    rows.key = key && strstr(key, "long") ? LONG : STRING;
    count = leat_driver_rows(play->driver, name, add_row, &rows);
    if (rows.count > 1)
        qsort(rows.rows, rows.count, sizeof *rows.rows, compare_rows);
    list = list_rows(&rows, store);
    snprintf(what, sizeof what, "store %s", name);
    if (count < 0)
        play_differs(play, store, NULL, "store %s cannot be read", name);
    else
        play_compare(play, json_object_get(store, "rows"), list, what);
    json_decref(list);
    free_rows(&rows);
    compare_past(play, name, json_object_get(store, "as_of"));
}

void play_stores(struct play *play)
{
    json_t *stores = json_object_get(json_object_get(play->scenario, "expect"), "stores"), *store;
    const char *name;

    json_object_foreach(stores, name, store)
        compare_store(play, name, store);
}
