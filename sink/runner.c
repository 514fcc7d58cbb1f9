/* runner.c - the loop that reads topics and fills tables.
 *
 * One thread does it all: it serves the group, claims the partitions that it is given, reads
 * them, and writes each one's batch when it is full or old enough. While the database cannot be
 * reached nothing more is read, the group is still served, and the batches that are pending are
 * tried again with growing pauses.
 *
 * Entry points:  sink_run()
 * See also:      lane.c (one partition), fence.c (why nothing is lost or doubled), runner_show.c
 */
#include "sink/runner_parts.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "schemas/codec.h"
#include "sink/postgres.h"

#include <assert.h>
#include <inttypes.h>

enum {
    FLUSH_INTERVAL_MS = 1000,
    SESSION_TIMEOUT_MS = 10000,
    IDLE_MOVE_MS = 10000,      /* how often a position is moved over records that are no rows */
    TOPIC_WAIT_MS = 1000,
    POLL_MS = 100,
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 5000,
    FENCED_PAUSE_MS = 1000,
    QUEUE_BYTES = 32 << 20,
    FETCH_BYTES = 1 << 20,
};

static bool stopping(const struct runner *runner)
{
    return runner->stop && atomic_load(runner->stop);
}

/* ---- topics ------------------------------------------------------------------------------- */

/* A topic that is not there yet is waited for: the job that fills it makes it. */
static int wait_topic(struct runner *runner, const char *name, int32_t *partitions,
                      struct leat_error *error)
{
    struct log_topic topic = { .name = name };

    for (int64_t tries = 0; !stopping(runner); tries++) {
        struct leat_error why = { 0 };
        int status = log_topic_look(runner->log, &topic, &why);

        if (status && status != LEAT_E_RETRY) {
            *error = why;
            return status;
        }
        *partitions = topic.partitions;
        if (!status && topic.partitions)
            return LEAT_OK;
        if (!status && runner->options->until_caught_up)
            return error_set(error, LEAT_E_LOG, "there is no topic '%s': run the job first", name);
        if (tries % 10 == 0)
            log_warn("sink-waits", "sink=%s topic=%s reason=\"%s\"", runner->id, name,
                     status ? why.text : "there is no such topic yet");
        clock_sleep_ms(TOPIC_WAIT_MS);
    }
    return error_set(error, LEAT_E_STOPPED, "stopped while waiting for topic '%s'", name);
}

static void add_lane(struct runner *runner, size_t table, int32_t partition, size_t *capacity)
{
    struct lane *lane;

    runner->lanes = memory_grow(runner->lanes, runner->lane_count, capacity, sizeof(*lane));
    lane = &runner->lanes[runner->lane_count++];
    *lane = (struct lane){
        .claim = { .table = (int)table, .partition = partition, .next_offset = SINK_OFFSET_NONE },
        .table = &runner->options->tables[table],
        .codec = runner->codecs[table],
        .take = runner->kit.batch_rows,
        .end_offset = -1,
        .shown = -1,
    };
}

static int add_lanes(struct runner *runner, struct leat_error *error)
{
    size_t capacity = 0;

    for (size_t i = 0; i < runner->options->table_count; i++) {
        int32_t partitions = 0;

        if (wait_topic(runner, runner->options->tables[i].topic, &partitions, error))
            return error->code;
        for (int32_t p = 0; p < partitions; p++)
            add_lane(runner, i, p, &capacity);
        if (partitions > runner->tasks)
            runner->tasks = partitions;
    }
    return LEAT_OK;
}

/* No record is ever written to it; its partitions are what the group shares out. */
static int make_task_topic(struct runner *runner, struct leat_error *error)
{
    struct log_topic topic = { .name = runner->task_topic, .partitions = runner->tasks,
                               .replication = -1 };

    if (log_topic_create(runner->log, &topic, error) ||
        log_topic_look(runner->log, &topic, error))
        return error->code;
    if (topic.partitions >= runner->tasks)
        return LEAT_OK;
    return log_topic_grow(runner->log, runner->task_topic, runner->tasks, error);
}

/* ---- the group ---------------------------------------------------------------------------- */

static void give_up_lane(struct runner *runner, struct lane *lane)
{
    struct log_position at = lane_at(lane, 0);
    struct leat_error error = { 0 };

    if (lane->claimed && log_reader_unassign(runner->reader, &at, &error))
        log_warn("sink-unassign-failed", "topic=%s partition=%" PRId32 " error=\"%s\"", at.topic,
                 at.partition, error.text);
    lane->claimed = false;
    lane->shown = -1;
    lane_drop(lane);
}

static void on_assigned(void *user, const int32_t *partitions, size_t count)
{
    struct runner *runner = user;

    runner->assigned = true;
    for (size_t i = 0; i < count; i++) {
        log_info("sink-assigned", "sink=%s task=%" PRId32, runner->id, partitions[i]);
        for (size_t k = 0; k < runner->lane_count; k++) {
            if (runner->lanes[k].claim.partition == partitions[i])
                runner->lanes[k].wanted = true;
        }
    }
}

/* What is pending is dropped: the next owner reads it again from where the tables stand. */
static void on_revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    struct runner *runner = user;

    for (size_t i = 0; i < count; i++) {
        log_info("sink-revoked", "sink=%s task=%" PRId32 " lost=%d", runner->id, partitions[i],
                 lost);
        for (size_t k = 0; k < runner->lane_count; k++) {
            struct lane *lane = &runner->lanes[k];

            if (lane->claim.partition != partitions[i])
                continue;
            lane->wanted = false;
            give_up_lane(runner, lane);
        }
    }
}

static int join(struct runner *runner, struct leat_error *error)
{
    int timeout_ms = runner->options->session_timeout_ms;
    struct log_group_options options = {
        .group = runner->id, .topic = runner->task_topic,
        .session_timeout_ms = timeout_ms ? timeout_ms : SESSION_TIMEOUT_MS,
        .assigned = on_assigned, .revoked = on_revoked, .user = runner,
    };

    return log_group_join(runner->log, &options, &runner->group, error);
}

/* A membership that cannot go on is ended, and another one begun; the first one has to succeed. */
static int serve_group(struct runner *runner, int timeout_ms, struct leat_error *error)
{
    struct leat_error why = { 0 };
    int status;

    if (!runner->group)
        return join(runner, error);
    status = log_group_poll(runner->group, timeout_ms, &why);
    if (!status || status == LEAT_E_RETRY)
        return LEAT_OK;
    if (!runner->assigned)
        return error_set(error, status, "%s", why.text);
    log_warn("sink-left-group", "sink=%s error=\"%s\"", runner->id, why.text);
    log_group_leave(runner->group);
    runner->group = NULL;
    clock_sleep_ms(POLL_MS);
    return LEAT_OK;
}

/* ---- codes -------------------------------------------------------------------------------- */

static void pause_begin(struct runner *runner, const struct leat_error *why)
{
    int64_t pause_ms = runner->pause_ms ? runner->pause_ms : PAUSE_FIRST_MS;

    gauges_outage(runner->gauges, !runner->outage);
    log_warn("sink-outage", "sink=%s pause_ms=%" PRId64 " error=\"%s\"", runner->id, pause_ms,
             why->text);
    runner->outage = true;
    runner->resume_ms = runner_now_ms() + pause_ms;
    runner->pause_ms = 2 * pause_ms < PAUSE_MOST_MS ? 2 * pause_ms : PAUSE_MOST_MS;
}

static void pause_end(struct runner *runner)
{
    runner->outage = false;
    runner->pause_ms = 0;
    runner->resume_ms = 0;
}

/* What a failed claim or batch means for the loop: LEAT_OK where it goes on. */
static int after_failure(struct runner *runner, struct lane *lane, struct leat_error *error)
{
    struct leat_error why = *error;

    switch (why.code) {
    case LEAT_E_RETRY:
        pause_begin(runner, &why);
        break;
    case LEAT_E_FENCED:
        log_warn("sink-fenced", "sink=%s topic=%s partition=%" PRId32 " error=\"%s\"", runner->id,
                 lane_topic(lane), lane->claim.partition, why.text);
        give_up_lane(runner, lane);
        lane->retry_ms = runner_now_ms() + FENCED_PAUSE_MS;
        break;
    case LEAT_E_STOPPED:
        break;
    default:
        return why.code;
    }
    *error = (struct leat_error){ 0 };
    return LEAT_OK;
}

/* ---- claims ------------------------------------------------------------------------------- */

static int claim_lane(struct runner *runner, struct lane *lane, struct leat_error *error)
{
    struct log_position from;
    int64_t offset, end;

    if (sink_resume(runner->sink, &lane->claim, error))
        return error->code;
    offset = lane->claim.next_offset;
    if (offset == SINK_OFFSET_NONE &&
        log_ends(runner->log, lane_topic(lane), lane->claim.partition, &offset, &end, error))
        return error->code;
    from = lane_at(lane, offset);
    if (log_reader_assign(runner->reader, &from, (int)(lane - runner->lanes), error))
        return error->code;
    lane->claimed = true;
    lane->moved_ms = runner_now_ms();
    log_debug("sink-claimed", "topic=%s partition=%" PRId32 " offset=%" PRId64 " epoch=%" PRId64,
              from.topic, from.partition, from.offset, lane->claim.epoch);
    return LEAT_OK;
}

static int claim_lanes(struct runner *runner, struct leat_error *error)
{
    for (size_t i = 0; i < runner->lane_count; i++) {
        struct lane *lane = &runner->lanes[i];

        if (!lane->wanted || lane->claimed || runner_now_ms() < lane->retry_ms)
            continue;
        if (!claim_lane(runner, lane, error)) {
            pause_end(runner);
            continue;
        }
        if (after_failure(runner, lane, error))
            return error->code;
        if (runner->outage || stopping(runner))
            break;
    }
    return LEAT_OK;
}

/* ---- reading ------------------------------------------------------------------------------ */

static size_t pending_bytes(const struct runner *runner)
{
    size_t bytes = 0;

    for (size_t i = 0; i < runner->lane_count; i++)
        bytes += runner->lanes[i].bytes;
    return bytes;
}

static int take_message(struct runner *runner, struct log_message *message,
                        struct leat_error *error)
{
    struct lane *lane = &runner->lanes[message->slot];

    assert(message->slot >= 0 && (size_t)message->slot < runner->lane_count);
    switch (message->event) {
    case LOG_RECORD:
        lane_add(lane, message, runner_now_ms());
        return LEAT_OK;
    case LOG_END:
        lane->end_offset = message->offset;
        lane->at_end = true;
        break;
    case LOG_GONE:
        error_set(error, LEAT_E_LOG,
                  "topic '%s' [%" PRId32 "] does not hold offset %" PRId64 ", where table '%s' has "
                  "to go on: records have expired, or the topic was made anew; empty the table and "
                  "delete its rows in sink_offset to begin again", lane_topic(lane),
                  message->partition, message->offset, lane->table->table);
        break;
    }
    log_message_free(message);
    return error->code;
}

static int read_some(struct runner *runner, int timeout_ms, struct leat_error *error)
{
    struct log_message messages[LIMIT_BATCH];
    int count, status = LEAT_OK;

    count = log_reader_poll(runner->reader, messages, LIMIT_BATCH, timeout_ms, error);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++) {
        if (!status)
            status = take_message(runner, &messages[i], error);
        else
            log_message_free(&messages[i]);
    }
    return status;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* When the lane is to be written, at the latest; INT64_MAX: nothing is to be written. */
static int64_t lane_due_ms(const struct runner *runner, const struct lane *lane)
{
    if (!lane->claimed)
        return INT64_MAX;
    if (lane_pending(lane) >= runner->kit.batch_rows)
        return 0;
    if (lane_pending(lane) && lane->at_end && runner->options->until_caught_up)
        return 0;
    if (lane_pending(lane))
        return lane->since_ms + runner->flush_interval_ms;
    if (lane->at_end && lane->end_offset > lane->claim.next_offset)
        return lane->moved_ms + IDLE_MOVE_MS;
    return INT64_MAX;
}

static int write_lanes(struct runner *runner, bool full, struct leat_error *error)
{
    for (size_t i = 0; i < runner->lane_count; i++) {
        struct lane *lane = &runner->lanes[i];
        bool due = lane_due_ms(runner, lane) <= runner_now_ms() || (full && lane_pending(lane));
        struct gauges_batch batch;

        if (!due)
            continue;
        batch = gauges_begin(runner, lane);
        if (!lane_write(lane, &runner->kit, runner_now_ms(), error)) {
            gauges_wrote(runner, lane, &batch);
            pause_end(runner);
            continue;
        }
        if (after_failure(runner, lane, error))
            return error->code;
        if (runner->outage || stopping(runner))
            break;
    }
    return LEAT_OK;
}

static int wait_ms(const struct runner *runner)
{
    int64_t now = runner_now_ms(), until = now + POLL_MS;

    for (size_t i = 0; i < runner->lane_count; i++) {
        const struct lane *lane = &runner->lanes[i];
        int64_t due_ms = lane_due_ms(runner, lane);

        if (due_ms < until)
            until = due_ms;
    }
    return until > now ? (int)(until - now) : 0;
}

/* ---- the loop ----------------------------------------------------------------------------- */

static int step(struct runner *runner, struct leat_error *error)
{
    bool full = pending_bytes(runner) >= LIMIT_SINK_PENDING_BYTES;

    if (runner->outage && runner_now_ms() < runner->resume_ms)
        return serve_group(runner, POLL_MS, error);
    if (serve_group(runner, 0, error) || claim_lanes(runner, error))
        return error->code;
    if (!runner->outage && !full && read_some(runner, wait_ms(runner), error))
        return error->code;
    return write_lanes(runner, full, error);
}

static int run(struct runner *runner, struct leat_error *error)
{
    while (!stopping(runner)) {
        gauges_look(runner);
        if (step(runner, error)) {
            if (error->code != LEAT_E_RETRY)
                return error->code;
            pause_begin(runner, error);
            *error = (struct leat_error){ 0 };
        }
        runner_show(runner, false);
        if (runner->options->until_caught_up && runner_caught_up(runner))
            break;
    }
    runner_show(runner, true);
    return LEAT_OK;
}

static int start(struct runner *runner, struct leat_error *error)
{
    const struct sink_options *options = runner->options;
    struct postgres_options database = {
        .database = options->database, .schema = options->schema, .id = runner->id,
        .tables = options->tables, .table_count = options->table_count, .views = options->views,
        .no_ddl = options->no_ddl, .stop = runner->stop,
    };
    struct log_reader_options reader = { .queue_bytes = QUEUE_BYTES,
                                         .partition_bytes = FETCH_BYTES };
    int rows = options->batch_rows;

    if (postgres_new(&database, &runner->sink, error))
        return error->code;
    if (rows <= 0 || rows > LIMIT_SINK_ROWS)
        rows = LIMIT_SINK_ROWS;
    reject_init(&runner->reject, runner->log);
    lane_kit_init(&runner->kit, runner->sink, &runner->reject, (size_t)rows);
    runner->codecs = memory_array(options->table_count, sizeof(*runner->codecs));
    runner->gauges = gauges_new(options);
    for (size_t i = 0; i < options->table_count; i++)
        runner->codecs[i] = codec_new(options->tables[i].type, options->registry);
    if (add_lanes(runner, error) || make_task_topic(runner, error))
        return error->code;
    return log_reader_new(runner->log, &reader, &runner->reader, error);
}

static void finish(struct runner *runner)
{
    if (runner->group)
        log_group_leave(runner->group);
    for (size_t i = 0; i < runner->lane_count; i++)
        lane_drop(&runner->lanes[i]);
    if (runner->reader)
        log_reader_free(runner->reader);
    lane_kit_free(&runner->kit);
    reject_free(&runner->reject);
    sink_close(runner->sink);
    for (size_t i = 0; runner->codecs && i < runner->options->table_count; i++)
        codec_free(runner->codecs[i]);
    gauges_free(runner->gauges);
    memory_free(runner->codecs);
    memory_free(runner->lanes);
    memory_free(runner->task_topic);
}

int sink_run(struct log *log, const struct sink_options *options, atomic_bool *stop,
             struct leat_error *error)
{
    struct leat_error sentence = { 0 };
    struct runner runner = { .log = log, .options = options, .stop = stop };
    int status;

    if (!error)
        error = &sentence;
    *error = sentence;
    runner.id = options->id ? options->id : "black-friday-sink";
    runner.flush_interval_ms =
        options->flush_interval_ms ? options->flush_interval_ms : FLUSH_INTERVAL_MS;
    runner.task_topic = memory_format("%s-tasks", runner.id);
    status = start(&runner, error);
    if (!status)
        status = run(&runner, error);
    finish(&runner);
    if (status != LEAT_E_STOPPED)
        return status;
    *error = (struct leat_error){ 0 };
    return LEAT_OK;
}
