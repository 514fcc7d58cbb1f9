/* local_log.c - the log in memory under threads: a generator, two workers that copy one topic to
 * another in transactions, a control thread that serves their membership, a reader of the copy,
 * and a janitor that deletes what was committed. Each record must be copied exactly once. */
#include "base/clock.h"
#include "base/memory.h"
#include "processor/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTITIONS = 4, WORKERS = 2, RECORDS = 40000, BATCH = 256, POLL_MS = 50 };

static const char *const group_name = "g";

struct world {
    struct log *log;
    struct log_group *group;
    atomic_int assigned;   /* partitions of the task topic that were given to us */
    atomic_bool done;      /* the reader has seen all */
    int seen[RECORDS];     /* by the reader */
};

struct worker {
    struct world *world;
    int number;
    pthread_t thread;
};

static void check(int code, const struct leat_error *error)
{
    if (!code)
        return;
    fprintf(stderr, "failed: %d %s\n", code, error->text);
    exit(1);
}

static void *generate(void *argument)
{
    struct world *world = argument;
    struct log_writer_options options = { NULL, 0, 1 << 20 };
    struct leat_error error = { 0 };
    struct log_writer *writer;

    check(log_writer_new(world->log, &options, &writer, &error), &error);
    for (int i = 0; i < RECORDS; i++) {
        struct log_record record = { .topic = log_writer_topic(writer, "in"),
                                     .partition = i % PARTITIONS,
                                     .timestamp_ms = i,
                                     .value = leat_bytes(&i, sizeof i) };

        check(log_writer_send(writer, &record, &error), &error);
        if (i % 1000 == 999)
            check(log_writer_flush(writer, &error), &error);
    }
    log_writer_free(writer);
    return NULL;
}

static void copy(struct log_writer *writer, const struct log_message *message, int64_t *next)
{
    struct leat_error error = { 0 };
    struct log_record record = { .topic = log_writer_topic(writer, "out"),
                                 .partition = message->partition,
                                 .timestamp_ms = message->timestamp_ms,
                                 .value = message->value };

    next[message->slot] = message->offset;
    if (message->event != LOG_RECORD)
        return;
    next[message->slot]++;
    check(log_writer_send(writer, &record, &error), &error);
}

/* Every third transaction is aborted and its records are read again. */
static void finish(struct worker *worker, struct log_writer *writer, struct log_reader *reader,
                   int64_t *done, int64_t *next, int round)
{
    struct leat_error error = { 0 };
    struct log_position positions[PARTITIONS];
    size_t count = 0;

    for (int p = worker->number; p < PARTITIONS; p += WORKERS)
        positions[count++] = (struct log_position){ "in", p, next[p] };
    if (round % 3) {
        check(log_writer_commit(writer, worker->world->group, positions, count, &error), &error);
        memcpy(done, next, PARTITIONS * sizeof *done);
        return;
    }
    check(log_writer_abort(writer, &error), &error);
    memcpy(next, done, PARTITIONS * sizeof *next);
    for (size_t i = 0; i < count; i++) {
        positions[i].offset = done[positions[i].partition];
        check(log_reader_assign(reader, &positions[i], positions[i].partition, &error), &error);
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct world *world = worker->world;
    struct log_reader_options reading = { 1 << 20, 1 << 20, false };
    struct log_writer_options writing = { worker->number ? "w1" : "w0", 60000, 1 << 20 };
    struct leat_error error = { 0 };
    struct log_message messages[BATCH];
    struct log_reader *reader;
    struct log_writer *writer;
    int64_t done[PARTITIONS] = { 0 }, next[PARTITIONS] = { 0 };

    check(log_reader_new(world->log, &reading, &reader, &error), &error);
    check(log_writer_new(world->log, &writing, &writer, &error), &error);
    for (int p = worker->number; p < PARTITIONS; p += WORKERS) {
        struct log_position from = { "in", p, 0 };

        check(log_reader_assign(reader, &from, p, &error), &error);
    }
    for (int round = 0; !atomic_load(&world->done); round++) {
        int count = log_reader_poll(reader, messages, BATCH, POLL_MS, &error);

        check(log_writer_begin(writer, &error), &error);
        for (int i = 0; i < count; i++) {
            copy(writer, &messages[i], next);
            log_message_free(&messages[i]);
        }
        finish(worker, writer, reader, done, next, round);
    }
    log_writer_free(writer);
    log_reader_free(reader);
    return NULL;
}

static void *control(void *argument)
{
    struct world *world = argument;
    struct leat_error error = { 0 };

    while (!atomic_load(&world->done))
        check(log_group_poll(world->group, POLL_MS, &error), &error);
    return NULL;
}

static void *clean(void *argument)
{
    struct world *world = argument;
    struct leat_error error = { 0 };

    while (!atomic_load(&world->done)) {
        for (int p = 0; p < PARTITIONS; p++) {
            struct log_position position = { "in", p, 0 };
            int code = log_committed(world->log, group_name, &position, 1, &error);

            if (!code && position.offset > 0)
                check(log_delete_records(world->log, &position, 1, &error), &error);
        }
        clock_sleep_ms(1);
    }
    return NULL;
}

static void read_copy(struct world *world)
{
    struct log_reader_options options = { 1 << 20, 1 << 20, false };
    struct leat_error error = { 0 };
    struct log_message messages[BATCH];
    struct log_reader *reader;
    int left = RECORDS;

    check(log_reader_new(world->log, &options, &reader, &error), &error);
    for (int p = 0; p < PARTITIONS; p++) {
        struct log_position from = { "out", p, 0 };

        check(log_reader_assign(reader, &from, p, &error), &error);
    }
    while (left) {
        int count = log_reader_poll(reader, messages, BATCH, -1, &error);

        for (int i = 0; i < count; i++) {
            int number;

            if (messages[i].event == LOG_RECORD) {
                memcpy(&number, messages[i].value.data, sizeof number);
                assert(!world->seen[number]++);
                left--;
            }
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
}

static void on_assigned(void *user, const int32_t *partitions, size_t count)
{
    atomic_fetch_add(&((struct world *)user)->assigned, (int)count);
}

static void on_revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    assert(!lost);
    atomic_fetch_sub(&((struct world *)user)->assigned, (int)count);
}

static void prepare(struct world *world)
{
    static const char *const names[] = { "in", "out", "tasks" };
    struct log_group_options options = { group_name, "tasks",    NULL, 60000,
                                         on_assigned, on_revoked, world };
    struct leat_error error = { 0 };

    check(log_local_new(clock_system(), &world->log), &error);
    for (int i = 0; i < 3; i++) {
        struct log_topic topic = { .name = names[i], .partitions = PARTITIONS };

        check(log_topic_create(world->log, &topic, &error), &error);
    }
    check(log_group_join(world->log, &options, &world->group, &error), &error);
    while (atomic_load(&world->assigned) < PARTITIONS)
        check(log_group_poll(world->group, 0, &error), &error);
}

int main(void)
{
    struct world *world = memory_new(sizeof *world);
    struct worker workers[WORKERS];
    pthread_t threads[3];

    prepare(world);
    pthread_create(&threads[0], NULL, generate, world);
    pthread_create(&threads[1], NULL, control, world);
    pthread_create(&threads[2], NULL, clean, world);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){ .world = world, .number = i };
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    read_copy(world);
    atomic_store(&world->done, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    log_group_leave(world->group);
    log_free(world->log);
    memory_free(world);
    puts("each record was copied exactly once");
    return 0;
}
