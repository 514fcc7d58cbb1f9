/* test_reset.c - reset against the log in memory. */
#include "blackfriday/reset.h"

#include "base/clock.h"
#include "processor/log.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct log *log_;
static struct leat_error error;
static char *printed;

static const char *const inputs[] = { "sales" };

static void make_topic(const char *name, int32_t partitions)
{
    struct log_topic topic = { .name = name, .partitions = partitions, .replication = -1 };

    cr_assert_eq(log_topic_create(log_, &topic, &error), 0, "%s", error.text);
}

static int32_t partitions_of(const char *name)
{
    struct log_topic topic = { .name = name };

    cr_assert_eq(log_topic_look(log_, &topic, &error), 0, "%s", error.text);
    return topic.partitions;
}

static void write_records(const char *name, int count)
{
    struct log_writer *writer;
    int topic;

    cr_assert_eq(log_writer_new(log_, &(struct log_writer_options){ .queue_bytes = 1 << 20 },
                                &writer, &error), 0, "%s", error.text);
    topic = log_writer_topic(writer, name);
    for (int i = 0; i < count; i++)
        cr_assert_eq(log_writer_send(writer, &(struct log_record){
            .topic = topic, .key = LEAT_LITERAL("k"), .value = LEAT_LITERAL("v") }, &error), 0,
            "%s", error.text);
    cr_assert_eq(log_writer_flush(writer, &error), 0, "%s", error.text);
    log_writer_free(writer);
}

static int64_t committed(int32_t partition)
{
    struct log_position position = { "sales", partition, 0 };

    cr_assert_eq(log_committed(log_, "retail", &position, 1, &error), 0, "%s", error.text);
    return position.offset;
}

static void start(void)
{
    struct log_position position = { "sales", 0, 7 };

    cr_assert_eq(log_local_new(clock_system(), &log_), 0);
    make_topic("sales", 2);
    make_topic("stock", 2);
    make_topic("retail-tasks", 4);
    make_topic("retail-stock-store-changelog", 2);
    make_topic("retail-by-store-repartition", 2);
    make_topic("retail-archive", 1);
    make_topic("other-stock-store-changelog", 1);
    write_records("sales", 10);
    cr_assert_eq(log_commit_for(log_, "retail", &position, 1, &error), 0, "%s", error.text);
}

static void stop(void)
{
    log_free(log_);
    free(printed);
}

static int run(struct reset_options options)
{
    size_t size;
    int code;

    free(printed);
    options.application_id = "retail";
    options.out = open_memstream(&printed, &size);
    code = reset_run(log_, &options, &error);
    fclose(options.out);
    return code;
}

Test(reset, deletes_what_is_the_applications_own_and_rewinds_its_inputs, .init = start,
     .fini = stop)
{
    cr_assert_eq(run((struct reset_options){ .inputs = inputs, .input_count = 1,
                                             .state_dir = "/var/lib/leat" }), 0, "%s", error.text);
    cr_assert_eq(partitions_of("retail-tasks"), 0);
    cr_assert_eq(partitions_of("retail-stock-store-changelog"), 0);
    cr_assert_eq(partitions_of("retail-by-store-repartition"), 0);
    cr_assert_eq(partitions_of("retail-archive"), 1);
    cr_assert_eq(partitions_of("other-stock-store-changelog"), 1);
    cr_assert_eq(partitions_of("stock"), 2);
    cr_assert_eq(committed(0), 0);
    cr_assert_eq(committed(1), 0);
    cr_assert(strstr(printed, "/var/lib/leat"), "%s", printed);
}

Test(reset, changes_nothing_in_a_dry_run, .init = start, .fini = stop)
{
    cr_assert_eq(run((struct reset_options){ .inputs = inputs, .input_count = 1,
                                             .dry_run = true }), 0, "%s", error.text);
    cr_assert_eq(partitions_of("retail-tasks"), 4);
    cr_assert_eq(committed(0), 7);
    cr_assert_eq(committed(1), LOG_OFFSET_NONE);
    cr_assert(strstr(printed, "delete topic retail-tasks"), "%s", printed);
}

Test(reset, goes_to_the_end_an_offset_or_a_step_back, .init = start, .fini = stop)
{
    struct reset_options options = { .inputs = inputs, .input_count = 1, .to = RESET_SHIFT,
                                     .amount = -3 };

    cr_assert_eq(run(options), 0, "%s", error.text);
    cr_assert_eq(committed(0), 4);
    options.to = RESET_LATEST;
    cr_assert_eq(run(options), 0, "%s", error.text);
    cr_assert_eq(committed(0), 10);
    options.to = RESET_OFFSET;
    options.amount = 99;
    cr_assert_eq(run(options), 0, "%s", error.text);
    cr_assert_eq(committed(0), 10);
    options.amount = 2;
    cr_assert_eq(run(options), 0, "%s", error.text);
    cr_assert_eq(committed(0), 2);
}

Test(reset, names_an_input_that_is_not_there, .init = start, .fini = stop)
{
    static const char *const wrong[] = { "slaes" };

    cr_assert_eq(run((struct reset_options){ .inputs = wrong, .input_count = 1 }),
                 LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "slaes"), "%s", error.text);
    cr_assert_eq(partitions_of("retail-tasks"), 4);
}

Test(reset, deletes_no_topic_of_another_application, .init = start, .fini = stop)
{
    static const char *const foreign[] = { "other-stock-store-changelog" };

    cr_assert_eq(run((struct reset_options){ .inputs = inputs, .input_count = 1,
                                             .internal = foreign, .internal_count = 1 }),
                 LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "other-stock-store-changelog"), "%s", error.text);
    cr_assert_eq(partitions_of("other-stock-store-changelog"), 1);
}

static void assigned(void *user, const int32_t *partitions, size_t count)
{
    *(size_t *)user += count;
}

static void revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    *(size_t *)user -= count;
}

Test(reset, refuses_while_an_instance_runs, .init = start, .fini = stop)
{
    size_t owned = 0;
    struct log_group_options options = { .group = "retail", .topic = "retail-tasks",
                                         .session_timeout_ms = 10000, .assigned = assigned,
                                         .revoked = revoked, .user = &owned };
    struct log_group *group;

    cr_assert_eq(log_group_join(log_, &options, &group, &error), 0, "%s", error.text);
    while (!owned)
        cr_assert_eq(log_group_poll(group, 100, &error), 0, "%s", error.text);
    cr_assert_lt(run((struct reset_options){ .inputs = inputs, .input_count = 1 }), 0);
    cr_assert(strstr(error.text, "retail") && strstr(error.text, "stop"), "%s", error.text);
    cr_assert_eq(partitions_of("retail-tasks"), 4);
    cr_assert_eq(committed(0), 7);
    log_group_leave(group);
    cr_assert_eq(run((struct reset_options){ .inputs = inputs, .input_count = 1 }), 0, "%s",
                 error.text);
    cr_assert_eq(committed(0), 0);
}
