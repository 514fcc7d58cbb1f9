/* schema.c - questions about a node of a schema. See also: schema_parse.c, schema_default.c. */
#include "schemas/schema.h"

#include <string.h>

const char *schema_simple_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot + 1 : name;
}

const char *schema_kind_name(const struct schema *schema)
{
    static const char *const names[] = { "null",   "boolean", "int",    "long",  "float",
                                         "double", "bytes",   "string", "fixed", "enum",
                                         "record", "array",   "map",    "union" };

    return names[schema->kind];
}

int schema_symbol(const struct schema *schema, const char *symbol)
{
    for (size_t i = 0; i < schema->symbols.count; i++)
        if (!strcmp(schema->symbols.at[i], symbol))
            return (int)i;
    return -1;
}
