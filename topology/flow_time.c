/* flow_time.c - the clocks and marks of a flow: what feeds whom, and their rows in the time store.
 *
 * Rows: "clock/<step>" an operator's clock by origin; "heard/<step>" a receiving half's marks by
 * sender; "task" the task's stream time. Only what moved is written at a flush.
 */
#include "base/memory.h"
#include "topology/flow_parts.h"
#include "topology/operators.h"
#include "topology/rows.h"

enum { TIME_ROW_BYTES = 8 * 100000 };

bool flow_timed(const struct flow *flow)
{
    for (size_t g = 0; g < flow->options.group_count; g++)
        if (flow->options.topology->groups[flow->options.groups[g]].timed)
            return true;
    return false;
}

/* ---- feeds ----------------------------------------------------------------------------------- */

static bool has_marks(const struct node *node)
{
    bool marks = node->operator == &repartition_receive;

    for (int i = 0; i < node->step->input_count && !marks; i++)
        marks = node->inputs[i] && has_marks(node->inputs[i]);
    return marks;
}

static void feed_from(struct node *node, struct time_feed *feed, size_t limit);

/* With one origin those behind go by their own clocks, whatever is held back. */
static bool holds_back(const struct node *node)
{
    return node->operator->holds && node->operator->holds(node->step) &&
           node->flow->options.origins[node->step->group] > 1;
}

/* Marks of what comes later are heard at once; what the cache has waits for the flush. */
static bool caches_back(const struct node *node)
{
    return node->operator->flush && node->step->store_count && rows_cached(node) &&
           node->flow->options.origins[node->step->group] > 1 && flow_timed(node->flow) &&
           has_marks(node);
}

static void feed_by(struct node *node, struct time_feed *feed, size_t limit)
{
    bool holds = node && holds_back(node);

    if (holds || (node && node->caches)) {
        assert((size_t)feed->passed_count < limit);
        feed->passed[feed->passed_count++] = &node->passed_ms;
        feed->cached_count += !holds;
        feed->marked |= has_marks(node);
    }
    if (node && !holds)
        feed_from(node, feed, limit);
}

/* Of a node, or of what its inputs are. */
static void feed_from(struct node *node, struct time_feed *feed, size_t limit)
{
    if (node->operator == &repartition_receive) {
        assert((size_t)feed->heard_count < limit);
        feed->heard[feed->heard_count++] = &node->heard;
        feed->marked = true;
        return;
    }
    if (node->operator->source) {
        assert((size_t)feed->source_count < limit);
        feed->sources[feed->source_count++] = &node->clock;
        return;
    }
    for (int i = 0; i < node->step->input_count; i++)
        feed_by(node->inputs[i], feed, limit);
}

/* A source may be reached by several ways; each adds an entry, which the least does not mind. So
 * may each step on the way. */
static size_t count_ways(const struct node *node)
{
    size_t ways = 1;

    for (int i = 0; i < node->step->input_count; i++)
        ways += node->inputs[i] ? count_ways(node->inputs[i]) : 0;
    return ways;
}

static void open_feed(struct flow *flow, struct node *node)
{
    size_t ways = count_ways(node);
    int32_t origins = flow->options.origins[node->step->group];
    int32_t inputs = node->step->input_count;

    node->feed.heard = memory_array(ways, sizeof *node->feed.heard);
    node->feed.sources = memory_array(ways, sizeof *node->feed.sources);
    node->feed.passed = memory_array(ways, sizeof *node->feed.passed);
    if (node->operator->timed_by_first)
        feed_by(node->inputs[0], &node->feed, ways);
    else
        feed_from(node, &node->feed, ways);
    node->feed.single = origins == 1 || !node->feed.marked;
    if (node->operator->windowed && !node->operator->source)
        time_clock_init(&node->clock, inputs, node->feed.single ? 1 : origins);
}

void flow_time_open(struct flow *flow)
{
    for (size_t i = 0; i < flow->node_count; i++) {
        struct node *node = &flow->nodes[i];
        const struct step *step = node->step;

        node->passed_ms = TIME_NONE;
        node->caches = caches_back(node);
        if (node->operator == &repartition_receive)
            time_heard_init(&node->heard, flow->options.partitions[step->twin->group]);
        else if (node->operator->source)
            time_clock_init(&node->clock, 1, 1);
    }
    for (size_t i = 0; i < flow->node_count; i++)
        if (flow->nodes[i].operator->windowed || flow->nodes[i].caches)
            open_feed(flow, &flow->nodes[i]);
}

void flow_time_close(struct node *node)
{
    memory_free(node->feed.heard);
    memory_free(node->feed.sources);
    memory_free(node->feed.passed);
    time_clock_free(&node->clock);
    time_heard_free(&node->heard);
}

void flow_time_flushed(struct node *node)
{
    if (node->caches)
        node_passed(node, time_closing(&node->feed, &node->clock, 0));
}

/* ---- marks ----------------------------------------------------------------------------------- */

void flow_hear(struct node *receiver, int32_t sender, int64_t mark_ms)
{
    time_hear(&receiver->heard, sender, mark_ms);
}

/* Of a task that reads sources only: the greatest timestamp sent there. Of any other: the least it
 * has heard itself. */
int64_t flow_mark(const struct flow *flow, const struct node *sink)
{
    return sink->feed.marked ? time_closing(&sink->feed, &sink->clock, 0)
                                  : time_greatest(&sink->clock);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int save_row(struct flow *flow, const char *kind, const char *name, const int64_t *times,
                    int32_t count)
{
    struct leat_bytes key = arena_text(&flow->record, "%s/%s", kind, name), value;
    struct buffer row;
    struct entry *entry;
    int status;

    buffer_init(&row, TIME_ROW_BYTES);
    status = time_save(times, count, &row);
    if (!status)
        status = store_entry(flow->time, key, &entry, flow->error);
    value = buffer_bytes(&row);
    if (!status)
        store_set(flow->time, entry, &value, 0);
    buffer_free(&row);
    return status;
}

static int load_row(struct flow *flow, const char *kind, const char *name, int64_t *times,
                    int32_t count)
{
    struct leat_bytes key = arena_text(&flow->record, "%s/%s", kind, name), none = { 0 };
    struct entry *entry;
    int status = store_entry(flow->time, key, &entry, flow->error);

    if (!status)
        time_load(times, count, entry->value ? *(struct leat_bytes *)entry->value : none);
    return status;
}

int flow_keep(struct node *node, const char *kind, const int64_t *times, int32_t count)
{
    return save_row(node->flow, kind, node->step->name, times, count);
}

int flow_kept(struct node *node, const char *kind, int64_t *times, int32_t count)
{
    return load_row(node->flow, kind, node->step->name, times, count);
}

static int save_node(struct flow *flow, struct node *node)
{
    int status = LEAT_OK;

    if (node->clock.moved)
        status = save_row(flow, "clock", node->step->name, node->clock.greatest,
                          time_places(&node->clock));
    node->clock.moved = false;
    if (!status && node->heard.moved)
        status = save_row(flow, "heard", node->step->name, node->heard.marks,
                          time_heard_count(&node->heard));
    node->heard.moved = false;
    if (!status && node->operator->save)
        status = node->operator->save(node);
    return status;
}

int flow_time_save(struct flow *flow)
{
    int status = LEAT_OK;

    if (flow->stream_ms != flow->committed_ms)
        status = save_row(flow, "task", "", &flow->stream_ms, 1);
    for (size_t i = 0; i < flow->node_count && !status; i++)
        status = save_node(flow, &flow->nodes[i]);
    return status;
}

static int load_node(struct flow *flow, struct node *node)
{
    int status = LEAT_OK;

    node->passed_ms = TIME_NONE;
    if (node->clock.origins)
        status = load_row(flow, "clock", node->step->name, node->clock.greatest,
                          time_places(&node->clock));
    node->clock.moved = false;
    if (!status && node->heard.senders) {
        status = load_row(flow, "heard", node->step->name, node->heard.marks,
                          time_heard_count(&node->heard));
        time_heard_loaded(&node->heard);
    }
    if (!status && node->operator->load)
        status = node->operator->load(node);
    return status;
}

int flow_time_load(struct flow *flow)
{
    int status = load_row(flow, "task", "", &flow->stream_ms, 1);

    flow->committed_ms = flow->stream_ms;
    for (size_t i = 0; i < flow->node_count && !status; i++)
        status = load_node(flow, &flow->nodes[i]);
    for (size_t i = 0; i < flow->node_count && !status; i++)
        flow_time_flushed(&flow->nodes[i]);
    arena_reset(&flow->record);
    return status;
}
