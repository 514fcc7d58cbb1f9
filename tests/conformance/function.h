/* function.h - the catalogue's functions: parsed, typed, and called by Leat's callbacks.
 *
 * A function of the catalogue is pure: it takes data and gives a datum. What a callback of Leat
 * finds as its leat_user() is a struct functions that holds the parsed ones of its step.
 */
#ifndef CONFORMANCE_FUNCTION_H
#define CONFORMANCE_FUNCTION_H

#include <leat/leat.h>

enum sort { NONE, STRING, LONG };

struct datum {
    enum sort sort; /* NONE: null */
    struct leat_bytes text;
    int64_t number;
};

struct function;

struct call {
    const struct function *function;
    const struct leat_record *record;
    struct datum first, second; /* the value; aggregate and value; left and right */
};

enum result { TO_STRING, TO_LONG, TO_FIRST, TO_SECOND, TO_KEY };

struct entry { /* of a catalogue; the last one has no name */
    const char *name;
    struct datum (*run)(const struct call *call);
    enum result result;
};

struct sorts { /* of the data that a function is given */
    enum sort key, first, second;
};

struct function {
    struct datum (*run)(const struct call *call);
    struct sorts takes;
    enum sort gives;
    struct leat_bytes text; /* its argument, as it stands and as a number */
    int64_t number;
};

enum { COGROUP_INPUTS = 8 };

struct functions {
    struct function test, value, key, flat, init, subtract, merge, join;
    struct function add[COGROUP_INPUTS];
};

enum catalogue {
    PREDICATES, VALUE_FUNCTIONS, KEY_FUNCTIONS, FLAT_FUNCTIONS, REDUCERS, INITIALIZERS,
    AGGREGATORS, MERGERS, JOINERS,
};

extern const struct entry predicates[], value_functions[], key_functions[], flat_functions[],
    reducers[], initializers[], aggregators[], mergers[], joiners[];

/* Finds `name` or `name:argument` in a catalogue; false if there is no such function. spec must
 * live as long as the function. */
bool function_find(enum catalogue catalogue, const char *spec, struct sorts takes,
                   struct function *out);

const struct leat_type *sort_type(enum sort sort);

/* ---- what the catalogues are written with ---------------------------------------------------- */

struct datum datum_text(struct leat_bytes text); /* no data: null */
struct datum datum_long(int64_t number);
struct datum call_key(const struct call *call);  /* the inner one of a windowed key */
struct leat_bytes call_str(const struct call *call, struct datum datum);
struct leat_bytes call_key_str(const struct call *call); /* with the window, if there is one */
bool parse_long(struct leat_bytes text, int64_t *out);   /* -?[0-9]{1,18} */
struct leat_bytes field_of(struct leat_bytes text, int64_t place); /* none if there are too few */

/* ---- Leat's callbacks ------------------------------------------------------------------------ */

bool on_test(const struct leat_record *record);
void on_value(const struct leat_record *record, void *out);
struct leat_bytes on_key(const struct leat_record *record);
struct leat_span on_window(const struct leat_record *record); /* the window stays */
void on_flat(const struct leat_record *record, void *out);
void on_init(const struct leat_record *record, void *out);
void on_subtract(const struct leat_record *record, void *out);
void on_merge(const struct leat_record *record, void *out);
void on_join(const struct leat_record *left, const void *right, void *out);
leat_fill on_add(size_t input); /* the callback that folds with .add[input] */

#endif
