/* play.c - the steps of a scenario in the topology driver. */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>

/* What Kafka Streams calls an error's kind, by Leat's code. */
static const char *kind_of(int code)
{
    return code == LEAT_E_TOPOLOGY ? "topology" : code == LEAT_E_ARGUMENT ? "argument" : "runtime";
}

static json_t *json_of_error(int code, const char *sentence)
{
    return json_pack("{s:b, s:s, s:s}", "error", 1, "kind", kind_of(code), "message", sentence);
}

/* Expected errors are the same if their kind is. */
static void compare_error(struct play *play, const json_t *expected, int code,
                          const char *sentence, const char *what)
{
    const char *kind = text_in(expected, "kind");
    json_t *got = code ? json_of_error(code, sentence) : NULL;

    if (!kind != !code || (kind && strcmp(kind, kind_of(code)) != 0))
        play_differs(play, kind ? expected : NULL, got, "%s", what);
    json_decref(got);
}

/* ---- what came out --------------------------------------------------------------------------- */

static const struct node *writer_before(const struct play *play, size_t place, const char *topic)
{
    for (size_t i = 0; i < place; i++) {
        const struct node *node = &play->build.nodes[i];

        if (!strcmp(text_in(node->as, "op"), "to") && !strcmp(text_in(node->as, "topic"), topic))
            return node;
    }
    return NULL;
}

static json_t *take_all(struct play *play, const char *topic, const struct node *in, bool skip)
{
    const json_t *topics = json_object_get(play->scenario, "topics");
    int64_t size_ms = long_in(json_object_get(topics, topic), "window_ms", 0);
    struct leat_driver_record record;
    json_t *list = json_array();

    while (leat_driver_take(play->driver, topic, &record) == 1) {
        if (record.window.kind == LEAT_SPAN_WINDOW && record.window.end_ms == INT64_MAX)
            record.window.end_ms = record.window.start_ms + size_ms;
        if (!skip)
            json_array_append_new(list, json_of_record(&record, in->key));
        skip = false;
    }
    return list;
}

/* Calls visit for the topics that nodes write to, each once. */
static void each_output(struct play *play, void *user,
                        void (*visit)(struct play *play, void *user, const char *topic,
                                      const struct node *in))
{
    for (size_t i = 0; i < play->build.count; i++) {
        const struct node *node = &play->build.nodes[i];
        const char *topic = text_in(node->as, "topic");

        if (!strcmp(text_in(node->as, "op"), "to") && !writer_before(play, i, topic))
            visit(play, user, topic, node->in);
    }
}

struct outputs {
    const json_t *expected;
    json_t *got;
    const char *sent_to; /* holds that record before any that this caused */
    size_t step;
};

static void take_output(struct play *play, void *user, const char *topic, const struct node *in)
{
    struct outputs *outputs = user;
    bool sent = outputs->sent_to && !strcmp(outputs->sent_to, topic);
    json_t *list = take_all(play, topic, in, sent);

    if (json_array_size(list))
        json_object_set(outputs->got, topic, list);
    json_decref(list);
}

static void compare_output(struct play *play, void *user, const char *topic, const struct node *in)
{
    const struct outputs *outputs = user;
    char what[LEAT_ERROR_TEXT];

    snprintf(what, sizeof what, "step %zu, topic %s", outputs->step, topic);
    play_compare(play, json_object_get(outputs->expected, topic),
                 json_object_get(outputs->got, topic), what);
}

static void compare_dropped(struct play *play, int64_t expected, int64_t got, const char *what)
{
    json_t *a = json_integer(expected), *b = json_integer(got);

    if (expected != got)
        play_differs(play, a, b, "%s", what);
    json_decref(a);
    json_decref(b);
}

static bool dropped_counts(const struct play *play)
{
    return !json_is_false(json_object_get(play->scenario, "dropped_comparable"));
}

/* ---- one step -------------------------------------------------------------------------------- */

static int send_record(struct play *play, const json_t *step)
{
    const json_t *value = json_object_get(step, "value");
    const char *topic = text_in(step, "topic");
    struct leat_bytes text = leat_bytes(json_string_value(value), json_string_length(value)), key;
    int64_t number = json_integer_value(value);
    const void *data = NULL;
    struct node sorts;
    char room[8];

    build_topic(&play->build, topic, &sorts);
    key = bytes_of_key(json_object_get(step, "key"), sorts.key, room);
    if (!json_is_null(value))
        data = sorts.value == LONG ? (const void *)&number : &text;
    return leat_driver_send(play->driver, topic, key, sort_type(sorts.value), data,
                            long_in(step, "ts", 0));
}

static int move(struct play *play, const json_t *step, size_t place)
{
    int status = json_object_get(step, "advance_wall_ms")
                     ? leat_driver_advance_wall(play->driver, long_in(step, "advance_wall_ms", 0))
                     : send_record(play, step);

    return status || !play->dies || !play->dies[place] ? status
                                                       : leat_driver_restart(play->driver);
}

/* As an expectation says it. */
static void record_step(struct play *play, int status, json_t *out, int64_t dropped)
{
    json_t *steps = json_object_get(play->record, "steps");
    json_t *got = status ? json_of_error(status, leat_driver_error(play->driver)) : json_object();

    if (json_object_size(out))
        json_object_set(got, "out", out);
    if (dropped)
        json_object_set_new(got, "dropped", json_integer(dropped));
    json_array_append_new(steps, got);
}

/* Whether there is a next one. */
static bool play_step(struct play *play, const json_t *step, const json_t *expected, size_t place)
{
    struct outputs outputs = { .expected = json_object_get(expected, "out"),
                               .sent_to = text_in(step, "topic"),
                               .step = place };
    int64_t dropped = (int64_t)leat_driver_dropped(play->driver);
    char what[LEAT_ERROR_TEXT];
    int status = move(play, step, place);

    snprintf(what, sizeof what, "step %zu", place);
    if (!play->record)
        compare_error(play, expected, status, leat_driver_error(play->driver), what);
    if (!play->record && (status || text_in(expected, "kind")))
        return false;
    outputs.got = json_object();
    each_output(play, &outputs, take_output);
    dropped = (int64_t)leat_driver_dropped(play->driver) - dropped;
    snprintf(what, sizeof what, "step %zu, dropped", place);
    if (play->record)
        record_step(play, status, outputs.got, dropped);
    else
        each_output(play, &outputs, compare_output);
    if (!play->record && dropped_counts(play))
        compare_dropped(play, long_in(expected, "dropped", 0), dropped, what);
    json_decref(outputs.got);
    return !status && (play->verbose || !play->differences);
}

static void record_end(struct play *play)
{
    json_object_set_new(play->record, "stores", record_stores(play));
    json_object_set_new(play->record, "dropped",
                        json_integer((json_int_t)leat_driver_dropped(play->driver)));
}

static void play_steps(struct play *play)
{
    const json_t *expect = json_object_get(play->scenario, "expect"), *step;
    const json_t *steps = json_object_get(expect, "steps");
    bool goes_on = true;
    size_t i;

    json_array_foreach(json_object_get(play->scenario, "steps"), i, step) {
        goes_on = play_step(play, step, json_array_get(steps, i), i);
        if (!goes_on)
            break;
    }
    if (!goes_on)
        return;
    if (play->record) {
        record_end(play);
        return;
    }
    play_stores(play);
    if (dropped_counts(play))
        compare_dropped(play, long_in(expect, "dropped", 0),
                        (int64_t)leat_driver_dropped(play->driver), "dropped in all");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int open_driver(struct play *play, struct leat_error *error)
{
    const json_t *config = json_object_get(play->scenario, "config");
    struct leat_driver_options options = {
        .no_cache = play->no_cache,
        .state = play->state,
        .undo_every = play->undo_every,
        .emit_interval = long_in(config, "emit_interval_ms", 0),
    };

    return leat_driver_new(play->build.topology, &options, &play->driver, error);
}

static void show_topology(const struct play *play)
{
    char *text = leat_topology_describe(play->build.topology, false);

    printf("%s", text);
    free(text);
}

bool play_scenario(struct play *play)
{
    const json_t *expect = json_object_get(play->scenario, "expect");
    struct leat_error error = { 0 };
    struct arena arena;
    int status;

    arena_init(&arena, 16384);
    play->build = (struct build){ .scenario = play->scenario, .arena = &arena };
    build_topology(&play->build);
    status = open_driver(play, &error);
    if (!status && play->verbose)
        show_topology(play);
    if (play->record && status)
        json_object_update_new(play->record, json_of_error(status, error.text));
    else if (!play->record)
        compare_error(play, expect, status, error.text, "the topology");
    if (play->record && !status)
        json_object_set_new(play->record, "steps", json_array());
    if (!status && !text_in(expect, "kind"))
        play_steps(play);
    leat_driver_close(play->driver);
    play->driver = NULL;
    build_free(&play->build);
    arena_free(&arena);
    return !play->differences;
}
