/* layout.c - topic names, partition counts and tasks of a topology on a log. */
#include "processor/layout.h"

#include "base/limits.h"
#include "base/memory.h"
#include "topology/operators.h"

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_repartition(const struct step *step)
{
    return step->twin;
}

char *layout_changelog(const struct layout *layout, const char *store)
{
    return memory_format("%s-%s-changelog", layout->application, store);
}

const struct layout_topic *layout_topic(const struct layout *layout, const struct step *step)
{
    return &layout->topics[step->number];
}

static void name_topics(struct layout *layout)
{
    for (size_t i = 0; i < layout->topology->step_count; i++) {
        const struct step *step = layout->topology->steps[i];

        if (!step->topic)
            continue;
        layout->topics[i].name = is_repartition(step)
                                   ? memory_format("%s-%s-repartition", layout->application,
                                                   step->topic)
                                   : memory_text(step->topic);
    }
}

/* ---- partition counts ------------------------------------------------------------------------ */

static int look_at_topics(struct layout *layout, struct log *log, struct leat_error *error)
{
    for (size_t i = 0; i < layout->topology->step_count; i++) {
        const struct step *step = layout->topology->steps[i];
        struct log_topic topic = { .name = layout->topics[i].name };
        int status;

        if (!topic.name)
            continue;
        status = log_topic_look(log, &topic, error);
        if (status)
            return status;
        layout->topics[i].exists = topic.partitions > 0;
        layout->topics[i].partitions = topic.partitions;
        if (!topic.partitions && step->operator->source && !is_repartition(step))
            return error_set(error, LEAT_E_TOPOLOGY,
                             "step '%s' reads topic '%s', which does not exist; create it, with "
                             "the partitions that you want, before you start", step->name,
                             topic.name);
    }
    return LEAT_OK;
}

/* The widest source of a group; 0 while one of its repartitions is not yet known, or, in a loop,
 * none of its sources. */
static int32_t widest_source(const struct layout *layout, const struct group *group, bool loop)
{
    int32_t widest = 0;

    for (size_t i = 0; i < group->step_count; i++) {
        const struct step *step = group->steps[i];

        if (!step->operator->source)
            continue;
        if (!layout->topics[step->number].partitions && !loop)
            return 0;
        if (layout->topics[step->number].partitions > widest)
            widest = layout->topics[step->number].partitions;
    }
    return widest;
}

static const struct step *first_source(const struct step *step)
{
    while (!step->operator->source)
        step = step->inputs[0];
    return step;
}

static void set_repartition(struct layout *layout, const struct step *send, int32_t partitions)
{
    layout->topics[send->number].partitions = partitions;
    layout->topics[send->twin->number].partitions = partitions;
}

/* The count that the other sources of the receiving group demand: they meet in a join or the like.
 * 0: none. */
static int32_t demanded(const struct layout *layout, const struct step *receive)
{
    const struct group *group = &layout->topology->groups[receive->group];

    for (size_t i = 0; i < group->step_count; i++)
        if (group->steps[i]->operator->source && !is_repartition(group->steps[i]))
            return layout->topics[group->steps[i]->number].partitions;
    return 0;
}

static int check_internal(const struct layout *layout, const struct step *send, int32_t wanted,
                          struct leat_error *error)
{
    const struct layout_topic *topic = &layout->topics[send->number];

    if (!topic->exists || topic->partitions == wanted)
        return LEAT_OK;
    return error_set(error, LEAT_E_TOPOLOGY,
                     "internal topic '%s' has %d partitions and the topology needs %d: the inputs "
                     "or the steps have changed since it was made; reset the application, or give "
                     "step '%s' its old number of partitions", topic->name, topic->partitions,
                     wanted, send->name);
}

/* 0 while what decides it is not known. */
static int32_t wanted_partitions(const struct layout *layout, const struct step *send, bool loop)
{
    const struct leat_repartition *with = send->options;
    int32_t upstream, wanted;

    if (send->partitions_of)
        return layout->topics[first_source(send->partitions_of)->number].partitions;
    upstream = widest_source(layout, &layout->topology->groups[send->group], loop);
    if (!upstream)
        return 0;
    wanted = with->partitions ? with->partitions : demanded(layout, send->twin);
    return wanted ? wanted : upstream;
}

/* One round over the repartitions that are not decided, of a loop over one of them at most. 1:
 * something was decided. */
static int decide_round(struct layout *layout, bool loop, struct leat_error *error)
{
    bool decided = false;

    for (size_t i = 0; i < layout->topology->step_count && !(loop && decided); i++) {
        const struct step *send = layout->topology->steps[i];
        int32_t wanted;
        int status;

        if (send->operator != &repartition_send || layout->topics[send->twin->number].partitions)
            continue;
        wanted = wanted_partitions(layout, send, loop);
        if (!wanted)
            continue;
        status = check_internal(layout, send, wanted, error);
        if (status)
            return status;
        set_repartition(layout, send, wanted);
        decided = true;
    }
    return decided;
}

/* Repartition topics that exist keep their count aside until it is compared. What comes back into
 * its own group waits for itself: then what is known of the sources decides. */
static int decide_repartitions(struct layout *layout, struct leat_error *error)
{
    int status = 1;

    for (size_t i = 0; i < layout->topology->step_count; i++)
        if (layout->topology->steps[i]->operator == &repartition_receive)
            layout->topics[i].partitions = 0;
    while (status == 1) {
        status = decide_round(layout, false, error);
        if (!status)
            status = decide_round(layout, true, error);
    }
    return status;
}

/* ---- co-partitioning ------------------------------------------------------------------------- */

/* Whatever ways lead to the step: the topics at their ends must be as wide as the first one. */
static int check_ways(const struct layout *layout, const struct step *step, const struct step *at,
                      struct leat_error *error)
{
    const struct layout_topic *first = &layout->topics[first_source(step)->number];
    const struct layout_topic *topic = &layout->topics[at->number];
    int status = LEAT_OK;

    for (int i = 0; i < at->input_count && !status; i++)
        status = check_ways(layout, step, at->inputs[i], error);
    if (status || !at->operator->source || topic->partitions == first->partitions)
        return status;
    return error_set(error, LEAT_E_TOPOLOGY,
                     "step '%s' needs inputs with equal partition counts, but '%s' has %d and '%s' "
                     "has %d; make one topic anew, or put leat_repartition() with .partitions = %d "
                     "before the step", step->name, first->name, first->partitions, topic->name,
                     topic->partitions, first->partitions);
}

static int check_copartitioned(const struct layout *layout, struct leat_error *error)
{
    int status = LEAT_OK;

    for (size_t i = 0; i < layout->topology->step_count && !status; i++)
        if (layout->topology->steps[i]->operator->copartitioned)
            status = check_ways(layout, layout->topology->steps[i],
                                layout->topology->steps[i], error);
    return status;
}

/* ---- groups and tasks ------------------------------------------------------------------------ */

/* Origins are source partitions: those of the group's own sources, and those of whoever feeds its
 * repartitions. Feeding groups stand before fed ones in row order often, but not always. */
static void count_origins(struct layout *layout)
{
    const struct leat_topology *topology = layout->topology;

    for (size_t round = 0; round < topology->group_count + 1; round++)
        for (size_t i = 0; i < topology->step_count; i++) {
            const struct step *step = topology->steps[i];
            int32_t origins;

            if (!step->operator->source || step->group < 0)
                continue;
            origins = is_repartition(step) ? layout->origins[step->twin->group]
                                           : layout->topics[i].partitions;
            if (layout->origins[step->group] < origins)
                layout->origins[step->group] = origins;
        }
}

static void add_tasks(struct layout *layout, int group)
{
    for (int32_t p = 0; p < layout->partitions[group]; p++)
        layout->tasks[layout->task_count++] = (struct layout_task){
            .name = memory_format("%s-%d", layout->topology->groups[group].name, p),
            .group = group,
            .partition = p,
        };
}

static int make_tasks(struct layout *layout, struct leat_error *error)
{
    size_t count = 0;

    for (size_t g = 0; g < layout->topology->group_count; g++) {
        layout->partitions[g] = widest_source(layout, &layout->topology->groups[g], false);
        count += (size_t)layout->partitions[g];
    }
    if (count > LIMIT_TASKS)
        return error_set(error, LEAT_E_LIMIT, "the topology makes %zu tasks; %d is the limit",
                         count, LIMIT_TASKS);
    layout->tasks = memory_array(count, sizeof *layout->tasks);
    for (size_t g = 0; g < layout->topology->group_count; g++)
        add_tasks(layout, (int)g);
    count_origins(layout);
    return LEAT_OK;
}

int layout_new(struct log *log, struct leat_topology *topology, const char *application,
             struct layout **out, struct leat_error *error)
{
    struct layout *layout = memory_new(sizeof *layout);
    int status = leat_topology_check(topology, error);

    layout->topology = topology;
    layout->application = memory_text(application);
    layout->topics = memory_array(topology->step_count, sizeof *layout->topics);
    layout->partitions = memory_array(topology->group_count + 1, sizeof *layout->partitions);
    layout->origins = memory_array(topology->group_count + 1, sizeof *layout->origins);
    name_topics(layout);
    if (!status)
        status = look_at_topics(layout, log, error);
    if (!status)
        status = decide_repartitions(layout, error);
    if (!status)
        status = check_copartitioned(layout, error);
    if (!status)
        status = make_tasks(layout, error);
    if (status)
        layout_free(layout);
    else
        *out = layout;
    return status;
}

void layout_free(struct layout *layout)
{
    if (!layout)
        return;
    for (size_t i = 0; i < layout->topology->step_count; i++)
        memory_free(layout->topics[i].name);
    for (size_t i = 0; i < layout->task_count; i++)
        memory_free(layout->tasks[i].name);
    memory_free(layout->tasks);
    memory_free(layout->topics);
    memory_free(layout->partitions);
    memory_free(layout->origins);
    memory_free(layout->application);
    memory_free(layout);
}
