/* lock_test.c - one process to a state directory, and one id to an instance. */
#define _DEFAULT_SOURCE
#include "scene.h"

#include "base/memory.h"
#include "state/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64], path[96];

static void start(void)
{
    snprintf(directory, sizeof directory, "/tmp/leat-lock-XXXXXX");
    cr_assert(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/state/shop", directory);
}

static void stop(void)
{
    scene_remove(directory);
}

static struct lock *take(void)
{
    struct leat_error error = { 0 };
    struct lock *lock;

    OK(lock_take(path, &lock, &error), &error);
    return lock;
}

static void check_refused(const char *because)
{
    struct leat_error error = { 0 };
    struct lock *lock;

    cr_assert_eq(lock_take(path, &lock, &error), LEAT_E_STATE);
    cr_assert(!lock);
    cr_assert(strstr(error.text, because) && strstr(error.text, path), "%s", error.text);
}

Test(lock, makes_the_directory_for_its_owner_alone, .init = start, .fini = stop)
{
    struct lock *lock = take();
    struct stat about;

    cr_assert_eq(stat(path, &about), 0);
    cr_assert_eq(about.st_mode & 0777, 0700);
    lock_release(lock);
    lock_release(NULL);
}

Test(lock, keeps_an_instance_s_id_over_restarts, .init = start, .fini = stop)
{
    struct lock *lock = take();
    char first[64];

    snprintf(first, sizeof first, "%s", lock_instance(lock));
    cr_assert_eq(strlen(first), 36);
    lock_release(lock);
    lock = take();
    cr_assert_str_eq(lock_instance(lock), first);
    lock_release(lock);
    scene_remove(path);
    lock = take();
    cr_assert_str_neq(lock_instance(lock), first);
    lock_release(lock);
}

Test(lock, names_the_process_that_has_it, .init = start, .fini = stop)
{
    char because[64], done = 0;
    int ready[2], leave[2];
    pid_t pid;

    cr_assert(!pipe(ready) && !pipe(leave));
    pid = fork();
    if (!pid) {
        take();
        if (write(ready[1], &done, 1) != 1 || read(leave[0], &done, 1) != 1)
            _exit(1);
        _exit(0);
    }
    cr_assert_eq(read(ready[0], &done, 1), 1);
    snprintf(because, sizeof because, "in use by process %d", (int)pid);
    check_refused(because);
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    lock_release(take());
}

static struct lock *take_slot(int slots, const char *folder)
{
    struct leat_error error = { 0 };
    char wanted[128], *found;
    struct lock *lock;

    snprintf(wanted, sizeof wanted, "%s/%s", path, folder);
    OK(lock_take_slot(path, slots, &found, &lock, &error), &error);
    cr_assert_str_eq(found, wanted);
    memory_free(found);
    return lock;
}

Test(lock, instances_that_share_a_directory_take_the_first_free_folder, .init = start, .fini = stop)
{
    struct lock *first = take_slot(3, "1"), *second = take_slot(3, "2"), *third = take_slot(3, "3");
    char id[64];

    cr_assert_str_neq(lock_instance(first), lock_instance(second));
    snprintf(id, sizeof id, "%s", lock_instance(second));
    lock_release(second);
    second = take_slot(3, "2");
    cr_assert_str_eq(lock_instance(second), id);
    lock_release(first);
    lock_release(second);
    lock_release(third);
}

Test(lock, one_instance_too_many_is_refused, .init = start, .fini = stop)
{
    struct lock *first = take_slot(1, "1"), *second;
    struct leat_error error = { 0 };
    char *folder;

    cr_assert_eq(lock_take_slot(path, 1, &folder, &second, &error), LEAT_E_STATE);
    cr_assert(strstr(error.text, "in use") && !second, "%s", error.text);
    memory_free(folder);
    lock_release(first);
}

Test(lock, what_is_wrong_with_a_folder_is_said_and_not_passed_over, .init = start, .fini = stop)
{
    struct leat_error error = { 0 };
    struct lock *lock;
    char *folder;

    lock_release(take_slot(2, "1"));
    snprintf(path + strlen(path), 3, "/1");
    cr_assert_eq(chmod(path, 0777), 0);
    path[strlen(path) - 2] = 0;
    cr_assert_eq(lock_take_slot(path, 2, &folder, &lock, &error), LEAT_E_STATE);
    cr_assert(strstr(error.text, "may be written by others"), "%s", error.text);
    memory_free(folder);
}

Test(lock, refuses_a_link, .init = start, .fini = stop)
{
    char target[160];

    lock_release(take());
    snprintf(target, sizeof target, "%s-moved", path);
    cr_assert(!rename(path, target) && !symlink(target, path));
    check_refused("a link is not followed");
}

Test(lock, refuses_a_directory_that_others_may_write, .init = start, .fini = stop)
{
    lock_release(take());
    cr_assert_eq(chmod(path, 0777), 0);
    check_refused("may be written by others");
}

Test(lock, refuses_an_id_that_is_none, .init = start, .fini = stop)
{
    char file[128];
    int fd;

    lock_release(take());
    snprintf(file, sizeof file, "%s/instance", path);
    fd = open(file, O_WRONLY | O_TRUNC);
    cr_assert_eq(write(fd, "0123456789", 10), 10);
    close(fd);
    check_refused("remove it");
}

Test(lock, refuses_a_file_in_the_directory_s_place, .init = start, .fini = stop)
{
    int fd;

    snprintf(path, sizeof path, "%s/file", directory);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    check_refused("cannot");
}
