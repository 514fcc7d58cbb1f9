/* check.c - the outputs, read committed, against the model; and stores against changelogs. */
#include "check.h"

#include "base/map.h"
#include "base/memory.h"
#include "model.h"
#include "processor/worker_parts.h"
#include "schemas/codec.h"
#include "state/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t number_of(const char *bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | (uint8_t)bytes[i];
    return (int64_t)number;
}

/* ---- reading --------------------------------------------------------------------------------- */

void check_read(struct world *world, const char *topic, int32_t first, int32_t count,
                       check_take each, void *user)
{
    struct log_reader_options options = { .queue_bytes = 1 << 20 };
    struct log_message messages[64];
    struct leat_error error = { 0 };
    struct log_reader *reader;
    int32_t ended = 0;
    int status = log_reader_new(world->log, &options, &reader, &error);

    for (int32_t p = first; p < first + count && !status; p++)
        status = log_reader_assign(reader, &(struct log_position){ topic, p, 0 }, p, &error);
    assert(!status);
    while (ended < count) {
        int found = log_reader_poll(reader, messages, 64, 0, &error);

        if (found <= 0) {
            world_fail(world, "topic %s does not end: %s", topic, error.text);
            break;
        }
        for (int i = 0; i < found; i++) {
            if (messages[i].event == LOG_RECORD)
                each(user, &messages[i]);
            ended += messages[i].event == LOG_END;
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
}

int32_t check_partitions(struct world *world, const char *name)
{
    struct log_topic topic = { .name = name };
    struct leat_error error = { 0 };
    int status = log_topic_look(world->log, &topic, &error);

    assert(!status);
    return topic.partitions;
}

/* ---- outputs --------------------------------------------------------------------------------- */

struct output {
    struct world *world;
    struct model model;
    struct map sums; /* key bytes to int64_t: what came last */
};

/* "k3", and behind it the start of the window if there is one. */
static void read_key(const struct job *job, struct leat_bytes key, int *out, int64_t *start_ms)
{
    assert(key.size == (size_t)(job->windowed ? 10 : 2) && key.data[0] == 'k');
    *out = key.data[1] - '0';
    *start_ms = job->windowed ? number_of(key.data + 2) : 0;
}

static void take_late(void *user, const struct log_message *message)
{
    struct output *output = user;
    struct model *model = &output->model;
    int64_t start_ms, number = number_of(message->value.data);
    int key;

    read_key(output->world->job, message->key, &key, &start_ms);
    for (size_t i = 0; i < model->count; i++) {
        struct counted *counted = &model->counts[i];

        if (counted->number != number || counted->start_ms != start_ms)
            continue;
        if (counted->late)
            world_fail(output->world, "record %lld was twice too late for %lld",
                       (long long)number, (long long)start_ms);
        counted->late = true;
        return;
    }
    world_fail(output->world, "record %lld was late for window %lld, which is none of its own",
               (long long)number, (long long)start_ms);
}

static void take_sum(void *user, const struct log_message *message)
{
    struct output *output = user;
    int64_t *sum = map_get(&output->sums, message->key);

    if (sum && output->world->job->on_close)
        world_fail(output->world, "a window's result came out twice on close");
    if (!sum) {
        sum = memory_new(sizeof *sum);
        map_put(&output->sums, message->key, sum);
    }
    *sum = message->value.data ? number_of(message->value.data) : 0;
}

/* On close: whether no mark of the slowest source partition need have come past the window. */
static bool stays_open(const struct job *job, int64_t start_ms)
{
    int64_t clocks[16] = { 0 }, least = INT64_MAX;

    for (size_t i = 0; i < job->event_count; i++)
        if (job_passes(job->events[i].number) &&
            clocks[job->events[i].partition] < job->events[i].timestamp_ms)
            clocks[job->events[i].partition] = job->events[i].timestamp_ms;
    for (int32_t p = 0; p < job->partitions; p++)
        if (clocks[p] < least)
            least = clocks[p];
    return job->on_close && start_ms + job->window.size + job->window.grace > least;
}

static void check_sum(struct output *output, int key, int64_t start_ms, int64_t least,
                      int64_t most)
{
    char bytes[10] = { 'k', (char)('0' + key) };
    int64_t *sum;

    for (int i = 0; i < 8; i++)
        bytes[2 + i] = (char)((uint64_t)start_ms >> (56 - 8 * i));
    sum = map_remove(&output->sums, leat_bytes(bytes, output->world->job->windowed ? 10 : 2));
    if (!sum && stays_open(output->world->job, start_ms))
        return;
    if ((sum ? *sum : 0) < least || (sum ? *sum : 0) > most)
        world_fail(output->world, "key k%d, window %lld: %lld came out and not %lld to %lld", key,
                   (long long)start_ms, (long long)(sum ? *sum : 0), (long long)least,
                   (long long)most);
    memory_free(sum);
}

static int by_window(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

/* Where late records are not told, those that were not in time may count or not; with one
 * partition they may not. */
static void check_sums(struct output *output)
{
    const struct job *job = output->world->job;
    struct model *model = &output->model;

    qsort(model->counts, model->count, sizeof *model->counts, by_window);
    for (size_t i = 0; i < model->count;) {
        const struct counted *first = &model->counts[i];
        int64_t least = 0, most = 0;

        for (; i < model->count && !by_window(first, &model->counts[i]); i++) {
            const struct counted *counted = &model->counts[i];
            int64_t worth = counted->late ? 0 : job_worth(counted->number);
            bool sure = job_tells_all(job) || (counted->in_time && !job->idles);

            least += sure ? worth : 0;
            most += sure || job->idles || job->partitions > 1 ? worth : 0;
        }
        check_sum(output, first->key, first->start_ms, least, most);
    }
}

/* Idle is said: what comes after that may find its window closed by the others. */
static void check_lateness(struct output *output)
{
    const struct job *job = output->world->job;

    for (size_t i = 0; i < output->model.count; i++) {
        const struct counted *counted = &output->model.counts[i];

        if (counted->late && counted->in_time && !job->idles)
            world_fail(output->world, "record %lld was in time and came too late for %lld",
                       (long long)counted->number, (long long)counted->start_ms);
        if (!counted->late && !counted->in_time && job_tells_all(job) && job->partitions == 1)
            world_fail(output->world, "record %lld is late for %lld in Kafka Streams, not here",
                       (long long)counted->number, (long long)counted->start_ms);
    }
}

/* ---- copies ---------------------------------------------------------------------------------- */

struct copies {
    struct world *world;
    char *seen; /* by number */
    bool rejected;
};

static void take_copy(void *user, const struct log_message *message)
{
    struct copies *copies = user;
    const char *bytes = message->value.data;
    int64_t number = number_of(bytes);

    if (!copies->rejected)
        memcpy(&number, bytes, 8);
    assert(number > 0 && number <= (int64_t)copies->world->job->event_count);
    if (copies->seen[number]++)
        world_fail(copies->world, "record %lld came out twice", (long long)number);
    if (copies->rejected != (job_worth(number) > JOB_LONGEST_WORTH))
        world_fail(copies->world, "record %lld was %s", (long long)number,
                   copies->rejected ? "refused" : "not refused");
}

static void check_copies(struct world *world)
{
    struct copies copies = { world, memory_new(world->job->event_count + 1), false };

    check_read(world, "out", 0, check_partitions(world, "out"), take_copy, &copies);
    copies.rejected = true;
    check_read(world, "in-0-rejected", 0, check_partitions(world, "in-0-rejected"), take_copy,
               &copies);
    for (size_t i = 1; i <= world->job->event_count; i++)
        if (!copies.seen[i])
            world_fail(world, "record %zu is nowhere", i);
    memory_free(copies.seen);
}

void check_outputs(struct world *world)
{
    struct output output = { .world = world };
    void *sum;

    if (world->job->kind == JOB_COPY) {
        check_copies(world);
        return;
    }
    if (world->job->kind == JOB_TABLES || world->job->kind == JOB_FOREIGN) {
        check_joins(world);
        return;
    }
    model_make(&output.model, world->job);
    if (world->job->tells_late)
        check_read(world, "late", 0, check_partitions(world, "late"), take_late, &output);
    check_read(world, "out", 0, check_partitions(world, "out"), take_sum, &output);
    check_lateness(&output);
    check_sums(&output);
    for (size_t i = 0; map_next(&output.sums, &i, NULL, &sum); memory_free(sum))
        if (*(int64_t *)sum)
            world_fail(world, "a sum of %lld came out for a key that has no records",
                       (long long)*(int64_t *)sum);
    map_free(&output.sums);
    model_free(&output.model);
}

/* ---- stores ---------------------------------------------------------------------------------- */

static void fold(void *user, const struct log_message *message)
{
    struct map *rows = user;
    char *copy = NULL;

    if (message->value.data) {
        copy = memory_new(8 + message->value.size);
        memcpy(copy, &message->value.size, 8);
        memcpy(copy + 8, message->value.data, message->value.size);
        memory_free(map_put(rows, message->key, copy));
    } else {
        memory_free(map_remove(rows, message->key));
    }
}

static bool equal(struct codec *codec, const char *row, const void *value)
{
    struct buffer wire;
    struct leat_error error = { 0 };
    size_t size;
    bool same;
    int status;

    if (!row)
        return false;
    memcpy(&size, row, 8);
    buffer_init(&wire, 16 << 20);
    status = codec_register(codec, "sim", &error);
    if (!status)
        status = codec_encode(codec, value, &wire);
    same = !status && wire.size == size && (!size || !memcmp(wire.data, row + 8, size));
    buffer_free(&wire);
    return same;
}

static void check_store(struct world *world, const struct task *task, const struct task_store *at)
{
    struct leat_bytes all = { "", 0 }, none = { 0 }, key;
    struct leat_error error = { 0 };
    struct store_cursor *cursor;
    struct map rows = { 0 };
    struct entry *entry;
    void *row;
    int status;

    check_read(world, at->topic, task->options.partition, 1, fold, &rows);
    status = store_range(at->at->store, all, none, false, &cursor, &error);
    while (!status && (status = store_next(cursor, &entry, &error)) == 1) {
        char *logged = map_remove(&rows, entry->key);

        if (!equal(at->at->codec, logged, entry->value))
            world_fail(world, "store %s of %s has a row that its changelog has not",
                       at->at->spec.name, task->options.name);
        memory_free(logged);
        status = 0;
    }
    assert(!status);
    store_cursor_close(cursor);
    for (size_t i = 0; map_next(&rows, &i, &key, &row); memory_free(row))
        if (!at->at->spec.retention_ms)
            world_fail(world, "changelog %s has a row that its store has not", at->topic);
    map_free(&rows);
}

/* An instance that has been away may not know yet that it has lost the task. */
static bool is_current(struct world *world, const struct hosted *hosted)
{
    if (hosted->stage != STAGE_RUNNING)
        return false;
    for (size_t i = 0; i < hosted->task->input_count; i++) {
        struct log_position at = hosted->committed[i];
        struct leat_error error = { 0 };

        if (log_committed(world->log, "sim", &at, 1, &error) ||
            at.offset != hosted->committed[i].offset)
            return false;
    }
    return true;
}

static void check_task(struct world *world, const struct hosted *hosted)
{
    if (is_current(world, hosted))
        for (size_t s = 0; s < hosted->task->store_count; s++)
            check_store(world, hosted->task, &hosted->task->stores[s]);
}

void check_stores(struct world *world)
{
    for (int i = 0; i < world->instance_count; i++)
        for (int w = 0; world->instances[i].alive && w < world->instances[i].workers; w++) {
            struct worker *worker = world->instances[i].worker[w];

            for (size_t h = 0; h < worker->hosted_count; h++)
                check_task(world, worker->hosted[h]);
        }
}
