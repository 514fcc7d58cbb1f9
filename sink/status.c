/* status.c - what a sink tells of itself. */
#include "sink/status.h"

#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/http.h"
#include "processor/metrics.h"

#include <stdatomic.h>

struct sink_status {
    const struct sink_table *tables;
    size_t table_count;
    int64_t watchdog_ms;
    struct metrics *metrics;
    struct http *http;
    _Atomic int64_t beat_ms; /* monotonic; 0: the runner has not begun */
    atomic_int stage;
};

static int page_metrics(void *user, struct buffer *out)
{
    struct sink_status *status = user;

    return metrics_write(status->metrics, out);
}

/* Before its first round a sink waits for topics, and may do so for as long as it likes. */
static bool page_healthy(void *user, struct buffer *out)
{
    struct sink_status *status = user;
    int64_t beat_ms = atomic_load(&status->beat_ms);
    int64_t stands_ms = beat_ms ? clock_ms(clock_system()) - beat_ms : 0;

    if (!status->watchdog_ms || stands_ms <= status->watchdog_ms)
        return true;
    buffer_format(out, "the sink has stood still for %lld ms\n", (long long)stands_ms);
    return false;
}

static bool page_ready(void *user, struct buffer *out)
{
    static const char *const words[] = {
        "it waits for its topics and for the database\n",
        "it takes its partitions over\n",
        NULL,
        "database or brokers cannot be reached\n",
    };
    struct sink_status *status = user;
    const char *word = words[atomic_load(&status->stage)];

    if (word)
        buffer_text(out, word);
    return !word;
}

static int page_topology(void *user, bool mermaid, struct buffer *out)
{
    struct sink_status *status = user;
    int code = buffer_text(out, mermaid ? "graph LR\n" : "");

    for (size_t i = 0; i < status->table_count && !code; i++) {
        const struct sink_table *table = &status->tables[i];

        if (mermaid)
            code = buffer_format(out, "    t%zu[%s] --> r%zu[(%s)]\n", i, table->topic, i,
                                 table->table);
        else
            code = buffer_format(out, "topic %s -> table %s\n", table->topic, table->table);
    }
    return code;
}

static int page_tasks(void *user, struct buffer *out)
{
    return buffer_text(out, "[]\n");
}

int sink_status_start(const struct http_options *options, const struct sink_table *tables,
                      size_t table_count, int64_t watchdog_ms, struct sink_status **out,
                      struct leat_error *error)
{
    struct sink_status *status = memory_new(sizeof *status);
    struct http_options http = *options;
    int code;

    status->tables = tables;
    status->table_count = table_count;
    status->watchdog_ms = watchdog_ms;
    status->metrics = metrics_new();
    metrics_sample_process(status->metrics);
    metrics_sample_limit(status->metrics);
    http.pages = (struct http_pages){ .metrics = page_metrics,
                                      .healthy = page_healthy,
                                      .ready = page_ready,
                                      .topology = page_topology,
                                      .tasks = page_tasks,
                                      .user = status };
    code = http_start(&http, &status->http, error);
    if (code) {
        sink_status_stop(status);
        return code;
    }
    log_info("status_server", "address=%s port=%d", http.listen, http_port(status->http));
    *out = status;
    return LEAT_OK;
}

void sink_status_stop(struct sink_status *status)
{
    if (!status)
        return;
    http_stop(status->http);
    metrics_free(status->metrics);
    memory_free(status);
}

struct metrics *sink_status_metrics(struct sink_status *status)
{
    return status->metrics;
}

void sink_status_beat(struct sink_status *status, enum sink_stage stage)
{
    atomic_store(&status->beat_ms, clock_ms(clock_system()));
    atomic_store(&status->stage, (int)stage);
}
