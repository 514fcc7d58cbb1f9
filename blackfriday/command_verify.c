/* command_verify.c - `blackfriday verify`: every output against the truth of the inputs. */
#include "blackfriday/cli.h"
#include "blackfriday/settings.h"
#include "blackfriday/verify.h"
#include "processor/log.h"
#include "processor/streams.h"
#include "schemas/registry.h"

static int work(const struct cli *cli, bool no_database, struct leat_error *error)
{
    struct verify_options options = { 0 };
    struct verify_input *input = NULL;
    struct registry *registry = NULL;
    int status;

    settings_verify(cli->config, &options);
    if (no_database)
        options.database = NULL;
    status = streams_registry(cli->config, &registry, error);
    if (!status)
        status = settings_input(cli->config, &input, error);
    if (!status)
        status = verify_run(input, registry, &options, error);
    verify_input_free(input);
    registry_free(registry);
    return status;
}

static int run(int argc, char **argv)
{
    bool no_database = false;
    const struct cli_option options[] = {
        { "--topics-only", NULL, "leave the database out", CLI_FLAG, &no_database },
    };
    struct cli cli = { &command_verify, options, 1 };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);
    bool help = status == 1;

    if (!status)
        status = work(&cli, no_database, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : help ? 0 : status;
}

const struct cli_command command_verify = {
    "verify", "", "recompute the truth from the inputs, compare every output; 1 if any differs",
    run,
};
