/* audit.c - looks at an application from outside: its lag, open transactions, its stores.
 *
 *   audit BOOTSTRAP lag GROUP INPUT...   prints how many records the group has not yet processed;
 *                                        topics that were never committed count if they are inputs
 *   audit BOOTSTRAP open                 fails where a transaction is open: where the last stable
 *                                        offset lies before the high watermark
 *   audit BOOTSTRAP stores APP DIR...    fails where a store in a state directory DIR is not what
 *                                        its changelog says
 *
 * Nothing of the application may run during `open` and `stores`.
 */
#include "audit.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MS = 100, PATIENCE_MS = 60000 };

static void must(int status, const struct leat_error *error)
{
    if (!status)
        return;
    fprintf(stderr, "audit: %s\n", error->text);
    exit(2);
}

/* Leaders move after an outage, and a broker that is asked too early says that it is none. */
static void ends(struct log *log, const struct log_position *at, int64_t *first, int64_t *end)
{
    int64_t give_up_ms = clock_ms(clock_system()) + PATIENCE_MS;
    struct leat_error error = { 0 };
    int status;

    while ((status = log_ends(log, at->topic, at->partition, first, end, &error)) ==
               LEAT_E_RETRY && clock_ms(clock_system()) < give_up_ms)
        clock_sleep_ms(POLL_MS);
    must(status, &error);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);

    return size >= tail && !strcmp(text + size - tail, end);
}

/* Calls visit for each partition of each topic but the brokers' own; adds up what it returns. */
static int64_t each_partition(struct log *log,
                              int64_t (*visit)(struct log *log, const struct log_position *at,
                                               void *user),
                              void *user)
{
    struct leat_error error = { 0 };
    char **names;
    int count = log_topic_list(log, "", &names, &error);
    int64_t sum = 0;

    must(count < 0 ? count : 0, &error);
    for (int i = 0; i < count; i++) {
        struct log_topic topic = { .name = names[i] };

        if (strncmp(names[i], "__", 2))
            must(log_topic_look(log, &topic, &error), &error);
        for (int32_t p = 0; p < topic.partitions; p++)
            sum += visit(log, &(struct log_position){ names[i], p, 0 }, user);
        memory_free(names[i]);
    }
    memory_free(names);
    return sum;
}

/* ---- lag ---------------------------------------------------------------------------------- */

struct reading {
    const char *group;
    char **inputs; /* NULL at the end */
};

static bool is_input(const struct reading *reading, const char *topic)
{
    for (char **input = reading->inputs; *input; input++)
        if (!strcmp(topic, *input))
            return true;
    return ends_with(topic, "-repartition");
}

/* What stands in the task topic is read by no group. */
static bool is_task_topic(const struct reading *reading, const char *topic)
{
    size_t size = strlen(reading->group);

    return !strncmp(topic, reading->group, size) && !strcmp(topic + size, "-tasks");
}

static int64_t lag_of(struct log *log, const struct log_position *at, void *user)
{
    const struct reading *reading = user;
    struct leat_error error = { 0 };
    struct log_position committed = *at;
    int64_t first, end;
    int status;

    if (is_task_topic(reading, at->topic))
        return 0;
    do
        status = log_committed(log, reading->group, &committed, 1, &error);
    while (status == LEAT_E_RETRY);
    must(status, &error);
    if (committed.offset == LOG_OFFSET_NONE && !is_input(reading, at->topic))
        return 0;
    ends(log, at, &first, &end);
    if (committed.offset == LOG_OFFSET_NONE)
        committed.offset = first;
    return end > committed.offset ? end - committed.offset : 0;
}

/* ---- reading ------------------------------------------------------------------------------ */

bool audit_read(struct log *log, const char *topic, int32_t partition, int64_t from, int64_t until,
                void (*take)(void *user, const struct log_message *message), void *user)
{
    struct log_reader_options options = { .queue_bytes = 8 << 20 };
    struct log_position at = { topic, partition, from };
    struct leat_error error = { 0 };
    struct log_reader *reader;
    struct log_message messages[256];
    int64_t give_up_ms = clock_ms(clock_system()) + PATIENCE_MS;
    bool done = false;

    must(log_reader_new(log, &options, &reader, &error), &error);
    must(log_reader_assign(reader, &at, 0, &error), &error);
    while (!done && clock_ms(clock_system()) < give_up_ms) {
        int count = log_reader_poll(reader, messages, 256, POLL_MS, &error);

        must(count < 0 ? count : 0, &error);
        for (int i = 0; i < count; i++) {
            const struct log_message *message = &messages[i];

            done |= message->event != LOG_RECORD || (until >= 0 && message->offset >= until);
            if (!done && take)
                take(user, message);
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
    return done;
}

/* ---- open transactions -------------------------------------------------------------------- */

/* A reader of committed records that begins at the high watermark is told that it stands at the
 * end only where nothing before it is open. */
static int64_t open_at(struct log *log, const struct log_position *at, void *user)
{
    int64_t first, end, *partitions = user;

    ends(log, at, &first, &end);
    ++*partitions;
    if (audit_read(log, at->topic, at->partition, end, -1, NULL, NULL))
        return 0;
    printf("a transaction is open in %s-%d, which ends at %" PRId64 "\n", at->topic, at->partition,
           end);
    return 1;
}

int main(int argc, char **argv)
{
    struct leat_error error = { 0 };
    struct log *log;
    int64_t bad = 0, seen = 0;

    if (argc < 3) {
        fprintf(stderr,
                "usage: audit BOOTSTRAP lag GROUP INPUT... | open | stores APPLICATION DIR...\n");
        return 2;
    }
    must(log_kafka_new(argv[1], "audit", NULL, 0, &log, &error), &error);
    if (!strcmp(argv[2], "lag") && argc > 4)
        printf("%" PRId64 "\n",
               each_partition(log, lag_of, &(struct reading){ argv[3], argv + 4 }));
    else if (!strcmp(argv[2], "open")) {
        bad = each_partition(log, open_at, &seen);
        printf("%" PRId64 " partitions, %" PRId64 " with an open transaction\n", seen, bad);
    } else if (!strcmp(argv[2], "stores") && argc > 4)
        bad = audit_stores(log, argv[3], argv + 4, argc - 4);
    else
        bad = 2;
    log_free(log);
    return bad ? 1 : 0;
}
