/* check_joins.c - the last result of each row of joined tables against the tables' last rows. */
#include "check.h"

#include <assert.h>
#include <stdlib.h>

enum { NO_ROW = 0 };

struct results {
    struct world *world;
    int64_t last[JOB_ROW_KEYS];
};

static void take_result(void *user, const struct log_message *message)
{
    struct results *results = user;
    const char *bytes = message->value.data;
    char key[8] = { 0 };
    uint64_t number = NO_ROW;
    int row;

    assert(message->key.size >= 2 && message->key.size <= 3 && message->key.data[0] == 'r');
    for (size_t i = 1; i < message->key.size; i++)
        key[i - 1] = message->key.data[i];
    row = (int)strtol(key, NULL, 10);
    for (int i = 0; bytes && i < 8; i++)
        number = number << 8 | (uint8_t)bytes[i];
    results->last[row] = (int64_t)number;
}

/* The number of a table's row, once all is fed. */
static int64_t row_of(const struct job *job, int topic, int row)
{
    int64_t number = NO_ROW;

    for (size_t i = 0; i < job->event_count; i++) {
        const struct event *event = &job->events[i];

        if (event->topic == topic && event->row == row)
            number = event->none ? NO_ROW : event->number;
    }
    return number;
}

static int64_t wanted(const struct job *job, int row)
{
    int64_t left = row_of(job, 0, row), right;
    int met = job->kind == JOB_TABLES ? row : left ? job_named(left) : -1;

    right = met < 0 ? NO_ROW : row_of(job, 1, met);
    if ((!left && job->join != LEAT_OUTER) || (!right && job->join == LEAT_INNER))
        return NO_ROW;
    return job_met(left, right);
}

void check_joins(struct world *world)
{
    struct results results = { .world = world };

    check_read(world, "out", 0, check_partitions(world, "out"), take_result, &results);
    for (int row = 0; row < JOB_ROW_KEYS; row++)
        if (results.last[row] != wanted(world->job, row))
            world_fail(world, "row r%d has met %lld and not %lld", row,
                       (long long)results.last[row], (long long)wanted(world->job, row));
}
