/* suppress.c - changes of a table that wait, for their window's close or for a time, so that only
 * the last one leaves: leat_suppress().
 *
 * What waits stands in a store in order of (time, row's key): the window's end, or the timestamp
 * of the first change since the last one left. A later change of the row takes the earlier one's
 * place. Without windows a second store says since when a row waits, and whether as a deletion. A
 * last one has, where somebody behind needs it, the row as it was before it began to wait.
 * Source: Kafka Streams' KTableSuppressProcessorSupplier. There the change that leaves has as the
 * old row the last one that was held back; here it is the one that left before.
 */
#include "state/big_endian.h"
#include "topology/flow.h"
#include "topology/operators.h"
#include "topology/rows.h"
#include "topology/windows.h"

enum { WAITING, SINCE }; /* its first stores; SINCE only without windows */

enum { TIME_BYTES = 8, SINCE_BYTES = TIME_BYTES + 1 };

enum { HELD_RECORDS, HELD_BYTES, HELD_COUNT };

struct suppress {
    int64_t held[HELD_COUNT];
    int64_t low_ms; /* nothing waits with a time before; INT64_MIN: not known */
    bool moved;     /* held has, since it was last saved */
    bool by_marks;  /* and not by the results' own timestamps */
};

struct suppression {
    struct leat_suppress with;
    int64_t wait_ms; /* from its time in the store until it leaves */
    int64_t hold_ms; /* what leaves later than a time is not so far behind it */
};

static const struct suppression *suppression_of(const struct node *node)
{
    return node->step->options;
}

static struct leat_bytes waiting_key(struct node *node, int64_t time_ms, struct leat_bytes row_key)
{
    char *memory = arena_new(&node->flow->record, TIME_BYTES + row_key.size);

    big_endian_put_64(memory, (uint64_t)time_ms);
    if (row_key.size)
        memcpy(memory + TIME_BYTES, row_key.data, row_key.size);
    return leat_bytes(memory, TIME_BYTES + row_key.size);
}

/* ---- since when a row waits ------------------------------------------------------------------ */

struct since {
    struct entry *entry; /* of its store; NULL: the window says it */
    int64_t time_ms;
    bool deleted;
};

static bool by_windows(const struct node *node)
{
    return suppression_of(node)->with.until_close;
}

/* at_ms: where it does not wait, but would from now on. */
static int since_find(struct node *node, struct leat_bytes row_key, int64_t at_ms,
                      struct since *since)
{
    struct leat_record name;
    struct leat_bytes row;
    int status;

    *since = (struct since){ .time_ms = at_ms };
    if (by_windows(node)) {
        rows_name(node, row_key, &name);
        since->time_ms = name.window.end_ms;
        return LEAT_OK;
    }
    status = store_entry(node->stores[SINCE], row_key, &since->entry, node->flow->error);
    if (status || !since->entry->value)
        return status;
    row = *(const struct leat_bytes *)since->entry->value;
    assert(row.size == SINCE_BYTES);
    since->time_ms = (int64_t)big_endian_get_64(row.data);
    since->deleted = row.data[TIME_BYTES];
    return LEAT_OK;
}

static void since_set(struct node *node, const struct since *since, bool waits)
{
    char memory[SINCE_BYTES];
    struct leat_bytes row = leat_bytes(memory, sizeof memory);

    if (!since->entry)
        return;
    big_endian_put_64(memory, (uint64_t)since->time_ms);
    memory[TIME_BYTES] = (char)since->deleted;
    store_set(node->stores[SINCE], since->entry, waits ? &row : NULL, since->time_ms);
}

/* Its place in the order; the entry has a value if it waits. */
static int waiting_entry(struct node *node, struct leat_bytes row_key, const struct since *since,
                         struct entry **out)
{
    return store_entry(node->stores[WAITING], waiting_key(node, since->time_ms, row_key), out,
                       node->flow->error);
}

/* ---- the row before it began to wait --------------------------------------------------------- */

static int before_place(const struct suppression *suppression)
{
    return suppression->with.until_close ? SINCE : SINCE + 1;
}

/* The store, or NULL where nobody needs it. */
static struct store *before_store(const struct node *node)
{
    int place = before_place(suppression_of(node));

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

static int get_before(struct node *node, struct leat_bytes row_key, struct row *row)
{
    struct entry *entry;
    int status = store_entry(before_store(node), row_key, &entry, node->flow->error);

    if (!status)
        *row = (struct row){ entry->value, entry->timestamp_ms };
    return status;
}

/* ---- in -------------------------------------------------------------------------------------- */

static void count_entry(struct node *node, const struct entry *entry, int sign)
{
    const struct leat_type *type = node->step->type;
    struct suppress *suppress = node->state;

    if (!entry->value)
        return;
    suppress->held[HELD_RECORDS] += sign;
    suppress->held[HELD_BYTES] +=
        sign * (int64_t)(entry->key.size + type->size + type->extent(entry->value));
    suppress->moved = true;
}

static void stop_waiting(struct node *node, struct entry *waiting)
{
    count_entry(node, waiting, -1);
    store_set(node->stores[WAITING], waiting, NULL, waiting->timestamp_ms);
}

/* A deletion waits as a row that says nothing. */
static void set_waiting(struct node *node, struct entry *entry, const struct leat_record *record)
{
    struct store *store = node->stores[WAITING];

    count_entry(node, entry, -1);
    if (record->value) {
        store_set(store, entry, record->value, record->timestamp_ms);
    } else {
        store_edit(store, entry);
        store_touch(store, entry, record->timestamp_ms);
    }
    count_entry(node, entry, 1);
}

static int hold(struct node *node, const struct change *change)
{
    struct leat_bytes row_key = rows_key(node, &change->record);
    bool deleted = !change->record.value, waited, noted;
    struct suppress *suppress = node->state;
    struct since since;
    struct entry *entry;
    int status = since_find(node, row_key, change->record.timestamp_ms, &since);

    if (!status)
        status = waiting_entry(node, row_key, &since, &entry);
    if (status)
        return status;
    if (deleted && by_windows(node)) { /* no last result, so none waits */
        stop_waiting(node, entry);
        return set_before(node, row_key, NULL, 0);
    }
    waited = entry->value;
    noted = waited && since.deleted == deleted;
    set_waiting(node, entry, &change->record);
    if (since.time_ms < suppress->low_ms)
        suppress->low_ms = since.time_ms;
    since.deleted = deleted;
    if (!noted)
        since_set(node, &since, true);
    return waited ? LEAT_OK : set_before(node, row_key, change->before, change->before_ms);
}

/* ---- out ------------------------------------------------------------------------------------- */

static int pass_on(struct node *node, const struct entry *waiting, struct leat_bytes row_key,
                   bool deleted, const struct change *cause)
{
    struct row before = { 0 };
    struct change out = {
        .record = { .value = deleted ? NULL : waiting->value,
                    .type = node->step->type,
                    .timestamp_ms = waiting->timestamp_ms,
                    .call = &node->flow->call },
        .before_known = node->step->needs_before,
        .origin = cause->origin,
        .origin_ms = node->feed.single ? cause->origin_ms : waiting->timestamp_ms,
    };
    int status = out.before_known ? get_before(node, row_key, &before) : LEAT_OK;

    if (status)
        return status;
    rows_name(node, row_key, &out.record);
    out.before = before.value;
    out.before_ms = before.timestamp_ms;
    return node_forward(node, &out);
}

/* It stops waiting when it has left, as those behind may ask for the row before. */
static int let_go(struct node *node, struct entry *waiting, const struct change *cause)
{
    struct leat_bytes row_key = leat_bytes(waiting->key.data + TIME_BYTES,
                                           waiting->key.size - TIME_BYTES);
    struct since since;
    int status = since_find(node, row_key, 0, &since);

    if (!status)
        status = pass_on(node, waiting, row_key, since.deleted, cause);
    if (status)
        return status;
    stop_waiting(node, waiting);
    since_set(node, &since, false);
    return set_before(node, row_key, NULL, 0);
}

static bool too_many(const struct node *node)
{
    const struct leat_suppress *with = &suppression_of(node)->with;
    const struct suppress *suppress = node->state;

    if (with->when_full == LEAT_UNBOUNDED)
        return false;
    if (with->max_bytes && suppress->held[HELD_BYTES] > with->max_bytes)
        return true;
    return (with->max_records || !with->max_bytes) &&
           suppress->held[HELD_RECORDS] > with->max_records;
}

/* The oldest leave while they are due, or while there are too many that may leave early. */
static int walk(struct node *node, struct store_cursor *cursor, int64_t due_ms,
                const struct change *cause)
{
    bool early = suppression_of(node)->with.when_full == LEAT_EMIT_EARLY;
    struct arena *arena = &node->flow->record;
    struct suppress *suppress = node->state;
    struct entry *entry;
    int status;

    while ((status = store_next(cursor, &entry, node->flow->error)) == 1) {
        struct arena_mark mark = arena_mark(arena);

        suppress->low_ms = (int64_t)big_endian_get_64(entry->key.data);
        if (suppress->low_ms > due_ms && !(early && too_many(node)))
            return LEAT_OK;
        status = let_go(node, entry, cause);
        if (status)
            return status;
        arena_rewind(arena, mark);
    }
    suppress->low_ms = INT64_MAX;
    return status;
}

static int release_until(struct node *node, int64_t due_ms, const struct change *cause)
{
    struct leat_bytes none = { 0 };
    struct suppress *suppress = node->state;
    struct store_cursor *cursor;
    int status;

    if (suppress->low_ms > due_ms && !too_many(node))
        return LEAT_OK;
    status = store_range(node->stores[WAITING], none, none, false, &cursor, node->flow->error);
    if (status)
        return status;
    status = walk(node, cursor, due_ms, cause);
    store_cursor_close(cursor);
    return status;
}

static int64_t closing(const struct node *node)
{
    const struct suppress *suppress = node->state;

    return suppress->by_marks ? time_settled(&node->feed, &node->clock)
                              : time_closing(&node->feed, &node->clock, 0);
}

/* Those behind go by what has left: their windows stay open for what waits. */
static int release(struct node *node, const struct change *cause)
{
    int64_t closing_ms = closing(node);
    int64_t due_ms = closing_ms == TIME_NONE ? TIME_NONE
                                             : closing_ms - suppression_of(node)->wait_ms;
    int status = release_until(node, due_ms, cause);

    if (!status)
        node_passed(node, closing_ms - suppression_of(node)->hold_ms);
    return status;
}

static int suppress_process(struct node *node, int input, const struct change *change)
{
    const struct leat_suppress *with = &suppression_of(node)->with;
    const struct suppress *suppress = node->state;
    int status;

    assert(change->before_known);
    time_reach(&node->clock, 0, change->origin, change->record.timestamp_ms);
    status = hold(node, change);
    if (!status)
        status = release(node, change);
    if (status || !too_many(node))
        return status;
    return error_set(node->flow->error, LEAT_E_LIMIT,
                     "step '%s' would hold back %lld rows of %lld bytes, and may hold %lld of %lld "
                     "(0: any number); raise .max_records or .max_bytes, or let it emit early",
                     node->step->name, (long long)suppress->held[HELD_RECORDS],
                     (long long)suppress->held[HELD_BYTES], (long long)with->max_records,
                     (long long)with->max_bytes);
}

/* Marks may have moved the closing time. What they make due is no record's doing. */
static int suppress_advance(struct node *node)
{
    const struct suppress *suppress = node->state;
    struct change none = { .record = { .call = &node->flow->call }, .origin = flow_origin(node) };

    return suppress->by_marks ? release(node, &none) : LEAT_OK;
}

/* ---- its state ------------------------------------------------------------------------------- */

/* Results of partial aggregates come in no order of time. */
static bool is_combined(const struct step *step)
{
    bool combined = step->operator == &repartition_receive && step->partial_type;

    for (int i = 0; i < step->input_count && !combined; i++)
        combined = is_combined(step->inputs[i]);
    return combined;
}

static int suppress_open(struct node *node)
{
    struct suppress *suppress = node->state;

    suppress->by_marks = !node->feed.single || is_combined(node->step);
    return LEAT_OK;
}

static bool suppress_holds(const struct step *step)
{
    return true;
}

/* The view of what has left: the row before it began to wait, or as the input has it. */
static int suppress_get(struct node *node, struct leat_bytes key, struct row *row)
{
    struct entry *entry;
    struct since since;
    int status = since_find(node, key, 0, &since);

    if (!status)
        status = waiting_entry(node, key, &since, &entry);
    if (status)
        return status;
    return entry->value ? get_before(node, key, row)
                        : node->inputs[0]->operator->get(node->inputs[0], key, row);
}

static int suppress_save(struct node *node)
{
    struct suppress *suppress = node->state;

    if (!suppress->moved)
        return LEAT_OK;
    suppress->moved = false;
    return flow_keep(node, "held", suppress->held, HELD_COUNT);
}

static int suppress_load(struct node *node)
{
    struct suppress *suppress = node->state;
    int status = flow_kept(node, "held", suppress->held, HELD_COUNT);

    for (int i = 0; i < HELD_COUNT; i++)
        if (suppress->held[i] == TIME_NONE)
            suppress->held[i] = 0;
    suppress->low_ms = INT64_MIN;
    suppress->moved = false;
    node_passed(node, closing(node) - suppression_of(node)->hold_ms);
    return status;
}

static struct store_plan *plan_store(struct step *step, const char *suffix,
                                     const struct leat_type *type)
{
    struct leat_bytes name = arena_text(&step->topology->arena, "%s%s", step->name, suffix);

    return step_store(step, name.data, STORE_KEY_VALUE, type);
}

/* Somebody behind reads its rows, or wants to know rows before. */
static void suppress_needed(struct step *step)
{
    if (before_place(step->options) == step->store_count)
        plan_store(step, "-before", step->type);
}

static const struct operator suppress_operator = {
    .verb = "suppress", .state_size = sizeof(struct suppress), .windowed = true, .buffers = true,
    .needed = suppress_needed, .holds = suppress_holds, .open = suppress_open,
    .process = suppress_process, .get = suppress_get,
    .advance = suppress_advance, .save = suppress_save, .load = suppress_load,
};

/* ---- the verb -------------------------------------------------------------------------------- */

/* A window leaves at its end and grace; a session may still grow for its gap. */
static int64_t close_wait_ms(const struct leat_window *window)
{
    return window->grace + (window_kind(window) == LEAT_SESSION ? window->size : 0);
}

static void check_options(struct step *step, const struct leat_suppress *with)
{
    bool bounded = with->max_records || with->max_bytes;

    if (with->until_close && !step->window)
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "the keys of its input are of no window, so none closes; suppress the table "
                     "of a windowed aggregate, or for a .wait");
    step_require(step, !with->until_close || !with->wait,
                 "it takes .until_close or a .wait, not both");
    step_require(step, !with->until_close || with->when_full != LEAT_EMIT_EARLY,
                 "a window's last result cannot leave early; with .until_close use LEAT_STOP");
    step_require(step, with->max_records >= 0 && with->max_bytes >= 0,
                 "its bounds must not be negative");
    step_require(step, !bounded || with->when_full != LEAT_UNBOUNDED,
                 "a bound needs .when_full: LEAT_EMIT_EARLY or LEAT_STOP");
}

struct leat_table *leat_suppress(struct leat_table *in, const char *name,
                                 const struct leat_suppress *with)
{
    struct step *from = step_of(in);
    struct step *step = step_new(from->topology, &suppress_operator, name, NOUN_TABLE, from->type);
    struct suppression suppression = { .with = *with };

    step->window_ms = from->window_ms;
    step->window = from->window;
    check_options(step, with);
    if (!with->until_close) {
        suppression.wait_ms = suppression.hold_ms = with->wait > 0 ? with->wait : 0;
    } else if (step->window) {
        suppression.wait_ms = close_wait_ms(step->window);
        suppression.hold_ms = window_closes_after(step->window);
    }
    step_options(step, &suppression, sizeof suppression);
    step_connect(from, step);
    table_need_before(from);
    plan_store(step, "", step->type);
    if (!with->until_close)
        plan_store(step, "-since", &leat_bytes_type);
    return (struct leat_table *)step;
}
