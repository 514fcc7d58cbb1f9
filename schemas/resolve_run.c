/* resolve_run.c - running a plan over one body.
 *
 * The body is not trusted. What takes bytes is bounded by the body's size; items that take none are
 * counted, and so is nesting.
 */
#include "schemas/resolve_plan.h"

#include "base/limits.h"
#include "base/memory.h"
#include "leat/avro.h"

#include <stdarg.h>
#include <stdio.h>

/* An array of records, or a union of them, is two levels of ours for one of the value. */
enum { RUN_DEPTH = 2 * LIMIT_AVRO_DEPTH };

struct run {
    const uint8_t *from, *at, *end;
    struct buffer *out; /* NULL while a value is skipped */
    int depth;
    size_t idle;    /* items so far that took no bytes */
    size_t *starts; /* of the fields of records whose order changes, innermost last */
    size_t start_count, start_capacity;
    struct leat_error *error;
};

static int run_step(struct run *run, const struct step *step);

__attribute__((format(printf, 2, 3))) static int run_bad(struct run *run, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(run->error, LEAT_E_DATA, "byte %zu: %s", (size_t)(run->at - run->from), text);
}

static int run_full(struct run *run)
{
    return error_set(run->error, LEAT_E_LIMIT, "the value would be larger than %zu bytes",
                     run->out->limit);
}

static int run_write(struct run *run, const void *data, size_t size)
{
    return run->out && buffer_add(run->out, data, size) ? run_full(run) : LEAT_OK;
}

static int run_write_long(struct run *run, int64_t value)
{
    uint8_t raw[LEAT_AVRO_LONG_BYTES];

    return run_write(run, raw, (size_t)(leat_avro_put_long(raw, value) - raw));
}

/* Moves on to next, what was read before it as it stands; NULL: it was not well-formed. */
static int run_pass(struct run *run, const uint8_t *next, const char *what)
{
    const uint8_t *from = run->at;

    if (!next)
        return run_bad(run, "no well-formed %s", what);
    run->at = next;
    return run_write(run, from, (size_t)(next - from));
}

static int run_pass_scalar(struct run *run, const struct step *step)
{
    struct leat_bytes bytes;
    int64_t wide;
    int32_t narrow;
    double real;
    float half;
    bool truth;

    switch (step->kind) {
    case STEP_NULL:
        return LEAT_OK;
    case STEP_BOOLEAN:
        return run_pass(run, leat_avro_take_boolean(run->at, run->end, &truth), "boolean");
    case STEP_INT:
        return run_pass(run, leat_avro_take_int(run->at, run->end, &narrow), "int");
    case STEP_LONG:
        return run_pass(run, leat_avro_take_long(run->at, run->end, &wide), "long");
    case STEP_FLOAT:
        return run_pass(run, leat_avro_take_float(run->at, run->end, &half), "float");
    case STEP_DOUBLE:
        return run_pass(run, leat_avro_take_double(run->at, run->end, &real), "double");
    case STEP_BYTES:
        return run_pass(run, leat_avro_take_bytes(run->at, run->end, &bytes), "bytes");
    case STEP_STRING:
        return run_pass(run, leat_avro_take_string(run->at, run->end, &bytes), "string");
    default:
        return run_pass(run, leat_avro_take_fixed(run->at, run->end, step->size, &bytes), "fixed");
    }
}

/* Reads the number that is promoted. A long does not always fit in a double: Avro rounds it. */
static const uint8_t *take_number(struct run *run, enum step_kind kind, float *narrow, double *wide)
{
    const uint8_t *at;
    int64_t integer;
    int32_t small;

    if (kind == STEP_FLOAT_TO_DOUBLE) {
        at = leat_avro_take_float(run->at, run->end, narrow);
        *wide = (double)*narrow;
        return at;
    }
    if (kind == STEP_LONG_TO_FLOAT || kind == STEP_LONG_TO_DOUBLE) {
        at = leat_avro_take_long(run->at, run->end, &integer);
    } else {
        at = leat_avro_take_int(run->at, run->end, &small);
        integer = small;
    }
    if (at) {
        *narrow = (float)integer;
        *wide = (double)integer;
    }
    return at;
}

static int run_promote(struct run *run, const struct step *step)
{
    const uint8_t *at;
    uint8_t raw[8];
    float narrow = 0;
    double wide = 0;

    at = take_number(run, step->kind, &narrow, &wide);
    if (!at)
        return run_bad(run, "no well-formed number");
    run->at = at;
    if (step->kind == STEP_INT_TO_FLOAT || step->kind == STEP_LONG_TO_FLOAT)
        return run_write(run, raw, (size_t)(leat_avro_put_float(raw, narrow) - raw));
    return run_write(run, raw, (size_t)(leat_avro_put_double(raw, wide) - raw));
}

static int run_enum(struct run *run, const struct step *step)
{
    const uint8_t *at;
    int32_t index;

    at = leat_avro_take_index(run->at, run->end, (int32_t)step->count, &index);
    if (!at)
        return run_bad(run, "no symbol of an enum");
    if (step->symbols[index] < 0)
        return run_bad(run, "%s lacks symbol %d of the writer's", step->text, index);
    run->at = at;
    return run_write_long(run, step->symbols[index]);
}

static int run_union(struct run *run, const struct step *step)
{
    const uint8_t *at;
    int32_t index;

    at = leat_avro_take_index(run->at, run->end, (int32_t)step->count, &index);
    if (!at)
        return run_bad(run, "no branch of a union");
    run->at = at;
    return run_step(run, step->children[index]);
}

static int run_branch(struct run *run, const struct step *step)
{
    int code = run_write_long(run, step->index);

    return code ? code : run_step(run, step->children[0]);
}

static int run_item(struct run *run, const struct step *step)
{
    const uint8_t *from = run->at;
    struct leat_bytes key;
    int code = LEAT_OK;

    if (step->kind == STEP_MAP)
        code = run_pass(run, leat_avro_take_string(run->at, run->end, &key), "key of a map");
    if (!code)
        code = run_step(run, step->children[0]);
    if (!code && run->at == from && ++run->idle > LIMIT_AVRO_ITEMS)
        return run_bad(run, "too many items without bytes");
    return code;
}

static int run_list(struct run *run, const struct step *step)
{
    struct leat_avro_blocks blocks = { 0 };
    int code = LEAT_OK;

    do {
        const uint8_t *at = leat_avro_take_block(run->at, run->end, 0, &blocks);

        if (!at)
            return run_bad(run, "no well-formed block of items");
        run->at = at;
        code = run_write_long(run, (int64_t)blocks.count);
        for (size_t i = 0; i < blocks.count && !code; i++)
            code = run_item(run, step);
    } while (blocks.count && !code);
    return code;
}

static int run_skip(struct run *run, const struct step *step)
{
    struct buffer *out = run->out;
    int code;

    run->out = NULL;
    code = run_step(run, step);
    run->out = out;
    return code;
}

static int run_straight(struct run *run, const struct step *step)
{
    int code = LEAT_OK;

    for (size_t i = 0; i < step->action_count && !code; i++) {
        const struct action *action = &step->actions[i];

        if (action->kind == ACTION_TAKE)
            code = run_step(run, action->step);
        else if (action->kind == ACTION_SKIP)
            code = run_skip(run, action->step);
        else
            code = run_write(run, action->bytes.data, action->bytes.size);
    }
    return code;
}

/* Where each of the writer's fields stands goes on top of starts. */
static int run_find(struct run *run, const struct step *step)
{
    int code = LEAT_OK;

    for (size_t i = 0; i < step->skip_count && !code; i++) {
        run->starts =
            memory_grow(run->starts, run->start_count, &run->start_capacity, sizeof *run->starts);
        run->starts[run->start_count++] = (size_t)(run->at - run->from);
        code = run_skip(run, step->skips[i]);
    }
    return code;
}

static int run_shuffled(struct run *run, const struct step *step)
{
    size_t base = run->start_count;
    const uint8_t *behind;
    int code = run_find(run, step);

    behind = run->at;
    for (size_t i = 0; i < step->action_count && !code; i++) {
        const struct action *action = &step->actions[i];

        if (action->kind == ACTION_TAKE) {
            run->at = run->from + run->starts[base + action->field];
            code = run_step(run, action->step);
        } else {
            code = run_write(run, action->bytes.data, action->bytes.size);
        }
    }
    run->start_count = base;
    if (!code)
        run->at = behind;
    return code;
}

/* What may hold itself, with or without bytes between. */
static int run_nested(struct run *run, const struct step *step)
{
    int code;

    if (run->depth == RUN_DEPTH)
        return run_bad(run, "values are nested too deep");
    run->depth++;
    if (step->kind == STEP_UNION)
        code = run_union(run, step);
    else if (step->kind != STEP_RECORD)
        code = run_list(run, step);
    else
        code = step->skips ? run_shuffled(run, step) : run_straight(run, step);
    run->depth--;
    return code;
}

static int run_step(struct run *run, const struct step *step)
{
    switch (step->kind) {
    case STEP_FAIL:
        return run_bad(run, "%s", step->text);
    case STEP_ENUM:
        return run_enum(run, step);
    case STEP_INT_TO_FLOAT:
    case STEP_INT_TO_DOUBLE:
    case STEP_LONG_TO_FLOAT:
    case STEP_LONG_TO_DOUBLE:
    case STEP_FLOAT_TO_DOUBLE:
        return run_promote(run, step);
    case STEP_RECORD:
    case STEP_ARRAY:
    case STEP_MAP:
    case STEP_UNION:
        return run_nested(run, step);
    case STEP_BRANCH:
        return run_branch(run, step);
    default:
        return run_pass_scalar(run, step);
    }
}

int plan_run(const struct plan *plan, struct leat_bytes in, struct buffer *out,
             struct leat_error *error)
{
    const uint8_t *from = (const uint8_t *)(in.size ? in.data : "");
    struct run run = {
        .from = from, .at = from, .end = from + in.size, .out = out, .error = error
    };
    size_t size = out->size;
    int code = run_step(&run, plan->root);

    if (!code && run.at != run.end)
        code = run_bad(&run, "%zu bytes are left over", (size_t)(run.end - run.at));
    if (code)
        out->size = size;
    memory_free(run.starts);
    return code;
}
