/* failpoint_test.c - a process dies at the named point, and at that one only. */
#include "base/failpoint.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int passes(const char *wanted, const char *name, int times)
{
    pid_t child = fork();
    int status = 0;

    if (!child) {
        if (wanted)
            setenv("LEAT_FAILPOINT", wanted, 1);
        else
            unsetenv("LEAT_FAILPOINT");
        for (int i = 0; i < times; i++)
            failpoint(name);
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

Test(failpoint, kills_at_the_nth_passage)
{
    cr_assert_eq(passes("before_commit:3", "before_commit", 2), 0);
    cr_assert_eq(passes("before_commit:3", "before_commit", 3), SIGKILL);
    cr_assert_eq(passes("before_commit", "before_commit", 1), SIGKILL);
}

Test(failpoint, spares_all_other_points)
{
    cr_assert_eq(passes("before_commit:1", "before_flush", 9), 0);
    cr_assert_eq(passes("before_commit_2:1", "before_commit", 9), 0);
    cr_assert_eq(passes("before:1", "before_commit", 9), 0);
    cr_assert_eq(passes(NULL, "before_commit", 9), 0);
}
