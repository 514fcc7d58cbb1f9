/* lane.h - one partition on its way into its table: what was read and is not written yet.
 *
 * Messages are kept as they came and decoded when they are written, so that a batch can be
 * written again, in halves if one of its rows is refused.
 */
#ifndef SINK_LANE_H
#define SINK_LANE_H

#include "base/arena.h"
#include "processor/log.h"
#include "sink/sink.h"

struct codec;
struct reject;

struct lane_item {
    struct log_message message;
    bool rejected;   /* in the dead-letter topic */
    bool superseded; /* a later one of this batch has the same key */
};

struct lane {
    struct sink_claim claim;
    const struct sink_table *table;
    struct codec *codec;         /* the runner's; one a table */
    bool wanted, claimed;        /* a task of ours; taken in the database, and read */
    struct lane_item *items;     /* those from `first` on are pending */
    size_t first, count, capacity;
    size_t bytes;                /* of the pending ones */
    size_t take;                 /* rows of the next batch: halved where a row was refused */
    int64_t since_ms;            /* when the oldest pending one came */
    int64_t end_offset;          /* of the last LOG_END; -1: none yet */
    bool at_end;                 /* nothing came since */
    int64_t retry_ms;            /* claim again at this time */
    int64_t moved_ms;            /* when the position was written last */
    int64_t shown;               /* what the group committed last */
    int64_t newest_ms;           /* timestamp of the last record that was written */
};

static inline const char *lane_topic(const struct lane *lane)
{
    return lane->table->topic;
}

static inline struct log_position lane_at(const struct lane *lane, int64_t offset)
{
    return (struct log_position){ lane_topic(lane), lane->claim.partition, offset };
}

/* What all lanes share while they write. */
struct lane_kit {
    struct sink *sink;
    struct reject *reject;
    struct arena arena;          /* of one row */
    uint32_t *slots;             /* items by key, while a batch is reduced; 0: empty */
    size_t slot_count;           /* a power of two */
    size_t batch_rows;
    int64_t rows, rejected;
};

void lane_kit_init(struct lane_kit *kit, struct sink *sink, struct reject *reject,
                   size_t batch_rows);
void lane_kit_free(struct lane_kit *kit);

void lane_add(struct lane *lane, const struct log_message *message, int64_t now_ms);
void lane_drop(struct lane *lane); /* all that is pending */
size_t lane_pending(const struct lane *lane);

/* The offset behind all that is in the database, or behind which nothing is pending. */
int64_t lane_position(const struct lane *lane);

/* Writes one batch of what is pending, or the position alone. Codes as in sink.h, but that a
 * refused row is dealt with here: LEAT_OK then too, and there may be more to write. */
int lane_write(struct lane *lane, struct lane_kit *kit, int64_t now_ms,
               struct leat_error *error) MUST_CHECK;

#endif
