/* time.c - clocks by origin, marks by sender, and the closing time they give. */
#include "topology/time.h"

#include "base/memory.h"

#include <assert.h>

static int64_t *times_new(int32_t count)
{
    int64_t *times = memory_array((size_t)count, sizeof *times);

    for (int32_t i = 0; i < count; i++)
        times[i] = TIME_NONE;
    return times;
}

void time_clock_init(struct time_clock *clock, int32_t inputs, int32_t origins)
{
    assert(inputs > 0 && origins > 0);
    *clock = (struct time_clock){ times_new(inputs * origins), inputs, origins, false };
}

int64_t time_greatest(const struct time_clock *clock)
{
    int64_t greatest = TIME_NONE;

    for (int32_t i = 0; i < time_places(clock); i++)
        if (clock->greatest[i] > greatest)
            greatest = clock->greatest[i];
    return greatest;
}

void time_clock_free(struct time_clock *clock)
{
    memory_free(clock->greatest);
    *clock = (struct time_clock){ 0 };
}

void time_heard_init(struct time_heard *heard, int32_t senders)
{
    assert(senders > 0);
    *heard = (struct time_heard){ times_new(senders + 1), senders, TIME_NONE, false };
}

void time_heard_free(struct time_heard *heard)
{
    memory_free(heard->marks);
    *heard = (struct time_heard){ 0 };
}

/* Idle senders are left out of the least. Where all are idle, time stands where it was: the last
 * of them to speak was heard before it went idle. */
static void find_least(struct time_heard *heard)
{
    int64_t least = TIME_MAX;

    for (int32_t i = 0; i < heard->senders; i++)
        if (heard->marks[i] < least)
            least = heard->marks[i];
    if (least != TIME_MAX && least > heard->least)
        heard->least = heard->marks[heard->senders] = least;
}

void time_hear(struct time_heard *heard, int32_t sender, int64_t mark_ms)
{
    int64_t before;

    assert(sender >= 0 && sender < heard->senders);
    before = heard->marks[sender];
    if (before == mark_ms || (before != TIME_MAX && before > mark_ms))
        return;
    heard->marks[sender] = mark_ms;
    heard->moved = true;
    if (before <= heard->least || before == TIME_MAX)
        find_least(heard);
}

/* A sender that woke up behind the others has the least mark, and windows are closed beyond it. */
void time_heard_loaded(struct time_heard *heard)
{
    heard->least = heard->marks[heard->senders];
    heard->moved = false;
    find_least(heard);
}

static int64_t least_of(const struct time_feed *feed)
{
    int64_t least = TIME_MAX;

    for (int i = 0; i < feed->heard_count; i++)
        if (feed->heard[i]->least < least)
            least = feed->heard[i]->least;
    for (int i = 0; i < feed->source_count; i++)
        if (feed->sources[i]->greatest[0] < least)
            least = feed->sources[i]->greatest[0];
    for (int i = 0; i < feed->passed_count; i++)
        if (*feed->passed[i] < least)
            least = *feed->passed[i];
    return least == TIME_MAX ? TIME_NONE : least;
}

/* A closing time never falls: a sender that wakes up behind the others finds windows closed. */
int64_t time_closing(const struct time_feed *feed, const struct time_clock *clock, int input)
{
    return feed->single ? *time_place(clock, input, 0) : least_of(feed);
}

bool time_idle(const struct time_feed *feed)
{
    if (feed->passed_count > feed->cached_count)
        return false;
    for (int i = 0; i < feed->heard_count; i++)
        for (int32_t sender = 0; sender < feed->heard[i]->senders; sender++)
            if (feed->heard[i]->marks[sender] != TIME_MAX)
                return false;
    return true;
}

int64_t time_settled(const struct time_feed *feed, const struct time_clock *clock)
{
    int64_t least = feed->marked ? least_of(feed) : TIME_MAX;

    for (int input = 0; input < clock->inputs && feed->single; input++)
        if (*time_place(clock, input, 0) < least)
            least = *time_place(clock, input, 0);
    return least;
}

int time_save(const int64_t *times, int32_t count, struct buffer *out)
{
    if (buffer_room(out, (size_t)count * 8))
        return LEAT_E_LIMIT;
    for (int32_t i = 0; i < count; i++)
        for (int shift = 56; shift >= 0; shift -= 8)
            out->data[out->size++] = (char)((uint64_t)times[i] >> shift);
    return LEAT_OK;
}

void time_load(int64_t *times, int32_t count, struct leat_bytes saved)
{
    for (int32_t i = 0; i < count; i++) {
        uint64_t time = 0;

        if ((size_t)i * 8 + 8 > saved.size) {
            times[i] = TIME_NONE;
            continue;
        }
        for (int at = 0; at < 8; at++)
            time = time << 8 | (uint8_t)saved.data[i * 8 + at];
        times[i] = (int64_t)time;
    }
}
