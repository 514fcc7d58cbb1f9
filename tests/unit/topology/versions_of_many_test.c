/* versions_of_many_test.c - versioned tables and what waits for them where several source
 * partitions lie upstream: one task behind repartitions, fed by hand. */
#include "base/clock.h"
#include "base/memory.h"
#include "leat/join.h"
#include "leat/stateful.h"
#include "state/home.h"
#include "topology/flow.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

enum { MOST_GROUPS = 8, SENDERS = 2 };

static const struct leat_source strings = { .type = &leat_string_type };

static struct {
    struct leat_topology *topology;
    struct step *updates, *records; /* the receiving halves */
    struct home *home;
    struct flow *flow;
    struct leat_error error;
    int group;
    int32_t origins[MOST_GROUPS], partitions[MOST_GROUPS];
    char out[256];
} task;

/* ---- the task -------------------------------------------------------------------------------- */

static int note_sent(struct flow *flow, struct node *sink, const struct change *change)
{
    const struct leat_bytes *value = change->record.value;
    size_t size = strlen(task.out);

    snprintf(task.out + size, sizeof task.out - size, "%s%.*s=%.*s@%lld/%d", size ? " " : "",
             (int)change->record.key.size, change->record.key.data, (int)value->size, value->data,
             (long long)change->record.timestamp_ms, change->origin);
    return LEAT_OK;
}

static int forget(struct flow *flow, struct store *store, const struct entry *entry,
                  struct leat_bytes wire)
{
    return LEAT_OK;
}

static void pair(const struct leat_record *left, const void *right, void *out)
{
    struct leat_bytes none = LEAT_LITERAL("-");

    *(struct leat_bytes *)out = leat_join_text(left, leat_string_of(left), ',',
                                               right ? *(const struct leat_bytes *)right : none);
}

static void describe(void)
{
    struct leat_stream *updates, *records;
    struct leat_table *table;

    task.topology = leat_topology_new();
    updates = leat_repartition(leat_stream_from(task.topology, "updates", &strings), "by-u", NULL);
    records = leat_repartition(leat_stream_from(task.topology, "records", &strings), "by-r", NULL);
    table = leat_to_table(updates, "table", &(struct leat_to_table){
        .store = "rows", .versioned = true, .history = 10 });
    leat_to(leat_join_table(records, table, "joined", &(struct leat_join){
        .type = &leat_string_type, .join = pair, .kind = LEAT_LEFT, .wait = true, .grace = 5 }),
        "out", NULL);
    task.updates = step_of(updates);
    task.records = step_of(records);
}

static void start(void)
{
    static const struct flow_ops ops = { .send = note_sent, .changelog = forget };
    struct home_options home = { .application = "", .task = "" };
    struct flow_options options = { .groups = &task.group, .group_count = 1,
                                    .origins = task.origins, .partitions = task.partitions,
                                    .clock = clock_system(), .staged_bytes = 1 << 20,
                                    .ops = &ops };

    describe();
    cr_assert_eq(leat_topology_check(task.topology, &task.error), LEAT_OK, "%s", task.error.text);
    for (int i = 0; i < MOST_GROUPS; i++)
        task.origins[i] = task.partitions[i] = SENDERS;
    task.group = task.updates->group;
    options.topology = task.topology;
    cr_assert_eq(home_open(&home, &task.home, &task.error), LEAT_OK);
    options.home = task.home;
    cr_assert_eq(flow_new(&options, &task.flow, &task.error), LEAT_OK, "%s", task.error.text);
    cr_assert_eq(flow_load(task.flow, &task.error), LEAT_OK);
}

static void stop(void)
{
    flow_free(task.flow);
    home_close(task.home);
    leat_topology_free(task.topology);
}

/* One that is late by its own partition: that had come to origin_ms. */
static void send_late(const struct step *to, int32_t origin, const char *key, const char *value,
                      int64_t at_ms, int64_t origin_ms)
{
    struct leat_bytes text = leat_bytes_of(value);
    struct change change = { .origin = origin, .origin_ms = origin_ms };

    change.record = (struct leat_record){ .key = leat_bytes_of(key), .value = &text,
                                          .type = &leat_string_type, .timestamp_ms = at_ms,
                                          .call = &task.flow->call };
    cr_assert_eq(flow_record(task.flow, flow_node(task.flow, to), &change, &task.error), LEAT_OK);
}

static void send(const struct step *to, int32_t origin, const char *key, const char *value,
                 int64_t at_ms)
{
    send_late(to, origin, key, value, at_ms, at_ms);
}

static void hear(const struct step *at, int32_t sender, int64_t mark_ms)
{
    flow_hear(flow_node(task.flow, at), sender, mark_ms);
}

static void commit(void)
{
    cr_assert_eq(flow_flush(task.flow, &task.error), LEAT_OK);
    cr_assert_eq(flow_commit(task.flow, &task.error), LEAT_OK);
}

static void gives(const char *text)
{
    cr_assert_str_eq(task.out, text);
    task.out[0] = 0;
}

/* ---- tests ----------------------------------------------------------------------------------- */

TestSuite(versions_of_many, .init = start, .fini = stop);

Test(versions_of_many, no_update_is_too_old_by_the_haste_of_another_partition)
{
    struct node *table = flow_node(task.flow, task.updates->edges[0].child);
    struct row row;

    send(task.updates, 0, "a", "new", 1000);
    send(task.updates, 1, "b", "old", 5);
    send(task.updates, 1, "b", "older", 4);
    commit();
    cr_assert_eq(table->dropped, 0);
    cr_assert_eq(table->operator->get_as_of(table, LEAT_LITERAL("b"), 4, &row), LEAT_OK);
    cr_assert(row.value && row.timestamp_ms == 4);
    hear(task.updates, 0, 1000);
    hear(task.updates, 1, 1000);
    send(task.updates, 1, "b", "late", 989);
    cr_assert_eq(table->dropped, 1);
    send(task.updates, 1, "b", "in time", 990);
    cr_assert_eq(table->dropped, 1);
    commit();
    cr_assert_eq(table->operator->get_as_of(table, LEAT_LITERAL("b"), 989, &row), LEAT_OK);
    cr_assert_not(row.value);
}

Test(versions_of_many, an_update_is_too_old_by_its_own_partitions_time)
{
    struct node *table = flow_node(task.flow, task.updates->edges[0].child);

    send(task.updates, 1, "b", "new", 100);
    send(task.updates, 0, "b", "another's", 50);
    cr_assert_eq(table->dropped, 0);
    send_late(task.updates, 1, "b", "late", 50, 100);
    cr_assert_eq(table->dropped, 1);
}

Test(versions_of_many, a_record_waits_for_the_slowest_of_the_streams_senders)
{
    send(task.updates, 0, "a", "1", 8);
    send(task.records, 0, "a", "A", 10);
    send(task.records, 1, "a", "B", 2000);
    hear(task.records, 0, 2000);
    commit();
    send(task.updates, 1, "a", "2", 9);
    gives("");
    hear(task.records, 1, 14);
    send(task.updates, 1, "c", "moves no time", 9);
    gives("");
    hear(task.records, 1, 15);
    send(task.updates, 1, "c", "moves no time", 9);
    gives("a=A,2@10/0");
    send(task.records, 1, "a", "late", 9);
    gives("a=late,2@9/1");
    hear(task.records, 0, 2005);
    hear(task.records, 1, 2005);
    send(task.updates, 1, "c", "moves no time", 2000);
    gives("a=B,2@2000/1");
}
