/* cli.c - options from the command line, by a table. */
#include "blackfriday/cli.h"

#include "base/logline.h"
#include "blackfriday/settings.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static atomic_bool stop;

static void on_signal(int number)
{
    atomic_store(&stop, true);
}

atomic_bool *cli_stop(void)
{
    return &stop;
}

void cli_catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int cli_fail(const struct leat_error *error)
{
    fprintf(stderr, "blackfriday: %s\n", error->text);
    return error->code == LEAT_E_ARGUMENT ? 2 : 1;
}

/* ---- help ------------------------------------------------------------------------------------ */

static void print_option(const char *name, const char *value, const char *help)
{
    char head[64];

    snprintf(head, sizeof head, "%s%s%s", name, value ? " " : "", value ? value : "");
    printf("  %-28s %s\n", head, help);
}

static void help(const struct cli *cli, bool all)
{
    printf("Usage: blackfriday %s [options]%s%s\n%s\n\n", cli->command->name,
           *cli->command->arguments ? " " : "", cli->command->arguments, cli->command->summary);
    for (size_t i = 0; i < cli->option_count; i++)
        print_option(cli->options[i].name, cli->options[i].value, cli->options[i].help);
    print_option("--config", "FILE", "read settings from FILE, `key = value` a line");
    print_option("--set", "KEY=VALUE", "one setting; secrets go into the file or the environment");
    print_option("--help", all ? NULL : "[all]", "this text, or with all settings");
    printf("\nSettings:\n");
    config_help(cli->config, stdout, all);
}

/* ---- parsing --------------------------------------------------------------------------------- */

static const struct cli_option *find(const struct cli *cli, const char *name, size_t size)
{
    for (size_t i = 0; i < cli->option_count; i++)
        if (strlen(cli->options[i].name) == size && !strncmp(cli->options[i].name, name, size))
            return &cli->options[i];
    return NULL;
}

static int read_number(const struct cli_option *option, const char *text, struct leat_error *error)
{
    bool open_ended = !option->least && !option->most;
    char *end;
    double number;

    errno = 0;
    number = strtod(text, &end);
    if (errno || end == text || *end || (option->kind == CLI_INTEGER && number != (int64_t)number))
        return error_set(error, LEAT_E_ARGUMENT, "%s takes a number, not '%s'", option->name, text);
    if (open_ended ? number < 0 : number < option->least || number > option->most)
        return open_ended ? error_set(error, LEAT_E_ARGUMENT, "%s must not be negative, as %s is",
                                      option->name, text)
                          : error_set(error, LEAT_E_ARGUMENT,
                                      "%s lies between %g and %g, not at %s", option->name,
                                      option->least, option->most, text);
    if (option->kind == CLI_INTEGER)
        *(int64_t *)option->into = (int64_t)number;
    else
        *(double *)option->into = number;
    return LEAT_OK;
}

static int read_value(const struct cli_option *option, const char *text, struct leat_error *error)
{
    switch (option->kind) {
    case CLI_TEXT:
        *(const char **)option->into = text;
        return LEAT_OK;
    case CLI_INTEGER:
    case CLI_REAL:
        return read_number(option, text, error);
    case CLI_DURATION:
        return config_parse_duration(text, option->into)
                   ? error_set(error, LEAT_E_ARGUMENT,
                               "%s takes a time such as 500ms, 10s, 5m or 1h, not '%s'",
                               option->name, text)
                   : LEAT_OK;
    case CLI_FLAG:
        break;
    }
    return error_set(error, LEAT_E_ARGUMENT, "%s takes no value", option->name);
}

static int read_setting(struct cli *cli, const char *name, const char *value,
                        struct leat_error *error)
{
    if (!strcmp(name, "--config"))
        return config_read_file(cli->config, value, error);
    return config_read_argument(cli->config, value, error);
}

/* One option at argv[*at], which moves on over its value: `--name value` or `--name=value`. */
static int read_option(struct cli *cli, int argc, char **argv, int *at, struct leat_error *error)
{
    const char *name = argv[*at], *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const struct cli_option *option = find(cli, name, size);
    bool setting = !strncmp(name, "--config", size) || !strncmp(name, "--set", size);
    const char *value;

    if (!option && !(setting && size > 4))
        return error_set(error, LEAT_E_ARGUMENT,
                         "'%.*s' is no option of '%s'; `blackfriday %s --help` lists them",
                         (int)size, name, cli->command->name, cli->command->name);
    if (option && option->kind == CLI_FLAG && !equals) {
        *(bool *)option->into = true;
        return LEAT_OK;
    }
    value = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
    if (!value)
        return error_set(error, LEAT_E_ARGUMENT, "%s lacks its value", name);
    return option ? read_value(option, value, error)
                  : read_setting(cli, name[2] == 'c' ? "--config" : "--set", value, error);
}

static int read_argument(struct cli *cli, const char *argument, struct leat_error *error)
{
    if (cli->argument_count == sizeof cli->arguments / sizeof *cli->arguments)
        return error_set(error, LEAT_E_ARGUMENT, "there are too many arguments, from '%s' on",
                         argument);
    cli->arguments[cli->argument_count++] = argument;
    return LEAT_OK;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct leat_error *error)
{
    int status;

    cli->config = settings_new();
    status = config_read_environment(cli->config, environ, error);
    for (int i = 1; i < argc && !status; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            help(cli, i + 1 < argc && !strcmp(argv[i + 1], "all"));
            return 1;
        }
        status = argv[i][0] == '-' && argv[i][1] ? read_option(cli, argc, argv, &i, error)
                                                 : read_argument(cli, argv[i], error);
    }
    if (!status)
        logline_set_level((enum logline_level)config_choice(cli->config, "log.level"));
    return status;
}

void cli_free(struct cli *cli)
{
    config_free(cli->config);
}
