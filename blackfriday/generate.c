/* generate.c - how many events, when, and how fast.
 *
 * Entry points:  generate(), generate_print()
 * See also:      event.c (one event), catalogue.c, spread.c, generate_time.c
 */
#include "blackfriday/generate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "blackfriday/catalogue.h"
#include "blackfriday/spread.h"
#include "retail/product.h"
#include "retail/store.h"

#include <assert.h>
#include <math.h>
#include <unistd.h>

enum {
    DEFAULT_PARTITIONS = 4,
    DEFAULT_PRODUCTS = 10000,
    DEFAULT_STORES = 100,
    UPDATE_EVERY = 6,        /* of an endless run */
    CHECK_EVERY = 64,        /* events between looks at the clock */
    SLEEP_MS = 20,
    PROGRESS_FIRST_MS = 2000,
    PROGRESS_TERMINAL_MS = 500,
    PROGRESS_FILE_MS = 5000,
    JITTER_MAX_MS = 3000,
};

struct run {
    const struct generate_options *options;
    struct generate_counts *counts;
    struct feed *feed;
    struct event_maker *maker;
    struct clock *clock;
    int64_t begun_us, progress_us; /* progress: when the next line is due */
    int64_t total;                 /* events; GENERATE_ENDLESS */
    int64_t sent;
};

static bool stopped(const struct run *run)
{
    return run->options->stop && atomic_load(run->options->stop);
}

/* ---- products and stores ------------------------------------------------------------------- */

/* The contract's tables have their key in the first field. */
static int send_row(struct run *run, enum feed_topic topic, const void *value,
                    struct leat_error *error)
{
    struct feed_record record = { .topic = topic, .timestamp_ms = clock_wall_ms(run->clock) };
    int code = feed_encode(run->feed, topic, value, &record.wire, error);

    if (code)
        return code;
    memcpy(&record.key, value, sizeof record.key);
    record.partition = feed_partition(run->feed, topic, record.key);
    return feed_send(run->feed, &record, error);
}

static int send_master(struct run *run, struct leat_error *error)
{
    const struct event_options *event = &run->options->event;
    struct catalogue_text text;
    struct product product;
    struct store store;
    int code = LEAT_OK;

    for (uint32_t i = 0; !code && i < event->products && !stopped(run); i++) {
        catalogue_product(event->seed, i, &product, &text);
        code = send_row(run, FEED_PRODUCTS, &product, error);
        run->counts->products += !code;
    }
    for (uint32_t i = 0; !code && i < event->stores && !stopped(run); i++) {
        catalogue_store(event->seed, i, &store, &text);
        code = send_row(run, FEED_STORES, &store, error);
        run->counts->stores += !code;
    }
    return code ? code : feed_flush(run->feed, error);
}

/* ---- pace and progress --------------------------------------------------------------------- */

static void show_progress(struct run *run, int64_t now_us)
{
    bool terminal = isatty(STDERR_FILENO);
    double seconds = (double)(now_us - run->begun_us) / 1e6;

    if (!run->options->progress || now_us < run->progress_us)
        return;
    run->progress_us =
        now_us + (terminal ? PROGRESS_TERMINAL_MS : PROGRESS_FILE_MS) * INT64_C(1000);
    fprintf(stderr, "%sgenerate: %lld", terminal ? "\r" : "", (long long)run->sent);
    if (run->total >= 0)
        fprintf(stderr, " of %lld", (long long)run->total);
    fprintf(stderr, " records, %.0f a second%s", (double)run->sent / seconds,
            terminal ? "  " : "\n");
}

static void end_progress(const struct run *run)
{
    bool shown = run->progress_us > run->begun_us + PROGRESS_FIRST_MS * INT64_C(1000);

    if (run->options->progress && shown && isatty(STDERR_FILENO))
        fputc('\n', stderr);
}

/* How long after the beginning event number n is due. A day has the events of its length at the
 * rate, whenever they come. */
static double due_ms(const struct generate_options *options, int64_t number)
{
    double a_day = options->rate * (double)options->day_ms / 1000, days;

    if (a_day < 1)
        return (double)number / options->rate * 1000;
    days = floor((double)number / a_day);
    return (days + spread_day((double)number / a_day - days)) * (double)options->day_ms;
}

/* Waits until event number n is due. What was sent before is flushed, so that it is seen. */
static int keep_pace(struct run *run, int64_t number, struct leat_error *error)
{
    int64_t due_us, now_us = clock_us(run->clock);
    int code = LEAT_OK;

    show_progress(run, now_us);
    if (run->options->sent)
        atomic_store(run->options->sent, run->sent);
    if (run->options->rate <= 0)
        return LEAT_OK;
    due_us = run->begun_us + (int64_t)(due_ms(run->options, number) * 1000);
    if (due_us - now_us < SLEEP_MS * 1000 / 4)
        return LEAT_OK;
    code = feed_flush(run->feed, error);
    while (!code && !stopped(run) && due_us > (now_us = clock_us(run->clock))) {
        int64_t left_ms = (due_us - now_us) / 1000 + 1;

        clock_sleep_ms(left_ms < SLEEP_MS ? left_ms : SLEEP_MS);
        show_progress(run, now_us);
    }
    return code;
}

static bool is_check(const struct run *run, int64_t number)
{
    double every = run->options->rate > 0 ? run->options->rate / 100 : CHECK_EVERY;

    return every < 2 || number % (every < CHECK_EVERY ? (int64_t)every : CHECK_EVERY) == 0;
}

/* ---- events -------------------------------------------------------------------------------- */

static bool is_update(const struct run *run, int64_t number)
{
    int64_t updates = run->options->updates;

    if (run->total == GENERATE_ENDLESS)
        return updates && number % UPDATE_EVERY == 0;
    return (number + 1) * updates / run->total > number * updates / run->total;
}

/* Neighbours in the file of the day's trade overtake each other by seconds. */
static int64_t time_of(const struct run *run, int64_t number)
{
    const struct generate_options *options = run->options;
    struct dice dice = dice_of(options->event.seed ^ 0x5eed, (uint64_t)number);
    int64_t jitter_ms = options->span_ms / 1000 < JITTER_MAX_MS ? options->span_ms / 1000
                                                                : JITTER_MAX_MS;
    double share, at_ms;

    if (options->live)
        return options->start_ms + (int64_t)due_ms(options, number);
    share = ((double)number + 0.5) / (double)run->total;
    at_ms = (double)options->start_ms + spread_day(share) * (double)options->span_ms;
    at_ms -= jitter_ms > 0 ? dice_below(&dice, (uint32_t)jitter_ms) : 0;
    return at_ms > (double)options->start_ms ? (int64_t)at_ms : options->start_ms;
}

static void count(struct run *run, const struct event *event)
{
    struct generate_counts *counts = run->counts;

    run->sent++;
    counts->faults[event->fault]++;
    if (event->fault)
        return;
    if (event->record.topic == FEED_UPDATES) {
        counts->updates++;
        return;
    }
    counts->sales++;
    counts->late += event->late;
    counts->unknown += event->unknown;
    counts->duplicates += event->duplicate;
    counts->odd_keys += event->odd_key;
}

static int send_event(struct run *run, int64_t number, struct leat_error *error)
{
    int64_t at_ms = time_of(run, number);
    struct event event;
    int code = is_update(run, number)
                   ? event_update(run->maker, (uint64_t)number, at_ms, &event, error)
                   : event_sale(run->maker, (uint64_t)number, at_ms, &event, error);

    if (code)
        return code;
    if (event.withheld) {
        run->counts->withheld++;
        return LEAT_OK;
    }
    code = feed_send(run->feed, &event.record, error);
    if (!code)
        count(run, &event);
    return code;
}

static int send_events(struct run *run, struct leat_error *error)
{
    int code = LEAT_OK;

    for (int64_t i = 0; !code && (run->total < 0 || i < run->total); i++) {
        if (is_check(run, i)) {
            code = keep_pace(run, i, error);
            if (stopped(run))
                break;
        }
        if (!code)
            code = send_event(run, i, error);
    }
    return code ? code : feed_flush(run->feed, error);
}

/* ---- the command --------------------------------------------------------------------------- */

static int check_options(const struct generate_options *options, struct leat_error *error)
{
    if (options->sales < GENERATE_ENDLESS || options->updates < GENERATE_ENDLESS)
        return error_set(error, LEAT_E_ARGUMENT, "a count of sales or updates is negative");
    if (options->rate < 0)
        return error_set(error, LEAT_E_ARGUMENT, "the rate is negative; 0 is as fast as can be");
    if (options->sales == GENERATE_ENDLESS && !options->live)
        return error_set(error, LEAT_E_ARGUMENT,
                         "a span to spread the sales over needs their count");
    if (options->live && options->rate <= 0)
        return error_set(error, LEAT_E_ARGUMENT, "live sales need a rate");
    if (options->start_ms < 0 || options->span_ms < 0)
        return error_set(error, LEAT_E_ARGUMENT, "the sales would start before 1970");
    return LEAT_OK;
}

/* The partition that is named must be one of both topics, or withholding it says nothing. */
static int check_partition(const struct run *run, struct leat_error *error)
{
    const struct event_options *event = &run->options->event;

    for (int id = FEED_UPDATES; id <= FEED_SALES && event->share; id++)
        if (event->partition < 0 || event->partition >= feed_partitions(run->feed, id))
            return error_set(error, LEAT_E_ARGUMENT,
                             "topic '%s' has no partition %d, only %d of them", feed_name(id),
                             (int)event->partition, (int)feed_partitions(run->feed, id));
    return LEAT_OK;
}

static int send_all(struct run *run, struct leat_error *error)
{
    int code = check_partition(run, error);

    if (!code && !run->options->no_master)
        code = send_master(run, error);
    if (code)
        return code;
    run->maker = event_maker_new(run->feed, &run->options->event);
    run->begun_us = clock_us(run->clock);
    run->progress_us = run->begun_us + PROGRESS_FIRST_MS * INT64_C(1000);
    code = send_events(run, error);
    run->counts->took_ms = (clock_us(run->clock) - run->begun_us) / 1000;
    if (run->options->sent)
        atomic_store(run->options->sent, run->sent);
    end_progress(run);
    event_maker_free(run->maker);
    return code;
}

int generate(struct log *log, struct registry *registry, const struct generate_options *options,
             struct generate_counts *counts, struct leat_error *error)
{
    struct generate_options filled = *options;
    struct run run = { .options = &filled, .counts = counts, .clock = clock_system() };
    struct feed_options feeding = {
        .topics = { [FEED_PRODUCTS] = !options->no_master, [FEED_STORES] = !options->no_master,
                    [FEED_UPDATES] = true, [FEED_SALES] = true },
        .partitions = options->partitions ? options->partitions : DEFAULT_PARTITIONS,
        .stop = options->stop,
    };
    int code = check_options(options, error);

    *counts = (struct generate_counts){ 0 };
    filled.event.products = filled.event.products ? filled.event.products : DEFAULT_PRODUCTS;
    filled.event.stores = filled.event.stores ? filled.event.stores : DEFAULT_STORES;
    filled.event.now_ms = clock_wall_ms(run.clock);
    run.total = options->sales == GENERATE_ENDLESS ? GENERATE_ENDLESS
                                                   : options->sales + options->updates;
    if (!code)
        code = feed_new(log, registry, &feeding, &run.feed, error);
    if (!code)
        code = send_all(&run, error);
    if (run.feed)
        counts->lost = feed_lost(run.feed);
    feed_free(run.feed);
    return code == LEAT_E_STOPPED ? LEAT_OK : code;
}

static void print_line(FILE *file, const char *what, int64_t count)
{
    if (count)
        fprintf(file, "%12lld  %s\n", (long long)count, what);
}

void generate_print(const struct generate_counts *counts, FILE *file)
{
    double seconds = (double)(counts->took_ms ? counts->took_ms : 1) / 1000;
    int64_t events = counts->sales + counts->updates;

    for (int i = EVENT_SOUND + 1; i < EVENT_FAULTS; i++)
        events += counts->faults[i];
    print_line(file, "products", counts->products);
    print_line(file, "stores", counts->stores);
    print_line(file, "inventory updates", counts->updates);
    print_line(file, "sales", counts->sales);
    print_line(file, "  late", counts->late);
    print_line(file, "  of an unknown product or store", counts->unknown);
    print_line(file, "  with the transaction_id of another", counts->duplicates);
    print_line(file, "  with a key that is not UTF-8", counts->odd_keys);
    for (int i = EVENT_SOUND + 1; i < EVENT_FAULTS; i++) {
        char text[64];

        snprintf(text, sizeof text, "invalid: %s", event_fault_name((enum event_fault)i));
        print_line(file, text, counts->faults[i]);
    }
    print_line(file, "withheld", counts->withheld);
    print_line(file, "lost in an outage, at least", counts->lost);
    fprintf(file, "%12lld  sales and updates in %.1f s, %.0f a second\n", (long long)events,
            seconds, (double)events / seconds);
}
