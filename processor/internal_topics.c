/* internal_topics.c - creating repartition topics, changelogs, outputs and dead letters.
 *
 * Timestamps are the events' own and may lie far from the broker's clock, in either direction; so
 * every topic takes them as they are, and nothing expires by them. A compaction lag would go by
 * them too, so the changelogs of versioned tables have none and need none (state/README.md).
 */
#include "processor/internal_topics.h"

#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "topology/operators.h"

#include <stdio.h>

struct making {
    struct log *log;
    struct layout *layout;
    const struct internal_options *options;
    struct leat_error *error;
    bool look_only;
};

static const struct log_setting repartition_settings[] = {
    { "cleanup.policy", "delete" },
    { "retention.ms", "-1" },
    { "segment.bytes", "52428800" },
    { "message.timestamp.type", "CreateTime" },
    { "message.timestamp.after.max.ms", "9223372036854775807" },
    { "max.message.bytes", "16777216" },
};

static const struct log_setting changelog_settings[] = {
    { "cleanup.policy", "compact" },
    { "retention.ms", "-1" },
    { "message.timestamp.type", "CreateTime" },
    { "message.timestamp.after.max.ms", "9223372036854775807" },
    { "max.message.bytes", "16777216" },
};

/* What an output or a dead letter has beside its own cleanup.policy. */
static const struct log_setting output_settings[] = {
    { "retention.ms", "-1" },
    { "message.timestamp.type", "CreateTime" },
    { "message.timestamp.after.max.ms", "9223372036854775807" },
    { "max.message.bytes", "16777216" },
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int create(const struct making *making, const char *name, int32_t partitions,
                  const struct log_setting *settings, size_t count)
{
    struct log_topic topic = { .name = name,
                               .partitions = partitions,
                               .replication = making->options->replication,
                               .settings = settings,
                               .setting_count = count };
    int status;

    if (!making->options->create)
        return error_set(making->error, LEAT_E_TOPOLOGY,
                         "topic '%s' does not exist; create it with %d partitions before you start",
                         name, partitions);
    status = log_topic_create(making->log, &topic, making->error);
    if (!status)
        log_info("topic_created", "topic=%s partitions=%d", name, partitions);
    return status;
}

static int check_length(const struct making *making, const char *topic, const char *what)
{
    if (strlen(topic) <= LIMIT_NAME_BYTES)
        return LEAT_OK;
    return error_set(making->error, LEAT_E_TOPOLOGY,
                     "topic '%s' would have a name of %zu characters, and Kafka allows %d; give "
                     "the %s a shorter name", topic, strlen(topic), LIMIT_NAME_BYTES, what);
}

/* ---- repartition topics ---------------------------------------------------------------------- */

static int make_repartition(const struct making *making, const struct step *step)
{
    struct layout_topic *topic = &making->layout->topics[step->number];
    int status;

    if (topic->exists)
        return LEAT_OK;
    status = create(making, topic->name, topic->partitions, repartition_settings,
                    COUNT(repartition_settings));
    topic->exists = making->layout->topics[step->twin->number].exists = !status;
    return status;
}

/* ---- changelogs ------------------------------------------------------------------------------ */

static int make_changelog(const struct making *making, const char *store, int32_t tasks)
{
    char *name = layout_changelog(making->layout, store);
    struct log_topic topic = { .name = name };
    int status = check_length(making, name, "store or step");

    if (!status)
        status = log_topic_look(making->log, &topic, making->error);
    if (!status && topic.partitions && topic.partitions != tasks)
        status = error_set(making->error, LEAT_E_TOPOLOGY,
                           "internal topic '%s' has %d partitions and the topology needs %d: the "
                           "inputs have changed since it was made; reset the application, or give "
                           "the inputs their old number of partitions", name, topic.partitions,
                           tasks);
    if (!status && !topic.partitions && !making->look_only)
        status = create(making, name, tasks, changelog_settings, COUNT(changelog_settings));
    memory_free(name);
    return status;
}

static int make_step_changelogs(const struct making *making, const struct step *step)
{
    int status = LEAT_OK;

    if (step->group < 0)
        return LEAT_OK;
    for (int s = 0; s < step->store_count && !status; s++)
        if (!step->stores[s].scratch)
            status = make_changelog(making, step->stores[s].spec.name,
                                    making->layout->partitions[step->group]);
    return status;
}

static int make_time_changelogs(const struct making *making)
{
    const struct leat_topology *topology = making->layout->topology;
    char store[LIMIT_NAME_BYTES + 16];
    int status = LEAT_OK;

    for (size_t g = 0; g < topology->group_count && !status; g++) {
        if (!topology->groups[g].timed)
            continue;
        snprintf(store, sizeof store, "%s-time", topology->groups[g].name);
        status = make_changelog(making, store, making->layout->partitions[g]);
    }
    return status;
}

/* ---- outputs --------------------------------------------------------------------------------- */

static bool is_external_source(const struct step *step)
{
    return step->operator->source && !step->twin;
}

static int32_t widest_input(const struct layout *layout)
{
    int32_t widest = 1;

    for (size_t i = 0; i < layout->topology->step_count; i++) {
        const struct step *step = layout->topology->steps[i];

        if (is_external_source(step) && step->noun != NOUN_GLOBAL &&
            layout->topics[i].partitions > widest)
            widest = layout->topics[i].partitions;
    }
    return widest;
}

/* "compact,delete" and "delete,compact" are the same policy. */
static bool policies_equal(const char *a, const char *b)
{
    bool compact = strstr(a, "compact"), deletes = strstr(a, "delete");

    return compact == !!strstr(b, "compact") && deletes == !!strstr(b, "delete");
}

/* A log that does not tell its settings has none to warn of. */
static int warn_of_differences(const struct making *making, const char *topic, const char *cleanup)
{
    char policy[64] = "", retention[32] = "";
    int status = log_topic_setting(making->log, topic, "cleanup.policy", policy, sizeof policy,
                                   making->error);

    if (!status)
        status = log_topic_setting(making->log, topic, "retention.ms", retention, sizeof retention,
                                   making->error);
    if (status)
        return status;
    if (policy[0] && !policies_equal(policy, cleanup))
        log_warn("topic_differs", "topic=%s setting=cleanup.policy value=%s expected=%s", topic,
                 policy, cleanup);
    if (strstr(policy, "delete") && retention[0] && strcmp(retention, "-1") != 0)
        log_warn("topic_differs", "topic=%s setting=retention.ms value=%s expected=-1", topic,
                 retention);
    return LEAT_OK;
}

static int create_output(const struct making *making, const char *name, int32_t partitions,
                         const char *cleanup)
{
    struct log_setting settings[COUNT(output_settings) + 1];

    memcpy(settings, output_settings, sizeof output_settings);
    settings[COUNT(output_settings)] = (struct log_setting){ "cleanup.policy", cleanup };
    return create(making, name, partitions, settings, COUNT(settings));
}

/* Another instance may have made it in the meantime, with other options: its count rules. */
static int make_output(const struct making *making, const char *name, int32_t partitions,
                       const char *cleanup, int32_t *out)
{
    struct log_topic topic = { .name = name };
    int status = log_topic_look(making->log, &topic, making->error);

    if (!status && topic.partitions)
        status = warn_of_differences(making, name, cleanup);
    else if (!status) {
        status = create_output(making, name, partitions, cleanup);
        if (!status)
            status = log_topic_look(making->log, &topic, making->error);
    }
    *out = topic.partitions ? topic.partitions : partitions;
    return status;
}

static int make_to(const struct making *making, const struct step *step)
{
    const struct leat_to *to = step->options;
    struct layout_topic *topic = &making->layout->topics[step->number];
    int32_t partitions = to->partitions ? to->partitions : widest_input(making->layout);
    int status;

    status = make_output(making, topic->name, partitions, to->cleanup ? to->cleanup : "delete",
                         &topic->partitions);
    topic->exists = !status;
    return status;
}

static int make_rejects(const struct making *making, const struct step *step)
{
    const struct leat_source *source = step->options;
    struct layout_topic *topic = &making->layout->topics[step->number];
    char *name = source->rejects ? memory_text(source->rejects)
                                 : memory_format("%s-rejected", topic->name);
    int status = make_output(making, name, topic->partitions, "delete", &topic->rejects);

    memory_free(name);
    return status;
}

/* What was refused behind a repartition: little, and in no order that matters. */
static int make_internal_rejects(const struct making *making, const struct step *step)
{
    struct layout_topic *topics = making->layout->topics;
    char *name = memory_format("%s-rejected", topics[step->number].name);
    int status = make_output(making, name, 1, "delete", &topics[step->twin->number].rejects);

    memory_free(name);
    return status;
}

static int make_step(const struct making *making, const struct step *step)
{
    if (step->operator == &repartition_send) {
        int status = make_repartition(making, step);

        return status || !making->options->dead_letters ? status
                                                        : make_internal_rejects(making, step);
    }
    if (step->operator == &to_topic && step->topic)
        return make_to(making, step);
    if (is_external_source(step) && making->options->dead_letters)
        return make_rejects(making, step);
    return LEAT_OK;
}

int internal_topics_check(struct log *log, struct layout *layout, struct leat_error *error)
{
    struct making making = { log, layout, NULL, error, .look_only = true };
    const struct leat_topology *topology = layout->topology;
    int status = LEAT_OK;

    for (size_t i = 0; i < topology->step_count && !status; i++) {
        if (layout->topics[i].name)
            status = check_length(&making, layout->topics[i].name, "step");
        if (!status)
            status = make_step_changelogs(&making, topology->steps[i]);
    }
    return status ? status : make_time_changelogs(&making);
}

int internal_topics_create(struct log *log, struct layout *layout,
                           const struct internal_options *options, struct leat_error *error)
{
    struct making making = { log, layout, options, error, false };
    const struct leat_topology *topology = layout->topology;
    int status = LEAT_OK;

    for (size_t i = 0; i < topology->step_count && !status; i++) {
        status = make_step(&making, topology->steps[i]);
        if (!status)
            status = make_step_changelogs(&making, topology->steps[i]);
    }
    return status ? status : make_time_changelogs(&making);
}
