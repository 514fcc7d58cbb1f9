/* resolve_plan.h - a compiled plan: a step for each pair of types. Only for resolve_*.c.
 *
 * A step reads one value of the writer's type and writes one of the reader's. To skip a value is
 * to run the step from its type to itself without writing. Recursive types make cycles of steps.
 */
#ifndef SCHEMAS_RESOLVE_PLAN_H
#define SCHEMAS_RESOLVE_PLAN_H

#include "schemas/resolve.h"
#include "schemas/schema.h"

enum step_kind {
    STEP_FAIL, /* no value can be read: text says why */
    STEP_NULL,
    STEP_BOOLEAN,
    STEP_INT, /* as int or long, which are encoded alike */
    STEP_LONG,
    STEP_FLOAT,
    STEP_DOUBLE,
    STEP_BYTES,
    STEP_STRING,
    STEP_FIXED,
    STEP_ENUM,
    STEP_INT_TO_FLOAT,
    STEP_INT_TO_DOUBLE,
    STEP_LONG_TO_FLOAT,
    STEP_LONG_TO_DOUBLE,
    STEP_FLOAT_TO_DOUBLE,
    STEP_RECORD,
    STEP_ARRAY,
    STEP_MAP,
    STEP_UNION,  /* the writer's: one child a branch */
    STEP_BRANCH, /* of the reader's union: its index, then the only child's value */
};

enum action_kind { ACTION_TAKE, ACTION_SKIP, ACTION_FILL };

/* What is done for one field of a record. */
struct action {
    enum action_kind kind;
    size_t field;            /* of the writer; not of ACTION_FILL */
    const struct step *step; /* not of ACTION_FILL */
    struct leat_bytes bytes; /* of ACTION_FILL: the default, encoded */
};

struct step {
    enum step_kind kind;
    bool seen;                    /* by the search for what is not identical */
    const char *text;             /* why it fails; or the symbols that the reader lacks */
    size_t size;                  /* of a fixed */
    int32_t index;                /* of a branch */
    int32_t *symbols;             /* the reader's index of each of the writer's symbols, or -1 */
    const struct step **children; /* items, values, branches */
    size_t count;                 /* symbols or children */
    struct action *actions;       /* of a record, in the reader's order */
    size_t action_count;
    const struct step **skips; /* of a record that is not straight: the writer's fields */
    size_t skip_count;
};

struct plan {
    struct arena arena;
    struct schema_tree *writer, *reader;
    const struct step *root;
    bool identity;
};

/* How well the reader's type fits: none is better than the first. Names, kinds and logical types
 * are looked at, not what stands within. */
enum fit { FIT_EXACT, FIT_NAME, FIT_PROMOTED, FIT_NONE };

enum fit resolve_fit(const struct schema *writer, const struct schema *reader);

/* The step for a pair of types that fit and have nothing within. */
enum step_kind resolve_scalar(const struct schema *writer, const struct schema *reader);

#endif
