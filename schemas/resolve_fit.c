/* resolve_fit.c - which type of the reader a type of the writer can be read as.
 *
 * Beyond the specification, what would silently change a value's meaning does not fit: decimals of
 * another scale, timestamps of another unit, and text as a decimal.
 */
#include "schemas/resolve_plan.h"

#include <string.h>

static bool is_decimal(const struct schema *schema)
{
    return schema->logical == SCHEMA_DECIMAL;
}

static bool logical_fits(const struct schema *writer, const struct schema *reader)
{
    if (is_decimal(writer) && is_decimal(reader))
        return writer->scale == reader->scale;
    if (is_decimal(writer) || is_decimal(reader))
        return writer->kind == reader->kind;
    return !writer->logical || !reader->logical || writer->logical == reader->logical;
}

/* By the name without its namespace, as the specification has it, or by an alias of the reader. */
static enum fit name_fit(const struct schema *writer, const struct schema *reader)
{
    const char *simple = schema_simple_name(writer->name);

    if (!strcmp(writer->name, reader->name))
        return FIT_EXACT;
    if (!strcmp(simple, schema_simple_name(reader->name)))
        return FIT_NAME;
    for (size_t i = 0; i < reader->aliases.count; i++)
        if (!strcmp(writer->name, reader->aliases.at[i]) ||
            !strcmp(simple, schema_simple_name(reader->aliases.at[i])))
            return FIT_NAME;
    return FIT_NONE;
}

static bool promotes(enum schema_kind writer, enum schema_kind reader)
{
    switch (writer) {
    case SCHEMA_INT:
        return reader == SCHEMA_LONG || reader == SCHEMA_FLOAT || reader == SCHEMA_DOUBLE;
    case SCHEMA_LONG:
        return reader == SCHEMA_FLOAT || reader == SCHEMA_DOUBLE;
    case SCHEMA_FLOAT:
        return reader == SCHEMA_DOUBLE;
    case SCHEMA_STRING:
        return reader == SCHEMA_BYTES;
    case SCHEMA_BYTES:
        return reader == SCHEMA_STRING;
    default:
        return false;
    }
}

enum fit resolve_fit(const struct schema *writer, const struct schema *reader)
{
    if (!logical_fits(writer, reader))
        return FIT_NONE;
    if (writer->kind != reader->kind)
        return promotes(writer->kind, reader->kind) ? FIT_PROMOTED : FIT_NONE;
    if (writer->kind == SCHEMA_FIXED && writer->size != reader->size)
        return FIT_NONE;
    return writer->name ? name_fit(writer, reader) : FIT_EXACT;
}

enum step_kind resolve_scalar(const struct schema *writer, const struct schema *reader)
{
    static const enum step_kind kinds[] = { STEP_NULL,  STEP_BOOLEAN, STEP_INT,
                                            STEP_LONG,  STEP_FLOAT,   STEP_DOUBLE,
                                            STEP_BYTES, STEP_STRING,  STEP_FIXED };

    if (writer->kind == SCHEMA_INT && reader->kind == SCHEMA_FLOAT)
        return STEP_INT_TO_FLOAT;
    if (writer->kind == SCHEMA_INT && reader->kind == SCHEMA_DOUBLE)
        return STEP_INT_TO_DOUBLE;
    if (writer->kind == SCHEMA_LONG && reader->kind == SCHEMA_FLOAT)
        return STEP_LONG_TO_FLOAT;
    if (writer->kind == SCHEMA_LONG && reader->kind == SCHEMA_DOUBLE)
        return STEP_LONG_TO_DOUBLE;
    if (writer->kind == SCHEMA_FLOAT && reader->kind == SCHEMA_DOUBLE)
        return STEP_FLOAT_TO_DOUBLE;
    if (writer->kind == SCHEMA_BYTES && reader->kind == SCHEMA_STRING)
        return STEP_STRING;
    return kinds[writer->kind];
}
