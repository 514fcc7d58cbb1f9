/* broker.c - the brokers of a test runner, by way of broker.sh. Entry points: as in broker.h. */
#include "broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER    "LEAT_TEST_BROKER_FOLDER"
#define BOOTSTRAP "LEAT_TEST_BOOTSTRAP"

static void fail(const char *what)
{
    fprintf(stderr, "tests/kafka/broker.c: cannot %s\n", what);
    exit(1);
}

/* Runs broker.sh (its path comes from CMake) and waits for it. */
static int script(const char *command, const char *folder, const char *argument)
{
    char owner[32];
    int status = -1;
    pid_t child;

    snprintf(owner, sizeof(owner), "%d", (int)getpid());
    fflush(NULL);
    child = fork();
    if (!child) {
        if (!strcmp(command, "start"))
            setenv("LEAT_BROKER_OWNER", owner, 1);
        execl(LEAT_BROKER_SCRIPT, LEAT_BROKER_SCRIPT, command, folder, argument, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void broker_start_all(int brokers)
{
    char folder[] = "/tmp/leat-broker-XXXXXX", path[64], line[512], count[16];
    FILE *file;

    if (!mkdtemp(folder))
        fail("make a folder under /tmp");
    snprintf(count, sizeof(count), "%d", brokers);
    if (script("start", folder, count))
        fail("start Kafka");
    snprintf(path, sizeof(path), "%s/bootstrap", folder);
    file = fopen(path, "r");
    if (!file || !fgets(line, sizeof(line), file))
        fail("read the brokers' addresses");
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    setenv(BOOTSTRAP, line, 1);
    setenv(FOLDER, folder, 1);
}

void broker_stop_all(void)
{
    const char *folder = getenv(FOLDER);
    char command[128];

    if (!folder)
        return;
    script("stop", folder, NULL);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command))
        fprintf(stderr, "tests/kafka/broker.c: %s is left behind\n", folder);
}

const char *broker_bootstrap(void)
{
    const char *brokers = getenv(BOOTSTRAP);

    if (!brokers)
        fail("find the brokers: broker_start_all() has not run");
    return brokers;
}

void broker_do(const char *command, int number)
{
    char text[16];

    broker_bootstrap();
    snprintf(text, sizeof(text), "%d", number);
    if (script(command, getenv(FOLDER), text))
        fail(command);
}

char *broker_unique(const char *prefix)
{
    static int count;
    char *name = malloc(strlen(prefix) + 32);

    if (!name)
        fail("allocate");
    snprintf(name, strlen(prefix) + 32, "%s-%d-%d", prefix, (int)getpid(), ++count);
    return name;
}
