/* avrogen_put.c - the encoders.
 *
 * A run of fields whose longest encoding is known from their sizes is one segment: it is checked
 * whole, gets its room at once, and is then written without another question. Records and lists
 * within stand between segments.
 */
#include "schemas/avrogen.h"

#include "leat/avro.h"
#include "schemas/decimal.h"

#include <inttypes.h>

/* One thing to write, and where it stands. */
struct part {
    const struct gen_shape *shape;
    const char *place;
};

static const struct schema key_schema = { .kind = SCHEMA_STRING };
static const struct gen_shape key_shape = { .schema = &key_schema, .kind = LEAT_STRING };

static bool is_flat(const struct part *part)
{
    return part->shape->kind <= LEAT_ENUM;
}

static const char *value_place(struct gen *gen, const struct part *part)
{
    return part->shape->boxed ? arena_text(&gen->arena, "%s.value", part->place).data : part->place;
}

static const char *present(struct gen *gen, const struct part *part)
{
    return arena_text(&gen->arena, "%s.%s", part->place, part->shape->boxed ? "set" : "data").data;
}

/* The condition under which a flat value is one that the schema cannot hold; false: none. */
static bool write_refusal(struct gen *gen, struct buffer *out, const struct part *part)
{
    const struct schema *schema = part->shape->schema;
    const char *place = value_place(gen, part);

    if (part->shape->kind == LEAT_STRING)
        buffer_format(out, "!leat_avro_text(%s)", place);
    else if (part->shape->kind == LEAT_ENUM)
        buffer_format(out, "%s < 0 || %s >= %zu", place, place, schema->symbols.count);
    else if (part->shape->kind == LEAT_DECIMAL)
        buffer_format(out, "%s <= -INT64_C(%" PRId64 ") || %s >= INT64_C(%" PRId64 ")", place,
                      decimal_bound(schema->precision), place, decimal_bound(schema->precision));
    else if (schema->kind == SCHEMA_FIXED)
        buffer_format(out, "%s.size != %zu", place, schema->size);
    else
        return false;
    return true;
}

static void write_checks(struct gen *gen, struct buffer *out, const struct part *parts,
                         size_t count, const char *indent)
{
    for (size_t i = 0; i < count; i++) {
        size_t start = out->size;

        buffer_format(out, "%sif (", indent);
        if (parts[i].shape->nullable)
            buffer_format(out, "%s && (", present(gen, &parts[i]));
        if (!is_flat(&parts[i]) || !write_refusal(gen, out, &parts[i])) {
            out->size = start;
            continue;
        }
        buffer_format(out, "%s)\n%s    return LEAT_E_DATA;\n", parts[i].shape->nullable ? ")" : "",
                      indent);
    }
}

static size_t most_bytes(const struct gen_shape *shape)
{
    static const size_t most[] = {
        [LEAT_BOOLEAN] = 1,
        [LEAT_INT] = 5,
        [LEAT_LONG] = LEAT_AVRO_LONG_BYTES,
        [LEAT_FLOAT] = 4,
        [LEAT_DOUBLE] = 8,
        [LEAT_STRING] = LEAT_AVRO_LONG_BYTES,
        [LEAT_BYTES] = LEAT_AVRO_LONG_BYTES,
        [LEAT_DECIMAL] = LEAT_AVRO_DECIMAL_BYTES,
        [LEAT_TIMESTAMP] = LEAT_AVRO_LONG_BYTES,
        [LEAT_ENUM] = 5,
    };
    size_t index = shape->nullable || shape->lone;

    if (shape->kind > LEAT_ENUM)
        return index;
    if (shape->schema->kind == SCHEMA_FIXED)
        return index + shape->schema->size;
    return index + most[shape->kind];
}

static void write_room(struct buffer *out, const struct part *parts, size_t count,
                       const char *indent)
{
    size_t most = 0;

    for (size_t i = 0; i < count; i++)
        most += most_bytes(parts[i].shape);
    buffer_format(out, "%sat = leat_avro_room(out, %zu", indent, most);
    for (size_t i = 0; i < count; i++)
        if (gen_is_text(parts[i].shape) && parts[i].shape->schema->kind != SCHEMA_FIXED)
            buffer_format(out, " + %s.size", parts[i].place);
    buffer_format(out, ");\n%sif (!at)\n%s    return LEAT_E_LIMIT;\n", indent, indent);
}

static void write_flat(struct buffer *out, const struct gen_shape *shape, const char *place)
{
    static const char *const names[] = {
        [LEAT_BOOLEAN] = "boolean", [LEAT_INT] = "long",        [LEAT_LONG] = "long",
        [LEAT_FLOAT] = "float",     [LEAT_DOUBLE] = "double",   [LEAT_STRING] = "bytes",
        [LEAT_BYTES] = "bytes",     [LEAT_DECIMAL] = "decimal", [LEAT_TIMESTAMP] = "long",
        [LEAT_ENUM] = "long",
    };
    bool fixed = shape->schema->kind == SCHEMA_FIXED;

    if (fixed && shape->kind == LEAT_DECIMAL)
        buffer_format(out, "at = leat_avro_put_fixed_decimal(at, %zu, %s);\n", shape->schema->size,
                      place);
    else
        buffer_format(out, "at = leat_avro_put_%s(at, %s);\n", fixed ? "fixed" : names[shape->kind],
                      place);
}

static void write_part(struct gen *gen, struct buffer *out, const struct part *part,
                       const char *indent)
{
    const struct gen_shape *shape = part->shape;

    if (shape->lone)
        buffer_format(out, "%sat = leat_avro_put_long(at, 0);\n", indent);
    if (shape->nullable)
        buffer_format(out, "%sat = leat_avro_put_long(at, %s ? %d : %d);\n", indent,
                      present(gen, part), !shape->null_branch, shape->null_branch);
    if (!is_flat(part))
        return;
    if (shape->nullable)
        buffer_format(out, "%sif (%s)\n    ", indent, present(gen, part));
    buffer_text(out, indent);
    write_flat(out, shape, value_place(gen, part));
}

/* Flat parts, and the branch of one behind them that is not flat. */
static void write_segment(struct gen *gen, struct buffer *out, const struct part *parts,
                          size_t count, const char *indent)
{
    if (!count)
        return;
    write_checks(gen, out, parts, count, indent);
    write_room(out, parts, count, indent);
    for (size_t i = 0; i < count; i++)
        write_part(gen, out, &parts[i], indent);
    buffer_format(out, "%sleat_avro_used(out, at);\n", indent);
}

static void write_deep(struct gen *gen, struct buffer *out, const struct part *part,
                       const char *depth, const char *indent)
{
    const struct gen_shape *shape = part->shape;
    const char *place = value_place(gen, part);

    if (shape->nullable) {
        buffer_format(out, "%sif (%s) {\n", indent, present(gen, part));
        indent = arena_text(&gen->arena, "%s    ", indent).data;
    }
    if (gen_is_list(shape))
        buffer_format(out, "%scode = %s_put(%s.items, %s.count, out, %s);\n", indent, shape->tag,
                      place, place, depth);
    else
        buffer_format(out, "%scode = %s_put(&%s, out%s%s);\n", indent, shape->record->name, place,
                      gen_has_lists(shape) ? ", " : "", gen_has_lists(shape) ? depth : "");
    buffer_format(out, "%sif (code)\n%s    return code;\n", indent, indent);
    if (shape->nullable)
        buffer_format(out, "%s}\n", indent + 4);
}

static void write_parts(struct gen *gen, struct buffer *out, const struct part *parts, size_t count,
                        const char *depth, const char *indent)
{
    size_t from = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_flat(&parts[i]))
            continue;
        write_segment(gen, out, parts + from,
                      i - from + (parts[i].shape->nullable || parts[i].shape->lone), indent);
        write_deep(gen, out, &parts[i], depth, indent);
        from = i + 1;
    }
    write_segment(gen, out, parts + from, count - from, indent);
}

static void write_locals(struct buffer *out, const struct part *parts, size_t count)
{
    bool flat = false, deep = false;

    for (size_t i = 0; i < count; i++) {
        deep |= !is_flat(&parts[i]);
        flat |= is_flat(&parts[i]) || parts[i].shape->nullable || parts[i].shape->lone;
    }
    buffer_text(out, flat ? "    uint8_t *at;\n" : "");
    buffer_text(out, deep ? "    int code;\n" : "");
}

static void write_record_head(struct buffer *out, const struct gen_record *record, bool lists,
                              const char *end)
{
    buffer_format(out, "static int %s_put(const struct %s *value, struct buffer *out%s)%s\n",
                  record->name, record->name, lists ? ", int depth" : "", end);
}

static void write_list_head(struct buffer *out, const struct gen_shape *list, const char *end)
{
    buffer_format(out,
                  "static int %s_put(const %s *items, size_t count, struct buffer *out, "
                  "int depth)%s\n",
                  list->tag, list->item_type, end);
}

static void write_record(struct gen *gen, struct buffer *out, const struct gen_record *record)
{
    struct part *parts = arena_new(&gen->arena, record->field_count * sizeof *parts);
    struct gen_shape whole = { .kind = LEAT_RECORD, .record = record };
    bool lists = gen_has_lists(&whole);

    for (size_t i = 0; i < record->field_count; i++)
        parts[i] = (struct part){
            record->fields[i].shape,
            arena_text(&gen->arena, "value->%s", record->fields[i].member).data,
        };
    write_record_head(out, record, lists, "\n{");
    write_locals(out, parts, record->field_count);
    buffer_text(out, "\n");
    write_parts(gen, out, parts, record->field_count, "depth", "    ");
    buffer_text(out, "    return LEAT_OK;\n}\n\n");
    buffer_format(out,
                  "static int %s_encode(const void *value, struct buffer *out)\n{\n"
                  "    size_t size = leat_avro_size(out);\n    int code = %s_put(value, out%s);\n\n"
                  "    if (code)\n        leat_avro_cut(out, size);\n    return code;\n}\n\n",
                  record->name, record->name, lists ? ", 0" : "");
}

static void write_list(struct gen *gen, struct buffer *out, const struct gen_shape *list)
{
    bool map = list->kind == LEAT_MAP;
    struct part parts[2] = { { &key_shape, "item->key" } };
    struct part *value = &parts[map];

    *value = (struct part){ list->items, map ? "item->value" : "(*item)" };
    write_list_head(out, list, "\n{");
    buffer_format(out, "    uint8_t *at;\n%s\n", is_flat(value) ? "" : "    int code;\n");
    buffer_text(out, "    if (depth == LEAT_AVRO_MAX_DEPTH)\n        return LEAT_E_DATA;\n"
                     "    at = leat_avro_room(out, LEAT_AVRO_LONG_BYTES);\n"
                     "    if (!at || count > LEAT_AVRO_MAX_ITEMS)\n        return LEAT_E_LIMIT;\n"
                     "    if (count)\n        at = leat_avro_put_long(at, (int64_t)count);\n"
                     "    leat_avro_used(out, at);\n"
                     "    for (size_t i = 0; i < count; i++) {\n");
    buffer_format(out, "        const %s *item = &items[i];\n\n", list->item_type);
    write_parts(gen, out, parts, map + 1, "depth + 1", "        ");
    buffer_text(out,
                "    }\n    at = leat_avro_room(out, 1);\n    if (!at)\n"
                "        return LEAT_E_LIMIT;\n    *at = 0;\n    leat_avro_used(out, at + 1);\n"
                "    return LEAT_OK;\n}\n\n");
}

int gen_put(struct gen *gen, struct buffer *out)
{
    for (const struct gen_shape *list = gen->lists; list; list = list->next)
        write_list_head(out, list, ";");
    for (const struct gen_record *record = gen->records; record; record = record->next) {
        struct gen_shape whole = { .kind = LEAT_RECORD, .record = record };

        write_record_head(out, record, gen_has_lists(&whole), ";");
    }
    buffer_text(out, "\n");
    for (const struct gen_shape *list = gen->lists; list; list = list->next)
        write_list(gen, out, list);
    for (const struct gen_record *record = gen->records; record; record = record->next)
        write_record(gen, out, record);
    return buffer_text(out, "");
}
