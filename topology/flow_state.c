/* flow_state.c - the stores of a flow: opened, flushed, committed, undone.
 *
 * Two homes: the task's, and one in memory for stores that ask for it and for scratch stores, which
 * last from commit to commit; and one more for each store that a user implements. One commit writes
 * them all.
 */
#include "base/memory.h"
#include "schemas/codec.h"
#include "state/home.h"
#include "topology/custom_store.h"
#include "topology/flow_parts.h"

/* ---- opening --------------------------------------------------------------------------------- */

static size_t count_stores(const struct flow *flow)
{
    size_t count = 1;

    for (size_t i = 0; i < flow->node_count; i++)
        count += (size_t)flow->nodes[i].step->store_count;
    return count;
}

static int open_store(struct flow *flow, struct node *node, const struct store_plan *plan,
                      size_t staged_bytes)
{
    struct flow_store *opened = &flow->stores[flow->store_count++];
    bool memory = plan->in_memory || plan->scratch;
    int status = LEAT_OK;

    opened->node = node;
    opened->spec = plan->spec;
    opened->spec.staged_bytes = staged_bytes;
    opened->spec.scratch = plan->scratch;
    opened->logged = !plan->scratch;
    opened->home = memory ? flow->memory : flow->options.home;
    opened->codec = codec_new(plan->spec.type, flow->options.registry);
    if (plan->custom) {
        status = custom_home_open(plan->custom, plan->spec.name, flow->options.partition,
                                  home_budget(flow->options.home), &opened->home, flow->error);
        opened->has_home = !status;
    }
    if (status)
        return status;
    return store_open(opened->home, &opened->spec, opened->codec, &opened->store, flow->error);
}

static int open_time(struct flow *flow, size_t staged_bytes)
{
    int first = flow->options.groups[0];
    struct store_plan plan = { .spec = { .type = &leat_bytes_type } };
    int status;

    if (!flow_timed(flow))
        return LEAT_OK;
    flow->time_name = memory_format("%s-time", flow->options.topology->groups[first].name);
    plan.spec.name = flow->time_name;
    status = open_store(flow, NULL, &plan, staged_bytes);
    flow->time = flow->stores[flow->store_count - 1].store;
    return status;
}

int flow_stores_open(struct flow *flow)
{
    struct home_options memory = { .application = "", .task = "" };
    size_t count = count_stores(flow), share = flow->options.staged_bytes / count;
    int status = home_open(&memory, &flow->memory, flow->error);

    flow->stores = memory_array(count, sizeof *flow->stores);
    for (size_t i = 0; i < flow->node_count && !status; i++) {
        struct node *node = &flow->nodes[i];
        const struct step *step = node->step;

        node->stores = memory_array((size_t)step->store_count, sizeof *node->stores);
        for (int s = 0; s < step->store_count && !status; s++) {
            status = open_store(flow, node, &step->stores[s], share);
            node->stores[s] = flow->stores[flow->store_count - 1].store;
        }
    }
    return status ? status : open_time(flow, share);
}

void flow_stores_close(struct flow *flow)
{
    for (size_t i = 0; i < flow->store_count; i++) {
        store_close(flow->stores[i].store);
        codec_free(flow->stores[i].codec);
        if (flow->stores[i].has_home)
            home_close(flow->stores[i].home);
    }
    home_close(flow->memory);
    memory_free(flow->stores);
    memory_free(flow->time_name);
}

static int enlist_nodes(struct flow *flow, const char *application)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < flow->node_count && !status; i++) {
        struct node *node = &flow->nodes[i];
        char *topic;

        if (!node->operator->enlist)
            continue;
        topic = memory_format("%s-%s-changelog", application, node->step->stores[0].spec.name);
        status = node->operator->enlist(node, topic);
        memory_free(topic);
    }
    return status;
}

int flow_register(struct flow *flow, const char *application, struct leat_error *error)
{
    int status;

    flow->error = error;
    status = enlist_nodes(flow, application);

    for (size_t i = 0; i < flow->store_count && !status; i++) {
        char *topic;

        if (!flow->stores[i].logged)
            continue;
        topic = memory_format("%s-%s-changelog", application, flow->stores[i].spec.name);
        status = codec_register(flow->stores[i].codec, topic, error);
        memory_free(topic);
    }
    return status;
}

int flow_load(struct flow *flow, struct leat_error *error)
{
    flow->error = error;
    return flow->time ? flow_time_load(flow) : LEAT_OK;
}

/* ---- flush, commit, abort -------------------------------------------------------------------- */

static int flush_time_entry(void *user, struct store *store, const struct entry *entry,
                            struct leat_bytes wire, struct leat_error *error)
{
    struct flow *flow = user;

    return flow->options.ops->changelog(flow, store, entry, wire);
}

/* Stores that no operator flushes by itself (a process step's) have a changelog all the same. */
static int flush_rest(struct flow *flow)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < flow->store_count && !status; i++)
        if (flow->stores[i].logged && store_dirty(flow->stores[i].store))
            status = store_flush(flow->stores[i].store, flush_time_entry, flow, flow->error);
    return status;
}

/* What was passed on before may have moved its time. */
static int flush_node(struct node *node)
{
    const struct operator *operator = node->operator;
    int status = operator->flush ? operator->flush(node) : LEAT_OK;

    if (!status)
        flow_time_flushed(node);
    return !status && operator->advance ? operator->advance(node) : status;
}

int flow_flush(struct flow *flow, struct leat_error *error)
{
    int status = LEAT_OK;

    flow->error = error;
    for (size_t i = 0; i < flow->node_count && !status; i++)
        status = flush_node(&flow->nodes[i]);
    if (!status && flow->time)
        status = flow_time_save(flow);
    if (!status)
        status = flush_rest(flow);
    arena_reset(&flow->record);
    return status;
}

static int commit_homes(struct flow *flow, struct leat_error *error)
{
    int status = home_commit(flow->options.home, error);

    if (!status)
        status = home_commit(flow->memory, error);
    for (size_t i = 0; i < flow->store_count && !status; i++)
        if (flow->stores[i].has_home)
            status = home_commit(flow->stores[i].home, error);
    return status;
}

/* Scratch stores hand their content on at each flush and begin the next commit empty. */
int flow_commit(struct flow *flow, struct leat_error *error)
{
    int status = commit_homes(flow, error);

    for (size_t i = 0; i < flow->store_count && !status; i++)
        if (flow->stores[i].logged)
            store_committed(flow->stores[i].store);
        else
            store_abort(flow->stores[i].store);
    flow->committed_ms = flow->stream_ms;
    flow->commits++;
    return status;
}

int flow_abort(struct flow *flow, struct leat_error *error)
{
    flow->stream_ms = flow->committed_ms;
    home_discard(flow->options.home);
    home_discard(flow->memory);
    for (size_t i = 0; i < flow->store_count; i++) {
        if (flow->stores[i].has_home)
            home_discard(flow->stores[i].home);
        store_abort(flow->stores[i].store);
    }
    for (size_t i = 0; i < flow->node_count; i++)
        if (flow->nodes[i].operator->abort)
            flow->nodes[i].operator->abort(&flow->nodes[i]);
    return flow_load(flow, error);
}

bool flow_full(const struct flow *flow)
{
    for (size_t i = 0; i < flow->store_count; i++)
        if (store_full(flow->stores[i].store))
            return true;
    return false;
}
