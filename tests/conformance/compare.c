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

struct leat_bytes bytes_of_key(const json_t *key, enum sort sort, char room[8])
{
    uint64_t bits = (uint64_t)json_integer_value(key);

    if (json_is_null(key))
        return (struct leat_bytes){ 0 };
    if (sort != LONG)
        return leat_bytes(json_string_value(key), json_string_length(key));
    for (int i = 0; i < 8; i++)
        room[i] = (char)(bits >> (56 - 8 * i));
    return leat_bytes(room, 8);
}

json_t *json_of_value(const struct leat_driver_record *record)
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
