/* globals.c - reading the topics of global tables into the process's one copy.
 *
 * Each partition of each table has its offset under a store number of its own, "<table>@<n>", so
 * that a table of many partitions is one store. A batch of one partition and its offset are one
 * commit.
 * See also:  globals_thread.c (the thread and who waits for it), topology/global.h (the tables)
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/logline.h"
#include "base/memory.h"
#include "processor/dead_letter.h"
#include "processor/globals_parts.h"
#include "topology/operators.h"

#include <stdio.h>

enum {
    GLOBALS_BATCH = 512,
    GLOBALS_QUEUE_BYTES = 8 << 20,
    GLOBALS_WRITER_BYTES = 1 << 20,
};

/* ---- opening --------------------------------------------------------------------------------- */

static size_t count_tables(const struct layout *layout)
{
    size_t count = 0;

    for (size_t i = 0; i < layout->topology->step_count; i++)
        count += layout->topology->steps[i]->operator == &source_global;
    return count;
}

static int add_parts(struct globals *globals, struct globals_table *table,
                     struct leat_error *error)
{
    const struct layout_topic *topic = layout_topic(globals->options.layout, table->step);
    int status = LEAT_OK;

    for (int32_t p = 0; p < topic->partitions && !status; p++) {
        struct globals_part *part;
        char name[LIMIT_NAME_BYTES + 16];
        int64_t written_ms;

        globals->parts = memory_grow(globals->parts, globals->part_count, &globals->part_capacity,
                                     sizeof *globals->parts);
        part = &globals->parts[globals->part_count++];
        *part = (struct globals_part){ .table = table, .partition = p, .refused = -1 };
        snprintf(name, sizeof name, "%s@%d", table->step->name, p);
        status = home_store_number(globals->home, name, &part->number, error);
        if (!status)
            status = home_offset(globals->home, part->number, &part->offset, &written_ms, error);
    }
    return status;
}

static int open_tables(struct globals *globals, struct leat_error *error)
{
    const struct leat_topology *topology = globals->options.layout->topology;
    int status = LEAT_OK;

    for (size_t i = 0; i < topology->step_count && !status; i++) {
        const struct step *step = topology->steps[i];
        struct globals_table *table = &globals->tables[globals->table_count];

        if (step->operator != &source_global)
            continue;
        table->step = step;
        globals->table_count++;
        status = global_open(globals->home, step->name, step->type, globals->options.registry,
                             &table->global, error);
        if (!status)
            table->global->text_keys = ((const struct leat_source *)step->options)->text_keys;
        if (!status)
            status = add_parts(globals, table, error);
    }
    return status;
}

static int open_home(struct globals *globals, struct leat_error *error)
{
    struct home_options options = { .application = globals->options.layout->application,
                                    .task = "global",
                                    .budget = globals->options.budget };
    char *path = globals->options.state ? memory_format("%s/global", globals->options.state)
                                        : NULL;
    int status;

    options.path = path;
    status = home_open(&options, &globals->home, error);
    memory_free(path);
    return status;
}

/* ---- where to read from ---------------------------------------------------------------------- */

static struct log_position position_of(const struct globals *globals,
                                       const struct globals_part *part, int64_t offset)
{
    const struct layout_topic *topic = layout_topic(globals->options.layout, part->table->step);

    return (struct log_position){ topic->name, part->partition, offset };
}

static int assign_part(struct globals *globals, struct globals_part *part, int64_t offset,
                       struct leat_error *error)
{
    struct log_position from = position_of(globals, part, offset);
    int status = part->assigned ? log_reader_unassign(globals->reader, &from, error) : LEAT_OK;

    part->ended = part->assigned = false;
    if (!status)
        status = log_reader_assign(globals->reader, &from, (int)(part - globals->parts), error);
    part->assigned = !status;
    return status;
}

static int first_offset(struct globals *globals, const struct globals_part *part, int64_t *first,
                        int64_t *end, struct leat_error *error)
{
    const struct layout_topic *topic = layout_topic(globals->options.layout, part->table->step);

    return log_ends(globals->options.log, topic->name, part->partition, first, end, error);
}

/* Rows of one table come from several partitions and do not say which: all are read again. */
static int refill(struct globals *globals, struct globals_table *table, struct leat_error *error)
{
    int status = home_wipe(globals->home, store_number(table->global->writer), error);

    log_warn("global_table_refilled", "step=%s topic=%s", table->step->name,
             layout_topic(globals->options.layout, table->step)->name);
    atomic_store(&globals->ready, false);
    for (size_t i = 0; i < globals->part_count && !status; i++) {
        struct globals_part *part = &globals->parts[i];
        int64_t first, end;

        if (part->table != table)
            continue;
        status = home_wipe(globals->home, part->number, error);
        if (!status)
            status = first_offset(globals, part, &first, &end, error);
        if (!status)
            status = assign_part(globals, part, first, error);
        part->refused = -1;
    }
    store_abort(table->global->writer);
    atomic_fetch_add(&table->global->version, 1);
    return status;
}

/* A stored offset that lies outside its partition means another topic, or a gap: the whole table is
 * read again. */
static int begin_part(struct globals *globals, struct globals_part *part, bool *gone,
                      struct leat_error *error)
{
    int64_t first, end;
    int status = first_offset(globals, part, &first, &end, error);

    if (status)
        return status;
    *gone = part->offset >= 0 && (part->offset < first || part->offset > end);
    return assign_part(globals, part, part->offset >= 0 && !*gone ? part->offset : first, error);
}

static int begin(struct globals *globals, struct leat_error *error)
{
    struct log_reader_options options = { .queue_bytes = GLOBALS_QUEUE_BYTES };
    int status = log_reader_new(globals->options.log, &options, &globals->reader, error);

    for (size_t i = 0; i < globals->part_count && !status; i++) {
        struct globals_part *part = &globals->parts[i];
        bool gone = false;

        status = begin_part(globals, part, &gone, error);
        part->table->gone |= gone;
    }
    for (size_t i = 0; i < globals->table_count && !status; i++)
        if (globals->tables[i].gone)
            status = refill(globals, &globals->tables[i], error);
    return status;
}

int globals_open(const struct globals_options *options, struct globals **out,
                 struct leat_error *error)
{
    struct globals *globals = memory_new(sizeof *globals);
    size_t count = count_tables(options->layout);
    int status = LEAT_OK;

    globals->options = *options;
    globals_thread_init(globals);
    globals->tables = memory_array(count, sizeof *globals->tables);
    atomic_store(&globals->ready, !count);
    if (count) {
        status = open_home(globals, error);
        if (!status)
            status = open_tables(globals, error);
        if (!status)
            status = begin(globals, error);
    }
    if (status)
        globals_stop(globals);
    else
        *out = globals;
    return status;
}

void globals_close(struct globals *globals)
{
    if (globals->reader)
        log_reader_free(globals->reader);
    if (globals->writer)
        log_writer_free(globals->writer);
    for (size_t i = 0; i < globals->table_count; i++)
        global_close(globals->tables[i].global);
    home_close(globals->home);
    memory_free(globals->tables);
    memory_free(globals->parts);
    memory_free(globals);
}

struct global *globals_find(struct globals *globals, const struct step *step)
{
    for (size_t i = 0; i < globals->table_count; i++)
        if (globals->tables[i].step == step)
            return globals->tables[i].global;
    return NULL;
}

/* ---- records that cannot be read ------------------------------------------------------------- */

static int bury(struct globals *globals, const struct globals_part *part,
                const struct log_message *message, const char *reason, const char *sentence,
                struct leat_error *error)
{
    const struct layout_topic *topic = layout_topic(globals->options.layout, part->table->step);
    const struct leat_source *source = part->table->step->options;
    struct log_writer_options options = { .queue_bytes = GLOBALS_WRITER_BYTES };
    struct dead_letter letter = { source->rejects, topic->rejects, topic->name, reason, sentence };
    int status = LEAT_OK;

    if (!globals->writer)
        status = log_writer_new(globals->options.log, &options, &globals->writer, error);
    if (!status)
        status = dead_letter_send(globals->writer, &letter, message, error);
    return status ? status : log_writer_flush(globals->writer, error);
}

struct batch { /* of one partition */
    struct globals *globals;
    struct globals_part *part;
    const struct log_message *messages;
};

/* A batch that has to be tried again sends none of its dead letters a second time. */
static int reject(void *user, size_t place, const char *reason, const char *sentence,
                  struct leat_error *error)
{
    struct batch *batch = user;
    const struct log_message *message = &batch->messages[place];
    const struct layout *layout = batch->globals->options.layout;
    const char *topic = layout_topic(layout, batch->part->table->step)->name;
    enum handler handler = batch->globals->options.handler;
    int status = LEAT_OK;

    if (message->offset <= batch->part->refused)
        return LEAT_OK;
    if (handler == HANDLER_FAIL)
        return error_set(error, LEAT_E_STATE, "topic %s, partition %d, offset %lld: %s", topic,
                         message->partition, (long long)message->offset, sentence);
    log_warn("record_rejected", "topic=%s partition=%d offset=%lld reason=%s message=\"%s\"", topic,
             message->partition, (long long)message->offset, reason, sentence);
    if (handler == HANDLER_DEAD_LETTER)
        status = bury(batch->globals, batch->part, message, reason, sentence, error);
    if (!status) {
        batch->part->refused = message->offset;
        atomic_fetch_add(&batch->globals->rejected, 1);
    }
    return status;
}

/* ---- one batch ------------------------------------------------------------------------------- */

static int apply(struct globals *globals, struct globals_part *part,
                 const struct log_message *messages, size_t count, struct leat_error *error)
{
    struct global_record records[GLOBALS_BATCH];
    struct batch batch = { globals, part, messages };
    struct global_batch given = { .records = records,
                                  .count = count,
                                  .offsets = part->number,
                                  .next_offset = messages[count - 1].offset + 1,
                                  .now_ms = clock_wall_ms(globals->options.clock),
                                  .reject = reject,
                                  .user = &batch };

    for (size_t i = 0; i < count; i++)
        records[i] = (struct global_record){ messages[i].key, messages[i].value,
                                             messages[i].timestamp_ms };
    return global_apply(part->table->global, &given, error);
}

static void look_at_ends(struct globals *globals)
{
    for (size_t i = 0; i < globals->part_count; i++)
        if (!globals->parts[i].ended)
            return;
    globals_are_ready(globals);
}

/* The messages from the first on that are records of one partition. */
static size_t run_of(const struct log_message *messages, size_t count)
{
    size_t run = 0;

    while (run < count && messages[run].event == LOG_RECORD &&
           messages[run].slot == messages[0].slot)
        run++;
    return run;
}

/* What still waits of a table that is filled anew was read before it was wiped. */
static void forget(struct globals *globals, const struct globals_table *table)
{
    size_t kept = globals->taken;

    for (size_t i = globals->taken; i < globals->waiting; i++) {
        struct log_message *message = &globals->messages[i];

        if (globals->parts[message->slot].table == table)
            log_message_free(message);
        else
            globals->messages[kept++] = *message;
    }
    globals->waiting = kept;
}

static int take_run(struct globals *globals, struct globals_part *part, size_t run,
                    struct leat_error *error)
{
    int status = apply(globals, part, &globals->messages[globals->taken], run, error);

    for (size_t i = 0; i < run && !status; i++)
        log_message_free(&globals->messages[globals->taken++]);
    return status;
}

static int take_event(struct globals *globals, struct globals_part *part, enum log_event event,
                      struct leat_error *error)
{
    int status;

    if (event == LOG_GONE) {
        status = refill(globals, part->table, error);
        if (!status)
            forget(globals, part->table);
        return status;
    }
    part->ended = true;
    log_message_free(&globals->messages[globals->taken++]);
    return LEAT_OK;
}

/* Takes what it can of the messages that wait; the rest stays for the next step. */
static int take(struct globals *globals, struct leat_error *error)
{
    while (globals->taken < globals->waiting) {
        const struct log_message *message = &globals->messages[globals->taken];
        struct globals_part *part = &globals->parts[message->slot];
        size_t run = run_of(message, globals->waiting - globals->taken);
        int status = run ? take_run(globals, part, run, error)
                         : take_event(globals, part, message->event, error);

        if (status)
            return status;
    }
    globals->waiting = globals->taken = 0;
    look_at_ends(globals);
    return LEAT_OK;
}

int globals_step(struct globals *globals, int timeout_ms, struct leat_error *error)
{
    int count = 0, status;

    if (!globals->part_count)
        return 0;
    if (!globals->messages)
        globals->messages = memory_array(GLOBALS_BATCH, sizeof *globals->messages);
    if (!globals->waiting) {
        count = log_reader_poll(globals->reader, globals->messages, GLOBALS_BATCH, timeout_ms,
                                error);
        if (count < 0)
            return count;
        globals->waiting = (size_t)count;
    }
    count = (int)(globals->waiting - globals->taken);
    status = take(globals, error);
    return status ? status : count;
}
