/* stream_source.c - leat_stream_from(): of one topic, of several, of one that is read already.
 *
 * A source reads one topic, so a stream of several is a row for each and one behind them all.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "topology/operators.h"

#include <stdio.h>

static int topics_process(struct node *node, int input, const struct change *change)
{
    return node_forward(node, change);
}

const struct operator source_topics = { .verb = "topics", .process = topics_process };

/* ---- the source that reads the same ---------------------------------------------------------- */

static bool is_part(const struct step *step)
{
    return step->edge_count && step->edges[0].child->operator == &source_topics;
}

static bool reads(const struct step *step, const char *topic)
{
    if (step->operator != &source_topics)
        return !strcmp(step->topic, topic);
    for (int i = 0; i < step->input_count; i++)
        if (!strcmp(step->inputs[i]->topic, topic))
            return true;
    return false;
}

static bool is_among(const char *const *topics, const char *topic)
{
    for (; *topics; topics++)
        if (!strcmp(*topics, topic))
            return true;
    return false;
}

/* These topics and no others, in whatever order. */
static bool reads_exactly(const struct step *step, const char *const *topics)
{
    for (size_t i = 0; topics[i]; i++)
        if (!reads(step, topics[i]))
            return false;
    for (int i = 0; i < step->input_count; i++)
        if (!is_among(topics, step->inputs[i]->topic))
            return false;
    return true;
}

static struct step *find_reader(const struct leat_topology *topology, const char *const *topics)
{
    for (size_t i = 0; i < topology->step_count; i++) {
        struct step *step = topology->steps[i];

        if ((step->operator == &source_stream && !is_part(step)) ||
            step->operator == &source_topics)
            if (reads_exactly(step, topics))
                return step;
    }
    return NULL;
}

static bool texts_equal(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* A second source of the same topics is the first by another name: each record is read once, and
 * the steps behind either take it in the order in which they were added. */
static struct step *read_again(struct step *step, const char *name,
                               const struct leat_source *again)
{
    const struct leat_source *first = step->options;

    step_alias(step, name);
    if (again->type != first->type || again->timestamp != first->timestamp ||
        again->valid != first->valid || again->needs_value != first->needs_value ||
        again->text_keys != first->text_keys || again->user != first->user ||
        !texts_equal(again->rejects, first->rejects))
        step_mistake(step, LEAT_E_TOPOLOGY,
                     "source '%s' reads the same topic in another way; give both the same options",
                     name ? name : "");
    return step;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static struct step *source_of_several(struct leat_topology *topology, const char *name,
                                      const struct leat_source *source)
{
    struct step *parts[LIMIT_STEP_INPUTS] = { 0 }, *step;
    char part[LIMIT_NAME_BYTES + 16];
    int count = 0;

    for (; source->topics[count] && count < LIMIT_STEP_INPUTS; count++) {
        snprintf(part, sizeof part, "%.*s-%d", LIMIT_NAME_BYTES - 4, name ? name : "", count + 1);
        parts[count] = source_step(topology, part, NOUN_STREAM, &source_stream, source,
                                   source->topics[count]);
    }
    step = step_new(topology, &source_topics, name, NOUN_STREAM, parts[0]->type);
    step->options = parts[0]->options;
    step->user = source->user;
    for (int i = 0; i < count; i++)
        step_connect(parts[i], step);
    if (source->topics[count])
        step_mistake(step, LEAT_E_LIMIT, "a stream reads %d topics at most", LIMIT_STEP_INPUTS);
    return step;
}

struct leat_stream *leat_stream_from(struct leat_topology *topology, const char *name,
                                     const struct leat_source *options)
{
    static const struct leat_source nothing;
    const struct leat_source *source = options ? options : &nothing;
    const char *const one[] = { source->topic ? source->topic : name ? name : "", NULL };
    const char *const *topics = source->topics ? source->topics : one;
    struct step *step = topics[0] ? find_reader(topology, topics) : NULL;

    if (step)
        return (struct leat_stream *)read_again(step, name, source);
    if (topics[0] && topics[1])
        return (struct leat_stream *)source_of_several(topology, name, source);
    step = source_step(topology, name, NOUN_STREAM, &source_stream, source, topics[0]);
    if (!topics[0])
        step_mistake(step, LEAT_E_TOPOLOGY, ".topics is empty; name the topics that it reads");
    step_require(step, !source->topics || !source->topic,
                 ".topics stands in place of .topic; give one of both");
    return (struct leat_stream *)step;
}
