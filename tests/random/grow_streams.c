/* grow_streams.c - verbs on streams: stateless ones, processors, topics on the way, to a table. */
#include "grow.h"

/* A stream behind a stream. Behind a table's changes it sees what a cache lets through. */
static struct live *next(struct grow *grow, const json_t *step, struct live *in)
{
    struct live *out = grow_live(grow, step, in, STREAM);

    out->unsettled |= in->of_rows;
    return out;
}

static enum sort key_seen(const struct live *in)
{
    return in->window ? NONE : in->key;
}

static json_t *draw_new_key(struct grow *grow, const struct live *in)
{
    return in->window ? draw_word(&grow->draw, "unwindow window_str")
                      : draw_key_function(&grow->draw, in->key, in->value);
}

static void set_key(struct live *out)
{
    out->key = STRING;
    out->window = NULL;
}

static bool filter(struct grow *grow, struct live *in)
{
    json_t *op = draw_word(&grow->draw, "filter filter_not");
    json_t *step = grow_step(grow, json_string_value(op), in->id, NULL);

    grow_put(step, "pred", draw_predicate(&grow->draw, key_seen(in), in->value));
    next(grow, step, in);
    json_decref(op);
    return true;
}

static bool map_values(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "map_values", in->id, NULL);
    struct live *out = next(grow, step, in);

    grow_put(step, "value_fn", draw_value_function(&grow->draw, in->value, &out->value));
    return true;
}

static bool map(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "map", in->id, NULL);
    struct live *out = next(grow, step, in);

    grow_put(step, "key_fn", draw_new_key(grow, in));
    grow_put(step, "value_fn", draw_value_function(&grow->draw, in->value, &out->value));
    set_key(out);
    return true;
}

static bool select_key(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "select_key", in->id, NULL);

    grow_put(step, "key_fn", draw_new_key(grow, in));
    set_key(next(grow, step, in));
    return true;
}

static bool flat_map_values(struct grow *grow, struct live *in)
{
    json_t *step;

    if (in->text > 1 || in->crowd > 2)
        return false;
    step = grow_step(grow, "flat_map_values", in->id, NULL);
    grow_put(step, "flat_fn",
             draw_word(&grow->draw, in->value == LONG ? "repeat:2 repeat:0 repeat:3"
                                                      : "split_comma split_comma repeat:2"));
    next(grow, step, in)->crowd++;
    return true;
}

static bool flat_map(struct grow *grow, struct live *in)
{
    json_t *step;

    if (in->text > 1 || in->crowd > 2 || in->key != STRING || in->value != STRING)
        return false;
    step = grow_step(grow, "flat_map", in->id, NULL);
    grow_put(step, "flat_fn", draw_word(&grow->draw, "split_keys dup_swap"));
    next(grow, step, in)->crowd++;
    return true;
}

static bool merge(struct grow *grow, struct live *in)
{
    struct live *other = grow_other(grow, in, STREAM), *out;

    if (other->value != in->value || other->crowd + in->crowd > 3)
        return false;
    out = next(grow, grow_step(grow, "merge", in->id, other->id), in);
    other->used = true;
    out->unsettled |= other->unsettled | other->of_rows;
    out->of_rows |= other->of_rows;
    out->text = in->text > other->text ? in->text : other->text;
    out->crowd += other->crowd;
    out->roots |= other->roots;
    return true;
}

static bool branch(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "branch", in->id, NULL), *branches = json_array();
    int count = 1 + draw_below(&grow->draw, 2);
    struct live *out;

    grow_put(step, "branches", branches);
    for (int i = 0; i <= count; i++) {
        json_t *each = json_pack("{s:s+}", "id", grow_id(step), i == 0 ? "x" : i == 1 ? "y" : "z");

        if (i == count) { /* the rest */
            grow_put(step, "default", json_incref(json_object_get(each, "id")));
            out = next(grow, each, in);
            json_decref(each);
            break;
        }
        grow_put(each, "pred", draw_predicate(&grow->draw, key_seen(in), in->value));
        json_array_append_new(branches, each);
        out = next(grow, each, in);
    }
    return out != NULL;
}

static bool repartition(struct grow *grow, struct live *in)
{
    next(grow, grow_step(grow, "repartition", in->id, NULL), in);
    return true;
}

/* Through a topic of one's own. */
static bool through(struct grow *grow, struct live *in)
{
    json_t *to = grow_step(grow, "to", in->id, NULL);
    json_t *step = grow_step(grow, "stream", NULL, NULL);
    json_t *topic = json_sprintf("mid-%s", grow_id(step));

    grow_put(to, "topic", topic);
    grow_put(step, "topic", json_incref(topic));
    next(grow, step, in);
    return true;
}

static bool to_table(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "to_table", in->id, NULL);
    struct live *out = next(grow, step, in);

    out->noun = TABLE;
    out->of_rows = false;
    out->versioned = draw_percent(&grow->draw, 15);
    if (out->versioned)
        grow_long(step, "history_ms", grow->history_ms);
    grow_store(grow, step, out, out->versioned ? "versioned" : NULL, 0,
               out->versioned ? 100 : 50);
    return true;
}

/* ---- processors ------------------------------------------------------------------------------ */

static struct live *process(struct grow *grow, struct live *in, const char *processor,
                            enum sort row, json_t **step)
{
    struct live *out, rows = { .key = in->key, .value = row, .unsettled = in->unsettled |
                                                                        in->of_rows };

    *step = grow_step(grow, "process", in->id, NULL);
    grow_put(*step, "processor", json_string(processor));
    out = next(grow, *step, in);
    if (row)
        grow_store(grow, *step, &rows, "kv", 0, 100);
    return out;
}

static bool with_store(struct grow *grow, struct live *in)
{
    json_t *step;

    if (in->key != STRING)
        return false;
    if (in->value == LONG && draw_percent(&grow->draw, 50))
        process(grow, in, "running_total", LONG, &step);
    else
        process(grow, in, "dedup_last", in->value, &step);
    return true;
}

static bool punctuated(struct grow *grow, struct live *in)
{
    struct live *out;
    json_t *step;

    if (in->key != STRING)
        return false;
    if (draw_percent(&grow->draw, 40)) {
        process(grow, in, "expire", LONG, &step);
        grow_long(step, "ttl_ms", draw_length(&grow->draw));
    } else if (in->value == STRING && draw_percent(&grow->draw, 40)) {
        process(grow, in, "punct_trace", NONE, &step);
    } else {
        out = process(grow, in, "count_emit", LONG, &step);
        out->value = LONG;
        grow_put(step, "clear", json_boolean(draw_percent(&grow->draw, 50)));
    }
    grow_long(step, "interval_ms", draw_length(&grow->draw));
    grow_put(step, "clock", json_string("stream"));
    return true;
}

static bool of_time(struct grow *grow, struct live *in)
{
    json_t *step;

    if (in->key != STRING || in->value != STRING)
        return false;
    if (draw_percent(&grow->draw, 40)) {
        process(grow, in, "clock_trace", NONE, &step);
        return true;
    }
    process(grow, in, "ts_shift", NONE, &step);
    grow_long(step, "delta_ms", draw_below(&grow->draw, 60) - 20);
    return true;
}

const struct growth stream_growths[] = {
    { filter, STREAM, true, 4 },
    { map_values, STREAM, true, 4 },
    { map, STREAM, true, 3 },
    { select_key, STREAM, true, 4 },
    { flat_map_values, STREAM, false, 2 },
    { flat_map, STREAM, false, 2 },
    { merge, STREAM, false, 3 },
    { branch, STREAM, true, 2 },
    { repartition, STREAM, false, 2 },
    { through, STREAM, false, 1 },
    { to_table, STREAM, false, 6 },
    { with_store, STREAM, false, 3 },
    { punctuated, STREAM, false, 3 },
    { of_time, STREAM, false, 2 },
    { 0 },
};
