/* web_live.c - tests of what keeps the figures live: topics in memory, the figures over HTTP. */
#include "blackfriday/web/live.h"

#include "base/clock.h"
#include "base/memory.h"
#include "blackfriday/web/lag.h"
#include "input_bench.h"
#include "processor/log.h"
#include "retail/low_stock.h"
#include "retail/totals.h"
#include "schemas/codec.h"
#include "web_client.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE = 60000, TRIES = 1200, PAUSE_MS = 50 };

static struct input_bench bench;
static struct live *live;
static struct web_server *server;
static struct web_route routes[LIVE_ROUTES];
static struct client_reply reply;

/* ---- topics ---------------------------------------------------------------------------------- */

static void good(int status)
{
    cr_assert(eq(int, status, LEAT_OK), "%s", bench.error.text);
}

static void make(const char *name)
{
    struct log_topic topic = { .name = name, .partitions = 2, .replication = -1 };

    good(log_topic_create(bench.log, &topic, &bench.error));
}

static void make_all(void)
{
    for (int i = 0; i < FIGURES_TOPICS; i++)
        make(figures_topic_name((enum figures_topic)i));
}

static struct log_writer *writer_new(const char *transactional_id)
{
    struct log_writer_options options = { .transactional_id = transactional_id,
                                          .transaction_timeout_ms = 60000,
                                          .queue_bytes = 1 << 20 };
    struct log_writer *writer;

    good(log_writer_new(bench.log, &options, &writer, &bench.error));
    return writer;
}

static void send(struct log_writer *writer, const char *topic, const char *key,
                 struct leat_bytes value)
{
    struct log_record record = { .topic = log_writer_topic(writer, topic), .timestamp_ms = 5,
                                 .key = leat_bytes_of(key), .value = value };

    good(log_writer_send(writer, &record, &bench.error));
}

static void send_value(struct log_writer *writer, const char *topic, const char *key,
                       const struct leat_type *type, const void *value)
{
    struct codec *codec = codec_new(type, bench.registry);
    struct buffer wire;

    buffer_init(&wire, 1 << 16);
    good(codec_register(codec, topic, &bench.error));
    good(codec_encode(codec, value, &wire));
    send(writer, topic, key, buffer_bytes(&wire));
    buffer_free(&wire);
    codec_free(codec);
}

static void send_total(struct log_writer *writer, int64_t minute, int64_t orders)
{
    struct totals totals = { .window_start = minute * MINUTE, .window_end = (minute + 1) * MINUTE,
                             .orders = orders, .units = orders, .revenue = orders * 100 };
    char key[32];

    snprintf(key, sizeof key, "all%lld", (long long)minute);
    send_value(writer, "sales-totals", key, &totals_type, &totals);
}

static void total(int64_t minute, int64_t orders)
{
    struct log_writer *writer = writer_new(NULL);

    send_total(writer, minute, orders);
    good(log_writer_flush(writer, &bench.error));
    log_writer_free(writer);
}

/* ---- the server ------------------------------------------------------------------------------ */

static void start(void)
{
    struct web_server_options options = { .routes = routes, .route_count = LIVE_ROUTES };

    input_bench_start(&bench);
    live = live_new(&(struct live_options){
        .log = bench.log, .registry = bench.registry, .application = "shop",
        .figures = { .totals_window_ms = MINUTE, .threshold = 10 } });
    live_routes(live, routes);
    good(web_server_start(&options, &server, &bench.error));
    live_start(live, server);
}

static void stop(void)
{
    live_stop(live);
    web_server_stop(server);
    live_free(live);
    input_bench_stop(&bench);
}

TestSuite(web_live, .init = start, .fini = stop);

static void get(const char *path)
{
    client_get(&(struct client_ask){ .port = web_server_port(server), .path = path }, &reply);
}

/* Asks until the answer has the status and the words. */
static void comes(const char *path, long status, const char *words)
{
    for (int i = 0; i < TRIES; i++) {
        get(path);
        if (reply.status == status && strstr(reply.body, words))
            return;
        clock_sleep_ms(PAUSE_MS);
    }
    cr_fatal("%s: %ld %s", path, reply.status, reply.body);
}

/* ---- figures --------------------------------------------------------------------------------- */

Test(web_live, waits_for_topics_and_says_so)
{
    comes("/health", 503, "there is no topic 'products' yet");
    get("/figures");
    cr_assert(eq(long, reply.status, 503));
    make_all();
    comes("/health", 200, "healthy");
    comes("/figures", 200, "\"orders\":0");
    total(1, 7);
    comes("/figures", 200, "\"orders\":7");
}

Test(web_live, shows_what_was_there_before_it_started)
{
    make_all();
    total(1, 1);
    total(2, 2);
    total(1, 5);
    comes("/figures", 200, "{\"totals\":{\"revenue\":\"7.00\",\"orders\":7,\"units\":7,");
    comes("/figures", 200, "\"health\":{\"lag\":0,\"partitions\":[],\"late\":0,");
}

Test(web_live, sends_an_event_when_a_section_changes)
{
    char body[sizeof reply.body];

    make_all();
    total(1, 1);
    comes("/figures", 200, "\"orders\":1,");
    total(1, 33);
    client_get(&(struct client_ask){ .port = web_server_port(server), .path = "/events",
                                     .until = "\"orders\":33," },
               &reply);
    memcpy(body, reply.body, sizeof body);
    cr_assert(strstr(body, "event: totals\ndata: {\"revenue\":\"33.00\"") != NULL, "%s", body);
}

/* A sentinel behind them tells that all before it was read. */
Test(web_live, counts_nothing_that_is_not_committed)
{
    struct log_writer *writer;

    make_all();
    comes("/health", 200, "healthy");
    writer = writer_new("one");
    good(log_writer_begin(writer, &bench.error));
    send_total(writer, 1, 1000);
    good(log_writer_flush(writer, &bench.error));
    good(log_writer_abort(writer, &bench.error));
    good(log_writer_begin(writer, &bench.error));
    send_total(writer, 2, 5);
    good(log_writer_commit(writer, NULL, NULL, 0, &bench.error));
    log_writer_free(writer);
    comes("/figures", 200, "\"orders\":5,\"units\":5");
}

Test(web_live, skips_what_it_cannot_read)
{
    struct log_writer *writer = NULL;

    make_all();
    writer = writer_new(NULL);
    send(writer, "sales-totals", "all1", leat_bytes_of("no Avro"));
    send(writer, "sales-totals", "all1", leat_bytes_of(""));
    send(writer, "sales-totals", "all1", (struct leat_bytes){ 0 });
    send_total(writer, 1, 4);
    good(log_writer_flush(writer, &bench.error));
    log_writer_free(writer);
    comes("/figures", 200, "\"orders\":4,");
}

/* As when the application is reset: what stood there before must not be added to. */
Test(web_live, begins_anew_when_a_topic_was_made_anew)
{
    make_all();
    total(1, 1);
    total(2, 1);
    comes("/figures", 200, "\"orders\":2,");
    good(log_topic_delete(bench.log, "sales-totals", &bench.error));
    comes("/health", 503, "");
    make("sales-totals");
    total(3, 40);
    comes("/figures", 200, "\"orders\":40,");
    comes("/health", 200, "healthy");
}

Test(web_live, counts_what_was_late_or_rejected)
{
    struct log_writer *writer;

    make_all();
    writer = writer_new(NULL);
    send(writer, "sales-late", "T1", leat_bytes_of("any"));
    send(writer, "sales-rejected", "T2", leat_bytes_of("thing"));
    send(writer, "sales-rejected", NULL, (struct leat_bytes){ 0 });
    good(log_writer_flush(writer, &bench.error));
    log_writer_free(writer);
    comes("/figures", 200, "\"late\":1,\"rejected\":2,");
}

/* ---- lag ------------------------------------------------------------------------------------- */

static void start_lag(void)
{
    input_bench_start(&bench);
    make("sales");
    make("shop-sums-repartition");
    make("shop-sums-changelog");
}

static void stop_lag(void)
{
    input_bench_stop(&bench);
}

TestSuite(web_lag, .init = start_lag, .fini = stop_lag);

static void write_some(const char *topic, const char *transactional_id, int count)
{
    struct log_writer *writer = writer_new(transactional_id);

    if (transactional_id)
        good(log_writer_begin(writer, &bench.error));
    for (int i = 0; i < count; i++)
        send(writer, topic, "k", leat_bytes_of("v"));
    good(transactional_id ? log_writer_commit(writer, NULL, NULL, 0, &bench.error)
                          : log_writer_flush(writer, &bench.error));
    log_writer_free(writer);
}

static void commit(const char *topic, int64_t offset)
{
    good(log_commit_for(bench.log, "shop", &(struct log_position){ topic, 0, offset }, 1,
                        &bench.error));
}

static void lags(struct web_lag *lag, int64_t sum)
{
    good(web_lag_look(lag, &bench.error));
    good(web_lag_look(lag, &bench.error));
    cr_assert(eq(i64, web_lag_sum(lag), sum));
}

Test(web_lag, adds_up_inputs_and_what_the_job_tells_itself)
{
    struct web_lag *lag = web_lag_new(bench.log, "shop");
    struct buffer out;

    write_some("sales", NULL, 3);
    write_some("shop-sums-repartition", NULL, 2);
    write_some("shop-sums-changelog", NULL, 9);
    lags(lag, 5);
    commit("sales", 2);
    lags(lag, 3);
    buffer_init(&out, 4096);
    good(web_lag_write(lag, &out));
    good(buffer_add(&out, "", 1));
    cr_assert(eq(str, out.data,
                 "[{\"topic\":\"shop-sums-repartition\",\"partition\":0,\"lag\":2},"
                 "{\"topic\":\"sales\",\"partition\":0,\"lag\":1}]"));
    buffer_free(&out);
    commit("sales", 3);
    commit("shop-sums-repartition", 2);
    lags(lag, 0);
    web_lag_free(lag);
}

Test(web_lag, counts_no_marker_of_a_transaction_as_left_to_read)
{
    struct web_lag *lag = web_lag_new(bench.log, "shop");

    write_some("shop-sums-repartition", "one", 4);
    lags(lag, 5);
    commit("shop-sums-repartition", 4);
    lags(lag, 0);
    write_some("shop-sums-repartition", NULL, 1);
    lags(lag, 2);
    web_lag_free(lag);
}
