/* expiry.h - which rows of a home have expired: for each store, where the time stands in its keys
 * and below which it is of no more use.
 *
 * What a commit decides counts from that commit on: had rows been dropped for a transaction that
 * was aborted after all, the replay could miss them.
 * Thread: expiry_ask(), _commit() and _discard() by the task's worker; expiry_drops() by any.
 */
#ifndef STATE_EXPIRY_H
#define STATE_EXPIRY_H

#include "base/limits.h"
#include "leat/bytes.h"

#include <stdatomic.h>

struct expiry_rule {
    _Atomic int64_t before_ms; /* 0: nothing has expired */
    _Atomic uint32_t from_end; /* the time's eight bytes begin so far from the key's end */
    int64_t asked_ms;
};

struct expiry {
    struct expiry_rule rules[LIMIT_TASK_STORES];
    bool asked;
};

void expiry_ask(struct expiry *expiry, uint16_t store, size_t from_end, int64_t before_ms);
bool expiry_commit(struct expiry *expiry); /* whether any rule moved */
void expiry_discard(struct expiry *expiry);

/* key as the home has it, the store's number first. */
bool expiry_drops(const struct expiry *expiry, struct leat_bytes key);

#endif
