/* plain_runner.c - runs Criterion's tests without Criterion, for builds under the thread sanitizer,
 * where its own runner does not start: each test in a child of its own, one after the other.
 *
 * What the test macros call is defined here and so takes the library's place. A race makes the
 * child exit with the sanitizer's own status, and is a failure as an assertion is. Parameterised
 * tests and theories are left out.
 */
#include <criterion/criterion.h>
#include <criterion/event.h>
#include <criterion/hooks.h>
#include <criterion/new/assert.h>

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Made by the linker around the sections in which the macros leave their tests and hooks. */
extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[] __attribute__((weak));
extern struct criterion_suite *__stop_cr_sts[] __attribute__((weak));
extern f_report_hook __start_cr_pra[] __attribute__((weak));
extern f_report_hook __stop_cr_pra[] __attribute__((weak));
extern f_report_hook __start_cr_poa[] __attribute__((weak));
extern f_report_hook __stop_cr_poa[] __attribute__((weak));

static const struct criterion_test *current;
static int expectations_failed;

static const struct criterion_suite *suite_of(const struct criterion_test *test)
{
    for (struct criterion_suite **s = __start_cr_sts; s < __stop_cr_sts; s++)
        if (*s && !strcmp((*s)->name, test->category))
            return *s;
    return NULL;
}

/* ---- what the macros call ----------------------------------------------------------------- */

void criterion_internal_test_setup(void)
{
    const struct criterion_suite *suite = suite_of(current);

    if (suite && suite->data && suite->data->init)
        suite->data->init();
    if (current->data && current->data->init)
        current->data->init();
}

void criterion_internal_test_main(void (*test)(void))
{
    test();
}

void criterion_internal_test_teardown(void)
{
    const struct criterion_suite *suite = suite_of(current);

    if (current->data && current->data->fini)
        current->data->fini();
    if (suite && suite->data && suite->data->fini)
        suite->data->fini();
}

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    if (stats->passed)
        return;
    fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    expectations_failed = 1;
}

void cri_assert_node_send(const char *file, size_t line, struct cri_assert_node *tree)
{
    fprintf(stderr, "%s:%zu: %s\n", file, line, tree->message ? tree->message : "failed");
    expectations_failed = 1;
}

void cri_asserts_passed_incr(void)
{
}

void criterion_abort_test(void)
{
    fflush(NULL);
    _exit(1);
}

void criterion_continue_test(void)
{
    expectations_failed = 1;
}

/* ---- the runner --------------------------------------------------------------------------- */

static int run_child(const struct criterion_test *test)
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (!child) {
        current = test;
        test->test();
        exit(expectations_failed);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

static int as_expected(const struct criterion_test *test, int status)
{
    int signal = test->data ? test->data->signal : 0;
    int code = test->data ? test->data->exit_code : 0;

    if (WIFSIGNALED(status))
        return WTERMSIG(status) == signal;
    return !signal && WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static int chosen(const struct criterion_test *test, const char *pattern)
{
    char name[512];

    if (test->data && (test->data->disabled || test->data->kind_ != CR_TEST_NORMAL))
        return 0;
    snprintf(name, sizeof name, "%s/%s", test->category, test->name);
    return !pattern || !fnmatch(pattern, name, 0);
}

int main(int argc, char **argv)
{
    const char *pattern = argc > 2 && !strcmp(argv[1], "--filter") ? argv[2] : NULL;
    int passed = 0, failed = 0;

    for (f_report_hook *hook = __start_cr_pra; hook < __stop_cr_pra; hook++)
        (*hook)(NULL);
    for (struct criterion_test **t = __start_cr_tst; t < __stop_cr_tst; t++) {
        int status;

        if (!*t || !chosen(*t, pattern))
            continue;
        status = run_child(*t);
        if (as_expected(*t, status)) {
            passed++;
            continue;
        }
        failed++;
        printf("[FAIL] %s::%s: status %#x\n", (*t)->category, (*t)->name, (unsigned)status);
    }
    for (f_report_hook *hook = __start_cr_poa; hook < __stop_cr_poa; hook++)
        (*hook)(NULL);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
