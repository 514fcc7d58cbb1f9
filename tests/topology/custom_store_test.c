/* custom_store_test.c - rows kept in a store of the user's: an array in order of its keys. */
#include "bench.h"

#include <leat/custom_store.h>

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 64, BYTES = 64 };

struct shelf_row {
    char key[BYTES], value[BYTES];
    size_t key_size, value_size;
};

struct shelf {
    struct shelf_row rows[MOST];
    int count, puts, commits, uncommitted, cursors;
    bool open, broken;
};

struct shelf_cursor {
    struct shelf *shelf;
    int at, end, step;
};

static struct leat_bytes key_of(const struct shelf_row *row)
{
    return leat_bytes(row->key, row->key_size);
}

/* The place of the first row whose key is not below. */
static int place_of(const struct shelf *shelf, struct leat_bytes key)
{
    int at = 0;

    while (at < shelf->count && leat_bytes_compare(key_of(&shelf->rows[at]), key) < 0)
        at++;
    return at;
}

static bool is_at(const struct shelf *shelf, int at, struct leat_bytes key)
{
    return at < shelf->count && leat_bytes_equal(key_of(&shelf->rows[at]), key);
}

static int shelf_open(void *user, const char *name, int32_t partition, void **rows,
                      struct leat_error *error)
{
    struct shelf *shelf = user;

    cr_assert_not(shelf->open);
    cr_assert_eq(partition, 0);
    cr_assert_str_eq(name, "shelf");
    shelf->open = true;
    *rows = shelf;
    return 0;
}

static int shelf_get(void *rows, struct leat_bytes key, struct leat_bytes *value,
                     struct leat_error *error)
{
    struct shelf *shelf = rows;
    int at = place_of(shelf, key);

    cr_assert_eq(shelf->uncommitted, 0);
    if (!is_at(shelf, at, key))
        return 0;
    *value = leat_bytes(shelf->rows[at].value, shelf->rows[at].value_size);
    return 1;
}

static int shelf_put(void *rows, struct leat_bytes key, struct leat_bytes value,
                     struct leat_error *error)
{
    struct shelf *shelf = rows;
    int at = place_of(shelf, key);
    struct shelf_row *row = &shelf->rows[at];

    if (shelf->broken) {
        snprintf(error->text, sizeof error->text, "the shelf has fallen down");
        return -1;
    }
    cr_assert(shelf->open);
    cr_assert_eq(shelf->cursors, 0);
    cr_assert_leq(key.size, BYTES);
    cr_assert_leq(value.size, BYTES);
    shelf->puts++;
    shelf->uncommitted++;
    if (!value.data) {
        if (is_at(shelf, at, key))
            memmove(row, row + 1, (size_t)(--shelf->count - at) * sizeof *row);
        return 0;
    }
    if (!is_at(shelf, at, key)) {
        cr_assert_lt(shelf->count, MOST);
        memmove(row + 1, row, (size_t)(shelf->count++ - at) * sizeof *row);
    }
    *row = (struct shelf_row){ .key_size = key.size, .value_size = value.size };
    memcpy(row->key, key.data, key.size);
    memcpy(row->value, value.data, value.size);
    return 0;
}

static int shelf_range(void *rows, struct leat_bytes from, struct leat_bytes to, bool descending,
                       void **cursor, struct leat_error *error)
{
    struct shelf *shelf = rows;
    int first = place_of(shelf, from), end = to.data ? place_of(shelf, to) : shelf->count;
    struct shelf_cursor *made = malloc(sizeof *made);

    shelf->cursors++;
    *made = descending ? (struct shelf_cursor){ shelf, end - 1, first - 1, -1 }
                       : (struct shelf_cursor){ shelf, first, end, 1 };
    *cursor = made;
    return 0;
}

static int shelf_next(void *cursor, struct leat_bytes *key, struct leat_bytes *value,
                      struct leat_error *error)
{
    struct shelf_cursor *at = cursor;
    const struct shelf_row *row = &at->shelf->rows[at->at];

    if (at->at == at->end)
        return 0;
    *key = key_of(row);
    *value = leat_bytes(row->value, row->value_size);
    at->at += at->step;
    return 1;
}

static void shelf_end(void *cursor)
{
    ((struct shelf_cursor *)cursor)->shelf->cursors--;
    free(cursor);
}

static int shelf_commit(void *rows, struct leat_error *error)
{
    struct shelf *shelf = rows;

    shelf->commits++;
    shelf->uncommitted = 0;
    return 0;
}

static void shelf_close(void *rows)
{
    ((struct shelf *)rows)->open = false;
}

static struct shelf shelf;
static const struct leat_custom_store custom = {
    .open = shelf_open, .get = shelf_get, .put = shelf_put, .range = shelf_range,
    .next = shelf_next, .end = shelf_end, .commit = shelf_commit, .close = shelf_close,
    .user = &shelf,
};

static struct leat_stream *from(const char *topic)
{
    return leat_stream_from(bench.topology, topic,
                            &(struct leat_source){ .type = &leat_string_type });
}

static void remember(const struct leat_record *record)
{
    const int64_t *seen = leat_get(record, 0, record->key);
    int64_t now = seen ? *seen + 1 : 1;

    leat_put(record, 0, record->key, record->value ? &now : NULL);
    leat_forward(record, record->key, &now, record->timestamp_ms);
}

static void describe_process(void)
{
    leat_to(leat_process(from("in"), "counted", &(struct leat_process){
        .type = &leat_long_type, .process = remember,
        .stores = (struct leat_store_spec[]){
            { .name = "shelf", .type = &leat_long_type, .custom = &custom }, { 0 } } }), "out",
        NULL);
}

static void start(void)
{
    shelf = (struct shelf){ 0 };
    bench_describe();
}

TestSuite(custom_store, .init = start, .fini = bench_stop);

each_way(custom_store, keeps_what_was_committed_and_sees_nothing_else)
{
    describe_process();
    bench_start(way);
    put("in", "b", "x", 1);
    put("in", "a", "x", 2);
    put("in", "b", "x", 3);
    put("in", "c", "x", 4);
    put("in", "c", NULL, 5);
    gives("out", "b=1@1 a=1@2 b=2@3 c=1@4 c=2@5");
    holds("shelf", "a=1@2 b=2@3");
    cr_assert_eq(shelf.count, 2);
    cr_assert_eq(shelf.puts, 5);
    cr_assert_eq(shelf.commits, 5);
}

each_way(custom_store, is_filled_from_the_changelog_whatever_it_held)
{
    describe_process();
    bench_start(way);
    put("in", "a", "x", 1);
    put("in", "b", "x", 2);
    shelf.rows[0].value[9] = 77;
    memcpy(shelf.rows[1].key, "z", 1);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    put("in", "b", "x", 3);
    gives("out", "a=1@1 b=1@2 b=2@3");
    holds("shelf", "a=1@1 b=2@3");
}

each_way(custom_store, of_a_table_answers_joins_and_keeps_versions)
{
    struct leat_table *table = leat_table_from(bench.topology, "table", &(struct leat_source){
        .type = &leat_string_type, .store = "shelf", .versioned = true, .history = 10,
        .custom = &custom });

    leat_to(leat_changes(table, "changes"), "out", NULL);
    bench_start(way);
    for (int i = 0; i < 100; i++)
        put("table", "a", "x", i);
    put("table", "b", "y", 95);
    cr_assert_leq(shelf.count, 2 * 10 + 4);
    cr_assert_eq(leat_driver_restart(bench.driver), LEAT_OK);
    holds("shelf", "a=x@99 b=y@95");
    cr_assert_leq(shelf.count, 2 * 10 + 4);
}

Test(custom_store, that_fails_fails_the_task_with_its_own_reason)
{
    struct leat_bytes text = LEAT_LITERAL("x");
    struct leat_error error = { 0 };

    describe_process();
    cr_assert_eq(leat_driver_new(bench.topology, NULL, &bench.driver, &error), LEAT_OK);
    shelf.broken = true;
    cr_assert_eq(leat_driver_send(bench.driver, "in", text, &leat_string_type, &text, 1),
                 LEAT_E_STATE);
    cr_assert_str_eq(leat_driver_error(bench.driver),
                     "the custom store 'shelf' cannot write: the shelf has fallen down");
    cr_assert_eq(shelf.cursors, 0);
}
