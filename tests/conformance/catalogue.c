/* catalogue.c - what the functions of the scenarios do. README.md of the scenarios has the list. */
#include "function.h"

#include <ctype.h>
#include <inttypes.h>

static const struct datum null;

static bool is_null(struct datum datum)
{
    return datum.sort == NONE;
}

static struct datum joined(const struct call *call, struct leat_bytes a, struct leat_bytes between,
                           struct leat_bytes b)
{
    return datum_text(leat_text(call->record, "%.*s%.*s%.*s", (int)a.size, a.data,
                                (int)between.size, between.data, (int)b.size, b.data));
}

static bool contains(struct leat_bytes text, struct leat_bytes part)
{
    return memmem(text.data, text.size, part.data, part.size) != NULL;
}

/* ---- predicates ------------------------------------------------------------------------------ */

static struct datum value_gt(const struct call *call)
{
    return datum_long(!is_null(call->first) && call->first.number > call->function->number);
}

static struct datum value_even(const struct call *call)
{
    return datum_long(!is_null(call->first) && call->first.number % 2 == 0);
}

static struct datum value_contains(const struct call *call)
{
    return datum_long(!is_null(call->first) && contains(call->first.text, call->function->text));
}

static struct datum value_len_gt(const struct call *call)
{
    return datum_long(!is_null(call->first) &&
                      (int64_t)call->first.text.size > call->function->number);
}

static struct datum value_null(const struct call *call)
{
    return datum_long(is_null(call->first));
}

static struct datum value_not_null(const struct call *call)
{
    return datum_long(!is_null(call->first));
}

static struct datum key_eq(const struct call *call)
{
    return datum_long(leat_bytes_equal(call->record->key, call->function->text));
}

static struct datum key_lt(const struct call *call)
{
    return datum_long(call->record->key.data &&
                      leat_bytes_compare(call->record->key, call->function->text) < 0);
}

static struct datum key_null(const struct call *call)
{
    return datum_long(!call->record->key.data);
}

static struct datum always(const struct call *call)
{
    return datum_long(true);
}

static struct datum never(const struct call *call)
{
    return datum_long(false);
}

const struct entry predicates[] = {
    { "value_gt", value_gt },
    { "value_even", value_even },
    { "value_contains", value_contains },
    { "value_len_gt", value_len_gt },
    { "value_null", value_null },
    { "value_not_null", value_not_null },
    { "key_eq", key_eq },
    { "key_lt", key_lt },
    { "key_null", key_null },
    { "always", always },
    { "never", never },
    { 0 },
};

/* ---- value functions ------------------------------------------------------------------------- */

static struct datum first(const struct call *call)
{
    return call->first;
}

static struct datum second(const struct call *call)
{
    return call->second;
}

static struct datum constant(const struct call *call)
{
    return datum_text(call->function->text);
}

static struct datum upper(const struct call *call)
{
    struct leat_bytes text = call->first.text;
    char *made;

    if (is_null(call->first))
        return null;
    made = leat_alloc(call->record, text.size + 1);
    for (size_t i = 0; i < text.size; i++)
        made[i] = (char)toupper((unsigned char)text.data[i]);
    return datum_text(leat_bytes(made, text.size));
}

static struct datum append(const struct call *call)
{
    if (is_null(call->first))
        return null;
    return joined(call, call->first.text, LEAT_LITERAL(""), call->function->text);
}

static struct datum length(const struct call *call)
{
    return is_null(call->first) ? null : datum_long((int64_t)call->first.text.size);
}

static struct datum to_long(const struct call *call)
{
    int64_t number;

    if (is_null(call->first) || !parse_long(call->first.text, &number))
        return null;
    return datum_long(number);
}

static struct datum field(const struct call *call)
{
    return is_null(call->first) ? null
                                : datum_text(field_of(call->first.text, call->function->number));
}

static struct datum null_to(const struct call *call)
{
    return is_null(call->first) ? datum_text(call->function->text) : call->first;
}

static struct datum to_string(const struct call *call)
{
    return is_null(call->first) ? null : datum_text(call_str(call, call->first));
}

/* Java's longs wrap around. */
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static struct datum add(const struct call *call)
{
    return is_null(call->first) ? null
                                : datum_long(plus(call->first.number, call->function->number));
}

static struct datum multiply(const struct call *call)
{
    uint64_t a = (uint64_t)call->first.number, b = (uint64_t)call->function->number;

    return is_null(call->first) ? null : datum_long((int64_t)(a * b));
}

static struct datum even_or_null(const struct call *call)
{
    return is_null(call->first) || call->first.number % 2 ? null : call->first;
}

static struct datum key_and_value(const struct call *call, struct leat_bytes between)
{
    return joined(call, call_key_str(call), between, call_str(call, call->first));
}

static struct datum key_colon_value(const struct call *call)
{
    return key_and_value(call, LEAT_LITERAL(":"));
}

const struct entry value_functions[] = {
    { "identity", first, TO_FIRST },
    { "upper", upper, TO_STRING },
    { "append", append, TO_STRING },
    { "length", length, TO_LONG },
    { "parse_long", to_long, TO_LONG },
    { "field", field, TO_STRING },
    { "null_to", null_to, TO_STRING },
    { "to_string", to_string, TO_STRING },
    { "add", add, TO_LONG },
    { "mul", multiply, TO_LONG },
    { "even_or_null", even_or_null, TO_LONG },
    { "const", constant, TO_STRING },
    { "key_colon_value", key_colon_value, TO_STRING },
    { 0 },
};

/* ---- key functions --------------------------------------------------------------------------- */

static struct datum key_prefix(const struct call *call)
{
    struct leat_bytes key = call->record->key;

    if (key.data && (int64_t)key.size > call->function->number)
        key.size = (size_t)call->function->number;
    return datum_text(key);
}

static struct datum key_append(const struct call *call)
{
    if (!call->record->key.data)
        return null;
    return joined(call, call->record->key, LEAT_LITERAL(""), call->function->text);
}

static struct datum combine(const struct call *call)
{
    return key_and_value(call, LEAT_LITERAL("-"));
}

static struct datum value_mod(const struct call *call)
{
    int64_t by = call->function->number, rest = is_null(call->first) ? 0 : call->first.number % by;

    if (is_null(call->first))
        return null;
    return datum_text(leat_text(call->record, "m%" PRId64, rest < 0 ? rest + by : rest));
}

static struct datum window_str(const struct call *call)
{
    return datum_text(call_key_str(call));
}

const struct entry key_functions[] = {
    { "key_identity", call_key, TO_KEY },
    { "value_as_key", to_string, TO_STRING },
    { "key_prefix", key_prefix, TO_STRING },
    { "key_append", key_append, TO_STRING },
    { "const", constant, TO_STRING },
    { "value_field", field, TO_STRING },
    { "combine", combine, TO_STRING },
    { "value_mod", value_mod, TO_STRING },
    { "unwindow", call_key, TO_KEY },
    { "window_str", window_str, TO_STRING },
    { 0 },
};

/* ---- flat functions: they forward, and give nothing ------------------------------------------ */

static void forward(const struct call *call, struct leat_bytes key, const void *value)
{
    leat_forward(call->record, key, value, call->record->timestamp_ms);
}

static struct datum split_comma(const struct call *call)
{
    struct leat_bytes part;

    for (int64_t i = 0; !is_null(call->first); i++) {
        part = field_of(call->first.text, i);
        if (!part.data)
            break;
        forward(call, call->record->key, &part);
    }
    return null;
}

static struct datum repeat(const struct call *call)
{
    for (int64_t i = 0; i < call->function->number; i++)
        forward(call, call->record->key, call->record->value);
    return null;
}

static struct datum split_keys(const struct call *call)
{
    struct leat_bytes part, key = call_key_str(call);

    for (int64_t i = 0; !is_null(call->first); i++) {
        part = field_of(call->first.text, i);
        if (!part.data)
            break;
        forward(call, part, &key);
    }
    return null;
}

static struct datum dup_swap(const struct call *call)
{
    struct leat_bytes key = call->record->key;

    forward(call, key, call->record->value);
    forward(call, call->first.text, key.data ? &key : NULL);
    return null;
}

const struct entry flat_functions[] = {
    { "split_comma", split_comma, TO_STRING },
    { "repeat", repeat, TO_FIRST },
    { "split_keys", split_keys, TO_STRING },
    { "dup_swap", dup_swap, TO_STRING },
    { 0 },
};

/* ---- reducers and aggregators: the aggregate is first, what is new second -------------------- */

static struct datum sum(const struct call *call)
{
    return is_null(call->second) ? call->first
                                 : datum_long(plus(call->first.number, call->second.number));
}

static struct datum difference(const struct call *call)
{
    return is_null(call->second) ? call->first
                                 : datum_long(minus(call->first.number, call->second.number));
}

static struct datum least(const struct call *call)
{
    bool replace = !is_null(call->second) && call->second.number < call->first.number;

    return replace ? call->second : call->first;
}

static struct datum greatest(const struct call *call)
{
    bool replace = !is_null(call->second) && call->second.number > call->first.number;

    return replace ? call->second : call->first;
}

static struct datum sum_null_above(const struct call *call)
{
    struct datum total = sum(call);

    return !is_null(call->second) && total.number > call->function->number ? null : total;
}

static struct datum appended(const struct call *call, struct leat_bytes between)
{
    return joined(call, call_str(call, call->first), between, call_str(call, call->second));
}

static struct datum concat(const struct call *call)
{
    return appended(call, call->function->text);
}

static struct datum concat_plus(const struct call *call)
{
    return appended(call, LEAT_LITERAL("+"));
}

static struct datum concat_minus(const struct call *call)
{
    return appended(call, LEAT_LITERAL("-"));
}

const struct entry reducers[] = {
    { "sum", sum, TO_FIRST },
    { "sub", difference, TO_FIRST },
    { "min", least, TO_FIRST },
    { "max", greatest, TO_FIRST },
    { "sum_null_above", sum_null_above, TO_FIRST },
    { "first", first, TO_FIRST },
    { "last", second, TO_FIRST },
    { "concat", concat, TO_FIRST },
    { "concat_plus", concat_plus, TO_FIRST },
    { "concat_minus", concat_minus, TO_FIRST },
    { 0 },
};

static struct datum zero(const struct call *call)
{
    return datum_long(0);
}

static struct datum empty(const struct call *call)
{
    return datum_text(LEAT_LITERAL(""));
}

const struct entry initializers[] = {
    { "zero", zero, TO_LONG },
    { "empty", empty, TO_STRING },
    { "const", constant, TO_STRING },
    { 0 },
};

static struct datum sum_len(const struct call *call)
{
    if (is_null(call->second))
        return call->first;
    return datum_long(plus(call->first.number, (int64_t)call->second.text.size));
}

static struct datum count_up(const struct call *call)
{
    return datum_long(plus(call->first.number, 1));
}

static struct datum count_down(const struct call *call)
{
    return datum_long(minus(call->first.number, 1));
}

static struct datum concat_from_empty(const struct call *call)
{
    if (call->first.sort == STRING && !call->first.text.size)
        return datum_text(call_str(call, call->second));
    return concat(call);
}

static struct datum key_concat(const struct call *call)
{
    struct datum pair = joined(call, call_key_str(call), LEAT_LITERAL("="),
                               call_str(call, call->second));
    struct datum whole = joined(call, call->first.text, LEAT_LITERAL(""), pair.text);

    return joined(call, whole.text, LEAT_LITERAL(";"), LEAT_LITERAL(""));
}

static struct datum concat_reset(const struct call *call)
{
    if (leat_bytes_equal(call_str(call, call->second), call->function->text))
        return null;
    return appended(call, LEAT_LITERAL(""));
}

const struct entry aggregators[] = {
    { "sum", sum, TO_FIRST },
    { "minus", difference, TO_FIRST },
    { "sum_len", sum_len, TO_FIRST },
    { "count_up", count_up, TO_FIRST },
    { "count_down", count_down, TO_FIRST },
    { "concat", concat_from_empty, TO_FIRST },
    { "key_concat", key_concat, TO_FIRST },
    { "concat_plus", concat_plus, TO_FIRST },
    { "concat_minus", concat_minus, TO_FIRST },
    { "concat_reset", concat_reset, TO_FIRST },
    { 0 },
};

/* ---- mergers, joiners ------------------------------------------------------------------------ */

/* A null has the number 0. */
static struct datum sum_of_both(const struct call *call)
{
    return datum_long(plus(call->first.number, call->second.number));
}

const struct entry mergers[] = {
    { "sum", sum_of_both, TO_FIRST },
    { "concat", concat, TO_FIRST },
    { 0 },
};

static struct datum concat_pair(const struct call *call)
{
    struct leat_bytes pair = appended(call, LEAT_LITERAL(",")).text;

    return datum_text(leat_text(call->record, "(%.*s)", (int)pair.size, pair.data));
}

static struct datum with_key(const struct call *call)
{
    return joined(call, call_key_str(call), LEAT_LITERAL(":"), concat_pair(call).text);
}

const struct entry joiners[] = {
    { "concat_pair", concat_pair, TO_STRING },
    { "with_key", with_key, TO_STRING },
    { "sum_pair", sum_of_both, TO_LONG },
    { "left", first, TO_FIRST },
    { "right", second, TO_SECOND },
    { 0 },
};
