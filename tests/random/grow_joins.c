/* grow_joins.c - joins. */
#include "grow.h"

static const char *joiners_of(const struct live *left, const struct live *right, bool of_stream)
{
    if (left->value == LONG && right->value == LONG)
        return "sum_pair concat_pair left right";
    return of_stream ? "concat_pair with_key left right" : "concat_pair concat_pair left right";
}

/* The other input's part in what comes of the join. */
static struct live *joined(struct grow *grow, json_t *step, struct live *left, struct live *right,
                           bool of_stream)
{
    json_t *joiner = draw_word(&grow->draw, joiners_of(left, right, of_stream));
    const char *name = json_string_value(joiner);
    struct live *out = grow_live(grow, step, left, left->noun);

    right->used = true;
    grow_put(step, "joiner", joiner);
    out->value = !strcmp(name, "sum_pair") ? LONG : !strcmp(name, "left") ? left->value
                 : !strcmp(name, "right") ? right->value : STRING;
    out->text = (left->text > right->text ? left->text : right->text) + 1;
    out->crowd += right->crowd;
    out->unsettled |= right->unsettled | (of_stream && (left->of_rows || right->of_rows));
    if (left->noun == TABLE && left->roots & right->roots)
        out->unsettled = true; /* a record changes both sides: which one first a cache decides */
    out->roots |= right->roots;
    out->of_rows |= right->of_rows;
    out->versioned = out->held = false;
    return out;
}

static void set_type(struct grow *grow, json_t *step, const char *types)
{
    grow_put(step, "type", draw_word(&grow->draw, types));
}

static bool stream_stream(struct grow *grow, struct live *in)
{
    struct live *other = grow_other(grow, in, STREAM);
    struct draw *draw = &grow->draw;
    int64_t before_ms = draw_length(draw), after_ms = before_ms;
    json_t *step;

    if (in->crowd + other->crowd > 1 || in->text + other->text > 4)
        return false;
    if (draw_percent(draw, 50))
        after_ms = draw_percent(draw, 40) ? 0 : draw_length(draw);
    if (after_ms && draw_percent(draw, 10))
        before_ms = draw_percent(draw, 50) ? 0 : -1;
    step = grow_step(grow, "join_stream_stream", in->id, other->id);
    set_type(grow, step, "inner left outer left outer");
    grow_long(step, "before", before_ms);
    grow_long(step, "after", after_ms);
    grow_long(step, "grace", draw_grace(draw, before_ms > 0 ? before_ms : after_ms));
    joined(grow, step, in, other, true)->crowd += 2;
    return true;
}

/* What has no key cannot wait. */
static struct live *with_keys(struct grow *grow, struct live *in)
{
    json_t *step = grow_step(grow, "filter_not", in->id, NULL);

    grow_put(step, "pred", json_string("key_null"));
    return grow_live(grow, step, in, STREAM);
}

static bool stream_table(struct grow *grow, struct live *in)
{
    struct live *table = grow_other(grow, in, TABLE);
    bool waits = table->versioned && draw_percent(&grow->draw, 50);
    json_t *step;

    if (in->text + table->text > 4)
        return false;
    if (waits)
        in = with_keys(grow, in);
    step = grow_step(grow, "join_stream_table", in->id, table->id);
    set_type(grow, step, "inner left");
    if (waits)
        grow_long(step, "grace", chance_below(&grow->draw.chance, grow->history_ms + 1));
    joined(grow, step, in, table, true)->unsettled = true;
    return true;
}

static bool stream_global(struct grow *grow, struct live *in)
{
    struct live *global = NULL;
    json_t *step;

    for (int i = 0; i < grow->count; i++)
        if (grow->lives[i].noun == GLOBAL)
            global = &grow->lives[i];
    if (!global)
        global = grow_source(grow, GLOBAL, STRING, draw_percent(&grow->draw, 50) ? STRING : LONG);
    if (in->text > 4)
        return false;
    step = grow_step(grow, "join_stream_global", in->id, global->id);
    set_type(grow, step, "inner left");
    grow_put(step, "key_fn", draw_key_function(&grow->draw, in->key, in->value));
    joined(grow, step, in, global, true);
    return true;
}

static bool table_table(struct grow *grow, struct live *in)
{
    struct live *other = grow_other(grow, in, TABLE), *out;
    json_t *step;

    if (in->text + other->text > 4)
        return false;
    step = grow_step(grow, "join_table_table", in->id, other->id);
    set_type(grow, step, "inner left outer");
    out = joined(grow, step, in, other, false);
    grow_store(grow, step, out, NULL, 0, 40);
    return true;
}

static bool foreign(struct grow *grow, struct live *in)
{
    struct live beside = { .key = STRING }, *other = grow_other(grow, &beside, TABLE), *out;
    json_t *step;

    if (in->text + other->text > 4)
        return false;
    step = grow_step(grow, "join_fk", in->id, other->id);
    set_type(grow, step, "inner left");
    grow_put(step, "fk_fn", draw_key_function(&grow->draw, in->key, in->value));
    out = joined(grow, step, in, other, false);
    grow_store(grow, step, out, NULL, 0, 40);
    return true;
}

const struct growth join_growths[] = {
    { stream_stream, STREAM, false, 5 },
    { stream_table, STREAM, false, 5 },
    { stream_global, STREAM, false, 2 },
    { table_table, TABLE, false, 6 },
    { foreign, TABLE, false, 6 },
    { 0 },
};
