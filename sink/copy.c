/* copy.c - facts, which only grow: COPY straight into the table, the fence at its end.
 *
 * COPY and fence are one request, and so one transaction that commits by itself: nothing of it
 * waits for us once the data is sent. A fence that changed no row divides by zero and takes the
 * rows with it. The fence stands last, because an owner that freezes while it sends would hold
 * its lock for as long as it pleases.
 *
 * Entry points:  copy_open()     - the request's head
 *                copy_write()    - a row
 *                copy_commit()   - makes the day partitions that are missing, then sends it all
 */
#include "sink/postgres.h"

#include "base/failpoint.h"
#include "base/limits.h"
#include "base/memory.h"
#include "sink/binary.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

int copy_open(struct postgres *pg, struct postgres_table *table, struct leat_error *error)
{
    const struct columns *columns = &table->columns;
    struct buffer sql;
    int status;

    buffer_init(&sql, LIMIT_SCHEMA_BYTES);
    status = buffer_format(&sql, "COPY %s.\"%s\" (", pg->schema, table->spec->table);
    for (size_t i = 0; i < columns->count; i++)
        status |= buffer_format(&sql, "%s\"%s\"", i ? ", " : "", columns->items[i].name);
    status |= buffer_text(&sql, ") FROM STDIN (FORMAT binary)");
    if (!status)
        table->put = ddl_text(&sql);
    buffer_free(&sql);
    if (status)
        return error_set(error, LEAT_E_ARGUMENT, "table '%s' has too many columns",
                         table->spec->table);
    table->values = memory_array(columns->count, sizeof(*table->values));
    for (size_t i = 0; i < columns->count; i++)
        buffer_init(&table->values[i], LIMIT_SINK_BATCH_BYTES);
    return LEAT_OK;
}

void copy_clear(struct postgres_table *table)
{
    static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
    int status;

    _Static_assert(sizeof(head) - 1 == 19, "signature, flags, length of the extension");
    table->values[0].size = 0;
    table->rows = 0;
    table->pending_day_count = 0;
    status = buffer_add(&table->values[0], head, sizeof(head) - 1);
    assert(!status);
}

/* ---- rows --------------------------------------------------------------------------------- */

static void need_day(struct postgres_table *table, const struct sink_row *row)
{
    const struct column *by = columns_find(&table->columns, table->spec->partition_by);
    int64_t at_ms = 0, day;

    memcpy(&at_ms, (const char *)row->value + by->field->offset, sizeof(at_ms));
    day = at_ms / DAY_MS - (at_ms % DAY_MS < 0);
    for (size_t i = table->pending_day_count; i-- > 0;) {
        if (table->pending_days[i] == day)
            return;
    }
    table->pending_days = memory_grow(table->pending_days, table->pending_day_count,
                                      &table->pending_day_capacity, sizeof(day));
    table->pending_days[table->pending_day_count++] = day;
}

static int write_column(struct buffer *out, const struct column *column, int32_t partition,
                        const struct sink_row *row, struct leat_error *error)
{
    switch (column->source) {
    case COLUMN_PARTITION: return binary_int(out, partition);
    case COLUMN_OFFSET: return binary_long(out, row->offset);
    case COLUMN_FIELD: return binary_field(out, column->field, row->value, error);
    case COLUMN_KEY: break;
    }
    assert(!"facts have no key");
    return LEAT_E_DATA;
}

int copy_write(struct postgres_table *table, int32_t partition, const struct sink_row *row,
               struct leat_error *error)
{
    struct buffer *out = &table->values[0];
    size_t before = out->size;
    int status;

    if (!row->value)
        return error_set(error, LEAT_E_DATA, "the value is null, and table '%s' holds facts",
                         table->spec->table);
    status = binary_raw16(out, (int16_t)table->columns.count);
    for (size_t i = 0; i < table->columns.count && !status; i++)
        status = write_column(out, &table->columns.items[i], partition, row, error);
    if (status) {
        out->size = before;
        if (status == LEAT_E_LIMIT)
            error_set(error, LEAT_E_LIMIT, "the batch for table '%s' is full", table->spec->table);
        return status;
    }
    if (table->spec->partition_by)
        need_day(table, row);
    table->rows++;
    return LEAT_OK;
}

/* ---- commit ------------------------------------------------------------------------------- */

static int make_days(struct postgres *pg, struct postgres_table *table, struct leat_error *error)
{
    for (size_t i = 0; i < table->pending_day_count; i++) {
        int64_t day = table->pending_days[i];
        struct leat_bytes key = leat_bytes(&day, sizeof(day));

        if (map_get(&table->days, key))
            continue;
        if (table->days.count < LIMIT_SINK_DAYS && ddl_day(pg, table, day, error))
            return error->code;
        if (table->days.count < LIMIT_SINK_DAYS)
            map_put(&table->days, key, table);
    }
    return LEAT_OK;
}

/* The topic and the sink's name are the user's words: they are quoted as text. */
static int request_text(struct postgres *pg, const struct postgres_table *table,
                        int64_t next_offset, struct buffer *sql, struct leat_error *error)
{
    const struct sink_claim *claim = pg->claim;
    char *id = PQescapeLiteral(pg->connection, pg->id, strlen(pg->id));
    char *topic = PQescapeLiteral(pg->connection, table->spec->topic, strlen(table->spec->topic));
    int status = LEAT_E_LIMIT;

    if (id && topic)
        status = buffer_format(
            sql,
            "%s; WITH fence AS (UPDATE %s.sink_offset AS o SET next_offset = %" PRId64
            " WHERE o.sink = %s AND o.topic = %s AND o.part = %" PRId32 " AND o.epoch = %" PRId64
            " AND o.next_offset = %" PRId64 " RETURNING 1) SELECT 1 / count(*) FROM fence",
            table->put, pg->schema, next_offset, id, topic, claim->partition, claim->epoch,
            claim->next_offset);
    PQfreemem(id);
    PQfreemem(topic);
    if (status)
        return error_set(error, LEAT_E_ARGUMENT, "the name of topic '%s' cannot be quoted",
                         table->spec->topic);
    return LEAT_OK;
}

static int put_data(struct postgres *pg, struct postgres_table *table, const char *action,
                    struct leat_error *error)
{
    struct buffer *data = &table->values[0];
    size_t sent = 0;

    if (binary_raw16(data, -1))
        return error_set(error, LEAT_E_LIMIT, "the batch for table '%s' is full",
                         table->spec->table);
    while (sent < data->size) {
        size_t piece = data->size - sent < (1 << 20) ? data->size - sent : 1 << 20;
        int put = PQputCopyData(pg->connection, data->data + sent, (int)piece);

        if (put < 0)
            return postgres_fail(pg, action, NULL, error);
        if (put)
            sent += piece;
        if (postgres_flush(pg, action, error))
            return error->code;
    }
    failpoint("sink-copy");
    while ((sent = (size_t)PQputCopyEnd(pg->connection, NULL)) == 0) {
        if (postgres_flush(pg, action, error))
            return error->code;
    }
    return sent == 1 ? LEAT_OK : postgres_fail(pg, action, NULL, error);
}

static int copy_send(struct postgres *pg, struct postgres_table *table, const char *sql,
                     struct leat_error *error)
{
    char action[LIMIT_NAME_BYTES];
    PGresult *result = NULL;
    int status;

    snprintf(action, sizeof(action), "write to table '%s'", table->spec->table);
    if (!PQsendQuery(pg->connection, sql))
        return postgres_fail(pg, action, NULL, error);
    status = postgres_result(pg, action, &result, error);
    PQclear(result);
    if (status)
        return status;
    if (put_data(pg, table, action, error))
        return error->code;
    result = NULL;
    status = postgres_result(pg, action, &result, error);
    PQclear(result);
    return status;
}

int copy_commit(struct postgres *pg, struct postgres_table *table, int64_t next_offset,
                struct leat_error *error)
{
    struct buffer sql;
    int status;

    if (make_days(pg, table, error))
        return error->code;
    buffer_init(&sql, LIMIT_SCHEMA_BYTES);
    status = request_text(pg, table, next_offset, &sql, error);
    if (!status)
        status = copy_send(pg, table, sql.data, error);
    buffer_free(&sql);
    return status;
}
