/* transaction.c - transactional ids: fencing by epoch, ends of transactions, their time limit. */
#include "processor/local/local.h"

#include "base/memory.h"

#include <assert.h>

static struct local_transaction *transaction_of(struct local *local, const char *id)
{
    struct local_transaction *transaction = map_get(&local->transactions, leat_bytes_of(id));

    if (transaction)
        return transaction;
    transaction = memory_new(sizeof *transaction);
    transaction->producer = ++local->last_producer;
    map_put(&local->transactions, leat_bytes_of(id), transaction);
    return transaction;
}

struct local_transaction *local_transaction_enter(struct local *local, const char *id,
                                                  int timeout_ms)
{
    struct local_transaction *transaction = transaction_of(local, id);

    local_transaction_end(local, transaction, false);
    transaction->epoch++;
    transaction->timeout_us = (int64_t)timeout_ms * 1000;
    return transaction;
}

/* The broker's time starts with the first record or offset that it hears of, not with begin. */
void local_transaction_open(struct local *local, struct local_transaction *transaction)
{
    if (transaction->open)
        return;
    transaction->open = true;
    transaction->started_us = clock_us(local->clock);
    if (transaction->timeout_us > 0)
        local_expires_at(local, transaction->started_us + transaction->timeout_us);
}

void local_transaction_touch(struct local_transaction *transaction, struct local_topic *topic,
                             struct local_partition *partition)
{
    assert(transaction->open);
    transaction->touched = memory_grow(transaction->touched, transaction->touched_count,
                                       &transaction->touched_capacity,
                                       sizeof *transaction->touched);
    transaction->touched[transaction->touched_count++] =
        (struct local_touched){ topic, partition };
    local_topic_hold(topic);
}

void local_transaction_offset(struct local_transaction *transaction, struct local_group *group,
                              const struct log_position *position)
{
    struct local_offset *offset = local_group_offset(group, position->topic, position->partition);

    assert(transaction->open);
    transaction->pending = memory_grow(transaction->pending, transaction->pending_count,
                                       &transaction->pending_capacity,
                                       sizeof *transaction->pending);
    transaction->pending[transaction->pending_count++] =
        (struct local_pending){ offset, position->offset };
    offset->pending++;
}

void local_transaction_end(struct local *local, struct local_transaction *transaction, bool commit)
{
    int64_t now_ms = transaction->open ? clock_wall_ms(local->clock) : 0;

    for (size_t i = 0; i < transaction->touched_count; i++) {
        struct local_touched *touched = &transaction->touched[i];

        local_partition_end(touched->partition, transaction->producer, commit, now_ms);
        local_topic_release(touched->topic);
    }
    for (size_t i = 0; i < transaction->pending_count; i++) {
        struct local_pending *pending = &transaction->pending[i];

        pending->offset->pending--;
        if (commit)
            pending->offset->offset = pending->value;
    }
    transaction->touched_count = transaction->pending_count = 0;
    if (transaction->open)
        local_wake(local);
    transaction->open = false;
}

static bool is_over(const struct local_transaction *transaction, int64_t now_us)
{
    return transaction->open && transaction->timeout_us > 0 &&
           now_us >= transaction->started_us + transaction->timeout_us;
}

/* A new epoch with the abort, so that the writer, should it wake up, learns of it as fenced. */
void local_transaction_expire(struct local *local, int64_t now_us)
{
    void *value;

    for (size_t i = 0; map_next(&local->transactions, &i, NULL, &value);) {
        struct local_transaction *transaction = value;

        if (is_over(transaction, now_us)) {
            local_transaction_end(local, transaction, false);
            transaction->epoch++;
        } else if (transaction->open && transaction->timeout_us > 0) {
            local_expires_at(local, transaction->started_us + transaction->timeout_us);
        }
    }
}

void local_transaction_free(struct local_transaction *transaction)
{
    for (size_t i = 0; i < transaction->touched_count; i++)
        local_topic_release(transaction->touched[i].topic);
    memory_free(transaction->touched);
    memory_free(transaction->pending);
    memory_free(transaction);
}
