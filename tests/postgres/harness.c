/* harness.c - starting the server, asking it, and writing rows. */
#include "harness.h"

#include "base/clock.h"
#include "base/logline.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_BYTES = 64 << 10, TRIES = 600, TRY_MS = 50 };

const struct sink_table counters = {
    .topic = "counters", .table = "counters", .type = &counter_type, .mode = SINK_UPSERT,
    .key_form = SINK_KEY_TEXT, .key = { "name" }, .indexes = { { "total" } },
};

const struct sink_table events = {
    .topic = "events", .table = "events", .type = &event_type, .mode = SINK_FACTS,
    .partition_by = "timestamp", .indexes = { { "name", "timestamp" } },
};

/* ---- the server --------------------------------------------------------------------------- */

static int script(const char *action, const char *dir)
{
    char command[1024];

    snprintf(command, sizeof(command), "%s %s '%s' >'%s/harness.log' 2>&1", SERVER_SCRIPT, action,
             dir, dir);
    return system(command);
}

const char *server_conninfo(void)
{
    const char *conninfo = getenv("LEAT_TEST_POSTGRES");

    cr_assert(conninfo, "the server's address is not in the environment");
    return conninfo;
}

void server_do(const char *action)
{
    cr_assert_eq(script(action, getenv("LEAT_TEST_POSTGRES_DIR")), 0, "server.sh %s failed",
                 action);
}

/* The process that stops the server, and the end of its pipe that stays open until then. */
static pid_t watcher = -1;
static int watched = -1;

/* Reads to the end of the pipe, which comes when the runner ends, however it ends. */
static void watch(int pipe_end, const char *dir)
{
    char byte;

    setsid();
    while (read(pipe_end, &byte, 1))
        ;
    if (script("remove", dir))
        fprintf(stderr, "cannot stop the server in %s\n", dir);
    execlp("rm", "rm", "-rf", dir, (char *)NULL);
    _exit(1);
}

static bool server_start(char *dir)
{
    char path[256], conninfo[512] = "";
    int ends[2];
    FILE *file;

    if (!mkdtemp(dir) || pipe2(ends, O_CLOEXEC))
        return false;
    watcher = fork();
    if (!watcher) {
        close(ends[1]);
        watch(ends[0], dir);
    }
    close(ends[0]);
    watched = ends[1];
    if (watcher < 0 || script("start", dir))
        return false;
    snprintf(path, sizeof(path), "%s/conninfo", dir);
    file = fopen(path, "r");
    if (!file || !fgets(conninfo, sizeof(conninfo), file))
        return false;
    fclose(file);
    conninfo[strcspn(conninfo, "\n")] = 0;
    return !setenv("LEAT_TEST_POSTGRES", conninfo, 1) && !setenv("LEAT_TEST_POSTGRES_DIR", dir, 1);
}

/* One test after the other: some of them kill the server. */
ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    static char dir[] = "/tmp/leat-suite-postgres.XXXXXX";

    (void)tests;
    criterion_options.jobs = 1;
    if (!server_start(dir)) {
        fprintf(stderr, "suite-postgres: PostgreSQL does not start, see %s\n", dir);
        exit(1);
    }
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    close(watched);
    waitpid(watcher, NULL, 0);
}

/* ---- asking ------------------------------------------------------------------------------- */

static bool answer(const char *sql, const char *complaints, char *text, size_t size)
{
    char command[ANSWER_BYTES];
    size_t used;
    FILE *psql;

    snprintf(command, sizeof(command),
             "psql -X -A -t -q -v ON_ERROR_STOP=1 -R ' ' \"%s\" %s <<'SQL'\n%s\nSQL\n",
             server_conninfo(), complaints, sql);
    psql = popen(command, "r");
    cr_assert(psql, "psql cannot be run");
    used = fread(text, 1, size - 1, psql);
    while (used && (text[used - 1] == '\n' || text[used - 1] == ' '))
        used--;
    text[used] = 0;
    return !pclose(psql);
}

const char *ask(const char *format, ...)
{
    static char text[ANSWER_BYTES];
    char sql[8192];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    cr_assert(answer(sql, "", text, sizeof(text)), "the server refuses: %s", sql);
    return text;
}

void wait_for(const char *sql, const char *expected)
{
    char text[1024];

    for (int i = 0; i < TRIES; i++) {
        if (answer(sql, "2>/dev/null", text, sizeof(text)) && !strcmp(text, expected))
            return;
        clock_sleep_ms(TRY_MS);
    }
    cr_assert_fail("'%s' gives '%s', not '%s'", sql, text, expected);
}

const char *schema_fresh(const char *name)
{
    logline_set_level(LOG_LEVEL_ERROR);
    ask("SET client_min_messages = error; DROP SCHEMA IF EXISTS \"%s\" CASCADE", name);
    return name;
}

/* ---- rows --------------------------------------------------------------------------------- */

struct sink *sink_over(const char *schema, const struct sink_table *tables, size_t count,
                       struct leat_error *error)
{
    struct postgres_options options = { .database = server_conninfo(), .schema = schema,
                                        .id = "test", .tables = tables, .table_count = count };
    struct sink *sink;

    return postgres_new(&options, &sink, error) ? NULL : sink;
}

int put_counters(struct sink *sink, struct sink_claim *claim, const char *names, int64_t total,
                 struct leat_error *error)
{
    int64_t next;

    if (sink_begin(sink, claim, error))
        return error->code;
    next = claim->next_offset < 0 ? 0 : claim->next_offset;
    for (; *names; names++, next++) {
        struct counter counter = { leat_bytes(names, 1), total };
        struct sink_row row = { counter.name, &counter, next };

        if (sink_write(sink, &row, error))
            return error->code;
    }
    return sink_commit(sink, next, error);
}

int put_events(struct sink *sink, struct sink_claim *claim, int count, int64_t at_ms,
               struct leat_error *error)
{
    int64_t next;

    if (sink_begin(sink, claim, error))
        return error->code;
    next = claim->next_offset < 0 ? 0 : claim->next_offset;
    for (int i = 0; i < count; i++, next++) {
        struct event event = { LEAT_LITERAL("tick"), at_ms + i, 250 };
        struct sink_row row = { .value = &event, .offset = next };

        if (sink_write(sink, &row, error))
            return error->code;
    }
    return sink_commit(sink, next, error);
}
