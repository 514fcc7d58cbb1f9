/* stall.c - partitions that fall silent while there is something to read.
 *
 * A handle of librdkafka may come to believe in a leader that does not exist, and then fetch from
 * nobody for as long as it lives: 2.8 takes leaders from answers to fetches, and where an answer
 * names none, from memory that nobody has filled; an epoch from there outdates all true ones. So
 * places that have brought nothing since the last look are compared with their ends, as a handle
 * knows them that fetches nothing. One that was behind at two looks without a step between them has
 * its reader begin anew with a handle of its own, where the old one stood. If it was only slow, no
 * more is lost than what was on its way.
 *
 * Entry points: stall_look(), stall_free()
 */
#include "processor/kafka/reader.h"

#include "base/clock.h"
#include "base/logline.h"
#include "base/memory.h"

#include <inttypes.h>

enum { LOOK_MS = 5000 };

/* ---- a new handle --------------------------------------------------------------------------- */

static void retire(struct kafka_reader *reader)
{
    wake_free(reader);
    reader->wake = (struct kafka_wake){ 0 };
    rd_kafka_queue_destroy(reader->queue);
    reader->queue = NULL;
    reader->retired = memory_grow(reader->retired, reader->retired_count,
                                  &reader->retired_capacity, sizeof *reader->retired);
    reader->retired[reader->retired_count++] = reader->handle;
    reader->handle = NULL;
}

/* A message that is out keeps its handle from ending. */
void stall_free(struct kafka_reader *reader)
{
    if (reader->out)
        return;
    while (reader->retired_count)
        rd_kafka_destroy(reader->retired[--reader->retired_count]);
}

static void stop_all(struct kafka_reader *reader, bool *started)
{
    for (size_t i = 0; i < reader->place_count; i++) {
        started[i] = reader->places[i]->started;
        place_stop(reader->places[i]);
    }
    for (struct kafka_topic *topic = reader->topics; topic; topic = topic->next) {
        rd_kafka_topic_destroy(topic->handle);
        topic->handle = NULL;
    }
}

static int start_all(struct kafka_reader *reader, const bool *started, struct leat_error *error)
{
    int status = reader_open(reader, error);

    for (struct kafka_topic *topic = reader->topics; topic && !status; topic = topic->next)
        topic->handle = place_topic_open(reader, topic);
    for (size_t i = 0; i < reader->place_count && !status; i++)
        if (started[i])
            status = place_start(reader, reader->places[i], error);
    return status;
}

static int begin_anew(struct kafka_reader *reader, struct leat_error *error)
{
    bool *started = memory_array(reader->place_count, sizeof *started);
    int status;

    stop_all(reader, started);
    retire(reader);
    status = start_all(reader, started, error);
    memory_free(started);
    return status;
}

/* ---- looking -------------------------------------------------------------------------------- */

/* What is held, or waits in a backlog, need not move. */
static bool is_silent(struct kafka_place *place)
{
    bool silent = place->started && !place->held && !place->backlog &&
                  place->next_offset == place->seen_offset;

    place->seen_offset = place->next_offset;
    place->behind &= silent;
    return silent;
}

/* The places that are silent, with the ends of their partitions; NULL: none, or nobody knows. */
static rd_kafka_topic_partition_list_t *silent_places(struct kafka_reader *reader)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);

    for (size_t i = 0; i < reader->place_count; i++)
        if (is_silent(reader->places[i]))
            (void)rd_kafka_topic_partition_list_add(list, reader->places[i]->topic->name,
                                                    reader->places[i]->partition);
    if (list->cnt && !kafka_ends_now(reader->log, !reader->options.read_uncommitted, list))
        return list;
    rd_kafka_topic_partition_list_destroy(list);
    return NULL;
}

static bool is_stalled(struct kafka_place *place, int64_t end)
{
    bool twice = place->behind;

    place->behind = end > 0 && end > place->next_offset;
    if (!twice || !place->behind)
        return false;
    log_warn("reader-stalled", "topic=%s partition=%d offset=%" PRId64 " end=%" PRId64,
             place->topic->name, place->partition, place->next_offset, end);
    place->behind = false;
    return true;
}

int stall_look(struct kafka_reader *reader, struct leat_error *error)
{
    int64_t now_ms = clock_ms(clock_system());
    rd_kafka_topic_partition_list_t *silent;
    bool stalled = false;

    if (now_ms < reader->look_at_ms)
        return LEAT_OK;
    reader->look_at_ms = now_ms + LOOK_MS;
    stall_free(reader);
    silent = silent_places(reader);
    if (!silent)
        return LEAT_OK;
    for (int i = 0; i < silent->cnt; i++) {
        const rd_kafka_topic_partition_t *end = &silent->elems[i];

        stalled |= !end->err && is_stalled(place_find(reader, end->topic, end->partition),
                                           end->offset);
    }
    rd_kafka_topic_partition_list_destroy(silent);
    return stalled ? begin_anew(reader, error) : LEAT_OK;
}
