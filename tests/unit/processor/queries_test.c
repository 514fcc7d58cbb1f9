/* queries_test.c - tests of questions about stores: three instances in one process, over one log in
 * memory, each asked over HTTP. */
#include "fleet.h"

#include "base/clock.h"
#include "base/memory.h"
#include "leat/custom_store.h"
#include "leat/join.h"
#include "leat/process.h"
#include "leat/stateful.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { INSTANCES = 3 };

/* ---- a store of one's own, which keeps one row ----------------------------------------------- */

struct drawer {
    char key[32], value[64];
    size_t key_size, value_size;
    bool full, shown;
};

static int drawer_open(void *user, const char *name, int32_t partition, void **rows,
                       struct leat_error *said)
{
    *rows = memory_new(sizeof(struct drawer));
    return LEAT_OK;
}

static int drawer_get(void *rows, struct leat_bytes key, struct leat_bytes *value,
                      struct leat_error *said)
{
    struct drawer *drawer = rows;

    *value = leat_bytes(drawer->value, drawer->value_size);
    return drawer->full && leat_bytes_equal(key, leat_bytes(drawer->key, drawer->key_size));
}

static int drawer_put(void *rows, struct leat_bytes key, struct leat_bytes value,
                      struct leat_error *said)
{
    struct drawer *drawer = rows;

    drawer->full = value.data;
    drawer->key_size = key.size;
    memcpy(drawer->key, key.data, key.size);
    drawer->value_size = value.size;
    if (value.data)
        memcpy(drawer->value, value.data, value.size);
    return LEAT_OK;
}

static int drawer_range(void *rows, struct leat_bytes from, struct leat_bytes to, bool descending,
                        void **cursor, struct leat_error *said)
{
    ((struct drawer *)rows)->shown = false;
    *cursor = rows;
    return LEAT_OK;
}

static int drawer_next(void *cursor, struct leat_bytes *key, struct leat_bytes *value,
                       struct leat_error *said)
{
    struct drawer *drawer = cursor;

    if (drawer->shown || !drawer->full)
        return 0;
    drawer->shown = true;
    *key = leat_bytes(drawer->key, drawer->key_size);
    *value = leat_bytes(drawer->value, drawer->value_size);
    return 1;
}

static void drawer_end(void *cursor)
{
}

static int drawer_commit(void *rows, struct leat_error *said)
{
    return LEAT_OK;
}

static void drawer_close(void *rows)
{
    memory_free(rows);
}

static const struct leat_custom_store drawers = {
    .open = drawer_open, .get = drawer_get, .put = drawer_put, .range = drawer_range,
    .next = drawer_next, .end = drawer_end, .commit = drawer_commit, .close = drawer_close,
};

/* ---- the application ------------------------------------------------------------------------- */

static void count(const struct leat_record *record, void *out)
{
    ++*(int64_t *)out;
}

static void merge(const struct leat_record *record, void *out)
{
    *(int64_t *)out += leat_long_of(record);
}

static void keep(const struct leat_record *record)
{
    leat_put(record, 0, record->key, record->value);
    leat_put(record, 1, record->key, record->value);
}

static struct leat_topology *topology_new(void)
{
    struct leat_topology *topology = leat_topology_new();
    struct leat_source text = { .type = &leat_string_type }, table = text;
    struct leat_stream *in = leat_stream_from(topology, "in", &text);
    struct leat_aggregate counts = { .type = &leat_long_type, .add = count, .store = "counts" };

    table.store = "names";
    leat_table_from(topology, "people", &table);
    table = (struct leat_source){ .type = &leat_string_type, .store = "past", .versioned = true,
                                  .history = leat_days(1) };
    leat_table_from(topology, "prices", &table);
    leat_global_from(topology, "countries", &text);
    leat_aggregate(in, "count", &counts);
    counts.store = "tens";
    counts.window = leat_tumbling(10000, leat_days(1));
    leat_aggregate(in, "count-tens", &counts);
    counts.store = "visits";
    counts.window = leat_session(5000, leat_days(1));
    counts.merge = merge;
    leat_aggregate(in, "count-visits", &counts);
    counts.store = "hops";
    counts.window = leat_hopping(10000, 5000, leat_days(1));
    leat_aggregate(in, "count-hops", &counts);
    leat_process(in, "keeper", &(struct leat_process){
        .process = keep, .stores = (struct leat_store_spec[]){
            { .name = "kept", .type = &leat_string_type, .in_memory = true },
            { .name = "drawer", .type = &leat_string_type, .custom = &drawers }, { 0 } } });
    return topology;
}

static void start(void)
{
    static const char *const topics[] = { "in", "people", "prices", "countries", NULL };
    static const struct fleet_setting settings[] = {
        { "kafka.session.timeout.ms", "60000" }, /* machines may be slow */
        { NULL, NULL },
    };

    fleet_begin(topics, topology_new, settings);
    for (int i = 0; i < INSTANCES; i++)
        fleet_start(i);
}

TestSuite(queries, .init = start, .fini = fleet_end);

static void put_text(const char *topic, const char *key, const char *value, int64_t at_ms)
{
    fleet_put(topic, leat_bytes_of(key), value, at_ms);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool in_time(int64_t until_ms)
{
    return clock_ms(clock_system()) < until_ms;
}

static int64_t end_of_patience(void)
{
    return clock_ms(clock_system()) + FLEET_WAIT_MS;
}

/* A task may always be on its way: then there is no answer yet. */
static long ask_patiently(int number, const char *path)
{
    int64_t until_ms = end_of_patience();
    long status;

    do
        status = fleet_ask(number, path);
    while ((status == 502 || status == 503) && in_time(until_ms));
    return status;
}

/* Until all that was put is processed and committed, an answer may be of before. */
static void wait_for(int number, const char *path, const char *words)
{
    int64_t until_ms = end_of_patience();
    long status;

    do
        status = fleet_ask(number, path);
    while (!strstr(fleet_body, words) && in_time(until_ms));
    cr_assert(strstr(fleet_body, words), "%s: %ld %s", path, status, fleet_body);
}

static void expect(int number, const char *path, long status, const char *words)
{
    long got = ask_patiently(number, path);

    cr_assert_eq(got, status, "%s: %ld %s", path, got, fleet_body);
    cr_assert(strstr(fleet_body, words), "%s: '%s' is not in %s", path, words, fleet_body);
}

static int count_of(const char *words)
{
    int found = 0;

    for (const char *at = fleet_body; (at = strstr(at, words)); at++)
        found++;
    return found;
}

/* ---- keys ------------------------------------------------------------------------------------ */

Test(queries, every_instance_answers_for_every_key)
{
    char key[16], value[16], path[64];

    for (int k = 0; k < 20; k++) {
        snprintf(key, sizeof key, "k%d", k);
        snprintf(value, sizeof value, "v%d", k);
        put_text("people", key, value, 1000 + k);
    }
    for (int k = 0; k < 20; k++)
        for (int i = 0; i < INSTANCES; i++) {
            snprintf(path, sizeof path, "/stores/names?key=k%d", k);
            snprintf(value, sizeof value, "\"v%d\"", k);
            wait_for(i, path, value);
            cr_assert(strstr(fleet_body, "\"stale\":false"), "%s", fleet_body);
            cr_assert(strstr(fleet_body, "\"more\":false"), "%s", fleet_body);
        }
}

Test(queries, a_key_that_is_not_there_is_not_found)
{
    for (int i = 0; i < INSTANCES; i++) {
        wait_for(i, "/stores/names?key=nobody&timeout_ms=10000", "\"rows\":[]");
        expect(i, "/stores/names?key=nobody&timeout_ms=10000", 404, "\"more\":false");
    }
}

Test(queries, keys_need_not_be_text)
{
    fleet_put("people", leat_bytes("\x00\xff\x01", 3), "bytes", 1000);
    put_text("people", "a b&c=\xc3\xbc|%", "text", 1000);
    wait_for(0, "/stores/names?key_hex=00ff01", "\"key_hex\":\"00ff01\",\"value\":\"bytes\"");
    wait_for(1, "/stores/names?key=%00%ff%01", "\"bytes\"");
    wait_for(2, "/stores/names?key=a+b%26c%3D%C3%BC%7C%25", "\"key\":\"a b&c=\xc3\xbc|%\"");
}

Test(queries, what_was_deleted_is_gone)
{
    put_text("people", "a", "Anna", 1000);
    wait_for(0, "/stores/names?key=a", "\"Anna\"");
    put_text("people", "a", NULL, 1001);
    wait_for(1, "/stores/names?key=a", "\"rows\":[]");
}

/* ---- many ------------------------------------------------------------------------------------ */

static void put_people(int many)
{
    char key[16];

    for (int k = 0; k < many; k++) {
        snprintf(key, sizeof key, "k%02d", k);
        put_text("people", key, "x", 1000);
    }
    for (int i = 0; i < INSTANCES; i++) {
        int64_t until_ms = end_of_patience();

        do
            fleet_ask(i, "/stores/names/all?limit=1000&timeout_ms=10000");
        while (count_of("\"key\":") != many && in_time(until_ms));
        cr_assert_eq(count_of("\"key\":"), many, "%s", fleet_body);
    }
}

Test(queries, all_rows_come_in_order_of_their_keys)
{
    const char *last = "";

    put_people(30);
    for (int k = 0; k < 30; k++) {
        char words[32];
        const char *at;

        snprintf(words, sizeof words, "\"key\":\"k%02d\"", k);
        at = strstr(fleet_body, words);
        cr_assert(at && (!*last || at > last), "%s: %s", words, fleet_body);
        last = at;
    }
    expect(0, "/stores/names/all?limit=1000", 200, "\"tasks\":[\"people-0\"");
}

Test(queries, a_range_has_both_its_ends_and_a_limit)
{
    put_people(30);
    expect(1, "/stores/names/range?from=k05&to=k08", 200, "\"key\":\"k05\"");
    cr_assert_eq(count_of("\"key\":"), 4, "%s", fleet_body);
    cr_assert(strstr(fleet_body, "\"k08\""), "%s", fleet_body);
    expect(2, "/stores/names/range?from=k05&limit=3", 200, "\"more\":true");
    cr_assert_eq(count_of("\"key\":"), 3, "%s", fleet_body);
    cr_assert(strstr(fleet_body, "\"k07\""), "%s", fleet_body);
    expect(0, "/stores/names/range?to=k08&limit=2&reverse=true", 200, "\"more\":true");
    cr_assert(strstr(fleet_body, "\"k08\"") < strstr(fleet_body, "\"k07\""), "%s", fleet_body);
    expect(0, "/stores/names/range?from=x&to=y", 200, "\"rows\":[]");
}

Test(queries, counts_are_exact)
{
    for (int i = 0; i < 25; i++)
        put_text("in", "a", "x", 1000 + i);
    for (int i = 0; i < INSTANCES; i++)
        wait_for(i, "/stores/counts?key=a", "\"value\":25,");
}

/* ---- times ----------------------------------------------------------------------------------- */

Test(queries, windows_of_a_key_between_two_times)
{
    for (int i = 0; i < 5; i++)
        put_text("in", "a", "x", 10000 * i + 1);
    put_text("in", "ab", "x", 10001);
    wait_for(0, "/stores/tens?key=a", "\"window\":{\"start_ms\":40000,\"end_ms\":50000}");
    cr_assert_eq(count_of("\"key\":\"a\""), 5, "%s", fleet_body);
    cr_assert_eq(count_of("\"key\":\"ab\""), 0, "%s", fleet_body);
    expect(1, "/stores/tens?key=a&from_ms=10000&to_ms=20000", 200, "\"start_ms\":10000");
    cr_assert_eq(count_of("\"key\":"), 2, "%s", fleet_body);
    wait_for(2, "/stores/tens/all", "\"key\":\"ab\"");
    cr_assert_eq(count_of("\"key\":"), 6, "%s", fleet_body);
    expect(2, "/stores/tens/range?from=a&to=a&from_ms=30000", 200, "\"start_ms\":30000");
    cr_assert_eq(count_of("\"key\":"), 2, "%s", fleet_body);
}

Test(queries, sessions_that_meet_a_span)
{
    put_text("in", "a", "x", 1000);
    put_text("in", "a", "x", 3000);
    put_text("in", "a", "x", 50000);
    wait_for(0, "/stores/visits?key=a", "{\"start_ms\":50000,\"end_ms\":50000}");
    expect(1, "/stores/visits?key=a&from_ms=2000&to_ms=2500", 200,
           "\"value\":2,\"timestamp_ms\":3000,\"window\":{\"start_ms\":1000,\"end_ms\":3000}");
    cr_assert_eq(count_of("\"key\":"), 1, "%s", fleet_body);
}

Test(queries, versions_that_were_valid_at_a_time)
{
    put_text("prices", "a", "first", 1000);
    put_text("prices", "a", "second", 2000);
    wait_for(0, "/stores/past?key=a", "\"second\"");
    cr_assert_eq(count_of("\"key\":"), 1, "%s", fleet_body);
    expect(1, "/stores/past?key=a&from_ms=1500&to_ms=1500", 200, "\"first\"");
    cr_assert(strstr(fleet_body, "\"valid_to_ms\":2000"), "%s", fleet_body);
    expect(2, "/stores/past/all", 200, "\"second\"");
    cr_assert_eq(count_of("\"key\":"), 1, "%s", fleet_body);
}

Test(queries, panes_of_hopping_windows_are_no_rows)
{
    expect(0, "/stores/hops?key=a", 501, "parts of windows");
}

/* ---- stores of all kinds --------------------------------------------------------------------- */

Test(queries, global_tables_are_everywhere)
{
    put_text("countries", "AT", "Austria", 1000);
    for (int i = 0; i < INSTANCES; i++) {
        wait_for(i, "/stores/countries?key=AT", "\"Austria\"");
        cr_assert(strstr(fleet_body, "\"task\":\"global\""), "%s", fleet_body);
    }
}

Test(queries, stores_of_ones_own_in_memory_and_elsewhere)
{
    put_text("in", "a", "mine", 1000);
    for (int i = 0; i < INSTANCES; i++) {
        wait_for(i, "/stores/kept?key=a", "\"mine\"");
        wait_for(i, "/stores/drawer?key=a", "\"mine\"");
        wait_for(i, "/stores/drawer/all", "\"mine\"");
    }
}

Test(queries, stores_are_listed)
{
    expect(0, "/stores", 200, "{\"name\":\"names\",\"kind\":\"key-value\",\"key\":\"bytes\","
                              "\"value\":\"string\",\"tasks\":[\"people-0\"");
    cr_assert(strstr(fleet_body, "{\"name\":\"tens\",\"kind\":\"window\""), "%s", fleet_body);
    cr_assert(strstr(fleet_body, "\"window_ms\":10000"), "%s", fleet_body);
    cr_assert(strstr(fleet_body, "{\"name\":\"visits\",\"kind\":\"session\""), "%s", fleet_body);
    cr_assert(strstr(fleet_body, "{\"name\":\"past\",\"kind\":\"versioned\""), "%s", fleet_body);
    cr_assert(strstr(fleet_body, "{\"name\":\"countries\",\"kind\":\"global\""), "%s", fleet_body);
}

/* ---- moves ----------------------------------------------------------------------------------- */

Test(queries, a_task_that_moves_is_followed_and_no_answer_is_wrong)
{
    int64_t until_ms = end_of_patience();
    char path[64];
    bool all = false;

    put_people(12);
    for (int k = 0; k < 12; k++) {
        snprintf(path, sizeof path, "/stores/names?key=k%02d", k);
        wait_for(0, path, "\"x\"");
    }
    fleet_stop(2);
    while (!all) {
        cr_assert(in_time(until_ms), "%s", fleet_body);
        all = true;
        for (int k = 0; k < 12; k++) {
            long status;

            snprintf(path, sizeof path, "/stores/names?key=k%02d&timeout_ms=100", k);
            status = fleet_ask(k % 2, path);
            cr_assert(status == 200 || status == 502 || status == 503, "%ld %s", status,
                      fleet_body);
            cr_assert(status != 200 || strstr(fleet_body, "\"x\""), "%s", fleet_body);
            all &= status == 200;
        }
    }
}

Test(queries, the_owner_is_told_instead_if_that_is_wished)
{
    int there = 0;

    put_text("people", "a", "Anna", 1000);
    for (int i = 0; i < INSTANCES; i++)
        wait_for(i, "/stores/names?key=a", "\"Anna\"");
    for (int i = 0; i < INSTANCES; i++) {
        long status = ask_patiently(i, "/stores/names?key=a&redirect=true");

        cr_assert(status == 200 || status == 307, "%ld %s", status, fleet_body);
        there += status == 307;
    }
    cr_assert_eq(there, INSTANCES - 1);
}

Test(queries, who_is_asked_by_another_one_asks_nobody)
{
    int here = 0;

    put_text("people", "a", "Anna", 1000);
    for (int i = 0; i < INSTANCES; i++)
        wait_for(i, "/stores/names?key=a", "\"Anna\"");
    for (int i = 0; i < INSTANCES; i++) {
        long status = ask_patiently(i, "/stores/names?key=a&hop=true");

        cr_assert(status == 200 || status == 421, "%ld %s", status, fleet_body);
        here += status == 200;
    }
    cr_assert_eq(here, 1);
}

/* ---- what is wrong --------------------------------------------------------------------------- */

Test(queries, what_is_asked_wrongly_is_told)
{
    expect(0, "/stores/nothing?key=a", 404, "there are names, past, countries, counts");
    expect(0, "/stores/names", 400, "which key?");
    expect(0, "/stores/names/some", 400, "no 'some'");
    expect(0, "/stores/names/all?limit=0", 400, "limit must be a number from 1 to 10000");
    expect(0, "/stores/names/all?limit=99999999999999999999", 400, "limit must");
    expect(0, "/stores/names/all?limit=1x", 400, "limit must");
    expect(0, "/stores/names/all?limit=", 400, "limit must");
    expect(0, "/stores/names/all?timeout_ms=3600000", 400, "timeout_ms must");
    expect(0, "/stores/names?key_hex=abc", 400, "hexadecimal");
    expect(0, "/stores/names?key_hex=zz", 400, "hexadecimal");
    expect(0, "/stores/names?key=a&key_hex=61", 400, "one too many");
    expect(0, "/stores/names?key=a&stale=maybe", 400, "true or false");
    expect(0, "/stores/names/all?task=77", 400, "task 77 has no store");
    expect(0, "/stores/..%2f..%2fetc?key=a", 400, "no '..");
    expect(0, "/stores/%22%3Cscript%3E?key=a", 404, "\\\"<script>");
    expect(0, "/storesx", 404, "no such page");
}

Test(queries, an_empty_key_is_one)
{
    put_text("people", "", "nameless", 1000);
    wait_for(0, "/stores/names?key=", "\"nameless\"");
}

Test(queries, a_key_as_long_as_a_request_is_looked_for)
{
    static char path[7000];
    int size = snprintf(path, sizeof path, "/stores/names?timeout_ms=10000&key=");

    memset(path + size, 'a', sizeof path - 1 - (size_t)size);
    wait_for(1, path, "\"rows\":[]");
}
