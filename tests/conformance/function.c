/* function.c - finding a function of the catalogue, and Leat's callbacks, which call it.
 *
 * See also:  catalogue.c (what the functions do)
 */
#include "function.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/* ---- data ------------------------------------------------------------------------------------ */

const struct leat_type *sort_type(enum sort sort)
{
    return sort == LONG ? &leat_long_type : &leat_string_type;
}

struct datum datum_text(struct leat_bytes text)
{
    return (struct datum){ text.data ? STRING : NONE, text, 0 };
}

struct datum datum_long(int64_t number)
{
    return (struct datum){ LONG, { 0 }, number };
}

static struct datum datum_at(enum sort sort, const void *value)
{
    if (!value)
        return (struct datum){ 0 };
    return sort == LONG ? datum_long(*(const int64_t *)value)
                        : datum_text(*(const struct leat_bytes *)value);
}

/* A key of a long is its eight bytes, the most significant one first. */
static int64_t key_number(struct leat_bytes key)
{
    uint64_t number = 0;

    for (size_t i = 0; i < key.size; i++)
        number = number << 8 | (unsigned char)key.data[i];
    return (int64_t)number;
}

static struct leat_bytes number_key(const struct leat_record *record, int64_t number)
{
    char *key = leat_alloc(record, 8);

    for (int i = 0; i < 8; i++)
        key[i] = (char)((uint64_t)number >> (56 - 8 * i));
    return leat_bytes(key, 8);
}

struct datum call_key(const struct call *call)
{
    struct leat_bytes key = call->record->key;

    if (!key.data || call->function->takes.key != LONG)
        return datum_text(key);
    return datum_long(key_number(key));
}

struct leat_bytes call_str(const struct call *call, struct datum datum)
{
    if (datum.sort == NONE)
        return LEAT_LITERAL("null");
    return datum.sort == STRING ? datum.text : leat_text(call->record, "%" PRId64, datum.number);
}

struct leat_bytes call_key_str(const struct call *call)
{
    struct leat_bytes inner = call_str(call, call_key(call));
    const struct leat_span *window = &call->record->window;

    if (window->kind == LEAT_SPAN_NONE)
        return inner;
    return leat_text(call->record, "%.*s@%" PRId64 "/%" PRId64, (int)inner.size, inner.data,
                     window->start_ms, window->end_ms);
}

bool parse_long(struct leat_bytes text, int64_t *out)
{
    size_t at = text.size && text.data[0] == '-', digits = text.size - at;
    int64_t number = 0;

    if (!digits || digits > 18)
        return false;
    for (; at < text.size; at++) {
        if (text.data[at] < '0' || text.data[at] > '9')
            return false;
        number = number * 10 + (text.data[at] - '0');
    }
    *out = text.data[0] == '-' ? -number : number;
    return true;
}

struct leat_bytes field_of(struct leat_bytes text, int64_t place)
{
    const char *end = text.data + text.size, *comma;

    while ((comma = memchr(text.data, ',', (size_t)(end - text.data))) && place > 0) {
        text.data = comma + 1;
        place--;
    }
    if (place)
        return (struct leat_bytes){ 0 };
    return leat_bytes(text.data, (size_t)((comma ? comma : end) - text.data));
}

/* ---- finding --------------------------------------------------------------------------------- */

static const struct entry *catalogue_of(enum catalogue catalogue)
{
    static const struct entry *const catalogues[] = {
        [PREDICATES] = predicates,   [VALUE_FUNCTIONS] = value_functions,
        [KEY_FUNCTIONS] = key_functions, [FLAT_FUNCTIONS] = flat_functions,
        [REDUCERS] = reducers,       [INITIALIZERS] = initializers,
        [AGGREGATORS] = aggregators, [MERGERS] = mergers,
        [JOINERS] = joiners,
    };

    return catalogues[catalogue];
}

static enum sort result_sort(enum result result, struct sorts takes)
{
    switch (result) {
    case TO_STRING: return STRING;
    case TO_LONG: return LONG;
    case TO_FIRST: return takes.first;
    case TO_SECOND: return takes.second;
    default: return takes.key;
    }
}

bool function_find(enum catalogue catalogue, const char *spec, struct sorts takes,
                   struct function *out)
{
    const char *colon = strchr(spec, ':'), *argument = colon ? colon + 1 : "";
    struct leat_bytes name = leat_bytes(spec, colon ? (size_t)(colon - spec) : strlen(spec));

    for (const struct entry *entry = catalogue_of(catalogue); entry->name; entry++) {
        if (!leat_bytes_equal(leat_bytes_of(entry->name), name))
            continue;
        *out = (struct function){ .run = entry->run,
                                  .takes = takes,
                                  .gives = result_sort(entry->result, takes),
                                  .text = leat_bytes_of(argument),
                                  .number = strtoll(argument, NULL, 10) };
        return true;
    }
    return false;
}

/* ---- Leat's callbacks ------------------------------------------------------------------------ */

static struct datum run(const struct function *function, const struct leat_record *record,
                        struct datum first, struct datum second)
{
    struct call call = { function, record, first, second };

    return function->run(&call);
}

static struct datum run_on_value(const struct function *function, const struct leat_record *record)
{
    return run(function, record, datum_at(function->takes.first, record->value),
               (struct datum){ 0 });
}

static void give(const struct leat_record *record, struct datum datum, void *out)
{
    if (datum.sort == NONE)
        leat_none(record);
    else if (datum.sort == LONG)
        *(int64_t *)out = datum.number;
    else
        *(struct leat_bytes *)out = datum.text;
}

static const struct functions *functions_of(const struct leat_record *record)
{
    return leat_user(record);
}

bool on_test(const struct leat_record *record)
{
    return run_on_value(&functions_of(record)->test, record).number;
}

void on_value(const struct leat_record *record, void *out)
{
    give(record, run_on_value(&functions_of(record)->value, record), out);
}

struct leat_bytes on_key(const struct leat_record *record)
{
    struct datum key = run_on_value(&functions_of(record)->key, record);

    return key.sort == LONG ? number_key(record, key.number) : key.text;
}

struct leat_span on_window(const struct leat_record *record)
{
    return record->window;
}

void on_flat(const struct leat_record *record, void *out)
{
    run_on_value(&functions_of(record)->flat, record);
}

void on_init(const struct leat_record *record, void *out)
{
    give(record, run_on_value(&functions_of(record)->init, record), out);
}

static void fold(const struct function *function, const struct leat_record *record, void *out)
{
    give(record, run(function, record, datum_at(function->takes.first, out),
                     datum_at(function->takes.second, record->value)), out);
}

void on_subtract(const struct leat_record *record, void *out)
{
    fold(&functions_of(record)->subtract, record, out);
}

void on_merge(const struct leat_record *record, void *out)
{
    fold(&functions_of(record)->merge, record, out);
}

void on_join(const struct leat_record *left, const void *right, void *out)
{
    const struct function *join = &functions_of(left)->join;

    give(left, run(join, left, datum_at(join->takes.first, left->value),
                   datum_at(join->takes.second, right)), out);
}

/* The inputs of a cogroup share one user, so that each has a callback of its own. */
#define ON_ADD(input)                                                                              \
    static void on_add_##input(const struct leat_record *record, void *out)                        \
    {                                                                                              \
        fold(&functions_of(record)->add[input], record, out);                                      \
    }

ON_ADD(0) ON_ADD(1) ON_ADD(2) ON_ADD(3) ON_ADD(4) ON_ADD(5) ON_ADD(6) ON_ADD(7)

leat_fill on_add(size_t input)
{
    static const leat_fill adds[COGROUP_INPUTS] = { on_add_0, on_add_1, on_add_2, on_add_3,
                                                    on_add_4, on_add_5, on_add_6, on_add_7 };

    assert(input < COGROUP_INPUTS);
    return adds[input];
}
