/* config_options.c - the engine's options, and what they say together.
 *
 * A new option is a row here: parsing, ranges, help and environment names follow from it.
 */
#include "processor/config_table.h"

#include "base/limits.h"

#include <inttypes.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define GB        (INT64_C(1) << 30)

static const char *const guarantees[] = { [CONFIG_AT_LEAST_ONCE] = "at_least_once",
                                          [CONFIG_EXACTLY_ONCE] = "exactly_once_v2", NULL };
static const char *const handlers[] = { [CONFIG_FAIL] = "fail",
                                        [CONFIG_CONTINUE] = "continue",
                                        [CONFIG_DEAD_LETTER] = "dead-letter", NULL };
static const char *const levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const resets[] = { "earliest", "latest", "none", NULL };

/* Names of topics are made from it, so it has to be a name of a topic with room for a step's. */
static int check_application_id(const char *text, struct leat_error *error)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    if (strspn(text, letters) != strlen(text) || !*text || *text == '.')
        return error_set(error, LEAT_E_ARGUMENT,
                         "'%.100s' is no name of a topic: letters, digits, '.', '_' and '-', not "
                         "beginning with '.'",
                         text);
    if (strlen(text) > LIMIT_NAME_BYTES / 2)
        return error_set(error, LEAT_E_ARGUMENT, "has more than %d characters",
                         LIMIT_NAME_BYTES / 2);
    return LEAT_OK;
}

/* What others connect to: a name or an address, and a port that is no 0. */
static int check_server(const char *text, struct leat_error *error)
{
    const char *colon = strrchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

    if (!colon || colon == text || strpbrk(text, " \t/?#@\"\\") || !digits || digits > 5 ||
        colon[1 + digits] || strlen(text) > LIMIT_NAME_BYTES)
        return error_set(error, LEAT_E_ARGUMENT, "'%.100s' is not host:port", text);
    return LEAT_OK;
}

/* The text is a secret: it is not repeated. */
static int check_user_info(const char *text, struct leat_error *error)
{
    if (*text && (!strchr(text, ':') || *text == ':'))
        return error_set(error, LEAT_E_ARGUMENT, "expected user:password");
    return LEAT_OK;
}

static int check_replication(const char *text, struct leat_error *error)
{
    if (!strcmp(text, "0"))
        return error_set(error, LEAT_E_ARGUMENT, "0 copies are none: -1 leaves it to the broker");
    return LEAT_OK;
}

static const struct config_option options[] = {
    /* ---- what everybody sets ---- */
    { "application.id", "Name of the group, and beginning of the names of its topics and state.",
      CONFIG_TEXT, .required = true, .common = true, .check = check_application_id },
    { "bootstrap.servers", "Brokers to start from, host:port,...; `local:` is a log in memory.",
      CONFIG_TEXT, "localhost:9092", .common = true },
    { "state.dir", "Folder of the state on disk; on a disk of its own for more than a try.",
      CONFIG_TEXT, "/tmp/leat", .common = true },
    { "num.stream.threads", "Threads that process records.", CONFIG_NUMBER, "1", 1, 256,
      .common = true },
    { "processing.guarantee", "What a crash may repeat.", CONFIG_CHOICE, "exactly_once_v2",
      .choices = guarantees, .common = true },
    { "commit.interval.ms",
      "Longest time between commits, under either guarantee; idle inputs commit at once.",
      CONFIG_DURATION, "100", 1, 10 * MINUTE_MS, .common = true },
    { "schema.registry.url",
      "Schema registry, http(s)://host:port[/path],...; mock://NAME is one in memory.",
      CONFIG_TEXT, .common = true },
    { "leat.memory.max.bytes", "Memory that caches, buffers and queues share.", CONFIG_SIZE,
      "256MB", 32 << 20, 1024 * GB, .common = true },
    { "leat.http.port", "Port of metrics, health and topology; 0 takes a free one.",
      CONFIG_NUMBER, "0", 0, 65535, .common = true },
    { "log.level", "Least level of log lines.", CONFIG_CHOICE, "info", .choices = levels,
      .common = true },

    /* ---- records ---- */
    { "auto.offset.reset", "Where a new application begins to read its inputs.", CONFIG_CHOICE,
      "earliest", .choices = resets },
    { "buffered.records.per.partition", "Records fetched ahead of processing.", CONFIG_NUMBER,
      "1000", 1, LIMIT_BUFFERED },
    { "max.task.idle.ms",
      "How long a task waits for an input that has nothing on the broker; -1 does not wait for "
      "what is there either.",
      CONFIG_DURATION, "0", -1, DAY_MS },
    { "leat.idle.ms",
      "Time without a record after which a sender no longer holds windows open; -1 is never.",
      CONFIG_DURATION, "-1", -1, 365 * DAY_MS },
    { "leat.timestamp.ahead.max.ms",
      "Records further ahead of the clock are dead-lettered; -1 takes all.",
      CONFIG_DURATION, "-1", -1, 36500 * DAY_MS },
    { "deserialization.exception.handler", "What becomes of bytes that cannot be read.",
      CONFIG_CHOICE, "dead-letter", .choices = handlers,
      .alias = "default.deserialization.exception.handler" },
    { "processing.exception.handler", "What becomes of a record that a callback fails on.",
      CONFIG_CHOICE, "fail", .choices = handlers },
    { "production.exception.handler", "What becomes of a record that the broker refuses.",
      CONFIG_CHOICE, "fail", .choices = handlers,
      .alias = "default.production.exception.handler" },

    { "leat.emit.interval.ms",
      "Wall-clock time between two looks at what the closing of windows makes due.",
      CONFIG_DURATION, "1000", 0, HOUR_MS },

    /* ---- topics, transactions, membership ---- */
    { "replication.factor", "Copies of internal topics; -1 leaves it to the broker.",
      CONFIG_NUMBER, "-1", -1, 100, .check = check_replication },
    { "repartition.purge.interval.ms", "Time between deletions of what was repartitioned.",
      CONFIG_DURATION, "30000", 100, DAY_MS },
    { "transaction.timeout.ms", "After this the broker aborts the transaction of a dead instance.",
      CONFIG_DURATION, "10000", 1000, 15 * MINUTE_MS },
    { "group.instance.id", "A name of this instance that it keeps over restarts.", CONFIG_TEXT },
    { "leat.offsets.recommit.interval.ms",
      "Offsets of idle inputs are committed again this often: less than a quarter of the brokers' "
      "offsets.retention.minutes.",
      CONFIG_DURATION, "1h", 100, 7 * DAY_MS },
    { "retry.backoff.ms", "First pause before something is tried again.", CONFIG_DURATION, "100",
      1, MINUTE_MS },
    { "task.timeout.ms", "How long an outage is waited out before the application stops.",
      CONFIG_DURATION, "300000", 0, 30 * DAY_MS },
    { "leat.watchdog.ms", "A thread that stands still for longer is reported as unhealthy.",
      CONFIG_DURATION, "60000", 1000, DAY_MS },

    /* ---- state ---- */
    { "statestore.cache.max.bytes",
      "Of leat.memory.max.bytes, what uncommitted writes may take before an early commit; 0 passes "
      "on every update of a table at once, -1 takes the usual share.",
      CONFIG_SIZE, "-1", -1, 1024 * GB },
    { "leat.state.flush.interval.ms", "Time between flushes of the state to disk.",
      CONFIG_DURATION, "10000", 100, HOUR_MS },
    { "leat.state.flush.bytes", "Writes of a task after which its state is flushed.",
      CONFIG_SIZE, "16MB", 64 << 10, GB },

    { "leat.state.slots",
      "Instances that may share state.dir: each takes a folder of its own in it that is free, and "
      "finds its predecessor's state there.",
      CONFIG_NUMBER, "1", 1, 1000 },

    /* ---- the schema registry ---- */
    { "schema.registry.basic.auth.user.info", "user:password for the schema registry.",
      CONFIG_TEXT, .secret = true, .check = check_user_info },
    { "schema.registry.ssl.ca", "File of certificates that the registry's is checked by.",
      CONFIG_TEXT },
    { "schema.registry.ssl.cert", "File of our certificate for the registry.", CONFIG_TEXT },
    { "schema.registry.ssl.key", "File of that certificate's key.", CONFIG_TEXT },
    { "schema.registry.request.timeout.ms", "Time for one answer of the registry.",
      CONFIG_DURATION, "10000", 100, 10 * MINUTE_MS },

    /* ---- the status server ---- */
    { "leat.http.listen", "Address of the status server.", CONFIG_TEXT, "127.0.0.1" },
    { "leat.http.expose",
      "Whether the status server may listen on more than loopback; it asks for no password.",
      CONFIG_FLAG, "false" },
    { "leat.http.stores",
      "Whether the status server shows rows of stores, to whoever can reach it.",
      CONFIG_FLAG, "true" },
    { "application.server",
      "host:port by which other instances reach the status server of this one; unset: the address "
      "it listens on, or the machine's name where it listens on all.",
      CONFIG_TEXT, .check = check_server },
};

const struct config_option *config_options(size_t *count)
{
    *count = sizeof options / sizeof *options;
    return options;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int check_required(const struct config *config, struct leat_error *error)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct config_value *value = &config->values[i];

        if (value->option->required && !value->text)
            return error_set(error, LEAT_E_ARGUMENT, "%s must be set: %s", value->option->key,
                             value->option->help);
    }
    return LEAT_OK;
}

/* An idle instance must not lose its transaction between two commits. */
static int check_times(const struct config *config, struct leat_error *error)
{
    int64_t commit_ms = config_number(config, "commit.interval.ms");
    int64_t transaction_ms = config_number(config, "transaction.timeout.ms");

    if (config_choice(config, "processing.guarantee") == CONFIG_EXACTLY_ONCE &&
        commit_ms >= transaction_ms)
        return error_set(error, LEAT_E_ARGUMENT,
                         "commit.interval.ms (%" PRId64 ") must be less than "
                         "transaction.timeout.ms (%" PRId64 ")",
                         commit_ms, transaction_ms);
    return LEAT_OK;
}

static int check_registry(const struct config *config, struct leat_error *error)
{
    bool cert = config_text(config, "schema.registry.ssl.cert");
    bool key = config_text(config, "schema.registry.ssl.key");

    if (cert != key)
        return error_set(error, LEAT_E_ARGUMENT,
                         "schema.registry.ssl.cert and schema.registry.ssl.key go together: %s is "
                         "not set",
                         cert ? "the key" : "the certificate");
    return LEAT_OK;
}

/* Keys that the engine decides: another value would break what it promises. */
static int check_kafka(const struct config *config, struct leat_error *error)
{
    static const struct {
        const char *name, *mend;
    } refused[] = {
        { "bootstrap.servers", "set bootstrap.servers" },
        { "metadata.broker.list", "set bootstrap.servers" },
        { "group.id", "set application.id" },
        { "group.instance.id", "set group.instance.id" },
        { "transactional.id", "it is made from the state directory" },
        { "transaction.timeout.ms", "set transaction.timeout.ms" },
        { "enable.auto.commit", "offsets are committed with the results" },
        { "enable.auto.offset.store", "offsets are committed with the results" },
        { "enable.idempotence", "records would come twice or out of order" },
        { "isolation.level", "set processing.guarantee" },
        { "group.protocol", "tasks are assigned by the classic protocol" },
        { "partition.assignment.strategy", "tasks are assigned cooperatively" },
        { "auto.offset.reset", "set auto.offset.reset" },
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (config_kafka_text(config, refused[i].name))
            return error_set(error, LEAT_E_ARGUMENT, "kafka.%s is decided by the engine: %s",
                             refused[i].name, refused[i].mend);
    return LEAT_OK;
}

int config_check(const struct config *config, struct leat_error *error)
{
    int code = check_required(config, error);

    code = code ? code : check_times(config, error);
    code = code ? code : check_registry(config, error);
    return code ? code : check_kafka(config, error);
}
