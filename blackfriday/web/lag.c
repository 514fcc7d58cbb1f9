/* lag.c - how far the application is behind.
 *
 * Behind the last record of a transaction stands its marker, which nobody needs to commit: offsets
 * alone would never say that all was read. So where a partition has come to rest a short way
 * before its end, a reader looks whether any record is left there.
 */
#include "blackfriday/web/lag.h"

#include "base/clock.h"
#include "base/memory.h"
#include "processor/log.h"
#include "schemas/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN = 20,
    NAMES_MS = 10000,  /* how often topics are looked for */
    STABLE_TRIES = 20, /* while a commit is under way */
    STABLE_MS = 25,
    REST_MOST = 1000, /* offsets that may all be markers */
    RESTS_AT_ONCE = 8,
    REST_WAIT_MS = 2000,
    QUEUE_BYTES = 1 << 20,
    FETCH_BYTES = 64 << 10,
    MESSAGES = 16,
};

struct place {
    char *topic;
    int32_t partition;
    int64_t committed, end, lag;
    int64_t empty_from, empty_to; /* no record lies between: nothing is left of it */
};

struct web_lag {
    struct log *log;
    const char *application;
    struct log_reader *reader;
    struct place *places;
    size_t count, capacity;
    int64_t named_ms;
};

/* ---- life ------------------------------------------------------------------------------------ */

struct web_lag *web_lag_new(struct log *log, const char *application)
{
    struct web_lag *lag = memory_new(sizeof *lag);

    lag->log = log;
    lag->application = application;
    lag->named_ms = INT64_MIN / 2;
    return lag;
}

void web_lag_free(struct web_lag *lag)
{
    if (!lag)
        return;
    log_reader_free(lag->reader);
    for (size_t i = 0; i < lag->count; i++)
        memory_free(lag->places[i].topic);
    memory_free(lag->places);
    memory_free(lag);
}

/* ---- topics ---------------------------------------------------------------------------------- */

static bool is_known(const struct web_lag *lag, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < lag->count; i++)
        if (lag->places[i].partition == partition && !strcmp(lag->places[i].topic, topic))
            return true;
    return false;
}

static int add_topic(struct web_lag *lag, const char *name, struct leat_error *error)
{
    struct log_topic topic = { .name = name };
    int status = log_topic_look(lag->log, &topic, error);

    for (int32_t p = 0; !status && p < topic.partitions; p++) {
        if (is_known(lag, name, p))
            continue;
        lag->places = memory_grow(lag->places, lag->count, &lag->capacity, sizeof *lag->places);
        lag->places[lag->count++] =
            (struct place){ .topic = memory_text(name), .partition = p, .empty_from = -1 };
    }
    return status;
}

static bool is_repartition(const char *topic)
{
    const char *end = strrchr(topic, '-');

    return end && !strcmp(end, "-repartition");
}

static int find_topics(struct web_lag *lag, struct leat_error *error)
{
    char *prefix = memory_format("%s-", lag->application), **names = NULL;
    int count = log_topic_list(lag->log, prefix, &names, error), status = count < 0 ? count : 0;

    for (int i = 0; i < count; i++) {
        if (!status && is_repartition(names[i]))
            status = add_topic(lag, names[i], error);
        memory_free(names[i]);
    }
    memory_free(names);
    memory_free(prefix);
    if (!status)
        status = add_topic(lag, "sales", error);
    if (!status)
        status = add_topic(lag, "inventory-updates", error);
    return status;
}

/* ---- offsets --------------------------------------------------------------------------------- */

/* While a commit is under way the log does not say what it will be; that is over soon. */
static int ask_committed(struct web_lag *lag, struct log_position *positions,
                         struct leat_error *error)
{
    int status = LEAT_E_RETRY;

    for (int i = 0; i < STABLE_TRIES && status == LEAT_E_RETRY; i++) {
        if (i)
            clock_sleep_ms(STABLE_MS);
        status = log_committed(lag->log, lag->application, positions, lag->count, error);
    }
    return status;
}

static int look_at(struct web_lag *lag, struct place *place, int64_t committed,
                   struct leat_error *error)
{
    int64_t first, end;
    int status = log_ends(lag->log, place->topic, place->partition, &first, &end, error);

    if (status)
        return status;
    committed = committed < first ? first : committed;
    place->lag = end - committed;
    if (place->lag < 0 || (place->empty_from <= committed && place->empty_to >= end))
        place->lag = 0;
    /* A change since the last look is told by the end or by what was committed. */
    if (place->committed != committed || place->end != end)
        place->empty_from = place->lag ? -1 : place->empty_from;
    place->committed = committed;
    place->end = end;
    return LEAT_OK;
}

/* ---- rests ----------------------------------------------------------------------------------- */

/* 1: a record, 0: the end, or a negative code. LEAT_E_RETRY: neither came. */
static int first_of(struct web_lag *lag, struct leat_error *error)
{
    struct log_message messages[MESSAGES];
    int count = log_reader_poll(lag->reader, messages, MESSAGES, REST_WAIT_MS, error);
    int found = count < 0 ? count : LEAT_E_RETRY;

    for (int i = 0; i < count; i++) {
        if (messages[i].event == LOG_RECORD)
            found = 1;
        else if (found != 1)
            found = 0;
        log_message_free(&messages[i]);
    }
    return found;
}

static int look_behind(struct web_lag *lag, struct place *place, struct leat_error *error)
{
    struct log_reader_options options = { .queue_bytes = QUEUE_BYTES,
                                          .partition_bytes = FETCH_BYTES };
    struct log_position at = { place->topic, place->partition, place->committed };
    int status = LEAT_OK, found;

    if (!lag->reader)
        status = log_reader_new(lag->log, &options, &lag->reader, error);
    if (!status)
        status = log_reader_assign(lag->reader, &at, 0, error);
    if (status)
        return status;
    found = first_of(lag, error);
    status = log_reader_unassign(lag->reader, &at, error);
    if (!found) {
        place->empty_from = place->committed;
        place->empty_to = place->end;
        place->lag = 0;
    }
    return status;
}

static int look_at_rests(struct web_lag *lag, const struct place *before, size_t count,
                         struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0, looks = 0; i < count && looks < RESTS_AT_ONCE && !status; i++) {
        struct place *place = &lag->places[i];

        if (!place->lag || place->lag > REST_MOST || place->committed != before[i].committed ||
            place->end != before[i].end)
            continue;
        looks++;
        status = look_behind(lag, place, error);
    }
    return status;
}

/* ---- looking --------------------------------------------------------------------------------- */

static int look(struct web_lag *lag, struct log_position *positions, struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < lag->count; i++)
        positions[i] = (struct log_position){ lag->places[i].topic, lag->places[i].partition, 0 };
    if (lag->count)
        status = ask_committed(lag, positions, error);
    for (size_t i = 0; i < lag->count && !status; i++)
        status = look_at(lag, &lag->places[i], positions[i].offset, error);
    return status;
}

int web_lag_look(struct web_lag *lag, struct leat_error *error)
{
    int64_t now_ms = clock_ms(clock_system());
    struct log_position *positions;
    struct place *before;
    int status = LEAT_OK;

    if (now_ms - lag->named_ms >= NAMES_MS) {
        status = find_topics(lag, error);
        if (status)
            return status;
        lag->named_ms = now_ms;
    }
    positions = memory_array(lag->count + 1, sizeof *positions);
    before = memory_array(lag->count + 1, sizeof *before);
    if (lag->count)
        memcpy(before, lag->places, lag->count * sizeof *before);
    status = look(lag, positions, error);
    if (!status)
        status = look_at_rests(lag, before, lag->count, error);
    memory_free(positions);
    memory_free(before);
    return status;
}

int64_t web_lag_sum(const struct web_lag *lag)
{
    int64_t sum = 0;

    for (size_t i = 0; i < lag->count; i++)
        sum += lag->places[i].lag;
    return sum;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct place *x = *(const struct place *const *)a, *y = *(const struct place *const *)b;
    int order;

    if (x->lag != y->lag)
        return x->lag < y->lag ? 1 : -1;
    order = strcmp(x->topic, y->topic);
    return order ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

int web_lag_write(const struct web_lag *lag, struct buffer *out)
{
    const struct place **worst = memory_array(lag->count + 1, sizeof *worst);
    int status = buffer_text(out, "[");

    for (size_t i = 0; i < lag->count; i++)
        worst[i] = &lag->places[i];
    qsort(worst, lag->count, sizeof *worst, compare);
    for (size_t i = 0; i < lag->count && i < SHOWN && worst[i]->lag && !status; i++)
        status = buffer_text(out, i ? ",{\"topic\":" : "{\"topic\":") ||
                 print_string(leat_bytes_of(worst[i]->topic), out) ||
                 buffer_format(out, ",\"partition\":%d,\"lag\":%" PRId64 "}", worst[i]->partition,
                               worst[i]->lag);
    memory_free(worst);
    return status ? status : buffer_text(out, "]");
}
