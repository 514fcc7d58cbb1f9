/* fence.c - sink_offset: who may write a partition's rows, and how far they got.
 *
 * A claim raises the epoch of the partition's row; a batch moves the position only where position
 * and epoch are the ones it expects, in the transaction of its rows. So of two that write the
 * same partition one fails, whatever either believes. Claims wait for a batch that is being
 * committed, and then see it: that is how a commit without an answer is settled.
 *
 * An owner that froze inside a COPY holds its rows' keys until its backend ends, and no timeout
 * of the server ends it: whoever waits for such locks in vain ends it by fence_free().
 *
 * Entry points:  fence_take(), fence_keep()   - claim a partition, claim it again
 *                fence_look()                 - what became of a batch
 */
#include "sink/postgres.h"

#include "base/logline.h"
#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_TEXT = 24, SQL_TEXT = 2048 };

#define OWNER                                                                                      \
    "pg_backend_pid(), (SELECT a.backend_start FROM pg_stat_activity a "                           \
    "WHERE a.pid = pg_backend_pid())"

static const char take_sql[] =
    "INSERT INTO %s.sink_offset AS o (sink, topic, part, next_offset, epoch, backend_pid, "
    "backend_start) SELECT $1, $2, $3::int4, -1, 1, " OWNER
    " ON CONFLICT (sink, topic, part) DO UPDATE SET epoch = o.epoch + 1, "
    "backend_pid = EXCLUDED.backend_pid, backend_start = EXCLUDED.backend_start "
    "RETURNING o.next_offset, o.epoch";

static const char keep_sql[] =
    "UPDATE %s.sink_offset AS o SET epoch = o.epoch + 1, (backend_pid, backend_start) = "
    "(SELECT " OWNER ") WHERE o.sink = $1 AND o.topic = $2 AND o.part = $3::int4 "
    "AND o.epoch = $4::int8 RETURNING o.next_offset, o.epoch";

static const char look_sql[] =
    "SELECT o.next_offset, o.epoch FROM %s.sink_offset o "
    "WHERE o.sink = $1 AND o.topic = $2 AND o.part = $3::int4";

static const char move_sql[] =
    "UPDATE %s.sink_offset AS o SET next_offset = $6::int8 "
    "WHERE o.sink = $1 AND o.topic = $2 AND o.part = $3::int4 AND o.epoch = $4::int8 "
    "AND o.next_offset = $5::int8 RETURNING o.next_offset, o.epoch";

/* The recorded owner, and every peer of this sink that has sat in the middle of a request for
 * longer than any that lives. */
static const char free_sql[] =
    "SELECT a.pid, pg_terminate_backend(a.pid) FROM pg_stat_activity a "
    "WHERE a.pid <> pg_backend_pid() AND a.usename = current_user "
    "AND a.datname = current_database() AND ("
    "EXISTS (SELECT FROM %s.sink_offset o WHERE o.sink = $1 AND o.topic = $2 AND o.part = $3::int4"
    " AND o.backend_pid = a.pid AND o.backend_start = a.backend_start) "
    "OR (a.application_name = $4 AND a.wait_event = 'ClientRead' AND a.state <> 'idle' "
    "AND a.state_change < clock_timestamp() - interval '2 s'))";

static const char *claim_topic(const struct postgres *pg, const struct sink_claim *claim)
{
    return pg->tables[claim->table].spec->topic;
}

/* Runs one of the above; $1 to $3 are always sink, topic and partition. */
static int fence_run(struct postgres *pg, const struct sink_claim *claim, const char *action,
                     const char *sql, const char *const *more, int more_count, PGresult **result,
                     struct leat_error *error)
{
    char text[SQL_TEXT], partition[NUMBER_TEXT];
    const char *values[6] = { pg->id, claim_topic(pg, claim), partition };
    struct postgres_query query = { .action = action, .text = text, .count = 3 + more_count,
                                    .values = values };
    int status;

    assert(more_count <= 3);
    snprintf(partition, sizeof(partition), "%" PRId32, claim->partition);
    for (int i = 0; i < more_count; i++)
        values[3 + i] = more[i];
    /* The only thing that varies is the schema, whose name was checked. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    status = snprintf(text, sizeof(text), sql, pg->schema);
#pragma GCC diagnostic pop
    assert(status > 0 && (size_t)status < sizeof(text));
    status = postgres_query(pg, &query, result, error);
    if (status) {
        PQclear(*result);
        *result = NULL;
    }
    return status;
}

static int64_t result_number(const PGresult *result, int column)
{
    return strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

/* ---- claims ------------------------------------------------------------------------------- */

static int fence_claim(struct postgres *pg, struct sink_claim *claim, const char *sql,
                       const char *const *more, int more_count, struct leat_error *error)
{
    PGresult *result;
    int status = fence_run(pg, claim, "claim a partition", sql, more, more_count, &result, error);

    if (status)
        return status;
    if (PQntuples(result) == 1) {
        claim->next_offset = result_number(result, 0);
        claim->epoch = result_number(result, 1);
        claim->connection = pg->connections;
    } else {
        status = error_set(error, LEAT_E_FENCED, "another sink '%s' has taken topic '%s' [%" PRId32
                           "]", pg->id, claim_topic(pg, claim), claim->partition);
    }
    PQclear(result);
    return status;
}

/* Whoever holds the row longer than the lock timeout is frozen: it is ended, and the claim tried
 * once more. */
static int fence_claim_freeing(struct postgres *pg, struct sink_claim *claim, const char *sql,
                               const char *const *more, int more_count, struct leat_error *error)
{
    int status = fence_claim(pg, claim, sql, more, more_count, error);

    if (status != LEAT_E_RETRY || !pg->connection || !postgres_state_is(pg, "55P03"))
        return status;
    *error = (struct leat_error){ 0 };
    if (fence_free(pg, claim, error))
        return error->code;
    return fence_claim(pg, claim, sql, more, more_count, error);
}

int fence_take(struct postgres *pg, struct sink_claim *claim, struct leat_error *error)
{
    return fence_claim_freeing(pg, claim, take_sql, NULL, 0, error);
}

int fence_keep(struct postgres *pg, struct sink_claim *claim, struct leat_error *error)
{
    char epoch[NUMBER_TEXT];
    const char *more[] = { epoch };

    snprintf(epoch, sizeof(epoch), "%" PRId64, claim->epoch);
    return fence_claim_freeing(pg, claim, keep_sql, more, 1, error);
}

int fence_free(struct postgres *pg, const struct sink_claim *claim, struct leat_error *error)
{
    const char *more[] = { pg->application };
    PGresult *result;
    int status = fence_run(pg, claim, "end a frozen owner", free_sql, more, 1, &result, error);

    if (status)
        return status;
    for (int i = 0; i < PQntuples(result); i++)
        log_warn("sink-owner-ended", "sink=%s topic=%s partition=%" PRId32 " backend=%s", pg->id,
                 claim_topic(pg, claim), claim->partition, PQgetvalue(result, i, 0));
    PQclear(result);
    return LEAT_OK;
}

/* ---- batches ------------------------------------------------------------------------------ */

int fence_look(struct postgres *pg, const struct sink_claim *claim, int64_t next_offset,
               enum fence_state *state, struct leat_error *error)
{
    PGresult *result;
    int64_t epoch = -1, position = -1;
    int status = fence_run(pg, claim, "read a position", look_sql, NULL, 0, &result, error);

    if (status)
        return status;
    if (PQntuples(result) == 1) {
        position = result_number(result, 0);
        epoch = result_number(result, 1);
    }
    PQclear(result);
    if (epoch == claim->epoch && position == claim->next_offset)
        *state = FENCE_OURS;
    else if (epoch == claim->epoch && position == next_offset)
        *state = FENCE_COMMITTED;
    else
        return error_set(error, LEAT_E_FENCED, "another sink '%s' has taken topic '%s' [%" PRId32
                         "]", pg->id, claim_topic(pg, claim), claim->partition);
    return LEAT_OK;
}

int fence_move(struct postgres *pg, const struct sink_claim *claim, int64_t next_offset,
               struct leat_error *error)
{
    char epoch[NUMBER_TEXT], old[NUMBER_TEXT], new[NUMBER_TEXT];
    const char *more[] = { epoch, old, new };
    PGresult *result;
    int status;

    snprintf(epoch, sizeof(epoch), "%" PRId64, claim->epoch);
    snprintf(old, sizeof(old), "%" PRId64, claim->next_offset);
    snprintf(new, sizeof(new), "%" PRId64, next_offset);
    status = fence_run(pg, claim, "move a position", move_sql, more, 3, &result, error);
    if (!status && PQntuples(result) != 1)
        status = error_set(error, LEAT_E_FENCED, "the position was moved by another");
    PQclear(result);
    return status;
}
