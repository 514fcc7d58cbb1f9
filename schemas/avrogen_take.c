/* avrogen_take.c - the decoders: a straight line of leat_avro_take_...() for each record.
 *
 * Records that hold arrays or maps take an arena and a depth along; the others cannot nest without
 * an end and need neither.
 */
#include "schemas/avrogen.h"

#include "schemas/decimal.h"

#include <inttypes.h>

static void write_check(struct buffer *out, const char *indent)
{
    buffer_format(out, "%sif (!at)\n%s    return NULL;\n", indent, indent);
}

/* The call that reads a scalar, without its last argument. */
static void write_call(struct buffer *out, const struct gen_shape *shape)
{
    static const char *const names[] = {
        [LEAT_BOOLEAN] = "boolean", [LEAT_INT] = "int",         [LEAT_LONG] = "long",
        [LEAT_FLOAT] = "float",     [LEAT_DOUBLE] = "double",   [LEAT_STRING] = "string",
        [LEAT_BYTES] = "bytes",     [LEAT_DECIMAL] = "decimal", [LEAT_TIMESTAMP] = "long",
        [LEAT_ENUM] = "index",
    };
    const struct schema *schema = shape->schema;
    bool fixed = schema->kind == SCHEMA_FIXED;

    buffer_format(out, "leat_avro_take_%s%s(at, end, ", fixed ? "fixed" : names[shape->kind],
                  fixed && shape->kind == LEAT_DECIMAL ? "_decimal" : "");
    if (fixed)
        buffer_format(out, "%zu, ", schema->size);
    if (shape->kind == LEAT_DECIMAL)
        buffer_format(out, "INT64_C(%" PRId64 "), ", decimal_bound(schema->precision));
    if (shape->kind == LEAT_ENUM)
        buffer_format(out, "%zu, ", schema->symbols.count);
}

static void write_plain(struct buffer *out, const struct gen_shape *shape, const char *place,
                        const char *depth, const char *indent)
{
    buffer_format(out, "%sat = ", indent);
    if (gen_is_list(shape)) {
        buffer_format(out, "%s_take(&%s.items, &%s.count, at, end, arena, %s);\n", shape->tag,
                      place, place, depth);
    } else if (shape->record) {
        buffer_format(out, "%s_take(&%s, at, end", shape->record->name, place);
        if (gen_has_lists(shape))
            buffer_format(out, ", arena, %s", depth);
        buffer_text(out, ");\n");
    } else {
        write_call(out, shape);
        buffer_format(out, "&%s);\n", place);
    }
    write_check(out, indent);
}

static void write_shape(struct gen *gen, struct buffer *out, const struct gen_shape *shape,
                        const char *place, const char *depth, const char *indent)
{
    if (shape->lone || shape->nullable) {
        buffer_format(out, "%sat = leat_avro_take_index(at, end, %d, &branch);\n", indent,
                      shape->lone ? 1 : 2);
        write_check(out, indent);
    }
    if (!shape->nullable) {
        write_plain(out, shape, place, depth, indent);
        return;
    }
    buffer_format(out, "%smemset(&%s, 0, sizeof %s);\n%sif (branch != %d) {\n", indent, place,
                  place, indent, shape->null_branch);
    if (shape->boxed)
        buffer_format(out, "%s    %s.set = true;\n", indent, place);
    write_plain(out, shape,
                arena_text(&gen->arena, "%s%s", place, shape->boxed ? ".value" : "").data, depth,
                arena_text(&gen->arena, "%s    ", indent).data);
    buffer_format(out, "%s}\n", indent);
}

static void write_record_head(struct buffer *out, const struct gen_record *record, bool lists,
                              const char *end)
{
    buffer_format(out,
                  "static const uint8_t *%s_take(struct %s *value, const uint8_t *at, "
                  "const uint8_t *end%s)%s\n",
                  record->name, record->name, lists ? ", struct arena *arena, int depth" : "", end);
}

static void write_list_head(struct buffer *out, const struct gen_shape *list, const char *end)
{
    buffer_format(
        out,
        "static const uint8_t *%s_take(const %s **out, size_t *count, const uint8_t *at,\n"
        "    const uint8_t *end, struct arena *arena, int depth)%s\n",
        list->tag, list->item_type, end);
}

static void write_record(struct gen *gen, struct buffer *out, const struct gen_record *record)
{
    struct gen_shape whole = { .kind = LEAT_RECORD, .record = record };
    bool lists = gen_has_lists(&whole), branches = false;

    write_record_head(out, record, lists, "\n{");
    for (size_t i = 0; i < record->field_count; i++)
        branches |= record->fields[i].shape->nullable || record->fields[i].shape->lone;
    buffer_text(out, branches ? "    int32_t branch;\n\n" : "");
    for (size_t i = 0; i < record->field_count; i++)
        write_shape(gen, out, record->fields[i].shape,
                    arena_text(&gen->arena, "value->%s", record->fields[i].member).data, "depth",
                    "    ");
    buffer_text(out, "    return at;\n}\n\n");
    buffer_format(out,
                  "static int %s_decode(void *value, struct leat_bytes body, struct arena *arena)\n"
                  "{\n    const uint8_t *at = (const uint8_t *)body.data, *end;\n\n"
                  "    if (!body.size)\n        return LEAT_E_DATA;\n    end = at + body.size;\n"
                  "    return %s_take(value, at, end%s) == end ? LEAT_OK : LEAT_E_DATA;\n}\n\n",
                  record->name, record->name, lists ? ", arena, 0" : "");
}

static void write_list(struct gen *gen, struct buffer *out, const struct gen_shape *list)
{
    bool map = list->kind == LEAT_MAP;
    const char *indent = "            ";

    write_list_head(out, list, "\n{");
    buffer_format(out, "    struct leat_avro_blocks blocks = { 0 };\n    %s *items = NULL;\n",
                  list->item_type);
    buffer_text(out, list->items->nullable || list->items->lone ? "    int32_t branch;\n" : "");
    buffer_format(out,
                  "\n    if (depth == LEAT_AVRO_MAX_DEPTH)\n        return NULL;\n    for (;;) {\n"
                  "        at = leat_avro_take_block(at, end, %zu, &blocks);\n"
                  "        if (!at)\n            return NULL;\n"
                  "        if (!blocks.count)\n            break;\n"
                  "        items = leat_avro_grow(&blocks, items, sizeof *items, arena);\n"
                  "        for (size_t i = 0; i < blocks.count; i++) {\n"
                  "            %s *item = &items[blocks.total + i];\n\n",
                  gen_least_bytes(list->items) + map, list->item_type);
    if (map) {
        buffer_format(out, "%sat = leat_avro_take_string(at, end, &item->key);\n", indent);
        write_check(out, indent);
    }
    write_shape(gen, out, list->items, map ? "item->value" : "(*item)", "depth + 1", indent);
    buffer_text(out, "        }\n    }\n    *out = items;\n    *count = blocks.total;\n"
                     "    return at;\n}\n\n");
}

int gen_take(struct gen *gen, struct buffer *out)
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
