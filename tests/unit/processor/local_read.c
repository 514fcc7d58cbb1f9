/* local_read.c - tests of topics, deletion and what readers see of it. */
#include "local_log.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct bench bench;
static struct log_writer *writer;
static struct log_reader *reader;

static void start(void)
{
    bench_start(&bench);
    bench_topic(&bench, "t", 2);
    writer = bench_writer(&bench, NULL);
    reader = bench_reader(&bench, false);
}

static void stop(void)
{
    log_reader_free(reader);
    log_writer_free(writer);
    bench_stop(&bench);
}

TestSuite(local_read, .init = start, .fini = stop);

static void write_all(const char *topic, int32_t partition, const char *letters)
{
    for (; *letters; letters++) {
        char text[2] = { *letters, 0 };

        bench_send(&bench, writer, topic, partition, text);
    }
    cr_assert(eq(int, log_writer_flush(writer, &bench.error), LEAT_OK));
}

static void delete_before(int64_t offset)
{
    struct log_position before = { "t", 0, offset };

    cr_assert(eq(int, log_delete_records(bench.log, &before, 1, &bench.error), LEAT_OK));
}

Test(local_read, records_before_an_offset_are_deleted_and_their_place_is_gone)
{
    write_all("t", 0, "abc");
    delete_before(2);
    bench_ends(&bench, "t", 0, 2, 3);
    bench_assign(&bench, reader, "t", 0, 1);
    cr_assert(eq(str, bench_read(&bench, reader), "!1"));
    cr_assert(eq(str, bench_read(&bench, reader), ""), "gone is said once");
    bench_assign(&bench, reader, "t", 0, 2);
    cr_assert(eq(str, bench_read(&bench, reader), "c @3"));
    delete_before(3);
    write_all("t", 0, "d");
    cr_assert(eq(str, bench_read(&bench, reader), "d @4"));
}

Test(local_read, a_message_outlives_the_deletion_of_its_record_and_of_its_topic)
{
    struct log_message message;

    write_all("t", 0, "abc");
    bench_assign(&bench, reader, "t", 0, 0);
    cr_assert(eq(int, log_reader_poll(reader, &message, 1, 0, &bench.error), 1));
    delete_before(3);
    cr_assert(eq(int, log_topic_delete(bench.log, "t", &bench.error), LEAT_OK));
    cr_assert(leat_bytes_equal(message.value, LEAT_LITERAL("a")));
    log_message_free(&message);
    cr_assert(eq(str, bench_read(&bench, reader), "!1"));
}

Test(local_read, a_position_behind_the_end_is_gone)
{
    bench_assign(&bench, reader, "t", 0, 1);
    cr_assert(eq(str, bench_read(&bench, reader), "!1"));
}

Test(local_read, a_topic_that_is_not_there_is_gone)
{
    bench_assign(&bench, reader, "nowhere", 0, 0);
    bench_assign(&bench, reader, "t", 2, 0);
    cr_assert(eq(str, bench_read(&bench, reader), "!0 !0"));
}

Test(local_read, a_deleted_topic_forgets_what_groups_committed_for_it)
{
    struct log_position position = { "t", 0, 1 };

    cr_assert(eq(int, log_commit_for(bench.log, "g", &position, 1, &bench.error), LEAT_OK));
    cr_assert(eq(i64, bench_committed(&bench, "g", "t", 0), 1));
    cr_assert(eq(int, log_topic_delete(bench.log, "t", &bench.error), LEAT_OK));
    bench_topic(&bench, "t", 2);
    cr_assert(eq(i64, bench_committed(&bench, "g", "t", 0), LOG_OFFSET_NONE));
    cr_assert(eq(int, log_topic_delete(bench.log, "other", &bench.error), LEAT_E_LOG));
}

Test(local_read, a_paused_partition_keeps_its_place)
{
    struct log_position place = { "t", 0, 0 };

    write_all("t", 0, "ab");
    write_all("t", 1, "x");
    bench_assign(&bench, reader, "t", 0, 0);
    bench_assign(&bench, reader, "t", 1, 0);
    cr_assert(eq(int, log_reader_pause(reader, &place, true, &bench.error), LEAT_OK));
    cr_assert(eq(str, bench_read(&bench, reader), "x @1"));
    cr_assert(eq(int, log_reader_pause(reader, &place, false, &bench.error), LEAT_OK));
    cr_assert(eq(str, bench_read(&bench, reader), "a b @2"));
}

Test(local_read, an_unassigned_partition_is_read_no_more)
{
    struct log_position place = { "t", 0, 0 };

    bench_assign(&bench, reader, "t", 0, 0);
    cr_assert(eq(int, log_reader_unassign(reader, &place, &bench.error), LEAT_OK));
    write_all("t", 0, "a");
    cr_assert(eq(str, bench_read(&bench, reader), ""));
    cr_assert(eq(int, log_reader_unassign(reader, &place, &bench.error), LEAT_E_ARGUMENT));
}

Test(local_read, a_poll_shares_its_room_between_partitions)
{
    struct log_message messages[4];
    int seen[2] = { 0, 0 };

    write_all("t", 0, "abcdefgh");
    write_all("t", 1, "ijklmnop");
    bench_assign(&bench, reader, "t", 0, 0);
    bench_assign(&bench, reader, "t", 1, 0);
    cr_assert(eq(int, log_reader_poll(reader, messages, 4, 0, &bench.error), 4));
    for (int i = 0; i < 4; i++) {
        seen[messages[i].slot]++;
        log_message_free(&messages[i]);
    }
    cr_assert(eq(int, seen[0], 2));
    cr_assert(eq(int, seen[1], 2));
}

Test(local_read, a_topic_is_made_once_and_grows_but_never_shrinks)
{
    struct log_topic topic = { .name = "t", .partitions = 9 };

    bench_topic(&bench, "t", 5);
    cr_assert(eq(int, log_topic_look(bench.log, &topic, &bench.error), LEAT_OK));
    cr_assert(eq(i32, topic.partitions, 2));
    cr_assert(eq(int, log_topic_grow(bench.log, "t", 4, &bench.error), LEAT_OK));
    cr_assert(eq(int, log_topic_grow(bench.log, "t", 3, &bench.error), LEAT_E_LOG));
    cr_assert(eq(int, log_topic_look(bench.log, &topic, &bench.error), LEAT_OK));
    cr_assert(eq(i32, topic.partitions, 4));
    bench_ends(&bench, "t", 3, 0, 0);
    topic.name = "nowhere";
    cr_assert(eq(int, log_topic_look(bench.log, &topic, &bench.error), LEAT_OK));
    cr_assert(eq(i32, topic.partitions, 0));
}

Test(local_read, a_name_that_a_broker_would_refuse_is_refused)
{
    static const char *const names[] = { "", ".", "..", "a b", "a/b", "\xc3\xa4" };
    struct log_topic topic = { .partitions = 1 };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        topic.name = names[i];
        cr_assert(eq(int, log_topic_create(bench.log, &topic, &bench.error), LEAT_E_LOG));
    }
    topic = (struct log_topic){ .name = "none", .partitions = 0 };
    cr_assert(eq(int, log_topic_create(bench.log, &topic, &bench.error), LEAT_E_LOG));
}

Test(local_read, settings_are_kept_and_the_rest_is_as_a_broker_has_it)
{
    struct log_setting settings[] = { { "cleanup.policy", "compact" }, { "retention.ms", "-1" } };
    struct log_topic topic = { "kept", 1, -1, settings, 2 };
    char text[64];

    cr_assert(eq(int, log_topic_create(bench.log, &topic, &bench.error), LEAT_OK));
    cr_assert(eq(int, log_topic_setting(bench.log, "kept", "cleanup.policy", text, sizeof text,
                                        &bench.error), LEAT_OK));
    cr_assert(eq(str, text, "compact"));
    cr_assert(eq(int, log_topic_setting(bench.log, "t", "cleanup.policy", text, sizeof text,
                                        &bench.error), LEAT_OK));
    cr_assert(eq(str, text, "delete"));
    cr_assert(eq(int, log_topic_setting(bench.log, "t", "no.such", text, sizeof text,
                                        &bench.error), LEAT_OK));
    cr_assert(eq(str, text, ""));
}

Test(local_read, topics_are_listed_by_the_beginning_of_their_names)
{
    char **names;

    bench_topic(&bench, "app-b", 1);
    bench_topic(&bench, "app-a", 1);
    cr_assert(eq(int, log_topic_list(bench.log, "app-", &names, &bench.error), 2));
    cr_assert(eq(str, names[0], "app-a"));
    cr_assert(eq(str, names[1], "app-b"));
    memory_free(names[0]);
    memory_free(names[1]);
    memory_free(names);
}
