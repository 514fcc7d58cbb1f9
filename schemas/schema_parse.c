/* schema_parse.c - an Avro schema's JSON text to a tree of nodes.
 *
 * The parser goes down the JSON once. A named type is known from its head on, so that its own
 * fields can name it. See also: schema_names.c, schema_default.c.
 */
#include "schemas/schema.h"

#include "base/limits.h"
#include "base/memory.h"
#include "schemas/schema_names.h"

#include <string.h>

enum { TREE_CHUNK_BYTES = 4096 };

struct parser {
    struct schema_tree *tree;
    const char *space; /* the namespace that encloses what is read */
    int depth;
    struct leat_error *error;
};

static int parse(struct parser *parser, const json_t *json, const struct schema **out);

static struct schema *parse_node(struct parser *parser, enum schema_kind kind)
{
    struct schema *node = arena_zeroed(&parser->tree->arena, sizeof *node);

    node->kind = kind;
    node->id = parser->tree->count++;
    node->default_symbol = -1;
    return node;
}

static bool parse_primitive(const char *name, enum schema_kind *out)
{
    static const char *const names[] = { "null",  "boolean", "int",   "long",
                                         "float", "double",  "bytes", "string" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name)) {
            *out = (enum schema_kind)i;
            return true;
        }
    return false;
}

/* The digits that a fixed of so many bytes holds whatever they are. */
static int64_t parse_fixed_digits(int64_t size)
{
    return (size * 8 - 1) * INT64_C(30102999566) / INT64_C(100000000000); /* log10(2) */
}

static void parse_decimal(struct schema *node, const json_t *json)
{
    const json_t *scale = json_object_get(json, "scale");
    json_int_t digits = json_integer_value(json_object_get(json, "precision"));
    json_int_t places = json_integer_value(scale);

    if (node->kind != SCHEMA_BYTES && node->kind != SCHEMA_FIXED)
        return;
    if (digits <= 0 || digits > INT16_MAX || (scale && !json_is_integer(scale)) || places < 0 ||
        places > digits)
        return;
    if (node->kind == SCHEMA_FIXED && node->size < INT16_MAX &&
        digits > parse_fixed_digits((int64_t)node->size))
        return;
    node->logical = SCHEMA_DECIMAL;
    node->precision = (int)digits;
    node->scale = (int)places;
}

static void parse_logical(struct schema *node, const json_t *json)
{
    const char *name = json_string_value(json_object_get(json, "logicalType"));

    if (!name)
        return;
    if (!strcmp(name, "decimal"))
        parse_decimal(node, json);
    else if (node->kind != SCHEMA_LONG)
        return;
    else if (!strcmp(name, "timestamp-millis"))
        node->logical = SCHEMA_TIMESTAMP_MILLIS;
    else if (!strcmp(name, "timestamp-micros"))
        node->logical = SCHEMA_TIMESTAMP_MICROS;
    else if (!strcmp(name, "timestamp-nanos"))
        node->logical = SCHEMA_TIMESTAMP_NANOS;
}

/* A name that is not known in its namespace is looked for without one, as in Java. */
static int parse_reference(struct parser *parser, const char *name, const struct schema **out)
{
    enum schema_kind kind;
    const char *full;

    if (parse_primitive(name, &kind)) {
        *out = parse_node(parser, kind);
        return LEAT_OK;
    }
    if (strlen(name) > LIMIT_AVRO_NAME_BYTES)
        return error_set(parser->error, LEAT_E_LIMIT, "a type's name has more than %d bytes",
                         LIMIT_AVRO_NAME_BYTES);
    full = schema_full_name(&parser->tree->arena, name, parser->space);
    *out = map_get(&parser->tree->named, leat_bytes_of(full));
    if (!*out)
        *out = map_get(&parser->tree->named, leat_bytes_of(name));
    return *out ? LEAT_OK
                : error_set(parser->error, LEAT_E_DATA, "type '%s' is not defined before its use",
                            full);
}

/* Reads name, namespace and aliases, and makes the type known. The caller restores the namespace
 * that enclosed it. */
static int parse_head(struct parser *parser, const json_t *json, struct schema *node)
{
    struct arena *arena = &parser->tree->arena;
    const json_t *aliases = json_object_get(json, "aliases");
    const char *name = schema_member(arena, json, "name");
    const char *space = schema_member(arena, json, "namespace");

    space = space ? space : parser->space;
    if (!name || strlen(name) + strlen(space) > LIMIT_AVRO_NAME_BYTES)
        return error_set(parser->error, LEAT_E_DATA,
                         "a %s has no name, or one of more than %d bytes", schema_kind_name(node),
                         LIMIT_AVRO_NAME_BYTES);
    node->name = schema_full_name(arena, name, space);
    node->doc = schema_member(arena, json, "doc");
    if (!schema_full_name_valid(node->name))
        return error_set(parser->error, LEAT_E_DATA, "'%s' is not a name", node->name);
    parser->space = schema_namespace(arena, node->name);
    if (map_get(&parser->tree->named, leat_bytes_of(node->name)))
        return error_set(parser->error, LEAT_E_DATA, "type '%s' is defined twice", node->name);
    map_put(&parser->tree->named, leat_bytes_of(node->name), node);
    if (aliases && schema_names_read(arena, aliases, parser->space, &node->aliases, parser->error))
        return error_wrap(parser->error, "aliases of '%s'", node->name);
    return LEAT_OK;
}

static int parse_field(struct parser *parser, const json_t *json, struct schema_field *field)
{
    struct arena *arena = &parser->tree->arena;
    const json_t *type = json_object_get(json, "type");
    const json_t *aliases = json_object_get(json, "aliases");

    field->name = schema_member(arena, json, "name");
    field->doc = schema_member(arena, json, "doc");
    field->fallback = json_object_get(json, "default");
    if (!field->name || !schema_name_valid(field->name))
        return error_set(parser->error, LEAT_E_DATA, "a field has no name, or '%s', which is none",
                         field->name ? field->name : "");
    if (!type)
        return error_set(parser->error, LEAT_E_DATA, "field '%s' has no type", field->name);
    if (aliases && schema_names_read(arena, aliases, NULL, &field->aliases, parser->error))
        return error_wrap(parser->error, "aliases of field '%s'", field->name);
    if (parse(parser, type, &field->type))
        return error_wrap(parser->error, "field '%s'", field->name);
    return LEAT_OK;
}

static int parse_fields(struct parser *parser, const json_t *fields, struct schema *node,
                        struct map *seen)
{
    size_t count = json_array_size(fields);

    node->fields = arena_zeroed(&parser->tree->arena, (count + 1) * sizeof *node->fields);
    for (size_t i = 0; i < count; i++) {
        struct schema_field *field = &node->fields[i];
        int code = parse_field(parser, json_array_get(fields, i), field);

        if (code)
            return code;
        if (map_put(seen, leat_bytes_of(field->name), field))
            return error_set(parser->error, LEAT_E_DATA, "field '%s' stands twice", field->name);
        node->field_count++;
    }
    return LEAT_OK;
}

static int parse_record(struct parser *parser, const json_t *json, struct schema *node)
{
    const json_t *fields = json_object_get(json, "fields");
    struct map seen = { 0 };
    int code;

    if (!json_is_array(fields))
        return error_set(parser->error, LEAT_E_DATA, "record '%s' has no fields", node->name);
    code = parse_fields(parser, fields, node, &seen);
    map_free(&seen);
    return code ? error_wrap(parser->error, "record '%s'", node->name) : LEAT_OK;
}

static int parse_enum(struct parser *parser, const json_t *json, struct schema *node)
{
    const json_t *symbols = json_object_get(json, "symbols");
    const char *fallback = schema_member(&parser->tree->arena, json, "default");

    if (schema_names_read(&parser->tree->arena, symbols, NULL, &node->symbols, parser->error))
        return error_wrap(parser->error, "symbols of '%s'", node->name);
    if (!node->symbols.count)
        return error_set(parser->error, LEAT_E_DATA, "enum '%s' has no symbols", node->name);
    if (!fallback)
        return LEAT_OK;
    node->default_symbol = schema_symbol(node, fallback);
    return node->default_symbol >= 0
               ? LEAT_OK
               : error_set(parser->error, LEAT_E_DATA,
                           "the default '%s' of '%s' is no symbol of it", fallback, node->name);
}

static int parse_fixed(struct parser *parser, const json_t *json, struct schema *node)
{
    const json_t *size = json_object_get(json, "size");
    json_int_t bytes = json_integer_value(size);

    if (!json_is_integer(size) || bytes < 0 || bytes > LIMIT_VALUE_BYTES)
        return error_set(parser->error, LEAT_E_DATA, "fixed '%s' has no size from 0 to %d",
                         node->name, LIMIT_VALUE_BYTES);
    node->size = (size_t)bytes;
    parse_logical(node, json);
    return LEAT_OK;
}

static int parse_named(struct parser *parser, const json_t *json, enum schema_kind kind,
                       const struct schema **out)
{
    struct schema *node = parse_node(parser, kind);
    const char *space = parser->space;
    int code = parse_head(parser, json, node);

    if (!code && kind == SCHEMA_RECORD)
        code = parse_record(parser, json, node);
    else if (!code && kind == SCHEMA_ENUM)
        code = parse_enum(parser, json, node);
    else if (!code)
        code = parse_fixed(parser, json, node);
    parser->space = space;
    *out = node;
    return code;
}

static int parse_items(struct parser *parser, const json_t *json, enum schema_kind kind,
                       const struct schema **out)
{
    const char *member = kind == SCHEMA_ARRAY ? "items" : "values";
    struct schema *node = parse_node(parser, kind);
    const json_t *items = json_object_get(json, member);

    *out = node;
    if (!items)
        return error_set(parser->error, LEAT_E_DATA, "a %s names no %s", schema_kind_name(node),
                         member);
    return parse(parser, items, &node->items);
}

static int parse_object(struct parser *parser, const json_t *json, const struct schema **out)
{
    const json_t *type = json_object_get(json, "type");
    const char *name = json_string_value(type);
    enum schema_kind kind;

    if (!name)
        return type ? parse(parser, type, out)
                    : error_set(parser->error, LEAT_E_DATA, "a type's object has no 'type'");
    if (parse_primitive(name, &kind)) {
        struct schema *node = parse_node(parser, kind);

        parse_logical(node, json);
        *out = node;
        return LEAT_OK;
    }
    if (!strcmp(name, "record") || !strcmp(name, "error"))
        return parse_named(parser, json, SCHEMA_RECORD, out);
    if (!strcmp(name, "enum"))
        return parse_named(parser, json, SCHEMA_ENUM, out);
    if (!strcmp(name, "fixed"))
        return parse_named(parser, json, SCHEMA_FIXED, out);
    if (!strcmp(name, "array"))
        return parse_items(parser, json, SCHEMA_ARRAY, out);
    if (!strcmp(name, "map"))
        return parse_items(parser, json, SCHEMA_MAP, out);
    return parse_reference(parser, name, out);
}

/* Two branches that a value or a name could not tell apart are refused. */
static int parse_branch(struct parser *parser, const struct schema *branch, struct map *seen)
{
    const char *name = branch->kind > SCHEMA_STRING && branch->kind <= SCHEMA_RECORD
                           ? branch->name
                           : schema_kind_name(branch);

    if (branch->kind == SCHEMA_UNION)
        return error_set(parser->error, LEAT_E_DATA, "a union stands directly in a union");
    if (map_put(seen, leat_bytes_of(name), seen))
        return error_set(parser->error, LEAT_E_DATA, "a union has '%s' twice", name);
    return LEAT_OK;
}

static int parse_union(struct parser *parser, const json_t *json, const struct schema **out)
{
    struct schema *node = parse_node(parser, SCHEMA_UNION);
    size_t count = json_array_size(json);
    struct map seen = { 0 };
    int code = LEAT_OK;

    *out = node;
    if (!count)
        return error_set(parser->error, LEAT_E_DATA, "a union has no branches");
    if (count > LIMIT_AVRO_BRANCHES)
        return error_set(parser->error, LEAT_E_LIMIT, "a union has more than %d branches",
                         LIMIT_AVRO_BRANCHES);
    node->branches = arena_zeroed(&parser->tree->arena, count * sizeof(struct schema *));
    for (size_t i = 0; i < count && !code; i++) {
        code = parse(parser, json_array_get(json, i), &node->branches[i]);
        if (!code)
            code = parse_branch(parser, node->branches[i], &seen);
        node->branch_count++;
    }
    map_free(&seen);
    return code;
}

static int parse(struct parser *parser, const json_t *json, const struct schema **out)
{
    int code;

    if (parser->depth == LIMIT_AVRO_DEPTH)
        return error_set(parser->error, LEAT_E_LIMIT, "types are nested deeper than %d",
                         LIMIT_AVRO_DEPTH);
    parser->depth++;
    if (json_is_string(json))
        code = parse_reference(parser, json_string_value(json), out);
    else if (json_is_array(json))
        code = parse_union(parser, json, out);
    else if (json_is_object(json))
        code = parse_object(parser, json, out);
    else
        code = error_set(parser->error, LEAT_E_DATA, "a type is no text, object or array");
    parser->depth--;
    return code;
}

static int parse_text(struct schema_tree *tree, const char *text, struct leat_error *error)
{
    struct parser parser = { .tree = tree, .space = "", .error = error };
    size_t size = strlen(text);
    json_error_t wrong;

    if (size > LIMIT_SCHEMA_BYTES)
        return error_set(error, LEAT_E_LIMIT, "schema: %zu bytes are more than %d", size,
                         LIMIT_SCHEMA_BYTES);
    tree->json = json_loadb(text, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &wrong);
    if (!tree->json)
        return error_set(error, LEAT_E_DATA, "schema: line %d, column %d: %s", wrong.line,
                         wrong.column, wrong.text);
    return parse(&parser, tree->json, &tree->root) ? error_wrap(error, "schema") : LEAT_OK;
}

int schema_parse(const char *json, struct schema_tree **out, struct leat_error *error)
{
    struct schema_tree *tree = memory_new(sizeof *tree);
    struct leat_error unread;
    int code;

    arena_init(&tree->arena, TREE_CHUNK_BYTES);
    code = parse_text(tree, json, error ? error : &unread);
    if (code) {
        schema_free(tree);
        tree = NULL;
    }
    *out = tree;
    return code;
}

void schema_free(struct schema_tree *tree)
{
    if (!tree)
        return;
    map_free(&tree->named);
    arena_free(&tree->arena);
    json_decref(tree->json);
    memory_free(tree);
}
