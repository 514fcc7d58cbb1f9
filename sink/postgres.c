/* postgres.c - a connection to PostgreSQL as a sink.
 *
 * Entry points:  postgres_new()     - checks the options; the first resume or begin connects
 *                postgres_query()   - every statement goes through here and postgres_result()
 *                postgres_fail()    - every error of the server is translated here
 * Waits are never longer than the request timeout and end when the stop flag is set, so a server
 * that hangs holds nobody up. A connection that failed is closed, and the next begin makes
 * another one.
 * See also:      sink.h (the contract), fence.c (exactly once), runner.c (who calls)
 */
#include "sink/postgres.h"

#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

enum {
    REQUEST_TIMEOUT_MS = 30000,
    CONNECT_TIMEOUT_MS = 10000,
    WAIT_SLICE_MS = 100, /* how late a stop may be seen */
    REFUSALS = 3,        /* before a server that was never reached is given up */
};

/* Plans come from the index whatever the statistics say: each row is looked up by its key. */
static const char session[] =
    "SET search_path = pg_catalog; SET client_encoding = 'UTF8'; SET timezone = 'UTC';"
    "SET lock_timeout = '3s'; SET idle_in_transaction_session_timeout = '2s';"
    "SET statement_timeout = '60s'; SET synchronous_commit = on;"
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET client_min_messages = warning";

/* ---- errors ------------------------------------------------------------------------------- */

/* The first entry whose state is a prefix counts. Data errors are those that another row may not
 * meet; what is not listed is refused again whatever we do. */
static const struct {
    const char *state;
    int code;
} translations[] = {
    { "08", LEAT_E_RETRY },    /* connection */
    { "25006", LEAT_E_RETRY }, /* read only: a standby that may be promoted */
    { "25P03", LEAT_E_RETRY }, /* idle in transaction */
    { "40", LEAT_E_RETRY },    /* rolled back: serialisation, deadlock */
    { "53", LEAT_E_RETRY },    /* disk full, out of memory, too many connections */
    { "55006", LEAT_E_RETRY }, /* object in use */
    { "55P03", LEAT_E_RETRY }, /* lock timeout */
    { "57", LEAT_E_RETRY },    /* shut down, cancelled, starting up */
    { "58", LEAT_E_RETRY },    /* the system under it */
    { "22", LEAT_E_DATA },     /* value out of range, too long, of the wrong form */
    { "23", LEAT_E_DATA },     /* constraint */
    { "44", LEAT_E_DATA },     /* check option of a view */
    { "54", LEAT_E_DATA },     /* too large for an index or a page */
    { "P0", LEAT_E_DATA },     /* raised by a trigger */
};

bool postgres_state_is(const struct postgres *pg, const char *sqlstate)
{
    return !strcmp(pg->state, sqlstate);
}

static int translate(const char *state)
{
    for (size_t i = 0; i < sizeof(translations) / sizeof(*translations); i++) {
        if (!strncmp(state, translations[i].state, strlen(translations[i].state)))
            return translations[i].code;
    }
    return LEAT_E_SINK;
}

static void disconnect(struct postgres *pg)
{
    PQfinish(pg->connection);
    pg->connection = NULL;
}

/* libpq ends its messages with a line feed, and some have several lines. */
static int fail_connection(struct postgres *pg, const char *action, struct leat_error *error)
{
    const char *message = pg->connection ? PQerrorMessage(pg->connection) : "";

    error_set(error, LEAT_E_RETRY, "cannot %s: %.*s", action, (int)strcspn(message, "\n"),
              *message ? message : "the connection to PostgreSQL is gone");
    disconnect(pg);
    return LEAT_E_RETRY;
}

int postgres_fail(struct postgres *pg, const char *action, const PGresult *result,
                  struct leat_error *error)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message, *column, *constraint;
    int code;

    snprintf(pg->state, sizeof(pg->state), "%s", state ? state : "");
    if (!state || PQstatus(pg->connection) != CONNECTION_OK)
        return fail_connection(pg, action, error);
    message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    code = translate(state);
    error_set(error, code, "cannot %s: %s (%s%s%s%s%s)", action, message ? message : "error", state,
              column ? ", column " : "", column ? column : "",
              constraint ? ", constraint " : "", constraint ? constraint : "");
    return code;
}

/* ---- waiting ------------------------------------------------------------------------------ */

static bool stopping(const struct postgres *pg)
{
    return pg->stop && atomic_load(pg->stop);
}

/* What became of a request that ran out of time is settled when the claim is made again. */
static int give_up(struct postgres *pg, const char *action, struct leat_error *error)
{
    if (stopping(pg))
        error_set(error, LEAT_E_STOPPED, "cannot %s: the sink is stopping", action);
    else
        error_set(error, LEAT_E_RETRY, "cannot %s: no answer from PostgreSQL within %d ms", action,
                  pg->request_timeout_ms);
    disconnect(pg);
    return error->code;
}

/* Waits until the socket is ready for the events, or the deadline. */
static int wait_socket(struct postgres *pg, short events, int64_t deadline_ms, const char *action,
                       struct leat_error *error)
{
    struct pollfd socket = { .fd = PQsocket(pg->connection), .events = events };

    for (;;) {
        if (stopping(pg) || clock_ms(clock_system()) >= deadline_ms)
            return give_up(pg, action, error);
        if (poll(&socket, 1, WAIT_SLICE_MS) > 0)
            return LEAT_OK;
    }
}

int postgres_flush(struct postgres *pg, const char *action, struct leat_error *error)
{
    int64_t deadline_ms = clock_ms(clock_system()) + pg->request_timeout_ms;

    for (;;) {
        int left = PQflush(pg->connection);

        if (!left)
            return LEAT_OK;
        if (left < 0)
            return fail_connection(pg, action, error);
        if (wait_socket(pg, POLLIN | POLLOUT, deadline_ms, action, error))
            return error->code;
        /* A server that waits for us to read would never take the rest. */
        if (!PQconsumeInput(pg->connection))
            return fail_connection(pg, action, error);
    }
}

static int wait_result(struct postgres *pg, const char *action, struct leat_error *error)
{
    int64_t deadline_ms = clock_ms(clock_system()) + pg->request_timeout_ms;

    while (PQisBusy(pg->connection)) {
        if (wait_socket(pg, POLLIN, deadline_ms, action, error))
            return error->code;
        if (!PQconsumeInput(pg->connection))
            return fail_connection(pg, action, error);
    }
    return LEAT_OK;
}

static bool result_failed(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN;
}

/* All results are read, so that the connection is free for the next request; the first failure
 * counts, or else the last result. */
int postgres_result(struct postgres *pg, const char *action, PGresult **result,
                    struct leat_error *error)
{
    PGresult *kept = NULL, *next;

    if (postgres_flush(pg, action, error))
        return error->code;
    for (;;) {
        if (wait_result(pg, action, error)) {
            PQclear(kept);
            return error->code;
        }
        next = PQgetResult(pg->connection);
        if (!next)
            break;
        if (kept && result_failed(kept)) {
            PQclear(next);
            continue;
        }
        PQclear(kept);
        kept = next;
        if (PQresultStatus(kept) == PGRES_COPY_IN)
            break;
    }
    *result = kept;
    if (kept && !result_failed(kept))
        return LEAT_OK;
    return postgres_fail(pg, action, kept, error);
}

/* ---- statements --------------------------------------------------------------------------- */

int postgres_query(struct postgres *pg, const struct postgres_query *query, PGresult **result,
                   struct leat_error *error)
{
    int sent;

    *result = NULL;
    if (!pg->connection)
        return fail_connection(pg, query->action, error);
    if (query->prepared)
        sent = PQsendQueryPrepared(pg->connection, query->prepared, query->count, query->values,
                                   query->lengths, query->formats, 0);
    else
        sent = PQsendQueryParams(pg->connection, query->text, query->count, NULL, query->values,
                                 query->lengths, query->formats, 0);
    if (!sent)
        return fail_connection(pg, query->action, error);
    return postgres_result(pg, query->action, result, error);
}

int postgres_do(struct postgres *pg, const char *action, const char *text,
                struct leat_error *error)
{
    PGresult *result = NULL;
    int status;

    if (!pg->connection || !PQsendQuery(pg->connection, text))
        return fail_connection(pg, action, error);
    status = postgres_result(pg, action, &result, error);
    PQclear(result);
    return status;
}

int postgres_prepare(struct postgres *pg, const char *name, const char *text,
                     struct leat_error *error)
{
    PGresult *result = NULL;
    int status;

    if (!PQsendPrepare(pg->connection, name, text, 0, NULL))
        return fail_connection(pg, "prepare a statement", error);
    status = postgres_result(pg, "prepare a statement", &result, error);
    PQclear(result);
    return status;
}

/* ---- connecting --------------------------------------------------------------------------- */

static int connect_wait(struct postgres *pg, struct leat_error *error)
{
    int64_t deadline_ms = clock_ms(clock_system()) + CONNECT_TIMEOUT_MS;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;

    while (status != PGRES_POLLING_OK) {
        if (status == PGRES_POLLING_FAILED)
            return fail_connection(pg, "connect to PostgreSQL", error);
        if (wait_socket(pg, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_ms,
                        "connect to PostgreSQL", error))
            return error->code;
        status = PQconnectPoll(pg->connection);
    }
    return LEAT_OK;
}

static void on_notice(void *user, const char *message)
{
    const struct postgres *pg = user;

    log_debug("sink-notice", "sink=%s text=\"%.*s\"", pg->id, (int)strcspn(message, "\n"), message);
}

/* What stands before the connection string are defaults that it may override. */
static const char *const connect_names[] = {
    "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    "connect_timeout", "target_session_attrs", "dbname", "application_name", NULL,
};

static int connect_start(struct postgres *pg, const char *const *values,
                         struct leat_error *error)
{
    pg->connection = PQconnectStartParams(connect_names, values, 1);
    if (!pg->connection || PQstatus(pg->connection) == CONNECTION_BAD)
        return fail_connection(pg, "connect to PostgreSQL", error);
    PQsetNoticeProcessor(pg->connection, on_notice, pg);
    return connect_wait(pg, error);
}

/* Whether anybody answers there, whoever it is: no password is sent. */
static bool is_there(const struct postgres *pg)
{
    static const char *const names[] = { "connect_timeout", "dbname", "sslmode", NULL };
    const char *const values[] = { "5", pg->database, "prefer", NULL };

    return PQpingParams(names, values, 1) == PQPING_OK;
}

/* A server that is there and refuses us, or is refused by us, from the start, again and again, is
 * no outage: the password, the role, the database or the certificate is wrong. */
static int connect_failed(struct postgres *pg, struct leat_error *error)
{
    if (error->code != LEAT_E_RETRY || pg->connections)
        return error->code;
    pg->refusals = is_there(pg) ? pg->refusals + 1 : 0;
    if (pg->refusals >= REFUSALS)
        error->code = LEAT_E_SINK;
    return error->code;
}

static int connect_now(struct postgres *pg, struct leat_error *error)
{
    const char *values[] = { "5", "2", "3", "10000", "5", "read-write", pg->database,
                             pg->application, NULL };

    if (connect_start(pg, values, error))
        return connect_failed(pg, error);
    if (PQsetnonblocking(pg->connection, 1) ||
        postgres_do(pg, "set up the session", session, error))
        return error->code ? error->code : fail_connection(pg, "set up the session", error);
    pg->connections++;
    log_info("sink-connected", "sink=%s host=%s port=%s database=%s", pg->id,
             PQhost(pg->connection), PQport(pg->connection), PQdb(pg->connection));
    return LEAT_OK;
}

static int connected(struct postgres *pg, struct leat_error *error)
{
    if (pg->connection && PQstatus(pg->connection) != CONNECTION_OK)
        disconnect(pg);
    if (!pg->connection && connect_now(pg, error)) {
        if (pg->connection)
            disconnect(pg);
        return error->code;
    }
    if (!pg->checked) {
        if (ddl_apply(pg, error))
            return error->code;
        pg->checked = true;
    }
    return LEAT_OK;
}

/* ---- the sink ----------------------------------------------------------------------------- */

static int postgres_resume(struct sink *sink, struct sink_claim *claim, struct leat_error *error)
{
    struct postgres *pg = (struct postgres *)sink;

    if (connected(pg, error))
        return error->code;
    return fence_take(pg, claim, error);
}

static int postgres_begin(struct sink *sink, struct sink_claim *claim, struct leat_error *error)
{
    struct postgres *pg = (struct postgres *)sink;
    struct postgres_table *table = &pg->tables[claim->table];

    assert((size_t)claim->table < pg->table_count);
    if (connected(pg, error))
        return error->code;
    if (claim->connection != pg->connections && fence_keep(pg, claim, error))
        return error->code;
    pg->claim = claim;
    if (table->spec->mode == SINK_FACTS)
        copy_clear(table);
    else
        upsert_clear(table);
    return LEAT_OK;
}

static int postgres_write(struct sink *sink, const struct sink_row *row, struct leat_error *error)
{
    struct postgres *pg = (struct postgres *)sink;
    struct postgres_table *table = &pg->tables[pg->claim->table];

    if (table->spec->mode == SINK_FACTS)
        return copy_write(table, pg->claim->partition, row, error);
    return upsert_write(table, row, error);
}

/* A row may be refused only because the batch is in the table already, or because another owner
 * put it there: the fence says, before a row is blamed. */
static int commit_failed(struct postgres *pg, int64_t next_offset, struct leat_error *error)
{
    struct leat_error looked = { 0 };
    enum fence_state state;
    int status = error->code;
    bool fenced = status == LEAT_E_FENCED;

    if (status == LEAT_E_RETRY && pg->connection && postgres_state_is(pg, "55P03") &&
        fence_free(pg, pg->claim, &looked))
        log_warn("sink-free-failed", "sink=%s error=\"%s\"", pg->id, looked.text);
    if (status != LEAT_E_DATA && status != LEAT_E_FENCED)
        return status;
    status = fence_look(pg, pg->claim, next_offset, &state, &looked);
    if (status) {
        *error = looked;
        return status;
    }
    if (state == FENCE_COMMITTED) {
        *error = (struct leat_error){ 0 };
        return LEAT_OK;
    }
    if (fenced)
        return error_set(error, LEAT_E_RETRY, "the position of table '%s' was changed by hand",
                         pg->tables[pg->claim->table].spec->table);
    return LEAT_E_DATA;
}

static int postgres_commit(struct sink *sink, int64_t next_offset, struct leat_error *error)
{
    struct postgres *pg = (struct postgres *)sink;
    struct postgres_table *table = &pg->tables[pg->claim->table];
    int status;

    assert(next_offset >= pg->claim->next_offset);
    if (!table->rows && !table->deletes)
        status = fence_move(pg, pg->claim, next_offset, error);
    else if (table->spec->mode == SINK_FACTS)
        status = copy_commit(pg, table, next_offset, error);
    else
        status = upsert_commit(pg, table, next_offset, error);
    if (status)
        status = commit_failed(pg, next_offset, error);
    if (!status)
        pg->claim->next_offset = next_offset;
    return status;
}

static void table_free(struct postgres_table *table)
{
    size_t keys = table->gone ? table_key_count(table->spec) : 0;

    for (size_t i = 0; table->values && i < table->columns.count; i++)
        buffer_free(&table->values[i]);
    for (size_t i = 0; i < keys; i++)
        buffer_free(&table->gone[i]);
    memory_free(table->values);
    memory_free(table->gone);
    memory_free(table->sizes);
    memory_free(table->put);
    memory_free(table->pending_days);
    map_free(&table->days);
    columns_free(&table->columns);
}

static void postgres_close(struct sink *sink)
{
    struct postgres *pg = (struct postgres *)sink;

    disconnect(pg);
    for (size_t i = 0; i < pg->table_count; i++)
        table_free(&pg->tables[i]);
    memory_free(pg->tables);
    memory_free(pg->schema);
    memory_free(pg->application);
    memory_free(pg->id);
    memory_free(pg->database);
    memory_free(pg->views);
    memory_free(pg);
}

static const struct sink_ops postgres_ops = {
    postgres_resume, postgres_begin, postgres_write, postgres_commit, postgres_close,
};

/* ---- options ------------------------------------------------------------------------------ */

/* A password in a connection string ends up in process lists and logs. */
static int check_database(const char *database, struct leat_error *error)
{
    char *message = NULL;
    PQconninfoOption *parsed = PQconninfoParse(database, &message);

    if (!parsed) {
        error_set(error, LEAT_E_ARGUMENT, "the database's connection string is wrong: %.*s",
                  (int)strcspn(message ? message : "", "\n"), message ? message : "");
        PQfreemem(message);
        return error->code;
    }
    for (PQconninfoOption *option = parsed; option->keyword; option++) {
        if (strstr(option->keyword, "password") && option->val && *option->val)
            error_set(error, LEAT_E_ARGUMENT,
                      "the database's connection string holds a password: put it in a file that "
                      "passfile= or PGPASSFILE names, or in a service file");
    }
    PQconninfoFree(parsed);
    return error->code;
}

static int check_options(const struct postgres_options *options, const char *schema,
                         struct leat_error *error)
{
    if (!options->id || !*options->id || strlen(options->id) > 128)
        return error_set(error, LEAT_E_ARGUMENT, "a sink needs an id of 128 bytes at most");
    if (!table_identifier(schema))
        return error_set(error, LEAT_E_ARGUMENT,
                         "'%s' is no schema's name: letters, digits and _ only", schema);
    return check_database(options->database ? options->database : "", error);
}

static int add_tables(struct postgres *pg, const struct postgres_options *options,
                      struct leat_error *error)
{
    pg->tables = memory_array(options->table_count, sizeof(*pg->tables));
    for (size_t i = 0; i < options->table_count; i++) {
        struct postgres_table *table = &pg->tables[i];
        int status;

        pg->table_count++;
        table->spec = &options->tables[i];
        if (columns_new(table->spec, &table->columns, error))
            return error->code;
        status = table->spec->mode == SINK_FACTS ? copy_open(pg, table, error)
                                                 : upsert_open(pg, table, error);
        if (status)
            return status;
    }
    return LEAT_OK;
}

int postgres_new(const struct postgres_options *options, struct sink **out,
                 struct leat_error *error)
{
    struct leat_error sentence = { 0 };
    const char *schema = options->schema ? options->schema : "black_friday_sales";
    struct postgres *pg;

    *out = NULL;
    if (!error)
        error = &sentence;
    if (check_options(options, schema, error))
        return error->code;
    pg = memory_new(sizeof(*pg));
    pg->sink.ops = &postgres_ops;
    pg->schema = memory_format("\"%s\"", schema);
    pg->application = memory_format("leat-sink %.50s", options->id);
    pg->id = memory_text(options->id);
    pg->database = memory_text(options->database ? options->database : "");
    pg->views = memory_text(options->views);
    pg->no_ddl = options->no_ddl;
    pg->request_timeout_ms =
        options->request_timeout_ms ? options->request_timeout_ms : REQUEST_TIMEOUT_MS;
    pg->stop = options->stop;
    if (add_tables(pg, options, error)) {
        postgres_close(&pg->sink);
        return error->code;
    }
    *out = &pg->sink;
    return LEAT_OK;
}
