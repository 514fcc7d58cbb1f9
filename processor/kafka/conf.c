/* conf.c - the properties of every handle.
 *
 * Three layers, a later one over an earlier one: our defaults, the user's own settings (all that
 * stands under "kafka.", unread), and what the engine's guarantees rest on, which nobody changes.
 * A property that a librdkafka does not know yet is left out where the table says so. The user's
 * settings go to all handles; librdkafka only warns of those that fit another kind of client, and
 * that warning is not worth a line for each handle.
 *
 * Entry points: kafka_conf_new(), kafka_open()
 */
#include "processor/kafka/kafka.h"

#include "base/logline.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

enum {
    ALL = KAFKA_CLIENT | KAFKA_OFFSETS | KAFKA_READER | KAFKA_WRITER | KAFKA_GROUP,
    CONSUMERS = ALL & ~KAFKA_WRITER,
};

struct property {
    const char *name, *value;
    int roles;
    bool optional; /* not known to every librdkafka that we build with */
};

static const struct property defaults[] = {
    /* As internal topics are made: brokers decide by topic what is too large, and a client's own
     * smaller limit would refuse what fits. */
    { "message.max.bytes", "16777216", KAFKA_WRITER },
    { "socket.nagle.disable", "true", ALL },
    { "socket.keepalive.enable", "true", ALL },
    { "reconnect.backoff.max.ms", "2000", ALL },
    { "log.connection.close", "false", ALL },
    /* A fetch that found its queue full is tried again soon: the default of a second, which older
     * librdkafkas have built in, stalls a fast consumer. */
    { "fetch.queue.backoff.ms", "5", KAFKA_READER, true },
    { "fetch.wait.max.ms", "100", KAFKA_READER },
    { "fetch.error.backoff.ms", "100", KAFKA_READER },
    { "linger.ms", "10", KAFKA_WRITER },
    { "batch.size", "1000000", KAFKA_WRITER },
    { "batch.num.messages", "50000", KAFKA_WRITER },
    { "queue.buffering.max.messages", "1000000", KAFKA_WRITER },
    { "partition.assignment.strategy", "cooperative-sticky", KAFKA_GROUP },
    { "session.timeout.ms", "10000", KAFKA_GROUP },
    { "heartbeat.interval.ms", "1000", KAFKA_GROUP },
};

static const struct property fixed[] = {
    { "group.protocol", "classic", CONSUMERS, true },
    /* No members: whatever max.poll.interval.ms is, librdkafka's check against it holds. */
    { "session.timeout.ms", "1", CONSUMERS & ~KAFKA_GROUP },
    { "enable.auto.commit", "false", CONSUMERS },
    { "enable.auto.offset.store", "false", CONSUMERS },
    { "allow.auto.create.topics", "false", CONSUMERS },
    { "enable.partition.eof", "true", KAFKA_READER },
    { "auto.offset.reset", "error", KAFKA_READER | KAFKA_GROUP },
    { "isolation.level", "read_committed", KAFKA_OFFSETS | KAFKA_READER | KAFKA_GROUP },
    { "isolation.level", "read_uncommitted", KAFKA_CLIENT },
    { "enable.idempotence", "true", KAFKA_WRITER },
    /* Ends are learnt from an interceptor; reports of success would keep each message in memory
     * until the next poll. */
    { "delivery.report.only.error", "true", KAFKA_WRITER },
};

/* librdkafka's syslog levels; a broker that does not answer is an outage and not our error. */
static enum logline_level level_of(int level, const char *facility)
{
    if (!strcmp(facility, "CONFWARN"))
        return LOG_LEVEL_DEBUG;
    if (!strcmp(facility, "FAIL") || !strcmp(facility, "ERROR"))
        return level <= 4 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG;
    return level <= 3   ? LOG_LEVEL_ERROR
           : level <= 4 ? LOG_LEVEL_WARN
           : level <= 6 ? LOG_LEVEL_INFO
                        : LOG_LEVEL_DEBUG;
}

static void log_line(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    logline(level_of(level, facility), "kafka", "client=%s what=%s text=\"%s\"",
            handle ? rd_kafka_name(handle) : "none", facility, text);
}

/* What is not fatal was logged above, or is told by the call that met it. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        log_warn("kafka", "client=%s what=FATAL text=\"%s\"", rd_kafka_name(handle), reason);
}

void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name, value, text, sizeof(text));

    assert(result == RD_KAFKA_CONF_OK);
    (void)result;
}

void kafka_conf_number(rd_kafka_conf_t *conf, const char *name, int64_t value)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, value);
    kafka_conf_set(conf, name, text);
}

static void set_table(rd_kafka_conf_t *conf, const struct property *table, size_t count, int role)
{
    char text[256];

    for (size_t i = 0; i < count; i++) {
        if (!(table[i].roles & role))
            continue;
        if (table[i].optional)
            (void)rd_kafka_conf_set(conf, table[i].name, table[i].value, text, sizeof(text));
        else
            kafka_conf_set(conf, table[i].name, table[i].value);
    }
}

/* Tokens expire when nobody polls; with OAUTHBEARER librdkafka's own thread renews them. */
static void prepare_oauth(rd_kafka_conf_t *conf)
{
    char mechanism[64] = "";
    size_t size = sizeof(mechanism);

    if (rd_kafka_conf_get(conf, "sasl.mechanisms", mechanism, &size) == RD_KAFKA_CONF_OK &&
        !strcasecmp(mechanism, "OAUTHBEARER"))
        rd_kafka_conf_enable_sasl_queue(conf, 1);
}

int kafka_conf_new(const struct kafka_log *log, enum kafka_role role, rd_kafka_conf_t **out,
                   struct leat_error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    rd_kafka_conf_set_log_cb(conf, log_line);
    rd_kafka_conf_set_error_cb(conf, on_error);
    set_table(conf, defaults, sizeof(defaults) / sizeof(defaults[0]), role);
    for (size_t i = 0; i < log->setting_count; i++) {
        const struct log_setting *setting = &log->settings[i];

        if (rd_kafka_conf_set(conf, setting->name, setting->value, text, sizeof(text)) !=
            RD_KAFKA_CONF_OK) {
            rd_kafka_conf_destroy(conf);
            return error_set(error, LEAT_E_ARGUMENT, "kafka.%s: %s", setting->name, text);
        }
    }
    set_table(conf, fixed, sizeof(fixed) / sizeof(fixed[0]), role);
    kafka_conf_set(conf, "bootstrap.servers", log->brokers);
    kafka_conf_set(conf, "client.id", log->client_id);
    prepare_oauth(conf);
    *out = conf;
    return LEAT_OK;
}

int kafka_open(rd_kafka_conf_t *conf, rd_kafka_type_t type, rd_kafka_t **out,
               struct leat_error *error)
{
    char text[400];
    rd_kafka_t *handle = rd_kafka_new(type, conf, text, sizeof(text));

    if (!handle) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, LEAT_E_ARGUMENT, "the settings under kafka. do not fit: %s", text);
    }
    rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(handle));
    *out = handle;
    return LEAT_OK;
}
