/* crew.c - worker threads and their mailbox. */
#include "processor/crew.h"

#include "base/logline.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>

enum { CREW_WAIT_MS = 20 }; /* a worker without messages looks at its mailbox this often */

enum order { ORDER_NONE, ORDER_ADD, ORDER_REMOVE, ORDER_FINISH };

struct member {
    struct crew *crew;
    struct worker *worker;
    pthread_t thread;
    enum order order;
    const int *tasks;           /* of the order; borrowed until it is done */
    size_t task_count;
    bool lost;
    bool finished, failed;
    struct leat_error error;

    const struct log_position *positions; /* asked to be committed; NULL: nothing */
    size_t position_count;
    int commit_status;
    struct leat_error *commit_error;
};

struct crew {
    struct crew_options options;
    struct member *members;
    size_t member_count;
    int *owner;                 /* by task: the member, -1 none */
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* ---- the worker's side ----------------------------------------------------------------------- */

static int ask_commit(void *user, const struct log_position *positions, size_t count,
                      struct leat_error *error)
{
    struct member *member = user;
    struct crew *crew = member->crew;
    int status;

    pthread_mutex_lock(&crew->lock);
    member->positions = positions;
    member->position_count = count;
    member->commit_error = error;
    pthread_cond_broadcast(&crew->changed);
    while (member->positions)
        pthread_cond_wait(&crew->changed, &crew->lock);
    status = member->commit_status;
    pthread_mutex_unlock(&crew->lock);
    return status;
}

static struct log_group *ask_group(void *user)
{
    const struct member *member = user;
    const struct worker_options *with = &member->crew->options.worker;

    return with->group(with->user);
}

static int carry_out(struct member *member, struct leat_error *error)
{
    switch (member->order) {
    case ORDER_ADD:
        worker_add(member->worker, member->tasks, member->task_count);
        return LEAT_OK;
    case ORDER_REMOVE:
        return worker_remove(member->worker, member->tasks, member->task_count,
                             member->lost || member->failed, error);
    case ORDER_FINISH:
        member->finished = true;
        return member->failed ? LEAT_OK : worker_finish(member->worker, error);
    case ORDER_NONE:
        break;
    }
    return LEAT_OK;
}

static void fail(struct member *member, const struct leat_error *error)
{
    pthread_mutex_lock(&member->crew->lock);
    if (!member->failed)
        member->error = *error;
    member->failed = true;
    pthread_cond_broadcast(&member->crew->changed);
    pthread_mutex_unlock(&member->crew->lock);
}

/* An order is visible to control as done once it is NONE again. An abort that it ran into has been
 * seen to by the next round. */
static void take_order(struct member *member)
{
    struct crew *crew = member->crew;
    struct leat_error error = { 0 };
    int status = carry_out(member, &error);

    if (status == LEAT_E_ABORTED || status == LEAT_E_FENCED)
        status = worker_recover(member->worker, status, &error);
    if (status)
        fail(member, &error);
    pthread_mutex_lock(&crew->lock);
    member->order = ORDER_NONE;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

static bool has_order(struct member *member)
{
    bool ordered;

    pthread_mutex_lock(&member->crew->lock);
    while (member->failed && member->order == ORDER_NONE)
        pthread_cond_wait(&member->crew->changed, &member->crew->lock);
    ordered = member->order != ORDER_NONE;
    pthread_mutex_unlock(&member->crew->lock);
    return ordered;
}

static void *work(void *argument)
{
    struct member *member = argument;

    while (!member->finished) {
        struct leat_error error = { 0 };

        if (has_order(member))
            take_order(member);
        else if (worker_step(member->worker, CREW_WAIT_MS, &error))
            fail(member, &error);
    }
    return NULL;
}

/* ---- control's side -------------------------------------------------------------------------- */

static void serve_locked(struct crew *crew)
{
    for (size_t i = 0; i < crew->member_count; i++) {
        struct member *member = &crew->members[i];

        if (!member->positions)
            continue;
        member->commit_status = crew->options.commit(crew->options.user, member->positions,
                                                     member->position_count,
                                                     member->commit_error);
        member->positions = NULL;
        pthread_cond_broadcast(&crew->changed);
    }
}

void crew_serve(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    serve_locked(crew);
    pthread_mutex_unlock(&crew->lock);
}

static void order_locked(struct crew *crew, struct member *member, enum order order,
                         const int *tasks, size_t count, bool lost)
{
    assert(member->order == ORDER_NONE);
    member->tasks = tasks;
    member->task_count = count;
    member->lost = lost;
    member->order = order;
    pthread_cond_broadcast(&crew->changed);
}

static void wait_locked(struct crew *crew)
{
    for (size_t i = 0; i < crew->member_count; i++)
        while (crew->members[i].order != ORDER_NONE) {
            serve_locked(crew);
            if (crew->members[i].order != ORDER_NONE)
                pthread_cond_wait(&crew->changed, &crew->lock);
        }
}

static size_t load_of(const struct crew *crew, int member)
{
    size_t load = 0;

    for (size_t i = 0; i < crew->options.worker.layout->task_count; i++)
        load += crew->owner[i] == member;
    return load;
}

static int least_loaded(const struct crew *crew)
{
    int least = 0;

    for (int i = 1; i < (int)crew->member_count; i++)
        if (load_of(crew, i) < load_of(crew, least))
            least = i;
    return least;
}

/* The tasks of one member among these, in order. */
static size_t pick(const struct crew *crew, int member, const int *tasks, size_t count, int *picked)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        if (crew->owner[tasks[i]] == member)
            picked[found++] = tasks[i];
    return found;
}

static void order_each(struct crew *crew, enum order order, const int *tasks, size_t count,
                       bool lost)
{
    int *picked = memory_array(crew->member_count * (count + 1), sizeof *picked);

    pthread_mutex_lock(&crew->lock);
    for (size_t i = 0; i < crew->member_count; i++) {
        int *own = picked + i * (count + 1);
        size_t found = pick(crew, (int)i, tasks, count, own);

        if (found)
            order_locked(crew, &crew->members[i], order, own, found, lost);
    }
    wait_locked(crew);
    pthread_mutex_unlock(&crew->lock);
    memory_free(picked);
}

void crew_add(struct crew *crew, const int *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        crew->owner[tasks[i]] = least_loaded(crew);
    order_each(crew, ORDER_ADD, tasks, count, false);
}

void crew_remove(struct crew *crew, const int *tasks, size_t count, bool lost)
{
    order_each(crew, ORDER_REMOVE, tasks, count, lost);
    for (size_t i = 0; i < count; i++)
        crew->owner[tasks[i]] = -1;
}

int crew_failure(struct crew *crew, struct leat_error *error)
{
    int status = LEAT_OK;

    pthread_mutex_lock(&crew->lock);
    for (size_t i = 0; i < crew->member_count && !status; i++)
        if (crew->members[i].failed) {
            *error = crew->members[i].error;
            status = error->code ? error->code : LEAT_E_STATE;
        }
    pthread_mutex_unlock(&crew->lock);
    return status;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static int start_member(struct crew *crew, size_t place, struct leat_error *error)
{
    struct member *member = &crew->members[place];
    struct worker_options options = crew->options.worker;
    char *id = memory_format("%s-%zu", options.transactional_id, place);
    int status;

    member->crew = crew;
    options.transactional_id = id;
    options.number = place;
    options.group = ask_group;
    options.commit = ask_commit;
    options.user = member;
    status = worker_new(&options, &member->worker, error);
    memory_free(id);
    if (status)
        return status;
    crew->member_count++;
    if (pthread_create(&member->thread, NULL, work, member))
        return error_set(error, LEAT_E_LIMIT, "cannot start worker thread %zu", place + 1);
    return LEAT_OK;
}

int crew_start(const struct crew_options *options, struct crew **out, struct leat_error *error)
{
    struct crew *crew = memory_new(sizeof *crew);
    size_t tasks = options->worker.layout->task_count;
    int status = LEAT_OK;

    crew->options = *options;
    crew->members = memory_array(options->workers, sizeof *crew->members);
    crew->owner = memory_array(tasks, sizeof *crew->owner);
    for (size_t i = 0; i < tasks; i++)
        crew->owner[i] = -1;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    for (size_t i = 0; i < options->workers && !status; i++)
        status = start_member(crew, i, error);
    if (status)
        crew_stop(crew);
    else
        *out = crew;
    return status;
}

void crew_stop(struct crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->lock);
    for (size_t i = 0; i < crew->member_count; i++)
        order_locked(crew, &crew->members[i], ORDER_FINISH, NULL, 0, false);
    wait_locked(crew);
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->member_count; i++) {
        pthread_join(crew->members[i].thread, NULL);
        worker_free(crew->members[i].worker);
    }
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->changed);
    memory_free(crew->members);
    memory_free(crew->owner);
    memory_free(crew);
}

size_t crew_size(const struct crew *crew)
{
    return crew->member_count;
}

struct worker *crew_worker(const struct crew *crew, size_t place)
{
    return crew->members[place].worker;
}

int64_t crew_beat_ms(const struct crew *crew)
{
    int64_t oldest = INT64_MAX;

    for (size_t i = 0; i < crew->member_count; i++) {
        int64_t beat = atomic_load(&worker_figures(crew->members[i].worker)->beat_ms);

        if (beat < oldest)
            oldest = beat;
    }
    return oldest;
}
