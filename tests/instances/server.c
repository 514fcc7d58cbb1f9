/* server.c - a broker of a test's own, by way of broker.sh. Entry points: as in server.h. */
#include "server.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 32 };

static void script(const char *const arguments[])
{
    char owner[32];
    int status = -1;
    pid_t child;

    snprintf(owner, sizeof owner, "%d", (int)getpid());
    fflush(NULL);
    child = fork();
    if (!child) {
        if (!strcmp(arguments[1], "start"))
            setenv("LEAT_BROKER_OWNER", owner, 1);
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && !WEXITSTATUS(status), "broker.sh %s: status %d", arguments[1],
              status);
}

void server_folder(struct server *server)
{
    snprintf(server->folder, sizeof server->folder, "/tmp/leat-server-XXXXXX");
    cr_assert(mkdtemp(server->folder));
}

void server_start(struct server *server, const char *const settings[])
{
    const char *arguments[MOST] = { LEAT_BROKER_SCRIPT, "start", server->folder, "1" };
    char path[96];
    FILE *file;

    for (int i = 0; settings && settings[i]; i++)
        arguments[4 + i] = settings[i];
    script(arguments);
    snprintf(path, sizeof path, "%s/bootstrap", server->folder);
    file = fopen(path, "r");
    cr_assert(file && fgets(server->brokers, sizeof server->brokers, file));
    fclose(file);
    server->brokers[strcspn(server->brokers, "\n")] = '\0';
}

void server_do(struct server *server, const char *command)
{
    script((const char *const[]){ LEAT_BROKER_SCRIPT, command, server->folder, "1", NULL });
}

void server_stop(struct server *server)
{
    char command[128];

    script((const char *const[]){ LEAT_BROKER_SCRIPT, "stop", server->folder, NULL });
    snprintf(command, sizeof command, "rm -rf '%s'", server->folder);
    cr_assert_eq(system(command), 0);
}
