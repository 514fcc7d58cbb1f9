/* settings.c - the application's settings and what they become. */
#include "blackfriday/settings.h"

#include "blackfriday/tables.h"
#include "blackfriday/verify.h"
#include "processor/log.h"
#include "processor/streams.h"
#include "retail/retail.h"
#include "sink/runner.h"

#include <assert.h>

enum { KAFKA_SETTINGS = 128 };

static const struct config_option options[] = {
    { "blackfriday.window.ms", "Windows of sales by product, category, store and region.",
      CONFIG_DURATION, "1h", 1000, INT64_C(31536000000), .common = true },
    { "blackfriday.totals.window.ms", "Windows of the totals.", CONFIG_DURATION, "1m", 1000,
      INT64_C(31536000000) },
    { "blackfriday.top.window.ms", "Windows of the top products.", CONFIG_DURATION, "1h", 1000,
      INT64_C(31536000000) },
    { "blackfriday.top.advance.ms", "By how much those windows hop.", CONFIG_DURATION, "5m", 1000,
      INT64_C(31536000000) },
    { "blackfriday.grace.ms", "How late a sale may be for its windows.", CONFIG_DURATION, "10m", 0,
      INT64_C(31536000000), .common = true },
    { "blackfriday.low.stock.threshold", "Stock below this is low.", CONFIG_NUMBER, "10", 0,
      1000000000 },
    { "blackfriday.database",
      "PostgreSQL connection string without its password, for sink and verify; PGPASSFILE, "
      "PGSERVICE and the like apply.",
      CONFIG_TEXT, .common = true },
    { "blackfriday.database.schema", "Schema of the tables.", CONFIG_TEXT, "black_friday_sales" },
    { "blackfriday.sink.id", "Name of the sink; several of one name share the work.", CONFIG_TEXT,
      "black-friday-sink" },
};

struct config *settings_new(void)
{
    static const char *const values[][2] = {
        { "application.id", "blackfriday" },
        { "leat.timestamp.ahead.max.ms", "1d" },
    };
    struct config *config = config_new();
    struct leat_error error = { 0 };

    config_add(config, options, sizeof options / sizeof *options);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        int status = config_set(config, values[i][0], values[i][1], &error);

        assert(!status);
    }
    return config;
}

void settings_retail(const struct config *config, struct retail_options *retail)
{
    retail->window = config_number(config, "blackfriday.window.ms");
    retail->totals_window = config_number(config, "blackfriday.totals.window.ms");
    retail->top_window = config_number(config, "blackfriday.top.window.ms");
    retail->top_advance = config_number(config, "blackfriday.top.advance.ms");
    retail->grace = config_number(config, "blackfriday.grace.ms");
    retail->low_stock_threshold = config_number(config, "blackfriday.low.stock.threshold");
    retail->timestamp_ahead_ms = config_number(config, "leat.timestamp.ahead.max.ms");
}

void settings_verify(const struct config *config, struct verify_options *verify)
{
    int64_t grace_ms = config_number(config, "blackfriday.grace.ms");

    verify->window_ms = config_number(config, "blackfriday.window.ms");
    verify->totals_window_ms = config_number(config, "blackfriday.totals.window.ms");
    verify->top_window_ms = config_number(config, "blackfriday.top.window.ms");
    verify->top_advance_ms = config_number(config, "blackfriday.top.advance.ms");
    verify->grace_ms = grace_ms ? grace_ms : -1;
    verify->threshold = config_number(config, "blackfriday.low.stock.threshold");
    verify->ahead_max_ms = config_number(config, "leat.timestamp.ahead.max.ms");
    verify->database = config_text(config, "blackfriday.database");
    verify->schema = config_text(config, "blackfriday.database.schema");
}

void settings_sink(const struct config *config, struct sink_options *sink)
{
    sink->id = config_text(config, "blackfriday.sink.id");
    sink->database = config_text(config, "blackfriday.database");
    sink->schema = config_text(config, "blackfriday.database.schema");
    sink->tables = tables_all(&sink->table_count);
    sink->views = tables_views();
}

int settings_open(const struct config *config, struct log **log, struct registry **registry,
                  struct leat_error *error)
{
    int status = streams_registry(config, registry, error);

    return status ? status : streams_log(config, log, error);
}

int settings_input(const struct config *config, struct verify_input **input,
                   struct leat_error *error)
{
    struct verify_setting settings[KAFKA_SETTINGS];
    size_t count;
    const struct log_setting *kafka = config_kafka(config, &count);

    count = count < KAFKA_SETTINGS ? count : KAFKA_SETTINGS;
    for (size_t i = 0; i < count; i++)
        settings[i] = (struct verify_setting){ kafka[i].name, kafka[i].value };
    return verify_kafka_new(config_text(config, "bootstrap.servers"), settings, count, input,
                            error);
}
