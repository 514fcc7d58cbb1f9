/* grow_tables.c - verbs on tables. */
#include "grow.h"

static enum sort key_seen(const struct live *in)
{
    return in->window ? NONE : in->key;
}

/* A store of its own, where its keys have none of the windows' forms. */
static void maybe_keep(struct grow *grow, json_t *step, const struct live *out)
{
    if (!out->window)
        grow_store(grow, step, out, NULL, 0, 35);
}

static bool table_filter(struct grow *grow, struct live *in)
{
    json_t *op = draw_word(&grow->draw, "table_filter table_filter_not");
    json_t *step = grow_step(grow, json_string_value(op), in->id, NULL);
    struct live *out = grow_live(grow, step, in, TABLE);

    grow_put(step, "pred", draw_predicate(&grow->draw, key_seen(in), in->value));
    out->versioned = false;
    maybe_keep(grow, step, out);
    json_decref(op);
    return true;
}

static bool table_map_values(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "table_map_values", in->id, NULL);
    struct live *out = grow_live(grow, step, in, TABLE);

    grow_put(step, "value_fn", draw_value_function(&grow->draw, in->value, &out->value));
    out->versioned = false;
    maybe_keep(grow, step, out);
    return true;
}

static bool to_stream(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "to_stream", in->id, NULL);
    struct live *out = grow_live(grow, step, in, STREAM);

    out->of_rows = true;
    out->versioned = out->held = false;
    if (!draw_percent(&grow->draw, in->window ? 50 : 20))
        return true;
    grow_put(step, "key_fn", in->window ? draw_word(&grow->draw, "unwindow window_str")
                                        : draw_key_function(&grow->draw, in->key, in->value));
    out->key = STRING;
    out->window = NULL;
    out->unsettled = true;
    return true;
}

/* ---- groups of rows -------------------------------------------------------------------------- */

static void fold_texts(struct grow *grow, json_t *step, struct live *out, bool reduces)
{
    if (!reduces)
        grow_put(step, "init", draw_word(&grow->draw, "empty const:i"));
    grow_put(step, "adder", json_string("concat_plus"));
    grow_put(step, "subtractor", json_string("concat_minus"));
    out->value = STRING;
    out->text += 2;
    out->unsettled = true; /* it tells what came, not what is there */
}

static void fold_numbers(json_t *step, bool reduces)
{
    if (!reduces)
        grow_put(step, "init", json_string("zero"));
    grow_put(step, "adder", json_string("sum"));
    grow_put(step, "subtractor", json_string(reduces ? "sub" : "minus"));
}

static bool group_rows(struct grow *grow, struct live *in)
{
    json_t *group = grow_step(grow, "table_group_by", in->id, NULL), *step;
    bool reduces = draw_percent(&grow->draw, 50), texts;
    struct live *out;
    enum sort value = in->value;

    grow_put(group, "key_fn", in->window ? draw_word(&grow->draw, "unwindow window_str const:one")
                                         : draw_key_function(&grow->draw, in->key, in->value));
    if (draw_percent(&grow->draw, 50))
        grow_put(group, "value_fn", draw_value_function(&grow->draw, in->value, &value));
    texts = value == STRING && in->text < 2 && draw_percent(&grow->draw, 70);
    if (!texts && (value == STRING || draw_percent(&grow->draw, 30)))
        step = grow_step(grow, "table_count", grow_id(group), NULL);
    else
        step = grow_step(grow, reduces ? "table_reduce" : "table_aggregate", grow_id(group), NULL);
    out = grow_live(grow, step, in, TABLE);
    out->key = STRING;
    out->window = NULL;
    out->versioned = out->held = false;
    out->value = LONG;
    out->unsettled = true; /* an absent group and an empty one are not the same */
    if (texts)
        fold_texts(grow, step, out, reduces);
    else if (strcmp(text_in(step, "op"), "table_count") != 0)
        fold_numbers(step, reduces);
    grow_store(grow, step, out, NULL, 0, 60);
    return true;
}

/* ---- suppress -------------------------------------------------------------------------------- */

static bool suppress(struct grow *grow, struct live *in)
{
    bool close = in->window && !in->held && draw_percent(&grow->draw, 70);
    struct live *out;
    json_t *step;

    if (in->versioned)
        return false;
    step = grow_step(grow, "suppress", in->id, NULL);
    out = grow_live(grow, step, in, TABLE);
    grow_put(step, "mode", json_string(close ? "until_window_closes" : "until_time_limit"));
    out->held = true;
    if (close)
        return true;
    out->unsettled = true;
    grow_long(step, "ms", draw_percent(&grow->draw, 20) ? 0 : draw_length(&grow->draw));
    if (draw_percent(&grow->draw, 50)) {
        grow_long(step, "max_records", 1 + draw_below(&grow->draw, 3));
        grow_put(step, "full", json_string("emit_early"));
    }
    return true;
}

const struct growth table_growths[] = {
    { table_filter, TABLE, true, 4 },
    { table_map_values, TABLE, true, 4 },
    { to_stream, TABLE, true, 4 },
    { group_rows, TABLE, true, 4 },
    { suppress, TABLE, true, 3 },
    { 0 },
};
