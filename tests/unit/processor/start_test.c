/* start_test.c - tests of what is laid out on a log before a task starts: internal topics, the
 * table of tasks, and global tables. */
#include "local_log.h"

#include "base/memory.h"
#include "processor/globals.h"
#include "processor/internal_topics.h"
#include "processor/task_table.h"
#include "topology/global.h"
#include "leat/join.h"
#include "leat/process.h"
#include "leat/stateful.h"
#include "schemas/registry.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static struct bench bench;
static struct leat_topology *topology;
static struct leat_global *names;
static struct layout *layout;
static struct leat_error error;

static struct leat_bytes key_of(const struct leat_record *record)
{
    return leat_string_of(record);
}

static void count(const struct leat_record *record, void *out)
{
    ++*(int64_t *)out;
}

static void name_it(const struct leat_record *record, const void *right, void *out)
{
    *(struct leat_bytes *)out = right ? *(const struct leat_bytes *)right : leat_string_of(record);
}

static void describe(void)
{
    struct leat_stream *words;
    struct leat_table *counts;

    topology = leat_topology_new();
    names = leat_global_from(topology, "names", &(struct leat_source){
        .type = &leat_string_type, .text_keys = true });
    words = leat_stream_from(topology, "words", &(struct leat_source){ .type = &leat_string_type });
    words = leat_join_global(words, names, "named", &(struct leat_join){
        .type = &leat_string_type, .join = name_it, .kind = LEAT_LEFT });
    words = leat_key_by(words, "by-word", key_of);
    counts = leat_aggregate(words, "counts", &(struct leat_aggregate){
        .type = &leat_long_type, .add = count, .window = { .size = 1000 } });
    leat_to(leat_changes(counts, "changes"), "out", &(struct leat_to){
        .cleanup = "compact,delete" });
}

static void start(void)
{
    bench_start(&bench);
    bench_topic(&bench, "words", 3);
    bench_topic(&bench, "names", 2);
    describe();
    cr_assert(eq(int, layout_new(bench.log, topology, "app", &layout, &error), LEAT_OK), "%s",
              error.text);
}

static void stop(void)
{
    layout_free(layout);
    leat_topology_free(topology);
    bench_stop(&bench);
}

TestSuite(start, .init = start, .fini = stop);

/* ---- internal topics ------------------------------------------------------------------------- */

static const struct internal_options create = { -1, true, true };

static int32_t width(const char *name)
{
    struct log_topic topic = { .name = name };

    cr_assert(eq(int, log_topic_look(bench.log, &topic, &error), LEAT_OK));
    return topic.partitions;
}

static char *setting(const char *topic, const char *name)
{
    static char text[128];

    cr_assert(eq(int, log_topic_setting(bench.log, topic, name, text, sizeof text, &error), 0));
    return text;
}

Test(start, makes_every_topic_that_is_missing)
{
    int status = internal_topics_create(bench.log, layout, &create, &error);

    cr_assert(eq(int, status, LEAT_OK), "%s", error.text);
    cr_assert(eq(int, width("app-by-word-by-key-repartition"), 3));
    cr_assert(eq(int, width("app-counts-changelog"), 3));
    cr_assert(eq(int, width("app-words-time-changelog"), 3));
    cr_assert(eq(int, width("app-by-word-by-key-time-changelog"), 3));
    cr_assert(eq(int, width("out"), 3));
    cr_assert(eq(int, width("words-rejected"), 3));
    cr_assert(eq(int, width("names-rejected"), 2));
    cr_assert(eq(str, setting("app-counts-changelog", "cleanup.policy"), "compact"));
    cr_assert(eq(str, setting("out", "cleanup.policy"), "compact,delete"));
    cr_assert(eq(str, setting("out", "retention.ms"), "-1"));
    cr_assert(eq(str, setting("app-by-word-by-key-repartition", "segment.bytes"),
                 "52428800"));
}

/* What a callback fails, or the broker refuses, behind a repartition. */
Test(start, makes_a_dead_letter_for_each_repartition)
{
    cr_assert(eq(int, internal_topics_create(bench.log, layout, &create, &error), LEAT_OK));
    cr_assert(eq(int, width("app-by-word-by-key-repartition-rejected"), 1));
}

/* Each key of a merged stream must have one task, whichever topic it came by. */
Test(start, refuses_to_aggregate_topics_of_unequal_widths_that_were_merged)
{
    static const char *const topics[] = { "words", "names", NULL };
    struct leat_topology *merged = leat_topology_new();
    struct leat_stream *in = leat_stream_from(merged, "in", &(struct leat_source){
        .topics = topics, .type = &leat_string_type });
    struct layout *other;

    leat_aggregate(in, "counts", &(struct leat_aggregate){ .type = &leat_long_type, .add = count });
    cr_assert(eq(int, layout_new(bench.log, merged, "app", &other, &error), LEAT_E_TOPOLOGY));
    cr_assert(strstr(error.text, "'words' has 3 and 'names' has 2") != NULL, "%s", error.text);
    leat_topology_free(merged);
}

/* Before anything is made. */
Test(start, refuses_a_topic_whose_name_is_too_long_for_kafka)
{
    char application[240];
    struct layout *other;

    memset(application, 'a', sizeof application);
    application[sizeof application - 1] = 0;
    cr_assert(eq(int, layout_new(bench.log, topology, application, &other, &error), LEAT_OK));
    cr_assert(eq(int, internal_topics_check(bench.log, other, &error), LEAT_E_TOPOLOGY));
    cr_assert(strstr(error.text, "Kafka allows 249") != NULL, "%s", error.text);
    layout_free(other);
}

Test(start, uses_an_output_as_it_is)
{
    bench_topic(&bench, "out", 7);
    cr_assert(eq(int, internal_topics_create(bench.log, layout, &create, &error), LEAT_OK));
    cr_assert(eq(int, width("out"), 7));
    for (size_t i = 0; i < topology->step_count; i++)
        if (!strcmp(topology->steps[i]->name, "out"))
            cr_assert(eq(int, layout->topics[i].partitions, 7));
}

Test(start, refuses_a_changelog_with_another_partition_count)
{
    bench_topic(&bench, "app-counts-changelog", 2);
    cr_assert(eq(int, internal_topics_create(bench.log, layout, &create, &error),
                 LEAT_E_TOPOLOGY));
    cr_assert(strstr(error.text, "app-counts-changelog") != NULL);
}

Test(start, names_the_topic_that_it_may_not_make)
{
    const struct internal_options none = { -1, true, false };

    cr_assert(eq(int, internal_topics_create(bench.log, layout, &none, &error), LEAT_E_TOPOLOGY));
    cr_assert(strstr(error.text, "does not exist") != NULL);
}

/* ---- the table of tasks ---------------------------------------------------------------------- */

static struct task_table *open_table(void)
{
    struct task_table *table = NULL;
    int status = task_table_open(bench.log, layout, -1, &table, &error);

    cr_assert(eq(int, status, LEAT_OK), "%s", error.text);
    return table;
}

static void check_table(struct task_table *table)
{
    for (size_t t = 0; t < layout->task_count; t++)
        cr_assert(eq(ptr, (void *)(uintptr_t)task_table_task(table, task_table_number(table, t)),
                     &layout->tasks[t]));
}

Test(start, numbers_each_task_and_keeps_the_numbers)
{
    struct task_table *table = open_table(), *again;

    cr_assert(eq(sz, task_table_count(table), layout->task_count));
    check_table(table);
    again = open_table();
    for (size_t t = 0; t < layout->task_count; t++)
        cr_assert(eq(int, task_table_number(table, t), task_table_number(again, t)));
    task_table_free(table);
    task_table_free(again);
}

static void name_partition(int32_t partition, const char *task)
{
    struct log_writer *writer = bench_writer(&bench, NULL);
    struct log_record record = { .topic = log_writer_topic(writer, "app-tasks"),
                                 .partition = partition, .key = LEAT_LITERAL("task"),
                                 .value = leat_bytes_of(task) };

    cr_assert(eq(int, log_writer_send(writer, &record, &error), LEAT_OK));
    cr_assert(eq(int, log_writer_flush(writer, &error), LEAT_OK));
    log_writer_free(writer);
}

Test(start, the_first_record_of_a_partition_names_its_task)
{
    struct task_table *table;

    bench_topic(&bench, "app-tasks", 2);
    name_partition(1, "words-2");
    name_partition(1, "words-0");
    table = open_table();
    check_table(table);
    cr_assert(eq(str, task_table_task(table, 1)->name, "words-2"));
    task_table_free(table);
}

Test(start, a_name_that_stands_twice_is_known_by_the_lower_partition)
{
    struct task_table *table;

    bench_topic(&bench, "app-tasks", 2);
    name_partition(1, "words-2");
    name_partition(0, "words-2");
    table = open_table();
    check_table(table);
    cr_assert(eq(sz, task_table_count(table), layout->task_count + 1));
    cr_assert(eq(str, task_table_task(table, 0)->name, "words-2"));
    cr_assert(eq(ptr, (void *)(uintptr_t)task_table_task(table, 1), NULL));
    task_table_free(table);
}

Test(start, a_table_of_another_topology_is_refused)
{
    struct task_table *table;

    bench_topic(&bench, "app-tasks", 2);
    name_partition(0, "orders-0");
    cr_assert(eq(int, task_table_open(bench.log, layout, -1, &table, &error), LEAT_E_TOPOLOGY));
    cr_assert(strstr(error.text, "orders-0") != NULL);
}

/* ---- global tables --------------------------------------------------------------------------- */

static void send_name(int32_t partition, const char *key, const char *value)
{
    struct log_writer *writer = bench_writer(&bench, NULL);
    struct log_record record = { .topic = log_writer_topic(writer, "names"),
                                 .partition = partition, .key = leat_bytes_of(key),
                                 .value = leat_bytes_of(value) };

    cr_assert(eq(int, log_writer_send(writer, &record, &error), LEAT_OK));
    cr_assert(eq(int, log_writer_flush(writer, &error), LEAT_OK));
    log_writer_free(writer);
}

static struct globals *open_globals(void)
{
    struct globals_options options = { .log = bench.log, .layout = layout,
                                       .clock = &bench.clock.clock,
                                       .handler = HANDLER_DEAD_LETTER };
    struct globals *globals = NULL;

    cr_assert(eq(int, internal_topics_create(bench.log, layout, &create, &error), LEAT_OK));
    cr_assert(eq(int, globals_open(&options, &globals, &error), LEAT_OK), "%s", error.text);
    return globals;
}

static char *name_of(struct globals *globals, const char *key)
{
    struct global_reader reader = { 0 };
    const void *value = NULL;
    static char text[64];
    struct leat_bytes name;

    cr_assert(eq(int, global_reader_open(globals_find(globals, step_of(names)), &reader, &error),
                 LEAT_OK));
    cr_assert(eq(int, global_reader_get(&reader, leat_bytes_of(key), &value, &error), LEAT_OK));
    name = value ? *(const struct leat_bytes *)value : LEAT_LITERAL("(none)");
    snprintf(text, sizeof text, "%.*s", (int)name.size, name.data);
    global_reader_close(&reader);
    return text;
}

static void step_until_ready(struct globals *globals)
{
    for (int i = 0; i < 100 && !globals_ready(globals); i++)
        cr_assert(ge(int, globals_step(globals, 0, &error), 0), "%s", error.text);
    cr_assert(globals_ready(globals));
}

Test(start, a_global_table_is_ready_when_all_its_partitions_are_read)
{
    struct globals *globals;

    send_name(0, "a", "Anna");
    send_name(1, "b", "Berta");
    send_name(0, "a", "Alma");
    globals = open_globals();
    cr_assert(not(globals_ready(globals)));
    step_until_ready(globals);
    cr_assert(eq(str, name_of(globals, "a"), "Alma"));
    cr_assert(eq(str, name_of(globals, "b"), "Berta"));
    cr_assert(eq(str, name_of(globals, "c"), "(none)"));
    globals_stop(globals);
}

Test(start, what_a_global_table_cannot_read_goes_to_its_dead_letter_topic)
{
    struct globals *globals;
    int64_t first, end;

    send_name(1, NULL, "nobody");
    send_name(1, "\xff\xfe", "nobody");
    send_name(1, "b", "Berta");
    globals = open_globals();
    step_until_ready(globals);
    cr_assert(eq(str, name_of(globals, "b"), "Berta"));
    cr_assert(eq(u64, globals_rejected(globals), 2));
    cr_assert(eq(int, log_ends(bench.log, "names-rejected", 1, &first, &end, &error), LEAT_OK));
    cr_assert(eq(i64, end, 2));
    globals_stop(globals);
}

Test(start, a_global_table_whose_topic_was_cut_is_filled_anew)
{
    struct log_position before = { "names", 0, 2 };
    struct globals *globals;

    send_name(0, "a", "Anna");
    send_name(0, "b", "Berta");
    globals = open_globals();
    cr_assert(eq(int, log_delete_records(bench.log, &before, 1, &error), LEAT_OK));
    send_name(0, "c", "Carla");
    step_until_ready(globals);
    cr_assert(eq(str, name_of(globals, "a"), "(none)"));
    cr_assert(eq(str, name_of(globals, "c"), "Carla"));
    globals_stop(globals);
}

Test(start, a_thread_fills_global_tables_and_those_who_wait_are_told)
{
    struct globals *globals;

    send_name(0, "a", "Anna");
    globals = open_globals();
    cr_assert(eq(int, globals_start(globals, &error), LEAT_OK));
    cr_assert(eq(int, globals_wait(globals, 60000, &error), LEAT_OK));
    cr_assert(eq(str, name_of(globals, "a"), "Anna"));
    globals_stop(globals);
}
