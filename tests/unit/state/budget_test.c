/* budget_test.c - one figure for the memory, and what comes of it. */
#include "scene.h"

#include <stdio.h>

Test(budget, is_divided_without_a_rest_that_matters)
{
    struct budget *budget = budget_new(256 << 20);
    const struct budget_parts *parts = budget_parts(budget);
    size_t sum = parts->queue_bytes + parts->staged_bytes + parts->block_cache_bytes +
                 parts->write_buffer_bytes;

    cr_assert(sum <= parts->total_bytes && sum + 1000 > parts->total_bytes);
    cr_assert(parts->queue_bytes > parts->staged_bytes);
    budget_free(budget);
    budget_free(NULL);
}

Test(budget, has_a_default_and_a_least)
{
    struct budget *budget = budget_new(0);

    cr_assert_eq(budget_parts(budget)->total_bytes, BUDGET_DEFAULT_BYTES);
    budget_free(budget);
    budget = budget_new(1);
    cr_assert_eq(budget_parts(budget)->total_bytes, BUDGET_LEAST_BYTES);
    budget_free(budget);
}

Test(budget, gives_each_database_less_as_there_are_more)
{
    struct budget *budget = budget_new(256 << 20);
    size_t one, ten;

    budget_add_database(budget, 1);
    one = budget_database_bytes(budget);
    budget_add_database(budget, 9);
    ten = budget_database_bytes(budget);
    cr_assert(one == 16 << 20 && ten < one);
    cr_assert(20 * ten <= budget_parts(budget)->write_buffer_bytes);
    budget_add_database(budget, -9);
    cr_assert_eq(budget_database_bytes(budget), one);
    budget_free(budget);
}

Test(budget, counts_the_databases_and_stores_that_are_open)
{
    struct codec *codec = codec_new(&leat_string_type, NULL);
    struct scene scene;
    struct store *stores[40];
    char name[16];

    scene_start(&scene, SCENE_ROCKS);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "store-%d", i);
        stores[i] = scene_store(
            &scene, &(struct store_spec){ .name = name, .type = &leat_string_type }, codec);
    }
    cr_assert(budget_store_bytes(scene.budget) <= budget_parts(scene.budget)->staged_bytes / 30);
    for (int i = 0; i < 40; i++)
        store_close(stores[i]);
    cr_assert_eq(budget_store_bytes(scene.budget), budget_parts(scene.budget)->staged_bytes);
    cr_assert_eq(budget_staged_used(scene.budget), 0);
    codec_free(codec);
    scene_stop(&scene);
}

static size_t fill(struct store *store, const char *prefix)
{
    char key[32];

    for (int i = 0; !store_full(store); i++) {
        cr_assert(i < 1000000);
        snprintf(key, sizeof key, "%s-%d", prefix, i);
        set_text(store, key, "some words of a row", i);
    }
    return store_staged_bytes(store);
}

Test(budget, lends_a_store_what_the_others_do_not_use)
{
    struct codec *codec = codec_new(&leat_string_type, NULL);
    struct scene scene;
    struct store *busy, *idle;
    size_t used, all;

    scene_start(&scene, SCENE_MEMORY);
    all = budget_parts(scene.budget)->staged_bytes;
    busy = scene_store(&scene, &(struct store_spec){ .name = "busy", .type = &leat_string_type },
                       codec);
    idle = scene_store(&scene, &(struct store_spec){ .name = "idle", .type = &leat_string_type },
                       codec);
    used = fill(busy, "busy");
    cr_assert(used > all * 9 / 10, "%zu of %zu", used, all);
    used = fill(idle, "idle");
    cr_assert(used > all / 3 && used < all * 2 / 3, "its own part: %zu of %zu", used, all);
    commit(&scene, busy);
    commit(&scene, idle);
    cr_assert_not(store_full(busy) || store_full(idle));
    store_close(busy);
    store_close(idle);
    cr_assert_eq(budget_staged_used(scene.budget), 0);
    codec_free(codec);
    scene_stop(&scene);
}
