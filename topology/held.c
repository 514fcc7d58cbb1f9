/* held.c - rows that a suppress holds back: taken in, counted, found again. */
#include "topology/held.h"

#include "state/big_endian.h"
#include "topology/flow.h"
#include "topology/rows.h"

enum { TIME_BYTES = 8, SINCE_BYTES = TIME_BYTES + 1 };

static bool by_windows(const struct step *step)
{
    return ((const struct suppression *)step->options)->with.until_close;
}

/* ---- since when a row waits ------------------------------------------------------------------ */

/* at_ms: where it does not wait, but would from now on. */
static int find_since(struct node *node, int64_t at_ms, struct held *held)
{
    struct leat_record name;
    struct leat_bytes row;
    int status;

    held->time_ms = at_ms;
    if (by_windows(node->step)) {
        rows_name(node, held->row_key, &name);
        held->time_ms = name.window.end_ms;
        return LEAT_OK;
    }
    status = store_entry(node->stores[HELD_SINCE], held->row_key, &held->since, node->flow->error);
    if (status || !held->since->value)
        return status;
    row = *(const struct leat_bytes *)held->since->value;
    assert(row.size == SINCE_BYTES);
    held->time_ms = (int64_t)big_endian_get_64(row.data);
    held->deleted = row.data[TIME_BYTES];
    return LEAT_OK;
}

static void set_since(struct node *node, const struct held *held, bool waits)
{
    char memory[SINCE_BYTES];
    struct leat_bytes row = leat_bytes(memory, sizeof memory);

    if (!held->since)
        return;
    big_endian_put_64(memory, (uint64_t)held->time_ms);
    memory[TIME_BYTES] = (char)held->deleted;
    store_set(node->stores[HELD_SINCE], held->since, waits ? &row : NULL, held->time_ms);
}

/* ---- its place in the order ------------------------------------------------------------------ */

/* The entry has a value if it waits. */
static int find_waiting(struct node *node, struct held *held)
{
    struct leat_bytes row_key = held->row_key;
    char *memory = arena_new(&node->flow->record, TIME_BYTES + row_key.size);

    big_endian_put_64(memory, (uint64_t)held->time_ms);
    if (row_key.size)
        memcpy(memory + TIME_BYTES, row_key.data, row_key.size);
    return store_entry(node->stores[HELD_WAITING], leat_bytes(memory, TIME_BYTES + row_key.size),
                       &held->waiting, node->flow->error);
}

int64_t held_time(const struct entry *waiting)
{
    return (int64_t)big_endian_get_64(waiting->key.data);
}

static void count(struct node *node, const struct entry *waiting, int sign)
{
    const struct leat_type *type = node->step->type;
    struct suppress *suppress = node->state;

    if (!waiting->value)
        return;
    suppress->held[HELD_RECORDS] += sign;
    suppress->held[HELD_BYTES] +=
        sign * (int64_t)(waiting->key.size + type->size + type->extent(waiting->value));
    suppress->moved = true;
}

static void stop_waiting(struct node *node, struct entry *waiting)
{
    count(node, waiting, -1);
    store_set(node->stores[HELD_WAITING], waiting, NULL, waiting->timestamp_ms);
}

/* A deletion waits as a row that says nothing. */
static void set_waiting(struct node *node, struct entry *waiting, const struct leat_record *record)
{
    struct store *store = node->stores[HELD_WAITING];

    count(node, waiting, -1);
    if (record->value) {
        store_set(store, waiting, record->value, record->timestamp_ms);
    } else {
        store_edit(store, waiting);
        store_touch(store, waiting, record->timestamp_ms);
    }
    count(node, waiting, 1);
}

/* ---- the row before it began to wait --------------------------------------------------------- */

static int before_place(const struct step *step)
{
    return by_windows(step) ? HELD_SINCE : HELD_SINCE + 1;
}

/* NULL where nobody needs it. */
static struct store *before_store(const struct node *node)
{
    int place = before_place(node->step);

    return place < node->step->store_count ? node->stores[place] : NULL;
}

static int set_before(struct node *node, struct leat_bytes row_key, const void *before,
                      int64_t before_ms)
{
    struct store *store = before_store(node);
    struct entry *entry;
    int status;

    if (!store)
        return LEAT_OK;
    status = store_entry(store, row_key, &entry, node->flow->error);
    if (!status && (before || entry->value))
        store_set(store, entry, before, before_ms);
    return status;
}

int held_before(struct node *node, struct leat_bytes row_key, struct row *before)
{
    struct entry *entry;
    int status = store_entry(before_store(node), row_key, &entry, node->flow->error);

    if (!status)
        *before = (struct row){ entry->value, entry->timestamp_ms };
    return status;
}

/* ---- in and out ------------------------------------------------------------------------------ */

int held_take(struct node *node, const struct change *change)
{
    struct held held = { .row_key = rows_key(node, &change->record) };
    bool deleted = !change->record.value, waited, noted;
    struct suppress *suppress = node->state;
    int status = find_since(node, change->record.timestamp_ms, &held);

    if (!status)
        status = find_waiting(node, &held);
    if (status)
        return status;
    if (deleted && by_windows(node->step)) { /* no last result, so none waits */
        stop_waiting(node, held.waiting);
        return set_before(node, held.row_key, NULL, 0);
    }
    waited = held.waiting->value;
    noted = waited && held.deleted == deleted;
    set_waiting(node, held.waiting, &change->record);
    if (held.time_ms < suppress->low_ms)
        suppress->low_ms = held.time_ms;
    held.deleted = deleted;
    if (!noted)
        set_since(node, &held, true);
    return waited ? LEAT_OK : set_before(node, held.row_key, change->before, change->before_ms);
}

int held_open(struct node *node, struct entry *waiting, struct held *held)
{
    struct leat_bytes key = waiting->key;

    *held = (struct held){ .waiting = waiting };
    held->row_key = leat_bytes(key.data + TIME_BYTES, key.size - TIME_BYTES);
    return find_since(node, held_time(waiting), held);
}

int held_close(struct node *node, struct held *held)
{
    stop_waiting(node, held->waiting);
    set_since(node, held, false);
    return set_before(node, held->row_key, NULL, 0);
}

int held_waits(struct node *node, struct leat_bytes row_key, bool *waits)
{
    struct held held = { .row_key = row_key };
    int status = find_since(node, 0, &held);

    *waits = false;
    if (status || (held.since && !held.since->value))
        return status;
    status = find_waiting(node, &held);
    *waits = !status && held.waiting->value;
    return status;
}

/* ---- its stores ------------------------------------------------------------------------------ */

static void plan_store(struct step *step, const char *suffix, const struct leat_type *type)
{
    struct leat_bytes name = arena_text(&step->topology->arena, "%s%s", step->name, suffix);

    step_store(step, name.data, STORE_KEY_VALUE, type);
}

void held_plan(struct step *step)
{
    plan_store(step, "", step->type);
    if (!by_windows(step))
        plan_store(step, "-since", &leat_bytes_type);
}

void held_plan_before(struct step *step)
{
    if (before_place(step) == step->store_count)
        plan_store(step, "-before", step->type);
}
