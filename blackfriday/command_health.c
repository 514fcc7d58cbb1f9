/* command_health.c - `blackfriday health [URL]`: whether a server of ours says that it is well.
 *
 * For a container's health check, where there is no shell and no client but this program.
 */
#include "base/buffer.h"
#include "base/limits.h"
#include "blackfriday/cli.h"
#include "schemas/registry_request.h"

#include <inttypes.h>
#include <stdio.h>

enum { TIMEOUT_MS = 2000 };

/* Unless told otherwise, the status server of the instance beside us. */
static int find_url(const struct cli *cli, char *url, size_t size, struct leat_error *error)
{
    int64_t port = config_number(cli->config, "leat.http.port");

    if (cli->argument_count > 1)
        return error_set(error, LEAT_E_ARGUMENT, "health takes one URL");
    if (cli->argument_count)
        snprintf(url, size, "%s", cli->arguments[0]);
    else
        snprintf(url, size, "http://127.0.0.1:%" PRId64 "/health", port);
    return cli->argument_count || port
               ? LEAT_OK
               : error_set(error, LEAT_E_ARGUMENT, "which URL? leat.http.port is not set either");
}

static int ask(const char *url, struct leat_error *error)
{
    struct registry_options options = { .timeout_ms = TIMEOUT_MS };
    struct registry_request request = { .options = &options, .url = url };
    struct buffer body;
    long status = 0;
    int code;

    buffer_init(&body, LIMIT_HTTP_REPLY_BYTES);
    code = registry_request(&request, &status, &body, error);
    if (code)
        code = error_set(error, LEAT_E_RETRY, "%s does not answer", url);
    else if (status != 200)
        code = error_set(error, LEAT_E_RETRY, "%s says %ld: %.*s", url, status, (int)body.size,
                         (const char *)body.data);
    buffer_free(&body);
    return code;
}

static int run(int argc, char **argv)
{
    struct cli cli = { &command_health, NULL, 0 };
    struct leat_error error = { 0 };
    int status = cli_parse(&cli, argc, argv, &error);
    char url[512];

    if (!status)
        status = find_url(&cli, url, sizeof url, &error);
    if (!status)
        status = ask(url, &error);
    cli_free(&cli);
    return status < 0 ? cli_fail(&error) : 0;
}

const struct cli_command command_health = {
    "health", "[URL]", "ask a running instance whether it is well; 1 if it is not", run,
};
