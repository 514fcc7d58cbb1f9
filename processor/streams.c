/* streams.c - an instance from start to stop.
 *
 * Entry points:  leat_streams_start(), leat_streams_stop(), leat_streams_state()
 * See also:      streams_open.c (its parts), control.c (its thread), streams_run.c, main.c
 */
#include "processor/streams.h"

#include "base/logline.h"
#include "base/memory.h"

enum { CONTROL_WAIT_MS = 20 };

/* ---- configuration --------------------------------------------------------------------------- */

extern char **environ;

static struct config *config_of(struct leat_config *config)
{
    return (struct config *)config;
}

struct leat_config *leat_config_new(void)
{
    return (struct leat_config *)config_new();
}

void leat_config_free(struct leat_config *config)
{
    config_free(config_of(config));
}

int leat_config_set(struct leat_config *config, const char *key, const char *value,
                    struct leat_error *error)
{
    return config_set(config_of(config), key, value, error);
}

int leat_config_file(struct leat_config *config, const char *path, struct leat_error *error)
{
    return config_read_file(config_of(config), path, error);
}

int leat_config_environment(struct leat_config *config, struct leat_error *error)
{
    return config_read_environment(config_of(config), environ, error);
}

/* ---- states ---------------------------------------------------------------------------------- */

struct leat_streams *streams_new(struct leat_topology *topology, const struct config *config,
                                 struct log *log)
{
    struct leat_streams *streams = memory_new(sizeof *streams);

    streams->topology = topology;
    streams->config = config;
    streams->application = config_text(config, "application.id");
    streams->log = log;
    streams->owns_log = !log;
    pthread_mutex_init(&streams->lock_error, NULL);
    return streams;
}

struct leat_streams *leat_streams_new(struct leat_topology *topology,
                                      const struct leat_config *config)
{
    return streams_new(topology, (const struct config *)config, NULL);
}

static bool all_running(struct leat_streams *streams)
{
    int tasks = 0, running = 0;

    for (size_t i = 0; i < crew_size(streams->crew); i++) {
        const struct worker_figures *figures = worker_figures(crew_worker(streams->crew, i));

        tasks += atomic_load(&figures->tasks);
        running += atomic_load(&figures->running);
    }
    return tasks && tasks == running;
}

enum leat_state leat_streams_state(struct leat_streams *streams)
{
    return (enum leat_state)atomic_load(&streams->state);
}

void leat_streams_error(struct leat_streams *streams, struct leat_error *error)
{
    pthread_mutex_lock(&streams->lock_error);
    *error = streams->error;
    pthread_mutex_unlock(&streams->lock_error);
}

int leat_streams_port(struct leat_streams *streams)
{
    return streams_status_port(streams);
}

static void fail(struct leat_streams *streams, const struct leat_error *error)
{
    log_error("failed", "code=%s reason=\"%s\"", leat_status_name(error->code), error->text);
    pthread_mutex_lock(&streams->lock_error);
    streams->error = *error;
    pthread_mutex_unlock(&streams->lock_error);
    atomic_store(&streams->state, LEAT_FAILED);
}

/* ---- the control thread ---------------------------------------------------------------------- */

static void *control_loop(void *argument)
{
    struct leat_streams *streams = argument;
    struct leat_error error = { 0 };
    bool was_running = false;

    while (!atomic_load(&streams->stopping)) {
        bool running;

        if (control_step(streams->control, CONTROL_WAIT_MS, &error)) {
            fail(streams, &error);
            break;
        }
        running = all_running(streams);
        if (running != was_running)
            log_info(running ? "running" : "rebalancing", "application=%s", streams->application);
        was_running = running;
        atomic_store(&streams->state, running ? LEAT_RUNNING : LEAT_REBALANCING);
    }
    control_leave(streams->control);
    return NULL;
}

int leat_streams_start(struct leat_streams *streams, struct leat_error *error)
{
    int status;

    if (streams->started)
        return error_set(error, LEAT_E_ARGUMENT, "this instance was started before; make another");
    streams->started = true;
    atomic_store(&streams->state, LEAT_REBALANCING);
    status = streams_open(streams, error);
    if (!status && pthread_create(&streams->thread, NULL, control_loop, streams))
        status = error_set(error, LEAT_E_LIMIT, "cannot start the control thread");
    if (!status)
        return LEAT_OK;
    streams->started = false;
    streams_close(streams);
    atomic_store(&streams->state, LEAT_FAILED);
    return status;
}

int leat_streams_stop(struct leat_streams *streams, struct leat_error *error)
{
    if (!streams->started)
        return LEAT_OK;
    streams->started = false;
    atomic_store(&streams->stopping, true);
    pthread_join(streams->thread, NULL);
    streams_close(streams);
    if (atomic_load(&streams->state) == LEAT_FAILED) {
        leat_streams_error(streams, error);
        return error->code;
    }
    atomic_store(&streams->state, LEAT_STOPPED);
    return LEAT_OK;
}

void leat_streams_free(struct leat_streams *streams)
{
    struct leat_error error = { 0 };

    if (!streams)
        return;
    if (leat_streams_stop(streams, &error))
        log_warn("stopped_failed", "reason=\"%s\"", error.text);
    pthread_mutex_destroy(&streams->lock_error);
    memory_free(streams);
}
