/* streams_open.c - the parts of an instance, made in order from the configuration.
 *
 * Nothing is created on the broker before the topology, the inputs and the state directory have
 * been found fit.
 */
#include "base/logline.h"
#include "base/memory.h"
#include "processor/internal_topics.h"
#include "processor/streams.h"
#include "processor/streams_metrics.h"
#include "schemas/registry.h"
#include "state/budget.h"
#include "state/lock.h"

#include <stdlib.h>
#include <string.h>

enum {
    SESSION_TIMEOUT_MS = 10000,
    DELETE_RETENTION_MS = 86400000,  /* of compacted topics: Kafka's default */
};

/* ---- log and registry ------------------------------------------------------------------------ */

int streams_log(const struct config *config, struct log **out, struct leat_error *error)
{
    const char *brokers = config_text(config, "bootstrap.servers");
    const char *application = config_text(config, "application.id");
    size_t count;
    const struct log_setting *settings = config_kafka(config, &count);

    if (!strncmp(brokers, "local:", 6))
        return log_local_new(clock_system(), out);
    return log_kafka_new(brokers, application ? application : "leat", settings, count, out, error);
}

int streams_registry(const struct config *config, struct registry **out, struct leat_error *error)
{
    const char *user_info = config_text(config, "schema.registry.basic.auth.user.info");
    const char *colon = user_info ? strchr(user_info, ':') : NULL;
    const char *url = config_text(config, "schema.registry.url");
    char *user = colon ? memory_format("%.*s", (int)(colon - user_info), user_info) : NULL;
    struct registry_options options = {
        .url = url ? url : "mock://leat",
        .user = user,
        .password = colon ? colon + 1 : NULL,
        .ca_file = config_text(config, "schema.registry.ssl.ca"),
        .certificate_file = config_text(config, "schema.registry.ssl.cert"),
        .key_file = config_text(config, "schema.registry.ssl.key"),
        .timeout_ms = (int)config_number(config, "schema.registry.request.timeout.ms"),
    };
    int status = registry_new(&options, out, error);

    memory_free(user);
    return status;
}

static int open_log(struct leat_streams *streams, struct leat_error *error)
{
    return streams->log ? LEAT_OK : streams_log(streams->config, &streams->log, error);
}

static int open_registry(struct leat_streams *streams, struct leat_error *error)
{
    return streams_registry(streams->config, &streams->registry, error);
}

/* ---- state ----------------------------------------------------------------------------------- */

static int open_state(struct leat_streams *streams, struct leat_error *error)
{
    int slots = (int)config_number(streams->config, "leat.state.slots"), code;
    char *folder = memory_format("%s/%s", config_text(streams->config, "state.dir"),
                                 streams->application);

    if (slots == 1) {
        streams->state_dir = folder;
        return lock_take(folder, &streams->lock, error);
    }
    code = lock_take_slot(folder, slots, &streams->state_dir, &streams->lock, error);
    memory_free(folder);
    return code;
}

static int open_budget(struct leat_streams *streams, struct leat_error *error)
{
    streams->budget = budget_new(
        (size_t)config_number(streams->config, "leat.memory.max.bytes"));
    return LEAT_OK;
}

static int open_metrics(struct leat_streams *streams, struct leat_error *error)
{
    streams_metrics_start(streams);
    return LEAT_OK;
}

/* ---- topics and tasks ------------------------------------------------------------------------ */

static int open_layout(struct leat_streams *streams, struct leat_error *error)
{
    return layout_new(streams->log, streams->topology, streams->application, &streams->layout,
                      error);
}

static bool uses(const struct leat_streams *streams, const char *key)
{
    return config_choice(streams->config, key) == CONFIG_DEAD_LETTER;
}

static int16_t replication(const struct leat_streams *streams)
{
    return (int16_t)config_number(streams->config, "replication.factor");
}

static int check_topics(struct leat_streams *streams, struct leat_error *error)
{
    return internal_topics_check(streams->log, streams->layout, error);
}

static int open_topics(struct leat_streams *streams, struct leat_error *error)
{
    struct internal_options options = {
        .replication = replication(streams),
        .create = true,
        .dead_letters = uses(streams, "deserialization.exception.handler") ||
                        uses(streams, "processing.exception.handler") ||
                        uses(streams, "production.exception.handler"),
    };

    return internal_topics_create(streams->log, streams->layout, &options, error);
}

static int open_table(struct leat_streams *streams, struct leat_error *error)
{
    return task_table_open(streams->log, streams->layout, replication(streams), &streams->table,
                           error);
}

static int open_globals(struct leat_streams *streams, struct leat_error *error)
{
    struct globals_options options = { .log = streams->log,
                                       .layout = streams->layout,
                                       .registry = streams->registry,
                                       .clock = clock_system(),
                                       .budget = streams->budget,
                                       .state = streams->state_dir };
    int status;

    options.handler =
        (enum handler)config_choice(streams->config, "deserialization.exception.handler");
    status = globals_open(&options, &streams->globals, error);
    return status ? status : globals_start(streams->globals, error);
}

/* ---- workers --------------------------------------------------------------------------------- */

static struct log_group *group_of(void *user)
{
    struct leat_streams *streams = user;

    return control_group(streams->control);
}

/* What uncommitted writes may take: the budget's share, or less of it. */
static size_t staged_bytes(const struct leat_streams *streams)
{
    size_t share = budget_parts(streams->budget)->staged_bytes;
    int64_t wanted = config_number(streams->config, "statestore.cache.max.bytes");

    return wanted > 0 && (size_t)wanted < share ? (size_t)wanted : share;
}

static struct worker_settings settings_of(const struct leat_streams *streams)
{
    const struct config *config = streams->config;
    const struct budget_parts *parts = budget_parts(streams->budget);
    size_t workers = (size_t)config_number(config, "num.stream.threads");

    return (struct worker_settings){
        .exactly_once = config_choice(config, "processing.guarantee") == CONFIG_EXACTLY_ONCE,
        .commit_interval_ms = config_number(config, "commit.interval.ms"),
        .transaction_timeout_ms = (int)config_number(config, "transaction.timeout.ms"),
        .purge_interval_ms = config_number(config, "repartition.purge.interval.ms"),
        .recommit_ms = config_number(config, "leat.offsets.recommit.interval.ms"),
        .reset = (enum worker_reset)config_choice(config, "auto.offset.reset"),
        .retry_backoff_ms = config_number(config, "retry.backoff.ms"),
        .delete_retention_ms = DELETE_RETENTION_MS,
        .queue_bytes = parts->queue_bytes / (2 * workers),
        .staged_bytes = staged_bytes(streams),
        .caching = config_number(config, "statestore.cache.max.bytes") != 0,
        .emit_interval_ms = config_number(config, "leat.emit.interval.ms"),
        .flush_interval_ms = config_number(config, "leat.state.flush.interval.ms"),
        .flush_bytes = (size_t)config_number(config, "leat.state.flush.bytes"),
        .production = (enum handler)config_choice(config, "production.exception.handler"),
        .task = { .deserialization =
                      (enum handler)config_choice(config, "deserialization.exception.handler"),
                  .processing =
                      (enum handler)config_choice(config, "processing.exception.handler"),
                  .timestamp_ahead_ms = config_number(config, "leat.timestamp.ahead.max.ms"),
                  .idle_ms = config_number(config, "leat.idle.ms"),
                  .max_idle_ms = config_number(config, "max.task.idle.ms"),
                  .buffered_records =
                      (size_t)config_number(config, "buffered.records.per.partition") },
    };
}

static int session_timeout_ms(const struct config *config)
{
    const char *text = config_kafka_text(config, "session.timeout.ms");
    int64_t ms;

    return text && !config_parse_duration(text, &ms) ? (int)ms : SESSION_TIMEOUT_MS;
}

static int open_control(struct leat_streams *streams, struct leat_error *error)
{
    struct control_options options = {
        .log = streams->log,
        .layout = streams->layout,
        .table = streams->table,
        .owners = streams->owners,
        .instance = config_text(streams->config, "group.instance.id"),
        .session_timeout_ms = session_timeout_ms(streams->config),
        .watchdog_ms = config_number(streams->config, "leat.watchdog.ms"),
    };

    if (!streams->owners)
        options.owners = streams->owners = owners_new(streams->log, streams->layout,
                                                      streams->table,
                                                      lock_instance(streams->lock));
    streams->control = control_new(&options);
    return LEAT_OK;
}

static int open_crew(struct leat_streams *streams, struct leat_error *error)
{
    char *id = memory_format("%s-%s", streams->application, lock_instance(streams->lock));
    struct crew_options options = {
        .worker = { .layout = streams->layout,
                    .table = streams->table,
                    .owners = streams->owners,
                    .log = streams->log,
                    .registry = streams->registry,
                    .clock = clock_system(),
                    .budget = streams->budget,
                    .globals = streams->globals,
                    .metrics = streams_metrics_all(streams->metrics),
                    .state_dir = streams->state_dir,
                    .transactional_id = id,
                    .settings = settings_of(streams),
                    .group = group_of,
                    .user = streams },
        .workers = (size_t)config_number(streams->config, "num.stream.threads"),
        .commit = control_commit,
        .user = streams->control,
    };
    int status = crew_start(&options, &streams->crew, error);

    memory_free(id);
    if (!status)
        control_lead(streams->control, streams->crew);
    return status;
}

static int join(struct leat_streams *streams, struct leat_error *error)
{
    return control_join(streams->control, error);
}

/* Only now is it known where the status server listens. */
static int tell_owners(struct leat_streams *streams, struct leat_error *error)
{
    char *address = streams_address(streams);
    int status = owners_start(streams->owners, address, error);

    log_info("reached_at", "address=%s", address);
    memory_free(address);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int patiently(struct leat_streams *streams,
                     int (*step)(struct leat_streams *, struct leat_error *),
                     struct leat_error *error)
{
    int64_t pause_ms = config_number(streams->config, "retry.backoff.ms");
    int64_t until_ms = clock_ms(clock_system()) +
                       config_number(streams->config, "task.timeout.ms");
    int status;

    while ((status = step(streams, error)) == LEAT_E_RETRY && !atomic_load(&streams->stopping) &&
           clock_ms(clock_system()) < until_ms) {
        log_warn("start_waits", "reason=\"%s\"", error->text);
        clock_sleep_ms(pause_ms);
        pause_ms = pause_ms < 5000 ? pause_ms * 2 : pause_ms;
    }
    return status;
}

int streams_open(struct leat_streams *streams, struct leat_error *error)
{
    static int (*const steps[])(struct leat_streams *, struct leat_error *) = {
        open_log, open_registry, open_layout, open_state, open_budget, open_metrics, check_topics,
        open_table, open_topics, open_globals, open_control, open_crew, join,
        streams_status_start, tell_owners,
    };
    int status = config_check(streams->config, error);

    if (!status)
        status = leat_topology_check(streams->topology, error);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !status; i++)
        status = patiently(streams, steps[i], error);
    return status;
}

void streams_close(struct leat_streams *streams)
{
    streams_status_stop(streams);
    if (streams->control && control_group(streams->control))
        control_leave(streams->control);
    crew_stop(streams->crew);
    owners_stop(streams->owners);
    control_free(streams->control);
    streams_metrics_stop(streams);
    globals_stop(streams->globals);
    task_table_free(streams->table);
    layout_free(streams->layout);
    budget_free(streams->budget);
    lock_release(streams->lock);
    registry_free(streams->registry);
    if (streams->owns_log)
        log_free(streams->log);
    memory_free(streams->state_dir);
}
