/* home_test.c - the rows of a task, of either kind: batches, ranges, numbers, offsets, wiping. */
#include "scene.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static void put(struct scene *scene, const char *key, const char *value)
{
    home_put(scene->home, text(key), text(value));
}

static void commit_home(struct scene *scene)
{
    OK(home_commit(scene->home, &scene->error), &scene->error);
}

static bool has(struct scene *scene, const char *key, const char *value)
{
    struct buffer row;
    int code;
    bool equal;

    buffer_init(&row, 1024);
    code = home_get(scene->home, text(key), &row, &scene->error);
    cr_assert(code >= 0, "%s", scene->error.text);
    equal = value ? code == 1 && leat_bytes_equal(buffer_bytes(&row), text(value)) : !code;
    buffer_free(&row);
    return equal;
}

/* The keys of a range, joined by spaces. */
static const char *keys(struct scene *scene, const char *from, const char *to, bool descending)
{
    static char joined[256];
    struct home_cursor *cursor;
    struct leat_bytes key, value;
    size_t size = 0;
    int code;

    OK(home_range(scene->home, text(from), text(to), descending, &cursor, &scene->error),
       &scene->error);
    while ((code = home_next(cursor, &key, &value, &scene->error)) > 0)
        size += (size_t)snprintf(joined + size, sizeof joined - size, "%s%.*s", size ? " " : "",
                                 (int)key.size, key.data);
    cr_assert_eq(code, 0, "%s", scene->error.text);
    cr_assert_eq(home_next(cursor, &key, &value, &scene->error), 0, "the end stays the end");
    home_cursor_close(cursor);
    joined[size] = 0;
    return joined;
}

EACH_KIND(home, shows_a_batch_only_once_it_is_committed)
{
    struct scene scene;

    scene_start(&scene, *kind);
    put(&scene, "a", "1");
    cr_assert(has(&scene, "a", NULL));
    commit_home(&scene);
    cr_assert(has(&scene, "a", "1"));
    home_delete(scene.home, text("a"));
    put(&scene, "b", "2");
    cr_assert(has(&scene, "a", "1") && has(&scene, "b", NULL));
    home_discard(scene.home);
    commit_home(&scene);
    cr_assert(has(&scene, "a", "1") && has(&scene, "b", NULL));
    scene_stop(&scene);
}

EACH_KIND(home, applies_a_batch_in_the_order_it_was_put)
{
    struct scene scene;

    scene_start(&scene, *kind);
    put(&scene, "a", "1");
    home_delete(scene.home, text("a"));
    put(&scene, "b", "1");
    put(&scene, "b", "2");
    home_delete(scene.home, text("c"));
    put(&scene, "c", "3");
    commit_home(&scene);
    cr_assert(has(&scene, "a", NULL) && has(&scene, "b", "2") && has(&scene, "c", "3"));
    scene_stop(&scene);
}

EACH_KIND(home, keeps_an_empty_row_apart_from_none)
{
    struct scene scene;

    scene_start(&scene, *kind);
    put(&scene, "a", "");
    commit_home(&scene);
    cr_assert(has(&scene, "a", "") && has(&scene, "b", NULL));
    scene_stop(&scene);
}

EACH_KIND(home, ranges_over_rows_in_both_directions)
{
    struct scene scene;

    scene_start(&scene, *kind);
    put(&scene, "b", "");
    put(&scene, "ab", "");
    put(&scene, "c", "");
    put(&scene, "a", "");
    commit_home(&scene);
    cr_assert_str_eq(keys(&scene, "a", "c", false), "a ab b");
    cr_assert_str_eq(keys(&scene, "a", "c", true), "b ab a");
    cr_assert_str_eq(keys(&scene, "aa", "d", false), "ab b c");
    cr_assert_str_eq(keys(&scene, "aa", "d", true), "c b ab");
    cr_assert_str_eq(keys(&scene, "b", "b", false), "");
    cr_assert_str_eq(keys(&scene, "b", "b", true), "");
    cr_assert_str_eq(keys(&scene, "c", "a", false), "");
    cr_assert_str_eq(keys(&scene, "c", "a", true), "");
    scene_stop(&scene);
}

EACH_KIND(home, shows_a_cursor_the_rows_as_they_were_when_it_was_opened)
{
    struct scene scene;
    struct home_cursor *cursor;
    struct leat_bytes key, value;

    scene_start(&scene, *kind);
    put(&scene, "a", "1");
    put(&scene, "b", "1");
    put(&scene, "c", "1");
    commit_home(&scene);
    OK(home_range(scene.home, text("a"), text("z"), false, &cursor, &scene.error), &scene.error);
    cr_assert_eq(home_next(cursor, &key, &value, &scene.error), 1);
    put(&scene, "aa", "2");
    put(&scene, "b", "2");
    home_delete(scene.home, text("a"));
    home_delete(scene.home, text("c"));
    commit_home(&scene);
    cr_assert(leat_bytes_equal(key, text("a")) && leat_bytes_equal(value, text("1")));
    cr_assert_eq(home_next(cursor, &key, &value, &scene.error), 1);
    cr_assert(leat_bytes_equal(key, text("b")) && leat_bytes_equal(value, text("1")));
    cr_assert_eq(home_next(cursor, &key, &value, &scene.error), 1);
    cr_assert(leat_bytes_equal(key, text("c")) && leat_bytes_equal(value, text("1")));
    cr_assert_eq(home_next(cursor, &key, &value, &scene.error), 0);
    home_cursor_close(cursor);
    cr_assert_str_eq(keys(&scene, "a", "z", false), "aa b");
    scene_stop(&scene);
}

EACH_KIND(home, gives_a_store_its_number_for_good)
{
    struct scene scene;
    uint16_t first, second, again;

    scene_start(&scene, *kind);
    OK(home_store_number(scene.home, "stock", &first, &scene.error), &scene.error);
    OK(home_store_number(scene.home, "stock-2", &second, &scene.error), &scene.error);
    cr_assert_neq(first, second);
    if (*kind == SCENE_ROCKS) {
        scene_close(&scene);
        scene_open(&scene);
    }
    OK(home_store_number(scene.home, "stock-2", &again, &scene.error), &scene.error);
    cr_assert_eq(again, second);
    OK(home_store_number(scene.home, "stock", &again, &scene.error), &scene.error);
    cr_assert_eq(again, first);
    scene_stop(&scene);
}

EACH_KIND(home, refuses_a_store_too_many_and_a_name_too_long)
{
    struct scene scene;
    char name[300] = { 0 };
    uint16_t number;

    scene_start(&scene, *kind);
    for (int i = 0; i < LIMIT_TASK_STORES; i++) {
        snprintf(name, sizeof name, "store-%d", i);
        OK(home_store_number(scene.home, name, &number, &scene.error), &scene.error);
    }
    cr_assert_eq(home_store_number(scene.home, "more", &number, &scene.error), LEAT_E_LIMIT);
    cr_assert(strstr(scene.error.text, "1000 stores"), "%s", scene.error.text);
    memset(name, 'n', sizeof name - 1);
    cr_assert_eq(home_store_number(scene.home, name, &number, &scene.error), LEAT_E_LIMIT);
    scene_stop(&scene);
}

static void check_offset(struct scene *scene, uint16_t store, int64_t wanted, int64_t wanted_ms)
{
    int64_t offset, written_ms;

    OK(home_offset(scene->home, store, &offset, &written_ms, &scene->error), &scene->error);
    cr_assert_eq(offset, wanted);
    cr_assert_eq(written_ms, wanted_ms);
}

EACH_KIND(home, keeps_changelog_offsets_with_the_batch)
{
    struct scene scene;

    scene_start(&scene, *kind);
    check_offset(&scene, 0, -1, -1);
    home_set_offset(scene.home, 0, 7, 1000);
    home_set_offset(scene.home, 1, 1LL << 40, 2000);
    check_offset(&scene, 0, -1, -1);
    commit_home(&scene);
    home_set_offset(scene.home, 0, 9, 3000);
    home_discard(scene.home);
    check_offset(&scene, 0, 7, 1000);
    check_offset(&scene, 1, 1LL << 40, 2000);
    scene_stop(&scene);
}

EACH_KIND(home, wipes_one_store_with_its_offset_and_no_other)
{
    struct scene scene;
    uint16_t number[3];
    static const char *const names[] = { "one", "two", "three" };
    char key[3] = { 0, 0, 'k' };

    scene_start(&scene, *kind);
    for (int i = 0; i < 3; i++) {
        OK(home_store_number(scene.home, names[i], &number[i], &scene.error), &scene.error);
        key[1] = (char)number[i];
        home_put(scene.home, leat_bytes(key, 3), text("row"));
        home_put(scene.home, leat_bytes(key, 2), text("row of the empty key"));
        home_set_offset(scene.home, number[i], 5, 6);
    }
    commit_home(&scene);
    OK(home_wipe(scene.home, number[1], &scene.error), &scene.error);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            struct buffer row;

            if (round && *kind == SCENE_MEMORY)
                break;
            buffer_init(&row, 64);
            key[1] = (char)number[i];
            cr_assert_eq(home_get(scene.home, leat_bytes(key, 3), &row, NULL), i != 1);
            cr_assert_eq(home_get(scene.home, leat_bytes(key, 2), &row, NULL), i != 1);
            check_offset(&scene, number[i], i == 1 ? -1 : 5, i == 1 ? -1 : 6);
            buffer_free(&row);
        }
        scene_close(&scene);
        scene_open(&scene);
    }
    scene_stop(&scene);
}

Test(home, forgets_expired_rows_in_memory_after_the_commit)
{
    struct scene scene;
    char key[2 + 8] = { 0 };
    size_t before;

    scene_start(&scene, SCENE_MEMORY);
    for (int i = 0; i < 200; i++) {
        key[9] = (char)i;
        home_put(scene.home, leat_bytes(key, sizeof key), text("row"));
    }
    commit_home(&scene);
    before = home_disk_bytes(scene.home);
    home_expire(scene.home, 0, 8, 100);
    home_discard(scene.home);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 200; i++) {
            key[9] = (char)i;
            if (i >= 100)
                home_put(scene.home, leat_bytes(key, sizeof key), text("row"));
        }
        commit_home(&scene);
        if (!round)
            cr_assert_eq(home_disk_bytes(scene.home), before, "the abort took it back");
        home_expire(scene.home, 0, 8, 100);
    }
    cr_assert(home_disk_bytes(scene.home) <= before / 2 + 64);
    scene_stop(&scene);
}

EACH_KIND(home, tells_its_figures)
{
    struct home_figures figures;
    struct scene scene;
    char key[16];

    scene_start(&scene, *kind);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%06d", i);
        put(&scene, key, "a row");
    }
    commit_home(&scene);
    home_figures(scene.home, &figures);
    cr_assert_eq(figures.memtable_bytes > 0, *kind == SCENE_ROCKS);
    OK(home_flush(scene.home, true, &scene.error), &scene.error);
    home_figures(scene.home, &figures);
    cr_assert_eq(figures.files > 0, *kind == SCENE_ROCKS);
    cr_assert_eq(figures.disk_bytes > 0, *kind == SCENE_ROCKS);
    cr_assert_eq(figures.rows >= 1000, *kind == SCENE_ROCKS);
    cr_assert(!figures.stalled);
    scene_stop(&scene);
}

static size_t count_rows(struct scene *scene, uint16_t store)
{
    char from[2] = { 0, (char)store }, to[2] = { 0, (char)(store + 1) };
    struct home_cursor *cursor;
    struct leat_bytes key, value;
    size_t count = 0;

    OK(home_range(scene->home, leat_bytes(from, 2), leat_bytes(to, 2), false, &cursor,
                  &scene->error),
       &scene->error);
    while (home_next(cursor, &key, &value, &scene->error) > 0)
        count++;
    home_cursor_close(cursor);
    return count;
}

/* A table of each round lies in the way of the next one's reads until they are compacted. */
Test(home, drops_expired_rows_on_disk_when_it_is_compacted)
{
    struct scene scene;
    char key[2 + 8] = { 0 };

    scene_start(&scene, SCENE_ROCKS);
    for (int store = 0; store < 2; store++)
        for (int i = 0; i < 200; i++) {
            key[1] = (char)store;
            key[9] = (char)i;
            home_put(scene.home, leat_bytes(key, sizeof key), text("row"));
        }
    commit_home(&scene);
    for (int round = 0; count_rows(&scene, 1) > 100; round++) {
        cr_assert(round < 1000, "%zu rows are left", count_rows(&scene, 1));
        scene_close(&scene);
        scene_open(&scene);
        home_expire(scene.home, 1, 8, 100);
        key[9] = (char)199;
        home_put(scene.home, leat_bytes(key, sizeof key), text("row"));
        commit_home(&scene);
    }
    cr_assert_eq(count_rows(&scene, 1), 100);
    cr_assert_eq(count_rows(&scene, 0), 200, "the other store has no such rule");
    scene_stop(&scene);
}

/* Readers beside the worker: of rows and of ranges, which are of one commit each. */
struct readers {
    struct scene scene;
    _Atomic bool done;
    _Atomic int torn, reads;
};

static void read_range(struct readers *readers)
{
    struct home_cursor *cursor;
    struct leat_bytes key, value;
    char first[16] = { 0 };
    size_t count = 0;
    struct leat_error error = { 0 };

    if (home_range(readers->scene.home, text("k"), text("l"), false, &cursor, &error))
        abort();
    for (; home_next(cursor, &key, &value, &error) > 0; count++) {
        if (!count)
            memcpy(first, value.data, value.size);
        else if (value.size != strlen(first) || memcmp(first, value.data, value.size))
            readers->torn++;
    }
    home_cursor_close(cursor);
    readers->torn += count != 10;
    readers->reads++;
}

static void *read_on(void *argument)
{
    struct readers *readers = argument;

    while (!readers->done)
        read_range(readers);
    return NULL;
}

static void write_all(struct scene *scene, int value)
{
    char key[8], number[16];

    for (int i = 0; i < 10; i++) {
        snprintf(key, sizeof key, "k%d", i);
        snprintf(number, sizeof number, "%d", value);
        put(scene, key, number);
    }
    commit_home(scene);
}

EACH_KIND(home, shows_readers_on_other_threads_whole_commits)
{
    struct readers readers = { 0 };
    pthread_t threads[2];

    scene_start(&readers.scene, *kind);
    write_all(&readers.scene, 0);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, read_on, &readers), 0);
    for (int i = 1; i < 500 || readers.reads < 100; i++)
        write_all(&readers.scene, i);
    readers.done = true;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(readers.torn, 0);
    scene_stop(&readers.scene);
}
