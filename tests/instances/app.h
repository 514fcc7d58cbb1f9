/* app.h - one application under test: its topics, its processes, what went in and what came out.
 *
 * Every wait is for a condition, with a limit that only a fault reaches; every call fails the test
 * when it cannot do its work.
 */
#ifndef TESTS_INSTANCES_APP_H
#define TESTS_INSTANCES_APP_H

#include "base/clock.h"
#include "processor/log.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <sys/types.h>

enum { APP_WORDS = 20, APP_PLACES = 4, APP_SETTINGS = 12 };

struct app {
    char id[64], lines[80], counts[80];
    char folder[64];                  /* state and logs of all places */
    const char *brokers;              /* as the instances are told */
    const char *mode, *table;
    const char *settings[APP_SETTINGS]; /* key=value, until NULL */
    const char *config;               /* --config, or NULL */
    struct log *log;
    struct log_writer *writer;
    int32_t partitions;
    pid_t pids[APP_PLACES];           /* 0: not running */
    int64_t fed;
    int64_t expected[APP_WORDS];
};

/* A name of its own, and its input with so many partitions. */
void app_open(struct app *app, const char *brokers, int32_t partitions);
void app_close(struct app *app);      /* kills what runs, removes the folder */

/* An instance per place: state and log of a place stay over its processes. */
void app_start(struct app *app, int place);
void app_kill(struct app *app, int place);
void app_stop(struct app *app, int place); /* SIGTERM; must end with status 0 */
int app_end(struct app *app, int place);   /* waits for its own end; the exit status */

/* Waits until its log holds the text; app_said() only looks. */
void app_await(struct app *app, int place, const char *text);
bool app_said(struct app *app, int place, const char *text);
int app_times(struct app *app, int place, const char *text);

/* It ends by itself, not with 0, and its log holds each of the texts (until NULL). */
void app_refuses(struct app *app, int place, const char *const texts[]);

/* ---- topics ---------------------------------------------------------------------------------- */

void app_topic(struct app *app, const char *name, int32_t partitions);
void app_feed(struct app *app, int count);    /* lines of the twenty words, and expects them */
void app_send(struct app *app, int32_t partition, struct leat_bytes value,
              const struct log_header *header);
int64_t app_committed(struct app *app);       /* sum over the input; what is missing counts 0 */
bool app_has_offsets(struct app *app);        /* for every partition of the input */
void app_work(struct app *app, int count);    /* feeds, and waits until more is committed */
void app_await_drained(struct app *app);      /* until lag is 0, repartition topics' too */

struct tally {
    int64_t records;
    int64_t words[APP_WORDS];                 /* the last count of each */
};
void app_read(struct app *app, struct tally *tally);
void app_check_exact(struct app *app);

/* The first record of a topic's partition; headers as "name=value\n". Waits for it. */
struct letter {
    int64_t timestamp_ms;
    char value[256], headers[1024];
    size_t size;
};
void app_letter(struct app *app, const char *topic, int32_t partition, struct letter *letter);

#endif
