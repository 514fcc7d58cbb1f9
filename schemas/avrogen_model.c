/* avrogen_model.c - how the types of a schema stand in C, and which cannot.
 *
 * Records that hold one another by value are laid out depth first, so that each struct stands
 * before those that hold it; a record behind an array or map is only pointed to and may wait.
 */
#include "schemas/avrogen.h"

#include "leat/avro.h"
#include "schemas/decimal.h"

#include <string.h>

enum { RECORD_NEW, RECORD_OPEN, RECORD_DONE };

static int record_lay_out(struct gen *gen, struct gen_record *record);

bool gen_is_text(const struct gen_shape *shape)
{
    return shape->kind == LEAT_STRING || shape->kind == LEAT_BYTES;
}

bool gen_is_list(const struct gen_shape *shape)
{
    return shape->kind == LEAT_ARRAY || shape->kind == LEAT_MAP;
}

const char *gen_scalar(const struct gen_shape *shape)
{
    static const char *const types[] = {
        [LEAT_BOOLEAN] = "bool",
        [LEAT_INT] = "int32_t",
        [LEAT_LONG] = "int64_t",
        [LEAT_FLOAT] = "float",
        [LEAT_DOUBLE] = "double",
        [LEAT_STRING] = "struct leat_bytes",
        [LEAT_BYTES] = "struct leat_bytes",
        [LEAT_DECIMAL] = "int64_t",
        [LEAT_TIMESTAMP] = "int64_t",
        [LEAT_ENUM] = "int32_t",
    };

    return shape->kind <= LEAT_ENUM ? types[shape->kind] : NULL;
}

bool gen_has_lists(const struct gen_shape *shape)
{
    if (shape->kind == LEAT_RECORD)
        for (size_t i = 0; i < shape->record->field_count; i++)
            if (gen_has_lists(shape->record->fields[i].shape))
                return true;
    return gen_is_list(shape);
}

bool gen_has_pieces(const struct gen_shape *shape)
{
    if (shape->kind == LEAT_RECORD)
        for (size_t i = 0; i < shape->record->field_count; i++)
            if (gen_has_pieces(shape->record->fields[i].shape))
                return true;
    return gen_is_text(shape) || gen_is_list(shape);
}

size_t gen_least_bytes(const struct gen_shape *shape)
{
    size_t least = shape->lone;

    if (shape->nullable)
        return 1;
    if (shape->schema->kind == SCHEMA_FIXED)
        return least + shape->schema->size;
    if (shape->kind == LEAT_FLOAT)
        return least + 4;
    if (shape->kind == LEAT_DOUBLE)
        return least + 8;
    if (shape->kind != LEAT_RECORD)
        return least + 1;
    for (size_t i = 0; i < shape->record->field_count; i++)
        least += gen_least_bytes(shape->record->fields[i].shape);
    return least;
}

static int decimal_shape(struct gen *gen, const struct schema *schema)
{
    if (schema->precision <= DECIMAL_DIGITS)
        return LEAT_OK;
    return error_set(gen->error, LEAT_E_DATA,
                     "a decimal of %d digits does not fit in 64 bits: at most %d",
                     schema->precision, DECIMAL_DIGITS);
}

/* A union in C is [null, T] or [T, null], or has one branch. */
static int union_shape(struct gen *gen, struct gen_shape *shape)
{
    const struct schema *schema = shape->schema;

    if (schema->branch_count == 1)
        shape->lone = true;
    else if (schema->branch_count == 2 &&
             (schema->branches[0]->kind == SCHEMA_NULL || schema->branches[1]->kind == SCHEMA_NULL))
        shape->nullable = true;
    else
        return error_set(gen->error, LEAT_E_DATA,
                         "a union of %zu types has no place in a C struct: only one with null has",
                         schema->branch_count);
    shape->null_branch = shape->nullable && schema->branches[0]->kind != SCHEMA_NULL;
    shape->schema = schema->branches[shape->nullable && !shape->null_branch];
    return LEAT_OK;
}

static int scalar_kind(struct gen *gen, struct gen_shape *shape)
{
    static const enum leat_kind kinds[] = {
        [SCHEMA_BOOLEAN] = LEAT_BOOLEAN, [SCHEMA_INT] = LEAT_INT,       [SCHEMA_LONG] = LEAT_LONG,
        [SCHEMA_FLOAT] = LEAT_FLOAT,     [SCHEMA_DOUBLE] = LEAT_DOUBLE, [SCHEMA_BYTES] = LEAT_BYTES,
        [SCHEMA_STRING] = LEAT_STRING,   [SCHEMA_FIXED] = LEAT_BYTES,   [SCHEMA_ENUM] = LEAT_ENUM,
    };
    const struct schema *schema = shape->schema;

    if (schema->kind == SCHEMA_NULL)
        return error_set(gen->error, LEAT_E_DATA, "a field that is always null has no place in C");
    if (schema->kind == SCHEMA_FIXED && !schema->size)
        return error_set(gen->error, LEAT_E_DATA, "a fixed of no bytes has no place in C");
    shape->kind = kinds[schema->kind];
    if (schema->logical == SCHEMA_TIMESTAMP_MILLIS)
        shape->kind = LEAT_TIMESTAMP;
    if (schema->logical != SCHEMA_DECIMAL)
        return LEAT_OK;
    shape->kind = LEAT_DECIMAL;
    return decimal_shape(gen, schema);
}

static int enum_add(struct gen *gen, const struct schema *schema)
{
    struct gen_enum *added;
    const char *upper;

    if (map_get(&gen->by_name, leat_bytes_of(schema->name)))
        return LEAT_OK;
    added = arena_zeroed(&gen->arena, sizeof *added);
    map_put(&gen->by_name, leat_bytes_of(schema->name), added);
    added->schema = schema;
    added->name = gen_member(gen, schema_simple_name(schema->name));
    added->next = gen->enums;
    gen->enums = added;
    upper = gen_upper(gen, added->name);
    for (size_t i = 0; i < schema->symbols.count; i++) {
        const char *constant = arena_text(&gen->arena, "%s_%s", upper, schema->symbols.at[i]).data;

        if (gen_claim(gen, constant, schema->name))
            return LEAT_E_DATA;
    }
    return gen_claim(gen, added->name, schema->name);
}

static struct gen_record *record_find(struct gen *gen, const struct schema *schema)
{
    struct gen_record *record = map_get(&gen->by_name, leat_bytes_of(schema->name));

    if (!record) {
        record = arena_zeroed(&gen->arena, sizeof *record);
        record->schema = schema;
        record->name = gen_member(gen, schema_simple_name(schema->name));
        map_put(&gen->by_name, leat_bytes_of(schema->name), record);
    }
    return record;
}

static int shape_new(struct gen *gen, const struct schema *schema, const char *tag, bool pointed,
                     const struct gen_shape **out);

/* Takes the names that begin with a record's, or with a list's tag. */
static int claim_all(struct gen *gen, const char *name, const char *by)
{
    static const char *const ends[] = { "_type", "_fields", "_of",     "_in",   "_out",
                                        "_take", "_put",    "_extent", "_copy", "_within" };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (gen_claim(gen, arena_text(&gen->arena, "%s%s", name, ends[i]).data, by))
            return LEAT_E_DATA;
    return LEAT_OK;
}

/* What items point to has a name: a C type, or a struct that is tagged for it. */
static int list_shape(struct gen *gen, struct gen_shape *shape, const char *tag)
{
    const char *item_tag = arena_text(&gen->arena, "%s_item", tag).data;
    const struct gen_shape *items;

    shape->kind = shape->schema->kind == SCHEMA_ARRAY ? LEAT_ARRAY : LEAT_MAP;
    shape->tag = tag;
    shape->next = gen->lists;
    gen->lists = shape;
    if (claim_all(gen, tag, tag) ||
        shape_new(gen, shape->schema->items, item_tag, true, &shape->items))
        return LEAT_E_DATA;
    items = shape->items;
    if (shape->kind == LEAT_MAP)
        item_tag = arena_text(&gen->arena, "%s_entry", tag).data;
    else if (!items->boxed && items->record)
        item_tag = items->record->name;
    else if (!items->boxed && gen_scalar(items)) {
        shape->item_type = gen_scalar(items);
        return LEAT_OK;
    }
    shape->item_type = arena_text(&gen->arena, "struct %s", item_tag).data;
    return items->record && shape->kind == LEAT_ARRAY && !items->boxed
               ? LEAT_OK
               : gen_claim(gen, item_tag, tag);
}

static int record_shape(struct gen *gen, struct gen_shape *shape, bool pointed)
{
    struct gen_record *record = record_find(gen, shape->schema);

    shape->kind = LEAT_RECORD;
    shape->record = record;
    if (pointed)
        return LEAT_OK;
    if (record->state == RECORD_OPEN)
        return error_set(gen->error, LEAT_E_DATA,
                         "record '%s' holds itself: in C only an array or map of it can",
                         shape->schema->name);
    return record->state == RECORD_NEW ? record_lay_out(gen, record) : LEAT_OK;
}

static int shape_new(struct gen *gen, const struct schema *schema, const char *tag, bool pointed,
                     const struct gen_shape **out)
{
    struct gen_shape *shape = arena_zeroed(&gen->arena, sizeof *shape);
    int code;

    *out = shape;
    shape->schema = schema;
    if (schema->kind == SCHEMA_UNION && union_shape(gen, shape))
        return LEAT_E_DATA;
    if (shape->schema->kind == SCHEMA_ARRAY || shape->schema->kind == SCHEMA_MAP)
        code = list_shape(gen, shape, tag);
    else if (shape->schema->kind == SCHEMA_RECORD)
        code = record_shape(gen, shape, pointed);
    else
        code = scalar_kind(gen, shape);
    if (!code && shape->kind == LEAT_ENUM)
        code = enum_add(gen, shape->schema);
    shape->boxed = shape->nullable && !gen_is_text(shape);
    return code;
}

/* A default that does not fit would be found only when an old record is read. */
static int check_default(struct gen *gen, const struct schema_field *field)
{
    struct buffer out;
    int code = LEAT_OK;

    if (!field->fallback)
        return LEAT_OK;
    buffer_init(&out, 1 << 20);
    code = schema_default(field->type, field->fallback, &out, gen->error);
    buffer_free(&out);
    return code;
}

static int record_field(struct gen *gen, struct gen_record *record, size_t index)
{
    const struct schema_field *field = &record->schema->fields[index];
    struct gen_field *made = &record->fields[index];
    const char *tag = arena_text(&gen->arena, "%s_%s", record->name, field->name).data;

    made->name = field->name;
    made->member = gen_member(gen, field->name);
    made->doc = field->doc;
    if (check_default(gen, field) || shape_new(gen, field->type, tag, false, &made->shape))
        return error_wrap(gen->error, "field '%s' of '%s'", field->name, record->schema->name);
    for (size_t i = 0; i < index; i++)
        if (!strcmp(record->fields[i].member, made->member))
            return error_set(gen->error, LEAT_E_DATA,
                             "fields '%s' and '%s' of '%s' would both be '%s' in C: rename one",
                             record->fields[i].name, field->name, record->schema->name,
                             made->member);
    return LEAT_OK;
}

static int record_lay_out(struct gen *gen, struct gen_record *record)
{
    size_t count = record->schema->field_count;

    record->state = RECORD_OPEN;
    if (!count)
        return error_set(gen->error, LEAT_E_DATA, "record '%s' has no fields, and no place in C",
                         record->schema->name);
    if (gen_claim(gen, record->name, record->schema->name) ||
        claim_all(gen, record->name, record->schema->name))
        return LEAT_E_DATA;
    record->fields = arena_zeroed(&gen->arena, count * sizeof *record->fields);
    for (size_t i = 0; i < count; i++, record->field_count++)
        if (record_field(gen, record, i))
            return LEAT_E_DATA;
    record->state = RECORD_DONE;
    *gen->records_end = record;
    gen->records_end = &record->next;
    return LEAT_OK;
}

/* Each round finds the records that lists of the last one point to. A shape is put before those
 * that are there, so what is new stands before `seen`. */
static int lay_out_pointed(struct gen *gen)
{
    const struct gen_shape *seen = NULL;

    while (gen->lists != seen) {
        const struct gen_shape *first = gen->lists;

        for (const struct gen_shape *list = first; list != seen; list = list->next) {
            struct gen_record *record =
                list->items->record ? record_find(gen, list->items->schema) : NULL;

            if (record && record->state == RECORD_NEW && record_lay_out(gen, record))
                return LEAT_E_DATA;
        }
        seen = first;
    }
    return LEAT_OK;
}

int gen_model(struct gen *gen, const struct schema *root)
{
    if (root->kind != SCHEMA_RECORD)
        return error_set(gen->error, LEAT_E_DATA,
                         "the schema is of type %s: only a record becomes a struct",
                         schema_kind_name(root));
    gen->records_end = &gen->records;
    gen->root = record_find(gen, root);
    return record_lay_out(gen, gen->root) ? LEAT_E_DATA : lay_out_pointed(gen);
}
