/* reader.c - reading: a look at what is there under the lock, then a walk outside it.
 *
 * What lies before the limit taken under the lock is settled and never changes; the segment that
 * was the last one then is the only one walked that may still grow, behind the limit.
 *
 * Entry points:  local_reader_new()
 */
#include "processor/local/local.h"

#include "base/memory.h"

#include <assert.h>

struct place { /* a partition that is read */
    struct local_topic *topic; /* NULL: there was no such topic */
    struct local_partition *partition;
    char *name;
    int32_t number;
    int slot;
    bool paused, gone, over; /* gone: to be said; over: was said */
    int64_t offset;          /* of the next record */
    int64_t limit;           /* may be read up to here */
    int64_t told;            /* the end that was said last */
    struct local_segment *segment, *last; /* segment: a reference; NULL: to be looked up */
    struct local_record *record;          /* at offset */
};

struct reader {
    struct log_reader super;
    struct local *local;
    bool uncommitted;
    struct place *places;
    size_t count, capacity;
    size_t turn; /* the place that comes first, so that none starves */
};

static struct place *find(struct reader *reader, const struct log_position *partition)
{
    for (size_t i = 0; i < reader->count; i++)
        if (reader->places[i].number == partition->partition &&
            !strcmp(reader->places[i].name, partition->topic))
            return &reader->places[i];
    return NULL;
}

static void leave(struct reader *reader, struct place *place)
{
    local_segment_release(place->segment);
    local_topic_release(place->topic);
    memory_free(place->name);
    *place = reader->places[--reader->count];
}

static int reader_assign(struct log_reader *super, const struct log_position *from, int slot,
                         struct leat_error *error)
{
    struct reader *reader = (struct reader *)super;
    struct place *place = find(reader, from);
    struct local_topic *topic;

    local_lock(reader->local);
    if (place)
        leave(reader, place);
    reader->places = memory_grow(reader->places, reader->count, &reader->capacity,
                                 sizeof *reader->places);
    place = &reader->places[reader->count++];
    topic = local_topic_find(reader->local, from->topic);
    *place = (struct place){
        .topic = topic,
        .partition = topic ? local_topic_partition(topic, from->partition) : NULL,
        .name = memory_text(from->topic),
        .number = from->partition,
        .slot = slot,
        .offset = from->offset,
        .told = -1,
    };
    if (topic)
        local_topic_hold(topic);
    local_unlock(reader->local);
    return LEAT_OK;
}

static int not_assigned(const struct log_position *partition, struct leat_error *error)
{
    return error_set(error, LEAT_E_ARGUMENT, "%s/%d is not assigned to this reader",
                     partition->topic, (int)partition->partition);
}

static int reader_unassign(struct log_reader *super, const struct log_position *partition,
                           struct leat_error *error)
{
    struct reader *reader = (struct reader *)super;
    struct place *place = find(reader, partition);

    if (!place)
        return not_assigned(partition, error);
    local_lock(reader->local);
    leave(reader, place);
    local_unlock(reader->local);
    return LEAT_OK;
}

static int reader_pause(struct log_reader *super, const struct log_position *partition, bool pause,
                        struct leat_error *error)
{
    struct place *place = find((struct reader *)super, partition);

    if (!place)
        return not_assigned(partition, error);
    place->paused = pause;
    return LEAT_OK;
}

static int64_t reader_end(struct log_reader *super, const struct log_position *partition)
{
    struct reader *reader = (struct reader *)super;
    const struct place *place = find(reader, partition);
    int64_t end = -1;

    local_lock(reader->local);
    if (place && place->partition)
        end = place->partition->end_offset;
    local_unlock(reader->local);
    return end;
}

static bool is_gone(const struct place *place)
{
    const struct local_partition *partition = place->partition;

    return !partition || place->topic->deleted || place->offset < partition->first_offset ||
           place->offset > partition->end_offset;
}

/* Finds the record at offset, where the walk before this one left the segment's end behind. */
static void enter(struct place *place)
{
    struct local_segment *at = place->segment;

    if (at && place->offset < at->base + at->count)
        return;
    if (at && at->next) {
        place->segment = at->next;
        place->record = at->next->memory;
    } else {
        place->segment = local_partition_seek(place->partition, place->offset, &place->record);
    }
    local_segment_hold(place->segment, 1);
    local_segment_release(at);
}

/* Whether there is anything to say of the place. With the lock held. */
static bool look(const struct reader *reader, struct place *place)
{
    if (place->over || place->paused)
        return false;
    place->gone = is_gone(place);
    if (place->gone)
        return true;
    place->limit = reader->uncommitted ? place->partition->end_offset
                                       : local_partition_stable(place->partition);
    place->last = place->partition->last;
    if (place->offset < place->limit)
        enter(place);
    return place->offset < place->limit ||
           (place->offset == place->limit && place->told != place->limit);
}

static size_t look_all(struct reader *reader)
{
    size_t ready = 0;

    for (size_t i = 0; i < reader->count; i++)
        ready += look(reader, &reader->places[i]);
    return ready;
}

static void say(const struct place *place, enum log_event event, struct log_message *message)
{
    *message = (struct log_message){
        .event = event,
        .slot = place->slot,
        .partition = place->number,
        .offset = place->offset,
    };
}

/* To the next segment of the chain. The one held keeps it there. */
static void step_over(struct place *place)
{
    struct local_segment *left = place->segment;

    assert(left != place->last);
    local_segment_hold(left->next, 1);
    place->segment = left->next;
    place->record = left->next->memory;
    local_segment_release(left);
}

/* Records of one segment. Its count is read only if it was not the last: then it is final. */
static size_t walk_segment(struct place *place, bool uncommitted, struct log_message *messages,
                           size_t room)
{
    struct local_segment *segment = place->segment;
    int64_t end = segment == place->last ? place->limit : segment->base + segment->count;
    size_t count = 0;

    if (end > place->limit)
        end = place->limit;
    for (; count < room && place->offset < end; place->offset++) {
        struct local_record *record = place->record;

        if (!record->control && (uncommitted || !record->aborted)) {
            struct log_message *message = &messages[count++];

            message->event = LOG_RECORD;
            message->slot = place->slot;
            message->partition = place->number;
            message->offset = place->offset;
            local_record_view(record, message);
        }
        place->record = local_record_next(record);
    }
    if (count)
        local_segment_hold(segment, count);
    return count;
}

static size_t walk(struct place *place, bool uncommitted, struct log_message *messages,
                   size_t room)
{
    size_t count = 0;

    while (count < room && place->offset < place->limit) {
        if (place->segment != place->last &&
            place->offset >= place->segment->base + place->segment->count)
            step_over(place);
        count += walk_segment(place, uncommitted, messages + count, room - count);
    }
    return count;
}

static size_t take(const struct reader *reader, struct place *place, struct log_message *messages,
                   size_t room)
{
    size_t count = 0;

    if (place->over || place->paused || !room)
        return 0;
    if (place->gone) {
        say(place, LOG_GONE, messages);
        place->over = true;
        return 1;
    }
    count = walk(place, reader->uncommitted, messages, room);
    if (count < room && place->offset == place->limit && place->told != place->limit) {
        say(place, LOG_END, &messages[count++]);
        place->told = place->limit;
    }
    return count;
}

/* Equal shares first, so that a task sees all its partitions move; then what room is left. */
static size_t take_all(struct reader *reader, struct log_message *messages, size_t max,
                       size_t ready)
{
    size_t share = max / ready ? max / ready : 1, count = 0, before;

    do {
        before = count;
        for (size_t i = 0; i < reader->count; i++) {
            struct place *place = &reader->places[(reader->turn + i) % reader->count];
            size_t room = max - count < share ? max - count : share;

            count += take(reader, place, messages + count, room);
        }
    } while (count < max && count > before);
    reader->turn++;
    return count;
}

static int reader_poll(struct log_reader *super, struct log_message *messages, size_t max,
                       int timeout_ms, struct leat_error *error)
{
    struct reader *reader = (struct reader *)super;
    struct timespec until = local_until(timeout_ms);
    size_t ready;

    local_lock(reader->local);
    do
        ready = look_all(reader);
    while (!ready && local_wait(reader->local, timeout_ms, &until));
    local_unlock(reader->local);
    return ready && max ? (int)take_all(reader, messages, max, ready) : 0;
}

static void message_free(struct log_message *message)
{
    local_segment_release(local_record_segment(message->owner));
}

static size_t message_headers(const struct log_message *message, struct log_header *headers,
                              size_t max)
{
    return local_record_headers(message->owner, headers, max);
}

static void reader_free(struct log_reader *super)
{
    struct reader *reader = (struct reader *)super;

    local_lock(reader->local);
    while (reader->count)
        leave(reader, &reader->places[0]);
    reader->local->uncommitted_readers -= reader->uncommitted;
    local_unlock(reader->local);
    memory_free(reader->places);
    memory_free(reader);
}

const struct log_reader_ops local_reader_ops = {
    .assign = reader_assign,
    .unassign = reader_unassign,
    .pause = reader_pause,
    .poll = reader_poll,
    .end = reader_end,
    .message_free = message_free,
    .headers = message_headers,
    .free = reader_free,
};

int local_reader_new(struct log *log, const struct log_reader_options *options,
                     struct log_reader **out, struct leat_error *error)
{
    struct reader *reader = memory_new(sizeof *reader);

    reader->super.ops = &local_reader_ops;
    reader->local = (struct local *)log;
    reader->uncommitted = options->read_uncommitted;
    local_lock(reader->local);
    reader->local->uncommitted_readers += reader->uncommitted;
    local_unlock(reader->local);
    *out = &reader->super;
    return LEAT_OK;
}
