/* state_home.c - a home in memory under threads, as a global table is used: one thread commits,
 * others read through stores and ranges of their own. A range shows one commit, whole. */
#include "schemas/codec.h"
#include "state/home.h"
#include "state/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 2, ROWS = 20, COMMITS = 2000 };

struct world {
    struct home *home;
    atomic_bool done;
    atomic_int reads;
};

static void check(int code, const struct leat_error *error)
{
    if (code >= 0)
        return;
    fprintf(stderr, "failed: %d %s\n", code, error->text);
    exit(1);
}

static void expect(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

static struct store *open_store(struct world *world, struct codec *codec)
{
    struct store_spec spec = { .name = "table", .type = &leat_long_type };
    struct leat_error error = { 0 };
    struct store *store;

    check(store_open(world->home, &spec, codec, &store, &error), &error);
    return store;
}

static void read_range(struct world *world)
{
    struct leat_error error = { 0 };
    struct leat_bytes key, value;
    struct home_cursor *cursor;
    char first[32] = { 0 };
    int rows = 0, code;

    check(
        home_range(world->home, LEAT_LITERAL("\0\0"), LEAT_LITERAL("\0\1"), false, &cursor, &error),
        &error);
    for (; (code = home_next(cursor, &key, &value, &error)) > 0; rows++) {
        if (!rows)
            memcpy(first, value.data, value.size);
        expect(!memcmp(first, value.data, value.size), "a range shows one commit");
    }
    check(code, &error);
    home_cursor_close(cursor);
    expect(!rows || rows == ROWS, "a range shows all rows of a commit");
}

static void *read_on(void *argument)
{
    struct world *world = argument;
    struct codec *codec = codec_new(&leat_long_type, NULL);
    struct store *store = open_store(world, codec);
    struct leat_error error = { 0 };
    struct entry *entry;
    int64_t last = -1;

    while (!world->done) {
        store_refresh(store);
        read_range(world);
        check(store_entry(store, LEAT_LITERAL("k\0"), &entry, &error), &error);
        if (entry->value) {
            expect(*(int64_t *)entry->value >= last, "commits are seen in order");
            last = *(int64_t *)entry->value;
        }
        world->reads++;
    }
    store_close(store);
    codec_free(codec);
    return NULL;
}

static void write_commit(struct world *world, struct store *store, int64_t number)
{
    struct leat_error error = { 0 };
    struct entry *entry;
    char key[2] = { 'k', 0 };

    for (int i = 0; i < ROWS; i++) {
        key[1] = (char)i;
        check(store_entry(store, leat_bytes(key, sizeof key), &entry, &error), &error);
        store_set(store, entry, &number, number);
    }
    check(store_flush(store, NULL, NULL, &error), &error);
    check(home_commit(world->home, &error), &error);
    store_committed(store);
}

int main(void)
{
    struct world world = { 0 };
    struct codec *codec = codec_new(&leat_long_type, NULL);
    struct leat_error error = { 0 };
    pthread_t readers[READERS];
    struct store *store;

    check(home_open(&(struct home_options){ 0 }, &world.home, &error), &error);
    store = open_store(&world, codec);
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, read_on, &world);
    for (int64_t i = 0; i < COMMITS || world.reads < 100; i++)
        write_commit(&world, store, i);
    world.done = true;
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    store_close(store);
    codec_free(codec);
    home_close(world.home);
    printf("state_home: %d reads beside %d commits\n", world.reads, COMMITS);
    return 0;
}
