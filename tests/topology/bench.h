/* bench.h - a driver and what comes out of it as text, for the tests beside it.
 *
 * Every test runs four times: cached and uncached, with and without commits that fail.
 */
#ifndef TESTS_TOPOLOGY_BENCH_H
#define TESTS_TOPOLOGY_BENCH_H

#include "leat/driver.h"
#include "leat/join.h"
#include "leat/process.h"
#include "leat/stateful.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

struct way {
    bool cached;
    int undo_every;
};

struct bench {
    struct leat_topology *topology;
    struct leat_driver *driver;
};

extern struct bench bench;

/* The four ways to run, as Criterion's parameters. */
struct criterion_test_params ways(void);

void bench_describe(void);           /* an empty bench.topology */
void bench_start(const struct way *way);
void bench_stop(void);

/* Values are strings; NULL is none. */
void put(const char *topic, const char *key, const char *value, int64_t timestamp_ms);

/* All that has come to a topic since: "key=value@timestamp", "key[start]=value@timestamp" for a
 * windowed key, "key[start-end]=..." for a session, joined by spaces; numbers and strings as they
 * read, "-" for none. */
const char *taken(const char *topic);
const char *rows(const char *store);

#define each_way(suite, name) \
    ParameterizedTestParameters(suite, name) { return ways(); } \
    ParameterizedTest(const struct way *way, suite, name)

#define gives(topic, text) cr_assert_str_eq(taken(topic), text)
#define holds(store, text) cr_assert_str_eq(rows(store), text)

/* Functions of topologies on strings and longs. */
void count(const struct leat_record *record, void *out);       /* long: adds one */
void add_up(const struct leat_record *record, void *out);      /* long: adds the value's number */
void add_longs(const struct leat_record *record, void *out);   /* long: merges */
void append(const struct leat_record *record, void *out);      /* string: old+new */
struct leat_bytes first_letter(const struct leat_record *record); /* of the value */
struct leat_bytes value_as_key(const struct leat_record *record);
int64_t number_of(struct leat_bytes text);

#endif
