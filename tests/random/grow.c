/* grow.c - a scenario from its seed: sources, a few verbs on them, outputs, input. */
#include "grow.h"

#include <stdio.h>

enum {
    VERBS_MAX = 8,
    TRIES = 60,
    STEPS_LEAST = 15,
    STEPS_MORE = 40,
};

/* ---- steps and what they give ---------------------------------------------------------------- */

static void name_next(struct grow *grow, const char *prefix, char out[ID_SIZE])
{
    snprintf(out, ID_SIZE, "%.8s%d", prefix, ++grow->ids % 1000);
}

const char *grow_id(const json_t *step)
{
    return text_in(step, "id");
}

void grow_put(json_t *step, const char *field, json_t *value)
{
    json_object_set_new(step, field, value);
}

void grow_long(json_t *step, const char *field, int64_t value)
{
    grow_put(step, field, json_integer(value));
}

json_t *grow_step(struct grow *grow, const char *op, const char *in, const char *other)
{
    json_t *step = json_object();
    char id[ID_SIZE];

    name_next(grow, "n", id);
    grow_put(step, "id", json_string(id));
    grow_put(step, "op", json_string(op));
    if (other)
        grow_put(step, "from", json_pack("[s, s]", in, other));
    else if (in)
        grow_put(step, "from", json_string(in));
    json_array_append_new(grow->topology, step);
    return step;
}

struct live *grow_live(struct grow *grow, const json_t *step, struct live *in, enum noun noun)
{
    struct live *out = &grow->lives[grow->count++];

    *out = in ? *in : (struct live){ 0 };
    if (in)
        in->used = true;
    snprintf(out->id, sizeof out->id, "%s", grow_id(step));
    out->noun = noun;
    out->used = false;
    return out;
}

static const char *name_of_sort(enum sort sort)
{
    return sort == LONG ? "long" : "string";
}

static json_t *types_of(const struct live *live)
{
    char key[32];

    snprintf(key, sizeof key, !live->window                          ? "%s"
                              : !strcmp(live->window, "session") ? "session(%s)"
                                                                     : "windowed(%s)",
             name_of_sort(live->key));
    return json_pack("{s:s, s:s}", "key", key, "value", name_of_sort(live->value));
}

void grow_store(struct grow *grow, json_t *step, const struct live *out, const char *type,
                int64_t retention_ms, int percent)
{
    json_t *as;
    char name[ID_SIZE];

    if (!draw_percent(&grow->draw, percent))
        return;
    name_next(grow, "store", name);
    as = types_of(out);
    grow_put(as, "type", json_string(type ? type : "timestamped_kv"));
    if (retention_ms)
        grow_long(as, "retention_ms", retention_ms);
    grow_put(step, "store", json_string(name));
    grow_put(grow->stores, name, as);
    if (!out->unsettled)
        json_array_append_new(grow->settled, json_string(name));
}

/* ---- sources --------------------------------------------------------------------------------- */

struct live *grow_source(struct grow *grow, enum noun noun, enum sort key, enum sort value)
{
    const char *op = noun == STREAM ? "stream" : noun == TABLE ? "table" : "global_table";
    json_t *step = grow_step(grow, op, NULL, NULL);
    struct live *out = grow_live(grow, step, NULL, noun);
    char topic[ID_SIZE];
    json_t *types;

    out->key = key;
    out->value = value;
    out->roots = UINT64_C(1) << (out - grow->lives);
    name_next(grow, "in", topic);
    grow_put(step, "topic", json_string(topic));
    types = types_of(out);
    grow_put(types, "role", json_string("input"));
    grow_put(grow->topics, topic, types);
    if (noun == TABLE && draw_percent(&grow->draw, 15)) {
        out->versioned = true;
        grow_long(step, "history_ms", grow->history_ms);
    }
    if (noun != STREAM)
        grow_store(grow, step, out, out->versioned ? "versioned" : NULL, 0,
                   out->versioned || noun == GLOBAL ? 100 : 40);
    return out;
}

static enum sort draw_sort(struct draw *draw)
{
    return draw_percent(draw, 65) ? STRING : LONG;
}

struct live *grow_other(struct grow *grow, const struct live *beside, enum noun noun)
{
    struct live *found = NULL;

    for (int i = 0; i < grow->count && draw_percent(&grow->draw, 85); i++) {
        struct live *live = &grow->lives[i];

        if (live->noun == noun && !live->window && live->key == beside->key &&
            (live != beside || draw_percent(&grow->draw, 10)))
            found = live;
    }
    if (found && draw_percent(&grow->draw, 60))
        return found;
    return grow_source(grow, noun, beside->key, draw_sort(&grow->draw));
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static const struct growth *pick_growth(struct grow *grow, const struct live *in)
{
    static const struct growth *const all[] = { stream_growths, table_growths, group_growths,
                                                join_growths };
    const struct growth *picked = NULL;
    int64_t sum = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (const struct growth *each = all[i]; each->grow; each++) {
            if (!(each->nouns & in->noun) || (in->window && !each->windowed))
                continue;
            sum += each->odds;
            if (chance_below(&grow->draw.chance, sum) < each->odds)
                picked = each;
        }
    return picked;
}

/* Mostly one behind the other. */
static struct live *pick_live(struct grow *grow)
{
    int place = draw_percent(&grow->draw, 65) ? grow->count - 1
                                              : draw_below(&grow->draw, grow->count);

    return &grow->lives[place];
}

static void grow_verbs(struct grow *grow)
{
    int wanted = 1 + draw_below(&grow->draw, VERBS_MAX);

    for (int tries = 0; wanted && tries < TRIES && grow->count < LIVES_MAX / 2; tries++) {
        struct live *in = pick_live(grow);
        const struct growth *growth = pick_growth(grow, in);

        if (growth && growth->grow(grow, in))
            wanted--;
    }
}

/* ---- outputs --------------------------------------------------------------------------------- */

static void grow_output(struct grow *grow, struct live *in)
{
    const char *from = in->id;
    json_t *step, *types;
    char topic[ID_SIZE];

    if (in->noun == TABLE)
        from = grow_id(grow_step(grow, "to_stream", from, NULL));
    step = grow_step(grow, "to", from, NULL);
    name_next(grow, "out", topic);
    grow_put(step, "topic", json_string(topic));
    types = types_of(in);
    grow_put(types, "role", json_string("output"));
    if (in->window && strcmp(in->window, "session") != 0)
        grow_long(types, "window_ms", in->window_ms);
    grow_put(grow->topics, topic, types);
    if (!in->unsettled)
        json_array_append_new(grow->settled, json_string(topic));
}

static void grow_outputs(struct grow *grow)
{
    for (int i = 0; i < grow->count; i++) {
        struct live *live = &grow->lives[i];

        if (live->noun != GLOBAL && (!live->used || draw_percent(&grow->draw, 12)))
            grow_output(grow, live);
    }
}

/* ---- input ----------------------------------------------------------------------------------- */

static const char *pick_input(struct grow *grow)
{
    const char *topic, *picked = NULL;
    const json_t *as;
    int64_t count = 0;

    json_object_foreach(grow->topics, topic, as)
        if (!strcmp(text_in(as, "role"), "input") && !chance_below(&grow->draw.chance, ++count))
            picked = topic;
    return picked;
}

static json_t *grow_record(struct grow *grow)
{
    struct draw *draw = &grow->draw;
    const char *topic = pick_input(grow);
    const json_t *as = json_object_get(grow->topics, topic);
    enum sort key = strstr(text_in(as, "key"), "long") ? LONG : STRING;
    enum sort value = strstr(text_in(as, "value"), "long") ? LONG : STRING;

    return json_pack("{s:s, s:o, s:o, s:I}", "topic", topic,
                     "key", draw_percent(draw, 5) ? json_null() : draw_key(draw, key),
                     "value", draw_percent(draw, 14) ? json_null() : draw_value(draw, value),
                     "ts", (json_int_t)draw_time(draw));
}

static json_t *grow_input(struct grow *grow)
{
    int count = STEPS_LEAST + draw_below(&grow->draw, STEPS_MORE);
    json_t *steps = json_array();

    while (count--)
        json_array_append_new(steps, grow_record(grow));
    return steps;
}

/* What was true of versioned tables at times that mattered. */
static void grow_reads(struct grow *grow, const json_t *steps)
{
    const char *name;
    json_t *store;

    json_object_foreach(grow->stores, name, store) {
        json_t *reads = json_array();
        const json_t *step;
        size_t i;

        if (strcmp(text_in(store, "type"), "versioned") != 0) {
            json_decref(reads);
            continue;
        }
        json_array_foreach(steps, i, step) {
            const json_t *key = json_object_get(step, "key");

            if (json_is_integer(key) == !strcmp(text_in(store, "key"), "long") &&
                !json_is_null(key))
                json_array_append_new(reads, json_pack("{s:O, s:O}", "key", key, "at",
                                                       json_object_get(step, "ts")));
        }
        json_object_set_new(store, "as_of", reads);
    }
}

json_t *grow_scenario(uint64_t seed)
{
    struct grow grow = { .topics = json_object(), .topology = json_array(),
                         .stores = json_object(), .settled = json_array() };
    json_t *steps;

    draw_begin(&grow.draw, seed);
    grow.history_ms = draw_length(&grow.draw) * (1 + draw_below(&grow.draw, 5));
    grow_source(&grow, draw_percent(&grow.draw, 65) ? STREAM : TABLE,
                draw_percent(&grow.draw, 90) ? STRING : LONG, draw_sort(&grow.draw));
    grow_verbs(&grow);
    grow_outputs(&grow);
    steps = grow_input(&grow);
    grow_reads(&grow, steps);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:{s:o}}", "family", "random", "name",
                     json_sprintf("random-%llu", (unsigned long long)seed), "topics", grow.topics,
                     "topology", grow.topology, "steps", steps, "settled", grow.settled, "expect",
                     "stores", grow.stores);
}
