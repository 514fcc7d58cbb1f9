/* lock.c - the state directory's lock and the instance's id. */
#include "state/lock.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UUID_TEXT = 36 };

struct lock {
    int directory, file;
    char instance[UUID_TEXT + 1];
};

static int fail(struct leat_error *error, const char *action, const char *path)
{
    return error_set(error, LEAT_E_STATE, "cannot %s '%s': %s: check state.dir and its rights",
                     action, path, strerror(errno));
}

static int make_directories(const char *path, struct leat_error *error)
{
    char *copy = memory_text(path);
    int code = LEAT_OK;

    for (char *at = copy + 1; !code && *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        if (mkdir(copy, 0700) && errno != EEXIST)
            code = fail(error, "make the directory", copy);
        *at = '/';
    }
    if (!code && mkdir(path, 0700) && errno != EEXIST)
        code = fail(error, "make the directory", path);
    memory_free(copy);
    return code;
}

/* A directory that others may write to could have our files swapped under us. */
static int open_directory(const char *path, int *out, struct leat_error *error)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return fail(error, "open the state directory (a link is not followed)", path);
    *out = fd;
    if (fstat(fd, &about))
        return fail(error, "look at the state directory", path);
    if (about.st_uid != geteuid())
        return error_set(error, LEAT_E_STATE,
                         "the state directory '%s' belongs to user %u and this process runs as %u: "
                         "set another state.dir",
                         path, about.st_uid, geteuid());
    if (about.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(
            error, LEAT_E_STATE,
            "the state directory '%s' may be written by others (mode %o): chmod 700 it", path,
            about.st_mode & 07777);
    return LEAT_OK;
}

/* The holder's process id, for the sentence only: the lock itself is the kernel's. */
static long read_holder(int file)
{
    char text[24] = { 0 };
    ssize_t size = pread(file, text, sizeof text - 1, 0);

    return size > 0 ? strtol(text, NULL, 10) : 0;
}

static int write_holder(struct lock *lock, const char *path, struct leat_error *error)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (ftruncate(lock->file, 0) || pwrite(lock->file, text, (size_t)length, 0) != length)
        return fail(error, "write the lock in", path);
    return LEAT_OK;
}

static int lock_file(struct lock *lock, const char *path, bool *busy, struct leat_error *error)
{
    lock->file = openat(lock->directory, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (lock->file < 0)
        return fail(error, "open the lock in", path);
    if (!flock(lock->file, LOCK_EX | LOCK_NB))
        return write_holder(lock, path, error);
    *busy = errno == EWOULDBLOCK;
    if (*busy)
        return error_set(error, LEAT_E_STATE,
                         "the state directory '%s' is in use by process %ld: set another state.dir "
                         "for each instance on this machine",
                         path, read_holder(lock->file));
    return fail(error, "lock", path);
}

/* ---- the instance's id --------------------------------------------------------------------------
 */

static bool is_uuid(const char *text)
{
    for (int i = 0; i < UUID_TEXT; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i]) || !text[i])
            return false;
    }
    return true;
}

static int make_uuid(char text[UUID_TEXT + 1], struct leat_error *error)
{
    unsigned char bytes[16];
    char *at = text;

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return error_set(error, LEAT_E_STATE, "no random numbers: %s", strerror(errno));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++)
        at += snprintf(at, 4, "%02x%s", bytes[i], i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
    return LEAT_OK;
}

/* Written beside and renamed: a crash leaves no id or a whole one. */
static int write_instance(struct lock *lock, const char *path, struct leat_error *error)
{
    int fd = openat(lock->directory, "instance.new",
                    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool written;

    if (fd < 0)
        return fail(error, "make the instance's id in", path);
    written = write(fd, lock->instance, UUID_TEXT) == UUID_TEXT && !fsync(fd);
    close(fd);
    if (!written || renameat(lock->directory, "instance.new", lock->directory, "instance") ||
        fsync(lock->directory))
        return fail(error, "write the instance's id in", path);
    return LEAT_OK;
}

static int find_instance(struct lock *lock, const char *path, struct leat_error *error)
{
    int fd = openat(lock->directory, "instance", O_RDONLY | O_NOFOLLOW | O_CLOEXEC), code;
    ssize_t size;

    if (fd < 0 && errno != ENOENT)
        return fail(error, "read the instance's id in", path);
    if (fd < 0) {
        code = make_uuid(lock->instance, error);
        return code ? code : write_instance(lock, path, error);
    }
    size = read(fd, lock->instance, UUID_TEXT);
    close(fd);
    if (size == UUID_TEXT && is_uuid(lock->instance))
        return LEAT_OK;
    return error_set(
        error, LEAT_E_STATE,
        "the file '%s/instance' does not hold this instance's id: remove it, and a new "
        "one is made",
        path);
}

static int take(const char *directory, struct lock **out, bool *busy, struct leat_error *error)
{
    struct lock *lock = memory_new(sizeof *lock);
    int code;

    *out = NULL;
    lock->directory = lock->file = -1;
    if ((code = make_directories(directory, error)) ||
        (code = open_directory(directory, &lock->directory, error)) ||
        (code = lock_file(lock, directory, busy, error)) ||
        (code = find_instance(lock, directory, error))) {
        lock_release(lock);
        return code;
    }
    *out = lock;
    return LEAT_OK;
}

int lock_take(const char *directory, struct lock **out, struct leat_error *error)
{
    bool busy = false;

    return take(directory, out, &busy, error);
}

int lock_take_slot(const char *directory, int slots, char **path, struct lock **out,
                   struct leat_error *error)
{
    assert(slots > 0);
    for (int slot = 1;; slot++) {
        bool busy = false;
        int code;

        *path = memory_format("%s/%d", directory, slot);
        code = take(*path, out, &busy, error);
        if (!busy || slot == slots)
            return code;
        memory_free(*path);
    }
}

void lock_release(struct lock *lock)
{
    if (!lock)
        return;
    if (lock->file >= 0)
        close(lock->file);
    if (lock->directory >= 0)
        close(lock->directory);
    memory_free(lock);
}

const char *lock_instance(const struct lock *lock)
{
    return lock->instance;
}
