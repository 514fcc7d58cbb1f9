/* main.c - leat_main(): a whole program around one topology. */
#include "base/logline.h"
#include "processor/streams.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    signalled = number;
}

static bool told_to_stop(void)
{
    return signalled;
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static int complain(const char *program, const struct leat_error *error)
{
    fprintf(stderr, "%s: %s\n", program, error->text);
    return error->code == LEAT_E_ARGUMENT ? 2 : 1;
}

static void usage(const char *program, const struct config *config)
{
    printf("Usage: %s [--config FILE] [--set KEY=VALUE]... [--describe | --describe-mermaid]\n\n"
           "  --config FILE   options, `key = value` a line\n"
           "  --set KEY=VALUE one option; secrets go into the file or the environment\n"
           "  --describe      print the topology and exit\n"
           "  --help          this text\n\nOptions:\n", program);
    config_help(config, stdout, true);
}

/* 0: go on and run. 1: done. Negative: error. */
static int read_arguments(struct leat_topology *topology, struct config *config, int argc,
                          char **argv, struct leat_error *error)
{
    int status = config_read_environment(config, environ, error);

    for (int i = 1; i < argc && !status; i++) {
        bool value = i + 1 < argc;

        if (!strcmp(argv[i], "--help")) {
            usage(argv[0], config);
            return 1;
        }
        if (!strncmp(argv[i], "--describe", 10)) {
            char *text = leat_topology_describe(topology, strstr(argv[i], "mermaid"));

            fputs(text, stdout);
            free(text);
            return 1;
        }
        if (!strcmp(argv[i], "--config") && value)
            status = config_read_file(config, argv[++i], error);
        else if (!strcmp(argv[i], "--set") && value)
            status = config_read_argument(config, argv[++i], error);
        else
            status = error_set(error, LEAT_E_ARGUMENT,
                               "'%s' is no option, or lacks its value; --help lists them",
                               argv[i]);
    }
    return status;
}

static int run(struct leat_topology *topology, const struct config *config,
               struct leat_error *error)
{
    struct leat_streams *streams = streams_new(topology, config, NULL);
    int status;

    logline_set_level((enum logline_level)config_choice(config, "log.level"));
    catch_signals();
    status = streams_run(streams, told_to_stop, error);
    leat_streams_free(streams);
    return status;
}

int leat_main(struct leat_topology *topology, int argc, char **argv)
{
    struct config *config = config_new();
    struct leat_error error = { 0 };
    int status = read_arguments(topology, config, argc, argv, &error);

    if (!status)
        status = run(topology, config, &error);
    config_free(config);
    leat_topology_free(topology);
    return status < 0 ? complain(argv[0], &error) : 0;
}
