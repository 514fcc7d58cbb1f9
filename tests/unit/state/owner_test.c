/* owner_test.c - directories that are not ours to use: another application's, another task's, a
 * newer version's, someone else's, or in use. */
#define _DEFAULT_SOURCE
#include "scene.h"

#include "state/row.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scene scene;

static void start(void)
{
    scene_start(&scene, SCENE_ROCKS);
}

static void stop(void)
{
    scene_stop(&scene);
}

static void check_refused(const char *application, const char *task, const char *because)
{
    struct home_options options = {
        .path = scene.path, .application = application, .task = task, .budget = scene.budget
    };
    struct leat_error error = { 0 };
    struct home *home;

    cr_assert_eq(home_open(&options, &home, &error), LEAT_E_STATE, "%s", error.text);
    cr_assert(!home);
    cr_assert(strstr(error.text, because), "%s", error.text);
    cr_assert(strstr(error.text, scene.path), "%s", error.text);
}

Test(owner, is_named_when_another_application_comes, .init = start, .fini = stop)
{
    scene_close(&scene);
    check_refused("office", "task-0", "belongs to application 'shop', not to 'office'");
}

Test(owner, is_named_when_another_task_comes, .init = start, .fini = stop)
{
    scene_close(&scene);
    check_refused("shop", "task-1", "belongs to task 'task-0', not to 'task-1'");
}

Test(owner, is_kept_out_by_its_own_other_half, .init = start, .fini = stop)
{
    check_refused("shop", "task-0", "has it open");
}

Test(owner, may_come_back, .init = start, .fini = stop)
{
    scene_close(&scene);
    scene_open(&scene);
}

Test(owner, is_refused_a_newer_format, .init = start, .fini = stop)
{
    home_put(scene.home, LEAT_LITERAL("\xff\xffv"), LEAT_LITERAL("\x00\x02"));
    OK(home_commit(scene.home, &scene.error), &scene.error);
    scene_close(&scene);
    check_refused("shop", "task-0", "has format 2 and this version reads up to 1");
}

Test(owner, is_refused_a_damaged_format, .init = start, .fini = stop)
{
    home_put(scene.home, LEAT_LITERAL("\xff\xffv"), LEAT_LITERAL("x"));
    OK(home_commit(scene.home, &scene.error), &scene.error);
    scene_close(&scene);
    check_refused("shop", "task-0", "damaged format version");
}

Test(owner, is_refused_a_database_of_someone_else, .init = start, .fini = stop)
{
    home_delete(scene.home, LEAT_LITERAL("\xff\xffv"));
    home_put(scene.home, LEAT_LITERAL("key"), LEAT_LITERAL("of another program"));
    OK(home_commit(scene.home, &scene.error), &scene.error);
    scene_close(&scene);
    check_refused("shop", "task-0", "did not write");
}

Test(owner, is_refused_a_link, .init = start, .fini = stop)
{
    char moved[128];

    scene_close(&scene);
    snprintf(moved, sizeof moved, "%s-moved", scene.path);
    cr_assert_eq(rename(scene.path, moved), 0);
    cr_assert_eq(symlink(moved, scene.path), 0);
    check_refused("shop", "task-0", "is not a directory");
}

Test(owner, gets_a_directory_that_others_cannot_read, .init = start, .fini = stop)
{
    struct stat about;

    cr_assert_eq(stat(scene.path, &about), 0);
    cr_assert_eq(about.st_mode & 0777, 0700);
}

Test(owner, is_told_that_a_row_is_of_a_newer_version, .init = start, .fini = stop)
{
    struct codec *codec = codec_new(&leat_string_type, NULL);
    struct store_spec spec = { .name = "words", .type = &leat_string_type };
    struct store *store = scene_store(&scene, &spec, codec);
    struct entry *entry;

    home_put(scene.home, LEAT_LITERAL("\0\0newer"), LEAT_LITERAL("\x02\0........text"));
    home_put(scene.home, LEAT_LITERAL("\0\0short"), LEAT_LITERAL("\x01\0..."));
    OK(home_commit(scene.home, &scene.error), &scene.error);
    cr_assert_eq(store_number(store), 0);
    cr_assert_eq(store_entry(store, text("newer"), &entry, &scene.error), LEAT_E_STATE);
    cr_assert(strstr(scene.error.text, "store 'words': a row has version 2"), "%s",
              scene.error.text);
    cr_assert_eq(store_entry(store, text("short"), &entry, &scene.error), LEAT_E_STATE);
    cr_assert(strstr(scene.error.text, "5 bytes"), "%s", scene.error.text);
    store_close(store);
    codec_free(codec);
}
