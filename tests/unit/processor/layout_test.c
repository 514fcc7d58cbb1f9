/* layout_test.c - partition counts of internal topics that steps depend on. */
#include "local_log.h"

#include "leat/join.h"
#include "leat/stateful.h"
#include "processor/internal_topics.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct bench bench;
static struct leat_topology *topology;
static struct layout *layout;
static struct leat_error error;

static const struct leat_source strings = { .type = &leat_string_type };

static void start(void)
{
    bench_start(&bench);
    topology = leat_topology_new();
    layout = NULL;
}

static void stop(void)
{
    layout_free(layout);
    leat_topology_free(topology);
    bench_stop(&bench);
}

TestSuite(layout, .init = start, .fini = stop);

static struct leat_table *table(const char *topic, int32_t partitions)
{
    bench_topic(&bench, topic, partitions);
    return leat_table_from(topology, topic, &strings);
}

static struct leat_bytes value_as_key(const struct leat_record *record)
{
    return leat_string_of(record);
}

static void keep_left(const struct leat_record *left, const void *right, void *out)
{
    *(struct leat_bytes *)out = leat_string_of(left);
}

static void last(const struct leat_record *record, void *out)
{
    *(struct leat_bytes *)out = leat_string_of(record);
}

static int32_t width(const char *name)
{
    struct log_topic topic = { .name = name };

    cr_assert(eq(int, log_topic_look(bench.log, &topic, &error), LEAT_OK));
    return topic.partitions;
}

/* The right table lies behind a repartition with a count of its own. */
Test(layout, gives_each_topic_of_a_foreign_key_join_the_count_of_the_table_it_leads_to)
{
    struct leat_table *left = table("left", 2), *right;
    struct internal_options create = { -1, true, true };

    right = leat_reduce_rows(table("wide", 5), "right", &(struct leat_group){
        .key = value_as_key, .add = last, .subtract = last, .partitions = 3 });
    leat_join_foreign(left, right, "joined", &(struct leat_join_tables){
        .type = &leat_string_type, .join = keep_left, .key = value_as_key, .store = "rows" });
    cr_assert(eq(int, layout_new(bench.log, topology, "app", &layout, &error), LEAT_OK), "%s",
              error.text);
    cr_assert(eq(int, internal_topics_create(bench.log, layout, &create, &error), LEAT_OK), "%s",
              error.text);
    cr_assert(eq(int, width("app-joined-subscription-registration-repartition"), 3));
    cr_assert(eq(int, width("app-joined-subscription-store-changelog"), 3));
    cr_assert(eq(int, width("app-joined-subscription-response-repartition"), 2));
    cr_assert(eq(int, width("app-rows-changelog"), 2));
}

/* Its sender waits for the count of the very topic that it sends to. */
Test(layout, gives_what_comes_back_into_its_own_group_the_count_of_the_others_there)
{
    struct leat_table *rows = table("rows", 4), *groups;
    struct internal_options create = { -1, true, true };

    groups = leat_reduce_rows(rows, "groups", &(struct leat_group){
        .key = value_as_key, .add = last, .subtract = last });
    leat_join_tables(rows, groups, "joined", &(struct leat_join_tables){
        .type = &leat_string_type, .join = keep_left });
    cr_assert(eq(int, layout_new(bench.log, topology, "app", &layout, &error), LEAT_OK), "%s",
              error.text);
    cr_assert(eq(int, internal_topics_create(bench.log, layout, &create, &error), LEAT_OK), "%s",
              error.text);
    cr_assert(eq(int, width("app-groups-grouped-repartition"), 4));
}

Test(layout, refuses_to_join_tables_of_unequal_widths_by_their_keys)
{
    struct leat_table *left = table("left", 2), *right = table("right", 3);

    leat_join_tables(left, right, "joined", &(struct leat_join_tables){
        .type = &leat_string_type, .join = keep_left });
    cr_assert(eq(int, layout_new(bench.log, topology, "app", &layout, &error), LEAT_E_TOPOLOGY));
    cr_assert(strstr(error.text, "step 'joined' needs inputs with equal partition counts") != NULL,
              "%s", error.text);
    layout = NULL;
}
