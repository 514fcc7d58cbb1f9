/* scene.c - a home of either kind in a directory of its own. */
#define _XOPEN_SOURCE 700
#include "scene.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *at)
{
    (void)about;
    (void)type;
    (void)at;
    return remove(path);
}

void scene_remove(const char *directory)
{
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scene_start(struct scene *scene, enum scene_kind kind)
{
    *scene = (struct scene){ .kind = kind };
    snprintf(scene->directory, sizeof scene->directory, "/tmp/leat-state-XXXXXX");
    cr_assert(mkdtemp(scene->directory));
    snprintf(scene->path, sizeof scene->path, "%s/task-0", scene->directory);
    scene->budget = budget_new(32 << 20);
    scene_open(scene);
}

void scene_open(struct scene *scene)
{
    struct home_options options = {
        .path = scene->kind == SCENE_ROCKS ? scene->path : NULL,
        .application = "shop",
        .task = "task-0",
        .budget = scene->budget,
    };

    OK(home_open(&options, &scene->home, &scene->error), &scene->error);
}

void scene_close(struct scene *scene)
{
    home_close(scene->home);
    scene->home = NULL;
}

void scene_stop(struct scene *scene)
{
    scene_close(scene);
    budget_free(scene->budget);
    scene_remove(scene->directory);
}

struct store *scene_store(struct scene *scene, const struct store_spec *spec, struct codec *codec)
{
    struct store *store;

    OK(store_open(scene->home, spec, codec, &store, &scene->error), &scene->error);
    return store;
}

const char *entry_text(const struct entry *entry)
{
    static char copy[2][4096];
    static int turn;
    const struct leat_bytes *value = entry->value;
    char *to = copy[turn ^= 1];

    if (!value)
        return "-";
    cr_assert(value->size < sizeof copy[0]);
    memcpy(to, value->data, value->size);
    to[value->size] = 0;
    return to;
}

void set_text(struct store *store, const char *key, const char *value, int64_t timestamp_ms)
{
    struct leat_error error = { 0 };
    struct leat_bytes bytes = text(value);
    struct entry *entry;

    OK(store_entry(store, text(key), &entry, &error), &error);
    store_set(store, entry, value ? &bytes : NULL, timestamp_ms);
}

const char *get_text(struct store *store, const char *key)
{
    struct leat_error error = { 0 };
    struct entry *entry;

    OK(store_entry(store, text(key), &entry, &error), &error);
    return entry_text(entry);
}

void commit(struct scene *scene, struct store *store)
{
    OK(store_flush(store, NULL, NULL, &scene->error), &scene->error);
    OK(home_commit(scene->home, &scene->error), &scene->error);
    store_committed(store);
}
