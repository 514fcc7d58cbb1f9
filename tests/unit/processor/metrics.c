/* metrics.c - tests of counting in several threads and of Prometheus' text format. */
#include "processor/metrics.h"

#include "base/limits.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct metric_family records = { "leat_records_total", "Records.", METRIC_COUNTER };
static const struct metric_family lag = { "leat_lag", "Records behind.", METRIC_GAUGE };
static const int64_t bounds[] = { 1000, 10000, 2500000 };
static const struct metric_family commits = {
    "leat_commit_seconds", "Time of a commit.", METRIC_HISTOGRAM, 1e-6, bounds, 3
};

static struct metrics *metrics;
static struct metrics_block *one, *two;
static struct buffer out;

static void start(void)
{
    metrics = metrics_new();
    one = metrics_block_new(metrics);
    two = metrics_block_new(metrics);
    buffer_init(&out, LIMIT_HTTP_REPLY_BYTES);
}

static void stop(void)
{
    metrics_block_free(one);
    metrics_block_free(two);
    metrics_free(metrics);
    buffer_free(&out);
}

TestSuite(metrics, .init = start, .fini = stop);

static const char *scrape(void)
{
    out.size = 0;
    cr_assert_eq(metrics_write(metrics, &out), LEAT_OK);
    cr_assert_eq(buffer_add(&out, "", 1), LEAT_OK);
    return out.data;
}

static void expect(const char *text)
{
    cr_assert_str_eq(scrape(), text);
}

Test(metrics, nothing_counted_is_an_empty_page)
{
    expect("");
}

Test(metrics, adds_up_the_threads_and_sorts)
{
    struct metric *b = metric_new(one, &records, "task", "b-0", NULL);
    struct metric *a = metric_new(one, &records, "task", "a-0", NULL);
    struct metric *a_too = metric_new(two, &records, "task", "a-0", NULL);
    struct metric *plain = metric_new(two, &lag, NULL);

    metric_add(b, 1);
    metric_add(a, 1234567890123);
    metric_add(a_too, 1);
    metric_set(plain, -5);
    expect("# HELP leat_lag Records behind.\n# TYPE leat_lag gauge\nleat_lag -5\n"
           "# HELP leat_records_total Records.\n# TYPE leat_records_total counter\n"
           "leat_records_total{task=\"a-0\"} 1234567890124\n"
           "leat_records_total{task=\"b-0\"} 1\n");
}

Test(metrics, escapes_label_values)
{
    metric_new(one, &lag, "a", "say \"hi\"\\\n", "b", "", NULL);
    expect("# HELP leat_lag Records behind.\n# TYPE leat_lag gauge\n"
           "leat_lag{a=\"say \\\"hi\\\"\\\\\\n\",b=\"\"} 0\n");
}

Test(metrics, histograms_are_cumulative_and_scaled)
{
    struct metric *a = metric_new(one, &commits, "task", "t", NULL);
    struct metric *b = metric_new(two, &commits, "task", "t", NULL);

    metric_observe(a, 1000);
    metric_observe(a, 1001);
    metric_observe(b, 500000);
    metric_observe(b, 9000000);
    expect("# HELP leat_commit_seconds Time of a commit.\n# TYPE leat_commit_seconds histogram\n"
           "leat_commit_seconds_bucket{task=\"t\",le=\"0.001\"} 1\n"
           "leat_commit_seconds_bucket{task=\"t\",le=\"0.01\"} 2\n"
           "leat_commit_seconds_bucket{task=\"t\",le=\"2.5\"} 3\n"
           "leat_commit_seconds_bucket{task=\"t\",le=\"+Inf\"} 4\n"
           "leat_commit_seconds_sum{task=\"t\"} 9.502001\n"
           "leat_commit_seconds_count{task=\"t\"} 4\n");
}

Test(metrics, many_equal_values_are_observed_at_once)
{
    struct metric *time = metric_new(one, &commits, "task", "t", NULL);

    metric_observe_many(time, 2000, 5);
    metric_observe_many(time, 9000000, 2);
    cr_assert(strstr(scrape(), "leat_commit_seconds_bucket{task=\"t\",le=\"0.01\"} 5\n"));
    cr_assert(strstr(out.data, "leat_commit_seconds_sum{task=\"t\"} 18.01\n"), "%s", out.data);
    cr_assert(strstr(out.data, "leat_commit_seconds_count{task=\"t\"} 7\n"));
}

Test(metrics, counters_never_fall_and_gauges_go_when_their_task_does)
{
    struct metric *count = metric_new(one, &records, "task", "t", NULL);
    struct metric *gauge = metric_new(one, &lag, "task", "t", NULL);
    struct metric *time = metric_new(one, &commits, NULL);

    metric_add(count, 5);
    metric_set(gauge, 5);
    metric_observe(time, 1);
    metric_free(gauge);
    metric_free(count);
    metric_free(time);
    cr_assert(strstr(scrape(), "leat_records_total{task=\"t\"} 5\n"));
    cr_assert(!strstr(out.data, "leat_lag"));
    count = metric_new(two, &records, "task", "t", NULL);
    metric_add(count, 1);
    cr_assert(strstr(scrape(), "leat_records_total{task=\"t\"} 6\n"));
    metric_free(count);
    metric_free(NULL);
    cr_assert(strstr(scrape(), "leat_records_total{task=\"t\"} 6\n"));
    cr_assert(strstr(out.data, "leat_commit_seconds_count 1\n"));
}

Test(metrics, a_block_that_goes_leaves_its_counts)
{
    metric_add(metric_new(one, &records, "task", "a", NULL), 2);
    metric_add(metric_new(one, &records, "task", "b", NULL), 3);
    metrics_block_free(one);
    one = NULL;
    cr_assert(strstr(scrape(), "leat_records_total{task=\"a\"} 2\n"));
    cr_assert(strstr(out.data, "leat_records_total{task=\"b\"} 3\n"));
}

Test(metrics, a_page_beyond_its_limit_is_an_error)
{
    struct buffer small;

    metric_new(one, &records, NULL);
    buffer_init(&small, 20);
    cr_assert_eq(metrics_write(metrics, &small), LEAT_E_LIMIT);
    buffer_free(&small);
}

Test(metrics, knows_this_process)
{
    const char *text;

    metrics_sample_process(metrics);
    text = scrape();
    for (const char *const *name =
             (const char *const[]){ "\nprocess_cpu_seconds_total ", "\nprocess_open_fds ",
                                    "\nprocess_resident_memory_bytes ",
                                    "\nprocess_start_time_seconds ", NULL };
         *name; name++) {
        const char *line = strstr(text, *name);

        cr_assert(line, "%s", *name);
        cr_assert_gt(strtod(line + strlen(*name), NULL), 0, "%s", *name);
    }
}

enum { COUNTS = 200000 };

static void *count_up(void *user)
{
    struct metrics_block *block = user;
    struct metric *count = metric_new(block, &records, "task", "shared", NULL);
    struct metric *time = metric_new(block, &commits, "task", "shared", NULL);

    for (int i = 0; i < COUNTS; i++) {
        metric_add(count, 1);
        metric_observe(time, i);
        if (i % 1000 == 0)
            metric_free(metric_new(block, &lag, "task", "passing", NULL));
    }
    return NULL;
}

Test(metrics, threads_count_while_others_scrape)
{
    pthread_t threads[2];

    cr_assert(!pthread_create(&threads[0], NULL, count_up, one));
    cr_assert(!pthread_create(&threads[1], NULL, count_up, two));
    for (int i = 0; i < 200; i++)
        scrape();
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    cr_assert(strstr(scrape(), "leat_records_total{task=\"shared\"} 400000\n"), "%s", out.data);
    cr_assert(strstr(out.data, "leat_commit_seconds_count{task=\"shared\"} 400000\n"));
}
