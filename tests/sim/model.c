/* model.c - what must come out, by loops over what was fed; and which records came in time.
 *
 * A record is in time for a window that, with its grace, ends behind the greatest timestamp that
 * its source partition has sent on so far. None of those may be late, however the work was shared
 * out and how fast each part of it was; and with one partition exactly the others are late.
 */
#include "model.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void count(struct model *model, int key, int64_t start_ms, const struct event *event,
                  bool in_time)
{
    model->counts = memory_grow(model->counts, model->count, &model->capacity,
                                sizeof *model->counts);
    model->counts[model->count++] = (struct counted){ key, start_ms, event->number, in_time };
}

static void count_windows(struct model *model, const struct job *job, const struct event *event,
                          int64_t clock_ms)
{
    int64_t advance = job->window.advance ? job->window.advance : job->window.size;
    int64_t at_ms = event->timestamp_ms, last = at_ms / advance * advance;

    for (int64_t start = last; start >= 0 && start > at_ms - job->window.size; start -= advance)
        count(model, job_key(event->number), start, event,
              start + job->window.size + job->window.grace > clock_ms);
}

static void count_sums(struct model *model, const struct job *job)
{
    int64_t clocks[2][16];

    memset(clocks, 0x80, sizeof clocks);
    for (size_t i = 0; i < job->event_count; i++) {
        const struct event *event = &job->events[i];
        int64_t *clock_ms = &clocks[event->topic][event->partition];

        if (!job_passes(event->number))
            continue;
        if (*clock_ms < event->timestamp_ms)
            *clock_ms = event->timestamp_ms;
        if (job->windowed)
            count_windows(model, job, event, *clock_ms);
        else
            count(model, job_key(event->number), 0, event, true);
    }
}

/* The last value of each row counts. */
static void count_rows(struct model *model, const struct job *job)
{
    for (size_t i = 0; i < job->event_count; i++) {
        const struct event *event = &job->events[i];
        bool last = !event->none;

        for (size_t j = i + 1; j < job->event_count && last; j++)
            last = job->events[j].row != event->row;
        if (last)
            count(model, job_key(event->number), 0, event, true);
    }
}

void model_make(struct model *model, const struct job *job)
{
    *model = (struct model){ 0 };
    if (job->kind == JOB_ROWS)
        count_rows(model, job);
    else
        count_sums(model, job);
}

void model_free(struct model *model)
{
    memory_free(model->counts);
}
