/* demo.c - the demo from its first sale to the comparison.
 *
 * The order of the end is what makes the comparison fair: sales stop, the job reads its inputs to
 * their ends and stops, the sink reads what the job wrote to its end and stops, and only then is
 * every topic and table compared with the truth.
 *
 * Entry points:  demo_run()
 * See also:      demo_work.c (threads), demo_lag.c (what an end is)
 */
#include "blackfriday/demo.h"

#include "base/clock.h"
#include "base/memory.h"
#include "blackfriday/demo_input.h"
#include "blackfriday/demo_lag.h"
#include "blackfriday/demo_screen.h"
#include "blackfriday/demo_work.h"
#include "blackfriday/settings.h"
#include "processor/log.h"
#include "processor/streams.h"
#include "retail/retail.h"
#include "sink/runner.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    TICK_MS = 50,
    MEASURE_MS = 200,
    STALLED_MS = 60000,    /* without a record processed */
    LAG_TOPICS = 64,
};

static const char *const inputs[] = { "sales", "inventory-updates" };

struct demo {
    const struct demo_options *options;
    const atomic_bool *stop;
    struct demo_work work;
    struct retail_options retail;
    struct leat_topology *topology;
    struct leat_streams *streams;
    struct demo_watch *watch;
    struct demo_lag *input_lag, *sink_lag;
    struct demo_screen *screen;
    struct demo_figures figures;
    int64_t first_sale_ms, measured_ms, progress_ms; /* monotonic */
};

static bool has_database(const struct demo *demo)
{
    return config_text(demo->options->config, "blackfriday.database");
}

/* ---- figures -------------------------------------------------------------------------------- */

static int64_t commits_of(const struct demo *demo)
{
    int64_t commits = 0;

    for (size_t i = 0; i < crew_size(demo->streams->crew); i++)
        commits += (int64_t)atomic_load(
            &worker_figures(crew_worker(demo->streams->crew, i))->commits);
    return commits;
}

/* Figures that a commit under way hides stay as they were. */
static int measure_lag(struct demo_lag *lag, int64_t *done, int64_t *left,
                       struct leat_error *error)
{
    struct leat_error hidden = { 0 };
    int status = lag ? demo_lag_look(lag, done, left, &hidden) : LEAT_OK;

    if (!status || status == LEAT_E_RETRY)
        return LEAT_OK;
    *error = hidden;
    return status;
}

static int measure(struct demo *demo, struct leat_error *error)
{
    struct demo_figures *figures = &demo->figures;
    int64_t now_ms = clock_ms(clock_system()), before = figures->processed + figures->rows, ignored;
    int status = measure_lag(demo->input_lag, &figures->processed, &figures->lag, error);

    if (!status)
        status = measure_lag(demo->sink_lag, &ignored, &figures->rows_left, error);
    figures->at_ms = now_ms - demo->first_sale_ms;
    figures->sent = atomic_load(&demo->work.sent);
    figures->rows = atomic_load(&demo->work.rows);
    figures->outage = atomic_load(&demo->work.outage);
    if (demo->streams)
        figures->commits = commits_of(demo);
    if (demo->watch)
        demo_watch_sales(demo->watch, &figures->sales);
    if (figures->processed + figures->rows != before || figures->at_ms < figures->seconds * 1000)
        demo->progress_ms = now_ms;
    demo->measured_ms = now_ms;
    return status;
}

/* ---- looking after it all ------------------------------------------------------------------- */

static int thread_failed(const struct demo_thread *thread, const char *name,
                         struct leat_error *error)
{
    if (!thread->started || !atomic_load(&thread->ended))
        return LEAT_OK;
    if (thread->status)
        *error = thread->error;
    return thread->status ? thread->status
                          : error_set(error, LEAT_E_LOG, "the %s has ended early", name);
}

static int check(struct demo *demo, struct leat_error *error)
{
    int status = thread_failed(&demo->work.generator, "generator", error);

    if (atomic_load(demo->stop))
        return error_set(error, LEAT_E_STOPPED, "stopped before its end");
    if (!status)
        status = thread_failed(&demo->work.sink, "sink", error);
    if (!status && demo->streams && leat_streams_state(demo->streams) == LEAT_FAILED) {
        leat_streams_error(demo->streams, error);
        status = error->code;
    }
    if (!status && clock_ms(clock_system()) - demo->progress_ms > STALLED_MS)
        status = error_set(error, LEAT_E_LOG,
                           "nothing has moved for a minute: %" PRId64 " records wait to be "
                           "processed and %" PRId64 " to be stored",
                           demo->figures.lag, demo->figures.rows_left);
    return status;
}

/* One round: reads, measures, draws, and sees whether all is well. */
static int tick(struct demo *demo, struct leat_error *error)
{
    int status = check(demo, error);

    if (!status && demo->watch)
        status = demo_watch_poll(demo->watch, TICK_MS, error);
    else if (!status)
        clock_sleep_ms(TICK_MS);
    if (!status && clock_ms(clock_system()) - demo->measured_ms >= MEASURE_MS)
        status = measure(demo, error);
    if (!status)
        demo_screen_show(demo->screen, &demo->figures, false);
    return status;
}

static void phase(struct demo *demo, const char *name)
{
    demo->figures.phase = name;
}

/* ---- lags ----------------------------------------------------------------------------------- */

static bool is_repartition(const char *topic)
{
    const char *end = strrchr(topic, '-');

    return end && !strcmp(end, "-repartition");
}

/* The inputs, and where the job speaks to itself. */
static int drain_lag(struct demo *demo, char **names, int count, struct demo_lag **out,
                     struct leat_error *error)
{
    const char *topics[LAG_TOPICS];
    size_t topic_count = 0;

    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        topics[topic_count++] = inputs[i];
    for (int i = 0; i < count && topic_count < LAG_TOPICS; i++)
        if (is_repartition(names[i]))
            topics[topic_count++] = names[i];
    return demo_lag_new(demo->options->log, config_text(demo->options->config, "application.id"),
                        topics, topic_count, out, error);
}

static int input_lag(struct demo *demo, struct leat_error *error)
{
    return demo_lag_new(demo->options->log, config_text(demo->options->config, "application.id"),
                        inputs, sizeof inputs / sizeof *inputs, &demo->input_lag, error);
}

static int sink_lag(struct demo *demo, struct leat_error *error)
{
    struct sink_options sink = { 0 };
    const char *topics[LAG_TOPICS];

    settings_sink(demo->options->config, &sink);
    for (size_t i = 0; i < sink.table_count && i < LAG_TOPICS; i++)
        topics[i] = sink.tables[i].topic;
    return demo_lag_new(demo->options->log, sink.id, topics, sink.table_count, &demo->sink_lag,
                        error);
}

static int wait_drained(struct demo *demo, struct demo_lag *lag, struct leat_error *error)
{
    int status;

    while (!(status = tick(demo, error)) && !(status = demo_lag_drained(lag, error)))
        ;
    return status < 0 ? status : LEAT_OK;
}

/* ---- phases --------------------------------------------------------------------------------- */

/* Products and stores are all there before the first sale is processed. */
static int start_sales(struct demo *demo, struct leat_error *error)
{
    int status = demo_work_generate(&demo->work, error);

    demo->progress_ms = clock_ms(clock_system());
    while (!status && atomic_load(&demo->work.sent) < 0) {
        status = check(demo, error);
        clock_sleep_ms(TICK_MS);
    }
    demo->first_sale_ms = clock_ms(clock_system());
    return status ? status : input_lag(demo, error);
}

static int start_job(struct demo *demo, struct leat_error *error)
{
    const struct demo_options *options = demo->options;
    int status;

    settings_retail(options->config, &demo->retail);
    demo->topology = retail_topology(&demo->retail);
    demo->streams = streams_new(demo->topology, options->config, options->log);
    status = leat_streams_start(demo->streams, error);
    if (status) {
        leat_streams_free(demo->streams);
        demo->streams = NULL;
        return status;
    }
    if (has_database(demo))
        status = demo_work_sink(&demo->work, error);
    if (!status && has_database(demo))
        status = sink_lag(demo, error);
    return status ? status : demo_watch_new(options->log, options->registry, &demo->watch, error);
}

static int sell(struct demo *demo, struct leat_error *error)
{
    int64_t until_ms = demo->first_sale_ms + demo->options->seconds * 1000;
    int status = LEAT_OK;

    phase(demo, "selling");
    while (!status && clock_ms(clock_system()) < until_ms)
        status = tick(demo, error);
    if (status)
        return status;
    atomic_store(&demo->work.stop_generator, true);
    return demo_thread_join(&demo->work.generator, error);
}

static int drain(struct demo *demo, struct leat_error *error)
{
    const char *application = config_text(demo->options->config, "application.id");
    struct demo_lag *lag = NULL;
    char **names = NULL;
    int count = log_topic_list(demo->options->log, application, &names, error);
    int status = count < 0 ? count : drain_lag(demo, names, count, &lag, error);

    phase(demo, "processing what is left");
    if (!status)
        status = wait_drained(demo, lag, error);
    demo_lag_free(lag);
    for (int i = 0; i < count; i++)
        memory_free(names[i]);
    memory_free(names);
    return status;
}

/* What the workers counted goes with them. */
static int stop_job(struct demo *demo, struct leat_error *error)
{
    struct leat_streams *streams = demo->streams;
    int status = streams ? leat_streams_stop(streams, error) : LEAT_OK;

    demo->streams = NULL;
    leat_streams_free(streams);
    return status;
}

static int store(struct demo *demo, struct leat_error *error)
{
    int status = LEAT_OK;

    phase(demo, "storing what is left");
    if (demo->sink_lag)
        status = wait_drained(demo, demo->sink_lag, error);
    atomic_store(&demo->work.stop_sink, true);
    return status ? status : demo_thread_join(&demo->work.sink, error);
}

static int compare(struct demo *demo, struct leat_error *error)
{
    int64_t begun_ms = clock_ms(clock_system()), records;
    int status = demo_work_compare(&demo->work, error);
    char note[128];

    while (!status && !atomic_load(&demo->work.comparison.ended)) {
        const char *topic = demo_input_topic(demo->options->input, &records);

        clock_sleep_ms(TICK_MS);
        snprintf(note, sizeof note, "  comparing: %.1f s, %" PRId64 " records read, at %s",
                 (double)(clock_ms(clock_system()) - begun_ms) / 1000, records,
                 topic ? topic : "the beginning");
        demo_screen_note(demo->screen, note);
    }
    return status;
}

static int last_look(struct demo *demo, struct leat_error *error)
{
    int status = demo_watch_poll(demo->watch, 0, error);

    phase(demo, "all is processed");
    demo->figures.done = true;
    if (!status)
        status = measure(demo, error);
    if (!status)
        demo_screen_show(demo->screen, &demo->figures, true);
    return status;
}

static int run(struct demo *demo, struct leat_error *error)
{
    static int (*const steps[])(struct demo *, struct leat_error *) = {
        start_sales, start_job, sell, drain, stop_job, store, last_look, compare,
    };
    int status = LEAT_OK;

    for (size_t i = 0; i < sizeof steps / sizeof *steps && !status; i++)
        status = steps[i](demo, error);
    return status;
}

/* After a failure all of it is still running. */
static int finish(struct demo *demo, int status, struct leat_error *error)
{
    struct leat_error ignored = { 0 };

    atomic_store(&demo->work.stop_generator, true);
    atomic_store(&demo->work.stop_sink, true);
    demo_screen_free(demo->screen);
    demo_thread_join(&demo->work.generator, &ignored);
    if (stop_job(demo, &ignored) && !status)
        status = ignored.code;
    demo_thread_join(&demo->work.sink, &ignored);
    if (!status)
        status = demo_thread_join(&demo->work.comparison, error);
    if (status >= 0)
        printf("\n%.*s", (int)demo->work.table_size, demo->work.table);
    fflush(stdout);
    demo_work_free(&demo->work);
    demo_watch_free(demo->watch);
    demo_lag_free(demo->input_lag);
    demo_lag_free(demo->sink_lag);
    leat_topology_free(demo->topology);
    return status;
}

int demo_run(const struct demo_options *options, const atomic_bool *stop,
             struct leat_error *error)
{
    struct demo *demo = memory_new(sizeof *demo);
    const struct config *config = options->config;
    int status;

    demo->options = options;
    demo->stop = stop;
    demo_work_init(&demo->work, options);
    demo->screen = demo_screen_new();
    demo->figures = (struct demo_figures){
        .phase = "starting",
        .seconds = options->seconds,
        .database = has_database(demo),
        .guarantee = config_choice(config, "processing.guarantee") == CONFIG_EXACTLY_ONCE
                         ? "exactly once" : "at least once",
        .threads = (int)config_number(config, "num.stream.threads"),
    };
    status = finish(demo, run(demo, error), error);
    memory_free(demo);
    return status;
}
