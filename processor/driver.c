/* driver.c - the topology driver: made, moved, closed.
 *
 * See also:  driver_task.c (the task it runs), driver_io.c (records in and out, rows)
 */
#include "base/limits.h"
#include "base/memory.h"
#include "processor/driver_parts.h"
#include "schemas/codec.h"
#include "schemas/registry.h"
#include "state/budget.h"
#include "topology/operators.h"

#include <assert.h>

enum { DRIVER_QUEUE_BYTES = 64 << 20, HEADER_ARENA_BYTES = 1 << 10 };

static const char application[] = "driver";

/* ---- the clock ------------------------------------------------------------------------------- */

static int64_t driver_wall_ms(struct clock *clock)
{
    return ((struct driver_clock *)clock)->wall_ms;
}

static int64_t driver_monotonic_us(struct clock *clock)
{
    return ((struct driver_clock *)clock)->monotonic_us;
}

/* ---- topics ---------------------------------------------------------------------------------- */

static int create(struct leat_driver *driver, const char *name)
{
    static const struct log_setting settings[] = { { "max.message.bytes", "16777216" } };
    struct log_topic topic = { name, 1, -1, settings, 1 };

    return log_topic_create(driver->log, &topic, &driver->error);
}

static int create_sources(struct leat_driver *driver, const struct leat_topology *topology)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < topology->step_count && !status; i++) {
        const struct step *step = topology->steps[i];

        if (step->operator->source && !step->twin)
            status = create(driver, step->topic);
    }
    return status;
}

static int create_rejects(struct leat_driver *driver, const struct step *step)
{
    const struct leat_source *source = step->twin ? NULL : step->options;
    char *name = source && source->rejects
                     ? memory_text(source->rejects)
                     : memory_format("%s-rejected", layout_topic(driver->layout, step)->name);
    int status = create(driver, name);

    memory_free(name);
    return status;
}

static int create_changelog(struct leat_driver *driver, const char *store)
{
    char *name = layout_changelog(driver->layout, store);
    int status = create(driver, name);

    memory_free(name);
    return status;
}

static int create_of_step(struct leat_driver *driver, const struct step *step)
{
    const char *name = layout_topic(driver->layout, step)->name;
    int status = name ? create(driver, name) : LEAT_OK;

    if (!status && step->operator->source)
        status = create_rejects(driver, step);
    for (int s = 0; step->group >= 0 && s < step->store_count && !status; s++)
        status = create_changelog(driver, step->stores[s].spec.name);
    return status;
}

/* Whatever the steps say, there is one partition and one task. */
static void narrow(struct layout *layout)
{
    for (size_t i = 0; i < layout->topology->step_count; i++)
        if (layout->topics[i].name)
            layout->topics[i].partitions = 1;
    for (size_t g = 0; g < layout->topology->group_count; g++)
        layout->partitions[g] = layout->origins[g] = 1;
}

static int lay_out(struct leat_driver *driver, struct leat_topology *topology)
{
    int status = leat_topology_check(topology, &driver->error);

    if (!status)
        status = create_sources(driver, topology);
    if (!status)
        status = layout_new(driver->log, topology, application, &driver->layout, &driver->error);
    if (status)
        return status;
    narrow(driver->layout);
    for (size_t i = 0; i < topology->step_count && !status; i++)
        status = create_of_step(driver, topology->steps[i]);
    for (const char *const *topic = driver->options.topics; topic && *topic && !status; topic++)
        status = create(driver, *topic);
    if (!status) {
        char *time = memory_format("%s-time", topology->groups[0].name);

        status = create_changelog(driver, time);
        memory_free(time);
    }
    return status;
}

/* ---- making ---------------------------------------------------------------------------------- */

static int open_globals(struct leat_driver *driver)
{
    struct globals_options options = { .log = driver->log,
                                       .layout = driver->layout,
                                       .registry = driver->registry,
                                       .clock = &driver->clock.clock,
                                       .state = driver->options.state,
                                       .budget = driver->budget,
                                       .handler = HANDLER_DEAD_LETTER };

    return globals_open(&options, &driver->globals, &driver->error);
}

static int open_ends(struct leat_driver *driver)
{
    struct log_writer_options task = { .transactional_id = application,
                                       .transaction_timeout_ms = INT32_MAX,
                                       .queue_bytes = DRIVER_QUEUE_BYTES };
    struct log_writer_options feeder = { .queue_bytes = DRIVER_QUEUE_BYTES };
    int status = log_writer_new(driver->log, &task, &driver->writer, &driver->error);

    return status ? status
                  : log_writer_new(driver->log, &feeder, &driver->feeder, &driver->error);
}

static int open_driver(struct leat_driver *driver, struct leat_topology *topology)
{
    struct registry_options registry = { .url = "mock://driver", .clock = &driver->clock.clock };
    int status = log_local_new(&driver->clock.clock, &driver->log);

    if (!status)
        status = registry_new(&registry, &driver->registry, &driver->error);
    if (!status)
        status = lay_out(driver, topology);
    if (!status)
        status = open_ends(driver);
    if (!status)
        status = open_globals(driver);
    if (!status)
        status = driver_task_open(driver);
    return status ? status : driver_run(driver);
}

int leat_driver_new(struct leat_topology *topology, const struct leat_driver_options *options,
                    struct leat_driver **out, struct leat_error *error)
{
    struct leat_driver *driver = memory_new(sizeof *driver);
    int status;

    if (options)
        driver->options = *options;
    driver->clock = (struct driver_clock){ { driver_wall_ms, driver_monotonic_us },
                                           driver->options.wall_ms, 0 };
    driver->batch = 1;
    buffer_init(&driver->scratch, LIMIT_VALUE_BYTES);
    arena_init(&driver->header_arena, HEADER_ARENA_BYTES);
    if (driver->options.state) {
        driver->budget = budget_new(driver->options.memory_bytes ? driver->options.memory_bytes
                                                                 : BUDGET_LEAST_BYTES);
        driver->path = memory_format("%s/task", driver->options.state);
    }
    status = open_driver(driver, topology);
    if (status) {
        error_set(error, driver->error.code, "%s", driver->error.text);
        leat_driver_close(driver);
    } else {
        *out = driver;
    }
    return status;
}

void leat_driver_close(struct leat_driver *driver)
{
    if (!driver)
        return;
    driver_io_close(driver);
    driver_task_close(driver);
    globals_stop(driver->globals);
    if (driver->writer)
        log_writer_free(driver->writer);
    if (driver->feeder)
        log_writer_free(driver->feeder);
    layout_free(driver->layout);
    if (driver->log)
        log_free(driver->log);
    if (driver->registry)
        registry_free(driver->registry);
    budget_free(driver->budget);
    buffer_free(&driver->scratch);
    arena_free(&driver->header_arena);
    memory_free(driver->path);
    memory_free(driver);
}

/* ---- moving ---------------------------------------------------------------------------------- */

void leat_driver_hold(struct leat_driver *driver)
{
    driver->batch = 0;
}

int leat_driver_release(struct leat_driver *driver, int batch)
{
    int status = driver->error.code;

    assert(batch > 0);
    driver->batch = batch;
    if (!status)
        status = driver_run(driver);
    driver->batch = 1;
    return status;
}

int leat_driver_advance_wall(struct leat_driver *driver, leat_duration by)
{
    int status;

    if (driver->error.code)
        return driver->error.code;
    driver->clock.wall_ms += by;
    driver->clock.monotonic_us += by * 1000;
    status = driver_wall(driver);
    return status ? status : driver_run(driver);
}

int leat_driver_restart(struct leat_driver *driver)
{
    int status;

    if (driver->error.code)
        return driver->error.code;
    driver_task_close(driver);
    status = driver_task_open(driver);
    return status ? status : driver_run(driver);
}

const char *leat_driver_error(const struct leat_driver *driver)
{
    return driver->error.text;
}

uint64_t leat_driver_dropped(const struct leat_driver *driver)
{
    uint64_t dropped = globals_dropped(driver->globals);

    for (size_t i = 0; i < driver->task->flow->node_count; i++)
        dropped += driver->task->flow->nodes[i].dropped;
    return dropped;
}
