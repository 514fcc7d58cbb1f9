/* process.c - the custom step: a function, its stores, and what time calls it for.
 *
 * Stream-time punctuation is due first with the first record, then each .every; missed ones are
 * skipped. Its next due time, and that it was cancelled, are state. The wall clock's schedule
 * starts anew with the task.
 */
#include "base/memory.h"
#include "topology/flow.h"
#include "topology/operators.h"

#include <stdio.h>

#define CANCELLED TIME_MAX

enum schedule { NO_SCHEDULE, BY_STREAM_TIME, BY_WALL_CLOCK };

static const struct operator process_operator;

struct process_state {
    int64_t due_ms;      /* stream time; TIME_NONE: at once; CANCELLED */
    int64_t wall_due_ms; /* TIME_NONE: not yet scheduled; CANCELLED */
    enum schedule called; /* a punctuation is being called */
    bool moved;
    int64_t wall_before_ms;   /* at the last commit, if it has changed since: */
    uint64_t wall_changed_in; /* as many commits had been made when it last did */
    struct store **stores;    /* as the callbacks number them */
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
static int punctuate(struct node *node, enum schedule by, leat_visit call, int64_t now_ms)
{
    struct process_state *state = node->state;
    struct flow *flow = node->flow;
    struct flow_source source = flow->source;
    struct change change = { .origin = flow_origin(node), .origin_ms = now_ms };
    int status;

    change.record = (struct leat_record){ .timestamp_ms = now_ms,
                                          .type = node->step->inputs[0]->type,
                                          .call = &flow->call };
    flow->source = (struct flow_source){ .offset = -1, .partition = -1 };
    state->called = by;
    status = visit(node, call, &change);
    state->called = NO_SCHEDULE;
    flow->source = source;
    return status;
}

static int64_t next_due(int64_t due_ms, int64_t every_ms, int64_t now_ms)
{
    return due_ms + ((now_ms - due_ms) / every_ms + 1) * every_ms;
}

static void move_wall(struct node *node, int64_t due_ms)
{
    struct process_state *state = node->state;

    if (state->wall_changed_in != node->flow->commits)
        state->wall_before_ms = state->wall_due_ms;
    state->wall_changed_in = node->flow->commits;
    state->wall_due_ms = due_ms;
}

/* CANCELLED where stream time calls for nothing. */
static int64_t due(const struct node *node)
{
    const struct leat_process *with = node->step->options;
    const struct process_state *state = node->state;

    if (!with->every)
        return CANCELLED;
    return state->due_ms == TIME_NONE ? 0 : state->due_ms;
}

/* The node whose punctuation has been due for longest, as a task's schedules are called in the
 * order of their times and not of the steps; NULL if none is due. */
static struct node *first_due(struct flow *flow)
{
    struct node *first = NULL;

    for (size_t i = 0; i < flow->node_count; i++) {
        struct node *node = &flow->nodes[i];

        if (node->operator == &process_operator && due(node) != CANCELLED &&
            due(node) <= flow->stream_ms && (!first || due(node) < due(first)))
            first = node;
    }
    return first;
}

static int process_advance(struct node *node)
{
    struct flow *flow = node->flow;
    int64_t now_ms = flow->stream_ms;
    int status = LEAT_OK;

    if (due(node) == CANCELLED || now_ms < due(node))
        return LEAT_OK;
    while (!status && (node = first_due(flow))) {
        const struct leat_process *with = node->step->options;
        struct process_state *state = node->state;

        state->due_ms = next_due(due(node), with->every, now_ms);
        state->moved = true;
        status = punctuate(node, BY_STREAM_TIME, with->punctuate, now_ms);
    }
    return status;
}

static int process_wall(struct node *node)
{
    const struct leat_process *with = node->step->options;
    struct process_state *state = node->state;
    int64_t now_ms = clock_wall_ms(node->flow->options.clock);

    if (!with->every_wall)
        return LEAT_OK;
    if (state->wall_due_ms == TIME_NONE)
        move_wall(node, now_ms + with->every_wall);
    if (state->wall_due_ms == CANCELLED || now_ms < state->wall_due_ms)
        return LEAT_OK;
    move_wall(node, next_due(state->wall_due_ms, with->every_wall, now_ms));
    return punctuate(node, BY_WALL_CLOCK, with->punctuate_wall, now_ms);
}

/* A schedule has moved on before it calls. */
void leat_cancel(const struct leat_record *record)
{
    struct node *node = record->call->node;
    struct process_state *state = node->state;

    assert(node->operator == &process_operator && state->called);
    if (state->called == BY_WALL_CLOCK)
        move_wall(node, CANCELLED);
    else
        state->due_ms = CANCELLED;
}

static int process_open(struct node *node)
{
    const struct step *step = node->step;
    struct process_state *state = node->state;

    state->due_ms = state->wall_due_ms = state->wall_before_ms = TIME_NONE;
    state->stores = memory_array((size_t)step->use_count, sizeof *state->stores);
    for (int i = 0; i < step->use_count; i++)
        state->stores[i] = flow_node(node->flow,
                                     step->uses[i].owner)->stores[step->uses[i].place];
    return LEAT_OK;
}

static void process_close(struct node *node)
{
    memory_free(((struct process_state *)node->state)->stores);
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

/* What the wall clock had called for since the last commit is due again. */
static void process_abort(struct node *node)
{
    struct process_state *state = node->state;

    if (state->wall_changed_in == node->flow->commits)
        state->wall_due_ms = state->wall_before_ms;
}

static const struct operator process_operator = {
    .verb = "process", .state_size = sizeof(struct process_state), .open = process_open,
    .process = process_process, .advance = process_advance, .wall = process_wall,
    .save = process_save, .load = process_load, .abort = process_abort, .close = process_close,
};

/* A process step may ask for the stream time, and an extractor is given its partition's. */
bool step_keeps_time(const struct step *step)
{
    const struct leat_source *source = step->options;

    if (step->operator == &source_stream || step->operator == &source_table)
        return source->timestamp;
    return step->operator->windowed || step->operator == &process_operator;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static void use(struct step *step, struct step *owner, int place)
{
    step->uses = memory_resize(step->uses, (size_t)step->use_count + 1, sizeof *step->uses);
    step->uses[step->use_count++] = (struct step_use){ owner, place };
}

static void use_own(struct step *step, const struct leat_store_spec *spec)
{
    struct store_plan *plan = step_store(step, spec->name, STORE_KEY_VALUE, spec->type);

    plan->in_memory = spec->in_memory;
    plan->custom = spec->custom;
    plan->queryable = true;
    plan->cached = false;
    use(step, step, step->store_count - 1);
}

/* Only what process steps write may be shared: a table's rows are the table's to write, and to
 * pass on. */
static void use_earlier(struct step *step, const char *name)
{
    struct step *owner = map_get(&step->topology->stores, leat_bytes_of(name));

    if (!owner || owner->operator != &process_operator) {
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "no process step before it has a store '%s' to share; give it the .type of "
                     "its values to make it this step's own", name);
        return;
    }
    for (int place = 0; place < owner->store_count; place++)
        if (!strcmp(owner->stores[place].spec.name, name))
            use(step, owner, place);
}

static void check_process(struct step *step, const struct leat_process *with)
{
    step_require(step, with->process, "process needs .process");
    step_require(step, !with->every == !with->punctuate && with->every >= 0,
                 ".punctuate needs an .every of at least a millisecond, and .every a .punctuate");
    step_require(step, !with->every_wall == !with->punctuate_wall && with->every_wall >= 0,
                 ".punctuate_wall needs an .every_wall of at least a millisecond, and .every_wall "
                 "a .punctuate_wall");
}

struct leat_stream *leat_process(struct leat_stream *in, const char *name,
                                 const struct leat_process *process)
{
    struct step *from = step_of(in);
    struct step *step = step_new(from->topology, &process_operator, name, NOUN_STREAM, from->type);
    const struct leat_process *with = step_options(step, process, sizeof *with);

    check_process(step, with);
    if (with->type)
        step->type = with->type;
    step->user = with->user;
    step->key_stays = with->key_stays;
    step->key_changed = !with->key_stays || from->key_changed;
    step->window_ms = with->key_stays ? from->window_ms : 0;
    step->window = with->key_stays ? from->window : NULL;
    step_connect(from, step);
    for (const struct leat_store_spec *spec = with->stores; spec && spec->name; spec++)
        if (spec->type)
            use_own(step, spec);
        else
            use_earlier(step, spec->name);
    return (struct leat_stream *)step;
}

/* ---- the stores, from its callbacks ---------------------------------------------------------- */

static struct store *store_at(const struct leat_record *record, int place)
{
    const struct node *node = record->call->node;
    const struct process_state *state = node->state;

    assert(place >= 0 && place < node->step->use_count);
    return state->stores[place];
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
