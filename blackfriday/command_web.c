/* command_web.c - `blackfriday web`: the figures as a page, until SIGTERM. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "blackfriday/cli.h"
#include "blackfriday/settings.h"
#include "blackfriday/web/live.h"
#include "blackfriday/web/page.h"
#include "blackfriday/web/server.h"
#include "processor/log.h"
#include "schemas/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 100, ROUTES = PAGE_ROUTES + LIVE_ROUTES };

struct web_options {
    const char *listen, *token_file;
    int64_t port;
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
                 struct leat_error *error)
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

        cli_catch_signals();
        status = serve(options, options->token_file ? token : NULL, live, error);
        live_free(live);
    }
    registry_free(live_options.registry);
    log_free(live_options.log);
    return status;
}

static int run(int argc, char **argv)
{
    struct web_options web = { .port = 8080 };
    const struct cli_option options[] = {
        { "--listen", "ADDRESS", "where to listen (127.0.0.1); others ask for a token", CLI_TEXT,
          &web.listen },
        { "--port", "N", "on which port (8080); 0: a free one, which the log tells", CLI_INTEGER,
          &web.port, 0, 65535 },
        { "--token-file", "FILE", "whose first line, of 16 characters or more, is asked of all",
          CLI_TEXT, &web.token_file },
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
