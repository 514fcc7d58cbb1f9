/* table.c - the columns of a table, and what a record's key says of them.
 *
 * Entry points:  columns_new()                        - from a type's fields and the table's spec
 *                table_key_text(), table_key_start()  - the parts of a key
 * See also:      postgres_ddl.c (the columns in SQL), binary.c (their values)
 */
#include "sink/table.h"

#include "base/memory.h"

#include <assert.h>

enum { IDENTIFIER_BYTES = 63, WINDOW_BYTES = 8 };

bool table_identifier(const char *name)
{
    size_t size = name ? strlen(name) : 0;

    if (!size || size > IDENTIFIER_BYTES || (name[0] >= '0' && name[0] <= '9'))
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    }
    return true;
}

size_t table_key_count(const struct sink_table *table)
{
    size_t count = 0;

    while (count < SINK_KEY_COLUMNS && table->key[count])
        count++;
    return count;
}

/* ---- keys --------------------------------------------------------------------------------- */

struct leat_bytes table_identity(const struct sink_table *table, struct leat_bytes key)
{
    bool inner_counts = table->key_form != SINK_KEY_WINDOWED || table_key_count(table) > 1;

    if (inner_counts || key.size < WINDOW_BYTES)
        return key;
    return leat_bytes(key.data + key.size - WINDOW_BYTES, WINDOW_BYTES);
}

static int key_part(struct leat_bytes key, int part, bool last, struct leat_bytes *text,
                    struct leat_error *error)
{
    for (;; part--) {
        const char *bar = key.size ? memchr(key.data, '|', key.size) : NULL;
        size_t size = bar ? (size_t)(bar - key.data) : key.size;

        if (!part) {
            *text = leat_bytes(key.data, last ? key.size : size);
            return LEAT_OK;
        }
        if (!bar)
            return error_set(error, LEAT_E_DATA, "the key has too few parts divided by '|'");
        key = leat_bytes(bar + 1, key.size - size - 1);
    }
}

int table_key_text(const struct sink_table *table, struct leat_bytes key, int part,
                   struct leat_bytes *text, struct leat_error *error)
{
    if (!key.data)
        return error_set(error, LEAT_E_DATA, "the key is null");
    switch (table->key_form) {
    case SINK_KEY_TEXT:
        *text = key;
        return LEAT_OK;
    case SINK_KEY_PARTS:
        return key_part(key, part, part + 1 == (int)table_key_count(table), text, error);
    case SINK_KEY_WINDOWED:
        if (key.size < WINDOW_BYTES)
            break;
        *text = leat_bytes(key.data, key.size - WINDOW_BYTES);
        return LEAT_OK;
    }
    return error_set(error, LEAT_E_DATA, "the key is too short to be a windowed one");
}

int table_key_start(struct leat_bytes key, int64_t *start_ms, struct leat_error *error)
{
    uint64_t start = 0;

    if (!key.data || key.size < WINDOW_BYTES)
        return error_set(error, LEAT_E_DATA, "the key is too short to be a windowed one");
    for (size_t i = key.size - WINDOW_BYTES; i < key.size; i++)
        start = start << 8 | (uint8_t)key.data[i];
    *start_ms = (int64_t)start;
    return LEAT_OK;
}

/* ---- columns ------------------------------------------------------------------------------ */

const struct column *columns_find(const struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (!strcmp(columns->items[i].name, name))
            return &columns->items[i];
    }
    return NULL;
}

static int columns_add(struct columns *columns, const struct sink_table *table,
                       struct column column, struct leat_error *error)
{
    if (!table_identifier(column.name))
        return error_set(error, LEAT_E_ARGUMENT,
                         "table '%s': '%s' is no column's name: letters, digits and _ only",
                         table->table, column.name);
    if (columns_find(columns, column.name))
        return error_set(error, LEAT_E_ARGUMENT, "table '%s' has two columns '%s'", table->table,
                         column.name);
    columns->items[columns->count++] = column;
    return LEAT_OK;
}

/* What is no field of the value comes first: the rest of a key, or the place in the log. */
static int columns_of_record(const struct sink_table *table, struct columns *columns,
                             struct leat_error *error)
{
    struct column partition = { "source_partition", COLUMN_PARTITION, LEAT_INT };
    struct column offset = { "source_offset", COLUMN_OFFSET, LEAT_LONG };
    size_t keys = table_key_count(table);
    int status = LEAT_OK;

    if (table->mode == SINK_FACTS) {
        status = columns_add(columns, table, partition, error);
        return status ? status : columns_add(columns, table, offset, error);
    }
    for (size_t i = 0; i < keys && !status; i++) {
        bool start = table->key_form == SINK_KEY_WINDOWED && i + 1 == keys;
        struct column column = { table->key[i], COLUMN_KEY, start ? LEAT_TIMESTAMP : LEAT_STRING,
                                 .key_part = (int)i };

        status = columns_add(columns, table, column, error);
    }
    return status;
}

static int columns_of_value(const struct sink_table *table, struct columns *columns,
                            struct leat_error *error)
{
    for (size_t i = 0; i < table->type->field_count; i++) {
        const struct leat_field *field = &table->type->fields[i];
        const struct column *key = columns_find(columns, field->name);
        struct column column = { field->name, COLUMN_FIELD, field->kind, field,
                                 .nullable = field->nullable };

        if (key && key->source == COLUMN_KEY && key->kind == field->kind)
            continue;
        if (key && key->source == COLUMN_KEY)
            return error_set(error, LEAT_E_ARGUMENT,
                             "table '%s': key column '%s' and the field are of different types",
                             table->table, field->name);
        if (columns_add(columns, table, column, error))
            return error->code;
    }
    return LEAT_OK;
}

static int columns_check_indexes(const struct sink_table *table, const struct columns *columns,
                                 struct leat_error *error)
{
    const struct column *by;

    for (size_t i = 0; i < SINK_INDEXES; i++) {
        for (size_t k = 0; k < SINK_KEY_COLUMNS && table->indexes[i][k]; k++) {
            if (!columns_find(columns, table->indexes[i][k]))
                return error_set(error, LEAT_E_ARGUMENT, "table '%s' has no column '%s' to index",
                                 table->table, table->indexes[i][k]);
        }
    }
    if (!table->partition_by)
        return LEAT_OK;
    by = columns_find(columns, table->partition_by);
    if (table->mode != SINK_FACTS || !by || by->kind != LEAT_TIMESTAMP || by->nullable)
        return error_set(error, LEAT_E_ARGUMENT,
                         "table '%s' cannot be divided by '%s': that takes a table of facts and a "
                         "timestamp that is never null", table->table, table->partition_by);
    return LEAT_OK;
}

static int columns_check(const struct sink_table *table, struct leat_error *error)
{
    size_t keys = table_key_count(table);

    if (!table_identifier(table->table))
        return error_set(error, LEAT_E_ARGUMENT,
                         "'%s' is no table's name: letters, digits and _ only", table->table);
    if (!table->type || !table->type->field_count)
        return error_set(error, LEAT_E_ARGUMENT, "table '%s' needs a record type", table->table);
    if (table->mode == SINK_UPSERT && !keys)
        return error_set(error, LEAT_E_ARGUMENT, "table '%s' needs a key", table->table);
    if (table->mode == SINK_UPSERT && table->key_form == SINK_KEY_WINDOWED && keys > 2)
        return error_set(error, LEAT_E_ARGUMENT, "table '%s': a windowed key has two parts",
                         table->table);
    return LEAT_OK;
}

int columns_new(const struct sink_table *table, struct columns *columns, struct leat_error *error)
{
    int status = columns_check(table, error);

    *columns = (struct columns){ 0 };
    if (status)
        return status;
    columns->items = memory_array(table->type->field_count + SINK_KEY_COLUMNS,
                                  sizeof(*columns->items));
    status = columns_of_record(table, columns, error);
    if (!status)
        status = columns_of_value(table, columns, error);
    if (!status)
        status = columns_check_indexes(table, columns, error);
    if (status)
        columns_free(columns);
    return status;
}

void columns_free(struct columns *columns)
{
    memory_free(columns->items);
    *columns = (struct columns){ 0 };
}
