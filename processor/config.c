/* config.c - values by key, and which source wins.
 *
 * See also: config_options.c (the table), config_parse.c (what a value may be), config_read.c
 * (files, environment, command line), config_help.c (showing)
 */
#include "processor/config_table.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

static const char kafka_prefix[] = "kafka.";

struct config *config_new(void)
{
    struct config *config = memory_new(sizeof *config);
    size_t count;
    const struct config_option *options = config_options(&count);

    config_add(config, options, count);
    return config;
}

/* Secrets do not stay behind in freed memory. */
static void free_text(const char *text)
{
    if (text)
        explicit_bzero((char *)(uintptr_t)text, strlen(text));
    memory_free(text);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->count; i++) {
        free_text(config->values[i].text);
        memory_free(config->values[i].origin);
    }
    for (size_t i = 0; i < config->kafka_count; i++) {
        memory_free(config->kafka[i].name);
        free_text(config->kafka[i].value);
    }
    memory_free(config->values);
    memory_free(config->kafka);
    memory_free(config->kafka_sources);
    memory_free(config);
}

void config_add(struct config *config, const struct config_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct config_option *option = &options[i];
        struct config_value value = { .option = option, .text = memory_text(option->preset) };

        assert(!config_find(config, option->key));
        assert(!option->preset ||
               !config_parse(option, option->preset, &value.number, &value.real, NULL));
        config->values =
            memory_grow(config->values, config->count, &config->capacity, sizeof *config->values);
        config->values[config->count++] = value;
    }
}

struct config_value *config_find(const struct config *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct config_option *option = config->values[i].option;

        if (!strcmp(option->key, key) || (option->alias && !strcmp(option->alias, key)))
            return &config->values[i];
    }
    return NULL;
}

/* ---- setting ------------------------------------------------------------------------------ */

static int unknown_key(const struct config *config, const char *key, const char *origin,
                       struct leat_error *error)
{
    const char *nearest = config_nearest(config, key);

    if (nearest)
        return error_set(error, LEAT_E_ARGUMENT, "%s: there is no option '%.100s': is '%s' meant?",
                         origin, key, nearest);
    return error_set(error, LEAT_E_ARGUMENT,
                     "%s: there is no option '%.100s'; those of librdkafka begin with 'kafka.'",
                     origin, key);
}

static size_t find_kafka(const struct config *config, const char *name)
{
    size_t i = 0;

    while (i < config->kafka_count && strcmp(config->kafka[i].name, name))
        i++;
    return i;
}

static void store_kafka(struct config *config, const char *name, const char *text,
                        enum config_source source)
{
    size_t at = find_kafka(config, name);

    if (at == config->kafka_count) {
        config->kafka =
            memory_grow(config->kafka, at, &config->kafka_capacity, sizeof *config->kafka);
        config->kafka_sources =
            memory_grow(config->kafka_sources, at, &config->kafka_source_capacity,
                        sizeof *config->kafka_sources);
        config->kafka[at] = (struct log_setting){ memory_text(name), NULL };
        config->kafka_sources[at] = SOURCE_TABLE;
        config->kafka_count++;
    }
    if (source < config->kafka_sources[at])
        return;
    free_text(config->kafka[at].value);
    config->kafka[at].value = memory_text(text);
    config->kafka_sources[at] = source;
}

int config_store(struct config *config, const char *key, const char *text,
                 enum config_source source, const char *origin, struct leat_error *error)
{
    struct config_value *value, parsed = { 0 };
    struct leat_error reason = { 0 };

    if (!strncmp(key, kafka_prefix, sizeof kafka_prefix - 1) && key[sizeof kafka_prefix - 1]) {
        store_kafka(config, key + sizeof kafka_prefix - 1, text, source);
        return LEAT_OK;
    }
    value = config_find(config, key);
    if (!value)
        return unknown_key(config, key, origin, error);
    if (config_parse(value->option, text, &parsed.number, &parsed.real, &reason))
        return error_set(error, LEAT_E_ARGUMENT, "%s: %s: %s", origin, key, reason.text);
    if (source < value->source)
        return LEAT_OK;
    free_text(value->text);
    memory_free(value->origin);
    value->text = *text ? memory_text(text) : NULL;
    value->number = parsed.number;
    value->real = parsed.real;
    value->source = source;
    value->origin = memory_text(origin);
    return LEAT_OK;
}

int config_set(struct config *config, const char *key, const char *value, struct leat_error *error)
{
    return config_store(config, key, value, SOURCE_PROGRAM, "set by the program", error);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* A key that is in no table is a mistake of the program and not of its user. */
static const struct config_value *value_of(const struct config *config, const char *key)
{
    const struct config_value *value = config_find(config, key);

    assert(value);
    return value;
}

const char *config_text(const struct config *config, const char *key)
{
    return value_of(config, key)->text;
}

int64_t config_number(const struct config *config, const char *key)
{
    const struct config_value *value = value_of(config, key);

    assert(value->option->kind == CONFIG_NUMBER || value->option->kind == CONFIG_DURATION ||
           value->option->kind == CONFIG_SIZE);
    return value->number;
}

double config_real(const struct config *config, const char *key)
{
    const struct config_value *value = value_of(config, key);

    assert(value->option->kind == CONFIG_REAL);
    return value->real;
}

int config_choice(const struct config *config, const char *key)
{
    const struct config_value *value = value_of(config, key);

    assert(value->option->kind == CONFIG_CHOICE);
    return (int)value->number;
}

bool config_flag(const struct config *config, const char *key)
{
    const struct config_value *value = value_of(config, key);

    assert(value->option->kind == CONFIG_FLAG);
    return value->number != 0;
}

bool config_given(const struct config *config, const char *key)
{
    return value_of(config, key)->source != SOURCE_TABLE;
}

const struct log_setting *config_kafka(const struct config *config, size_t *count)
{
    *count = config->kafka_count;
    return config->kafka;
}

const char *config_kafka_text(const struct config *config, const char *name)
{
    size_t at = find_kafka(config, name);

    return at < config->kafka_count ? config->kafka[at].value : NULL;
}

/* librdkafka tells nobody which of its settings are secret, so names decide, rather too often. */
bool config_is_secret(const struct config *config, const char *key)
{
    static const char *const words[] = { "password",  "secret", "token",
                                         "key.pem",   "jaas",   "oauthbearer.config",
                                         "credential" };
    const struct config_value *value = config_find(config, key);

    if (value)
        return value->option->secret;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(key, words[i]))
            return true;
    return false;
}
