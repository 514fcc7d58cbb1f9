/* event.h - one sale or inventory update of the generator, sound or spoilt, ready to be sent.
 *
 * Event n of a seed is always the same, whichever others are sent, as long as the topics have the
 * same number of partitions. It has to be made for every n in turn all the same: what is late is
 * late against those before it in its own partition.
 */
#ifndef BLACKFRIDAY_EVENT_H
#define BLACKFRIDAY_EVENT_H

#include "blackfriday/feed.h"

/* What is wrong with an event: each way in which the contract calls one invalid. */
enum event_fault {
    EVENT_SOUND,
    EVENT_NO_UNITS,          /* quantity 0 */
    EVENT_NEGATIVE_UNITS,
    EVENT_NEGATIVE_PRICE,
    EVENT_NO_TRANSACTION_ID,
    EVENT_NO_PRODUCT_ID,
    EVENT_NO_STORE_ID,
    EVENT_AMOUNT_TOO_LARGE,  /* quantity times price does not fit decimal(18,2) */
    EVENT_PRICE_TOO_LARGE,   /* the price does not fit decimal(12,2) */
    EVENT_NEGATIVE_TIME,
    EVENT_FAR_FUTURE,        /* a hundred years ahead */
    EVENT_UNDECODABLE,       /* cut short, a strange magic byte, an unknown schema, ... */
    EVENT_UPDATE_NO_KEY,
    EVENT_UPDATE_BAD_KEY,    /* not UTF-8 */
    EVENT_UPDATE_UNDECODABLE,
    EVENT_FAULTS,
};

const char *event_fault_name(enum event_fault fault);

enum event_share { EVENT_ALL, EVENT_ONLY, EVENT_EXCEPT }; /* ... a partition */

struct event_options {
    uint64_t seed;
    uint32_t products, stores;  /* known ones */
    double skew;                /* of the products, as at spread_new() */
    double late_percent, invalid_percent, unknown_percent, duplicate_percent, odd_key_percent;
    int64_t grace_ms, window_ms; /* late: behind by more than both; 0: the contract's */
    int64_t now_ms;             /* what the far future is far of */
    enum event_share share;     /* of both topics' partitions: the rest is withheld */
    int32_t partition;
};

struct event {
    struct feed_record record;  /* key and wire: the maker's, until the next event */
    enum event_fault fault;
    bool late, unknown, duplicate, odd_key, withheld;
};

struct event_maker;

struct event_maker *event_maker_new(struct feed *feed, const struct event_options *options);
void event_maker_free(struct event_maker *maker);

/* Event number n, at about at_ms. One that is withheld is not encoded. */
int event_sale(struct event_maker *maker, uint64_t number, int64_t at_ms, struct event *event,
               struct leat_error *error) MUST_CHECK;
int event_update(struct event_maker *maker, uint64_t number, int64_t at_ms, struct event *event,
                 struct leat_error *error) MUST_CHECK;

#endif
