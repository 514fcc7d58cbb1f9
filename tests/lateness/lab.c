/* lab.c - the laboratory: its clock, its topics, the owners of its tasks. */
#include "lab.h"

#include "base/memory.h"
#include "processor/internal_topics.h"
#include "processor/local/faults.h"
#include "processor/worker_parts.h"
#include "schemas/registry.h"
#include "topology/operators.h"
#include "verbs.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WALL_MS_BEHIND = 100000, /* the first timestamps lie so far behind the clock */
    ROUND_MS = 20,
    REST_MS = 2500,          /* bare marks come once a second at most */
    SESSION_MS = 6000,
    QUEUE_BYTES = 8 << 20,
};

static const char application[] = "lateness";

static void must(int status, const struct leat_error *error)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s\n", error->text);
    exit(1);
}

/* ---- the clock ------------------------------------------------------------------------------- */

static int64_t wall_ms(struct clock *clock)
{
    return 1700000000000 + WALL_MS_BEHIND + ((struct lab_clock *)clock)->now_us / 1000;
}

static int64_t monotonic_us(struct clock *clock)
{
    return ((struct lab_clock *)clock)->now_us;
}

/* ---- topics ---------------------------------------------------------------------------------- */

static void create(struct lab *lab, const char *name, int32_t partitions)
{
    struct log_topic topic = { .name = name, .partitions = partitions, .replication = -1 };
    struct leat_error error = { 0 };

    must(log_topic_create(lab->log, &topic, &error), &error);
}

static void lay_out(struct lab *lab, int32_t partitions)
{
    static const char *const inputs[] = { "left", "right", "versions" };
    struct internal_options internal = { .replication = -1, .dead_letters = true, .create = true };
    struct leat_error error = { 0 };

    for (size_t i = 0; i < 3; i++)
        create(lab, inputs[i], partitions);
    must(leat_topology_check(lab->topology, &error), &error);
    must(layout_new(lab->log, lab->topology, application, &lab->layout, &error), &error);
    must(internal_topics_create(lab->log, lab->layout, &internal, &error), &error);
    create(lab, "lateness-tasks", 1);
}

int lab_first_task(const struct lab *lab, const char *topic)
{
    char *internal = memory_format("%s-%s-repartition", application, topic);
    int found = -1;

    for (size_t i = 0; i < lab->topology->step_count; i++) {
        const struct step *step = lab->topology->steps[i];
        const char *name = layout_topic(lab->layout, step)->name;

        if (!step->operator->source || (strcmp(name, topic) != 0 && strcmp(name, internal) != 0))
            continue;
        for (found = 0; lab->layout->tasks[found].group != step->group; found++)
            ;
    }
    memory_free(internal);
    return found;
}

/* ---- owners ---------------------------------------------------------------------------------- */

static struct log_group *group_of(void *user)
{
    return ((struct lab *)user)->group;
}

/* Which tasks an owner has is told by the test. */
static void assigned(void *user, const int32_t *partitions, size_t count)
{
}

static void revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
}

static void join(struct lab *lab)
{
    struct log_group_options options = { .group = application,
                                         .topic = "lateness-tasks",
                                         .session_timeout_ms = SESSION_MS,
                                         .assigned = assigned,
                                         .revoked = revoked };
    struct leat_error error = { 0 };

    must(log_group_join(lab->log, &options, &lab->group, &error), &error);
    must(log_group_poll(lab->group, 0, &error), &error);
}

static struct worker_settings settings_of(const struct lab *lab)
{
    return (struct worker_settings){
        .exactly_once = true,
        .commit_interval_ms = 100,
        .transaction_timeout_ms = 10000,
        .purge_interval_ms = 2000,
        .recommit_ms = 0,
        .retry_backoff_ms = 20,
        .delete_retention_ms = 86400000,
        .queue_bytes = QUEUE_BYTES,
        .staged_bytes = 1 << 20,
        .caching = lab->caching,
        .production = HANDLER_FAIL,
        .task = { .deserialization = HANDLER_DEAD_LETTER,
                  .processing = HANDLER_FAIL,
                  .timestamp_ahead_ms = lab->ahead_ms,
                  .idle_ms = lab->idle_ms,
                  .buffered_records = 1000 },
    };
}

void lab_own(struct lab *lab, int task, const char *stops_at)
{
    char *id = memory_format("lateness-%d", lab->owners++);
    struct worker_options options = { .layout = lab->layout,
                                      .log = lab->log,
                                      .registry = lab->registry,
                                      .clock = &lab->clock.clock,
                                      .transactional_id = id,
                                      .settings = settings_of(lab),
                                      .group = group_of,
                                      .user = lab };
    struct leat_error error = { 0 };

    assert(!lab->tasks[task].worker);
    lab->tasks[task] = (struct lab_task){ .stops_at = stops_at };
    must(worker_new(&options, &lab->tasks[task].worker, &error), &error);
    worker_add(lab->tasks[task].worker, &task, 1);
    memory_free(id);
}

void lab_kill(struct lab *lab, int task)
{
    struct worker *worker = lab->tasks[task].worker;

    if (!worker)
        return;
    log_local_abandon_writer(worker->writer);
    worker->writer = NULL;
    worker_free(worker);
    lab->tasks[task].worker = NULL;
}

void lab_freeze(struct lab *lab, int task, const char *stops_at)
{
    lab->tasks[task].stops_at = stops_at;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void note_stage(void *user, const char *task, const char *stage, uint64_t records,
                       uint64_t restored)
{
    struct lab_task *of = user;

    snprintf(of->stage, sizeof of->stage, "%s", stage);
}

const char *lab_stage(struct lab *lab, int task)
{
    if (!lab->tasks[task].worker)
        return "nowhere";
    worker_describe(lab->tasks[task].worker, note_stage, &lab->tasks[task]);
    return lab->tasks[task].stage;
}

static bool is_frozen(struct lab *lab, int task)
{
    return lab->tasks[task].stops_at && !strcmp(lab_stage(lab, task), lab->tasks[task].stops_at);
}

static uint64_t records_of(const struct lab *lab)
{
    uint64_t records = 0;

    for (size_t i = 0; i < lab->layout->task_count; i++)
        if (lab->tasks[i].worker)
            records += atomic_load(&worker_figures(lab->tasks[i].worker)->records) +
                       atomic_load(&worker_figures(lab->tasks[i].worker)->commits);
    return records;
}

static void step_all(struct lab *lab)
{
    struct leat_error error = { 0 };

    must(log_group_poll(lab->group, 0, &error), &error);
    for (size_t i = 0; i < lab->layout->task_count; i++)
        if (lab->tasks[i].worker && !is_frozen(lab, (int)i))
            must(worker_step(lab->tasks[i].worker, 0, &error), &error);
    lab->clock.now_us += ROUND_MS * 1000;
}

void lab_settle(struct lab *lab, int64_t least_ms)
{
    int64_t begun_us = lab->clock.now_us, still_us = begun_us;
    uint64_t before = records_of(lab);

    while (lab->clock.now_us < begun_us + least_ms * 1000 ||
           lab->clock.now_us < still_us + REST_MS * 1000) {
        step_all(lab);
        if (records_of(lab) != before)
            still_us = lab->clock.now_us;
        before = records_of(lab);
    }
}

uint64_t lab_dropped(const struct lab *lab)
{
    uint64_t dropped = 0;

    for (size_t i = 0; i < lab->layout->task_count; i++)
        if (lab->tasks[i].worker)
            dropped += atomic_load(&worker_figures(lab->tasks[i].worker)->dropped);
    return dropped;
}

/* ---- opening and closing --------------------------------------------------------------------- */

void lab_open(struct lab *lab, int32_t partitions, int hops, int64_t idle_ms, int64_t ahead_ms,
              bool caching)
{
    struct registry_options registry = { .url = "mock://lateness" };
    struct log_writer_options feeder = { .queue_bytes = QUEUE_BYTES };
    struct leat_error error = { 0 };

    *lab = (struct lab){ .clock = { { wall_ms, monotonic_us }, 1000000 },
                         .topology = verbs_topology(hops),
                         .idle_ms = idle_ms, .ahead_ms = ahead_ms, .caching = caching };
    must(log_local_new(&lab->clock.clock, &lab->log), &error);
    must(registry_new(&registry, &lab->registry, &error), &error);
    must(log_writer_new(lab->log, &feeder, &lab->feeder, &error), &error);
    lay_out(lab, partitions);
    join(lab);
    lab->tasks = memory_array(lab->layout->task_count, sizeof *lab->tasks);
    for (size_t i = 0; i < lab->layout->task_count; i++)
        lab_own(lab, (int)i, NULL);
}

void lab_close(struct lab *lab)
{
    for (size_t i = 0; i < lab->layout->task_count; i++)
        if (lab->tasks[i].worker)
            worker_free(lab->tasks[i].worker);
    log_group_leave(lab->group);
    log_writer_free(lab->feeder);
    layout_free(lab->layout);
    leat_topology_free(lab->topology);
    log_free(lab->log);
    registry_free(lab->registry);
    memory_free(lab->tasks);
}

/* ---- records --------------------------------------------------------------------------------- */

void lab_feed(struct lab *lab, const char *topic, int32_t partition, int64_t at_ms,
              const char *value)
{
    struct log_record record = { .topic = log_writer_topic(lab->feeder, topic),
                                 .partition = partition,
                                 .timestamp_ms = at_ms,
                                 .key = leat_bytes_of("k"),
                                 .value = leat_bytes_of(value) };
    struct leat_error error = { 0 };

    must(log_writer_send(lab->feeder, &record, &error), &error);
    must(log_writer_flush(lab->feeder, &error), &error);
}

static void print_bytes(struct leat_bytes bytes)
{
    if (!bytes.data)
        putchar('-');
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", (unsigned char)bytes.data[i]);
    putchar(' ');
}

static int32_t assign_all(struct lab *lab, struct log_reader *reader, const char *name)
{
    struct log_topic topic = { .name = name };
    struct leat_error error = { 0 };

    must(log_topic_look(lab->log, &topic, &error), &error);
    for (int32_t p = 0; p < topic.partitions; p++)
        must(log_reader_assign(reader, &(struct log_position){ name, p, 0 }, p, &error), &error);
    return topic.partitions;
}

void lab_dump(struct lab *lab, const char *topic)
{
    struct log_reader_options options = { .queue_bytes = QUEUE_BYTES };
    struct log_message messages[64];
    struct leat_error error = { 0 };
    struct log_reader *reader;
    int32_t left;

    must(log_reader_new(lab->log, &options, &reader, &error), &error);
    left = assign_all(lab, reader, topic);
    while (left) {
        int found = log_reader_poll(reader, messages, 64, 0, &error);

        must(found, &error);
        for (int i = 0; i < found; i++) {
            left -= messages[i].event == LOG_END;
            if (messages[i].event == LOG_RECORD) {
                print_bytes(messages[i].key);
                print_bytes(messages[i].value);
                printf("%" PRId64 "\n", messages[i].timestamp_ms);
            }
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
}
