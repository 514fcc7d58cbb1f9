/* streams_status.c - what an instance tells of itself: metrics, health, topology and tasks, through
 * the status server. Everything here only reads.
 */
#include "base/logline.h"
#include "base/memory.h"
#include "processor/http.h"
#include "processor/metrics.h"
#include "processor/streams.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct streams_status {
    struct leat_streams *streams;
    struct metrics *metrics;
    struct http *http;
};

/* ---- metrics --------------------------------------------------------------------------------- */

#define SUM_OF(name, figure)                                                                       \
    static int64_t name(void *user)                                                                \
    {                                                                                              \
        const struct leat_streams *streams = user;                                                 \
        int64_t sum = 0;                                                                           \
                                                                                                   \
        for (size_t i = 0; i < crew_size(streams->crew); i++)                                      \
            sum += (int64_t)atomic_load(&worker_figures(crew_worker(streams->crew, i))->figure);   \
        return sum;                                                                                \
    }

SUM_OF(sum_records, records)
SUM_OF(sum_commits, commits)
SUM_OF(sum_aborts, aborts)
SUM_OF(sum_restored, restored)
SUM_OF(sum_rejected, rejected)
SUM_OF(sum_tasks_dropped, dropped)
SUM_OF(sum_late, late)
SUM_OF(sum_tasks, tasks)
SUM_OF(sum_running, running)

static int64_t sum_dropped(void *user)
{
    const struct leat_streams *streams = user;

    return sum_tasks_dropped(user) + (int64_t)globals_dropped(streams->globals);
}

/* The slowest of the workers' last commits. */
static int64_t last_commit_us(void *user)
{
    const struct leat_streams *streams = user;
    int64_t slowest = 0;

    for (size_t i = 0; i < crew_size(streams->crew); i++) {
        int64_t us = atomic_load(&worker_figures(crew_worker(streams->crew, i))->commit_us);

        slowest = us > slowest ? us : slowest;
    }
    return slowest;
}

static int64_t state_now(void *user)
{
    return leat_streams_state(user);
}

static const struct {
    struct metric_family family;
    int64_t (*sample)(void *user);
} families[] = {
    { { "leat_records_total", "Records processed.", METRIC_COUNTER }, sum_records },
    { { "leat_commits_total", "Commits of workers.", METRIC_COUNTER }, sum_commits },
    { { "leat_aborts_total", "Transactions that were undone.", METRIC_COUNTER }, sum_aborts },
    { { "leat_restored_records_total", "Changelog records read to restore state.", METRIC_COUNTER },
      sum_restored },
    { { "leat_rejected_records_total", "Records that could not be read.", METRIC_COUNTER },
      sum_rejected },
    { { "leat_dropped_records_total", "Records dropped: null keys, late ones.", METRIC_COUNTER },
      sum_dropped },
    { { "leat_late_records_total", "Windows that records came too late for.", METRIC_COUNTER },
      sum_late },
    { { "leat_tasks", "Tasks that this instance owns.", METRIC_GAUGE }, sum_tasks },
    { { "leat_tasks_running", "Of these, restored and processing.", METRIC_GAUGE }, sum_running },
    { { "leat_commit_seconds", "Time of the slowest worker's last commit.", METRIC_GAUGE, 1e-6 },
      last_commit_us },
    { { "leat_state", "0 created, 1 rebalancing, 2 running, 3 stopped, 4 failed.", METRIC_GAUGE },
      state_now },
};

static void sample_all(struct streams_status *status)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        metrics_sample(status->metrics, &families[i].family, families[i].sample, status->streams);
    metrics_sample_process(status->metrics);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static int page_metrics(void *user, struct buffer *out)
{
    struct streams_status *status = user;

    return metrics_write(status->metrics, out);
}

static bool page_healthy(void *user, struct buffer *out)
{
    struct leat_streams *streams = ((struct streams_status *)user)->streams;
    int64_t stands_ms = clock_ms(clock_system()) - crew_beat_ms(streams->crew);
    struct leat_error error;

    if (leat_streams_state(streams) == LEAT_FAILED) {
        leat_streams_error(streams, &error);
        buffer_text(out, error.text);
        return false;
    }
    if (stands_ms > config_number(streams->config, "leat.watchdog.ms")) {
        buffer_format(out, "a worker has stood still for %lld ms", (long long)stands_ms);
        return false;
    }
    return true;
}

/* An instance without tasks is ready too: others may have them all. */
static bool page_ready(void *user, struct buffer *out)
{
    struct leat_streams *streams = ((struct streams_status *)user)->streams;
    int64_t tasks = sum_tasks(streams), running = sum_running(streams);

    if (tasks == running && leat_streams_state(streams) != LEAT_FAILED)
        return true;
    buffer_format(out, "%lld of %lld tasks are running", (long long)running, (long long)tasks);
    return false;
}

static int page_topology(void *user, bool mermaid, struct buffer *out)
{
    struct leat_streams *streams = ((struct streams_status *)user)->streams;
    char *text = leat_topology_describe(streams->topology, mermaid);
    int status = buffer_text(out, text);

    free(text);
    return status;
}

struct task_list {
    struct buffer *out;
    size_t count;
};

static void add_task(void *user, const char *task, const char *stage, uint64_t records,
                     uint64_t restored)
{
    struct task_list *list = user;

    buffer_format(list->out,
                  "%s{\"task\":\"%s\",\"stage\":\"%s\",\"records\":%llu,\"restored\":%llu}",
                  list->count++ ? "," : "", task, stage, (unsigned long long)records,
                  (unsigned long long)restored);
}

static int page_tasks(void *user, struct buffer *out)
{
    struct leat_streams *streams = ((struct streams_status *)user)->streams;
    struct task_list list = { out, 0 };

    buffer_text(out, "[");
    for (size_t i = 0; i < crew_size(streams->crew); i++)
        worker_describe(crew_worker(streams->crew, i), add_task, &list);
    return buffer_text(out, "]\n");
}

/* ---- the server ------------------------------------------------------------------------------ */

int streams_status_start(struct leat_streams *streams, struct leat_error *error)
{
    struct streams_status *status = memory_new(sizeof *status);
    struct http_options options = {
        .listen = config_text(streams->config, "leat.http.listen"),
        .port = (uint16_t)config_number(streams->config, "leat.http.port"),
        .expose = config_flag(streams->config, "leat.http.expose"),
        .pages = { page_metrics, page_healthy, page_ready, page_topology, page_tasks, status },
    };
    int code;

    streams->status = status;
    status->streams = streams;
    status->metrics = metrics_new();
    sample_all(status);
    code = http_start(&options, &status->http, error);
    if (!code)
        log_info("status_server", "address=%s port=%d", options.listen, http_port(status->http));
    return code;
}

void streams_status_stop(struct leat_streams *streams)
{
    struct streams_status *status = streams->status;

    if (!status)
        return;
    http_stop(status->http);
    metrics_free(status->metrics);
    memory_free(status);
    streams->status = NULL;
}

int streams_status_port(const struct leat_streams *streams)
{
    return streams->status && streams->status->http ? http_port(streams->status->http) : 0;
}

/* Who listens on all addresses has none to tell but the machine's name. */
char *streams_address(const struct leat_streams *streams)
{
    const char *told = config_text(streams->config, "application.server");
    const char *listen = config_text(streams->config, "leat.http.listen");
    char name[HOST_NAME_MAX + 1] = "localhost";

    if (told)
        return memory_text(told);
    if (strcmp(listen, "0.0.0.0") && strcmp(listen, "::"))
        return memory_format(strchr(listen, ':') ? "[%s]:%d" : "%s:%d", listen,
                             streams_status_port(streams));
    if (gethostname(name, sizeof name - 1))
        log_warn("no_host_name", "reason=\"%s\"", strerror(errno));
    return memory_format("%s:%d", name, streams_status_port(streams));
}
