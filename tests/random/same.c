/* same.c - compares two recorded runs: all that came out, or what it came to in the end. */
#include "same.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void print_json(const char *before, const json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    printf("%s%s", before, text ? text : "nothing");
    free(text);
}

__attribute__((format(printf, 4, 5)))
static void differs(struct same *same, const json_t *expected, const json_t *got,
                    const char *format, ...)
{
    va_list arguments;

    if (same->differences++ && !same->verbose)
        return;
    printf("FAILED seed %" PRIu64 " [%s]: ", same->seed, same->way);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    print_json(": expected ", expected);
    print_json(", got ", got);
    printf("\n");
}

static bool equal(const json_t *a, const json_t *b)
{
    return a == b || (a && b && json_equal(a, b));
}

/* ---- literally ------------------------------------------------------------------------------- */

static void compare_lists(struct same *same, const json_t *expected, const json_t *got,
                          const char *place, size_t step, const char *name)
{
    for (size_t i = 0; i < json_array_size(expected) || i < json_array_size(got); i++) {
        const json_t *a = json_array_get(expected, i), *b = json_array_get(got, i);

        if (equal(a, b))
            continue;
        differs(same, a, b, "%s %zu, %s, number %zu", place, step, name, i + 1);
        return;
    }
}

static void compare_topics(struct same *same, json_t *expected, json_t *got,
                           size_t step)
{
    const char *topic;
    json_t *topics = json_object(), *list;

    json_object_update(topics, expected);
    json_object_update(topics, got);
    json_object_foreach(topics, topic, list)
        compare_lists(same, json_object_get(expected, topic), json_object_get(got, topic), "step",
                      step, topic);
    json_decref(topics);
}

static void compare_step(struct same *same, const json_t *expected, const json_t *got, size_t step)
{
    const json_t *failed = json_object_get(expected, "message");
    const json_t *fails = json_object_get(got, "message");

    if (!equal(failed, fails))
        differs(same, failed, fails, "step %zu", step);
    compare_topics(same, json_object_get(expected, "out"), json_object_get(got, "out"), step);
    if (!same->drops)
        return;
    expected = json_object_get(expected, "dropped");
    got = json_object_get(got, "dropped");
    if (!equal(expected, got))
        differs(same, expected, got, "step %zu, dropped", step);
}

bool same_literally(struct same *same, const json_t *expected, const json_t *got)
{
    const json_t *before = json_object_get(expected, "steps"), *now = json_object_get(got, "steps");
    const json_t *stores = json_object_get(got, "stores");
    const char *name;
    json_t *store;

    for (size_t i = 0; i < json_array_size(before) || i < json_array_size(now); i++)
        compare_step(same, json_array_get(before, i), json_array_get(now, i), i);
    json_object_foreach(json_object_get(expected, "stores"), name, store) {
        const json_t *other = json_object_get(stores, name);

        compare_lists(same, json_object_get(store, "rows"), json_object_get(other, "rows"),
                      "after step", json_array_size(before), name);
        compare_lists(same, json_object_get(store, "as_of"), json_object_get(other, "as_of"),
                      "after step", json_array_size(before), name);
    }
    return !same->differences;
}

/* ---- in the end ------------------------------------------------------------------------------ */

/* The row's or record's key, with the window if there is one. */
static char *key_text(const json_t *record)
{
    json_t *key = json_pack("[O, O?, O?]", json_object_get(record, "key"),
                            json_object_get(record, "start"), json_object_get(record, "end"));
    char *text = json_dumps(key, JSON_COMPACT);

    json_decref(key);
    return text;
}

/* A key that was deleted is one that never was. */
static void note_last(json_t *last, const json_t *list)
{
    const json_t *record;
    size_t i;

    json_array_foreach(list, i, record) {
        json_t *value = json_object_get(record, "value");
        char *key = key_text(record);

        if (json_is_null(value))
            json_object_del(last, key);
        else
            json_object_set(last, key, value);
        free(key);
    }
}

static json_t *last_of(const json_t *run, const char *name)
{
    const json_t *store = json_object_get(json_object_get(run, "stores"), name), *step;
    json_t *last = json_object();
    size_t i;

    note_last(last, json_object_get(store, "rows"));
    json_array_foreach(json_object_get(run, "steps"), i, step)
        note_last(last, json_object_get(json_object_get(step, "out"), name));
    return last;
}

bool same_in_the_end(struct same *same, const json_t *expected, const json_t *got)
{
    const json_t *name;
    size_t i;

    json_array_foreach(json_object_get(same->scenario, "settled"), i, name) {
        json_t *a = last_of(expected, json_string_value(name));
        json_t *b = last_of(got, json_string_value(name));

        if (!equal(a, b))
            differs(same, a, b, "%s, last values", json_string_value(name));
        json_decref(a);
        json_decref(b);
    }
    return !same->differences;
}
