/* word_world.c - producing lines, reading counts, waiting for them. */
#include "word_world.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/memory.h"
#include "processor/partition.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define cr_ok(call)                                                                                \
    do {                                                                                           \
        struct leat_error error = { 0 };                                                           \
        int cr_status = (call);                                                                    \
        cr_assert(cr_status >= 0, "%s: %s", #call, error.text);                                    \
    } while (0)

void word_world_start(struct word_world *world, int32_t partitions)
{
    static const char *const topics[] = { "lines", "word-counts" };
    struct log_writer_options options = { .transactional_id = "words",
                                          .transaction_timeout_ms = 60000,
                                          .queue_bytes = 1 << 20 };

    *world = (struct word_world){ .partitions = partitions };
    memcpy(world->directory, "/tmp/leat-words-XXXXXX", sizeof "/tmp/leat-words-XXXXXX");
    cr_assert(mkdtemp(world->directory));
    cr_assert(!log_local_new(clock_system(), &world->log));
    for (size_t i = 0; i < 2; i++)
        cr_ok(log_topic_create(world->log,
                               &(struct log_topic){ topics[i], partitions, -1, NULL, 0 }, &error));
    cr_ok(log_writer_new(world->log, &options, &world->writer, &error));
}

void word_world_stop(struct word_world *world)
{
    char *remove = memory_format("rm -rf %s", world->directory);

    log_writer_free(world->writer);
    log_free(world->log);
    cr_assert(!system(remove));
    memory_free(remove);
}

void word_world_say(struct word_world *world, const char *const *lines, size_t count)
{
    cr_ok(log_writer_begin(world->writer, &error));
    for (size_t i = 0; i < count; i++) {
        struct log_record record = { .topic = log_writer_topic(world->writer, "lines"),
                                     .partition = (int32_t)i % world->partitions,
                                     .timestamp_ms = 1000 + (int64_t)i,
                                     .value = leat_bytes_of(lines[i]) };

        cr_ok(log_writer_send(world->writer, &record, &error));
    }
    cr_ok(log_writer_commit(world->writer, NULL, NULL, 0, &error));
}

struct config *word_world_config(struct word_world *world, const char *name)
{
    struct config *config = config_new();
    char *directory = memory_format("%s/%s", world->directory, name);

    cr_ok(config_set(config, "application.id", "words", &error));
    cr_ok(config_set(config, "state.dir", directory, &error));
    cr_ok(config_set(config, "num.stream.threads", "2", &error));
    memory_free(directory);
    return config;
}

static void split(const struct leat_record *line, void *out)
{
    struct leat_bytes text = leat_string_of(line), word = { text.data, 0 };

    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && !isspace((unsigned char)text.data[i])) {
            word.size++;
            continue;
        }
        if (word.size)
            leat_forward(line, word, &word, line->timestamp_ms);
        word = (struct leat_bytes){ text.data + i + 1, 0 };
    }
}

static void count(const struct leat_record *word, void *out)
{
    ++*(int64_t *)out;
}

struct leat_topology *word_world_topology(void)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_stream *lines = leat_stream_from(
        topology, "lines", &(struct leat_source){ .type = &leat_string_type });
    struct leat_stream *words = leat_flat_map(
        lines, "words", &(struct leat_map){ .type = &leat_string_type, .value = split });
    struct leat_table *counts = leat_aggregate(
        words, "counts",
        &(struct leat_aggregate){ .type = &leat_long_type, .add = count, .store = "counts" });

    leat_to(leat_changes(counts, "changed"), "word-counts", NULL);
    return topology;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int64_t long_of(struct leat_bytes value)
{
    uint64_t number = 0;

    cr_assert_eq(value.size, 8);
    for (int i = 0; i < 8; i++)
        number = number << 8 | (uint8_t)value.data[i];
    return (int64_t)number;
}

static void keep(struct map *counts, const struct log_message *message)
{
    int64_t *last = map_get(counts, message->key);

    if (!last) {
        last = memory_new(sizeof *last);
        map_put(counts, message->key, last);
    }
    *last = long_of(message->value);
}

static void read_counts(struct word_world *world, struct map *counts)
{
    struct log_reader_options options = { .queue_bytes = 1 << 20 };
    struct log_message messages[64];
    struct log_reader *reader;
    int32_t ended = 0;

    cr_ok(log_reader_new(world->log, &options, &reader, &error));
    for (int32_t p = 0; p < world->partitions; p++)
        cr_ok(log_reader_assign(reader, &(struct log_position){ "word-counts", p, 0 }, p, &error));
    while (ended < world->partitions) {
        struct leat_error error = { 0 };
        int found = log_reader_poll(reader, messages, 64, 1000, &error);

        for (int i = 0; i < found; i++) {
            if (messages[i].event == LOG_RECORD)
                keep(counts, &messages[i]);
            ended += messages[i].event == LOG_END;
            log_message_free(&messages[i]);
        }
    }
    log_reader_free(reader);
}

static int64_t sum(struct word_world *world, const char *word)
{
    struct map counts = { 0 };
    struct leat_bytes key;
    int64_t total = 0;
    void *value;

    read_counts(world, &counts);
    for (size_t i = 0; map_next(&counts, &i, &key, &value); memory_free(value))
        if (!word || leat_bytes_equal(key, leat_bytes_of(word)))
            total += *(int64_t *)value;
    map_free(&counts);
    return total;
}

int64_t word_world_count(struct word_world *world, const char *word)
{
    return sum(world, word);
}

bool word_world_reaches(struct word_world *world, int64_t total)
{
    for (int i = 0; i < 600; i++) {
        if (sum(world, NULL) == total)
            return true;
        clock_sleep_ms(50);
    }
    return false;
}
