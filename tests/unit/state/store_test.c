/* store_test.c - what a store promises beyond keeping rows: what is copied, flushed, and forgotten.
 */
#include "scene.h"

#include "state/session_key.h"
#include "state/store_inside.h"
#include "state/window_key.h"

#include <stdio.h>

struct shop {
    struct scene scene;
    struct codec *codec;
    struct store *store;
    char flushed[512]; /* key=value<before, joined by spaces */
};

static void shop_start(struct shop *shop, enum scene_kind kind, struct store_spec spec)
{
    *shop = (struct shop){ 0 };
    scene_start(&shop->scene, kind);
    spec.name = spec.name ? spec.name : "stock";
    spec.type = &leat_string_type;
    shop->codec = codec_new(spec.type, NULL);
    shop->store = scene_store(&shop->scene, &spec, shop->codec);
}

static void shop_stop(struct shop *shop)
{
    store_close(shop->store);
    codec_free(shop->codec);
    scene_stop(&shop->scene);
}

static int note(void *user, struct store *store, const struct entry *entry, struct leat_bytes wire,
                struct leat_error *error)
{
    struct shop *shop = user;
    size_t size = strlen(shop->flushed);
    const struct leat_bytes *before = entry->before;

    cr_assert_eq(!wire.data, !entry->value);
    cr_assert(entry->dirty);
    snprintf(shop->flushed + size, sizeof shop->flushed - size, "%s%.*s=%.*s<%.*s%s",
             size ? " " : "",
             (int)entry->key.size, entry->key.data, (int)wire.size, wire.data ? wire.data : "-",
             before ? (int)before->size : 0, before ? before->data : "", wire.data ? "" : "-");
    return LEAT_OK;
}

static const char *flush(struct shop *shop)
{
    shop->flushed[0] = 0;
    OK(store_flush(shop->store, note, shop, &shop->scene.error), &shop->scene.error);
    return shop->flushed;
}

static void commit_shop(struct shop *shop)
{
    flush(shop);
    OK(home_commit(shop->scene.home, &shop->scene.error), &shop->scene.error);
    store_committed(shop->store);
}

static struct entry *entry_of(struct shop *shop, struct leat_bytes key)
{
    struct entry *entry;

    OK(store_entry(shop->store, key, &entry, &shop->scene.error), &shop->scene.error);
    return entry;
}

EACH_KIND(store, flushes_each_key_once_in_the_order_of_last_write)
{
    struct shop shop;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    set_text(shop.store, "a", "1", 1);
    set_text(shop.store, "b", "1", 1);
    set_text(shop.store, "c", "1", 1);
    set_text(shop.store, "a", "2", 2);
    cr_assert(store_dirty(shop.store));
    cr_assert_str_eq(flush(&shop), "b=1< c=1< a=2<");
    cr_assert_not(store_dirty(shop.store));
    cr_assert_str_eq(flush(&shop), "");
    shop_stop(&shop);
}

EACH_KIND(store, tells_the_flush_what_the_row_was_at_the_last_one)
{
    struct shop shop;
    struct entry *entry;

    shop_start(&shop, *kind, (struct store_spec){ .keep_before = true });
    set_text(shop.store, "a", "1", 1);
    set_text(shop.store, "a", "2", 2);
    cr_assert_str_eq(flush(&shop), "a=2<");
    set_text(shop.store, "a", "3", 3);
    entry = entry_of(&shop, text("a"));
    cr_assert_eq(entry->before_ms, 2);
    *(struct leat_bytes *)store_edit(shop.store, entry) = text("4 and longer");
    store_touch(shop.store, entry, 4);
    cr_assert_str_eq(flush(&shop), "a=4 and longer<2");
    commit_shop(&shop);
    store_abort(shop.store); /* so that it is read from the home */
    entry = entry_of(&shop, text("a"));
    *(struct leat_bytes *)store_edit(shop.store, entry) = text("5");
    store_touch(shop.store, entry, 5);
    cr_assert_eq(entry->before_ms, 4);
    cr_assert_str_eq(flush(&shop), "a=5<4 and longer");
    set_text(shop.store, "a", NULL, 6);
    cr_assert_str_eq(flush(&shop), "a=<5-");
    set_text(shop.store, "a", "7", 7);
    cr_assert_str_eq(flush(&shop), "a=7<");
    shop_stop(&shop);
}

EACH_KIND(store, does_not_flush_a_row_that_neither_was_nor_is)
{
    struct shop shop;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    set_text(shop.store, "a", "1", 1);
    set_text(shop.store, "a", NULL, 2);
    set_text(shop.store, "b", NULL, 2);
    cr_assert_str_eq(flush(&shop), "");
    set_text(shop.store, "a", "1", 1);
    commit_shop(&shop);
    set_text(shop.store, "a", NULL, 2);
    cr_assert_str_eq(flush(&shop), "a=<-");
    shop_stop(&shop);
}

EACH_KIND(store, keeps_what_a_value_pointed_to_outside)
{
    struct shop shop;
    char outside[64];
    struct entry *entry;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    entry = entry_of(&shop, text("a"));
    for (int i = 0; i < 100; i++) {
        int size = snprintf(outside, sizeof outside, "%.*s", i * 13 % 50,
                            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");

        *(struct leat_bytes *)store_edit(shop.store, entry) = leat_bytes(outside, (size_t)size);
        store_touch(shop.store, entry, i);
        memset(outside, '#', sizeof outside);
        cr_assert_eq(((struct leat_bytes *)entry->value)->size, (size_t)size);
        cr_assert(!strchr(entry_text(entry), '#'));
    }
    shop_stop(&shop);
}

/* A value may be made of pieces of the one that it replaces. */
EACH_KIND(store, accepts_a_value_that_points_into_the_old_one)
{
    struct shop shop;
    struct entry *entry;

    for (int before = 0; before < 2; before++) {
        shop_start(&shop, *kind, (struct store_spec){ .keep_before = before });
        set_text(shop.store, "a", "0123456789abcdef0123456789", 1);
        entry = entry_of(&shop, text("a"));
        for (int i = 0; i < 10; i++) {
            struct leat_bytes part = *(struct leat_bytes *)entry->value;

            part.data++;
            part.size -= 2;
            if (i & 1) {
                store_set(shop.store, entry, &part, 2);
            } else {
                *(struct leat_bytes *)store_edit(shop.store, entry) = part;
                store_touch(shop.store, entry, 2);
            }
            if (i == 5)
                commit_shop(&shop);
        }
        cr_assert_str_eq(entry_text(entry), "abcdef");
        shop_stop(&shop);
    }
}

EACH_KIND(store, takes_no_memory_for_rows_that_are_written_again)
{
    struct shop shop;
    size_t used;

    shop_start(&shop, *kind, (struct store_spec){ .keep_before = true });
    for (int i = 0; i < 3; i++) {
        set_text(shop.store, "a", "a text of some length", 1);
        commit_shop(&shop);
    }
    used = store_staged_bytes(shop.store);
    for (int i = 0; i < 1000; i++) {
        set_text(shop.store, "a", i & 1 ? "a text of some length" : "another of that size", 1);
        if (i % 10 == 9)
            commit_shop(&shop);
    }
    cr_assert_eq(store_staged_bytes(shop.store), used);
    shop_stop(&shop);
}

EACH_KIND(store, forgets_the_staged_and_keeps_the_committed_at_an_abort)
{
    struct shop shop;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    set_text(shop.store, "a", "1", 1);
    commit_shop(&shop);
    set_text(shop.store, "a", "2", 2);
    flush(&shop);
    set_text(shop.store, "b", "2", 2);
    home_discard(shop.scene.home);
    store_abort(shop.store);
    cr_assert_str_eq(get_text(shop.store, "a"), "1");
    cr_assert_str_eq(get_text(shop.store, "b"), "-");
    cr_assert_not(store_dirty(shop.store));
    shop_stop(&shop);
}

EACH_KIND(store, is_full_beyond_its_bound_and_makes_room_at_a_commit)
{
    struct shop shop;
    char key[16];
    int i;

    shop_start(&shop, *kind, (struct store_spec){ .staged_bytes = 64 << 10 });
    for (i = 0; !store_full(shop.store); i++) {
        snprintf(key, sizeof key, "key-%d", i);
        set_text(shop.store, key, "some words", i);
        cr_assert(i < 10000);
    }
    cr_assert(i > 100);
    commit_shop(&shop);
    cr_assert_not(store_full(shop.store));
    cr_assert(store_staged_bytes(shop.store) < 32 << 10);
    cr_assert_str_eq(get_text(shop.store, "key-0"), "some words");
    cr_assert_str_eq(get_text(shop.store, key), "some words");
    shop_stop(&shop);
}

EACH_KIND(store, keeps_clean_rows_as_a_cache)
{
    struct shop shop;
    struct entry *entry;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    set_text(shop.store, "a", "1", 1);
    entry = entry_of(&shop, text("a"));
    entry->origin = 3;
    entry->origin_ms = 4;
    commit_shop(&shop);
    cr_assert_eq(entry_of(&shop, text("a")), entry);
    cr_assert_eq(entry->origin, 3);
    cr_assert_eq(entry->origin_ms, 4);
    store_abort(shop.store);
    entry = entry_of(&shop, text("a"));
    cr_assert_eq(entry->origin, -1, "a loaded row has no origin");
    shop_stop(&shop);
}

static struct leat_bytes window(struct arena *arena, const char *key, int64_t start_ms)
{
    return window_key_build(arena, text(key), start_ms, 0);
}

EACH_KIND(store, hides_expired_windows_at_once_and_still_flushes_them)
{
    struct shop shop;
    struct arena arena;
    struct leat_bytes value = text("1");
    struct store_cursor *cursor;
    struct entry *entry;

    arena_init(&arena, 1024);
    shop_start(&shop, *kind, (struct store_spec){ .kind = STORE_WINDOW, .retention_ms = 1000 });
    store_set(shop.store, entry_of(&shop, window(&arena, "a", 1000)), &value, 1);
    commit_shop(&shop);
    store_set(shop.store, entry_of(&shop, window(&arena, "a", 2000)), &value, 1);
    store_set(shop.store, entry_of(&shop, window(&arena, "a", 3000)), &value, 1);
    store_expire(shop.store, 3000);
    cr_assert(!entry_of(&shop, window(&arena, "a", 1000))->value);
    cr_assert(!entry_of(&shop, window(&arena, "a", 2000))->value);
    cr_assert(entry_of(&shop, window(&arena, "a", 3000))->value);
    OK(store_range(shop.store, leat_bytes(NULL, 0), leat_bytes(NULL, 0), false, &cursor,
                   &shop.scene.error),
       &shop.scene.error);
    cr_assert_eq(store_next(cursor, &entry, &shop.scene.error), 1);
    cr_assert(leat_bytes_equal(entry->key, window(&arena, "a", 3000)));
    cr_assert_eq(store_next(cursor, &entry, &shop.scene.error), 0);
    store_cursor_close(cursor);
    flush(&shop);
    cr_assert_eq(strlen(shop.flushed), 2 * strlen("a=1<") + 1, "both: %s", shop.flushed);
    home_discard(shop.scene.home);
    store_abort(shop.store);
    cr_assert(entry_of(&shop, window(&arena, "a", 1000))->value, "an abort takes it back");
    shop_stop(&shop);
    arena_free(&arena);
}

static struct leat_bytes session(struct arena *arena, const char *key, int64_t end_ms)
{
    return session_key_build(arena, text(key), 0, end_ms);
}

EACH_KIND(store, hides_sessions_that_ended_too_long_ago)
{
    struct shop shop;
    struct arena arena;
    struct leat_bytes value = text("1");

    arena_init(&arena, 1024);
    shop_start(&shop, *kind, (struct store_spec){ .kind = STORE_SESSION, .retention_ms = 1000 });
    store_set(shop.store, entry_of(&shop, session(&arena, "a", 2999)), &value, 1);
    store_set(shop.store, entry_of(&shop, session(&arena, "a", 3000)), &value, 1);
    commit_shop(&shop);
    store_expire(shop.store, 3000);
    cr_assert(!entry_of(&shop, session(&arena, "a", 2999))->value);
    cr_assert(entry_of(&shop, session(&arena, "a", 3000))->value);
    shop_stop(&shop);
    arena_free(&arena);
}

/* Or the next range would be as slow as all that came and went since the last commit. */
EACH_KIND(store, keeps_no_order_of_rows_that_came_and_went)
{
    struct shop shop;
    struct leat_bytes none = leat_bytes(NULL, 0);
    struct store_cursor *cursor;
    struct entry *entry;
    char key[16];

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "%d", i);
        set_text(shop.store, key, "x", 1);
        OK(store_range(shop.store, none, none, false, &cursor, &shop.scene.error),
           &shop.scene.error);
        cr_assert_eq(store_next(cursor, &entry, &shop.scene.error), 1);
        store_set(shop.store, entry, NULL, 1);
        cr_assert_eq(store_next(cursor, &entry, &shop.scene.error), 0);
        store_cursor_close(cursor);
        cr_assert_eq(staged_order(&shop.store->staged)->count, 0);
    }
    set_text(shop.store, "7", "again", 2);
    cr_assert_eq(staged_order(&shop.store->staged)->count, 1);
    shop_stop(&shop);
}

EACH_KIND(store, reads_what_was_restored)
{
    struct shop shop;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    set_text(shop.store, "a", "1", 1);
    commit_shop(&shop);
    cr_assert_str_eq(get_text(shop.store, "b"), "-");
    OK(store_restore(shop.store, text("a"), leat_bytes(NULL, 0), 5, &shop.scene.error),
       &shop.scene.error);
    OK(store_restore(shop.store, text("b"), text("restored"), 6, &shop.scene.error),
       &shop.scene.error);
    OK(store_restore(shop.store, text("c"), text(""), 7, &shop.scene.error), &shop.scene.error);
    commit_shop(&shop);
    cr_assert_str_eq(get_text(shop.store, "a"), "-");
    cr_assert_str_eq(get_text(shop.store, "b"), "restored");
    cr_assert_str_eq(get_text(shop.store, "c"), "");
    cr_assert_eq(entry_of(&shop, text("b"))->timestamp_ms, 6);
    shop_stop(&shop);
}

EACH_KIND(store, on_another_thread_sees_a_commit_when_it_is_refreshed)
{
    struct shop shop;
    struct store *reader;
    struct entry *entry;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    reader = scene_store(&shop.scene, store_spec(shop.store), shop.codec);
    set_text(shop.store, "a", "1", 1);
    commit_shop(&shop);
    store_refresh(reader);
    OK(store_entry(reader, text("a"), &entry, &shop.scene.error), &shop.scene.error);
    cr_assert_str_eq(entry_text(entry), "1");
    set_text(shop.store, "a", "2", 1);
    commit_shop(&shop);
    cr_assert_str_eq(entry_text(entry), "1", "valid until it is refreshed");
    store_refresh(reader);
    cr_assert_str_eq(get_text(reader, "a"), "2");
    store_close(reader);
    shop_stop(&shop);
}

EACH_KIND(store, walks_all_rows_without_keeping_them)
{
    struct shop shop;
    struct store_cursor *cursor;
    struct entry *entry;
    char key[16];
    size_t used;
    int count = 0;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        set_text(shop.store, key, "some words", i);
    }
    commit_shop(&shop);
    store_abort(shop.store);
    used = store_staged_bytes(shop.store);
    OK(store_range(shop.store, leat_bytes(NULL, 0), leat_bytes(NULL, 0), true, &cursor,
                   &shop.scene.error),
       &shop.scene.error);
    for (; store_next(cursor, &entry, &shop.scene.error) > 0; count++)
        if (count % 1000 == 500) {
            struct leat_bytes value = text("changed");

            store_set(shop.store, entry, &value, 1);
        }
    store_cursor_close(cursor);
    cr_assert_eq(count, 5000);
    cr_assert(store_staged_bytes(shop.store) < used + 8192);
    flush(&shop);
    cr_assert_str_eq(get_text(shop.store, shop.flushed[0] ? "key-1" : ""), "some words");
    cr_assert_eq(strlen(shop.flushed) > 5 * strlen("=changed<"), true);
    shop_stop(&shop);
}

static int refuse(void *user, struct store *store, const struct entry *entry,
                  struct leat_bytes wire, struct leat_error *error)
{
    snprintf(error->text, sizeof error->text, "no");
    return error->code = LEAT_E_LOG;
}

EACH_KIND(store, stays_dirty_when_the_flush_fails)
{
    struct shop shop;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    set_text(shop.store, "a", "1", 1);
    cr_assert_eq(store_flush(shop.store, refuse, NULL, &shop.scene.error), LEAT_E_LOG);
    cr_assert(store_dirty(shop.store));
    store_abort(shop.store);
    cr_assert_not(store_dirty(shop.store));
    shop_stop(&shop);
}

EACH_KIND(store, says_which_value_cannot_be_encoded)
{
    struct shop shop;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    set_text(shop.store, "a", "not UTF-8: \xff", 1);
    cr_assert_eq(store_flush(shop.store, NULL, NULL, &shop.scene.error), LEAT_E_DATA);
    cr_assert(strstr(shop.scene.error.text, "store 'stock'"), "%s", shop.scene.error.text);
    shop_stop(&shop);
}

EACH_KIND(store, says_which_row_cannot_be_decoded)
{
    struct shop shop;
    struct entry *entry;

    shop_start(&shop, *kind, (struct store_spec){ 0 });
    OK(store_restore(shop.store, text("a"), text("\xff\xfe"), 1, &shop.scene.error),
       &shop.scene.error);
    commit_shop(&shop);
    cr_assert_eq(store_entry(shop.store, text("a"), &entry, &shop.scene.error), LEAT_E_STATE);
    cr_assert(strstr(shop.scene.error.text, "store 'stock'"), "%s", shop.scene.error.text);
    shop_stop(&shop);
}
