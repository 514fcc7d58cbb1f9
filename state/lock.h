/* lock.h - the state directory: one process's at a time, and the instance's id that stands in it.
 *
 * The id is made once and outlives the process: a restart takes over its predecessor's
 * transactional ids, and so ends at once what a kill left open.
 * Owner: the process, from before the first task until after the last. Thread: one.
 */
#ifndef STATE_LOCK_H
#define STATE_LOCK_H

#include "base/error.h"

struct lock;

/* Makes the directory (0700, with those above it) where it is missing. LEAT_E_STATE: another
 * process has it, or it cannot be used, or is not ours. */
int lock_take(const char *directory, struct lock **out, struct leat_error *error) MUST_CHECK;

/* The same of the first that is free among the folders 1, 2, ... slots of the directory, for
 * instances that share it. *path is the folder's, in either case; memory_free() it. */
int lock_take_slot(const char *directory, int slots, char **path, struct lock **out,
                   struct leat_error *error) MUST_CHECK;
void lock_release(struct lock *lock); /* NULL is a no-op */

/* A random UUID as text; valid as long as the lock. */
const char *lock_instance(const struct lock *lock);

#endif
