/* grow_groups.c - aggregations of streams, windowed or not, and cogroups. */
#include "grow.h"

enum { COGROUPED_MAX = 3, SESSIONS_FROM_MS = 1000 };

/* ---- windows --------------------------------------------------------------------------------- */

struct windows {
    const char *kind; /* NULL: none */
    int64_t size_ms, retention_ms;
};

static json_t *window(struct grow *grow, const char *group, bool closes, struct windows *out)
{
    static const char *const kinds[] = { "tumbling", "hopping", "sliding", "session" };
    struct draw *draw = &grow->draw;
    json_t *step = grow_step(grow, "windowed_by", group, NULL);
    int64_t size_ms = draw_length(draw), grace_ms = draw_grace(draw, size_ms);
    int kind = draw_below(draw, 4);

    *out = (struct windows){ kinds[kind], size_ms, (kind == 2 ? 2 : 1) * size_ms + grace_ms };
    grow_put(step, "window", json_string(kinds[kind]));
    grow_long(step, kind == 2 ? "difference" : kind == 3 ? "gap" : "size", size_ms);
    grow_long(step, "grace", grace_ms);
    if (kind == 1)
        grow_long(step, "advance", 1 + size_ms / (1 + draw_below(draw, 4)) - draw_below(draw, 2));
    if (kind == 1 && long_in(step, "advance", 0) > size_ms)
        grow_long(step, "advance", size_ms);
    if (kind == 3 && draw->first_ms < SESSIONS_FROM_MS)
        draw->first_ms = SESSIONS_FROM_MS;
    if (closes)
        grow_put(step, "emit", json_string("on_window_close"));
    return step;
}

/* ---- what is folded -------------------------------------------------------------------------- */

static const char *reducers_of(const struct live *in)
{
    if (in->value == LONG)
        return "sum min max last sum_null_above:9";
    return in->text > 1 ? "last first" : "last first concat:| concat:,";
}

static const char *numbers_of(enum sort value)
{
    return value == LONG ? "sum count_up minus" : "sum_len count_up";
}

static void fold(struct grow *grow, json_t *step, const char *op, struct live *out)
{
    struct draw *draw = &grow->draw;

    if (!strcmp(op, "reduce")) {
        grow_put(step, "reducer", draw_word(draw, reducers_of(out)));
        out->text += !strncmp(text_in(step, "reducer"), "concat", 6) ? 2 : 0;
        return;
    }
    if (!strcmp(op, "count") || out->text > 1 || draw_percent(draw, 40)) {
        if (!strcmp(op, "aggregate")) {
            grow_put(step, "init", json_string("zero"));
            grow_put(step, "aggregator", draw_word(draw, numbers_of(out->value)));
        }
        out->value = LONG;
        return;
    }
    grow_put(step, "init", draw_word(draw, "empty const:i"));
    grow_put(step, "aggregator", draw_word(draw, "concat:/ key_concat concat_reset:b concat_plus"));
    out->value = STRING;
    out->text += 2;
}

static void finish(struct grow *grow, json_t *step, const struct windows *windows,
                   struct live *out)
{
    bool session = windows->kind && !strcmp(windows->kind, "session");
    const char *type = !windows->kind ? NULL : session ? "session" : "window";

    if (session && text_in(step, "init"))
        grow_put(step, "merger", json_string(out->value == LONG ? "sum" : "concat:&"));
    out->noun = TABLE;
    out->unsettled |= out->of_rows || session; /* a cache has sessions that have expired beneath */
    out->of_rows = false;
    out->window = windows->kind;
    out->window_ms = windows->size_ms;
    grow_store(grow, step, out, type, windows->retention_ms, 60);
}

/* ---- one stream ------------------------------------------------------------------------------ */

static json_t *group(struct grow *grow, struct live *in, enum sort *key)
{
    bool by = draw_percent(&grow->draw, 25);
    json_t *step = grow_step(grow, by ? "group_by" : "group_by_key", in->id, NULL);

    *key = by ? STRING : in->key;
    if (by)
        grow_put(step, "key_fn", draw_key_function(&grow->draw, in->key, in->value));
    return step;
}

static bool aggregate(struct grow *grow, struct live *in)
{
    json_t *op = draw_word(&grow->draw, "count reduce aggregate"), *step;
    struct windows windows = { 0 };
    struct live *out;
    enum sort key;

    step = group(grow, in, &key);
    if (draw_percent(&grow->draw, 65))
        step = window(grow, grow_id(step), draw_percent(&grow->draw, 25), &windows);
    step = grow_step(grow, json_string_value(op), grow_id(step), NULL);
    out = grow_live(grow, step, in, TABLE);
    out->key = key;
    fold(grow, step, json_string_value(op), out);
    finish(grow, step, &windows, out);
    json_decref(op);
    return true;
}

/* ---- several --------------------------------------------------------------------------------- */

/* A group of its own for each; tells what all of them together are. */
static json_t *group_all(struct grow *grow, struct live *const *inputs, int count,
                         struct live *out)
{
    json_t *from = json_array();

    *out = *inputs[0];
    for (int i = 0; i < count; i++) {
        json_t *group = grow_step(grow, "group_by_key", inputs[i]->id, NULL);

        json_array_append_new(from, json_string(grow_id(group)));
        inputs[i]->used = true;
        out->of_rows |= inputs[i]->of_rows;
        out->unsettled |= inputs[i]->unsettled;
        out->roots |= inputs[i]->roots;
        out->text = out->text > inputs[i]->text ? out->text : inputs[i]->text;
    }
    return from;
}

static bool cogroup(struct grow *grow, struct live *in)
{
    struct live *inputs[COGROUPED_MAX] = { in }, all, *out;
    json_t *adds = json_array(), *from, *step;
    int count = 2 + draw_below(&grow->draw, COGROUPED_MAX - 1);
    struct windows windows = { 0 };
    bool numbers;

    for (int i = 1; i < count; i++)
        inputs[i] = grow_other(grow, in, STREAM);
    from = group_all(grow, inputs, count, &all);
    numbers = all.text > 1 || draw_percent(&grow->draw, 50);
    for (int i = 0; i < count; i++)
        json_array_append_new(adds, draw_word(&grow->draw,
                                              numbers ? numbers_of(inputs[i]->value)
                                                      : "concat_plus concat:1 key_concat"));
    step = grow_step(grow, "cogroup", NULL, NULL);
    grow_put(step, "from", from);
    grow_put(step, "aggregators", adds);
    grow_put(step, "agg_type", json_string(numbers ? "long" : "string"));
    if (draw_percent(&grow->draw, 50))
        step = window(grow, grow_id(step), false, &windows);
    step = grow_step(grow, "aggregate", grow_id(step), NULL);
    grow_put(step, "init", draw_word(&grow->draw, numbers ? "zero" : "empty const:i"));
    out = grow_live(grow, step, &all, TABLE);
    out->unsettled |= windows.kind != NULL; /* a slow input finds in a cache what has expired */
    out->value = numbers ? LONG : STRING;
    out->text += numbers ? 0 : 2;
    finish(grow, step, &windows, out);
    return true;
}

const struct growth group_growths[] = {
    { aggregate, STREAM, false, 14 },
    { cogroup, STREAM, false, 3 },
    { 0 },
};
