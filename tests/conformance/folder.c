/* folder.c - temporary folders, in memory where that is to be had: scenarios are small, and what a
 * disk's syncing costs is not what they are about. */
#include "folder.h"

#include "base/memory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *folder_make(const char *purpose)
{
    const char *temporary = getenv("TMPDIR");
    char *path;

    if (!temporary)
        temporary = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
    path = memory_format("%s/leat-%s-XXXXXX", temporary, purpose);
    if (!mkdtemp(path)) {
        perror(path);
        exit(2);
    }
    return path;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    return remove(path);
}

void folder_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
