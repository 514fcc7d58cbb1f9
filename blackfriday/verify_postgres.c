/* verify_postgres.c - rows of a database's tables as the structs that their topics hold.
 *
 * A column is named as its field. Rows come one at a time, as text in forms that read back exactly:
 * times as milliseconds, arrays as items and fields between separators that text cannot hold.
 */
#include "blackfriday/verify_postgres.h"

#include "base/memory.h"

#include <libpq-fe.h>
#include <stdlib.h>

enum { QUERY_BYTES = 16384, ITEM_END = '\x1e', FIELD_END = '\x1f', ITEMS = 1024 };

struct verify_database {
    PGconn *connection;
    const char *schema;
};

static int failed(struct verify_database *database, const char *action, struct leat_error *error)
{
    return error_set(error, LEAT_E_SINK, "cannot %s the database: %s", action,
                     PQerrorMessage(database->connection));
}

void verify_database_close(struct verify_database *database)
{
    if (!database)
        return;
    PQfinish(database->connection);
    memory_free(database);
}

int verify_database_open(const char *conninfo, const char *schema, struct verify_database **out,
                         struct leat_error *error)
{
    struct verify_database *database = memory_new(sizeof *database);
    int code;

    database->schema = schema;
    database->connection = PQconnectdb(conninfo);
    if (PQstatus(database->connection) != CONNECTION_OK) {
        code = failed(database, "connect to", error);
        verify_database_close(database);
        return code;
    }
    *out = database;
    return LEAT_OK;
}

/* ---- the query ---------------------------------------------------------------------------- */

static void array_column(const struct leat_field *field, struct buffer *query)
{
    buffer_text(query, "(SELECT string_agg(concat_ws(E'\\x1f'");
    for (size_t i = 0; i < field->of->field_count; i++)
        buffer_format(query, ", item->>'%s'", field->of->fields[i].name);
    buffer_format(query, "), E'\\x1e' ORDER BY place) FROM jsonb_array_elements(%s) "
                  "WITH ORDINALITY AS items(item, place))", field->name);
}

static void columns(const struct leat_type *type, struct buffer *query)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct leat_field *field = &type->fields[i];

        buffer_text(query, i ? ", " : "SELECT ");
        if (field->kind == LEAT_TIMESTAMP)
            buffer_format(query, "(extract(epoch FROM \"%s\") * 1000)::bigint", field->name);
        else if (field->kind == LEAT_ARRAY)
            array_column(field, query);
        else
            buffer_format(query, "\"%s\"", field->name);
    }
}

static char *table_name(struct verify_database *database, const char *topic)
{
    char *name = memory_text(topic), *schema, *table, *full;

    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    schema = PQescapeIdentifier(database->connection, database->schema, strlen(database->schema));
    table = PQescapeIdentifier(database->connection, name, strlen(name));
    full = memory_format("%s.%s", schema, table);
    PQfreemem(schema);
    PQfreemem(table);
    memory_free(name);
    return full;
}

/* 1: there is such a table, 0: none, or a negative code. */
static int has_table(struct verify_database *database, const char *table, struct leat_error *error)
{
    PGresult *result = PQexecParams(database->connection, "SELECT to_regclass($1) IS NOT NULL", 1,
                                    NULL, &table, NULL, NULL, 0);
    int code;

    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        code = PQgetvalue(result, 0, 0)[0] == 't';
    else
        code = failed(database, "ask", error);
    PQclear(result);
    return code;
}

/* ---- a row -------------------------------------------------------------------------------- */

/* "-12.3" with scale 2 is -1230. */
static int64_t decimal_of(const char *text, int scale)
{
    bool negative = *text == '-';
    int64_t unscaled = 0;
    int behind = -1;

    for (text += negative; *text && behind < scale; text++) {
        if (*text == '.') {
            behind = 0;
            continue;
        }
        unscaled = unscaled * 10 + (*text - '0');
        behind += behind >= 0;
    }
    for (behind = behind < 0 ? 0 : behind; behind < scale; behind++)
        unscaled *= 10;
    return negative ? -unscaled : unscaled;
}

static void scalar_of(const struct leat_field *field, const char *text, void *value)
{
    void *to = (char *)value + field->offset;

    switch (field->kind) {
    case LEAT_STRING:
        *(struct leat_bytes *)to = leat_bytes(text, strlen(text));
        break;
    case LEAT_INT:
        *(int32_t *)to = (int32_t)strtol(text, NULL, 10);
        break;
    case LEAT_DOUBLE:
        *(double *)to = strtod(text, NULL);
        break;
    case LEAT_DECIMAL:
        *(int64_t *)to = decimal_of(text, field->scale);
        break;
    default:
        *(int64_t *)to = strtoll(text, NULL, 10);
        break;
    }
}

/* Cuts text at the separator and returns the piece; *rest is what follows, NULL at the end. */
static char *piece(char **rest, char separator)
{
    char *start = *rest, *end = strchr(start, separator);

    *rest = end ? end + 1 : NULL;
    if (end)
        *end = 0;
    return start;
}

static void array_of(const struct leat_field *field, const char *text, struct arena *arena,
                     void *value)
{
    struct { size_t count; const void *items; } *array = (void *)((char *)value + field->offset);
    char *rest, *items = arena_zeroed(arena, ITEMS * field->of->size);
    size_t size = strlen(text) + 1;

    rest = size > 1 ? memcpy(arena_new(arena, size), text, size) : NULL;
    for (array->count = 0; rest && array->count < ITEMS; array->count++) {
        char *item = piece(&rest, ITEM_END);

        for (size_t f = 0; item && f < field->of->field_count; f++)
            scalar_of(&field->of->fields[f], piece(&item, FIELD_END),
                      items + array->count * field->of->size);
    }
    array->items = items;
}

static void *row_of(const PGresult *result, const struct leat_type *type, struct arena *arena)
{
    void *value = arena_zeroed(arena, type->size);

    for (size_t i = 0; i < type->field_count; i++) {
        const char *text = PQgetvalue(result, 0, (int)i);

        if (type->fields[i].kind == LEAT_ARRAY)
            array_of(&type->fields[i], text, arena, value);
        else
            scalar_of(&type->fields[i], text, value);
    }
    return value;
}

static int read_rows(struct verify_database *database, const struct leat_type *type,
                     struct arena *scratch, void (*each)(void *, const void *), void *user,
                     struct leat_error *error)
{
    PGresult *result;
    int code = LEAT_OK;

    while ((result = PQgetResult(database->connection))) {
        ExecStatusType status = PQresultStatus(result);

        if (status == PGRES_SINGLE_TUPLE && !code) {
            arena_reset(scratch);
            each(user, row_of(result, type, scratch));
        } else if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && !code) {
            code = failed(database, "read", error);
        }
        PQclear(result);
    }
    return code;
}

int verify_database_read(struct verify_database *database, const char *topic,
                         const struct leat_type *type, struct arena *scratch,
                         void (*each)(void *user, const void *value), void *user,
                         struct leat_error *error)
{
    char *table = table_name(database, topic);
    struct buffer query;
    int code = has_table(database, table, error);

    buffer_init(&query, QUERY_BYTES);
    columns(type, &query);
    buffer_format(&query, " FROM %s", table);
    (void)!buffer_add(&query, "", 1);
    if (code == 1) {
        if (!PQsendQuery(database->connection, query.data) ||
            !PQsetSingleRowMode(database->connection))
            code = failed(database, "ask", error);
        else
            code = read_rows(database, type, scratch, each, user, error);
    } else if (code == 0) {
        code = 1;
    }
    buffer_free(&query);
    memory_free(table);
    return code;
}
