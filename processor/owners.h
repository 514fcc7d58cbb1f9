/* owners.h - who owns which task, and where to reach it: told by the owners in the task topic.
 *
 * Behind the record that names the task of a partition (task_table.h) stand records of those that
 * had it, key "owner": `instance=ID since_ms=N address=HOST:PORT` when one has taken the task, the
 * same without an address once it has given it up. A claim counts until its own instance takes it
 * back; of several that count, the last does. So it does not matter whether an instance that was
 * away is late with the one or the other.
 * The topic keeps all of its records, since the first ones must stay: it grows by two short ones a
 * move of a task.
 */
#ifndef PROCESSOR_OWNERS_H
#define PROCESSOR_OWNERS_H

#include "processor/task_table.h"

/* ---- telling -------------------------------------------------------------------------------- */

struct owners;

/* table and layout outlive it; address and instance are copied. Nothing is written before the
 * start, which begins a thread of its own: an outage of the log keeps nobody waiting. */
struct owners *owners_new(struct log *log, const struct layout *layout,
                          const struct task_table *table, const char *instance);
int owners_start(struct owners *owners, const char *address, struct leat_error *error) MUST_CHECK;
void owners_stop(struct owners *owners); /* writes what is left, frees; NULL is a no-op */

/* By indexes into layout->tasks. They return at once. Thread: any. */
void owners_take(struct owners *owners, const int *tasks, size_t count);
void owners_give(struct owners *owners, const int *tasks, size_t count);

/* The end of a task's partition, as it was seen last; 0: not yet. Whoever owns a task commits that
 * offset, or tools that list a group's lag would show what nobody has to read. Others' last words
 * come late, so the ends are looked at again and again. Thread: any. */
int64_t owners_end(const struct owners *owners, size_t task);

/* ---- reading -------------------------------------------------------------------------------- */

struct owner {
    char *task;         /* 0-3, say; of tasks that are named twice the one that counts */
    int32_t partition;  /* of the task topic */
    char *address;      /* host:port; NULL: nobody owns it now */
    char *instance;     /* its id; NULL as well */
    int64_t since_ms;   /* when it took the task, by its own wall clock */
};

/* All tasks that the topic of the application names, in order of partitions; none if there is no
 * such topic. LEAT_E_RETRY: the log did not answer within timeout_ms. Owner: the caller, by
 * owners_free(). Thread: any. */
int owners_read(struct log *log, const char *application, int timeout_ms, struct owner **out,
                size_t *count, struct leat_error *error) MUST_CHECK;
void owners_free(struct owner *owners, size_t count);

#endif
