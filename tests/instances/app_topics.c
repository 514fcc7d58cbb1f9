/* app_topics.c - what goes into the application under test and comes out of it. Entry points: as
 * in app.h. */
#include "app.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 120000, LOOK_MS = 50, BATCH = 256 };

/* Asks again while a broker does not answer yet. */
#define OK(expression)                                                                             \
    do {                                                                                           \
        int ok_status = (expression);                                                              \
                                                                                                   \
        for (int ok_try = 0; ok_status == LEAT_E_RETRY && ok_try < 600; ok_try++) {                \
            clock_sleep_ms(100);                                                                   \
            ok_status = (expression);                                                              \
        }                                                                                          \
        cr_assert(ok_status >= 0, "%s: %s", #expression, error.text);                              \
    } while (0)

static int64_t deadline(void)
{
    return clock_ms(clock_system()) + PATIENCE_MS;
}

void app_topic(struct app *app, const char *name, int32_t partitions)
{
    /* The records' times lie years back, where a broker's retention would take them at once. */
    static const struct log_setting kept = { "retention.ms", "-1" };
    struct log_topic topic = { name, partitions, -1, &kept, 1 };
    struct leat_error error = { 0 };

    OK(log_topic_create(app->log, &topic, &error));
}

/* ---- in -------------------------------------------------------------------------------------- */

void app_send(struct app *app, int32_t partition, struct leat_bytes value,
              const struct log_header *header)
{
    struct leat_error error = { 0 };
    struct log_record record = { .topic = log_writer_topic(app->writer, app->lines),
                                 .partition = partition,
                                 .timestamp_ms = 1700000000000 + app->fed,
                                 .key = LEAT_LITERAL("key"),
                                 .value = value,
                                 .headers = header,
                                 .header_count = header != NULL };

    OK(log_writer_send(app->writer, &record, &error));
    OK(log_writer_flush(app->writer, &error));
}

void app_feed(struct app *app, int count)
{
    struct leat_error error = { 0 };
    int topic = log_writer_topic(app->writer, app->lines);

    for (int i = 0; i < count; i++) {
        int64_t n = app->fed++;
        int words[] = { (int)(n % APP_WORDS), (int)(n * 7 % APP_WORDS), (int)(n / 3 % APP_WORDS) };
        char text[64];
        int size = snprintf(text, sizeof text, "w%02d w%02d w%02d", words[0], words[1], words[2]);
        struct log_record record = { .topic = topic,
                                     .partition = (int32_t)(n % app->partitions),
                                     .timestamp_ms = 1700000000000 + n,
                                     .value = { text, (size_t)size } };

        OK(log_writer_send(app->writer, &record, &error));
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            app->expected[words[w]]++;
    }
    OK(log_writer_flush(app->writer, &error));
}

/* ---- offsets --------------------------------------------------------------------------------- */

static int look_up(struct app *app, const char *topic, int32_t partition, int64_t *offset)
{
    struct log_position at = { topic, partition, LOG_OFFSET_NONE };
    struct leat_error error = { 0 };
    int status = log_committed(app->log, app->id, &at, 1, &error);

    *offset = at.offset;
    return status;
}

int64_t app_committed(struct app *app)
{
    struct leat_error error = { 0 };
    int64_t sum = 0;

    for (int32_t p = 0; p < app->partitions; p++) {
        struct log_position at = { app->lines, p, LOG_OFFSET_NONE };

        OK(log_committed(app->log, app->id, &at, 1, &error));
        sum += at.offset > 0 ? at.offset : 0;
    }
    return sum;
}

bool app_has_offsets(struct app *app)
{
    struct leat_error error = { 0 };
    bool all = true;

    for (int32_t p = 0; p < app->partitions; p++) {
        struct log_position at = { app->lines, p, LOG_OFFSET_NONE };

        OK(log_committed(app->log, app->id, &at, 1, &error));
        all &= at.offset != LOG_OFFSET_NONE;
    }
    return all;
}

void app_work(struct app *app, int count)
{
    int64_t until_ms = deadline(), before = app_committed(app);

    app_feed(app, count);
    while (app_committed(app) <= before) {
        cr_assert(clock_ms(clock_system()) < until_ms, "nothing more is committed");
        clock_sleep_ms(LOOK_MS);
    }
}

/* Not 0 while the log does not answer, or an offset is still pending. */
static int64_t lag_of(struct app *app, const char *topic, int32_t partitions)
{
    struct leat_error error = { 0 };
    int64_t lag = 0;

    for (int32_t p = 0; p < partitions; p++) {
        int64_t first, end, offset;

        if (look_up(app, topic, p, &offset) || offset == LOG_OFFSET_NONE ||
            log_ends(app->log, topic, p, &first, &end, &error))
            return -1;
        lag += end - offset;
    }
    return lag;
}

/* The input first: what it brought to the repartition topics stands there by then. */
static bool is_drained(struct app *app)
{
    struct leat_error error = { 0 };
    char **names = NULL;
    bool drained = lag_of(app, app->lines, app->partitions) == 0;
    int count = drained ? log_topic_list(app->log, app->id, &names, &error) : 0;

    for (int i = 0; i < count; i++) {
        const char *end = strstr(names[i], "-repartition");
        struct log_topic topic = { .name = names[i] };

        if (end && !end[12] && drained)
            drained = !log_topic_look(app->log, &topic, &error) &&
                      lag_of(app, names[i], topic.partitions) == 0;
        memory_free(names[i]);
    }
    memory_free(names);
    return drained && count >= 0;
}

void app_await_drained(struct app *app)
{
    int64_t until_ms = deadline();

    while (!is_drained(app)) {
        if (clock_ms(clock_system()) >= until_ms)
            for (int place = 0; place < APP_PLACES; place++)
                if (app->pids[place]) {
                    char command[192];

                    snprintf(command, sizeof command, "tail -n 40 '%s/%d.log' >&2", app->folder,
                             place);
                    (void)!system(command);
                }
        cr_assert(clock_ms(clock_system()) < until_ms, "lag of the input is %lld",
                  (long long)lag_of(app, app->lines, app->partitions));
        clock_sleep_ms(LOOK_MS);
    }
}

/* ---- out ------------------------------------------------------------------------------------- */

static void take(const struct log_message *message, struct tally *tally)
{
    const unsigned char *bytes = (const unsigned char *)message->value.data;
    const char *key = message->key.data;
    int64_t value = 0;
    int word;

    cr_assert_eq(message->value.size, 8);
    cr_assert_eq(message->key.size, 3);
    cr_assert_eq(key[0], 'w');
    word = (key[1] - '0') * 10 + key[2] - '0';
    cr_assert(word >= 0 && word < APP_WORDS);
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    tally->words[word] = value;
    tally->records++;
}

static struct log_reader *open_reader(struct app *app, const char *topic, int32_t partitions)
{
    struct log_reader_options options = { .queue_bytes = 4 << 20 };
    struct log_reader *reader = NULL;
    struct leat_error error = { 0 };

    OK(log_reader_new(app->log, &options, &reader, &error));
    for (int32_t p = 0; p < partitions; p++) {
        struct log_position at = { topic, p, 0 };
        int64_t end;

        OK(log_ends(app->log, topic, p, &at.offset, &end, &error));
        OK(log_reader_assign(reader, &at, p, &error));
    }
    return reader;
}

void app_read(struct app *app, struct tally *tally)
{
    struct log_topic topic = { .name = app->counts };
    struct log_message batch[BATCH];
    struct leat_error error = { 0 };
    bool ended[64] = { false };
    struct log_reader *reader;
    int32_t open;
    int64_t until_ms = deadline();

    OK(log_topic_look(app->log, &topic, &error));
    open = topic.partitions;
    reader = open_reader(app, app->counts, open);
    *tally = (struct tally){ 0 };
    while (open) {
        int count = log_reader_poll(reader, batch, BATCH, 500, &error);

        cr_assert(count >= 0, "%s", error.text);
        for (int i = 0; i < count; i++) {
            if (batch[i].event == LOG_RECORD)
                take(&batch[i], tally);
            else if (!ended[batch[i].partition]) {
                ended[batch[i].partition] = true;
                open--;
            }
            log_message_free(&batch[i]);
        }
        cr_assert(clock_ms(clock_system()) < until_ms, "the counts cannot be read");
    }
    log_reader_free(reader);
}

void app_check_exact(struct app *app)
{
    struct tally tally;

    app_read(app, &tally);
    for (int w = 0; w < APP_WORDS; w++)
        cr_assert_eq(tally.words[w], app->expected[w], "w%02d was counted %lld times, not %lld", w,
                     (long long)tally.words[w], (long long)app->expected[w]);
}

static void keep_letter(const struct log_message *message, struct letter *letter)
{
    struct log_header headers[16];
    size_t count = log_message_headers(message, headers, 16);

    *letter = (struct letter){ .timestamp_ms = message->timestamp_ms, .size = message->value.size };
    cr_assert(letter->size < sizeof letter->value);
    memcpy(letter->value, message->value.data, letter->size);
    for (size_t i = 0; i < count; i++) {
        size_t at = strlen(letter->headers);

        snprintf(letter->headers + at, sizeof letter->headers - at, "%s=%.*s\n", headers[i].name,
                 (int)headers[i].value.size, headers[i].value.data);
    }
}

void app_letter(struct app *app, const char *topic, int32_t partition, struct letter *letter)
{
    struct log_reader_options options = { .queue_bytes = 1 << 20 };
    struct log_position at = { topic, partition, 0 };
    struct log_reader *reader = NULL;
    struct leat_error error = { 0 };
    int64_t until_ms = deadline();
    bool found = false;

    OK(log_reader_new(app->log, &options, &reader, &error));
    OK(log_reader_assign(reader, &at, 0, &error));
    while (!found) {
        struct log_message message;
        int count = log_reader_poll(reader, &message, 1, 500, &error);

        cr_assert(count >= 0, "%s", error.text);
        if (count && message.event == LOG_RECORD) {
            keep_letter(&message, letter);
            found = true;
        }
        if (count)
            log_message_free(&message);
        cr_assert(clock_ms(clock_system()) < until_ms, "nothing comes to %s", topic);
    }
    log_reader_free(reader);
}
