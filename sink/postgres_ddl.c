/* postgres_ddl.c - schema, tables, day partitions and views, made where they are missing.
 *
 * What exists is left as it is, so a role without the right to create works on tables that
 * another made. Names were checked by table_identifier() and stand between quotes; nothing that
 * comes from a record is ever part of a statement. Several sinks may start at once: they take
 * turns by an advisory lock that ends with the transaction.
 *
 * Entry points:  ddl_apply()   - at the first connection, and after the server refused a statement
 *                ddl_day()     - one day's partition, when its first row comes
 * See also:      table.c (columns from a type's fields)
 */
#include "sink/postgres.h"

#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "sink/binary.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NAME_TEXT = 160, DAY_SECONDS = 24 * 60 * 60, LAST_DAY = 84370 /* in the year 2200 */ };

char *ddl_text(const struct buffer *sql)
{
    return memory_format("%.*s", (int)sql->size, sql->data);
}

/* ---- tables ------------------------------------------------------------------------------- */

static int ddl_lock(struct buffer *sql, const struct postgres *pg, const char *verb)
{
    return buffer_format(sql, "%s pg_advisory_xact_lock(hashtextextended('leat-sink %s', 0)); ",
                         verb, pg->schema);
}

static int ddl_schema(struct buffer *sql, const struct postgres *pg)
{
    int status = buffer_format(sql, "IF to_regnamespace('%s') IS NULL THEN CREATE SCHEMA %s; "
                                    "END IF; ", pg->schema, pg->schema);

    status |= buffer_format(sql, "IF to_regclass('%s.sink_offset') IS NULL THEN ", pg->schema);
    return status | buffer_format(
        sql,
        "CREATE TABLE %s.sink_offset (sink text NOT NULL, topic text NOT NULL, "
        "part int4 NOT NULL, next_offset int8 NOT NULL, epoch int8 NOT NULL, "
        "backend_pid int4, backend_start timestamptz, PRIMARY KEY (sink, topic, part)) "
        "WITH (fillfactor = 50); END IF; ", pg->schema);
}

static int ddl_column(struct buffer *sql, const struct column *column)
{
    int status = buffer_format(sql, "\"%s\" %s", column->name, binary_name_of(column->kind));

    if (column->kind == LEAT_DECIMAL)
        status |= buffer_format(sql, "(%d,%d)", column->field->precision, column->field->scale);
    return status | buffer_text(sql, column->nullable ? ", " : " NOT NULL, ");
}

/* A fact is named by its place in the log; the day comes with it, since each partition of a table
 * has an index of its own. */
static int ddl_primary_key(struct buffer *sql, const struct postgres_table *table)
{
    size_t keys = table_key_count(table->spec);
    int status = buffer_text(sql, "PRIMARY KEY (");

    if (table->spec->mode == SINK_FACTS) {
        if (table->spec->partition_by)
            status |= buffer_format(sql, "\"%s\", ", table->spec->partition_by);
        return status | buffer_text(sql, "source_partition, source_offset))");
    }
    for (size_t i = 0; i < keys; i++)
        status |= buffer_format(sql, "%s\"%s\"", i ? ", " : "", table->columns.items[i].name);
    return status | buffer_text(sql, "))");
}

/* Rows that change leave room in their page for the next version, so that indexes stay as they
 * are. */
static int ddl_table(struct buffer *sql, const struct postgres *pg,
                     const struct postgres_table *table)
{
    const char *name = table->spec->table;
    int status = buffer_format(sql, "IF to_regclass('%s.\"%s\"') IS NULL THEN CREATE TABLE "
                                    "%s.\"%s\" (", pg->schema, name, pg->schema, name);

    for (size_t i = 0; i < table->columns.count; i++)
        status |= ddl_column(sql, &table->columns.items[i]);
    status |= ddl_primary_key(sql, table);
    if (table->spec->mode == SINK_UPSERT)
        return status | buffer_text(sql, " WITH (fillfactor = 80); END IF; ");
    if (!table->spec->partition_by)
        return status | buffer_text(sql, "; END IF; ");
    status |= buffer_format(sql, " PARTITION BY RANGE (\"%s\"); ", table->spec->partition_by);
    return status | buffer_format(sql, "CREATE TABLE %s.\"%.50s_other\" PARTITION OF %s.\"%s\" "
                                       "DEFAULT; END IF; ", pg->schema, name, pg->schema, name);
}

static int ddl_index(struct buffer *sql, const struct postgres *pg,
                     const struct postgres_table *table, const char *const *columns)
{
    char name[NAME_TEXT];
    int used = snprintf(name, sizeof(name), "%.20s", table->spec->table), status;

    for (size_t i = 0; i < SINK_KEY_COLUMNS && columns[i]; i++)
        used += snprintf(name + used, sizeof(name) - (size_t)used, "_%.20s", columns[i]);
    name[used < 63 ? used : 63] = 0;
    status = buffer_format(sql, "IF to_regclass('%s.\"%s\"') IS NULL THEN CREATE INDEX \"%s\" ON "
                                "%s.\"%s\" (", pg->schema, name, name, pg->schema,
                           table->spec->table);
    for (size_t i = 0; i < SINK_KEY_COLUMNS && columns[i]; i++)
        status |= buffer_format(sql, "%s\"%s\"", i ? ", " : "", columns[i]);
    return status | buffer_text(sql, "); END IF; ");
}

static int ddl_tables(struct buffer *sql, const struct postgres *pg)
{
    int status = ddl_schema(sql, pg);

    for (size_t i = 0; i < pg->table_count; i++)
        status |= ddl_table(sql, pg, &pg->tables[i]);
    return status;
}

static int ddl_indexes(struct buffer *sql, const struct postgres *pg)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < pg->table_count; i++) {
        const struct postgres_table *table = &pg->tables[i];

        for (size_t k = 0; k < SINK_INDEXES && table->spec->indexes[k][0]; k++)
            status |= ddl_index(sql, pg, table, table->spec->indexes[k]);
    }
    return status;
}

static int ddl_create(struct postgres *pg, int (*body)(struct buffer *, const struct postgres *),
                      const char *action, struct leat_error *error)
{
    struct buffer sql;
    int status;

    buffer_init(&sql, LIMIT_SCHEMA_BYTES);
    status = buffer_text(&sql, "DO $ddl$ BEGIN ");
    status |= ddl_lock(&sql, pg, "PERFORM");
    status |= body(&sql, pg);
    status |= buffer_format(&sql, "END $ddl$");
    if (status)
        status = error_set(error, LEAT_E_ARGUMENT, "the sink has too many tables");
    else
        status = postgres_do(pg, action, sql.data, error);
    buffer_free(&sql);
    return status;
}

/* ---- whether they fit --------------------------------------------------------------------- */

struct ddl_found {
    bool here;
    int64_t oid;
    const char *type;
};

static struct ddl_found ddl_find(const PGresult *rows, const char *name)
{
    for (int i = 0; i < PQntuples(rows); i++) {
        if (!strcmp(PQgetvalue(rows, i, 0), name))
            return (struct ddl_found){ true, strtoll(PQgetvalue(rows, i, 1), NULL, 10),
                                       PQgetvalue(rows, i, 2) };
    }
    return (struct ddl_found){ 0 };
}

static int ddl_check_column(const struct postgres *pg, const struct postgres_table *table,
                            const struct column *column, const PGresult *rows,
                            struct leat_error *error)
{
    struct ddl_found found = ddl_find(rows, column->name);
    int64_t wanted = binary_oid_of(column->kind);

    if (!found.here)
        return error_set(error, LEAT_E_SINK,
                         "table %s.\"%s\" has no column \"%s\": add it with ALTER TABLE %s.\"%s\" "
                         "ADD COLUMN \"%s\" %s", pg->schema, table->spec->table, column->name,
                         pg->schema, table->spec->table, column->name,
                         binary_name_of(column->kind));
    if (found.oid == wanted || (wanted == OID_TEXT && found.oid == OID_VARCHAR))
        return LEAT_OK;
    return error_set(error, LEAT_E_SINK,
                     "column \"%s\" of table %s.\"%s\" is of type %s where %s is needed: change "
                     "it with ALTER TABLE, or write to another schema", column->name, pg->schema,
                     table->spec->table, found.type, binary_name_of(column->kind));
}

/* A column that is not ours would make every row a bad one if it had to be filled. */
static int ddl_check_others(const struct postgres *pg, const struct postgres_table *table,
                            const PGresult *rows, struct leat_error *error)
{
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *name = PQgetvalue(rows, i, 0);
        bool must = *PQgetvalue(rows, i, 3) == 't';

        if (must && !columns_find(&table->columns, name))
            return error_set(error, LEAT_E_SINK,
                             "column \"%s\" of table %s.\"%s\" must not be null, and the sink has "
                             "nothing to write there: give it a default", name, pg->schema,
                             table->spec->table);
    }
    return LEAT_OK;
}

static int ddl_check_rows(const struct postgres *pg, const struct postgres_table *table,
                          const PGresult *rows, struct leat_error *error)
{
    if (!PQntuples(rows))
        return error_set(error, LEAT_E_SINK, "there is no table %s.\"%s\"", pg->schema,
                         table->spec->table);
    for (size_t i = 0; i < table->columns.count; i++) {
        if (ddl_check_column(pg, table, &table->columns.items[i], rows, error))
            return error->code;
    }
    return ddl_check_others(pg, table, rows, error);
}

static int ddl_check(struct postgres *pg, const struct postgres_table *table,
                     struct leat_error *error)
{
    char name[NAME_TEXT];
    const char *values[] = { name };
    struct postgres_query query = {
        .action = "look at a table", .count = 1, .values = values,
        .text = "SELECT a.attname, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid "
                "END::int8, t.typname, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' "
                "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = "
                "to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped",
    };
    PGresult *rows;
    int status;

    snprintf(name, sizeof(name), "%s.\"%s\"", pg->schema, table->spec->table);
    status = postgres_query(pg, &query, &rows, error);
    if (!status)
        status = ddl_check_rows(pg, table, rows, error);
    PQclear(rows);
    return status;
}

/* ---- views -------------------------------------------------------------------------------- */

/* A role that may only write leaves them to their owner. */
static int ddl_views(struct postgres *pg, struct leat_error *error)
{
    struct buffer sql;
    int status;

    buffer_init(&sql, LIMIT_SCHEMA_BYTES);
    status = ddl_lock(&sql, pg, "SELECT");
    status |= buffer_format(&sql, "SET search_path = %s, pg_catalog; ", pg->schema);
    status |= buffer_text(&sql, pg->views);
    status |= buffer_format(&sql, "; SET search_path = pg_catalog");
    if (status)
        status = error_set(error, LEAT_E_ARGUMENT, "the views are too long");
    else
        status = postgres_do(pg, "create the views", sql.data, error);
    buffer_free(&sql);
    if (status == LEAT_E_SINK && postgres_state_is(pg, "42501")) {
        log_warn("sink-views-left", "sink=%s reason=\"%s\"", pg->id, error->text);
        *error = (struct leat_error){ 0 };
        return LEAT_OK;
    }
    return status;
}

int ddl_apply(struct postgres *pg, struct leat_error *error)
{
    if (!pg->no_ddl && ddl_create(pg, ddl_tables, "create the tables", error))
        return error->code;
    for (size_t i = 0; i < pg->table_count; i++) {
        if (ddl_check(pg, &pg->tables[i], error))
            return error->code;
    }
    if (!pg->no_ddl && ddl_create(pg, ddl_indexes, "create the indexes", error))
        return error->code;
    if (!pg->no_ddl && pg->views && !pg->fitted) {
        if (ddl_views(pg, error))
            return error->code;
        pg->fitted = true;
    }
    return LEAT_OK;
}

/* ---- days --------------------------------------------------------------------------------- */

/* Attaching waits for no COPY that is under way, which creating the partition in place would. */
static int ddl_day_text(const struct postgres *pg, const struct postgres_table *table, int64_t day,
                        struct buffer *sql)
{
    time_t from = (time_t)(day * DAY_SECONDS), to = from + DAY_SECONDS;
    struct tm first, next;
    char name[NAME_TEXT];
    int status;

    if (!gmtime_r(&from, &first) || !gmtime_r(&to, &next))
        return LEAT_E_LIMIT;
    snprintf(name, sizeof(name), "%s.\"%.50s_%04d%02d%02d\"", pg->schema, table->spec->table,
             first.tm_year + 1900, first.tm_mon + 1, first.tm_mday);
    status = buffer_text(sql, "DO $ddl$ BEGIN ");
    status |= ddl_lock(sql, pg, "PERFORM");
    status |= buffer_format(sql, "IF to_regclass('%s') IS NULL THEN CREATE TABLE %s (LIKE "
                                 "%s.\"%s\" INCLUDING ALL); ", name, name, pg->schema,
                            table->spec->table);
    return status | buffer_format(
        sql,
        "ALTER TABLE %s.\"%s\" ATTACH PARTITION %s FOR VALUES FROM ('%04d-%02d-%02d 00:00:00+00') "
        "TO ('%04d-%02d-%02d 00:00:00+00'); END IF; END $ddl$", pg->schema, table->spec->table,
        name, first.tm_year + 1900, first.tm_mon + 1, first.tm_mday, next.tm_year + 1900,
        next.tm_mon + 1, next.tm_mday);
}

/* Days far off have no partition of their own; nor have those whose rows lie with the others
 * already, which the server then says. */
int ddl_day(struct postgres *pg, struct postgres_table *table, int64_t day,
            struct leat_error *error)
{
    struct buffer sql;
    int status;

    if (pg->no_ddl || day < 0 || day > LAST_DAY)
        return LEAT_OK;
    buffer_init(&sql, LIMIT_SCHEMA_BYTES);
    status = ddl_day_text(pg, table, day, &sql);
    if (status)
        status = error_set(error, LEAT_E_ARGUMENT, "a day of table '%s' cannot be named",
                           table->spec->table);
    else
        status = postgres_do(pg, "create a day's partition", sql.data, error);
    buffer_free(&sql);
    if (status == LEAT_E_DATA) {
        log_warn("sink-day-shared", "table=%s day=%" PRId64 " reason=\"%s\"", table->spec->table,
                 day, error->text);
        *error = (struct leat_error){ 0 };
        return LEAT_OK;
    }
    return status;
}
