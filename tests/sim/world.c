/* world.c - the world: its clock, its topics, its faults, and what is fed into it.
 *
 * See also:  instance.c
 */
#include "world.h"

#include "base/memory.h"
#include "processor/internal_topics.h"
#include "processor/local/faults.h"
#include "schemas/registry.h"
#include "topology/operators.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    world->failed = true;
}

static void must(struct world *world, int status, const struct leat_error *error)
{
    if (status < 0)
        world_fail(world, "the world: %s", error->text);
    assert(status >= 0);
}

/* ---- the clock ------------------------------------------------------------------------------- */

static int64_t wall_ms(struct clock *clock)
{
    return 1800000000000 + ((struct sim_clock *)clock)->now_us / 1000;
}

static int64_t monotonic_us(struct clock *clock)
{
    return ((struct sim_clock *)clock)->now_us;
}

void world_pass(struct world *world, int64_t ms)
{
    world->clock.now_us += ms * 1000;
}

/* ---- faults ---------------------------------------------------------------------------------- */

static int fault(void *user, enum log_local_point point)
{
    struct world *world = user;

    if (!chance_in(world->chance, world->fault_odds))
        return LEAT_OK;
    world->faults++;
    switch (point) {
    case LOG_LOCAL_JOIN:
    case LOG_LOCAL_LOOK:
        return LEAT_E_RETRY;
    case LOG_LOCAL_COMMITTED:
        return LEAT_E_FENCED;
    default:
        return chance_in(world->chance, 2) ? LEAT_E_ABORTED : LEAT_E_FENCED;
    }
}

/* ---- topics ---------------------------------------------------------------------------------- */

static void create(struct world *world, const char *name, int32_t partitions,
                   const struct log_setting *setting)
{
    struct log_topic topic = { .name = name, .partitions = partitions, .replication = -1,
                               .settings = setting, .setting_count = setting ? 1 : 0 };
    struct leat_error error = { 0 };

    must(world, log_topic_create(world->log, &topic, &error), &error);
}

static void lay_out(struct world *world)
{
    static const struct log_setting narrow = { "max.message.bytes", "3230" };
    struct internal_options internal = { .replication = -1, .dead_letters = true, .create = true };
    struct leat_error error = { 0 };

    for (int i = 0; i < world->job->topics; i++)
        create(world, i ? "in-1" : "in-0", world->job->widths[i], NULL);
    if (world->job->kind == JOB_COPY)
        create(world, "out", world->job->partitions, &narrow);
    must(world, leat_topology_check(world->topology, &error), &error);
    must(world, layout_new(world->log, world->topology, "sim", &world->layout, &error), &error);
    must(world, internal_topics_create(world->log, world->layout, &internal, &error), &error);
    create(world, "sim-tasks", (int32_t)world->layout->task_count, NULL);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void choose_settings(struct world *world)
{
    struct chance *chance = world->chance;

    world->settings = (struct worker_settings){
        .exactly_once = true,
        .commit_interval_ms = chance_pick(chance, (int64_t[]){ 0, 20, 100, 1000 }, 4),
        .transaction_timeout_ms = 10000,
        .purge_interval_ms = chance_pick(chance, (int64_t[]){ 0, 50, 2000 }, 3),
        .recommit_ms = 60000,
        .retry_backoff_ms = 20,
        .delete_retention_ms = 86400000,
        .queue_bytes = 1 << 20,
        .staged_bytes = (size_t)chance_pick(chance, (int64_t[]){ 2048, 65536, 1 << 20 }, 3),
        .caching = !chance_in(chance, 4),
        .production = HANDLER_DEAD_LETTER,
        .task = { .timestamp_ahead_ms = -1,
                  .idle_ms = world->job->idles ? 200 : -1,
                  .max_idle_ms = chance_in(chance, 4) ? 50 : 0,
                  .buffered_records = (size_t)chance_pick(chance, (int64_t[]){ 4, 1000 }, 2) },
    };
}

void world_open(struct world *world, struct chance *chance, const struct job *job,
                const char *directory)
{
    struct registry_options registry = { .url = "mock://sim" };
    struct log_writer_options feeder = { "feeder", 0, 1 << 20 };
    size_t sources = (size_t)(job->topics * job->partitions);
    struct leat_error error = { 0 };

    *world = (struct world){ .chance = chance, .job = job,
                             .clock = { { wall_ms, monotonic_us }, 1000000 } };
    world->directory = memory_text(directory);
    world->topology = job_topology(job);
    must(world, log_local_new(&world->clock.clock, &world->log), &error);
    must(world, registry_new(&registry, &world->registry, &error), &error);
    must(world, log_writer_new(world->log, &feeder, &world->feeder, &error), &error);
    world->fed = memory_array(sources, sizeof *world->fed);
    world->withheld = chance_in(chance, 3) ? chance_below(chance, (int64_t)sources) : -1;
    lay_out(world);
    choose_settings(world);
    world->instance_count = (int)(1 + chance_below(chance, INSTANCES));
    for (int i = 0; i < world->instance_count; i++)
        world_start(world, i);
    log_local_set_fault(world->log, fault, world);
}

void world_close(struct world *world)
{
    log_local_set_fault(world->log, NULL, NULL);
    for (int i = 0; i < world->instance_count; i++)
        world_stop(world, i);
    log_writer_free(world->feeder);
    layout_free(world->layout);
    leat_topology_free(world->topology);
    log_free(world->log);
    registry_free(world->registry);
    memory_free(world->fed);
    memory_free(world->directory);
}

/* ---- feeding --------------------------------------------------------------------------------- */

static const struct event *next_event(const struct world *world, int topic, int32_t partition)
{
    const struct job *job = world->job;
    size_t *at = &world->fed[topic * job->partitions + partition];

    for (; *at < job->event_count; ++*at)
        if (job->events[*at].topic == topic && job->events[*at].partition == partition)
            return &job->events[*at];
    return NULL;
}

static void send(struct world *world, const struct event *event)
{
    struct leat_error error = { 0 };
    char key[16], value[8];
    struct log_record record = { .topic = log_writer_topic(world->feeder,
                                                           event->topic ? "in-1" : "in-0"),
                                 .partition = event->partition,
                                 .timestamp_ms = event->timestamp_ms };

    for (int i = 0; i < 8; i++)
        value[i] = (char)((uint64_t)event->number >> (56 - 8 * i));
    snprintf(key, sizeof key, "r%d", event->row);
    record.key = leat_bytes_of(key);
    if (!event->none || !job_has_rows(world->job))
        record.value = leat_bytes(value, sizeof value);
    must(world, log_writer_send(world->feeder, &record, &error), &error);
}

static bool feed_from(struct world *world, int topic, int32_t partition)
{
    size_t *at = &world->fed[topic * world->job->partitions + partition], before;
    const struct event *event = next_event(world, topic, partition);
    struct leat_error error = { 0 };
    bool aborts = chance_in(world->chance, 8);
    int64_t odds = world->fault_odds;

    if (!event)
        return false;
    world->fault_odds = 0;
    before = *at;
    must(world, log_writer_begin(world->feeder, &error), &error);
    for (int64_t i = 1 + chance_below(world->chance, 10); i && event; i--) {
        send(world, event);
        ++*at;
        event = next_event(world, topic, partition);
    }
    if (aborts) {
        must(world, log_writer_flush(world->feeder, &error), &error);
        must(world, log_writer_abort(world->feeder, &error), &error);
        *at = before;
    } else {
        must(world, log_writer_commit(world->feeder, NULL, NULL, 0, &error), &error);
    }
    world->fault_odds = odds;
    return true;
}

bool world_feed(struct world *world)
{
    int64_t sources = world->job->topics * world->job->partitions;
    int64_t first = chance_below(world->chance, sources);

    for (int64_t i = 0; i < sources; i++) {
        int64_t source = (first + i) % sources;

        if (source != world->withheld &&
            feed_from(world, (int)(source / world->job->partitions),
                      (int32_t)(source % world->job->partitions)))
            return true;
    }
    if (world->withheld < 0)
        return false;
    if (chance_in(world->chance, 20))
        world->withheld = -1;
    return true;
}

/* ---- drained --------------------------------------------------------------------------------- */

static bool topic_drained(struct world *world, const char *topic, int32_t partitions)
{
    for (int32_t p = 0; p < partitions; p++) {
        struct log_position position = { topic, p, 0 };
        struct leat_error error = { 0 };
        int64_t first, end;

        if (log_ends(world->log, topic, p, &first, &end, &error) ||
            log_committed(world->log, "sim", &position, 1, &error))
            return false;
        if (end && position.offset != end)
            return false;
    }
    return true;
}

int64_t world_ends(struct world *world)
{
    int64_t sum = 0;

    for (size_t i = 0; i < world->topology->step_count; i++) {
        const struct step *step = world->topology->steps[i];
        const struct layout_topic *topic = layout_topic(world->layout, step);

        for (int32_t p = 0; step->operator->source && p < topic->partitions; p++) {
            struct leat_error error = { 0 };
            int64_t first, end = 0;

            must(world, log_ends(world->log, topic->name, p, &first, &end, &error), &error);
            sum += end;
        }
    }
    return sum;
}

bool world_drained(struct world *world)
{
    int64_t odds = world->fault_odds;
    bool drained = true;

    world->fault_odds = 0;
    for (size_t i = 0; i < world->topology->step_count && drained; i++) {
        const struct step *step = world->topology->steps[i];
        const struct layout_topic *topic = layout_topic(world->layout, step);

        if (step->operator->source)
            drained = topic_drained(world, topic->name, topic->partitions);
    }
    world->fault_odds = odds;
    return drained;
}
