/* test_kafka.c - verify reads a broker: committed records alone, all of them, with their headers.
 *
 * The small world of tests/verify is written to real topics; what an aborted transaction wrote
 * must not be seen, and a transaction that stays open is said.
 */
#include "broker.h"
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    broker_start_all(1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    broker_stop_all();
}

static struct world *world;

static void start(void)
{
    world = world_new();
}

static void stop(void)
{
    world_free(world);
}

static void on_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    cr_assert(!message->err || message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                  message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
              "%s: %s", rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
}

static rd_kafka_t *producer_new(const char *transactional_id)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];
    rd_kafka_t *producer;

    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_conf_set(conf, "enable.idempotence", "true", text, sizeof text);
    rd_kafka_conf_set(conf, "bootstrap.servers", broker_bootstrap(), text, sizeof text);
    if (transactional_id)
        rd_kafka_conf_set(conf, "transactional.id", transactional_id, text, sizeof text);
    producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    cr_assert(producer, "%s", text);
    if (transactional_id)
        cr_assert_null(rd_kafka_init_transactions(producer, 30000));
    return producer;
}

/* To a partition that its metadata does not name yet a producer sends nothing, and says so late. */
static void wait_for(rd_kafka_t *producer, const char *name)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, name, NULL);

    for (int count = 0, round = 0; count < WORLD_PARTITIONS; round++) {
        const struct rd_kafka_metadata *known;

        cr_assert_lt(round, 3000, "%s has no partitions", name);
        if (!rd_kafka_metadata(producer, 0, topic, &known, 30000)) {
            for (count = 0; count < known->topics[0].partition_cnt; count++)
                if (known->topics[0].partitions[count].leader < 0)
                    break;
            rd_kafka_metadata_destroy(known);
        }
        rd_kafka_poll(producer, 10);
    }
    rd_kafka_topic_destroy(topic);
}

static void create(rd_kafka_t *producer, const char *name)
{
    char text[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, WORLD_PARTITIONS, 1, text,
                                                       sizeof text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(producer);
    rd_kafka_event_t *event;

    rd_kafka_NewTopic_set_config(topic, "message.timestamp.after.max.ms", "9223372036854775807");
    rd_kafka_CreateTopics(producer, &topic, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, 30000);
    cr_assert(event && !rd_kafka_event_error(event));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    wait_for(producer, name);
}

static void produce(rd_kafka_t *producer, const char *topic, const struct verify_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    rd_kafka_resp_err_t code;

    for (size_t i = 0; i < record->header_count; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1, record->headers[i].value.data,
                            (ssize_t)record->headers[i].value.size);
    code = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic),
                             RD_KAFKA_V_PARTITION(record->partition),
                             RD_KAFKA_V_KEY((void *)(uintptr_t)record->key.data,
                                            record->key.size),
                             RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.data,
                                              record->value.size),
                             RD_KAFKA_V_TIMESTAMP(record->timestamp_ms),
                             RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    cr_assert_eq(code, RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_err2str(code));
}

static void produce_all(rd_kafka_t *producer, const struct world_topic *topic)
{
    for (size_t i = 0; i < topic->count; i++)
        produce(producer, topic->name, &topic->records[i]);
}

static bool is_input(const char *name)
{
    return !strcmp(name, "products") || !strcmp(name, "stores") || !strcmp(name, "sales") ||
           !strcmp(name, "inventory-updates");
}

/* Outputs come in one transaction, behind an aborted one that holds their last records again. */
static void write_world(void)
{
    rd_kafka_t *plain = producer_new(NULL), *transactional = producer_new("outputs");

    for (size_t i = 0; i < world->topic_count; i++) {
        create(plain, world->topics[i].name);
        if (is_input(world->topics[i].name))
            produce_all(plain, &world->topics[i]);
    }
    cr_assert_eq(rd_kafka_flush(plain, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int commit = 0; commit <= 1; commit++) {
        cr_assert_null(rd_kafka_begin_transaction(transactional));
        for (size_t i = 0; i < world->topic_count; i++) {
            struct world_topic *topic = &world->topics[i], last = *topic;

            last.records += last.count - 1;
            last.count = 1;
            if (!is_input(topic->name))
                produce_all(transactional, commit ? topic : &last);
        }
        cr_assert_eq(rd_kafka_flush(transactional, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
        cr_assert_null(commit ? rd_kafka_commit_transaction(transactional, -1)
                              : rd_kafka_abort_transaction(transactional, -1));
    }
    rd_kafka_destroy(plain);
    rd_kafka_destroy(transactional);
}

static int verify_broker(char **printed)
{
    struct leat_error error = { 0 };
    struct verify_input *input;
    size_t size;
    int code;

    cr_assert_eq(verify_kafka_new(broker_bootstrap(), NULL, 0, &input, &error), 0, "%s",
                 error.text);
    world->options.out = open_memstream(printed, &size);
    code = verify_run(input, world->registry, &world->options, &error);
    fclose(world->options.out);
    cr_assert_geq(code, 0, "%s", error.text);
    verify_input_free(input);
    return code;
}

Test(verify_kafka, reads_what_was_committed_and_nothing_else, .init = start, .fini = stop)
{
    struct world_topic *enriched;
    rd_kafka_t *producer;
    char *printed;

    write_world();
    cr_assert_eq(verify_broker(&printed), 0, "%s", printed);
    cr_assert(strstr(printed, "sales-enriched"), "%s", printed);
    free(printed);

    producer = producer_new(NULL);
    enriched = world_topic(world, "sales-enriched");
    produce(producer, "sales-enriched", &enriched->records[3]);
    cr_assert_eq(rd_kafka_flush(producer, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(verify_broker(&printed), 1, "%s", printed);
    cr_assert(strstr(printed, "one more than sales holds"), "%s", printed);
    free(printed);
    rd_kafka_destroy(producer);
}

Test(verify_kafka, says_which_broker_cannot_be_reached)
{
    static const struct verify_setting quick[] = { { "socket.timeout.ms", "1000" } };
    struct leat_error error = { 0 };
    struct verify_input *input;

    cr_assert_eq(verify_kafka_new("127.0.0.1:1", quick, 1, &input, &error), 0, "%s", error.text);
    cr_assert_lt(input->partitions(input, "sales", &error), 0);
    cr_assert(strstr(error.text, "sales"), "%s", error.text);
    verify_input_free(input);
}

Test(verify_kafka, names_a_setting_that_librdkafka_does_not_know)
{
    static const struct verify_setting wrong[] = { { "no.such.setting", "1" } };
    struct leat_error error = { 0 };
    struct verify_input *input;

    cr_assert_eq(verify_kafka_new("127.0.0.1:1", wrong, 1, &input, &error), LEAT_E_ARGUMENT);
    cr_assert(strstr(error.text, "no.such.setting"), "%s", error.text);
}
