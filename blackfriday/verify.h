/* verify.h - recomputes the truth of the retail job from its inputs and compares every output.
 *
 * Shares no code with the engine that it judges: it reads topics through struct verify_input and
 * uses schemas/ to decode, nothing of state/, topology/, processor/ or sink/.
 *
 * Entry points:  verify_run()        - reads, recomputes, compares, prints the table
 *                verify_kafka_new()  - an input over a broker
 */
#ifndef BLACKFRIDAY_VERIFY_H
#define BLACKFRIDAY_VERIFY_H

#include "base/error.h"
#include "leat/bytes.h"

#include <stdio.h>

struct registry;

struct verify_header {
    const char *name;
    struct leat_bytes value;
};

struct verify_record {
    struct leat_bytes key, value; /* data NULL: null */
    int64_t timestamp_ms, offset;
    int32_t partition;
    const struct verify_header *headers;
    size_t header_count;
};

/* Returns 0, or a negative code that ends the reading; its sentence goes into the user's own. */
typedef int (*verify_each)(void *user, const struct verify_record *record);

/* Where topics are read from: the first field of whatever stands behind it. */
struct verify_input {
    /* The number of partitions; 0: there is no such topic. */
    int (*partitions)(struct verify_input *input, const char *topic, struct leat_error *error);
    /* Hands each committed record of the topic to each(), a partition's in the order of their
     * offsets, up to the high watermark of the moment. A record lives until each() returns. */
    int (*read)(struct verify_input *input, const char *topic, verify_each each, void *user,
                struct leat_error *error);
    void (*free)(struct verify_input *input);
};

/* Zero is the default; a negative grace is none. */
struct verify_options {
    int64_t window_ms;        /* tumbling: an hour */
    int64_t totals_window_ms; /* tumbling: a minute */
    int64_t top_window_ms, top_advance_ms; /* hopping: an hour by five minutes */
    int64_t grace_ms;         /* ten minutes */
    int64_t threshold;        /* of low-stock: 10 */
    int64_t ahead_max_ms;     /* how far a timestamp may be ahead of the clock: a day;
                                 negative: as far as it likes */
    int64_t now_ms;           /* the clock: the system's */
    int64_t processed_since_ms; /* when processing began: a week before now_ms */
    const char *database;     /* libpq connection string; NULL: topics only */
    const char *schema;       /* of the tables: black_friday_sales */
    int sentences;            /* differences of one output that are spelt out: 3 */
    FILE *out;                /* the table goes here: stdout */
};

/* 0: all is equal. 1: differences, which were printed. A negative code: could not be compared. */
int verify_run(struct verify_input *input, struct registry *registry,
               const struct verify_options *options, struct leat_error *error) MUST_CHECK;

struct verify_setting {
    const char *name, *value;
};

/* brokers "host:port,..."; settings reach librdkafka unread. */
int verify_kafka_new(const char *brokers, const struct verify_setting *settings, size_t count,
                     struct verify_input **out, struct leat_error *error) MUST_CHECK;

static inline void verify_input_free(struct verify_input *input)
{
    if (input)
        input->free(input);
}

#endif
