/* resolve_compile.c - a pair of schemas to a plan.
 *
 * A pair of records is compiled once; a second use of it, from within it too, is the same step.
 * Should the pair fail after such a use, its step turns into one that fails, and values that come
 * there are refused one by one.
 */
#include "schemas/resolve_plan.h"

#include "base/limits.h"
#include "base/memory.h"

#include <string.h>

enum { PLAN_CHUNK_BYTES = 4096 };

struct compiler {
    struct plan *plan;
    struct map pairs; /* two schemas' addresses to the step of their records */
    size_t steps;
    size_t bytes; /* of defaults */
    int depth;
};

static struct step *compile(struct compiler *compiler, const struct schema *writer,
                            const struct schema *reader);

static struct step *step_new(struct compiler *compiler, enum step_kind kind)
{
    struct step *step = arena_zeroed(&compiler->plan->arena, sizeof *step);

    compiler->steps++;
    step->kind = kind;
    return step;
}

static struct step *step_fail(struct compiler *compiler, struct leat_bytes text)
{
    struct step *step = step_new(compiler, STEP_FAIL);

    step->text = text.data;
    return step;
}

static const char *type_name(const struct schema *schema)
{
    return schema->name ? schema->name : schema_kind_name(schema);
}

static struct step *step_unfit(struct compiler *compiler, const struct schema *writer,
                               const struct schema *reader)
{
    struct arena *arena = &compiler->plan->arena;

    if (writer->logical == SCHEMA_DECIMAL && reader->logical == SCHEMA_DECIMAL &&
        writer->scale != reader->scale)
        return step_fail(compiler, arena_text(arena,
                                              "a decimal of scale %d cannot be read as one of "
                                              "scale %d",
                                              writer->scale, reader->scale));
    if (writer->logical && reader->logical && writer->logical != reader->logical)
        return step_fail(compiler, arena_text(arena, "timestamps have different units"));
    if (writer->name && writer->kind == reader->kind)
        return step_fail(compiler,
                         arena_text(arena,
                                    "%s '%.200s' cannot be read as '%.200s': an "
                                    "alias would allow it",
                                    schema_kind_name(writer), writer->name, reader->name));
    return step_fail(compiler, arena_text(arena, "'%.200s' cannot be read as '%.200s'",
                                          type_name(writer), type_name(reader)));
}

/* A step with one child fails with it. */
static struct step *step_around(struct compiler *compiler, enum step_kind kind, struct step *child)
{
    struct step *step;

    if (child->kind == STEP_FAIL)
        return child;
    step = step_new(compiler, kind);
    step->count = 1;
    step->children = arena_zeroed(&compiler->plan->arena, sizeof(struct step *));
    step->children[0] = child;
    return step;
}

static struct step *compile_enum(struct compiler *compiler, const struct schema *writer,
                                 const struct schema *reader)
{
    struct step *step = step_new(compiler, STEP_ENUM);
    bool any = false;

    step->count = writer->symbols.count;
    step->symbols = arena_new(&compiler->plan->arena, step->count * sizeof *step->symbols);
    step->text = arena_text(&compiler->plan->arena, "enum '%s'", reader->name).data;
    for (size_t i = 0; i < step->count; i++) {
        step->symbols[i] =
            writer == reader ? (int32_t)i : schema_symbol(reader, writer->symbols.at[i]);
        if (step->symbols[i] < 0)
            step->symbols[i] = reader->default_symbol;
        any |= step->symbols[i] >= 0;
    }
    return any ? step
               : step_fail(compiler,
                           arena_text(&compiler->plan->arena,
                                      "enum '%s' has no symbol of the writer's", reader->name));
}

/* Each branch of the writer's union is a pair by itself; one at least must be readable. */
static struct step *compile_writer_union(struct compiler *compiler, const struct schema *writer,
                                         const struct schema *reader)
{
    struct step *step = step_new(compiler, STEP_UNION), *child = NULL;
    bool any = false;

    step->count = writer->branch_count;
    step->children = arena_zeroed(&compiler->plan->arena, step->count * sizeof(struct step *));
    for (size_t i = 0; i < step->count; i++) {
        if (writer == reader) {
            child = step_around(compiler, STEP_BRANCH,
                                compile(compiler, writer->branches[i], writer->branches[i]));
            child->index = (int32_t)i;
        } else {
            child = compile(compiler, writer->branches[i], reader);
        }
        step->children[i] = child;
        any |= child->kind != STEP_FAIL;
    }
    return any ? step : child;
}

/* The branch that fits best, the first of several. */
static struct step *compile_reader_union(struct compiler *compiler, const struct schema *writer,
                                         const struct schema *reader)
{
    struct step *failed = NULL;

    for (int fit = FIT_EXACT; fit < FIT_NONE; fit++)
        for (size_t i = 0; i < reader->branch_count; i++) {
            struct step *step;

            if ((int)resolve_fit(writer, reader->branches[i]) != fit)
                continue;
            step =
                step_around(compiler, STEP_BRANCH, compile(compiler, writer, reader->branches[i]));
            step->index = (int32_t)i;
            if (step->kind != STEP_FAIL)
                return step;
            failed = step;
        }
    return failed ? failed
                  : step_fail(compiler, arena_text(&compiler->plan->arena,
                                                   "no branch of the reader's union is "
                                                   "'%.200s'",
                                                   type_name(writer)));
}

static struct step *fill_field(struct compiler *compiler, const struct schema_field *field,
                               struct action *action)
{
    struct arena *arena = &compiler->plan->arena;
    struct leat_error error;
    struct step *failed = NULL;
    struct buffer bytes;

    if (!field->fallback)
        return step_fail(compiler,
                         arena_text(arena, "the writer has none, and there is no default"));
    buffer_init(&bytes, LIMIT_VALUE_BYTES - compiler->bytes); /* of all defaults together */
    if (schema_default(field->type, field->fallback, &bytes, &error))
        failed = step_fail(compiler, arena_text(arena, "%s", error.text));
    compiler->bytes += bytes.size;
    action->kind = ACTION_FILL;
    action->bytes = arena_copy(arena, buffer_bytes(&bytes));
    buffer_free(&bytes);
    return failed;
}

/* The writer's field of the reader's name, or of the first alias that it has. */
static const struct schema_field *find_field(const struct map *fields,
                                             const struct schema_field *field)
{
    const struct schema_field *found = map_get(fields, leat_bytes_of(field->name));

    for (size_t i = 0; !found && i < field->aliases.count; i++)
        found = map_get(fields, leat_bytes_of(field->aliases.at[i]));
    return found;
}

/* The actions of the reader's fields, in their order. NULL, or the step that fails. */
static struct step *compile_fields(struct compiler *compiler, const struct schema *writer,
                                   const struct schema *reader, struct step *step,
                                   const struct map *fields)
{
    struct arena *arena = &compiler->plan->arena;

    step->actions = arena_zeroed(arena, (reader->field_count + 1) * sizeof *step->actions);
    for (size_t i = 0; i < reader->field_count; i++) {
        const struct schema_field *field = &reader->fields[i];
        const struct schema_field *found = find_field(fields, field);
        struct action *action = &step->actions[step->action_count++];
        struct step *made;

        if (found) {
            action->field = (size_t)(found - writer->fields);
            action->step = made = compile(compiler, found->type, field->type);
        } else {
            made = fill_field(compiler, field, action);
        }
        if (made && made->kind == STEP_FAIL)
            return step_fail(compiler,
                             arena_text(arena, "field '%s': %s", field->name, made->text));
    }
    return NULL;
}

static bool is_straight(const struct step *step)
{
    size_t next = 0;

    for (size_t i = 0; i < step->action_count; i++) {
        if (step->actions[i].kind == ACTION_FILL)
            continue;
        if (step->actions[i].field < next)
            return false;
        next = step->actions[i].field + 1;
    }
    return true;
}

static void add_skips(struct compiler *compiler, const struct schema *writer, struct step *step,
                      size_t *from, size_t to)
{
    for (; *from < to; ++*from)
        step->actions[step->action_count++] = (struct action){
            .kind = ACTION_SKIP,
            .field = *from,
            .step = compile(compiler, writer->fields[*from].type, writer->fields[*from].type),
        };
}

/* Fields in the writer's order can be read in one go: what the reader lacks is skipped between. */
static void compile_straight(struct compiler *compiler, const struct schema *writer,
                             struct step *step)
{
    struct action *old = step->actions;
    size_t count = step->action_count, next = 0;

    step->actions = arena_zeroed(&compiler->plan->arena,
                                 (count + writer->field_count + 1) * sizeof *step->actions);
    step->action_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (old[i].kind == ACTION_TAKE) {
            add_skips(compiler, writer, step, &next, old[i].field);
            next++;
        }
        step->actions[step->action_count++] = old[i];
    }
    add_skips(compiler, writer, step, &next, writer->field_count);
}

/* Fields in another order are all found first, then read where they stand. */
static void compile_skips(struct compiler *compiler, const struct schema *writer, struct step *step)
{
    step->skip_count = writer->field_count;
    step->skips = arena_zeroed(&compiler->plan->arena, step->skip_count * sizeof(struct step *));
    for (size_t i = 0; i < step->skip_count; i++)
        step->skips[i] = compile(compiler, writer->fields[i].type, writer->fields[i].type);
}

static struct step *compile_record(struct compiler *compiler, const struct schema *writer,
                                   const struct schema *reader)
{
    const struct schema *pair[2] = { writer, reader };
    struct leat_bytes key = leat_bytes(pair, sizeof pair);
    struct step *step = map_get(&compiler->pairs, key), *failed;
    struct map fields = { 0 };

    if (step)
        return step;
    step = step_new(compiler, STEP_RECORD);
    map_put(&compiler->pairs, key, step);
    for (size_t i = 0; i < writer->field_count; i++)
        map_put(&fields, leat_bytes_of(writer->fields[i].name), &writer->fields[i]);
    failed = compile_fields(compiler, writer, reader, step, &fields);
    map_free(&fields);
    if (failed)
        *step = *failed;
    else if (is_straight(step))
        compile_straight(compiler, writer, step);
    else
        compile_skips(compiler, writer, step);
    return step;
}

static struct step *compile_pair(struct compiler *compiler, const struct schema *writer,
                                 const struct schema *reader)
{
    struct step *step;

    if (writer->kind == SCHEMA_UNION)
        return compile_writer_union(compiler, writer, reader);
    if (reader->kind == SCHEMA_UNION)
        return compile_reader_union(compiler, writer, reader);
    if (resolve_fit(writer, reader) == FIT_NONE)
        return step_unfit(compiler, writer, reader);
    if (writer->kind == SCHEMA_RECORD)
        return compile_record(compiler, writer, reader);
    if (writer->kind == SCHEMA_ENUM)
        return compile_enum(compiler, writer, reader);
    if (writer->kind == SCHEMA_ARRAY || writer->kind == SCHEMA_MAP)
        return step_around(compiler, writer->kind == SCHEMA_ARRAY ? STEP_ARRAY : STEP_MAP,
                           compile(compiler, writer->items, reader->items));
    step = step_new(compiler, resolve_scalar(writer, reader));
    step->size = writer->size;
    return step;
}

static struct step *compile(struct compiler *compiler, const struct schema *writer,
                            const struct schema *reader)
{
    struct step *step;

    if (compiler->steps >= LIMIT_AVRO_STEPS || compiler->depth == 4 * LIMIT_AVRO_DEPTH)
        return step_fail(compiler, LEAT_LITERAL("the schemas are too large to be compared"));
    compiler->depth++;
    step = compile_pair(compiler, writer, reader);
    compiler->depth--;
    return step;
}

static bool is_identity(struct step *step);

static bool is_identity_record(const struct step *step)
{
    if (step->skips)
        return false;
    for (size_t i = 0; i < step->action_count; i++)
        if (step->actions[i].kind != ACTION_TAKE ||
            !is_identity((struct step *)(uintptr_t)step->actions[i].step))
            return false;
    return true;
}

static bool is_identity_union(const struct step *step)
{
    for (size_t i = 0; i < step->count; i++) {
        const struct step *child = step->children[i];

        if (child->kind != STEP_BRANCH || (size_t)child->index != i ||
            !is_identity((struct step *)(uintptr_t)child->children[0]))
            return false;
    }
    return true;
}

/* A step that was seen is identical, or the search has ended. */
static bool is_identity(struct step *step)
{
    if (step->seen)
        return true;
    step->seen = true;
    switch (step->kind) {
    case STEP_RECORD:
        return is_identity_record(step);
    case STEP_UNION:
        return is_identity_union(step);
    case STEP_ARRAY:
    case STEP_MAP:
        return is_identity((struct step *)(uintptr_t)step->children[0]);
    case STEP_ENUM:
        for (size_t i = 0; i < step->count; i++)
            if (step->symbols[i] != (int32_t)i)
                return false;
        return true;
    default:
        return step->kind >= STEP_NULL && step->kind <= STEP_FIXED;
    }
}

static int plan_compile(struct plan *plan, struct leat_error *error)
{
    struct compiler compiler = { .plan = plan };
    struct step *root = compile(&compiler, plan->writer->root, plan->reader->root);

    map_free(&compiler.pairs);
    plan->root = root;
    plan->identity = is_identity(root);
    return root->kind == STEP_FAIL
               ? error_set(error, LEAT_E_DATA, "schema '%s' cannot be read as '%s': %s",
                           type_name(plan->writer->root), type_name(plan->reader->root), root->text)
               : LEAT_OK;
}

int plan_new(const char *writer_json, const char *reader_json, struct plan **out,
             struct leat_error *error)
{
    struct plan *plan = memory_new(sizeof *plan);
    int code;

    arena_init(&plan->arena, PLAN_CHUNK_BYTES);
    code = schema_parse(writer_json, &plan->writer, error);
    if (!code)
        code = schema_parse(reader_json, &plan->reader, error);
    if (!code)
        code = plan_compile(plan, error);
    if (code) {
        plan_free(plan);
        plan = NULL;
    }
    *out = plan;
    return code;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    schema_free(plan->writer);
    schema_free(plan->reader);
    arena_free(&plan->arena);
    memory_free(plan);
}

bool plan_identity(const struct plan *plan)
{
    return plan->identity;
}
