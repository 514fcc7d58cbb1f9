/* partition.c - one partition: appending, ending transactions, the last stable offset, deleting.
 *
 * A transaction that is open somewhere holds the last stable offset at its first record there, so
 * whether a record was aborted is settled before any read_committed reader may look at it.
 */
#include "processor/local/local.h"

#include "base/memory.h"

#include <assert.h>

enum { SEGMENT_MIN_BYTES = 4 << 10, SEGMENT_MAX_BYTES = 256 << 10 };

struct local_partition *local_partition_new(void)
{
    struct local_partition *partition = memory_new(sizeof *partition);

    partition->segment_bytes = SEGMENT_MIN_BYTES;
    return partition;
}

void local_partition_clear(struct local_partition *partition)
{
    for (size_t i = 0; i < partition->open_count; i++)
        local_segment_release(partition->open[i].segment);
    partition->open_count = 0;
    local_segment_release(partition->first);
    partition->first = partition->last = NULL;
}

void local_partition_free(struct local_partition *partition)
{
    local_partition_clear(partition);
    memory_free(partition->open);
    memory_free(partition);
}

static struct local_segment *room(struct local_partition *partition, size_t size)
{
    struct local_segment *last = partition->last, *segment;

    if (last && size <= last->capacity - last->used)
        return last;
    segment = local_segment_new(partition->end_offset,
                                size > partition->segment_bytes ? size : partition->segment_bytes);
    if (partition->segment_bytes < SEGMENT_MAX_BYTES)
        partition->segment_bytes *= 2;
    if (last)
        last->next = segment;
    else
        partition->first = segment;
    partition->last = segment;
    return segment;
}

static struct local_record *append(struct local_partition *partition,
                                   const struct local_record *record)
{
    struct local_segment *segment = room(partition, record->size);
    struct local_record *copy = local_segment_at(segment, segment->used);

    memcpy(copy, record, record->size);
    copy->owner.ops = &local_reader_ops;
    copy->back = (uint32_t)((char *)copy - (char *)segment);
    segment->used += record->size;
    segment->count++;
    partition->end_offset++;
    return copy;
}

static struct local_open *find_open(struct local_partition *partition, uint32_t producer)
{
    for (size_t i = 0; i < partition->open_count; i++)
        if (partition->open[i].producer == producer)
            return &partition->open[i];
    return NULL;
}

bool local_partition_append(struct local_partition *partition, const struct local_record *record,
                            uint32_t producer)
{
    struct local_record *copy = append(partition, record);

    copy->producer = producer;
    if (!producer || find_open(partition, producer))
        return false;
    partition->open = memory_grow(partition->open, partition->open_count,
                                  &partition->open_capacity, sizeof *partition->open);
    partition->open[partition->open_count++] = (struct local_open){
        .producer = producer,
        .first = partition->end_offset - 1,
        .segment = partition->last,
        .record = copy,
    };
    local_segment_hold(partition->last, 1);
    return true;
}

/* From the transaction's first record on to the end, through the chain. */
static void hide(const struct local_open *open)
{
    struct local_record *record = open->record;

    for (struct local_segment *at = open->segment; at; at = at->next) {
        struct local_record *end = local_segment_at(at, at->used);

        if (at != open->segment)
            record = at->memory;
        for (; record < end; record = local_record_next(record))
            if (record->producer == open->producer)
                record->aborted = 1;
    }
}

void local_partition_end(struct local_partition *partition, uint32_t producer, bool commit,
                         int64_t timestamp_ms)
{
    struct local_open *open = find_open(partition, producer);
    struct local_record marker = {
        .size = sizeof marker,
        .timestamp_ms = timestamp_ms,
        .key_size = LOCAL_NULL,
        .value_size = LOCAL_NULL,
        .control = 1,
    };

    if (!open)
        return;
    if (!commit)
        hide(open);
    local_segment_release(open->segment);
    *open = partition->open[--partition->open_count];
    append(partition, &marker);
}

int64_t local_partition_stable(const struct local_partition *partition)
{
    int64_t stable = partition->end_offset;

    for (size_t i = 0; i < partition->open_count; i++)
        if (partition->open[i].first < stable)
            stable = partition->open[i].first;
    return stable;
}

/* The last segment goes too when nothing of it is left: the chain then starts anew. */
void local_partition_delete(struct local_partition *partition, int64_t before)
{
    struct local_segment *first = partition->first;

    assert(before <= partition->end_offset);
    if (before <= partition->first_offset)
        return;
    partition->first_offset = before;
    while (partition->first && partition->first->base + partition->first->count <= before)
        partition->first = partition->first->next;
    if (partition->first == first)
        return;
    if (partition->first)
        local_segment_hold(partition->first, 1);
    else
        partition->last = NULL;
    local_segment_release(first);
}

struct local_segment *local_partition_seek(const struct local_partition *partition, int64_t offset,
                                           struct local_record **record)
{
    struct local_segment *segment = partition->first;

    assert(offset >= partition->first_offset && offset < partition->end_offset);
    while (segment->base + segment->count <= offset)
        segment = segment->next;
    *record = segment->memory;
    for (int64_t at = segment->base; at < offset; at++)
        *record = local_record_next(*record);
    return segment;
}
