/* feed.h - writing the input topics of the job: made where they are missing, values encoded with
 * their schemas, keys to the partitions that Java would choose.
 *
 * An outage is waited for, up to a minute at a time, unless *stop says otherwise (LEAT_E_STOPPED).
 * Thread: one.
 */
#ifndef BLACKFRIDAY_FEED_H
#define BLACKFRIDAY_FEED_H

#include "base/error.h"
#include "leat/bytes.h"

#include <stdatomic.h>

struct log;
struct registry;
struct feed;

enum feed_topic { FEED_PRODUCTS, FEED_STORES, FEED_UPDATES, FEED_SALES, FEED_TOPICS };

struct feed_options {
    bool topics[FEED_TOPICS];  /* which of them will be written */
    int32_t partitions;        /* of a topic that has to be made */
    size_t queue_bytes;        /* 0: 32 MB */
    const atomic_bool *stop;   /* NULL: none */

    /* NULL: records are seen as they are written. Else one transaction, from feed_begin() on. */
    const char *transactional_id;
    int transaction_timeout_ms;
    int patience_ms;           /* of feed_new(), and of each call then; 0: a minute at a time */
};

int feed_new(struct log *log, struct registry *registry, const struct feed_options *options,
             struct feed **out, struct leat_error *error) MUST_CHECK;
void feed_free(struct feed *feed); /* NULL is a no-op */

const struct leat_type *feed_type(enum feed_topic topic);
const char *feed_name(enum feed_topic topic);

int32_t feed_partitions(const struct feed *feed, enum feed_topic topic); /* as they are */
int32_t feed_partition(const struct feed *feed, enum feed_topic topic, struct leat_bytes key);

/* How far ahead of its clock the broker takes records of the topic. */
int64_t feed_future_ms(const struct feed *feed, enum feed_topic topic);

/* Whether that is years. */
bool feed_takes_future(const struct feed *feed, enum feed_topic topic);

/* The wire form. Owner: the feed; valid until the next call. */
int feed_encode(struct feed *feed, enum feed_topic topic, const void *value,
                struct leat_bytes *wire, struct leat_error *error) MUST_CHECK;

struct feed_record {
    enum feed_topic topic;
    int32_t partition;
    int64_t timestamp_ms;
    struct leat_bytes key, wire;
};

int feed_send(struct feed *feed, const struct feed_record *record, struct leat_error *error)
    MUST_CHECK;

/* Waits until all that was sent is written. A record that an outage outlasted is lost and counted
 * (feed_lost()), with a warning; any other that failed is LEAT_E_LOG. */
int feed_flush(struct feed *feed, struct leat_error *error) MUST_CHECK;
int64_t feed_lost(const struct feed *feed);

/* ---- in a transaction: what failed, or was not committed at feed_free(), is never seen ---- */

int feed_begin(struct feed *feed, struct leat_error *error) MUST_CHECK;

/* LEAT_E_ABORTED: nothing of it is seen. LEAT_E_FENCED: the broker did not answer, and may have
 * committed. */
int feed_commit(struct feed *feed, struct leat_error *error) MUST_CHECK;

#endif
