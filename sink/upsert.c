/* upsert.c - the last row of each key, written by one statement that is fence and data at once.
 *
 * Rows are gathered by column, as PostgreSQL's arrays in their binary form. The statement moves
 * the position in a CTE; deletes and inserts run only where that changed its row. It runs in a
 * transaction of its own and in one round trip, so no lock of it ever waits for us.
 *
 * Entry points:  upsert_open()     - the statement's text, and the arrays
 *                upsert_write()    - a row, or a key to delete
 *                upsert_commit()   - sends it all
 */
#include "sink/postgres.h"

#include "base/limits.h"
#include "base/memory.h"
#include "sink/binary.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIXED = 6,         /* parameters before the arrays */
    NUMBER_TEXT = 24,
    ARRAY_HEAD = 20,   /* dimensions, nulls, type, count, first index */
    ARRAY_COUNT_AT = 12,
};

/* ---- the statement ------------------------------------------------------------------------ */

static int put_names(struct buffer *sql, const struct columns *columns, const char *format,
                     bool keys_too)
{
    const char *comma = "";
    int status = 0;

    for (size_t i = 0; i < columns->count; i++) {
        const char *name = columns->items[i].name;

        if (columns->items[i].source == COLUMN_KEY && !keys_too)
            continue;
        status |= buffer_text(sql, comma);
        status |= *format == '='
                      ? buffer_format(sql, "\"%s\" = EXCLUDED.\"%s\"", name, name)
                      : buffer_format(sql, "\"%s\"", name);
        comma = ", ";
    }
    return status;
}

static int put_arrays(struct buffer *sql, const struct columns *columns, size_t count, int first)
{
    int status = buffer_text(sql, "unnest(");

    for (size_t i = 0; i < count; i++)
        status |= buffer_format(sql, "%s$%d::%s[]", i ? ", " : "", first + (int)i,
                                binary_name_of(columns->items[i].kind));
    return status | buffer_text(sql, ")");
}

static int put_fence(struct buffer *sql, const struct postgres *pg)
{
    return buffer_format(
        sql,
        "WITH fence AS (UPDATE %s.sink_offset AS o SET next_offset = $6::int8 WHERE o.sink = $1 "
        "AND o.topic = $2 AND o.part = $3::int4 AND o.epoch = $4::int8 "
        "AND o.next_offset = $5::int8 RETURNING 1)", pg->schema);
}

static int put_delete(struct buffer *sql, const struct postgres *pg,
                      const struct postgres_table *table)
{
    size_t keys = table_key_count(table->spec);
    int status = buffer_format(sql, ", gone AS (DELETE FROM %s.\"%s\" AS t USING ", pg->schema,
                               table->spec->table);

    status |= put_arrays(sql, &table->columns, keys, FIXED + 1 + (int)table->columns.count);
    status |= buffer_text(sql, " AS k(");
    for (size_t i = 0; i < keys; i++)
        status |= buffer_format(sql, "%sk%zu", i ? ", " : "", i);
    status |= buffer_text(sql, ") WHERE EXISTS (SELECT FROM fence)");
    for (size_t i = 0; i < keys; i++)
        status |= buffer_format(sql, " AND t.\"%s\" = k.k%zu", table->columns.items[i].name, i);
    return status | buffer_text(sql, ")");
}

static int put_insert(struct buffer *sql, const struct postgres *pg,
                      const struct postgres_table *table)
{
    const struct columns *columns = &table->columns;
    size_t keys = table_key_count(table->spec);
    int status = buffer_format(sql, ", put AS (INSERT INTO %s.\"%s\" (", pg->schema,
                               table->spec->table);

    status |= put_names(sql, columns, "", true);
    status |= buffer_text(sql, ") SELECT * FROM ");
    status |= put_arrays(sql, columns, columns->count, FIXED + 1);
    status |= buffer_text(sql, " WHERE EXISTS (SELECT FROM fence) ON CONFLICT (");
    for (size_t i = 0; i < keys; i++)
        status |= buffer_format(sql, "%s\"%s\"", i ? ", " : "", columns->items[i].name);
    if (columns->count == keys)
        return status | buffer_text(sql, ") DO NOTHING)");
    status |= buffer_text(sql, ") DO UPDATE SET ");
    status |= put_names(sql, columns, "=", false);
    return status | buffer_text(sql, ")");
}

int upsert_open(struct postgres *pg, struct postgres_table *table, struct leat_error *error)
{
    size_t keys = table_key_count(table->spec);
    struct buffer sql;
    int status;

    buffer_init(&sql, LIMIT_SCHEMA_BYTES);
    status = put_fence(&sql, pg);
    status |= put_delete(&sql, pg, table);
    status |= put_insert(&sql, pg, table);
    status |= buffer_text(&sql, " SELECT count(*) FROM fence");
    if (!status)
        table->put = ddl_text(&sql);
    buffer_free(&sql);
    if (status)
        return error_set(error, LEAT_E_ARGUMENT, "table '%s' has too many columns",
                         table->spec->table);
    table->values = memory_array(table->columns.count, sizeof(*table->values));
    table->gone = memory_array(keys, sizeof(*table->gone));
    table->sizes = memory_array(table->columns.count, sizeof(*table->sizes));
    for (size_t i = 0; i < table->columns.count; i++)
        buffer_init(&table->values[i], LIMIT_SINK_BATCH_BYTES);
    for (size_t i = 0; i < keys; i++)
        buffer_init(&table->gone[i], LIMIT_SINK_BATCH_BYTES);
    return LEAT_OK;
}

/* ---- rows --------------------------------------------------------------------------------- */

static void array_clear(struct buffer *array, enum leat_kind kind)
{
    int status;

    array->size = 0;
    status = binary_raw32(array, 1);
    status |= binary_raw32(array, 1);
    status |= binary_raw32(array, (int32_t)binary_oid_of(kind));
    status |= binary_raw32(array, 0);
    status |= binary_raw32(array, 1);
    assert(!status && array->size == ARRAY_HEAD);
}

void upsert_clear(struct postgres_table *table)
{
    for (size_t i = 0; i < table->columns.count; i++)
        array_clear(&table->values[i], table->columns.items[i].kind);
    for (size_t i = 0; i < table_key_count(table->spec); i++)
        array_clear(&table->gone[i], table->columns.items[i].kind);
    table->rows = 0;
    table->deletes = 0;
}

static int write_key(const struct postgres_table *table, const struct column *column,
                     struct leat_bytes key, struct buffer *out, struct leat_error *error)
{
    struct leat_bytes text = { 0 };
    int64_t start_ms = 0;

    if (column->kind == LEAT_TIMESTAMP) {
        if (table_key_start(key, &start_ms, error))
            return error->code;
        return binary_timestamp(out, start_ms, error);
    }
    if (table_key_text(table->spec, key, column->key_part, &text, error))
        return error->code;
    return binary_text(out, text, error);
}

static int write_columns(struct postgres_table *table, const struct sink_row *row,
                         struct buffer *arrays, size_t count, struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < count; i++)
        table->sizes[i] = arrays[i].size;
    for (size_t i = 0; i < count && !status; i++) {
        const struct column *column = &table->columns.items[i];

        status = column->source == COLUMN_KEY
                     ? write_key(table, column, row->key, &arrays[i], error)
                     : binary_field(&arrays[i], column->field, row->value, error);
    }
    for (size_t i = 0; i < count && status; i++)
        arrays[i].size = table->sizes[i];
    if (status == LEAT_E_LIMIT)
        return error_set(error, LEAT_E_LIMIT, "the batch for table '%s' is full",
                         table->spec->table);
    return status;
}

int upsert_write(struct postgres_table *table, const struct sink_row *row,
                 struct leat_error *error)
{
    size_t keys = table_key_count(table->spec);
    int status;

    if (!row->value) {
        status = write_columns(table, row, table->gone, keys, error);
        table->deletes += !status;
        return status;
    }
    status = write_columns(table, row, table->values, table->columns.count, error);
    table->rows += !status;
    return status;
}

/* ---- commit ------------------------------------------------------------------------------- */

struct parameters {
    const char **values;
    int *lengths, *formats;
    int count;
};

static void parameters_add(struct parameters *parameters, struct leat_bytes value, int format)
{
    parameters->values[parameters->count] = value.data;
    parameters->lengths[parameters->count] = (int)value.size;
    parameters->formats[parameters->count] = format;
    parameters->count++;
}

static void parameters_add_arrays(struct parameters *parameters, struct buffer *arrays,
                                  size_t count, size_t rows)
{
    for (size_t i = 0; i < count; i++) {
        binary_patch(&arrays[i], ARRAY_COUNT_AT, (int32_t)rows);
        parameters_add(parameters, buffer_bytes(&arrays[i]), 1);
    }
}

static int upsert_send(struct postgres *pg, struct postgres_table *table,
                       const struct parameters *parameters, struct leat_error *error)
{
    char action[LIMIT_NAME_BYTES];
    struct postgres_query query = { .action = action, .prepared = table->spec->table,
                                    .count = parameters->count, .values = parameters->values,
                                    .lengths = parameters->lengths,
                                    .formats = parameters->formats };
    PGresult *result = NULL;
    int status;

    snprintf(action, sizeof(action), "write to table '%s'", table->spec->table);
    if (table->prepared != pg->connections) {
        if (postgres_prepare(pg, table->spec->table, table->put, error))
            return error->code;
        table->prepared = pg->connections;
    }
    status = postgres_query(pg, &query, &result, error);
    if (!status && strcmp(PQgetvalue(result, 0, 0), "1") != 0)
        status = error_set(error, LEAT_E_FENCED, "the position was moved by another");
    PQclear(result);
    return status;
}

int upsert_commit(struct postgres *pg, struct postgres_table *table, int64_t next_offset,
                  struct leat_error *error)
{
    const struct sink_claim *claim = pg->claim;
    size_t keys = table_key_count(table->spec);
    size_t most = FIXED + table->columns.count + keys;
    struct parameters parameters = { memory_array(most, sizeof(char *)),
                                     memory_array(most, sizeof(int)),
                                     memory_array(most, sizeof(int)), 0 };
    int64_t numbers[] = { claim->partition, claim->epoch, claim->next_offset, next_offset };
    char texts[4][NUMBER_TEXT];
    int status;

    parameters_add(&parameters, leat_bytes_of(pg->id), 0);
    parameters_add(&parameters, leat_bytes_of(table->spec->topic), 0);
    for (size_t i = 0; i < 4; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%" PRId64, numbers[i]);
        parameters_add(&parameters, leat_bytes_of(texts[i]), 0);
    }
    parameters_add_arrays(&parameters, table->values, table->columns.count, table->rows);
    parameters_add_arrays(&parameters, table->gone, keys, table->deletes);
    status = upsert_send(pg, table, &parameters, error);
    memory_free(parameters.values);
    memory_free(parameters.lengths);
    memory_free(parameters.formats);
    return status;
}
