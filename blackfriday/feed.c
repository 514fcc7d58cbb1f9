/* feed.c - the input topics: making them, encoding and sending. */
#include "blackfriday/feed.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/log.h"
#include "processor/partition.h"
#include "retail/inventory_update.h"
#include "retail/product.h"
#include "retail/sale.h"
#include "retail/store.h"
#include "schemas/codec.h"

#include <assert.h>
#include <stdlib.h>

enum { QUEUE_BYTES = 32 << 20, RETRY_MS = 200, RETRIES = 300 };

static const struct {
    const char *name, *cleanup;
    const struct leat_type *type;
} contract[FEED_TOPICS] = {
    [FEED_PRODUCTS] = { "products", "compact", &product_type },
    [FEED_STORES] = { "stores", "compact", &store_type },
    [FEED_UPDATES] = { "inventory-updates", "delete", &inventory_update_type },
    [FEED_SALES] = { "sales", "delete", &sale_type },
};

struct channel {
    struct codec *codec; /* NULL: not written */
    int handle;
    int32_t partitions;
    int64_t future_ms;
};

struct feed {
    struct log *log;
    const atomic_bool *stop;
    int64_t patient_until_ms; /* by the monotonic clock; 0: up to RETRIES each time */
    struct log_writer *writer;
    struct channel channels[FEED_TOPICS];
    struct buffer wire;
    int64_t lost;
};

const struct leat_type *feed_type(enum feed_topic topic)
{
    return contract[topic].type;
}

const char *feed_name(enum feed_topic topic)
{
    return contract[topic].name;
}

/* ---- outages ------------------------------------------------------------------------------- */

/* Whether the call is to be made again, after a pause. Changes the code where it is not. */
static bool again(const struct feed *feed, int *code, int *tries, struct leat_error *error)
{
    if (*code != LEAT_E_RETRY)
        return false;
    if (feed->stop && atomic_load(feed->stop)) {
        *code = error_set(error, LEAT_E_STOPPED, "stopped while waiting for an outage to end");
        return false;
    }
    if (feed->patient_until_ms ? clock_ms(clock_system()) >= feed->patient_until_ms
                               : *tries >= RETRIES)
        return false;
    ++*tries;
    if (*tries % 25 == 1)
        log_warn("waiting", "for=\"%s\"", error->text);
    clock_sleep_ms(RETRY_MS);
    return true;
}

/* ---- topics -------------------------------------------------------------------------------- */

static int try_topic(struct feed *feed, enum feed_topic id, int32_t partitions,
                     struct log_topic *found, struct leat_error *error)
{
    /* Events may be years old or, being invalid, years ahead; none of them is to be refused. */
    struct log_setting settings[] = {
        { "cleanup.policy", contract[id].cleanup },
        { "retention.ms", "-1" },
        { "message.timestamp.after.max.ms", "9223372036854775807" },
    };
    struct log_topic topic = { contract[id].name, partitions, -1, settings, 3 };
    int code;

    *found = (struct log_topic){ .name = contract[id].name };
    code = log_topic_look(feed->log, found, error);
    if (code || found->partitions)
        return code;
    code = log_topic_create(feed->log, &topic, error);
    if (code)
        return code;
    code = log_topic_look(feed->log, found, error);
    if (code || found->partitions)
        return code;
    return error_set(error, LEAT_E_RETRY, "topic '%s' is being made", contract[id].name);
}

static int try_setting(struct feed *feed, enum feed_topic id, struct leat_error *error)
{
    char text[32] = "";
    int code = log_topic_setting(feed->log, contract[id].name, "message.timestamp.after.max.ms",
                                 text, sizeof text, error);

    feed->channels[id].future_ms = text[0] ? strtoll(text, NULL, 10) : INT64_MAX;
    return code;
}

static int open_channel(struct feed *feed, struct registry *registry, enum feed_topic id,
                        int32_t partitions, struct leat_error *error)
{
    struct channel *channel = &feed->channels[id];
    struct log_topic found;
    int code, tries = 0;

    do
        code = try_topic(feed, id, partitions, &found, error);
    while (again(feed, &code, &tries, error));
    if (code)
        return code;
    do
        code = try_setting(feed, id, error);
    while (again(feed, &code, &tries, error));
    if (code)
        return code;
    channel->partitions = found.partitions;
    channel->codec = codec_new(contract[id].type, registry);
    channel->handle = log_writer_topic(feed->writer, contract[id].name);
    do
        code = codec_register(channel->codec, contract[id].name, error);
    while (again(feed, &code, &tries, error));
    return code;
}

/* ---- coming and going ---------------------------------------------------------------------- */

static int open_writer(struct feed *feed, const struct feed_options *options,
                       struct leat_error *error)
{
    struct log_writer_options writing = {
        .transactional_id = options->transactional_id,
        .transaction_timeout_ms = options->transaction_timeout_ms,
        .queue_bytes = options->queue_bytes ? options->queue_bytes : QUEUE_BYTES,
        .patience_ms = options->patience_ms,
    };
    int code, tries = 0;

    do
        code = log_writer_new(feed->log, &writing, &feed->writer, error);
    while (again(feed, &code, &tries, error));
    return code;
}

int feed_new(struct log *log, struct registry *registry, const struct feed_options *options,
             struct feed **out, struct leat_error *error)
{
    struct feed *feed = memory_new(sizeof *feed);
    int code;

    feed->log = log;
    feed->stop = options->stop;
    if (options->patience_ms)
        feed->patient_until_ms = clock_ms(clock_system()) + options->patience_ms;
    buffer_init(&feed->wire, LIMIT_VALUE_BYTES);
    code = open_writer(feed, options, error);
    for (int id = 0; !code && id < FEED_TOPICS; id++)
        if (options->topics[id])
            code = open_channel(feed, registry, (enum feed_topic)id, options->partitions, error);
    if (code) {
        feed_free(feed);
        return code;
    }
    *out = feed;
    return LEAT_OK;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    log_writer_free(feed->writer);
    for (int id = 0; id < FEED_TOPICS; id++)
        codec_free(feed->channels[id].codec);
    buffer_free(&feed->wire);
    memory_free(feed);
}

/* ---- sending ------------------------------------------------------------------------------- */

int32_t feed_partitions(const struct feed *feed, enum feed_topic topic)
{
    return feed->channels[topic].partitions;
}

int32_t feed_partition(const struct feed *feed, enum feed_topic topic, struct leat_bytes key)
{
    return partition_of(key, feed->channels[topic].partitions);
}

int64_t feed_future_ms(const struct feed *feed, enum feed_topic topic)
{
    return feed->channels[topic].future_ms;
}

bool feed_takes_future(const struct feed *feed, enum feed_topic topic)
{
    return feed->channels[topic].future_ms > INT64_MAX / 2;
}

int feed_encode(struct feed *feed, enum feed_topic topic, const void *value,
                struct leat_bytes *wire, struct leat_error *error)
{
    int code;

    assert(feed->channels[topic].codec);
    feed->wire.size = 0;
    code = codec_encode(feed->channels[topic].codec, value, &feed->wire);
    *wire = buffer_bytes(&feed->wire);
    return code ? error_set(error, code, "a value for '%s' cannot be encoded with its schema",
                            contract[topic].name)
                : LEAT_OK;
}

int feed_send(struct feed *feed, const struct feed_record *record, struct leat_error *error)
{
    const struct channel *channel = &feed->channels[record->topic];
    struct log_record sent = {
        .topic = channel->handle,
        .partition = record->partition,
        .timestamp_ms = record->timestamp_ms,
        .key = record->key,
        .value = record->wire,
    };

    assert(channel->codec && record->partition < channel->partitions);
    return log_writer_send(feed->writer, &sent, error);
}

int feed_flush(struct feed *feed, struct leat_error *error)
{
    struct log_failure failure;
    int code, tries = 0;

    do
        code = log_writer_flush(feed->writer, error);
    while (again(feed, &code, &tries, error));
    if (code != LEAT_E_ABORTED)
        return code;
    if (log_writer_failure(feed->writer, &failure))
        return error_set(error, LEAT_E_LOG, "a record was refused: %s", failure.error.text);
    feed->lost++;
    log_warn("lost", "reason=\"%s\"", error->text);
    return log_writer_begin(feed->writer, error);
}

int64_t feed_lost(const struct feed *feed)
{
    return feed->lost;
}

/* ---- transactions -------------------------------------------------------------------------- */

int feed_begin(struct feed *feed, struct leat_error *error)
{
    return log_writer_begin(feed->writer, error);
}

/* Flushed by itself first: what fails before the commit was sent is not committed for certain. */
int feed_commit(struct feed *feed, struct leat_error *error)
{
    return log_writer_flush(feed->writer, error)
               ? LEAT_E_ABORTED
               : log_writer_commit(feed->writer, NULL, NULL, 0, error);
}
