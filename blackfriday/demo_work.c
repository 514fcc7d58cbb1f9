/* demo_work.c - what the demo does in threads of its own. */
#include "blackfriday/demo_work.h"

#include "base/clock.h"
#include "blackfriday/generate.h"
#include "blackfriday/settings.h"
#include "blackfriday/verify.h"
#include "processor/log.h"
#include "sink/runner.h"

#include <assert.h>
#include <stdlib.h>

enum { FLUSH_INTERVAL_MS = 500 };

void demo_work_init(struct demo_work *work, const struct demo_options *options)
{
    *work = (struct demo_work){ .options = options };
    atomic_store(&work->sent, -1);
}

void demo_work_free(struct demo_work *work)
{
    free(work->table);
}

static int start(struct demo_thread *thread, void *(*run)(void *), struct demo_work *work,
                 struct leat_error *error)
{
    assert(!thread->started);
    if (pthread_create(&thread->thread, NULL, run, work))
        return error_set(error, LEAT_E_LIMIT, "cannot start a thread for the demo");
    thread->started = true;
    return LEAT_OK;
}

int demo_thread_join(struct demo_thread *thread, struct leat_error *error)
{
    if (!thread->started)
        return LEAT_OK;
    pthread_join(thread->thread, NULL);
    thread->started = false;
    if (thread->status)
        *error = thread->error;
    return thread->status;
}

/* ---- sales ---------------------------------------------------------------------------------- */

/* A day in the shop: a little of everything that can be wrong. */
static void *generator_run(void *argument)
{
    struct demo_work *work = argument;
    const struct demo_options *options = work->options;
    struct generate_options with = {
        .event = { .seed = 1, .products = (uint32_t)options->products,
                   .stores = (uint32_t)options->stores, .skew = 0.8, .late_percent = 1,
                   .invalid_percent = 0.5, .unknown_percent = 1, .duplicate_percent = 0.2,
                   .odd_key_percent = 0.1 },
        .sales = GENERATE_ENDLESS,
        .updates = 1,
        .rate = options->rate,
        .live = true,
        .start_ms = clock_wall_ms(clock_system()),
        .partitions = options->partitions,
        .stop = &work->stop_generator,
        .sent = &work->sent,
    };
    struct demo_thread *thread = &work->generator;
    struct generate_counts counts;

    thread->status = generate(options->log, options->registry, &with, &counts, &thread->error);
    atomic_store(&thread->ended, true);
    return NULL;
}

int demo_work_generate(struct demo_work *work, struct leat_error *error)
{
    return start(&work->generator, generator_run, work, error);
}

/* ---- the database --------------------------------------------------------------------------- */

static void note_progress(void *user, const struct sink_progress *progress)
{
    struct demo_work *work = user;

    atomic_store(&work->rows, progress->rows);
    atomic_store(&work->outage, progress->outage);
}

static void *sink_thread(void *argument)
{
    struct demo_work *work = argument;
    struct demo_thread *thread = &work->sink;
    struct sink_options with = { .registry = work->options->registry,
                                 .flush_interval_ms = FLUSH_INTERVAL_MS,
                                 .progress = note_progress, .user = work };

    settings_sink(work->options->config, &with);
    thread->status = sink_run(work->options->log, &with, &work->stop_sink, &thread->error);
    atomic_store(&thread->ended, true);
    return NULL;
}

int demo_work_sink(struct demo_work *work, struct leat_error *error)
{
    return start(&work->sink, sink_thread, work, error);
}

/* ---- the comparison ------------------------------------------------------------------------- */

static void *comparison_run(void *argument)
{
    struct demo_work *work = argument;
    struct demo_thread *thread = &work->comparison;
    struct verify_options with = { 0 };

    settings_verify(work->options->config, &with);
    with.out = open_memstream(&work->table, &work->table_size);
    thread->status = with.out ? verify_run(work->options->input, work->options->registry, &with,
                                           &thread->error)
                              : error_set(&thread->error, LEAT_E_LIMIT, "no memory for a table");
    if (with.out)
        fclose(with.out);
    atomic_store(&thread->ended, true);
    return NULL;
}

int demo_work_compare(struct demo_work *work, struct leat_error *error)
{
    return start(&work->comparison, comparison_run, work, error);
}
