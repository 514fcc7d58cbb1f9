/* failpoint.c - kill the process at a named point. Entry point: failpoint(). */
#include "base/failpoint.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Armed until the first point that is passed has looked at the environment. */
_Atomic int failpoint_armed = 1;
static _Atomic long failpoint_passed;

void failpoint_pass(const char *name)
{
    const char *wanted = getenv("LEAT_FAILPOINT");
    size_t length = strlen(name);
    long nth;

    if (!wanted || !*wanted) {
        atomic_store_explicit(&failpoint_armed, 0, memory_order_relaxed);
        return;
    }
    if (strncmp(wanted, name, length) || (wanted[length] && wanted[length] != ':'))
        return;
    nth = wanted[length] ? strtol(wanted + length + 1, NULL, 10) : 1;
    if (atomic_fetch_add(&failpoint_passed, 1) + 1 == nth)
        raise(SIGKILL);
}
