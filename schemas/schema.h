/* schema.h - an Avro schema as a tree of nodes.
 *
 * A named type that is used again, or within itself, is the same node: the tree may have cycles.
 * Attributes that Avro does not know are skipped, and a logical type that does not fit its base is
 * taken for absent, as the specification asks.
 *
 * Entry points:  schema_parse(), schema_free()
 *                schema_default()     - a default value, from JSON to Avro's binary encoding
 *                schema_simple_name() - the name without its namespace
 * Thread: a tree never changes once it is parsed.
 */
#ifndef SCHEMAS_SCHEMA_H
#define SCHEMAS_SCHEMA_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/map.h"

#include <jansson.h>

enum schema_kind {
    SCHEMA_NULL,
    SCHEMA_BOOLEAN,
    SCHEMA_INT,
    SCHEMA_LONG,
    SCHEMA_FLOAT,
    SCHEMA_DOUBLE,
    SCHEMA_BYTES,
    SCHEMA_STRING, /* the last of the primitive types */
    SCHEMA_FIXED,
    SCHEMA_ENUM,
    SCHEMA_RECORD, /* the last of the named types */
    SCHEMA_ARRAY,
    SCHEMA_MAP,
    SCHEMA_UNION,
};

enum schema_logical {
    SCHEMA_PLAIN,
    SCHEMA_DECIMAL,          /* of bytes or fixed */
    SCHEMA_TIMESTAMP_MILLIS, /* these three of long */
    SCHEMA_TIMESTAMP_MICROS,
    SCHEMA_TIMESTAMP_NANOS,
};

struct schema;

struct schema_names {
    const char **at;
    size_t count;
};

struct schema_field {
    const char *name;
    const char *doc; /* or NULL */
    struct schema_names aliases;
    const struct schema *type;
    const json_t *fallback; /* its default, or NULL */
};

struct schema {
    enum schema_kind kind;
    enum schema_logical logical;
    int precision, scale;        /* of a decimal */
    size_t id;                   /* its number in the tree, from 0 */
    const char *name;            /* of named types: with the namespace */
    const char *doc;             /* or NULL */
    struct schema_names aliases; /* of named types: with the namespace */
    struct schema_field *fields; /* of a record */
    size_t field_count;
    struct schema_names symbols;    /* of an enum */
    int default_symbol;             /* its index, or -1 */
    size_t size;                    /* of a fixed */
    const struct schema *items;     /* of an array, or of a map's values */
    const struct schema **branches; /* of a union */
    size_t branch_count;
};

struct schema_tree {
    const struct schema *root;
    size_t count;       /* nodes; ids are below it */
    struct arena arena; /* nodes and names */
    struct map named;   /* full names to nodes */
    json_t *json;       /* keeps the defaults */
};

/* LEAT_E_DATA, with a sentence that names the field, or LEAT_E_LIMIT.
 * Owner: the caller, of *out. */
int schema_parse(const char *json, struct schema_tree **out, struct leat_error *error) MUST_CHECK;
void schema_free(struct schema_tree *tree);

/* Appends the value in Avro's binary encoding. LEAT_E_DATA: it does not fit the type. A union
 * takes its first branch that fits. */
int schema_default(const struct schema *type, const json_t *value, struct buffer *out,
                   struct leat_error *error) MUST_CHECK;

const char *schema_simple_name(const char *name);
const char *schema_kind_name(const struct schema *schema);

/* The index of a symbol, or -1. */
int schema_symbol(const struct schema *schema, const char *symbol);

#endif
