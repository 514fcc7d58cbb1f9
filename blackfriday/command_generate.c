/* command_generate.c - `blackfriday generate`: a day's trade into the input topics. */
#include "base/clock.h"
#include "blackfriday/cli.h"
#include "blackfriday/generate.h"
#include "blackfriday/settings.h"
#include "processor/log.h"
#include "schemas/registry.h"

#include <string.h>

struct arguments {
    int64_t count, updates, products, stores, seed, partitions, only, except;
    double rate, late, invalid, unknown, duplicate, odd, skew;
    const char *start, *span, *curve, *day;
    bool no_master, live;
};

static int fill_curve(const struct arguments *with, struct generate_options *options,
                      struct leat_error *error)
{
    if (!strcmp(with->curve, "steady"))
        return LEAT_OK;
    if (!strcmp(with->curve, "day"))
        return generate_span(with->day, &options->day_ms, error);
    return error_set(error, LEAT_E_ARGUMENT, "--curve is steady or day, not '%s'", with->curve);
}

static int fill(const struct arguments *with, struct generate_options *options,
                struct leat_error *error)
{
    int64_t now_ms = clock_wall_ms(clock_system());
    int status = generate_span(with->span, &options->span_ms, error);

    options->sales = with->count < 0 ? GENERATE_ENDLESS : with->count;
    options->updates = with->updates < 0 ? (with->count < 0 ? 1 : with->count / 5) : with->updates;
    options->rate = with->rate;
    options->live = with->live || (with->count < 0 && !with->start);
    options->partitions = (int32_t)with->partitions;
    options->no_master = with->no_master;
    options->progress = true;
    options->stop = cli_stop();
    options->event = (struct event_options){
        .seed = (uint64_t)with->seed,
        .products = (uint32_t)with->products,
        .stores = (uint32_t)with->stores,
        .skew = with->skew,
        .late_percent = with->late,
        .invalid_percent = with->invalid,
        .unknown_percent = with->unknown,
        .duplicate_percent = with->duplicate,
        .odd_key_percent = with->odd,
        .share = with->only >= 0     ? EVENT_ONLY
                 : with->except >= 0 ? EVENT_EXCEPT
                                     : EVENT_ALL,
        .partition = (int32_t)(with->only >= 0 ? with->only : with->except),
    };
    if (!status)
        status = fill_curve(with, options, error);
    if (status)
        return status;
    /* Without a start what is live begins now, and a span ends: nothing is ahead of the clock. */
    options->start_ms = options->live ? now_ms : now_ms - options->span_ms;
    return with->start ? generate_start(with->start, now_ms, &options->start_ms, error) : LEAT_OK;
}

static int work(const struct cli *cli, const struct arguments *with, struct leat_error *error)
{
    struct generate_options options = { 0 };
    struct generate_counts counts = { 0 };
    struct registry *registry = NULL;
    struct log *log = NULL;
    int status = fill(with, &options, error);

    if (!status)
        status = settings_open(cli->config, &log, &registry, error);
    if (!status) {
        cli_catch_signals();
        status = generate(log, registry, &options, &counts, error);
        generate_print(&counts, stdout);
    }
    registry_free(registry);
    log_free(log);
    return status;
}

static int run(int argc, char **argv)
{
    struct arguments with = { .count = -1, .updates = -1, .products = 10000, .stores = 100,
                              .seed = 1, .partitions = 4, .only = -1, .except = -1,
                              .span = "1h", .curve = "steady", .day = "24h", .skew = 0.8 };
    const struct cli_option options[] = {
        { "--count", "N", "sales to send, as fast as can be unless --rate is given; without it: "
          "live, until stopped", CLI_INTEGER, &with.count },
        { "--updates", "N", "inventory updates to send (a fifth of the sales)", CLI_INTEGER,
          &with.updates },
        { "--rate", "N", "records a second", CLI_REAL, &with.rate },
        { "--products", "N", "known products (10,000)", CLI_INTEGER, &with.products, 1, 1e7 },
        { "--stores", "N", "known stores (100)", CLI_INTEGER, &with.stores, 1, 1e6 },
        { "--seed", "N", "of all that is made up (1)", CLI_INTEGER, &with.seed },
        { "--start", "WHEN", "event time of the first: now, 2025-11-28, or 1y, 30d, 12h before now",
          CLI_TEXT, &with.start },
        { "--span", "TIME", "event time from the first to the last (1h)", CLI_TEXT, &with.span },
        { "--live", NULL, "a record's time is the time it is sent", CLI_FLAG, &with.live },
        { "--curve", "steady|day", "of live sales: always the rate, or the ups and downs of a day",
          CLI_TEXT, &with.curve },
        { "--day", "TIME", "that a day of that curve takes (24h)", CLI_TEXT, &with.day },
        { "--late", "PERCENT", "sales that come too late for their windows", CLI_REAL, &with.late,
          0, 100 },
        { "--invalid", "PERCENT", "records that are invalid, in every way", CLI_REAL,
          &with.invalid, 0, 100 },
        { "--unknown", "PERCENT", "sales of unknown products and stores", CLI_REAL, &with.unknown,
          0, 100 },
        { "--duplicate", "PERCENT", "sales with a transaction_id that was used", CLI_REAL,
          &with.duplicate, 0, 100 },
        { "--odd-keys", "PERCENT", "sales whose key is null or no UTF-8", CLI_REAL, &with.odd, 0,
          100 },
        { "--skew", "X", "how much trade the hot products have: 0 none (0.8)", CLI_REAL,
          &with.skew, 0, 2 },
        { "--partitions", "N", "of topics that are missing (4)", CLI_INTEGER, &with.partitions, 1,
          10000 },
        { "--only-partition", "P", "send this partition's records alone", CLI_INTEGER, &with.only },
        { "--except-partition", "P", "withhold this partition's records", CLI_INTEGER,
          &with.except },
        { "--no-master", NULL, "products and stores are there already", CLI_FLAG,
          &with.no_master },
    };
    struct cli cli = { &command_generate, options, sizeof options / sizeof *options };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);

    if (!status)
        status = work(&cli, &with, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_generate = {
    "generate", "", "send sales and inventory updates, products and stores", run,
};
