/* local.h - the log in memory: what its files share.
 *
 *   local              topics, transactional ids, groups; one lock and one condition for all
 *   local_topic        named partitions and settings; lives while anything refers to it
 *   local_partition    a chain of segments, and the transactions that are open in it
 *   local_transaction  one transactional id: its epoch and what it has open
 *   local_group        offsets that were committed, and members (member.c)
 *
 * Everything in these structs is read and written under the lock. Time is asked of the clock that
 * the log was made with, in calls that take the lock: no thread of its own, so a test that brings
 * its clock replays to the letter. Writers queue and readers walk outside the lock, in batches.
 */
#ifndef PROCESSOR_LOCAL_LOCAL_H
#define PROCESSOR_LOCAL_LOCAL_H

#include "base/clock.h"
#include "base/map.h"
#include "processor/local/segment.h"
#include "processor/local/faults.h"

#include <pthread.h>
#include <time.h>

enum { LOCAL_MESSAGE_MAX_BYTES = 1048588 }; /* Kafka's default: a mebibyte and some */

struct local_open { /* a transaction's first record in a partition */
    uint32_t producer;
    int64_t first;
    struct local_segment *segment; /* holds a reference */
    struct local_record *record;
};

struct local_partition {
    struct local_segment *first, *last; /* a reference to first; NULL, NULL: none there */
    size_t segment_bytes;               /* of the next one: they start small and grow */
    int64_t first_offset, end_offset;   /* end: the high watermark */
    struct local_open *open;
    size_t open_count, open_capacity;
};

struct local_topic {
    char *name;
    size_t references;
    bool deleted;
    int32_t partition_count;
    struct local_partition **partitions;
    size_t message_max_bytes;
    struct map settings; /* name to char * */
};

struct local_touched { /* a partition that a transaction wrote to; refers to the topic */
    struct local_topic *topic;
    struct local_partition *partition;
};

struct local_offset {
    int64_t offset; /* LOG_OFFSET_NONE: none */
    size_t pending; /* open transactions that hold one */
};

struct local_pending {
    struct local_offset *offset;
    int64_t value;
};

struct local_transaction {
    uint32_t producer, epoch;
    bool open; /* something was written or is pending */
    int64_t started_us, timeout_us;
    struct local_touched *touched;
    size_t touched_count, touched_capacity;
    struct local_pending *pending;
    size_t pending_count, pending_capacity;
};

struct local_member {
    int64_t id;
    char *instance;                 /* NULL: none */
    int64_t session_us, polled_us;  /* session 0: it never ends by time */
    bool busy;                      /* in a callback */
};

struct local_group {
    char *name;
    struct map offsets; /* topic and partition to struct local_offset */
    char *topic;        /* what the members subscribe to; NULL: there were none yet */
    struct local_member *members;
    size_t member_count, member_capacity;
    int64_t *owner, *target; /* of each partition, a member's id or 0 */
    int32_t partition_count;
};

struct local {
    struct log log;
    struct clock *clock;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t waiting;               /* threads that wait for the condition */
    size_t uncommitted_readers;   /* they see records before a transaction ends */
    int64_t expiry_us;            /* nothing runs out before this */
    struct map topics, transactions, groups;
    uint32_t last_producer;
    int64_t last_member;
    log_local_fault *fault;
    void *fault_user;
};

/* ---- local.c: lock, time, waiting ---------------------------------------------------------- */

/* Takes the lock and lets run out what has: transactions and members. */
void local_lock(struct local *local);
void local_unlock(struct local *local);

/* Notes that something runs out then. */
void local_expires_at(struct local *local, int64_t at_us);

/* Wakes those that wait; to be called with the lock held. */
void local_wake(struct local *local);

struct timespec local_until(int timeout_ms);

/* Waits for a change. False once the time is over; with timeout_ms 0 at once. */
bool local_wait(struct local *local, int timeout_ms, const struct timespec *until);

int local_fault(struct local *local, enum log_local_point point);

/* ---- topic.c -------------------------------------------------------------------------------- */

struct local_topic *local_topic_find(struct local *local, const char *name); /* NULL: none */
void local_topic_hold(struct local_topic *topic);
void local_topic_release(struct local_topic *topic);
struct local_partition *local_topic_partition(struct local_topic *topic, int32_t partition);
void local_topic_drop(struct local_topic *topic); /* marks it deleted and gives its records up */
size_t local_topic_limit(const char *setting);

int local_topic_look(struct log *log, struct log_topic *topic, struct leat_error *error);
int local_topic_setting(struct log *log, const char *topic, const char *name, char *text,
                        size_t size, struct leat_error *error);
int local_topic_create(struct log *log, const struct log_topic *topic, struct leat_error *error);
int local_topic_grow(struct log *log, const char *name, int32_t partitions,
                     struct leat_error *error);
int local_topic_delete(struct log *log, const char *name, struct leat_error *error);
int local_topic_list(struct log *log, const char *prefix, char ***names, struct leat_error *error);
int local_ends(struct log *log, const char *topic, int32_t partition, int64_t *first, int64_t *end,
               struct leat_error *error);
int local_delete_records(struct log *log, const struct log_position *before, size_t count,
                         struct leat_error *error);

/* ---- partition.c ---------------------------------------------------------------------------- */

struct local_partition *local_partition_new(void);
void local_partition_free(struct local_partition *partition);
void local_partition_clear(struct local_partition *partition);

/* Copies a record that is laid out already. Returns true where it opens a transaction here. */
bool local_partition_append(struct local_partition *partition, const struct local_record *record,
                            uint32_t producer);

/* Ends what the producer has open: its records are hidden unless it commits, and a marker takes
 * an offset. */
void local_partition_end(struct local_partition *partition, uint32_t producer, bool commit,
                         int64_t timestamp_ms);

int64_t local_partition_stable(const struct local_partition *partition); /* last stable offset */
void local_partition_delete(struct local_partition *partition, int64_t before);

/* The segment with the record at offset, which must be there, and the record. */
struct local_segment *local_partition_seek(const struct local_partition *partition, int64_t offset,
                                           struct local_record **record);

/* ---- transaction.c -------------------------------------------------------------------------- */

/* The id's transaction, with what a predecessor left open aborted and a new epoch. */
struct local_transaction *local_transaction_enter(struct local *local, const char *id,
                                                  int timeout_ms);
void local_transaction_open(struct local *local, struct local_transaction *transaction);
void local_transaction_touch(struct local_transaction *transaction, struct local_topic *topic,
                             struct local_partition *partition);
void local_transaction_offset(struct local_transaction *transaction, struct local_group *group,
                              const struct log_position *position);
void local_transaction_end(struct local *local, struct local_transaction *transaction,
                           bool commit);
void local_transaction_expire(struct local *local, int64_t now_us);
void local_transaction_free(struct local_transaction *transaction);

/* ---- offsets.c ------------------------------------------------------------------------------ */

struct local_group *local_group_find(struct local *local, const char *name); /* made if missing */
struct local_offset *local_group_offset(struct local_group *group, const char *topic,
                                        int32_t partition);
void local_group_forget(struct local *local, const char *topic); /* a topic that is gone */
void local_group_free(struct local_group *group);

int local_committed(struct log *log, const char *group, struct log_position *positions,
                    size_t count, struct leat_error *error);
int local_commit_for(struct log *log, const char *group, const struct log_position *positions,
                     size_t count, struct leat_error *error);
int local_delete_group(struct log *log, const char *group, struct leat_error *error);

/* ---- balance.c: who owns which partition of the task topic --------------------------------- */

struct local_member *local_group_member(struct local_group *group, int64_t id); /* NULL: gone */
int64_t local_group_add(struct local *local, struct local_group *group, const char *instance,
                        int64_t session_us);
void local_group_remove(struct local *local, struct local_group *group, int64_t id);
void local_group_balance(struct local *local, struct local_group *group);
void local_group_expire(struct local *local, int64_t now_us);

/* ---- member.c, reader.c, writer.c ---------------------------------------------------------- */

int local_group_join(struct log *log, const struct log_group_options *options,
                     struct log_group **out, struct leat_error *error);

/* The group that a member may commit to now, or NULL: the membership is gone. */
struct local_group *local_group_of(struct log_group *member);

int local_reader_new(struct log *log, const struct log_reader_options *options,
                     struct log_reader **out, struct leat_error *error);
extern const struct log_reader_ops local_reader_ops;

int local_writer_new(struct log *log, const struct log_writer_options *options,
                     struct log_writer **out, struct leat_error *error);

#endif
