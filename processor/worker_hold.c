/* worker_hold.c - tasks that other threads read the committed rows of, while the worker goes on. */
#include "processor/worker_parts.h"

#include <assert.h>

static struct hosted *find(struct worker *worker, int task)
{
    for (size_t i = 0; i < worker->hosted_count; i++)
        if (worker->hosted[i]->index == task && worker->hosted[i]->stage != STAGE_OPENING)
            return worker->hosted[i];
    return NULL;
}

bool worker_hold(struct worker *worker, int task, struct worker_hold *out)
{
    struct hosted *hosted;

    pthread_mutex_lock(&worker->lock);
    hosted = find(worker, task);
    if (hosted) {
        hosted->holds++;
        *out = (struct worker_hold){ hosted->task, hosted->stage == STAGE_RUNNING,
                                     hosted->committed_ms, &hosted->closing, hosted };
    }
    pthread_mutex_unlock(&worker->lock);
    return hosted;
}

void worker_let_go(struct worker *worker, const struct worker_hold *hold)
{
    struct hosted *hosted = hold->hosted;

    pthread_mutex_lock(&worker->lock);
    assert(hosted->holds > 0);
    hosted->holds--;
    pthread_cond_broadcast(&worker->let_go);
    pthread_mutex_unlock(&worker->lock);
}

void hold_end(struct worker *worker, struct hosted *hosted)
{
    atomic_store(&hosted->closing, true);
    pthread_mutex_lock(&worker->lock);
    while (hosted->holds)
        pthread_cond_wait(&worker->let_go, &worker->lock);
    pthread_mutex_unlock(&worker->lock);
}
