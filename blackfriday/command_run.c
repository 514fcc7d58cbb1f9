/* command_run.c - `blackfriday run` and `describe`: the topology, and one instance of it. */
#include "blackfriday/cli.h"
#include "blackfriday/settings.h"
#include "leat/streams.h"
#include "processor/streams.h"
#include "retail/retail.h"

#include <stdio.h>
#include <stdlib.h>

/* The topology reads the options while it runs, so they are the caller's. */
static struct leat_topology *topology_of(const struct config *config,
                                         struct retail_options *options)
{
    settings_retail(config, options);
    return retail_topology(options);
}

/* ---- run ------------------------------------------------------------------------------------- */

static bool told_to_stop(void)
{
    return atomic_load(cli_stop());
}

static int work(const struct cli *cli, struct leat_error *error)
{
    struct retail_options options = { 0 };
    struct leat_topology *topology = topology_of(cli->config, &options);
    struct leat_streams *streams = streams_new(topology, cli->config, NULL);
    int status;

    cli_catch_signals();
    status = streams_run(streams, told_to_stop, error);
    leat_streams_free(streams);
    leat_topology_free(topology);
    return status;
}

static int run(int argc, char **argv)
{
    struct cli cli = { .command = &command_run };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status)
        status = work(&cli, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_run = {
    "run", "", "run an instance of the topology, until SIGTERM", run,
};

/* ---- describe -------------------------------------------------------------------------------- */

static int describe(int argc, char **argv)
{
    bool mermaid = false;
    const struct cli_option options[] = {
        { "--mermaid", NULL, "as a flowchart for Mermaid", CLI_FLAG, &mermaid },
    };
    struct cli cli = { &command_describe, options, 1 };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status) {
        struct retail_options retail = { 0 };
        struct leat_topology *topology = topology_of(cli.config, &retail);
        char *text = NULL;

        status = leat_topology_check(topology, &error);
        if (!status)
            text = leat_topology_describe(topology, mermaid);
        if (text)
            fputs(text, stdout);
        free(text);
        leat_topology_free(topology);
    }
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_describe = {
    "describe", "", "print the topology", describe,
};
