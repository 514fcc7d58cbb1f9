/* streams_status.c - what an instance tells of itself: metrics, health, topology and tasks, through
 * the status server. Everything here only reads.
 */
#include "base/logline.h"
#include "base/memory.h"
#include "processor/queries.h"
#include "processor/streams.h"
#include "processor/streams_metrics.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct streams_status {
    struct leat_streams *streams;
    struct queries *queries; /* NULL: the configuration does not want any */
    struct http *http;
};

/* ---- pages ----------------------------------------------------------------------------------- */

static int page_metrics(void *user, struct buffer *out)
{
    return streams_metrics_write(((struct streams_status *)user)->streams, out);
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
    long long tasks = 0, running = 0;

    for (size_t i = 0; i < crew_size(streams->crew); i++) {
        const struct worker_figures *figures = worker_figures(crew_worker(streams->crew, i));

        tasks += atomic_load(&figures->tasks);
        running += atomic_load(&figures->running);
    }
    if (tasks == running && leat_streams_state(streams) != LEAT_FAILED)
        return true;
    buffer_format(out, "%lld of %lld tasks are running", running, tasks);
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

static void page_stores(void *user, const struct http_request *request, struct http_reply *reply)
{
    const struct streams_status *status = user;

    queries_answer(status->queries, request, reply);
}

/* ---- the server ------------------------------------------------------------------------------ */

static struct queries *new_queries(const struct leat_streams *streams)
{
    return queries_new(&(struct queries_options){ .log = streams->log,
                                                  .layout = streams->layout,
                                                  .registry = streams->registry,
                                                  .crew = streams->crew,
                                                  .control = streams->control,
                                                  .globals = streams->globals });
}

int streams_status_start(struct leat_streams *streams, struct leat_error *error)
{
    struct streams_status *status = memory_new(sizeof *status);
    struct http_options options = {
        .listen = config_text(streams->config, "leat.http.listen"),
        .port = (uint16_t)config_number(streams->config, "leat.http.port"),
        .expose = config_flag(streams->config, "leat.http.expose"),
        .pages = { page_metrics, page_healthy, page_ready, page_topology, page_tasks, status,
                   NULL },
    };
    int code;

    streams->status = status;
    status->streams = streams;
    if (config_flag(streams->config, "leat.http.stores")) {
        status->queries = new_queries(streams);
        options.pages.stores = page_stores;
    }
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
    queries_stop(status->queries);
    http_stop(status->http);
    queries_free(status->queries);
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
