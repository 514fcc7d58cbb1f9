/* log.c - the log that is Kafka: one client handle for questions, and the vtable.
 *
 * Entry point: log_kafka_new(). See also: conf.c for what each handle is told, reader.c, writer.c
 * and group.c for the three that do the work.
 */
#include "processor/kafka/kafka.h"

#include "base/memory.h"

static void kafka_free(struct log *log)
{
    struct kafka_log *kafka = (struct kafka_log *)log;

    kafka_offsets_free(kafka);
    if (kafka->client)
        rd_kafka_destroy(kafka->client);
    for (size_t i = 0; i < kafka->setting_count; i++) {
        memory_free(kafka->settings[i].name);
        memory_free(kafka->settings[i].value);
    }
    memory_free(kafka->settings);
    memory_free(kafka->brokers);
    memory_free(kafka->client_id);
    pthread_mutex_destroy(&kafka->mutex);
    memory_free(kafka);
}

static const struct log_ops kafka_ops = {
    .topic_look = kafka_topic_look,
    .topic_setting = kafka_topic_setting,
    .topic_create = kafka_topic_create,
    .topic_grow = kafka_topic_grow,
    .topic_delete = kafka_topic_delete,
    .topic_list = kafka_topic_list,
    .ends = kafka_ends,
    .committed = kafka_committed,
    .commit_for = kafka_commit_for,
    .delete_group = kafka_delete_group,
    .delete_records = kafka_delete_records,
    .reader_new = kafka_reader_new,
    .writer_new = kafka_writer_new,
    .group_join = kafka_group_join,
    .free = kafka_free,
};

static void keep_settings(struct kafka_log *kafka, const struct log_setting *settings, size_t count)
{
    kafka->settings = memory_array(count ? count : 1, sizeof(*settings));
    for (size_t i = 0; i < count; i++) {
        kafka->settings[i].name = memory_text(settings[i].name);
        kafka->settings[i].value = memory_text(settings[i].value);
    }
    kafka->setting_count = count;
}

int log_kafka_new(const char *brokers, const char *client_id, const struct log_setting *settings,
                  size_t count, struct log **out, struct leat_error *error)
{
    struct kafka_log *kafka = memory_new(sizeof(*kafka));
    rd_kafka_conf_t *conf;
    int status;

    kafka->log.ops = &kafka_ops;
    kafka->brokers = memory_text(brokers);
    kafka->client_id = memory_text(client_id);
    pthread_mutex_init(&kafka->mutex, NULL);
    keep_settings(kafka, settings, count);
    status = kafka_conf_new(kafka, KAFKA_CLIENT, &conf, error);
    if (!status)
        kafka_contact_prepare(conf, kafka);
    if (!status)
        status = kafka_open(conf, RD_KAFKA_CONSUMER, &kafka->client, error);
    if (status) {
        kafka_free(&kafka->log);
        return status;
    }
    *out = &kafka->log;
    return LEAT_OK;
}
