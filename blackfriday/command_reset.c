/* command_reset.c - `blackfriday reset`: make the application begin anew. */
#include "blackfriday/cli.h"
#include "blackfriday/reset.h"
#include "blackfriday/settings.h"
#include "processor/log.h"
#include "schemas/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const inputs[] = { "sales", "inventory-updates" };

static int choose_place(const char *to, struct reset_options *options, struct leat_error *error)
{
    if (!strcmp(to, "earliest"))
        options->to = RESET_EARLIEST;
    else if (!strcmp(to, "latest"))
        options->to = RESET_LATEST;
    else
        return error_set(error, LEAT_E_ARGUMENT, "--to takes earliest or latest, not '%s'", to);
    return LEAT_OK;
}

static int work(const struct cli *cli, const char *to, bool dry_run, struct leat_error *error)
{
    struct reset_options options = {
        .application_id = config_text(cli->config, "application.id"),
        .inputs = inputs,
        .input_count = sizeof inputs / sizeof *inputs,
        .state_dir = config_text(cli->config, "state.dir"),
        .dry_run = dry_run,
    };
    struct registry *registry = NULL;
    struct log *log = NULL;
    int status = choose_place(to, &options, error);

    if (!status)
        status = settings_open(cli->config, &log, &registry, error);
    if (!status)
        status = reset_run(log, &options, error);
    registry_free(registry);
    log_free(log);
    return status;
}

static int run(int argc, char **argv)
{
    const char *to = "earliest";
    bool dry_run = false;
    const struct cli_option options[] = {
        { "--to", "earliest|latest", "where the inputs are read from next (earliest)", CLI_TEXT,
          &to },
        { "--dry-run", NULL, "say what would be done, and do nothing", CLI_FLAG, &dry_run },
    };
    struct cli cli = { &command_reset, options, 2 };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status)
        status = work(&cli, to, dry_run, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_reset = {
    "reset", "", "make the application begin anew, as Kafka Streams' reset tool does", run,
};
