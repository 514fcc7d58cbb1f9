/* topics.c - the contract: topics, their settings, deletion of records. */
#include "bench.h"
#include "contract.h"

#include "base/memory.h"

static int32_t partitions_of(struct log *log, const char *name)
{
    struct log_topic topic = { .name = name, .partitions = -1 };
    struct leat_error error = { 0 };

    OK(log_topic_look(log, &topic, &error));
    return topic.partitions;
}

static int listed(struct log *log, const char *prefix)
{
    struct leat_error error = { 0 };
    char **names = NULL;
    int count = log_topic_list(log, prefix, &names, &error);

    bench_ok(count, &error, "list");
    for (int i = 0; i < count; i++) {
        cr_assert(!strncmp(names[i], prefix, strlen(prefix)), "%s", names[i]);
        memory_free(names[i]);
    }
    memory_free(names);
    return count;
}

void contract_creates_finds_lists_and_deletes_topics(struct log *log)
{
    struct leat_error error = { 0 };
    const char *name = bench_name("created");
    struct log_topic topic = { .name = name, .partitions = 3, .replication = -1 };

    cr_assert_eq(partitions_of(log, name), 0);
    cr_assert_eq(listed(log, name), 0);
    OK(log_topic_create(log, &topic, &error));
    cr_assert_eq(partitions_of(log, name), 3);
    cr_assert_eq(listed(log, name), 1);
    OK(log_topic_delete(log, name, &error));
    cr_assert_eq(partitions_of(log, name), 0);
    cr_assert_eq(listed(log, name), 0);
}

void contract_creating_a_topic_twice_is_no_error(struct log *log)
{
    struct leat_error error = { 0 };
    struct log_topic topic = { .name = bench_topic(log, 2), .partitions = 5, .replication = -1 };

    OK(log_topic_create(log, &topic, &error));
    cr_assert_eq(partitions_of(log, topic.name), 2);
}

void contract_grows_a_topic(struct log *log)
{
    struct leat_error error = { 0 };
    const char *name = bench_topic(log, 2);

    OK(log_topic_grow(log, name, 5, &error));
    cr_assert_eq(partitions_of(log, name), 5);
    OK(log_topic_grow(log, name, 5, &error));
}

void contract_answers_with_the_settings_of_a_topic(struct log *log)
{
    struct leat_error error = { 0 };
    const struct log_setting settings[] = { { "cleanup.policy", "compact" },
                                            { "segment.bytes", "1048576" } };
    struct log_topic topic = { .name = bench_name("set"),
                               .partitions = 1,
                               .replication = -1,
                               .settings = settings,
                               .setting_count = 2 };
    char text[64];

    OK(log_topic_create(log, &topic, &error));
    OK(log_topic_setting(log, topic.name, "cleanup.policy", text, sizeof(text), &error));
    cr_assert_str_eq(text, "compact");
    OK(log_topic_setting(log, topic.name, "segment.bytes", text, sizeof(text), &error));
    cr_assert_str_eq(text, "1048576");
    OK(log_topic_setting(log, topic.name, "no.such.setting", text, sizeof(text), &error));
    cr_assert_str_eq(text, "");
}

static const char *four_records(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, NULL);
    struct leat_error error = { 0 };

    bench_send(writer, topic, "0");
    bench_send(writer, topic, "1");
    bench_send(writer, topic, "2");
    bench_send(writer, topic, "3");
    OK(log_writer_flush(writer, &error));
    log_writer_free(writer);
    return topic;
}

void contract_deletes_records_before_an_offset(struct log *log)
{
    struct leat_error error = { 0 };
    struct log_position before = { four_records(log), 0, 2 };
    struct log_reader *reader;
    int64_t first, end;

    OK(log_delete_records(log, &before, 1, &error));
    OK(log_ends(log, before.topic, 0, &first, &end, &error));
    cr_assert_eq(first, 2);
    cr_assert_eq(end, 4);
    reader = bench_reader(log, before.topic, 2);
    bench_expect(reader, "2");
    bench_expect(reader, "3");
    log_reader_free(reader);
}

void contract_tells_when_a_position_is_gone(struct log *log)
{
    struct leat_error error = { 0 };
    struct log_position before = { four_records(log), 0, 2 };
    struct log_reader *reader;

    OK(log_delete_records(log, &before, 1, &error));
    reader = bench_reader(log, before.topic, 1);
    bench_expect_gone(reader);
    bench_unassign(reader, before.topic, 0);
    bench_assign(reader, before.topic, 0, 77, 0);
    bench_expect_gone(reader);
    bench_unassign(reader, before.topic, 0);
    bench_assign(reader, before.topic, 0, 3, 0);
    bench_expect(reader, "3");
    log_reader_free(reader);
}

void contract_tells_when_a_topic_is_gone(struct log *log)
{
    struct leat_error error = { 0 };
    const char *topic = four_records(log);
    struct log_reader *reader = bench_reader(log, topic, 3);

    bench_expect(reader, "3");
    bench_expect_end(reader);
    OK(log_topic_delete(log, topic, &error));
    bench_expect_gone(reader);
    log_reader_free(reader);
}
