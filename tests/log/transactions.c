/* transactions.c - the contract: atomic, isolated, fenced; refusals; offsets within. */
#include "bench.h"
#include "contract.h"

#include "base/memory.h"

void contract_shows_a_transaction_when_it_is_committed_and_not_before(struct log *log)
{
    const char *topic = bench_topic(log, 2);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };

    cr_assert_eq(bench_expect_end(reader), 0);
    bench_begin(writer);
    bench_send(writer, topic, "a");
    bench_send(writer, topic, "b");
    OK(log_writer_flush(writer, &error));
    /* The broker has them; a reader that starts now stops before them. */
    bench_unassign(reader, topic, 0);
    bench_assign(reader, topic, 0, 0, 0);
    cr_assert_eq(bench_expect_end(reader), 0);
    bench_commit(writer);
    bench_expect(reader, "a");
    bench_expect(reader, "b");
    log_reader_free(reader);
    log_writer_free(writer);
}

void contract_never_shows_what_was_aborted(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };

    for (int i = 0; i < 3; i++) {
        bench_begin(writer);
        bench_send(writer, topic, "aborted");
        OK(log_writer_flush(writer, &error));
        OK(log_writer_abort(writer, &error));
        bench_begin(writer);
        bench_send(writer, topic, "aborted in the queue");
        OK(log_writer_abort(writer, &error));
        bench_begin(writer);
        bench_send(writer, topic, "kept");
        bench_commit(writer);
    }
    for (int i = 0; i < 3; i++)
        bench_expect(reader, "kept");
    log_reader_free(reader);
    log_writer_free(writer);
}

void contract_tells_the_end_behind_the_markers(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct leat_error error = { 0 };
    struct log_reader *reader;
    int64_t end;
    size_t records;

    bench_begin(writer);
    bench_send(writer, topic, "a");
    bench_commit(writer);
    bench_begin(writer);
    bench_send(writer, topic, "aborted");
    OK(log_writer_flush(writer, &error));
    OK(log_writer_abort(writer, &error));
    reader = bench_reader(log, topic, 0);
    /* Markers may still be on their way to the partition; the record is not. */
    end = bench_read_to_end(reader, &records);
    cr_assert_geq(end, 1);
    cr_assert_eq(records, 1);
    bench_begin(writer);
    bench_send(writer, topic, "z");
    bench_commit(writer);
    bench_expect(reader, "z");
    cr_assert_gt(bench_expect_end(reader), end);
    log_reader_free(reader);
    log_writer_free(writer);
}

void contract_ends_are_the_high_watermark(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct leat_error error = { 0 };
    int64_t first, end;

    bench_begin(writer);
    bench_send(writer, topic, "a");
    bench_send(writer, topic, "b");
    OK(log_writer_flush(writer, &error));
    OK(log_ends(log, topic, 0, &first, &end, &error));
    cr_assert_eq(first, 0);
    cr_assert_eq(end, 2, "%lld", (long long)end);
    FAILS(LEAT_E_LOG, log_ends(log, topic, 7, &first, &end, &error));
    FAILS(LEAT_E_LOG, log_ends(log, bench_name("missing"), 0, &first, &end, &error));
    log_writer_free(writer);
}

/* ---- offsets -------------------------------------------------------------------------------- */

struct work { /* a member of a group that writes in transactions */
    const char *topic, *tasks, *group;
    struct log_writer *writer;
    struct bench_member member;
};

static void work_start(struct work *work, struct log *log)
{
    work->topic = bench_topic(log, 2);
    work->tasks = bench_topic(log, 4);
    work->group = bench_name("group");
    work->writer = bench_writer(log, bench_name("tx"));
    bench_join(log, work->group, work->tasks, &work->member);
    bench_until_owned(&work->member, 4, NULL, 0);
}

static void work_stop(struct work *work)
{
    log_writer_free(work->writer);
    log_group_leave(work->member.group);
}

static int64_t committed(struct log *log, const struct work *work, int32_t partition)
{
    struct log_position position = { work->topic, partition, -7 };
    struct leat_error error = { 0 };

    OK(log_committed(log, work->group, &position, 1, &error));
    return position.offset;
}

void contract_commits_offsets_with_the_transaction(struct log *log)
{
    struct leat_error error = { 0 };
    struct work work;

    work_start(&work, log);
    struct log_position positions[] = { { work.topic, 0, 12 }, { work.topic, 1, 34 } };

    cr_assert_eq(committed(log, &work, 0), LOG_OFFSET_NONE);
    bench_begin(work.writer);
    bench_send(work.writer, work.topic, "a");
    OK(log_writer_commit(work.writer, work.member.group, positions, 2, &error));
    cr_assert_eq(committed(log, &work, 0), 12);
    cr_assert_eq(committed(log, &work, 1), 34);
    positions[0].offset = 99;
    bench_begin(work.writer);
    OK(log_writer_commit(work.writer, work.member.group, positions, 1, &error));
    cr_assert_eq(committed(log, &work, 0), 99);
    cr_assert_eq(committed(log, &work, 1), 34);
    work_stop(&work);
}

void contract_holds_offsets_back_while_a_transaction_is_pending(struct log *log)
{
    struct leat_error error = { 0 };
    struct work work;
    struct log_writer *successor;

    work_start(&work, log);
    struct log_position position = { work.topic, 0, 5 };

    bench_begin(work.writer);
    OK(log_writer_commit(work.writer, work.member.group, &position, 1, &error));
    cr_assert_eq(committed(log, &work, 0), 5);
    /* What was committed is stable at once, and stays so under the next writer. */
    successor = bench_writer(log, bench_name("tx"));
    bench_begin(successor);
    position.offset = 6;
    OK(log_writer_commit(successor, work.member.group, &position, 1, &error));
    cr_assert_eq(committed(log, &work, 0), 6);
    log_writer_free(successor);
    work_stop(&work);
}

void contract_refuses_offsets_of_one_who_is_no_member(struct log *log)
{
    const char *topic = bench_topic(log, 1), *tasks = bench_topic(log, 4);
    const char *group = bench_name("group");
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_position position = { topic, 0, 5 };
    struct leat_error error = { 0 };
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct bench_member member;

    bench_join(log, group, tasks, &member); /* and never polled: not assigned */
    bench_begin(writer);
    bench_send(writer, topic, "refused");
    FAILS(LEAT_E_ABORTED, log_writer_commit(writer, member.group, &position, 1, &error));
    OK(log_committed(log, group, &position, 1, &error));
    cr_assert_eq(position.offset, LOG_OFFSET_NONE);
    bench_until_owned(&member, 4, NULL, 0);
    position.offset = 8;
    bench_begin(writer);
    bench_send(writer, topic, "taken");
    OK(log_writer_commit(writer, member.group, &position, 1, &error));
    bench_expect(reader, "taken");
    log_writer_free(writer);
    log_reader_free(reader);
    log_group_leave(member.group);
}

/* ---- writers -------------------------------------------------------------------------------- */

void contract_fences_the_predecessor_of_a_transactional_id(struct log *log)
{
    const char *topic = bench_topic(log, 1), *id = bench_name("tx");
    struct log_writer *zombie = bench_writer(log, id), *successor;
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };

    bench_begin(zombie);
    bench_send(zombie, topic, "zombie");
    OK(log_writer_flush(zombie, &error));
    successor = bench_writer(log, id);
    bench_begin(successor);
    bench_send(successor, topic, "successor");
    bench_commit(successor);
    FAILS(LEAT_E_FENCED, log_writer_commit(zombie, NULL, NULL, 0, &error));
    bench_expect(reader, "successor");
    log_writer_free(zombie);
    bench_begin(successor);
    bench_send(successor, topic, "again");
    bench_commit(successor);
    bench_expect(reader, "again");
    log_writer_free(successor);
    log_reader_free(reader);
}

void contract_settles_what_a_predecessor_left_open(struct log *log)
{
    const char *topic = bench_topic(log, 1), *id = bench_name("tx");
    struct log_writer *dead = bench_writer(log, id), *other = bench_writer(log, bench_name("tx"));
    struct log_writer *successor;
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };

    bench_begin(dead);
    bench_send(dead, topic, "left open");
    OK(log_writer_flush(dead, &error));
    bench_begin(other);
    bench_send(other, topic, "behind it");
    bench_commit(other);
    successor = bench_writer(log, id);
    bench_expect(reader, "behind it");
    log_writer_free(dead);
    log_writer_free(other);
    log_writer_free(successor);
    log_reader_free(reader);
}

void contract_refuses_a_record_that_is_too_large_and_lives_on(struct log *log)
{
    enum { SIZE = 9 << 20 };
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };
    char *bytes = memory_new(SIZE);
    struct log_record record = { .topic = log_writer_topic(writer, topic),
                                 .value = leat_bytes(bytes, SIZE) };

    bench_begin(writer);
    FAILS(LEAT_E_LIMIT, log_writer_send(writer, &record, &error));
    bench_send(writer, topic, "small");
    bench_commit(writer);
    bench_expect(reader, "small");
    memory_free(bytes);
    log_writer_free(writer);
    log_reader_free(reader);
}

void contract_names_the_record_that_the_topic_refused(struct log *log)
{
    enum { SIZE = 5000 };
    static const struct log_setting setting = { "max.message.bytes", "2000" };
    static const char bytes[SIZE];
    struct log_topic topic = { .name = bench_name("narrow"),
                               .partitions = 1,
                               .replication = -1,
                               .settings = &setting,
                               .setting_count = 1 };
    struct leat_error error = { 0 };
    struct log_failure failure;
    struct log_writer *writer = bench_writer(log, bench_name("tx"));
    struct log_record record = { .key = LEAT_LITERAL("k"), .value = LEAT_LITERAL("v"), .tag = 41 };

    OK(log_topic_create(log, &topic, &error));
    record.topic = log_writer_topic(writer, topic.name);
    bench_begin(writer);
    cr_assert(!log_writer_failure(writer, &failure));
    OK(log_writer_send(writer, &record, &error));
    record.value = leat_bytes(bytes, SIZE);
    record.tag = 42;
    OK(log_writer_send(writer, &record, &error));
    record.value = LEAT_LITERAL("v");
    record.tag = 43;
    OK(log_writer_send(writer, &record, &error));
    FAILS(LEAT_E_ABORTED, log_writer_commit(writer, NULL, NULL, 0, &error));
    cr_assert(log_writer_failure(writer, &failure));
    cr_assert_eq(failure.tag, 42);
    cr_assert_eq(failure.topic, record.topic);
    cr_assert_eq(failure.error.code, LEAT_E_LIMIT, "%s", failure.error.text);
    bench_begin(writer);
    cr_assert(!log_writer_failure(writer, &failure));
    bench_send(writer, topic.name, "small");
    bench_commit(writer);
    log_writer_free(writer);
}

void contract_writes_without_transactions(struct log *log)
{
    const char *topic = bench_topic(log, 1);
    struct log_writer *writer = bench_writer(log, NULL);
    struct log_reader *reader = bench_reader(log, topic, 0);
    struct leat_error error = { 0 };

    bench_send(writer, topic, "a");
    OK(log_writer_flush(writer, &error));
    bench_expect(reader, "a");
    bench_send(writer, topic, "b");
    OK(log_writer_flush(writer, &error));
    bench_expect(reader, "b");
    log_writer_free(writer);
    log_reader_free(reader);
}
