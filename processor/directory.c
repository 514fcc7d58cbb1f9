/* directory.c - the owners of tasks, kept until they are found elsewhere. */
#include "processor/directory.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>

struct directory {
    struct log *log;
    char *application;
    pthread_mutex_t reading; /* one at a time; the others wait for what it finds */
    pthread_mutex_t lock;    /* over what follows */
    struct owner *owners;
    size_t count;
    int64_t read_ms; /* monotonic; 0: never */
};

struct directory *directory_new(struct log *log, const char *application)
{
    struct directory *directory = memory_new(sizeof *directory);

    directory->log = log;
    directory->application = memory_text(application);
    pthread_mutex_init(&directory->reading, NULL);
    pthread_mutex_init(&directory->lock, NULL);
    return directory;
}

void directory_free(struct directory *directory)
{
    if (!directory)
        return;
    owners_free(directory->owners, directory->count);
    pthread_mutex_destroy(&directory->reading);
    pthread_mutex_destroy(&directory->lock);
    memory_free(directory->application);
    memory_free(directory);
}

char *directory_find(struct directory *directory, const char *task)
{
    char *address = NULL;

    pthread_mutex_lock(&directory->lock);
    for (size_t i = 0; i < directory->count && !address; i++)
        if (!strcmp(directory->owners[i].task, task))
            address = memory_text(directory->owners[i].address);
    pthread_mutex_unlock(&directory->lock);
    return address;
}

static bool is_fresh(struct directory *directory, int64_t least_ms)
{
    bool fresh;

    pthread_mutex_lock(&directory->lock);
    fresh = directory->read_ms && clock_ms(clock_system()) - directory->read_ms < least_ms;
    pthread_mutex_unlock(&directory->lock);
    return fresh;
}

static int read_owners(struct directory *directory, int timeout_ms, struct leat_error *error)
{
    struct owner *owners, *old;
    size_t count, old_count;
    int status = owners_read(directory->log, directory->application, timeout_ms, &owners, &count,
                             error);

    if (status)
        return status;
    pthread_mutex_lock(&directory->lock);
    old = directory->owners;
    old_count = directory->count;
    directory->owners = owners;
    directory->count = count;
    directory->read_ms = clock_ms(clock_system());
    pthread_mutex_unlock(&directory->lock);
    owners_free(old, old_count);
    return LEAT_OK;
}

int directory_refresh(struct directory *directory, int64_t least_ms, int timeout_ms,
                      struct leat_error *error)
{
    int status = LEAT_OK;

    pthread_mutex_lock(&directory->reading);
    if (!is_fresh(directory, least_ms))
        status = read_owners(directory, timeout_ms, error);
    pthread_mutex_unlock(&directory->reading);
    return status;
}
