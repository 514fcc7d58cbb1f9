/* failpoint.h - named points at which a test has the process killed.
 *
 * LEAT_FAILPOINT=name:n in the environment sends the process SIGKILL when it passes the point of
 * that name for the nth time. Unset, a point costs one relaxed load. Thread: any.
 */
#ifndef BASE_FAILPOINT_H
#define BASE_FAILPOINT_H

#include <stdatomic.h>

extern _Atomic int failpoint_armed; /* 0: no point is named. Not for callers. */

void failpoint_pass(const char *name);

static inline void failpoint(const char *name)
{
    if (__builtin_expect(atomic_load_explicit(&failpoint_armed, memory_order_relaxed), 0))
        failpoint_pass(name);
}

#endif
