/* process.c - the custom step: a function, its stores, and what time calls it for.
 *
 * Stream-time punctuation is due first with the first record, then each .every; missed ones are
 * skipped. Its next due time is state. The wall clock's schedule starts anew with the task.
 */
#include "base/memory.h"
#include "topology/flow.h"
#include "topology/operators.h"

#include <stdio.h>

struct process_state {
    int64_t due_ms;      /* stream time; TIME_NONE: at once */
    int64_t wall_due_ms; /* TIME_NONE: not yet scheduled */
    bool moved;
};

static int visit(struct node *node, leat_visit call, const struct change *change)
{
    int status;

    node_enter(node, change);
    call(&change->record);
    status = node_leave(node, change);
    return status < 0 ? status : LEAT_OK;
}

static int process_process(struct node *node, int input, const struct change *change)
{
    const struct leat_process *with = node->step->options;

    return visit(node, with->process, change);
}

/* A punctuation has no key, no value and no source; its origin is the task's own. */
static int punctuate(struct node *node, leat_visit call, int64_t now_ms)
{
    struct flow *flow = node->flow;
    struct flow_source source = flow->source;
    struct change change = { .origin = flow->options.partition, .origin_ms = now_ms };
    int status;

    change.record = (struct leat_record){ .timestamp_ms = now_ms,
                                          .type = node->step->inputs[0]->type,
                                          .call = &flow->call };
    flow->source = (struct flow_source){ .offset = -1, .partition = -1 };
    status = visit(node, call, &change);
    flow->source = source;
    return status;
}

static int64_t next_due(int64_t due_ms, int64_t every_ms, int64_t now_ms)
{
    return due_ms + ((now_ms - due_ms) / every_ms + 1) * every_ms;
}

static int process_advance(struct node *node)
{
    const struct leat_process *with = node->step->options;
    struct process_state *state = node->state;
    int64_t now_ms = node->flow->stream_ms, due_ms = state->due_ms == TIME_NONE ? 0 : state->due_ms;

    if (!with->every || now_ms < due_ms)
        return LEAT_OK;
    state->due_ms = next_due(due_ms, with->every, now_ms);
    state->moved = true;
    return punctuate(node, with->punctuate, now_ms);
}

static int process_wall(struct node *node)
{
    const struct leat_process *with = node->step->options;
    struct process_state *state = node->state;
    int64_t now_ms = clock_wall_ms(node->flow->options.clock);

    if (!with->every_wall)
        return LEAT_OK;
    if (state->wall_due_ms == TIME_NONE)
        state->wall_due_ms = now_ms + with->every_wall;
    if (now_ms < state->wall_due_ms)
        return LEAT_OK;
    state->wall_due_ms = next_due(state->wall_due_ms, with->every_wall, now_ms);
    return punctuate(node, with->punctuate_wall, now_ms);
}

static int process_open(struct node *node)
{
    *(struct process_state *)node->state = (struct process_state){ TIME_NONE, TIME_NONE, false };
    return LEAT_OK;
}

static int process_save(struct node *node)
{
    struct process_state *state = node->state;

    if (!state->moved)
        return LEAT_OK;
    state->moved = false;
    return flow_keep(node, "due", &state->due_ms, 1);
}

static int process_load(struct node *node)
{
    struct process_state *state = node->state;

    state->moved = false;
    return flow_kept(node, "due", &state->due_ms, 1);
}

static const struct operator process_operator = {
    .verb = "process", .state_size = sizeof(struct process_state), .open = process_open,
    .process = process_process, .advance = process_advance, .wall = process_wall,
    .save = process_save, .load = process_load,
};

bool step_keeps_time(const struct step *step)
{
    const struct leat_process *with = step->options;

    return step->operator->windowed || (step->operator == &process_operator && with->every);
}

struct leat_stream *leat_process(struct leat_stream *in, const char *name,
                                 const struct leat_process *with)
{
    struct step *from = step_of(in), *step;

    if (with->stores && from->key_changed)
        from = step_partitioned(from, true);
    step = step_new(from->topology, &process_operator, name, NOUN_STREAM,
                    with->type ? with->type : from->type);
    step_options(step, with, sizeof *with);
    step->user = with->user;
    step_require(step, with->process, "process needs .process");
    step_require(step, !with->every || with->punctuate, ".every needs .punctuate");
    step_require(step, !with->every_wall || with->punctuate_wall,
                 ".every_wall needs .punctuate_wall");
    step_require(step, with->every >= 0 && with->every_wall >= 0, "intervals are not negative");
    step->key_changed = !with->key_stays || from->key_changed;
    step->window_ms = with->key_stays ? from->window_ms : 0;
    step->window = with->key_stays ? from->window : NULL;
    step_connect(from, step);
    for (const struct leat_store_spec *spec = with->stores; spec && spec->name; spec++) {
        struct store_plan *plan = step_store(step, spec->name, STORE_KEY_VALUE, spec->type);

        plan->in_memory = spec->in_memory;
        plan->queryable = true;
        plan->cached = false;
    }
    return (struct leat_stream *)step;
}

/* ---- the stores, from its callbacks ---------------------------------------------------------- */

static struct store *store_at(const struct leat_record *record, int place)
{
    const struct node *node = record->call->node;

    assert(place >= 0 && place < node->step->store_count);
    return node->stores[place];
}

static struct entry *entry_at(const struct leat_record *record, int place, struct leat_bytes key)
{
    struct leat_call *call = record->call;
    struct entry *entry = NULL;
    int status;

    assert(key.data);
    status = store_entry(store_at(record, place), key, &entry, call->flow->error);
    if (status)
        call->status = status;
    return status ? NULL : entry;
}

const void *leat_get(const struct leat_record *record, int place, struct leat_bytes key)
{
    const struct entry *entry = entry_at(record, place, key);

    return entry ? entry->value : NULL;
}

void leat_put(const struct leat_record *record, int place, struct leat_bytes key, const void *value)
{
    struct entry *entry = entry_at(record, place, key);

    if (entry)
        store_set(store_at(record, place), entry, value, record->timestamp_ms);
}

void leat_each(const struct leat_record *record, int place,
               bool (*each)(const struct leat_record *record, struct leat_bytes key,
                            const void *value))
{
    struct leat_call *call = record->call;
    struct store *store = store_at(record, place);
    struct leat_bytes all = { "", 0 }, none = { 0 };
    struct store_cursor *cursor;
    struct entry *entry;
    int status = store_range(store, all, none, false, &cursor, call->flow->error);

    if (status) {
        call->status = status;
        return;
    }
    while ((status = store_next(cursor, &entry, call->flow->error)) == 1)
        if (!each(record, entry->key, entry->value) || call->status)
            break;
    if (status < 0)
        call->status = status;
    store_cursor_close(cursor);
}
