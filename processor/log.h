/* log.h - the seam: what the engine asks of a log. Two stand behind it, kafka/ and local/.
 *
 *   log          a connection: topics, partitions, offsets. Thread: any.
 *   log_reader   reads partitions that it is told to; a member of no group; read_committed.
 *                Thread: the one that made it.
 *   log_writer   produces; in transactions where it was given a transactional id.
 *                Thread: the one that made it.
 *   log_group    membership of a group over the partitions of one topic, cooperative-sticky.
 *                Thread: control; log_writer_commit() may look at it from any.
 *
 * Codes: LEAT_E_RETRY is an outage (call again after a pause), LEAT_E_LOG final, LEAT_E_ABORTED
 * and LEAT_E_FENCED as at log_writer_commit(). Timeouts are in milliseconds, -1 waits for ever.
 */
#ifndef PROCESSOR_LOG_H
#define PROCESSOR_LOG_H

#include "base/error.h"
#include "leat/bytes.h"

struct log;
struct log_reader;
struct log_writer;
struct log_group;

struct log_header {
    const char *name;
    struct leat_bytes value;
};

/* ---- topics ------------------------------------------------------------------------------- */

struct log_setting { /* a topic's configuration: "cleanup.policy", "compact" */
    const char *name, *value;
};

struct log_topic {
    const char *name;
    int32_t partitions;  /* asked for; 0 from log_topic_look(): the topic does not exist */
    int16_t replication; /* -1: the broker's default */
    const struct log_setting *settings;
    size_t setting_count;
};

/* The number of partitions into topic->partitions, 0 if there is no such topic. */
int log_topic_look(struct log *log, struct log_topic *topic, struct leat_error *error) MUST_CHECK;

/* The value of one setting of a topic, into text; empty where the log has none such. */
int log_topic_setting(struct log *log, const char *topic, const char *name, char *text, size_t size,
                      struct leat_error *error) MUST_CHECK;

/* One that exists already is no error. */
int log_topic_create(struct log *log, const struct log_topic *topic, struct leat_error *error)
    MUST_CHECK;
int log_topic_grow(struct log *log, const char *topic, int32_t partitions,
                   struct leat_error *error) MUST_CHECK;
int log_topic_delete(struct log *log, const char *topic, struct leat_error *error) MUST_CHECK;

/* Names of all topics that begin with prefix; the array and the names are the caller's, to give
 * back with memory_free(). Returns their number. */
int log_topic_list(struct log *log, const char *prefix, char ***names,
                   struct leat_error *error) MUST_CHECK;

/* ---- offsets ------------------------------------------------------------------------------ */

enum { LOG_OFFSET_NONE = -1001 }; /* nothing committed */

struct log_position {
    const char *topic;
    int32_t partition;
    int64_t offset;
};

/* First offset and high watermark (not the last stable offset), read uncommitted. */
int log_ends(struct log *log, const char *topic, int32_t partition, int64_t *first, int64_t *end,
             struct leat_error *error) MUST_CHECK;

/* What the group committed, into each offset, or LOG_OFFSET_NONE. LEAT_E_RETRY while a pending
 * transaction still holds one of them (KIP-447: require stable). */
int log_committed(struct log *log, const char *group, struct log_position *positions, size_t count,
                  struct leat_error *error) MUST_CHECK;

/* Commits for a group that has no members: for tools. */
int log_commit_for(struct log *log, const char *group, const struct log_position *positions,
                   size_t count, struct leat_error *error) MUST_CHECK;

int log_delete_group(struct log *log, const char *group, struct leat_error *error) MUST_CHECK;

/* Deletes the records before each offset. */
int log_delete_records(struct log *log, const struct log_position *before, size_t count,
                       struct leat_error *error) MUST_CHECK;

/* ---- reading ------------------------------------------------------------------------------ */

enum log_event {
    LOG_RECORD,
    LOG_END,    /* all before offset was delivered: committed records, and markers skipped */
    LOG_GONE,   /* the position lies outside the partition (expired, topic made anew) or the topic
                   was deleted; offset is the position asked for. Nothing more comes of it. */
};

struct log_message {
    enum log_event event;
    int slot; /* the number given when the partition was assigned */
    int32_t partition;
    int64_t offset, timestamp_ms;
    struct leat_bytes key, value; /* data NULL: null */
    void *owner;                  /* what log_message_free() gives back */
};

struct log_reader_options {
    size_t queue_bytes;  /* bound on what is fetched and not yet polled */
    size_t partition_bytes; /* bound on one fetch of one partition */
    bool read_uncommitted;
};

int log_reader_new(struct log *log, const struct log_reader_options *options,
                   struct log_reader **out, struct leat_error *error) MUST_CHECK;
void log_reader_free(struct log_reader *reader);

/* Adds a partition, read from offset on; slot names it in messages. At most one slot a partition.
 * Messages of an earlier assignment of the same partition are never seen after this. */
int log_reader_assign(struct log_reader *reader, const struct log_position *from, int slot,
                      struct leat_error *error) MUST_CHECK;
int log_reader_unassign(struct log_reader *reader, const struct log_position *partition,
                        struct leat_error *error) MUST_CHECK;

/* Holds a partition back or lets it go on, without losing its place. */
int log_reader_pause(struct log_reader *reader, const struct log_position *partition, bool pause,
                     struct leat_error *error) MUST_CHECK;

/* Fills up to max messages, waits up to timeout_ms for the first. Returns their number (0: none),
 * or a negative code. Each one is the caller's until log_message_free(); they outlive an unassign,
 * not the reader. LOG_END comes each time the end is reached anew. An outage is no error here: it
 * yields 0 and is logged. */
int log_reader_poll(struct log_reader *reader, struct log_message *messages, size_t max,
                    int timeout_ms, struct leat_error *error) MUST_CHECK;
void log_message_free(struct log_message *message);

/* The end of an assigned partition, markers and open transactions included, as it was when
 * something was last fetched from there; -1: not known. Asks nobody. */
int64_t log_reader_end(struct log_reader *reader, const struct log_position *partition);

/* The record's headers, up to max; returns how many. They live as long as the message. */
size_t log_message_headers(const struct log_message *message, struct log_header *headers,
                           size_t max);

/* ---- writing ------------------------------------------------------------------------------ */

struct log_record {
    int topic;            /* from log_writer_topic() */
    int32_t partition;
    int64_t timestamp_ms; /* >= 0, and kept as it is, 0 too */
    struct leat_bytes key, value;
    const struct log_header *headers;
    size_t header_count;
    uint64_t tag;         /* comes back in a failed delivery */
};

/* A record that could not be written though the writer lives on: too large, refused. */
struct log_failure {
    uint64_t tag;
    int topic;
    struct leat_error error;
};

struct log_writer_options {
    const char *transactional_id; /* NULL: idempotent only */
    int transaction_timeout_ms;
    size_t queue_bytes;           /* bound on what is sent and not yet acknowledged */
    int patience_ms;              /* how long one call waits out an outage; 0: for ever */
    void (*waits)(void *user);    /* told now and then while a call waits one out; NULL: nobody */
    void *user;
};

/* With a transactional id: fences its predecessor and settles what that left open; may take as
 * long as a broker outage, LEAT_E_RETRY after at most half a minute. */
int log_writer_new(struct log *log, const struct log_writer_options *options,
                   struct log_writer **out, struct leat_error *error) MUST_CHECK;
void log_writer_free(struct log_writer *writer); /* aborts what is open, as far as it can */

int log_writer_topic(struct log_writer *writer, const char *topic); /* a handle, >= 0 */

int log_writer_begin(struct log_writer *writer, struct leat_error *error) MUST_CHECK;

/* Queues a copy of the record; waits while the queue is full. LEAT_E_LIMIT: larger than
 * message.max.bytes or the queue. Deliveries fail later, in flush or commit. */
int log_writer_send(struct log_writer *writer, const struct log_record *record,
                    struct leat_error *error) MUST_CHECK;

/* Waits until all that was sent is acknowledged. LEAT_E_ABORTED where a record failed: without
 * a transaction that record is lost to the log and must be sent again. */
int log_writer_flush(struct log_writer *writer, struct leat_error *error) MUST_CHECK;

/* Flushes, adds the positions (the next offsets to read) to the transaction under the group that
 * `group` is a member of, and commits. Before it sends them it checks the membership as it is now:
 * generation not negative, member id that of the last assignment, assignment not lost.
 *   LEAT_OK          committed.
 *   LEAT_E_ABORTED   not committed, and the transaction is closed: rewind every task in it.
 *   LEAT_E_FENCED    not committed or unknown: free this writer, make a new one, then rewind.
 * Waits out an outage; never returns LEAT_E_RETRY. */
int log_writer_commit(struct log_writer *writer, struct log_group *group,
                      const struct log_position *positions, size_t count,
                      struct leat_error *error) MUST_CHECK;

/* LEAT_OK: the transaction is closed and nothing of it will be seen. LEAT_E_FENCED: as above. An
 * outage that outlasts the patience is LEAT_E_FENCED in both. */
int log_writer_abort(struct log_writer *writer, struct leat_error *error) MUST_CHECK;

/* The offset behind the last record of this writer that was acknowledged there; -1 if none was, or
 * if the log does not tell. Of use once a commit has returned LEAT_OK. */
int64_t log_writer_end(struct log_writer *writer, int topic, int32_t partition);

/* The first delivery that failed since begin, if one did. */
bool log_writer_failure(struct log_writer *writer, struct log_failure *failure);

/* ---- membership --------------------------------------------------------------------------- */

struct log_group_options {
    const char *group;    /* application.id */
    const char *topic;    /* the task topic, the only subscription */
    const char *instance; /* group.instance.id, or NULL */
    int session_timeout_ms;

    /* Called in log_group_poll() and log_group_leave() only. When assigned() returns the
     * partitions count as taken; when revoked() returns they are given up, so it must have
     * committed (not lost) or dropped (lost) all that belongs to them. */
    void (*assigned)(void *user, const int32_t *partitions, size_t count);
    void (*revoked)(void *user, const int32_t *partitions, size_t count, bool lost);
    void *user;
};

int log_group_join(struct log *log, const struct log_group_options *options,
                   struct log_group **out, struct leat_error *error) MUST_CHECK;

/* Serves the membership for up to timeout_ms. LEAT_E_LOG: the membership cannot go on. */
int log_group_poll(struct log_group *group, int timeout_ms, struct leat_error *error) MUST_CHECK;

/* Commits positions as a member, for at-least-once; never between revoked and assigned.
 * LEAT_E_ABORTED: the membership is gone, nothing was committed. Thread: control. */
int log_group_commit(struct log_group *group, const struct log_position *positions, size_t count,
                     struct leat_error *error) MUST_CHECK;

/* Leaves: revoked() is called for all that is still owned. */
void log_group_leave(struct log_group *group);

/* ---- the two logs ------------------------------------------------------------------------- */

/* Everything under "kafka." of the configuration reaches librdkafka unread. keys without the
 * prefix. queue_* and security settings are for every handle that comes of this log. */
int log_kafka_new(const char *brokers, const char *client_id, const struct log_setting *settings,
                  size_t count, struct log **out, struct leat_error *error) MUST_CHECK;

struct clock;
/* A log in memory; any number of threads and of instances may share it. */
int log_local_new(struct clock *clock, struct log **out) MUST_CHECK;

void log_free(struct log *log); /* after all that came of it */

#endif
