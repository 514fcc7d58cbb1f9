/* config.h - options: one table gives parsing, ranges, defaults, help and environment names.
 *
 * Values come from five places; a later one in this list wins, whatever the order of the calls:
 *   the table, the program, a file, the environment, the command line.
 * Keys are those of Kafka Streams where it has the option. Keys that begin with "kafka." are not
 * looked at; they go to librdkafka as they are, without the prefix.
 * Thread: one while it is filled; any number once it only is read.
 */
#ifndef PROCESSOR_CONFIG_H
#define PROCESSOR_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct config;
struct log_setting;

enum config_kind {
    CONFIG_TEXT,
    CONFIG_NUMBER,
    CONFIG_REAL,
    CONFIG_DURATION, /* 100, 100ms, 10s, 5m, 1h, 7d; in milliseconds */
    CONFIG_SIZE,     /* 4096, 64KB, 256MB, 2GB; a KB is 1024 bytes */
    CONFIG_CHOICE,   /* the index of the word */
    CONFIG_FLAG,     /* true, false */
};

struct config_option {
    const char *key;
    const char *help;              /* a sentence or two */
    enum config_kind kind;
    const char *preset;            /* as a user would write it; NULL: none */
    int64_t min, max;              /* of numbers, durations and sizes; both 0: from 0 on */
    const char *const *choices;    /* NULL at the end */
    const char *alias;             /* another name that is taken */
    bool required;
    bool secret;                   /* never from the command line, never printed */
    bool common;                   /* stands in the short help */
    int (*check)(const char *text, struct leat_error *error); /* what the kind does not say */
};

/* The options of the engine, without a value for any. */
struct config *config_new(void);
void config_free(struct config *config);

/* Adds an application's own options. The table must outlive the configuration. */
void config_add(struct config *config, const struct config_option *options, size_t count);

/* ---- filling: LEAT_E_ARGUMENT, with the file and line, and the nearest known key ------------ */

/* The program's own value for a key, where the table's does not suit it. */
int config_set(struct config *config, const char *key, const char *value,
               struct leat_error *error) MUST_CHECK;

/* `key = value` a line; lines that begin with # are comments. */
int config_read_file(struct config *config, const char *path, struct leat_error *error) MUST_CHECK;

/* LEAT_COMMIT_INTERVAL_MS for commit.interval.ms, LEAT_KAFKA_SASL_PASSWORD for
 * kafka.sasl.password, LEAT_HTTP_PORT for leat.http.port. Others that begin with LEAT_ are left
 * alone. variables: as environ, NULL at the end. */
int config_read_environment(struct config *config, char *const *variables,
                            struct leat_error *error) MUST_CHECK;

/* `key=value` from the command line. */
int config_read_argument(struct config *config, const char *argument,
                         struct leat_error *error) MUST_CHECK;

/* What only the whole can show: required options, and options that contradict each other. */
int config_check(const struct config *config, struct leat_error *error) MUST_CHECK;

/* ---- reading: the key must be in a table, and of that kind --------------------------------- */

const char *config_text(const struct config *config, const char *key); /* NULL: none */
int64_t config_number(const struct config *config, const char *key);   /* durations, sizes too */
double config_real(const struct config *config, const char *key);
int config_choice(const struct config *config, const char *key);
bool config_flag(const struct config *config, const char *key);
bool config_given(const struct config *config, const char *key); /* not the table's preset */

/* All keys under "kafka.", without the prefix. Valid until the next change. */
const struct log_setting *config_kafka(const struct config *config, size_t *count);
const char *config_kafka_text(const struct config *config, const char *name); /* NULL: none */

/* The words of processing.guarantee, auto.offset.reset and the three *.exception.handler, in
 * order. */
enum config_guarantee { CONFIG_AT_LEAST_ONCE, CONFIG_EXACTLY_ONCE };
enum config_reset { CONFIG_EARLIEST, CONFIG_LATEST, CONFIG_NONE };
enum config_handler { CONFIG_FAIL, CONFIG_CONTINUE, CONFIG_DEAD_LETTER };

/* ---- showing -------------------------------------------------------------------------------- */

void config_help(const struct config *config, FILE *out, bool all);

/* Every value with where it came from; secrets as stars. */
void config_print(const struct config *config, FILE *out);

/* A value by itself, as in a file: for programs with arguments of their own. */
int config_parse_duration(const char *text, int64_t *ms);
int config_parse_size(const char *text, int64_t *bytes);

#endif
