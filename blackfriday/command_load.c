/* command_load.c - `blackfriday load products.csv stores.csv`. */
#include "blackfriday/cli.h"
#include "blackfriday/load.h"
#include "blackfriday/settings.h"
#include "processor/log.h"
#include "schemas/registry.h"

#include <stdio.h>

static int work(const struct cli *cli, int64_t partitions, bool all_topics,
                struct leat_error *error)
{
    struct load_options options = { .products = cli->arguments[0], .stores = cli->arguments[1],
                                    .partitions = (int32_t)partitions, .all_topics = all_topics,
                                    .stop = cli_stop() };
    struct registry *registry = NULL;
    struct load_counts counts = { 0 };
    struct log *log = NULL;
    int status = load_check(&options, &counts, error);

    if (!status)
        status = settings_open(cli->config, &log, &registry, error);
    if (!status)
        status = load(log, registry, &options, &counts, error);
    if (!status)
        printf("loaded %lld products and %lld stores\n", (long long)counts.products,
               (long long)counts.stores);
    registry_free(registry);
    log_free(log);
    return status;
}

static int run(int argc, char **argv)
{
    int64_t partitions = 4;
    bool all_topics = false;
    const struct cli_option options[] = {
        { "--partitions", "N", "of topics that are missing (4)", CLI_INTEGER, &partitions, 1,
          10000 },
        { "--all-topics", NULL, "make the topics of sales and inventory updates too", CLI_FLAG,
          &all_topics },
    };
    struct cli cli = { &command_load, options, 2 };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status && cli.argument_count != 2)
        status = error_set(&error, LEAT_E_ARGUMENT,
                           "load takes two files: products.csv stores.csv");
    if (!status)
        status = work(&cli, partitions, all_topics, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_load = {
    "load", "products.csv stores.csv", "load products and stores from CSV files", run,
};
