/* config_table.h - for config*.c: how a configuration lies in memory. */
#ifndef PROCESSOR_CONFIG_TABLE_H
#define PROCESSOR_CONFIG_TABLE_H

#include "processor/config.h"
#include "processor/log.h"

/* In order of precedence. */
enum config_source {
    SOURCE_TABLE,
    SOURCE_PROGRAM,
    SOURCE_FILE,
    SOURCE_ENVIRONMENT,
    SOURCE_ARGUMENT,
};

struct config_value {
    const struct config_option *option;
    char *text; /* NULL: none */
    int64_t number;
    double real;
    enum config_source source;
    char *origin; /* "leat.conf:12"; NULL: the table's preset */
};

struct config {
    struct config_value *values;
    size_t count, capacity;
    struct log_setting *kafka; /* names and values are ours */
    enum config_source *kafka_sources;
    size_t kafka_count, kafka_capacity, kafka_source_capacity;
};

/* The engine's own table. */
const struct config_option *config_options(size_t *count);

/* One value with its origin, as all readers of files and environments give it. */
int config_store(struct config *config, const char *key, const char *text,
                 enum config_source source, const char *origin, struct leat_error *error)
    MUST_CHECK;

struct config_value *config_find(const struct config *config, const char *key); /* NULL: none */
bool config_is_secret(const struct config *config, const char *key);

/* Whether text is a value of the option; fills number, real. The sentence does not name the key. */
int config_parse(const struct config_option *option, const char *text, int64_t *number,
                 double *real, struct leat_error *error) MUST_CHECK;

/* The known key that looks most like this one, or NULL where none does. */
const char *config_nearest(const struct config *config, const char *key);

#endif
