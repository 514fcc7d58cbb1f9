/* avrogen_table.c - the tables of fields, the schema's text, and struct leat_type. */
#include "schemas/avrogen.h"

#include <stdio.h>

static const char *const kinds[] = {
    "LEAT_BOOLEAN", "LEAT_INT",   "LEAT_LONG",    "LEAT_FLOAT",     "LEAT_DOUBLE",
    "LEAT_STRING",  "LEAT_BYTES", "LEAT_DECIMAL", "LEAT_TIMESTAMP", "LEAT_ENUM",
    "LEAT_RECORD",  "LEAT_ARRAY", "LEAT_MAP",
};

/* The name of the type that a list's items have in the tables. */
static void write_of(struct buffer *out, const struct gen_shape *shape)
{
    if (shape->record)
        buffer_format(out, ", .of = &%s_type", shape->record->name);
    else if (gen_is_list(shape) && shape->kind == LEAT_ARRAY && shape->items->record &&
             !shape->items->boxed)
        buffer_format(out, ", .of = &%s_type", shape->items->record->name);
    else if (gen_is_list(shape))
        buffer_format(out, ", .of = &%s_type", shape->tag);
}

/* One row; member is "" for an item that is no struct of its own. */
static void write_field(const struct gen *gen, struct buffer *out, const struct gen_shape *shape,
                        const char *name, const char *holder, const char *member)
{
    const char *dot = *member && shape->boxed ? "." : "";
    const struct gen_enum *symbols =
        shape->kind == LEAT_ENUM ? map_get(&gen->by_name, leat_bytes_of(shape->schema->name))
                                 : NULL;

    buffer_text(out, "    { ");
    if (name)
        buffer_format(out, ".name = \"%s\", ", name);
    buffer_format(out, ".kind = %s", kinds[shape->kind]);
    if (*member || shape->boxed)
        buffer_format(out, ", .offset = offsetof(%s, %s%s%s)", holder, member, dot,
                      shape->boxed ? "set" : "");
    if (shape->nullable)
        buffer_text(out, ", .nullable = true");
    if (shape->boxed)
        buffer_format(out, ", .value_offset = offsetof(%s, %s%svalue)", holder, member, dot);
    if (shape->kind == LEAT_DECIMAL)
        buffer_format(out, ", .precision = %d, .scale = %d", shape->schema->precision,
                      shape->schema->scale);
    if (symbols)
        buffer_format(out, ", .symbols = %s_symbols", symbols->name);
    write_of(out, shape);
    buffer_text(out, " },\n");
}

static void write_symbols(struct buffer *out, const struct gen_enum *made)
{
    buffer_format(out, "static const char *const %s_symbols[] = {\n", made->name);
    for (size_t i = 0; i < made->schema->symbols.count; i++)
        buffer_format(out, "    \"%s\",\n", made->schema->symbols.at[i]);
    buffer_text(out, "    NULL,\n};\n\n");
}

/* The type of a list's items. One that is no record has a single field without a name; a map's has
 * key and value. */
static void write_items(const struct gen *gen, struct buffer *out, const struct gen_shape *list)
{
    bool map = list->kind == LEAT_MAP;

    if (!map && list->items->record && !list->items->boxed)
        return;
    buffer_format(out, "static const struct leat_field %s_fields[] = {\n", list->tag);
    if (map)
        buffer_format(
            out, "    { .name = \"key\", .kind = LEAT_STRING, .offset = offsetof(%s, key) },\n",
            list->item_type);
    write_field(gen, out, list->items, map ? "value" : NULL, list->item_type, map ? "value" : "");
    buffer_format(
        out,
        "};\n\nstatic const struct leat_type %s_type = {\n    .name = \"%s\",\n"
        "    .size = sizeof(%s),\n    .fields = %s_fields,\n    .field_count = %d,\n};\n\n",
        list->tag, map ? "entry" : schema_kind_name(list->items->schema), list->item_type,
        list->tag, map ? 2 : 1);
}

/* A long literal goes in pieces, one a line. A question mark after another would be a trigraph. */
static void write_literal(struct buffer *out, const char *text)
{
    size_t column = 0;

    buffer_text(out, "        \"");
    for (; *text; text++) {
        if (column++ >= 80 && ((unsigned char)*text & 0xc0) != 0x80) {
            buffer_text(out, "\"\n        \"");
            column = 1;
        }
        if (*text == '"' || *text == '\\' || *text == '?')
            buffer_text(out, "\\");
        buffer_add(out, text, 1);
    }
    buffer_text(out, "\"");
}

static void write_type(struct gen *gen, struct buffer *out, const struct gen_record *record)
{
    const char *name = record->name;
    const char *schema = record == gen->root ? gen->schema : gen_schema(gen, record->schema);

    buffer_format(out, "const struct leat_type %s_type = {\n    .name = \"%s\",\n    .schema =\n",
                  name, record->schema->name);
    write_literal(out, schema);
    buffer_format(out,
                  ",\n    .size = sizeof(struct %s),\n    .fields = %s_fields,\n"
                  "    .field_count = %zu,\n    .encode = %s_encode,\n    .decode = %s_decode,\n",
                  name, name, record->field_count, name, name);
    buffer_format(out,
                  "    .extent = %s_extent_any,\n    .copy = %s_copy_any,\n"
                  "    .within = %s_within_any,\n};\n\n",
                  name, name, name);
}

static void write_record(const struct gen *gen, struct buffer *out, const struct gen_record *record)
{
    char holder[512];

    snprintf(holder, sizeof holder, "struct %s", record->name);
    buffer_format(out, "static const struct leat_field %s_fields[] = {\n", record->name);
    for (size_t i = 0; i < record->field_count; i++)
        write_field(gen, out, record->fields[i].shape, record->fields[i].name, holder,
                    record->fields[i].member);
    buffer_text(out, "};\n\n");
}

int gen_tables(struct gen *gen, struct buffer *out)
{
    for (const struct gen_enum *made = gen->enums; made; made = made->next)
        write_symbols(out, made);
    for (const struct gen_shape *list = gen->lists; list; list = list->next)
        if (list->kind == LEAT_MAP || !list->items->record || list->items->boxed)
            buffer_format(out, "static const struct leat_type %s_type;\n", list->tag);
    for (const struct gen_shape *list = gen->lists; list; list = list->next)
        write_items(gen, out, list);
    for (const struct gen_record *record = gen->records; record; record = record->next)
        write_record(gen, out, record);
    for (const struct gen_record *record = gen->records; record; record = record->next)
        write_type(gen, out, record);
    return buffer_text(out, "");
}
