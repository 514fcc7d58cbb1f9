/* command_web.c - `blackfriday web`: the figures as a page, until SIGTERM. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/cli.h"
#include "blackfriday/settings.h"
#include "blackfriday/web/live.h"
#include "blackfriday/web/page.h"
#include "blackfriday/web/server.h"
#include "blackfriday/web/upload.h"
#include "blackfriday/web/upload_pages.h"
#include "processor/log.h"
#include "schemas/registry.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 100, ROUTES = PAGE_ROUTES + LIVE_ROUTES + UPLOAD_ROUTES };

struct web_options {
    const char *listen, *token_file;
    int64_t port, upload_max_bytes, upload_patience_ms;
};

/* ---- the token ------------------------------------------------------------------------------- */

/* A file, since a command line can be read by all. Its first line counts. */
static int read_token(const char *path, char token[LIMIT_WEB_TOKEN_BYTES + 2],
                      struct leat_error *error)
{
    FILE *file = fopen(path, "re");
    bool read;

    if (!file)
        return error_set(error, LEAT_E_ARGUMENT, "cannot read the token from '%s': %s", path,
                         strerror(errno));
    read = fgets(token, LIMIT_WEB_TOKEN_BYTES + 2, file);
    fclose(file);
    if (!read)
        return error_set(error, LEAT_E_ARGUMENT, "there is no token in '%s'", path);
    token[strcspn(token, "\r\n")] = 0;
    return LEAT_OK;
}

/* ---- the server ------------------------------------------------------------------------------ */

static int serve(const struct web_options *options, const char *token, struct live *live,
                 struct upload_pages *uploads, struct leat_error *error)
{
    struct web_route routes[ROUTES];
    struct web_server_options server_options = { .listen = options->listen,
                                                 .port = (uint16_t)options->port,
                                                 .token = token,
                                                 .routes = routes,
                                                 .route_count = ROUTES };
    struct web_server *server;
    int status;

    page_routes(routes);
    live_routes(live, routes + PAGE_ROUTES);
    upload_pages_routes(uploads, routes + PAGE_ROUTES + LIVE_ROUTES);
    status = web_server_start(&server_options, &server, error);
    if (status)
        return status;
    live_start(live, server);
    while (!atomic_load(cli_stop()))
        clock_sleep_ms(WAIT_MS);
    live_stop(live);
    web_server_stop(server);
    return LEAT_OK;
}

/* Host and port tell the transactions of several servers apart, and stay over a restart. */
static struct upload_pages *open_uploads(const struct cli *cli, const struct web_options *options,
                                         const struct live_options *live)
{
    char host[HOST_NAME_MAX + 1] = "host";
    char *prefix;
    struct upload_pages *uploads;

    gethostname(host, sizeof host - 1);
    prefix = memory_format("%s-upload-%s-%d", live->application, host,
                           options->port ? (int)options->port : (int)getpid());
    uploads = upload_pages_new(&(struct upload_pages_options){
        .log = live->log,
        .registry = live->registry,
        .id_prefix = prefix,
        .timestamp_ahead_ms = config_number(cli->config, "leat.timestamp.ahead.max.ms"),
        .max_bytes = options->upload_max_bytes,
        .patience_ms = (int)options->upload_patience_ms,
    });
    memory_free(prefix);
    return uploads;
}

static int work(const struct cli *cli, const struct web_options *options, struct leat_error *error)
{
    char token[LIMIT_WEB_TOKEN_BYTES + 2];
    struct live_options live_options = {
        .application = config_text(cli->config, "application.id"),
        .figures = { .totals_window_ms = config_number(cli->config, "blackfriday.totals.window.ms"),
                     .threshold = config_number(cli->config, "blackfriday.low.stock.threshold") },
    };
    int status = options->token_file ? read_token(options->token_file, token, error) : LEAT_OK;

    if (!status)
        status = settings_open(cli->config, &live_options.log, &live_options.registry, error);
    if (!status) {
        struct live *live = live_new(&live_options);
        struct upload_pages *uploads = open_uploads(cli, options, &live_options);

        cli_catch_signals();
        status = serve(options, options->token_file ? token : NULL, live, uploads, error);
        upload_pages_free(uploads);
        live_free(live);
    }
    registry_free(live_options.registry);
    log_free(live_options.log);
    return status;
}

static int run(int argc, char **argv)
{
    struct web_options web = { .port = 8080,
                               .upload_max_bytes = LIMIT_UPLOAD_BYTES,
                               .upload_patience_ms = UPLOAD_PATIENCE_MS };
    const struct cli_option options[] = {
        { "--listen", "ADDRESS", "where to listen (127.0.0.1); others ask for a token", CLI_TEXT,
          &web.listen },
        { "--port", "N", "on which port (8080); 0: a free one, which the log tells", CLI_INTEGER,
          &web.port, 0, 65535 },
        { "--token-file", "FILE", "whose first line, of 16 characters or more, is asked of all",
          CLI_TEXT, &web.token_file },
        { "--upload-max-bytes", "N", "of one file (268435456)", CLI_INTEGER, &web.upload_max_bytes,
          1, 1e12 },
        { "--upload-patience", "TIME", "how long an upload waits for the broker (30s)",
          CLI_DURATION, &web.upload_patience_ms, 1000, UPLOAD_PATIENCE_MOST_MS },
    };
    struct cli cli = { &command_web, options, sizeof options / sizeof *options };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status)
        status = work(&cli, &web, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_web = {
    "web",
    "",
    "show the figures as a page, and take uploads",
    run,
};
