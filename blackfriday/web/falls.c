/* falls.c - the latest falls, in order whatever the order that partitions are read in. */
#include "blackfriday/web/falls.h"

#include "schemas/print.h"

#include <assert.h>
#include <inttypes.h>

static struct leat_bytes product_of(const struct fall *fall)
{
    return leat_bytes(fall->product_id, fall->product_size);
}

static struct leat_bytes store_of(const struct fall *fall)
{
    return leat_bytes(fall->store_id, fall->store_size);
}

/* Of one moment by id, so that a restart shows the same. */
static bool goes_before(const struct fall *a, const struct fall *b)
{
    int order;

    if (a->at_ms != b->at_ms)
        return a->at_ms > b->at_ms;
    order = leat_bytes_compare(product_of(a), product_of(b));
    return (order ? order : leat_bytes_compare(store_of(a), store_of(b))) < 0;
}

void falls_take(struct falls *falls, struct leat_bytes product, struct leat_bytes store,
                const struct fall *fall)
{
    struct fall taken = *fall;
    size_t at = falls->count;

    assert(product.size <= sizeof taken.product_id && store.size <= sizeof taken.store_id);
    memcpy(taken.product_id, product.data, product.size);
    memcpy(taken.store_id, store.data, store.size);
    taken.product_size = product.size;
    taken.store_size = store.size;
    if (at == FALLS_SHOWN && !goes_before(&taken, &falls->latest[at - 1]))
        return;
    at -= at == FALLS_SHOWN;
    for (; at && goes_before(&taken, &falls->latest[at - 1]); at--)
        falls->latest[at] = falls->latest[at - 1];
    falls->latest[at] = taken;
    falls->count += falls->count < FALLS_SHOWN;
}

static int write_fall(const struct fall *fall, struct buffer *out)
{
    return buffer_text(out, "{\"product_id\":") || print_string(product_of(fall), out) ||
           buffer_text(out, ",\"store_id\":") || print_string(store_of(fall), out) ||
           buffer_format(
               out, ",\"on_hand\":%" PRId64 ",\"threshold\":%" PRId64 ",\"at_ms\":%" PRId64 "}",
               fall->on_hand, fall->threshold, fall->at_ms);
}

int falls_write(const struct falls *falls, int64_t below, struct buffer *out)
{
    int status = buffer_format(out, "{\"below\":%" PRId64 ",\"recent\":[", below);

    for (size_t i = 0; i < falls->count && !status; i++)
        status = (i && buffer_text(out, ",")) || write_fall(&falls->latest[i], out);
    return status ? status : buffer_text(out, "]}");
}
