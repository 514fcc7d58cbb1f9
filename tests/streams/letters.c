/* letters.c - what fails behind a repartition goes to a dead-letter topic, as what fails before. */
#include "word_world.h"

#include "base/clock.h"

#include <criterion/criterion.h>

static const char rejected[] = "words-again-repartition-rejected";
static struct word_world world;

/* ---- the topology ---------------------------------------------------------------------------- */

static struct leat_bytes word_of(const struct leat_record *record)
{
    return leat_string_of(record);
}

static void judge(const struct leat_record *record)
{
    if (leat_bytes_equal(leat_string_of(record), LEAT_LITERAL("bad")))
        leat_fail(record, "it is a bad word");
}

static struct leat_bytes topic_of(const struct leat_record *record)
{
    return leat_bytes_equal(leat_string_of(record), LEAT_LITERAL("lost"))
               ? LEAT_LITERAL("nowhere")
               : LEAT_LITERAL("word-counts");
}

static struct leat_topology *describe(void)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_stream *words = leat_stream_from(
        topology, "lines", &(struct leat_source){ .type = &leat_string_type });

    words = leat_repartition(leat_key_by(words, "by-word", word_of), "again", NULL);
    leat_to(leat_peek(words, "judge", judge), "spread", &(struct leat_to){ .topic_of = topic_of });
    return topology;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The first record of the topic's only partition, given some seconds to come. */
static struct log_reader *first_record(const char *topic, struct log_message *out)
{
    struct log_reader_options options = { .queue_bytes = 1 << 20 };
    struct leat_error error = { 0 };
    struct log_reader *reader;

    cr_assert(!log_reader_new(world.log, &options, &reader, &error), "%s", error.text);
    cr_assert(!log_reader_assign(reader, &(struct log_position){ topic, 0, 0 }, 0, &error), "%s",
              error.text);
    for (int i = 0; i < 300; i++) {
        if (log_reader_poll(reader, out, 1, 100, &error) != 1)
            continue;
        if (out->event == LOG_RECORD)
            return reader;
        log_message_free(out);
    }
    cr_assert_fail("nothing came to %s", topic);
    return NULL;
}

static void has(const struct log_message *message, const char *name, const char *text)
{
    struct log_header headers[16];
    size_t count = log_message_headers(message, headers, 16);

    for (size_t i = 0; i < count; i++)
        if (!strcmp(headers[i].name, name)) {
            cr_assert(memmem(headers[i].value.data, headers[i].value.size, text, strlen(text)),
                      "%s: %.*s", name, (int)headers[i].value.size, headers[i].value.data);
            return;
        }
    cr_assert_fail("there is no header %s", name);
}

/* The words are said, and one of them ends as a letter. */
static void refuses(const char *handler, const char *word, const char *reason, const char *sentence)
{
    const char *const lines[] = { "good", word, "good" };
    struct config *config = word_world_config(&world, "a");
    struct leat_topology *topology = describe();
    struct leat_streams *streams = streams_new(topology, config, world.log);
    struct leat_error error = { 0 };
    struct log_message letter;
    struct log_reader *reader;

    cr_assert(!config_set(config, handler, "dead-letter", &error), "%s", error.text);
    cr_assert(!leat_streams_start(streams, &error), "%s", error.text);
    word_world_say(&world, lines, 3);
    reader = first_record(rejected, &letter);
    has(&letter, "error.reason", reason);
    has(&letter, "error.message", sentence);
    has(&letter, "source.topic", "words-again-repartition");
    cr_assert(leat_bytes_equal(letter.key, leat_bytes_of(word)));
    log_message_free(&letter);
    log_reader_free(reader);
    cr_assert(!leat_streams_stop(streams, &error), "%s", error.text);
    leat_streams_free(streams);
    leat_topology_free(topology);
    config_free(config);
}

static void begin(void)
{
    word_world_start(&world, 2);
}

static void end(void)
{
    word_world_stop(&world);
}

TestSuite(letters, .init = begin, .fini = end, .timeout = 120);

Test(letters, of_a_callback_that_fails_behind_a_repartition)
{
    refuses("processing.exception.handler", "bad", "processing", "it is a bad word");
}

Test(letters, of_a_result_that_is_refused_behind_a_repartition)
{
    refuses("production.exception.handler", "lost", "production",
            "step 'spread' writes to topic 'nowhere', which does not exist");
}
