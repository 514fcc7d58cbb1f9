/* victim.c - a member that commits ten transactions of one record each, and is killed by
 * LEAT_FAILPOINT in one of them: the offset that it commits is the number of records.
 *
 *   log-victim bootstrap topic task-topic group transactional-id
 *
 * Exits 1 if it survives, 2 if anything else fails.
 */
#include "processor/log.h"

#include <stdio.h>
#include <stdlib.h>

static void on_assigned(void *user, const int32_t *partitions, size_t count)
{
    *(bool *)user = true;
}

static void on_revoked(void *user, const int32_t *partitions, size_t count, bool lost)
{
    *(bool *)user = false;
}

static void must(int status, const struct leat_error *error)
{
    if (status >= 0)
        return;
    fprintf(stderr, "log-victim: %s\n", error->text);
    exit(2);
}

int main(int argc, char **argv)
{
    bool assigned = false;
    struct leat_error error = { 0 };
    struct log *log;
    struct log_group *group;
    struct log_writer *writer;

    if (argc != 6)
        return 2;
    struct log_group_options membership = { .group = argv[4],
                                            .topic = argv[3],
                                            .session_timeout_ms = 6000,
                                            .assigned = on_assigned,
                                            .revoked = on_revoked,
                                            .user = &assigned };
    struct log_writer_options options = { .transactional_id = argv[5] };
    struct log_record record = { .timestamp_ms = 1, .value = LEAT_LITERAL("counted") };

    must(log_kafka_new(argv[1], "victim", NULL, 0, &log, &error), &error);
    must(log_group_join(log, &membership, &group, &error), &error);
    while (!assigned)
        must(log_group_poll(group, 100, &error), &error);
    must(log_writer_new(log, &options, &writer, &error), &error);
    record.topic = log_writer_topic(writer, argv[2]);
    for (int i = 1; i <= 10; i++) {
        struct log_position position = { argv[2], 0, i };

        must(log_writer_begin(writer, &error), &error);
        must(log_writer_send(writer, &record, &error), &error);
        must(log_writer_commit(writer, group, &position, 1, &error), &error);
    }
    return 1;
}
