/* owners_read.c - reading who owns what: the first record of each partition, and the last few. */
#include "processor/owners.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    OWNERS_TAIL = 64,  /* records at the end of a partition that are looked at */
    OWNERS_CLAIMS = 8, /* instances that claim one task, at most: the latest ones */
    OWNERS_BATCH = 64,
    OWNERS_POLL_MS = 100,
    OWNERS_QUEUE_BYTES = 1 << 20,
    OWNERS_VALUE_BYTES = 1024,
};

struct place { /* one partition */
    struct owner *owner;
    struct owner claims[OWNERS_CLAIMS]; /* that stand, in order */
    size_t claim_count;
    int64_t end;
    bool named, ended;
};

struct reading {
    struct log *log;
    char *topic;
    struct log_reader *reader;
    struct owner *owners;
    struct place *places;
    int32_t count, open;
};

/* ---- one record ------------------------------------------------------------------------------ */

/* The value of `name=value`, words apart by spaces; NULL: there is none. The caller frees it. */
static char *word_of(const char *text, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = text; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (!strncmp(at, name, size) && at[size] == '=')
            return memory_format("%.*s", (int)strcspn(at + size + 1, " "), at + size + 1);
    }
    return NULL;
}

static void clear(struct owner *owner)
{
    memory_free(owner->task);
    memory_free(owner->address);
    memory_free(owner->instance);
    *owner = (struct owner){ 0 };
}

static void drop_claim(struct place *place, size_t at)
{
    clear(&place->claims[at]);
    place->claim_count--;
    memmove(&place->claims[at], &place->claims[at + 1],
            (place->claim_count - at) * sizeof *place->claims);
    place->claims[place->claim_count] = (struct owner){ 0 };
}

/* A claim stands until its own instance makes another, or takes it back. */
static void take_claim(struct place *place, const char *text)
{
    struct owner claim = { .instance = word_of(text, "instance"),
                           .address = word_of(text, "address") };
    char *since = word_of(text, "since_ms");

    claim.since_ms = since ? strtoll(since, NULL, 10) : 0;
    memory_free(since);
    for (size_t i = 0; claim.instance && i < place->claim_count; i++)
        if (!strcmp(place->claims[i].instance, claim.instance)) {
            drop_claim(place, i);
            break;
        }
    if (!claim.instance || !claim.address) {
        clear(&claim);
        return;
    }
    if (place->claim_count == OWNERS_CLAIMS)
        drop_claim(place, 0);
    place->claims[place->claim_count++] = claim;
}

/* The last one that stands is the owner's. */
static void settle(struct place *place)
{
    if (place->claim_count) {
        struct owner *last = &place->claims[--place->claim_count];

        place->owner->address = last->address;
        place->owner->instance = last->instance;
        place->owner->since_ms = last->since_ms;
    }
    while (place->claim_count)
        drop_claim(place, 0);
}

/* The name stands first; what lies between it and the tail is skipped. */
static int take_name(struct reading *reading, const struct log_message *message,
                     struct leat_error *error)
{
    struct place *place = &reading->places[message->partition];
    struct log_position tail = { reading->topic, message->partition, place->end - OWNERS_TAIL };

    place->named = true;
    place->owner->task = memory_format("%.*s", (int)message->value.size,
                                       message->value.data ? message->value.data : "");
    if (tail.offset <= message->offset + 1)
        return LEAT_OK;
    return log_reader_assign(reading->reader, &tail, message->partition, error);
}

static int take_record(struct reading *reading, const struct log_message *message,
                       struct leat_error *error)
{
    struct place *place = &reading->places[message->partition];
    char text[OWNERS_VALUE_BYTES];

    if (!place->named)
        return take_name(reading, message, error);
    if (!leat_bytes_equal(message->key, LEAT_LITERAL("owner")) || !message->value.data ||
        message->value.size >= sizeof text)
        return LEAT_OK;
    snprintf(text, sizeof text, "%.*s", (int)message->value.size, message->value.data);
    take_claim(place, text);
    return LEAT_OK;
}

static int take_batch(struct reading *reading, struct leat_error *error)
{
    struct log_message messages[OWNERS_BATCH];
    int count = log_reader_poll(reading->reader, messages, OWNERS_BATCH, OWNERS_POLL_MS, error);
    int status = count < 0 ? count : LEAT_OK;

    for (int i = 0; i < count; i++) {
        struct place *place = &reading->places[messages[i].partition];

        if (messages[i].event != LOG_RECORD) {
            reading->open -= !place->ended;
            place->ended = true;
        } else if (!status) {
            status = take_record(reading, &messages[i], error);
        }
        log_message_free(&messages[i]);
    }
    return status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int begin(struct reading *reading, struct leat_error *error)
{
    struct log_reader_options options = { .queue_bytes = OWNERS_QUEUE_BYTES };
    int status = log_reader_new(reading->log, &options, &reading->reader, error);

    for (int32_t p = 0; p < reading->count && !status; p++) {
        struct place *place = &reading->places[p];
        struct log_position from = { reading->topic, p, 0 };

        place->owner->partition = p;
        status = log_ends(reading->log, reading->topic, p, &from.offset, &place->end, error);
        if (!status)
            status = log_reader_assign(reading->reader, &from, p, error);
    }
    return status;
}

/* A partition that names nothing yet, or again what a lower one names, stands for no task. */
static size_t keep_named(struct reading *reading)
{
    size_t kept = 0;

    for (int32_t p = 0; p < reading->count; p++) {
        struct owner owner = reading->owners[p];
        bool twice = !owner.task;

        for (size_t i = 0; i < kept && !twice; i++)
            twice = !strcmp(reading->owners[i].task, owner.task);
        reading->owners[p] = (struct owner){ 0 };
        if (!twice) {
            reading->owners[kept++] = owner;
            continue;
        }
        clear(&owner);
    }
    return kept;
}

static int read_all(struct reading *reading, int timeout_ms, struct leat_error *error)
{
    int64_t until_ms = clock_ms(clock_system()) + timeout_ms;
    int status;

    for (int32_t p = 0; p < reading->count; p++)
        reading->places[p].owner = &reading->owners[p];
    status = begin(reading, error);
    reading->open = reading->count;
    while (!status && reading->open > 0) {
        status = take_batch(reading, error);
        if (!status && reading->open > 0 && clock_ms(clock_system()) > until_ms)
            status = error_set(error, LEAT_E_RETRY, "topic '%s' was not read to its end in %d ms",
                               reading->topic, timeout_ms);
    }
    log_reader_free(reading->reader);
    for (int32_t p = 0; p < reading->count; p++)
        settle(&reading->places[p]);
    return status;
}

int owners_read(struct log *log, const char *application, int timeout_ms, struct owner **out,
                size_t *count, struct leat_error *error)
{
    struct reading reading = { .log = log, .topic = memory_format("%s-tasks", application) };
    struct log_topic topic = { .name = reading.topic };
    int status = log_topic_look(log, &topic, error);

    *out = NULL;
    *count = 0;
    if (!status && topic.partitions) {
        reading.count = topic.partitions;
        reading.owners = memory_array((size_t)reading.count, sizeof *reading.owners);
        reading.places = memory_array((size_t)reading.count, sizeof *reading.places);
        status = read_all(&reading, timeout_ms, error);
        *out = reading.owners;
        *count = keep_named(&reading);
    }
    if (status) {
        owners_free(*out, *count);
        *out = NULL;
        *count = 0;
    }
    memory_free(reading.places);
    memory_free(reading.topic);
    return status;
}

void owners_free(struct owner *owners, size_t count)
{
    for (size_t i = 0; i < count; i++)
        clear(&owners[i]);
    memory_free(owners);
}
