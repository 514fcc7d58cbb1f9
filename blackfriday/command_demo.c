/* command_demo.c - `blackfriday demo`: the whole job in one process, and what it runs on.
 *
 * Without a broker that is a log in memory; with one, topics and groups with a prefix of their own,
 * which are deleted when everything was equal.
 */
#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"
#include "blackfriday/cli.h"
#include "blackfriday/demo.h"
#include "blackfriday/demo_input.h"
#include "blackfriday/demo_space.h"
#include "blackfriday/settings.h"
#include "processor/log.h"
#include "processor/streams.h"
#include "schemas/registry.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPEN_FILES = 16, INTERRUPTED = 130 };

/* The log in memory keeps all that is ever written: a long demo is a slower one. */
static const double rate_most = 5000, events_most = 600000;

struct arguments {
    int64_t seconds, partitions, products, stores;
    double rate;
    const char *kafka;
};

struct stage {
    struct config *config;
    char state[32];  /* a folder made for this run; empty: the user named one */
    char prefix[32]; /* of names on a broker */
    bool found;      /* the broker has answered */
    struct demo_options options;
};

/* ---- the folder for the state ---------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    return remove(path);
}

static int make_folder(struct stage *stage, struct leat_error *error)
{
    if (config_given(stage->config, "state.dir"))
        return LEAT_OK;
    snprintf(stage->state, sizeof stage->state, "/tmp/leat-demo-XXXXXX");
    if (mkdtemp(stage->state))
        return config_set(stage->config, "state.dir", stage->state, error);
    stage->state[0] = '\0';
    return error_set(error, LEAT_E_STATE, "cannot make a folder in /tmp: %s; name one by "
                     "--set state.dir=FOLDER", strerror(errno));
}

/* ---- the log --------------------------------------------------------------------------------- */

static int open_memory(struct stage *stage, struct leat_error *error)
{
    int status = log_local_new(clock_system(), &stage->options.log);

    if (status)
        return error_set(error, status, "cannot make a log in memory");
    stage->options.input = demo_input_log(stage->options.log, cli_stop());
    return LEAT_OK;
}

/* An outage is waited out later on; one at the very beginning is a wrong address. */
static int find_broker(struct stage *stage, const char *brokers, struct leat_error *error)
{
    struct log_topic topic = { .name = "sales" };
    int status;

    printf("Looking for the broker at %s.\n", brokers);
    fflush(stdout);
    status = log_topic_look(stage->options.log, &topic, error);
    stage->found = !status;
    return status ? error_wrap(error, "no broker answers at %s", brokers) : LEAT_OK;
}

static int open_broker(struct stage *stage, const char *brokers, struct leat_error *error)
{
    char *setting = memory_format("bootstrap.servers=%s", brokers);
    struct verify_input *input;
    int status = config_read_argument(stage->config, setting, error);

    snprintf(stage->prefix, sizeof stage->prefix, "demo-%llx-%x.",
             (unsigned long long)clock_wall_ms(clock_system()) / 1000, (unsigned)getpid());
    memory_free(setting);
    if (!status)
        status = settings_input(stage->config, &input, error);
    if (status)
        return status;
    stage->options.input = demo_input_space(input, stage->prefix, cli_stop());
    status = streams_log(stage->config, &stage->options.log, error);
    if (status)
        return status;
    stage->options.log = demo_space_new(stage->options.log, stage->prefix);
    return find_broker(stage, brokers, error);
}

static void delete_groups(const struct stage *stage)
{
    const char *groups[] = { config_text(stage->config, "application.id"),
                             config_text(stage->config, "blackfriday.sink.id") };
    struct leat_error error = { 0 };

    for (size_t i = 0; i < 2; i++)
        if (log_delete_group(stage->options.log, groups[i], &error))
            log_warn("demo_group_left", "reason=\"%s\"", error.text);
}

static void delete_topics(const struct stage *stage)
{
    struct leat_error error = { 0 };
    char **names;
    int count = log_topic_list(stage->options.log, "", &names, &error);

    for (int i = 0; i < count; i++) {
        if (log_topic_delete(stage->options.log, names[i], &error))
            log_warn("demo_topic_left", "reason=\"%s\"", error.text);
        memory_free(names[i]);
    }
    if (count < 0)
        log_warn("demo_topics_left", "reason=\"%s\"", error.text);
    else
        memory_free(names);
}

/* What differs is left for a look. */
static void clear_broker(const struct stage *stage, int status)
{
    if (status && status != LEAT_E_STOPPED) {
        printf("The topics %s* are left on the broker.\n", stage->prefix);
        return;
    }
    printf("\nDeleting the topics %s* from the broker.\n", stage->prefix);
    fflush(stdout);
    delete_groups(stage);
    delete_topics(stage);
}

/* ---- the command ----------------------------------------------------------------------------- */

/* What suits a demo, where the user has not said otherwise. */
static int set_defaults(struct config *config, struct leat_error *error)
{
    static const char *const values[][2] = {
        { "num.stream.threads", "2" },
        { "schema.registry.url", "mock://demo" },
        { "log.level", "warn" },
    };
    int status = LEAT_OK;

    for (size_t i = 0; i < sizeof values / sizeof *values && !status; i++)
        status = config_set(config, values[i][0], values[i][1], error);
    logline_set_level((enum logline_level)config_choice(config, "log.level"));
    return status;
}

static int open_stage(struct stage *stage, const struct arguments *with, struct leat_error *error)
{
    double most = events_most / (double)with->seconds;
    int status = make_folder(stage, error);

    stage->options.config = stage->config;
    stage->options.seconds = with->seconds;
    stage->options.partitions = (int32_t)with->partitions;
    stage->options.products = with->products;
    stage->options.stores = with->stores;
    stage->options.rate = with->rate > 0 ? with->rate : most < rate_most ? most : rate_most;
    if (!status)
        status = set_defaults(stage->config, error);
    if (!status)
        status = streams_registry(stage->config, &stage->options.registry, error);
    if (!status)
        status = with->kafka ? open_broker(stage, with->kafka, error) : open_memory(stage, error);
    return status;
}

/* Readers go before the topics: a consumer whose topics were deleted may never end. */
static void close_stage(struct stage *stage, int status)
{
    verify_input_free(stage->options.input);
    if (stage->found)
        clear_broker(stage, status);
    log_free(stage->options.log);
    registry_free(stage->options.registry);
    if (*stage->state)
        nftw(stage->state, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
}

static int work(const struct cli *cli, const struct arguments *with, struct leat_error *error)
{
    struct stage stage = { .config = cli->config };
    int status = open_stage(&stage, with, error);

    if (!status) {
        cli_catch_signals();
        status = demo_run(&stage.options, cli_stop(), error);
    }
    close_stage(&stage, status);
    return status;
}

static int run(int argc, char **argv)
{
    struct arguments with = { .seconds = 60, .partitions = 4, .products = 2000, .stores = 20 };
    const struct cli_option options[] = {
        { "--seconds", "N", "for which sales are sent (60)", CLI_INTEGER, &with.seconds, 1, 86400 },
        { "--rate", "N", "sales and updates a second (5,000; less where it lasts over two minutes)",
          CLI_REAL, &with.rate },
        { "--kafka", "HOST:PORT", "on this broker, under names of its own, not in memory",
          CLI_TEXT, &with.kafka },
        { "--partitions", "N", "of each topic (4)", CLI_INTEGER, &with.partitions, 1, 64 },
        { "--products", "N", "known products (2,000)", CLI_INTEGER, &with.products, 1, 1e6 },
        { "--stores", "N", "known stores (20)", CLI_INTEGER, &with.stores, 1, 1e4 },
    };
    struct cli cli = { &command_demo, options, sizeof options / sizeof *options };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);
    bool help = status == 1;

    if (!status)
        status = work(&cli, &with, &error);
    cli_free(&cli);
    if (status == LEAT_E_STOPPED) {
        printf("stopped before its end\n");
        return INTERRUPTED;
    }
    return status < 0 ? cli_fail(&error) : help ? 0 : status;
}

const struct cli_command command_demo = {
    "demo", "", "sell, process, store and compare in one process; 1 if anything differs", run,
};
