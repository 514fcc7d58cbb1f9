/* cli.h - the command line: one table of options a command, which gives parsing and --help.
 *
 * Every command also takes --config FILE, --set KEY=VALUE, --help and --log-level through
 * cli_config(). Mistakes are one sentence on standard error and exit status 2.
 */
#ifndef BLACKFRIDAY_CLI_H
#define BLACKFRIDAY_CLI_H

#include "processor/config.h"

#include <stdatomic.h>
#include <stdbool.h>

enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_INTEGER, CLI_REAL, CLI_DURATION };

struct cli_option {
    const char *name;      /* "--count" */
    const char *value;     /* "N", for the help; NULL: a flag */
    const char *help;
    enum cli_kind kind;
    void *into;            /* bool, const char *, int64_t, double, int64_t (ms) */
    double least, most;    /* of numbers; both 0: from 0 on */
};

struct cli_command {
    const char *name, *arguments, *summary; /* "load", "products.csv stores.csv", "..." */
    int (*run)(int argc, char **argv);      /* returns the exit status */
};

struct cli {
    const struct cli_command *command;
    const struct cli_option *options;
    size_t option_count;
    struct config *config;         /* filled: file, environment, --set */
    const char *arguments[8];      /* what is no option */
    size_t argument_count;
};

/* Fills the options and the configuration. 0: go on. 1: --help was printed. LEAT_E_ARGUMENT. */
int cli_parse(struct cli *cli, int argc, char **argv, struct leat_error *error) MUST_CHECK;
void cli_free(struct cli *cli);

/* The exit status for an error, after its sentence was printed. */
int cli_fail(const struct leat_error *error);

/* Set by SIGINT and SIGTERM once cli_catch_signals() was called. */
atomic_bool *cli_stop(void);
void cli_catch_signals(void);

extern const struct cli_command command_run, command_sink, command_generate, command_load,
    command_verify, command_describe, command_reset, command_demo, command_query, command_health,
    command_web;

#endif
