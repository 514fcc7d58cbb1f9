/* command_query.c - `blackfriday query`: rows of a store, from whichever instance answers. */
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "blackfriday/cli.h"
#include "blackfriday/query_table.h"
#include "processor/owners.h"
#include "processor/peer.h"
#include "processor/streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OWNERS_MS = 10000, MORE_MS = 2000, STATUS_OK = 200, STATUS_NONE = 404 };

struct asked {
    const char *store, *key, *from, *to, *server;
    int64_t from_ms, to_ms, limit, timeout_ms;
    bool all, reverse, stale, json;
};

/* ---- the request ----------------------------------------------------------------------------- */

static void add_text(const char *name, const char *text, struct buffer *path)
{
    if (!text)
        return;
    buffer_format(path, "&%s=", name);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        buffer_format(path, "%%%02X", *at);
}

static void add_time(const char *name, int64_t ms, struct buffer *path)
{
    if (ms >= 0)
        buffer_format(path, "&%s=%" PRId64, name, ms);
}

static int write_path(const struct asked *asked, struct buffer *path, struct leat_error *error)
{
    bool range = asked->from || asked->to;

    if (asked->store && (strpbrk(asked->store, "/?&#% ") || !*asked->store))
        return error_set(error, LEAT_E_ARGUMENT, "'%.100s' is no name of a store", asked->store);
    if (asked->store && !asked->key + !range + !asked->all != 2)
        return error_set(error, LEAT_E_ARGUMENT,
                         "say one of: a key, --from and --to, or --all; `blackfriday query` alone "
                         "lists the stores");
    buffer_format(path, "/stores");
    if (asked->store)
        buffer_format(path, "/%s%s?limit=%" PRId64 "&timeout_ms=%" PRId64 "%s%s", asked->store,
                      asked->all ? "/all" : range ? "/range" : "", asked->limit,
                      asked->timeout_ms, asked->reverse ? "&reverse=true" : "",
                      asked->stale ? "&stale=true" : "");
    add_text("key", asked->key, path);
    add_text("from", asked->from, path);
    add_text("to", asked->to, path);
    add_time("from_ms", asked->from_ms, path);
    add_time("to_ms", asked->to_ms, path);
    if (buffer_add(path, "", 1))
        return error_set(error, LEAT_E_ARGUMENT, "the key is too long");
    return LEAT_OK;
}

/* ---- who answers ----------------------------------------------------------------------------- */

static int ask(const struct asked *asked, const char *address, const char *path, long *status,
               struct buffer *body, struct leat_error *error)
{
    body->size = 0;
    return peer_get(address, path, asked->timeout_ms + MORE_MS, cli_stop(), status, body, error);
}

/* Each address once, until one answers; the sentence is that of the last. */
static int ask_any(const struct asked *asked, const struct owner *owners, size_t count,
                   const char *path, long *status, struct buffer *body, struct leat_error *error)
{
    int code = LEAT_E_LOG, asked_of = 0;

    for (size_t i = 0; i < count && code && !atomic_load(cli_stop()); i++) {
        bool before = !owners[i].address;

        for (size_t j = 0; j < i && !before; j++)
            before = owners[j].address && !strcmp(owners[j].address, owners[i].address);
        if (before)
            continue;
        asked_of++;
        code = ask(asked, owners[i].address, path, status, body, error);
    }
    if (code && asked_of)
        error_wrap(error, "no instance answers (%d known)", asked_of);
    return code && asked_of ? error->code : code;
}

static int find_instance(const struct asked *asked, const struct config *config, const char *path,
                         long *status, struct buffer *body, struct leat_error *error)
{
    const char *application = config_text(config, "application.id");
    struct owner *owners = NULL;
    size_t count = 0;
    struct log *log = NULL;
    int code = streams_log(config, &log, error);

    if (!code)
        code = owners_read(log, application, OWNERS_MS, &owners, &count, error);
    if (!code) {
        error_set(error, LEAT_E_LOG,
                  "no instance of application '%s' runs: start one with `blackfriday run`, or say "
                  "where one is by --server",
                  application);
        code = ask_any(asked, owners, count, path, status, body, error);
    }
    owners_free(owners, count);
    log_free(log);
    return code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int show(const struct asked *asked, long status, struct buffer *body,
                struct leat_error *error)
{
    struct leat_bytes text;

    if (buffer_add(body, "", 1))
        return error_set(error, LEAT_E_LIMIT, "the answer is too long");
    text = leat_bytes(body->data, body->size - 1);
    if (query_table_error(text, error))
        return error->code;
    if (status != STATUS_OK && status != STATUS_NONE)
        return error_set(error, LEAT_E_LOG, "the instance answers %ld", status);
    if (asked->json)
        fputs(body->data, stdout);
    else if (!query_table_print(text, stdout))
        return error_set(error, LEAT_E_LOG, "what answers is no instance of Leat");
    if (status == STATUS_NONE && !asked->json)
        return error_set(error, LEAT_E_LOG, "store '%s' has no row with this key", asked->store);
    return status == STATUS_NONE ? 1 : LEAT_OK;
}

static int work(const struct asked *asked, const struct config *config, struct leat_error *error)
{
    struct buffer path, body;
    long status = 0;
    int code;

    buffer_init(&path, LIMIT_HTTP_QUERY_BYTES);
    buffer_init(&body, LIMIT_HTTP_REPLY_BYTES);
    code = write_path(asked, &path, error);
    if (!code && asked->server)
        code = ask(asked, asked->server, path.data, &status, &body, error);
    else if (!code)
        code = find_instance(asked, config, path.data, &status, &body, error);
    if (!code)
        code = show(asked, status, &body, error);
    buffer_free(&path);
    buffer_free(&body);
    return code;
}

static int run(int argc, char **argv)
{
    struct asked asked = { .from_ms = -1, .to_ms = -1, .limit = 100, .timeout_ms = 2000 };
    const struct cli_option options[] = {
        { "--from", "KEY", "keys from this one on", CLI_TEXT, &asked.from },
        { "--to", "KEY", "keys up to this one", CLI_TEXT, &asked.to },
        { "--all", NULL, "all keys", CLI_FLAG, &asked.all },
        { "--from-ms", "MS", "windows from this start on, since 1970", CLI_INTEGER,
          &asked.from_ms },
        { "--to-ms", "MS", "windows up to this start", CLI_INTEGER, &asked.to_ms },
        { "--limit", "N", "rows (100)", CLI_INTEGER, &asked.limit, 1, LIMIT_QUERY_ROWS },
        { "--reverse", NULL, "the last ones first", CLI_FLAG, &asked.reverse },
        { "--stale", NULL, "take what an instance has that is still restoring", CLI_FLAG,
          &asked.stale },
        { "--timeout", "TIME", "longest wait for the answer (2s)", CLI_DURATION,
          &asked.timeout_ms, 1, LIMIT_QUERY_MS },
        { "--server", "HOST:PORT", "an instance; else the broker is asked for one", CLI_TEXT,
          &asked.server },
        { "--json", NULL, "the answer as JSON", CLI_FLAG, &asked.json },
    };
    struct cli cli = { &command_query, options, sizeof options / sizeof *options };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status) {
        logline_set_level(LOG_LEVEL_ERROR);
        cli_catch_signals();
        asked.store = cli.arguments[0];
        asked.key = cli.arguments[1];
        status = work(&asked, cli.config, &error);
    }
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : status;
}

const struct cli_command command_query = {
    "query", "[STORE [KEY]]", "rows of a store, from the instances that run", run,
};
