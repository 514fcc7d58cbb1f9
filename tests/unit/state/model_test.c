/* model_test.c - random use of stores on either kind of home, against a model: an array that is
 * indexed by key. What is read back, by key and by range, must be the model's at every step. */
#include "scene.h"

#include "state/session_key.h"
#include "state/window_key.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEYS_MOST = 400, ROUNDS = 10000, STORES = 2, BYTE_COUNT = 4, KEY_MOST = 4 };

struct row_model {
    int value; /* 0: no row */
    int64_t timestamp_ms;
};

struct model {
    struct scene scene;
    struct codec *codec;
    struct arena arena;
    struct store *stores[STORES];
    enum store_kind kind;
    struct leat_bytes keys[KEYS_MOST]; /* in byte order */
    int64_t times[KEYS_MOST];          /* windows' starts, sessions' ends */
    int key_count;
    struct row_model now[STORES][KEYS_MOST], committed[STORES][KEYS_MOST];
    int64_t expired_ms[STORES], expired_committed_ms[STORES];
    int last_value;
    unsigned random;
    struct leat_error error;
};

static unsigned draw(struct model *model, unsigned below)
{
    model->random = model->random * 1103515245u + 12345u;
    return (model->random >> 8) % below;
}

/* ---- keys ---------------------------------------------------------------------------------------
 */

static int order_keys(const void *a, const void *b)
{
    return leat_bytes_compare(*(const struct leat_bytes *)a, *(const struct leat_bytes *)b);
}

/* All words of up to four of these bytes: one is often the beginning of another. */
static void add_words(struct model *model, const char *word, size_t size)
{
    static const char bytes[BYTE_COUNT] = { '\0', 'a', 'b', '\xff' };
    char longer[KEY_MOST];

    model->keys[model->key_count++] = arena_copy(&model->arena, leat_bytes(word, size));
    if (size == KEY_MOST)
        return;
    memcpy(longer, word, size);
    for (int i = 0; i < BYTE_COUNT; i++) {
        longer[size] = bytes[i];
        add_words(model, longer, size + 1);
    }
}

static void add_windows(struct model *model)
{
    static const char *const keys[] = { "", "a", "ab", "b" };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (int start = 0; start < 60; start++)
            model->keys[model->key_count++] =
                window_key_build(&model->arena, text(keys[i]), start * 1000, 0);
}

static void add_sessions(struct model *model)
{
    static const char *const keys[] = { "", "a", "ab", "b" };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (int end = 0; end < 30; end++)
            for (int length = 0; length <= end && length < 3; length++)
                model->keys[model->key_count++] =
                    session_key_build(&model->arena, text(keys[i]), (end - length) * 1000,
                                      end * 1000);
}

static int64_t time_of(const struct model *model, struct leat_bytes key)
{
    struct session_key session;
    struct window_key window;

    if (model->kind == STORE_SESSION && session_key_parse(key, &session))
        return session.end_ms;
    return model->kind == STORE_WINDOW && window_key_parse(key, &window) ? window.start_ms : 0;
}

static void make_keys(struct model *model)
{
    if (model->kind == STORE_SESSION)
        add_sessions(model);
    else if (model->kind == STORE_WINDOW)
        add_windows(model);
    else
        add_words(model, "", 0);
    qsort(model->keys, (size_t)model->key_count, sizeof *model->keys, order_keys);
    for (int i = 0; i < model->key_count; i++)
        model->times[i] = time_of(model, model->keys[i]);
}

static bool expired(const struct model *model, int store, int key)
{
    return model->kind != STORE_KEY_VALUE && model->times[key] < model->expired_ms[store];
}

/* ---- values -------------------------------------------------------------------------------------
 */

/* Lengths differ, so that blocks are outgrown. */
static struct leat_bytes value_text(int value)
{
    static char buffer[128];
    int length = snprintf(buffer, sizeof buffer, "%d:%.*s", value, value * 7 % 60,
                          "............................................................");

    return leat_bytes(buffer, (size_t)length);
}

static void check_entry(const struct model *model, int store, int key, const struct entry *entry)
{
    const struct row_model *row = &model->now[store][key];
    const struct leat_bytes *value = entry->value;

    cr_assert(leat_bytes_equal(entry->key, model->keys[key]), "key %d", key);
    if (!row->value || expired(model, store, key)) {
        cr_assert(!value, "store %d key %d: a row that should not be", store, key);
        return;
    }
    cr_assert(value, "store %d key %d: value %d is missing", store, key, row->value);
    cr_assert(leat_bytes_equal(*value, value_text(row->value)), "store %d key %d: %.*s, not %d",
              store, key, (int)value->size, value->data, row->value);
    cr_assert_eq(entry->timestamp_ms, row->timestamp_ms);
}

static void write_entry(struct model *model, int store, int key, struct entry *entry)
{
    struct row_model *row = &model->now[store][key];
    int value = ++model->last_value;
    struct leat_bytes bytes = value_text(value);

    if (expired(model, store, key))
        return;
    *row = (struct row_model){ draw(model, 4) ? value : 0, (int64_t)draw(model, 1000) };
    if (!row->value) {
        store_set(model->stores[store], entry, NULL, row->timestamp_ms);
    } else if (draw(model, 2)) {
        store_set(model->stores[store], entry, &bytes, row->timestamp_ms);
    } else {
        *(struct leat_bytes *)store_edit(model->stores[store], entry) = bytes;
        store_touch(model->stores[store], entry, row->timestamp_ms);
    }
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static void touch_one(struct model *model)
{
    int store = (int)draw(model, STORES), key = (int)draw(model, (unsigned)model->key_count);
    struct entry *entry;

    OK(store_entry(model->stores[store], model->keys[key], &entry, &model->error), &model->error);
    check_entry(model, store, key, entry);
    if (draw(model, 3))
        write_entry(model, store, key, entry);
}

static bool shown(const struct model *model, int store, int key)
{
    return model->now[store][key].value && !expired(model, store, key);
}

/* Every row between two keys, or to an end; sometimes the one it stands on is written. */
static void walk(struct model *model)
{
    int store = (int)draw(model, STORES), count = model->key_count;
    int low = draw(model, 4) ? (int)draw(model, (unsigned)count) : -1;
    int high = draw(model, 4) ? (int)draw(model, (unsigned)count) : -1;
    bool descending = draw(model, 2), writes = !draw(model, 3);
    struct leat_bytes from = low < 0 ? (struct leat_bytes){ 0 } : model->keys[low];
    struct leat_bytes to = high < 0 ? (struct leat_bytes){ 0 } : model->keys[high];
    int first = low < 0 ? 0 : low, end = high < 0 ? count : high;
    struct store_cursor *cursor;
    struct entry *entry;
    int code;

    OK(store_range(model->stores[store], from, to, descending, &cursor, &model->error),
       &model->error);
    for (int i = 0; i < end - first; i++) {
        int key = descending ? end - 1 - i : first + i;

        if (!shown(model, store, key))
            continue;
        code = store_next(cursor, &entry, &model->error);
        cr_assert_eq(code, 1, "the range ends before key %d: %s", key, model->error.text);
        check_entry(model, store, key, entry);
        if (writes && !draw(model, 5))
            write_entry(model, store, key, entry);
    }
    code = store_next(cursor, &entry, &model->error);
    cr_assert_eq(code, 0, "the range goes on: %s", model->error.text);
    store_cursor_close(cursor);
}

static void expire(struct model *model)
{
    int store = (int)draw(model, STORES);
    int64_t before_ms = model->expired_ms[store] + (int64_t)draw(model, 3000);

    if (model->kind == STORE_KEY_VALUE || before_ms > 20000)
        return;
    model->expired_ms[store] = before_ms;
    store_expire(model->stores[store], before_ms);
}

static void flush_all(struct model *model)
{
    for (int i = 0; i < STORES; i++)
        OK(store_flush(model->stores[i], NULL, NULL, &model->error), &model->error);
}

static void commit_all(struct model *model)
{
    flush_all(model);
    OK(home_commit(model->scene.home, &model->error), &model->error);
    for (int i = 0; i < STORES; i++)
        store_committed(model->stores[i]);
    memcpy(model->committed, model->now, sizeof model->now);
    memcpy(model->expired_committed_ms, model->expired_ms, sizeof model->expired_ms);
}

/* The clock that expires rows is the caller's, and goes back with an abort to the last commit. */
static void expire_again(struct model *model)
{
    memcpy(model->expired_ms, model->expired_committed_ms, sizeof model->expired_ms);
    for (int i = 0; i < STORES; i++)
        store_expire(model->stores[i], model->expired_ms[i]);
}

static void abort_all(struct model *model)
{
    home_discard(model->scene.home);
    for (int i = 0; i < STORES; i++)
        store_abort(model->stores[i]);
    memcpy(model->now, model->committed, sizeof model->now);
    expire_again(model);
}

static void restore_some(struct model *model)
{
    commit_all(model);
    for (int i = 0; i < 5; i++) {
        int store = (int)draw(model, STORES), key = (int)draw(model, (unsigned)model->key_count);
        int value = draw(model, 3) ? ++model->last_value : 0;

        if (expired(model, store, key))
            continue;
        OK(store_restore(model->stores[store], model->keys[key],
                         value ? value_text(value) : (struct leat_bytes){ 0 }, i, &model->error),
           &model->error);
        model->now[store][key] = (struct row_model){ value, i };
    }
    commit_all(model);
}

static void wipe_one(struct model *model)
{
    int store = (int)draw(model, STORES);

    commit_all(model);
    OK(home_wipe(model->scene.home, store_number(model->stores[store]), &model->error),
       &model->error);
    memset(model->committed[store], 0, sizeof model->committed[store]);
    abort_all(model);
}

static void open_stores(struct model *model)
{
    static const char *const names[STORES] = { "first", "second" };

    for (int i = 0; i < STORES; i++)
        model->stores[i] = scene_store(&model->scene,
                                       &(struct store_spec){
                                           .name = names[i],
                                           .kind = model->kind,
                                           .type = &leat_string_type,
                                           .keep_before = i == 1,
                                           .staged_bytes = 64 << 10,
                                       },
                                       model->codec);
}

static void close_stores(struct model *model)
{
    for (int i = 0; i < STORES; i++)
        store_close(model->stores[i]);
}

/* What was not committed is gone; of a home in memory, all. */
static void reopen(struct model *model)
{
    close_stores(model);
    scene_close(&model->scene);
    scene_open(&model->scene);
    open_stores(model);
    if (model->scene.kind == SCENE_MEMORY)
        memset(model->committed, 0, sizeof model->committed);
    memcpy(model->now, model->committed, sizeof model->now);
    expire_again(model);
}

static void step(struct model *model)
{
    unsigned what = draw(model, 1000);

    if (what < 700)
        touch_one(model);
    else if (what < 850)
        walk(model);
    else if (what < 900)
        flush_all(model);
    else if (what < 950)
        commit_all(model);
    else if (what < 970)
        abort_all(model);
    else if (what < 985)
        restore_some(model);
    else if (what < 995)
        expire(model);
    else if (what < 998)
        reopen(model);
    else
        wipe_one(model);
}

static void run(enum scene_kind kind, enum store_kind store, unsigned seed)
{
    struct model *model = calloc(1, sizeof *model);

    model->kind = store;
    model->random = seed;
    arena_init(&model->arena, 4096);
    make_keys(model);
    scene_start(&model->scene, kind);
    model->codec = codec_new(&leat_string_type, NULL);
    open_stores(model);
    for (int i = 0; i < ROUNDS; i++)
        step(model);
    close_stores(model);
    codec_free(model->codec);
    scene_stop(&model->scene);
    arena_free(&model->arena);
    free(model);
}

EACH_KIND(model, a_store_agrees_with_an_array_of_rows)
{
    run(*kind, STORE_KEY_VALUE, 1);
    run(*kind, STORE_KEY_VALUE, 2);
}

EACH_KIND(model, a_window_store_agrees_with_an_array_of_rows_that_expire)
{
    run(*kind, STORE_WINDOW, 3);
    run(*kind, STORE_WINDOW, 4);
}

EACH_KIND(model, a_session_store_agrees_with_an_array_of_rows_that_expire)
{
    run(*kind, STORE_SESSION, 5);
    run(*kind, STORE_SESSION, 6);
}
