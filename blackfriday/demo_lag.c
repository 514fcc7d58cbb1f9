/* demo_lag.c - how far a group has read.
 *
 * Committed offsets alone do not tell the end: behind the last record of a transaction stands its
 * marker, which nobody needs to commit. So what lies behind an offset is looked at with a reader.
 */
#include "blackfriday/demo_lag.h"

#include "base/memory.h"
#include "processor/log.h"

#include <assert.h>

enum { QUEUE_BYTES = 4 << 20, FETCH_BYTES = 64 << 10, WAIT_MS = 2000, MESSAGES = 16 };

struct demo_lag {
    struct log *log;
    const char *group;
    struct log_position *positions; /* offset: the next to read */
    int64_t *firsts, *ends;
    size_t count;
};

/* ---- life ----------------------------------------------------------------------------------- */

static int add_topic(struct demo_lag *lag, const char *name, size_t *capacity,
                     struct leat_error *error)
{
    struct log_topic topic = { .name = name };
    int status = log_topic_look(lag->log, &topic, error);

    for (int32_t p = 0; !status && p < topic.partitions; p++) {
        lag->positions = memory_grow(lag->positions, lag->count, capacity, sizeof *lag->positions);
        lag->positions[lag->count++] = (struct log_position){ name, p, 0 };
    }
    return status;
}

int demo_lag_new(struct log *log, const char *group, const char *const *topics, size_t count,
                 struct demo_lag **out, struct leat_error *error)
{
    struct demo_lag *lag = memory_new(sizeof *lag);
    size_t capacity = 0;
    int status = LEAT_OK;

    lag->log = log;
    lag->group = group;
    for (size_t i = 0; i < count && !status; i++)
        status = add_topic(lag, topics[i], &capacity, error);
    lag->firsts = memory_array(lag->count + 1, sizeof *lag->firsts);
    lag->ends = memory_array(lag->count + 1, sizeof *lag->ends);
    if (status) {
        demo_lag_free(lag);
        return status;
    }
    *out = lag;
    return LEAT_OK;
}

void demo_lag_free(struct demo_lag *lag)
{
    if (!lag)
        return;
    memory_free(lag->positions);
    memory_free(lag->firsts);
    memory_free(lag->ends);
    memory_free(lag);
}

/* ---- looking -------------------------------------------------------------------------------- */

/* Positions first: what is committed by then lies before the ends that are asked for next. */
static int look(struct demo_lag *lag, struct leat_error *error)
{
    int status = LEAT_OK;

    if (lag->count)
        status = log_committed(lag->log, lag->group, lag->positions, lag->count, error);
    for (size_t i = 0; i < lag->count && !status; i++) {
        struct log_position *at = &lag->positions[i];

        status = log_ends(lag->log, at->topic, at->partition, &lag->firsts[i], &lag->ends[i],
                          error);
        if (at->offset < lag->firsts[i])
            at->offset = lag->firsts[i];
    }
    return status;
}

int demo_lag_look(struct demo_lag *lag, int64_t *done, int64_t *left, struct leat_error *error)
{
    int status = look(lag, error);

    if (status)
        return status;
    *done = 0;
    *left = 0;
    for (size_t i = 0; i < lag->count; i++) {
        *done += lag->positions[i].offset - lag->firsts[i];
        *left += lag->ends[i] - lag->positions[i].offset;
    }
    return LEAT_OK;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Takes what came: false once a record is among it, which somebody has yet to read. */
static bool take(struct log_message *messages, int count, size_t *ended)
{
    bool records = false;

    for (int i = 0; i < count; i++) {
        records = records || messages[i].event == LOG_RECORD;
        *ended += messages[i].event != LOG_RECORD;
        log_message_free(&messages[i]);
    }
    return !records;
}

static int read_rest(struct demo_lag *lag, struct log_reader *reader, struct leat_error *error)
{
    struct log_message messages[MESSAGES];
    size_t wanted = 0, ended = 0;
    int status = LEAT_OK;

    for (size_t i = 0; i < lag->count && !status; i++) {
        if (lag->positions[i].offset >= lag->ends[i])
            continue;
        status = log_reader_assign(reader, &lag->positions[i], (int)wanted, error);
        wanted++;
    }
    while (!status && ended < wanted) {
        int count = log_reader_poll(reader, messages, MESSAGES, WAIT_MS, error);

        if (count < 0)
            return count;
        if (!take(messages, count, &ended) || !count)
            return 0;
    }
    return status ? status : 1;
}

/* 1: there is no record behind what was committed. */
static int at_end(struct demo_lag *lag, struct leat_error *error)
{
    struct log_reader_options options = { .queue_bytes = QUEUE_BYTES,
                                          .partition_bytes = FETCH_BYTES };
    struct log_reader *reader;
    int status = look(lag, error);

    if (!status)
        status = log_reader_new(lag->log, &options, &reader, error);
    if (status)
        return status;
    status = read_rest(lag, reader, error);
    log_reader_free(reader);
    return status;
}

static int64_t sum_of_ends(const struct demo_lag *lag)
{
    int64_t sum = 0;

    for (size_t i = 0; i < lag->count; i++)
        sum += lag->ends[i];
    return sum;
}

int demo_lag_drained(struct demo_lag *lag, struct leat_error *error)
{
    int status = at_end(lag, error);
    int64_t before = sum_of_ends(lag);

    if (status == 1)
        status = at_end(lag, error);
    if (status == 1)
        status = sum_of_ends(lag) == before;
    return status == LEAT_E_RETRY ? 0 : status;
}
