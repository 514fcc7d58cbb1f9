/* expiry.c - the rules by which old rows of a home are dropped. */
#include "state/expiry.h"

#include "state/big_endian.h"

#include <assert.h>

void expiry_ask(struct expiry *expiry, uint16_t store, size_t from_end, int64_t before_ms)
{
    struct expiry_rule *rule = &expiry->rules[store];

    assert(store < LIMIT_TASK_STORES && from_end >= sizeof(int64_t) && from_end <= UINT32_MAX);
    atomic_store_explicit(&rule->from_end, (uint32_t)from_end, memory_order_relaxed);
    if (before_ms <= rule->asked_ms)
        return;
    rule->asked_ms = before_ms;
    expiry->asked = true;
}

bool expiry_commit(struct expiry *expiry)
{
    bool moved = expiry->asked;

    if (!moved)
        return false;
    for (size_t i = 0; i < LIMIT_TASK_STORES; i++)
        atomic_store_explicit(&expiry->rules[i].before_ms, expiry->rules[i].asked_ms,
                              memory_order_release);
    expiry->asked = false;
    return moved;
}

void expiry_discard(struct expiry *expiry)
{
    if (!expiry->asked)
        return;
    for (size_t i = 0; i < LIMIT_TASK_STORES; i++)
        expiry->rules[i].asked_ms =
            atomic_load_explicit(&expiry->rules[i].before_ms, memory_order_relaxed);
    expiry->asked = false;
}

bool expiry_drops(const struct expiry *expiry, struct leat_bytes key)
{
    const struct expiry_rule *rule;
    int64_t before_ms;
    uint16_t store;
    size_t from_end;

    if (key.size < sizeof store)
        return false;
    store = big_endian_get_16(key.data);
    if (store >= LIMIT_TASK_STORES)
        return false;
    rule = &expiry->rules[store];
    before_ms = atomic_load_explicit(&rule->before_ms, memory_order_acquire);
    from_end = atomic_load_explicit(&rule->from_end, memory_order_relaxed);
    if (!before_ms || key.size < sizeof store + from_end)
        return false;
    return (int64_t)big_endian_get_64(key.data + key.size - from_end) < before_ms;
}
