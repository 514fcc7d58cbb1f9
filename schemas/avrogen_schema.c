/* avrogen_schema.c - a record's schema by itself: nested records are types of their own, and what
 * they name may have been defined outside of them. */
#include "schemas/avrogen.h"

#include "base/memory.h"

#include <string.h>

static json_t *schema_json(const struct schema *schema, struct map *seen);

static json_t *names_json(const struct schema_names *names)
{
    json_t *array = json_array();

    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(array, json_string(names->at[i]));
    return array;
}

static void set_text(json_t *json, const char *member, const char *text)
{
    if (text)
        json_object_set_new(json, member, json_string(text));
}

static void set_logical(json_t *json, const struct schema *schema)
{
    static const char *const names[] = { NULL, "decimal", "timestamp-millis", "timestamp-micros",
                                         "timestamp-nanos" };

    set_text(json, "logicalType", names[schema->logical]);
    if (schema->logical != SCHEMA_DECIMAL)
        return;
    json_object_set_new(json, "precision", json_integer(schema->precision));
    json_object_set_new(json, "scale", json_integer(schema->scale));
}

static json_t *field_json(const struct schema_field *field, struct map *seen)
{
    json_t *json = json_object();

    set_text(json, "name", field->name);
    json_object_set_new(json, "type", schema_json(field->type, seen));
    set_text(json, "doc", field->doc);
    if (field->fallback)
        json_object_set_new(json, "default", json_deep_copy(field->fallback));
    if (field->aliases.count)
        json_object_set_new(json, "aliases", names_json(&field->aliases));
    return json;
}

static json_t *named_json(const struct schema *schema, struct map *seen)
{
    json_t *json = json_object(), *fields;

    map_put(seen, leat_bytes_of(schema->name), seen);
    set_text(json, "type", schema_kind_name(schema));
    set_text(json, "name", schema->name);
    set_text(json, "doc", schema->doc);
    if (schema->aliases.count)
        json_object_set_new(json, "aliases", names_json(&schema->aliases));
    if (schema->kind == SCHEMA_ENUM)
        json_object_set_new(json, "symbols", names_json(&schema->symbols));
    if (schema->default_symbol >= 0)
        set_text(json, "default", schema->symbols.at[schema->default_symbol]);
    if (schema->kind == SCHEMA_FIXED)
        json_object_set_new(json, "size", json_integer((json_int_t)schema->size));
    set_logical(json, schema);
    if (schema->kind != SCHEMA_RECORD)
        return json;
    fields = json_array();
    for (size_t i = 0; i < schema->field_count; i++)
        json_array_append_new(fields, field_json(&schema->fields[i], seen));
    json_object_set_new(json, "fields", fields);
    return json;
}

static json_t *union_json(const struct schema *schema, struct map *seen)
{
    json_t *json = json_array();

    for (size_t i = 0; i < schema->branch_count; i++)
        json_array_append_new(json, schema_json(schema->branches[i], seen));
    return json;
}

static json_t *schema_json(const struct schema *schema, struct map *seen)
{
    json_t *json;

    if (schema->kind == SCHEMA_UNION)
        return union_json(schema, seen);
    if (schema->kind >= SCHEMA_FIXED && schema->kind <= SCHEMA_RECORD)
        return map_get(seen, leat_bytes_of(schema->name)) ? json_string(schema->name)
                                                          : named_json(schema, seen);
    if (schema->kind < SCHEMA_FIXED && !schema->logical)
        return json_string(schema_kind_name(schema));
    json = json_object();
    set_text(json, "type", schema_kind_name(schema));
    if (schema->items)
        json_object_set_new(json, schema->kind == SCHEMA_ARRAY ? "items" : "values",
                            schema_json(schema->items, seen));
    set_logical(json, schema);
    return json;
}

const char *gen_schema(struct gen *gen, const struct schema *schema)
{
    struct map seen = { 0 };
    json_t *json = schema_json(schema, &seen);
    char *text = json_dumps(json, JSON_COMPACT);
    const char *made = arena_text(&gen->arena, "%s", text).data;

    memory_free(text);
    json_decref(json);
    map_free(&seen);
    return made;
}
