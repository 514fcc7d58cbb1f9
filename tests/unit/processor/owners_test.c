/* owners_test.c - tests of what instances tell each other about who owns which task. */
#include "local_log.h"

#include "processor/owners.h"
#include "leat/stateful.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static struct bench bench;
static struct leat_topology *topology;
static struct layout *layout;
static struct task_table *table;
static struct owner *rows;
static size_t count;
static struct leat_error error;

static void start(void)
{
    bench_start(&bench);
    bench_topic(&bench, "words", 3);
    topology = leat_topology_new();
    leat_table_from(topology, "words", &(struct leat_source){ .type = &leat_string_type });
    cr_assert(eq(int, layout_new(bench.log, topology, "app", &layout, &error), LEAT_OK), "%s",
              error.text);
    cr_assert(eq(int, task_table_open(bench.log, layout, -1, &table, &error), LEAT_OK), "%s",
              error.text);
}

static void stop(void)
{
    owners_free(rows, count);
    task_table_free(table);
    layout_free(layout);
    leat_topology_free(topology);
    bench_stop(&bench);
}

TestSuite(owners, .init = start, .fini = stop);

/* An instance that takes and gives, and is gone when all of it is written. */
static void tell(const char *instance, const char *address, int taken, int given)
{
    struct owners *owners = owners_new(bench.log, layout, table, instance);

    cr_assert(eq(int, owners_start(owners, address, &error), LEAT_OK));
    if (taken >= 0)
        owners_take(owners, &taken, 1);
    if (given >= 0)
        owners_give(owners, &given, 1);
    owners_stop(owners);
}

static void claim(int32_t partition, const char *text)
{
    struct log_writer *writer = bench_writer(&bench, NULL);
    struct log_record record = { .topic = log_writer_topic(writer, "app-tasks"),
                                 .partition = partition, .key = LEAT_LITERAL("owner"),
                                 .value = leat_bytes_of(text) };

    cr_assert(eq(int, log_writer_send(writer, &record, &error), LEAT_OK));
    cr_assert(eq(int, log_writer_flush(writer, &error), LEAT_OK));
    log_writer_free(writer);
}

static char *address_of(const char *task)
{
    owners_free(rows, count);
    cr_assert(eq(int, owners_read(bench.log, "app", 20000, &rows, &count, &error), LEAT_OK), "%s",
              error.text);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rows[i].task, task))
            return rows[i].address ? rows[i].address : (char *)(uintptr_t)"(nobody)";
    return (char *)(uintptr_t)"(no task)";
}

Test(owners, who_takes_a_task_is_its_owner)
{
    tell("a", "first:1", 1, -1);
    cr_assert(eq(str, address_of("words-1"), "first:1"));
    cr_assert(eq(str, address_of("words-0"), "(nobody)"));
    cr_assert(eq(sz, count, 3));
    cr_assert(eq(str, rows[1].instance, "a"));
    cr_assert(gt(i64, rows[1].since_ms, 0));
}

Test(owners, the_last_one_counts)
{
    tell("a", "first:1", 1, -1);
    tell("b", "second:2", 1, -1);
    cr_assert(eq(str, address_of("words-1"), "second:2"));
}

Test(owners, who_gives_a_task_up_says_so)
{
    claim(1, "instance=a since_ms=5 address=first:1");
    cr_assert(eq(str, address_of("words-1"), "first:1"));
    claim(1, "instance=a since_ms=6");
    cr_assert(eq(str, address_of("words-1"), "(nobody)"));
}

Test(owners, what_was_never_told_need_not_be_taken_back)
{
    int64_t first, end;

    tell("a", "first:1", -1, 1);
    cr_assert(eq(int, log_ends(bench.log, "app-tasks", 1, &first, &end, &error), LEAT_OK));
    cr_assert(eq(i64, end, 1));
}

Test(owners, who_was_away_and_is_late_takes_nothing_from_its_successor)
{
    claim(1, "instance=b since_ms=9 address=second:2");
    claim(1, "instance=a since_ms=5 address=first:1");
    claim(1, "instance=a since_ms=10");
    cr_assert(eq(str, address_of("words-1"), "second:2"));
}

Test(owners, a_long_history_hides_neither_name_nor_owner)
{
    char text[64];

    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "instance=i%d since_ms=%d address=host:%d", i, i, i + 1);
        claim(2, text);
    }
    cr_assert(eq(str, address_of("words-2"), "host:500"));
}

Test(owners, what_is_no_claim_is_passed_over)
{
    static char large[70000];

    claim(0, "instance=a since_ms=5 address=first:1");
    claim(0, "");
    claim(0, "address=nowhere:1");
    claim(0, "instance since_ms address");
    memset(large, 'x', sizeof large - 1);
    claim(0, large);
    cr_assert(eq(str, address_of("words-0"), "first:1"));
}

Test(owners, the_table_of_tasks_is_read_as_before)
{
    struct task_table *again;

    tell("a", "first:1", 0, -1);
    tell("b", "second:2", 0, 0);
    cr_assert(eq(int, task_table_open(bench.log, layout, -1, &again, &error), LEAT_OK), "%s",
              error.text);
    for (size_t t = 0; t < layout->task_count; t++)
        cr_assert(eq(int, task_table_number(table, t), task_table_number(again, t)));
    task_table_free(again);
}

Test(owners, an_application_that_never_ran_has_none)
{
    cr_assert(eq(int, owners_read(bench.log, "other", 20000, &rows, &count, &error), LEAT_OK));
    cr_assert(eq(sz, count, 0));
}
