/* sink.h - the last hop: rows of a topic into a warehouse, each exactly once.
 *
 * The source position stands in the same transaction as the data, so whatever dies and whenever,
 * both are there or neither is. One claim is one partition of one topic:
 *
 *   sink_resume()   takes the partition over and says where to go on; whoever held it before can
 *                   write no more
 *   sink_begin()    starts a batch; connects again where that is needed
 *   sink_write()    adds a row
 *   sink_commit()   makes the batch durable together with the position behind it
 *
 * A batch holds each key once (batch.c reduces it to the last of each). Codes that are more than
 * a failure:
 *   LEAT_E_DATA     one of the rows is refused, and nothing was written: find it by halving
 *   LEAT_E_FENCED   another owner has the partition: drop all that is pending, resume or leave it
 *   LEAT_E_RETRY    an outage: pause, then begin again; the claim's position may have moved by
 *                   then, if a commit had gone through without its answer
 *   LEAT_E_SINK     the warehouse refuses, and will again
 * Thread: one at a time.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include "base/error.h"
#include "sink/table.h"

enum { SINK_OFFSET_NONE = -1 }; /* nothing was ever written: begin with the partition's first */

struct sink_claim {
    int table;             /* index of the table in sink_open()'s array */
    int32_t partition;
    int64_t next_offset;   /* first offset that is not in the warehouse yet */
    int64_t epoch;         /* the sink's own */
    uint64_t connection;   /* the sink's own: the connection that the claim was made on */
};

struct sink_row {
    struct leat_bytes key; /* the record's */
    const void *value;     /* of the table's type; NULL deletes the key */
    int64_t offset;
};

struct sink;

struct sink_ops {
    int (*resume)(struct sink *sink, struct sink_claim *claim, struct leat_error *error);
    int (*begin)(struct sink *sink, struct sink_claim *claim, struct leat_error *error);
    int (*write)(struct sink *sink, const struct sink_row *row, struct leat_error *error);
    int (*commit)(struct sink *sink, int64_t next_offset, struct leat_error *error);
    void (*close)(struct sink *sink);
};

struct sink {
    const struct sink_ops *ops;
};

/* Claims the partition for this process and sets claim->next_offset. */
static inline int sink_resume(struct sink *sink, struct sink_claim *claim,
                              struct leat_error *error)
{
    return sink->ops->resume(sink, claim, error);
}

/* Starts a batch that goes on at claim->next_offset: rows before it are not to be written again.
 * The claim stays in use until commit. */
static inline int sink_begin(struct sink *sink, struct sink_claim *claim, struct leat_error *error)
{
    return sink->ops->begin(sink, claim, error);
}

/* Adds a copy of the row. LEAT_E_DATA: this row cannot be written; the batch is as it was. */
static inline int sink_write(struct sink *sink, const struct sink_row *row,
                             struct leat_error *error)
{
    return sink->ops->write(sink, row, error);
}

/* Ends the batch; on success claim->next_offset is next_offset. No rows: the position only. */
static inline int sink_commit(struct sink *sink, int64_t next_offset, struct leat_error *error)
{
    return sink->ops->commit(sink, next_offset, error);
}

static inline void sink_close(struct sink *sink)
{
    if (sink)
        sink->ops->close(sink);
}

#endif
