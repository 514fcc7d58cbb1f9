/* reset.c - makes an application begin anew.
 *
 * The group goes first: the broker refuses that while it has members, and then nothing was
 * touched. Offsets of the inputs are committed last, so that a reset that was cut off half way
 * leaves an application that starts at the beginning, as after a whole one.
 */
#include "blackfriday/reset.h"

#include "base/limits.h"
#include "base/memory.h"
#include "processor/log.h"

#include <inttypes.h>
#include <string.h>

struct reset {
    struct log *log;
    const struct reset_options *options;
    FILE *out;
    struct log_position *before, *after; /* of each partition of each input */
    size_t count, capacity, after_capacity;
    char **internal;                     /* topics to delete */
    size_t internal_count, internal_capacity;
    struct leat_error *error;
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);

    return size >= tail && !strcmp(text + size - tail, end);
}

/* <application>-<name>-changelog, -repartition, and <application>-tasks. */
static bool is_internal(const char *application_id, const char *topic)
{
    size_t prefix = strlen(application_id);

    if (strncmp(topic, application_id, prefix) || topic[prefix] != '-')
        return false;
    return !strcmp(topic + prefix, "-tasks") || ends_with(topic, "-changelog") ||
           ends_with(topic, "-repartition");
}

/* ---- what there is ------------------------------------------------------------------------ */

static void add_partition(struct reset *reset, const char *topic, int32_t partition)
{
    struct log_position position = { topic, partition, LOG_OFFSET_NONE };

    reset->before = memory_grow(reset->before, reset->count, &reset->capacity,
                                sizeof *reset->before);
    reset->after = memory_grow(reset->after, reset->count, &reset->after_capacity,
                               sizeof *reset->after);
    reset->before[reset->count] = reset->after[reset->count] = position;
    reset->count++;
}

static int find_inputs(struct reset *reset)
{
    for (size_t i = 0; i < reset->options->input_count; i++) {
        struct log_topic topic = { .name = reset->options->inputs[i] };
        int code = log_topic_look(reset->log, &topic, reset->error);

        if (code)
            return code;
        if (!topic.partitions)
            return error_set(reset->error, LEAT_E_ARGUMENT, "there is no input topic '%s'",
                             topic.name);
        for (int32_t p = 0; p < topic.partitions; p++)
            add_partition(reset, topic.name, p);
    }
    return LEAT_OK;
}

static int64_t within(int64_t offset, int64_t first, int64_t end)
{
    if (offset < first)
        return first;
    return offset > end ? end : offset;
}

static int64_t target(const struct reset_options *options, int64_t committed, int64_t first,
                      int64_t end)
{
    switch (options->to) {
    case RESET_LATEST:
        return end;
    case RESET_OFFSET:
        return within(options->amount, first, end);
    case RESET_SHIFT:
        return within((committed < 0 ? first : committed) + options->amount, first, end);
    default:
        return first;
    }
}

static int find_offsets(struct reset *reset)
{
    int code = reset->count ? log_committed(reset->log, reset->options->application_id,
                                            reset->before, reset->count, reset->error)
                            : LEAT_OK;

    for (size_t i = 0; !code && i < reset->count; i++) {
        const struct log_position *at = &reset->before[i];
        int64_t first, end;

        code = log_ends(reset->log, at->topic, at->partition, &first, &end, reset->error);
        if (!code)
            reset->after[i].offset = target(reset->options, at->offset, first, end);
    }
    return code;
}

static void add_internal(struct reset *reset, const char *topic)
{
    reset->internal = memory_grow(reset->internal, reset->internal_count,
                                  &reset->internal_capacity, sizeof *reset->internal);
    reset->internal[reset->internal_count++] = memory_text(topic);
}

static int find_named(struct reset *reset)
{
    for (size_t i = 0; i < reset->options->internal_count; i++) {
        struct log_topic topic = { .name = reset->options->internal[i] };
        int code;

        if (!is_internal(reset->options->application_id, topic.name))
            return error_set(reset->error, LEAT_E_ARGUMENT,
                             "'%s' is no internal topic of the application '%s': those are "
                             "%s-tasks, %s-...-changelog and %s-...-repartition", topic.name,
                             reset->options->application_id, reset->options->application_id,
                             reset->options->application_id, reset->options->application_id);
        code = log_topic_look(reset->log, &topic, reset->error);
        if (code)
            return code;
        if (!topic.partitions)
            return error_set(reset->error, LEAT_E_ARGUMENT, "there is no internal topic '%s'",
                             topic.name);
        add_internal(reset, topic.name);
    }
    return LEAT_OK;
}

/* A list leaves out what our user may not see; a reset that deleted nothing would pass for one. */
static int check_right(struct reset *reset)
{
    char *name = memory_format("%s-tasks", reset->options->application_id);
    struct log_topic topic = { .name = name };
    int code = log_topic_look(reset->log, &topic, reset->error);

    memory_free(name);
    return code;
}

static int find_internal(struct reset *reset)
{
    char *prefix, **names;
    int count, code = check_right(reset);

    if (code)
        return code;
    if (reset->options->internal_count)
        return find_named(reset);
    prefix = memory_format("%s-", reset->options->application_id);
    count = log_topic_list(reset->log, prefix, &names, reset->error);
    memory_free(prefix);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++) {
        if (is_internal(reset->options->application_id, names[i]))
            add_internal(reset, names[i]);
        memory_free(names[i]);
    }
    memory_free(names);
    return LEAT_OK;
}

/* ---- what is done ------------------------------------------------------------------------- */

static void say_offset(FILE *out, int64_t offset)
{
    if (offset < 0)
        fprintf(out, " %12s", "none");
    else
        fprintf(out, " %12" PRId64, offset);
}

static void say_plan(const struct reset *reset)
{
    const struct reset_options *options = reset->options;

    fprintf(reset->out, "%s '%s':\n", options->dry_run ? "Would reset" : "Resetting",
            options->application_id);
    for (size_t i = 0; i < reset->count; i++) {
        fprintf(reset->out, "  read %-32s partition %4" PRId32 " from", reset->after[i].topic,
                reset->after[i].partition);
        say_offset(reset->out, reset->after[i].offset);
        fprintf(reset->out, "  (committed:");
        say_offset(reset->out, reset->before[i].offset);
        fprintf(reset->out, ")\n");
    }
    for (size_t i = 0; i < reset->internal_count; i++)
        fprintf(reset->out, "  delete topic %s\n", reset->internal[i]);
}

static void say_rest(const struct reset *reset)
{
    const struct reset_options *options = reset->options;

    if (options->state_dir)
        fprintf(reset->out, "Local state: on every host, before the next start, delete %s\n",
                options->state_dir);
    fprintf(reset->out, "Outputs stay as they are, and so do tables of a database: what is read "
                        "again is written again.\n");
    if (options->dry_run)
        fprintf(reset->out, "Nothing was changed. Whether an instance still runs was not asked.\n");
    fflush(reset->out);
}

static int carry_out(struct reset *reset)
{
    const char *application_id = reset->options->application_id;
    int code = log_delete_group(reset->log, application_id, reset->error);

    if (code)
        return error_wrap(reset->error, "cannot reset '%s' (stop all its instances, and wait "
                          "until the session timeout has passed)", application_id);
    for (size_t i = 0; !code && i < reset->internal_count; i++)
        code = log_topic_delete(reset->log, reset->internal[i], reset->error);
    if (!code && reset->count)
        code = log_commit_for(reset->log, application_id, reset->after, reset->count,
                              reset->error);
    return code;
}

int reset_run(struct log *log, const struct reset_options *options, struct leat_error *error)
{
    struct reset reset = { .log = log, .options = options, .error = error,
                           .out = options->out ? options->out : stdout };
    int code = find_inputs(&reset);

    if (!code)
        code = find_offsets(&reset);
    if (!code)
        code = find_internal(&reset);
    if (!code) {
        say_plan(&reset);
        if (!options->dry_run)
            code = carry_out(&reset);
    }
    if (!code)
        say_rest(&reset);
    for (size_t i = 0; i < reset.internal_count; i++)
        memory_free(reset.internal[i]);
    memory_free(reset.internal);
    memory_free(reset.before);
    memory_free(reset.after);
    return code;
}
