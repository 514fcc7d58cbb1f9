/* app.c - processes of the application under test. Entry points: as in app.h. */
#include "app.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 120000, LOOK_MS = 20 };

/* ---- life ------------------------------------------------------------------------------------ */

void app_open(struct app *app, const char *brokers, int32_t partitions)
{
    static int number;
    struct log_writer_options options = { .queue_bytes = 8 << 20 };
    struct leat_error error = { 0 };

    *app = (struct app){ .brokers = brokers, .mode = "count", .partitions = partitions };
    snprintf(app->id, sizeof app->id, "app-%d-%d", (int)getpid(), ++number);
    snprintf(app->lines, sizeof app->lines, "%s-lines", app->id);
    snprintf(app->counts, sizeof app->counts, "%s-word-counts", app->id);
    snprintf(app->folder, sizeof app->folder, "/tmp/leat-instances-XXXXXX");
    cr_assert(mkdtemp(app->folder));
    cr_assert_eq(log_kafka_new(brokers, app->id, NULL, 0, &app->log, &error), LEAT_OK, "%s",
                 error.text);
    app_topic(app, app->lines, partitions);
    cr_assert_eq(log_writer_new(app->log, &options, &app->writer, &error), LEAT_OK, "%s",
                 error.text);
}

void app_close(struct app *app)
{
    char command[128];

    for (int place = 0; place < APP_PLACES; place++)
        if (app->pids[place])
            app_kill(app, place);
    log_writer_free(app->writer);
    log_free(app->log);
    snprintf(command, sizeof command, "rm -rf '%s'", app->folder);
    cr_assert_eq(system(command), 0);
}

/* ---- processes ------------------------------------------------------------------------------- */

static void log_path(const struct app *app, int place, char *path, size_t size)
{
    snprintf(path, size, "%s/%d.log", app->folder, place);
}

static void become(const struct app *app, int place)
{
    char id[128], brokers[256], state[128], path[128];
    const char *arguments[2 * APP_SETTINGS + 16] = { LEAT_TEST_PROGRAM, "--set", id, "--set",
                                                     brokers, "--set", state, "--set",
                                                     "kafka.session.timeout.ms=3000" };
    size_t count = 9;
    int file;

    snprintf(id, sizeof id, "application.id=%s", app->id);
    snprintf(brokers, sizeof brokers, "bootstrap.servers=%s", app->brokers);
    snprintf(state, sizeof state, "state.dir=%s/state-%d", app->folder, place);
    if (app->config) {
        arguments[count++] = "--config";
        arguments[count++] = app->config;
    }
    for (int i = 0; i < APP_SETTINGS && app->settings[i]; i++) {
        arguments[count++] = "--set";
        arguments[count++] = app->settings[i];
    }
    setenv("PROGRAM_LINES", app->lines, 1);
    setenv("PROGRAM_COUNTS", app->counts, 1);
    setenv("PROGRAM_TABLE", app->table ? app->table : "", 1);
    setenv("PROGRAM_MODE", app->mode, 1);
    log_path(app, place, path, sizeof path);
    file = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    dup2(file, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no process behind */
    dup2(file, 2);
    execv(LEAT_TEST_PROGRAM, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

void app_start(struct app *app, int place)
{
    cr_assert_eq(app->pids[place], 0);
    fflush(NULL);
    app->pids[place] = fork();
    cr_assert(app->pids[place] >= 0);
    if (!app->pids[place])
        become(app, place);
}

static void show_log(struct app *app, int place)
{
    char command[192];

    snprintf(command, sizeof command, "tail -n 40 '%s/%d.log' >&2", app->folder, place);
    if (system(command))
        fprintf(stderr, "no log of place %d\n", place);
}

void app_kill(struct app *app, int place)
{
    int status;

    kill(app->pids[place], SIGKILL);
    waitpid(app->pids[place], &status, 0);
    app->pids[place] = 0;
    if (!WIFSIGNALED(status))
        show_log(app, place);
    cr_assert(WIFSIGNALED(status), "it had ended by itself with %d", WEXITSTATUS(status));
}

int app_end(struct app *app, int place)
{
    int64_t until_ms = clock_ms(clock_system()) + PATIENCE_MS;
    int status;

    while (!waitpid(app->pids[place], &status, WNOHANG)) {
        if (clock_ms(clock_system()) > until_ms)
            show_log(app, place);
        cr_assert(clock_ms(clock_system()) <= until_ms, "it does not end");
        clock_sleep_ms(LOOK_MS);
    }
    app->pids[place] = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void app_stop(struct app *app, int place)
{
    int status;

    kill(app->pids[place], SIGTERM);
    status = app_end(app, place);
    if (status)
        show_log(app, place);
    cr_assert_eq(status, 0, "it ended with %d", status);
}

/* ---- logs ------------------------------------------------------------------------------------ */

int app_times(struct app *app, int place, const char *text)
{
    char path[128], line[8192];
    int times = 0;
    FILE *file;

    log_path(app, place, path, sizeof path);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        times += strstr(line, text) != NULL;
    if (file)
        fclose(file);
    return times;
}

bool app_said(struct app *app, int place, const char *text)
{
    return app_times(app, place, text) > 0;
}

void app_await(struct app *app, int place, const char *text)
{
    int64_t until_ms = clock_ms(clock_system()) + PATIENCE_MS;

    while (!app_said(app, place, text)) {
        if (clock_ms(clock_system()) > until_ms)
            show_log(app, place);
        cr_assert(clock_ms(clock_system()) <= until_ms, "its log never says '%s'", text);
        clock_sleep_ms(LOOK_MS);
    }
}

void app_refuses(struct app *app, int place, const char *const texts[])
{
    int status;

    app_start(app, place);
    status = app_end(app, place);
    if (!status || status > 2)
        show_log(app, place);
    cr_assert(status == 1 || status == 2, "it ended with %d", status);
    for (size_t i = 0; texts[i]; i++) {
        if (!app_said(app, place, texts[i]))
            show_log(app, place);
        cr_assert(app_said(app, place, texts[i]), "its log does not say '%s'", texts[i]);
    }
}
