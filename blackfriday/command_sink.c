/* command_sink.c - `blackfriday sink`: the output topics into PostgreSQL. */
#include "blackfriday/cli.h"
#include "blackfriday/settings.h"
#include "blackfriday/tables.h"
#include "processor/http.h"
#include "processor/log.h"
#include "schemas/registry.h"
#include "sink/runner.h"
#include "sink/status.h"

static int start_status(const struct config *config, struct sink_options *options,
                        struct leat_error *error)
{
    struct http_options http = { .listen = config_text(config, "leat.http.listen"),
                                 .port = (uint16_t)config_number(config, "leat.http.port"),
                                 .expose = config_flag(config, "leat.http.expose") };

    return sink_status_start(&http, options->tables, options->table_count,
                             config_number(config, "leat.watchdog.ms"), &options->status, error);
}

static int work(const struct cli *cli, bool until_caught_up, struct leat_error *error)
{
    struct sink_options options = { .until_caught_up = until_caught_up };
    struct registry *registry = NULL;
    struct log *log = NULL;
    int status = settings_open(cli->config, &log, &registry, error);

    settings_sink(cli->config, &options);
    options.registry = registry;
    if (!status)
        status = start_status(cli->config, &options, error);
    if (!status) {
        cli_catch_signals();
        status = sink_run(log, &options, cli_stop(), error);
    }
    sink_status_stop(options.status);
    registry_free(registry);
    log_free(log);
    return status;
}

static int run(int argc, char **argv)
{
    bool until_caught_up = false;
    const struct cli_option options[] = {
        { "--until-caught-up", NULL, "end when all that is in the topics is in the database",
          CLI_FLAG, &until_caught_up },
    };
    struct cli cli = { &command_sink, options, 1 };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status)
        status = work(&cli, until_caught_up, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_sink = {
    "sink", "", "carry the output topics into PostgreSQL", run,
};
