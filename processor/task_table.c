/* task_table.c - the table of tasks, kept as the first record of each partition of one topic.
 *
 * Two instances that write a name into the same partition are no danger: only the first record
 * counts, and the one that lost looks again and takes the next free partition. A name that came to
 * stand in two partitions this way is known by the lower one; the other names no task.
 */
#include "processor/task_table.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>

enum {
    TABLE_ROUNDS = 100,     /* of writing names and reading again */
    TABLE_POLL_MS = 1000,
    TABLE_POLLS = 60,       /* without a word of the log, until it counts as an outage */
    TABLE_BATCH = 64,
    TABLE_QUEUE_BYTES = 1 << 20,
};

enum { SLOT_FREE = -1, SLOT_DOUBLE = -2 };

struct task_table {
    const struct layout *layout;
    char *topic;
    struct map places;      /* name to place in the layout, plus one */
    int32_t *numbers;       /* by place in the layout; -1: none yet */
    int32_t *places_of;     /* by partition: place in the layout, or one of the above */
    int32_t count;          /* partitions */
    size_t named;           /* tasks that have a number */
};

static const struct log_setting settings[] = {
    { "cleanup.policy", "delete" },
    { "retention.ms", "-1" },
};

/* ---- the topic ------------------------------------------------------------------------------- */

static int grow_topic(struct task_table *table, struct log *log, int16_t replication,
                      struct leat_error *error)
{
    int32_t wanted = (int32_t)table->layout->task_count;
    struct log_topic topic = { .name = table->topic };
    int status = log_topic_look(log, &topic, error);

    if (!status && !topic.partitions) {
        topic = (struct log_topic){ table->topic, wanted, replication, settings, 2 };
        status = log_topic_create(log, &topic, error);
        if (!status)
            status = log_topic_look(log, &topic, error);
    }
    if (!status && topic.partitions < wanted) {
        status = log_topic_grow(log, table->topic, wanted, error);
        topic.partitions = wanted;
    }
    table->count = topic.partitions;
    return status;
}

/* One more partition: all are taken, and one of them by a name that stands twice. */
static int add_partition(struct task_table *table, struct log *log, struct leat_error *error)
{
    int status = log_topic_grow(log, table->topic, table->count + 1, error);

    if (!status)
        table->count++;
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int take_name(struct task_table *table, const struct log_message *message,
                     struct leat_error *error)
{
    int32_t *place_of = &table->places_of[message->partition];
    struct leat_bytes name = message->value;
    uintptr_t place;

    if (*place_of != SLOT_FREE)
        return LEAT_OK;
    place = name.data ? (uintptr_t)map_get(&table->places, name) : 0;
    if (!place)
        return error_set(error, LEAT_E_TOPOLOGY,
                         "topic '%s' names a task '%.*s', which this topology does not have: its "
                         "steps or its inputs' partitions have changed; run the topology that made "
                         "it, reset the application, or choose another application.id",
                         table->topic, (int)name.size, name.data ? name.data : "");
    *place_of = (int32_t)(place - 1);
    return LEAT_OK;
}

/* Numbers go to names in order of partitions, whatever the order in which they were read. */
static void number_tasks(struct task_table *table)
{
    for (size_t t = 0; t < table->layout->task_count; t++)
        table->numbers[t] = -1;
    table->named = 0;
    for (int32_t n = 0; n < table->count; n++) {
        int32_t place = table->places_of[n];

        if (place < 0)
            continue;
        if (table->numbers[place] >= 0) {
            table->places_of[n] = SLOT_DOUBLE;
            continue;
        }
        table->numbers[place] = n;
        table->named++;
    }
}

static int assign_all(struct task_table *table, struct log *log, struct log_reader *reader,
                      struct leat_error *error)
{
    int status = LEAT_OK;

    for (int32_t n = 0; n < table->count && !status; n++) {
        struct log_position from = { table->topic, n, 0 };
        int64_t end;

        status = log_ends(log, table->topic, n, &from.offset, &end, error);
        /* It was seen, or made, just now: the broker that was asked has not heard of it yet. */
        if (status == LEAT_E_LOG)
            status = error->code = LEAT_E_RETRY;
        if (!status)
            status = log_reader_assign(reader, &from, n, error);
    }
    return status;
}

/* Takes one batch; returns how many partitions came to their end. */
static int take_batch(struct task_table *table, struct log_reader *reader, bool *ended,
                      struct leat_error *error)
{
    struct log_message messages[TABLE_BATCH];
    int count = log_reader_poll(reader, messages, TABLE_BATCH, TABLE_POLL_MS, error), ends = 0;
    int status = count < 0 ? count : LEAT_OK;

    for (int i = 0; i < count; i++) {
        int32_t partition = messages[i].partition;

        if (messages[i].event == LOG_RECORD) {
            if (!status)
                status = take_name(table, &messages[i], error);
        } else if (!ended[partition]) {
            ended[partition] = true;
            ends++;
        }
        log_message_free(&messages[i]);
    }
    return status ? status : ends;
}

static int read_names(struct task_table *table, struct log *log, struct log_reader *reader,
                      struct leat_error *error)
{
    bool *ended = memory_array((size_t)table->count, sizeof *ended);
    int32_t open = table->count;
    int silent = 0, status = assign_all(table, log, reader, error);

    while (!status && open > 0) {
        int ends = take_batch(table, reader, ended, error);

        if (ends < 0)
            status = ends;
        else if (!ends && ++silent == TABLE_POLLS)
            status = error_set(error, LEAT_E_RETRY, "topic '%s' cannot be read to its end",
                               table->topic);
        else
            open -= ends;
    }
    memory_free(ended);
    return status;
}

static int read_table(struct task_table *table, struct log *log, struct leat_error *error)
{
    struct log_reader_options options = { .queue_bytes = TABLE_QUEUE_BYTES };
    struct log_reader *reader;
    int status;

    table->places_of = memory_resize(table->places_of, (size_t)table->count,
                                     sizeof *table->places_of);
    for (int32_t n = 0; n < table->count; n++)
        table->places_of[n] = SLOT_FREE;
    status = log_reader_new(log, &options, &reader, error);
    if (status)
        return status;
    status = read_names(table, log, reader, error);
    log_reader_free(reader);
    if (!status)
        number_tasks(table);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int32_t next_free(const struct task_table *table, int32_t number)
{
    while (number < table->count && table->places_of[number] != SLOT_FREE)
        number++;
    return number;
}

static int send_names(struct task_table *table, struct log_writer *writer,
                      struct leat_error *error)
{
    struct log_record record = { .topic = log_writer_topic(writer, table->topic),
                                 .key = LEAT_LITERAL("task") };
    int32_t number = next_free(table, 0);
    int status = LEAT_OK;

    for (size_t t = 0; t < table->layout->task_count && !status; t++) {
        if (table->numbers[t] >= 0 || number >= table->count)
            continue;
        record.partition = number;
        record.value = leat_bytes_of(table->layout->tasks[t].name);
        status = log_writer_send(writer, &record, error);
        number = next_free(table, number + 1);
    }
    return status ? status : log_writer_flush(writer, error);
}

static int write_names(struct task_table *table, struct log *log, struct leat_error *error)
{
    struct log_writer_options options = { .queue_bytes = TABLE_QUEUE_BYTES };
    struct log_writer *writer;
    int status = log_writer_new(log, &options, &writer, error);

    if (status)
        return status;
    status = send_names(table, writer, error);
    log_writer_free(writer);
    return status;
}

/* ---- the table ------------------------------------------------------------------------------- */

static int complete(struct task_table *table, struct log *log, struct leat_error *error)
{
    int status = read_table(table, log, error);

    for (int round = 0; !status && table->named < table->layout->task_count; round++) {
        if (round == TABLE_ROUNDS)
            return error_set(error, LEAT_E_LOG, "topic '%s' does not take the names of the tasks",
                             table->topic);
        if (next_free(table, 0) == table->count)
            status = add_partition(table, log, error);
        else
            status = write_names(table, log, error);
        if (!status)
            status = read_table(table, log, error);
    }
    return status;
}

/* A topology that does not fit is refused before the topic grows for it. */
static int check_names(struct task_table *table, struct log *log, struct leat_error *error)
{
    struct log_topic topic = { .name = table->topic };
    int status = log_topic_look(log, &topic, error);

    table->count = topic.partitions;
    if (status || !topic.partitions || (size_t)topic.partitions >= table->layout->task_count)
        return status;
    return read_table(table, log, error);
}

int task_table_open(struct log *log, const struct layout *layout, int16_t replication,
                    struct task_table **out, struct leat_error *error)
{
    struct task_table *table = memory_new(sizeof *table);
    int status;

    table->layout = layout;
    table->topic = memory_format("%s-tasks", layout->application);
    table->numbers = memory_array(layout->task_count, sizeof *table->numbers);
    for (size_t t = 0; t < layout->task_count; t++)
        map_put(&table->places, leat_bytes_of(layout->tasks[t].name), (void *)(uintptr_t)(t + 1));
    status = check_names(table, log, error);
    if (!status)
        status = grow_topic(table, log, replication, error);
    if (!status)
        status = complete(table, log, error);
    if (status)
        task_table_free(table);
    else
        *out = table;
    return status;
}

void task_table_free(struct task_table *table)
{
    if (!table)
        return;
    map_free(&table->places);
    memory_free(table->topic);
    memory_free(table->numbers);
    memory_free(table->places_of);
    memory_free(table);
}

const char *task_table_topic(const struct task_table *table)
{
    return table->topic;
}

size_t task_table_count(const struct task_table *table)
{
    return (size_t)table->count;
}

int32_t task_table_number(const struct task_table *table, size_t task)
{
    assert(task < table->layout->task_count);
    return table->numbers[task];
}

const struct layout_task *task_table_task(const struct task_table *table, int32_t number)
{
    if (number < 0 || number >= table->count || table->places_of[number] < 0)
        return NULL;
    return &table->layout->tasks[table->places_of[number]];
}
