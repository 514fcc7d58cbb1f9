/* draw.c - functions, keys, values and times by chance. */
#include "draw.h"

static const char *const keys[] = { "a", "b", "ab", "c", "ba" };

void draw_begin(struct draw *draw, uint64_t seed)
{
    static const int64_t starts[] = { 0, 0, 1000, 10000, 1700000000000 };

    *draw = (struct draw){ .chance = { chance_mix(seed) } };
    draw->key_count = 1 + draw_below(draw, sizeof keys / sizeof *keys);
    draw->first_ms = chance_pick(&draw->chance, starts, sizeof starts / sizeof *starts);
}

json_t *draw_word(struct draw *draw, const char *words)
{
    int count = 1, place;
    const char *at = words;

    for (const char *c = words; *c; c++)
        count += *c == ' ';
    place = draw_below(draw, count);
    while (place--)
        at = strchr(at, ' ') + 1;
    return json_stringn(at, strcspn(at, " "));
}

static void remember(struct draw *draw, int64_t length_ms)
{
    if (draw->length_count < TIMES_MAX)
        draw->lengths[draw->length_count++] = length_ms;
}

int64_t draw_length(struct draw *draw)
{
    static const int64_t lengths[] = { 5, 10, 20, 50, 100 };
    int64_t length_ms = chance_pick(&draw->chance, lengths, sizeof lengths / sizeof *lengths);

    remember(draw, length_ms);
    return length_ms;
}

int64_t draw_grace(struct draw *draw, int64_t length_ms)
{
    int64_t graces[] = { 0, 0, 1, length_ms / 2, length_ms, 3 * length_ms };

    return chance_pick(&draw->chance, graces, sizeof graces / sizeof *graces);
}

/* ---- functions ------------------------------------------------------------------------------- */

json_t *draw_predicate(struct draw *draw, enum sort key, enum sort value)
{
    if (key == STRING && draw_percent(draw, 25))
        return draw_word(draw, "key_eq:a key_lt:b key_null");
    if (value == LONG)
        return draw_word(draw, "value_gt:0 value_gt:4 value_even value_not_null value_null always");
    return draw_word(draw, "value_contains:a value_contains:1 value_contains:, value_len_gt:1 "
                           "value_len_gt:4 value_not_null value_null never always");
}

json_t *draw_value_function(struct draw *draw, enum sort value, enum sort *gives)
{
    bool stays = draw_percent(draw, 65);

    *gives = stays ? value : value == LONG ? STRING : LONG;
    if (value == LONG)
        return draw_word(draw, stays ? "add:3 add:-2 mul:-1 mul:2 even_or_null identity"
                                     : "to_string key_colon_value const:k");
    return draw_word(draw, stays ? "upper append:! field:0 field:1 null_to:nil key_colon_value "
                                   "identity"
                                 : "length parse_long");
}

json_t *draw_key_function(struct draw *draw, enum sort key, enum sort value)
{
    if (key == STRING && draw_percent(draw, 50))
        return draw_word(draw, "key_prefix:1 key_append:_0 key_prefix:2");
    if (value == LONG)
        return draw_word(draw, "value_mod:2 value_mod:3 const:one value_as_key combine");
    return draw_word(draw, "value_field:0 value_field:1 const:one value_as_key combine");
}

/* ---- input ----------------------------------------------------------------------------------- */

json_t *draw_key(struct draw *draw, enum sort sort)
{
    int place = draw_below(draw, draw->key_count);

    return sort == LONG ? json_integer(place - 1) : json_string(keys[place]);
}

/* Words with commas, letters and numbers; half of them are like no other. */
json_t *draw_value(struct draw *draw, enum sort sort)
{
    if (sort == LONG)
        return json_integer(draw_below(draw, draw_percent(draw, 10) ? 200 : 12) - 3);
    if (draw_percent(draw, 50))
        return json_sprintf("%s,v%d", keys[draw_below(draw, draw->key_count)], ++draw->labels);
    return draw_word(draw, "a b 12 -5 a,b b,12 ab, cde");
}

static int64_t length_of(struct draw *draw)
{
    return draw->length_count ? draw->lengths[draw_below(draw, draw->length_count)] : 20;
}

static int64_t near(struct draw *draw)
{
    int64_t length_ms = length_of(draw), to_ms = draw->greatest_ms;

    switch (draw_below(draw, 10)) {
    case 0:
    case 1: return draw->last_ms;
    case 2: return draw->last_ms + length_ms + draw_below(draw, 3) - 1;
    case 3: return to_ms - length_ms + draw_below(draw, 3) - 1;
    case 4: return to_ms - chance_below(&draw->chance, 2 * length_ms + 1);
    case 5: return to_ms / length_ms * length_ms + (draw_percent(draw, 50) ? length_ms : 0);
    case 6: return draw_percent(draw, 30) ? to_ms + 4 * length_ms : to_ms - 5 * length_ms;
    default: return to_ms + chance_below(&draw->chance, length_ms / 4 + 2);
    }
}

int64_t draw_time(struct draw *draw)
{
    int64_t at_ms = draw->greatest_ms ? near(draw) : draw->first_ms;

    if (at_ms < draw->first_ms)
        at_ms = draw->first_ms;
    draw->last_ms = at_ms;
    if (at_ms > draw->greatest_ms)
        draw->greatest_ms = at_ms;
    return at_ms;
}
