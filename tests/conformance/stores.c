/* stores.c - what the stores hold at the end, against what was expected. */
#include "play.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct row {
    json_t *json;
    struct leat_bytes key; /* of the row; the JSON holds its bytes */
    int64_t number, start_ms, end_ms;
};

struct rows {
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

    rows->rows = memory_grow(rows->rows, rows->count, &rows->capacity, sizeof *rows->rows);
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
    memory_free(rows->rows);
}

static enum sort key_sort(const json_t *store)
{
    const char *key = text_in(store, "key");

    return key && strstr(key, "long") ? LONG : STRING;
}

/* NULL: the store cannot be read. */
static json_t *rows_of(struct play *play, const char *name, const json_t *store)
{
    const char *type = text_in(store, "type");
    struct rows rows = { .type = type ? type : "", .key = key_sort(store) };
    int count = leat_driver_rows(play->driver, name, add_row, &rows);
    json_t *list = NULL;

    if (rows.count > 1)
        qsort(rows.rows, rows.count, sizeof *rows.rows, compare_rows);
    if (count >= 0)
        list = list_rows(&rows, store);
    free_rows(&rows);
    return list;
}

static void compare_rows_of(struct play *play, const char *name, const json_t *store)
{
    json_t *list = rows_of(play, name, store);
    char what[LEAT_ERROR_TEXT];

    snprintf(what, sizeof what, "store %s", name);
    if (!list)
        play_differs(play, store, NULL, "store %s cannot be read", name);
    else
        play_compare(play, json_object_get(store, "rows"), list, what);
    json_decref(list);
}

/* Point-in-time reads: a null without a timestamp where there was no version. */
static json_t *read_as_of(struct play *play, const char *name, const json_t *read, enum sort sort)
{
    struct leat_driver_record record = { 0 };
    int64_t at_ms = long_in(read, "at", 0);
    const json_t *key = json_object_get(read, "key");
    json_t *out = json_object();
    char room[8];
    int found = leat_driver_as_of(play->driver, name, bytes_of_key(key, sort, room), at_ms,
                                  &record);

    json_object_set(out, "key", json_object_get(read, "key"));
    json_object_set_new(out, "at", json_integer(at_ms));
    json_object_set_new(out, "value", found == 1 ? json_of_value(&record) : json_null());
    if (found == 1)
        json_object_set_new(out, "ts", json_integer(record.timestamp_ms));
    return out;
}

static json_t *reads_of(struct play *play, const char *name, const json_t *store)
{
    const json_t *read;
    json_t *list = json_array();
    size_t i;

    json_array_foreach(json_object_get(store, "as_of"), i, read)
        json_array_append_new(list, read_as_of(play, name, read, key_sort(store)));
    return list;
}

static void compare_as_of(struct play *play, const char *name, const json_t *store)
{
    json_t *list = reads_of(play, name, store);
    char what[LEAT_ERROR_TEXT];

    snprintf(what, sizeof what, "store %s, as of", name);
    play_compare(play, json_object_get(store, "as_of"), list, what);
    json_decref(list);
}

void play_stores(struct play *play)
{
    json_t *stores = json_object_get(json_object_get(play->scenario, "expect"), "stores"), *store;
    const char *name;

    json_object_foreach(stores, name, store) {
        compare_rows_of(play, name, store);
        compare_as_of(play, name, store);
    }
}

json_t *record_stores(struct play *play)
{
    json_t *stores = json_object_get(json_object_get(play->scenario, "expect"), "stores");
    json_t *out = json_object(), *store;
    const char *name;

    json_object_foreach(stores, name, store) {
        json_t *row = json_copy(store), *rows = rows_of(play, name, store);

        json_object_set_new(row, "rows", rows ? rows : json_null());
        if (json_object_get(store, "as_of"))
            json_object_set_new(row, "as_of", reads_of(play, name, store));
        json_object_set_new(out, name, row);
    }
    return out;
}
