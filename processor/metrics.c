/* metrics.c - blocks, series, and counting.
 *
 * See also: metrics_write.c (Prometheus' text format), metrics_process.c (this process)
 */
#include "processor/metrics_list.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

struct metrics *metrics_new(void)
{
    struct metrics *metrics = memory_new(sizeof *metrics);

    pthread_mutex_init(&metrics->lock, NULL);
    metrics->retired.metrics = metrics;
    return metrics;
}

static void free_series(struct metric *series)
{
    memory_free(series->labels);
    memory_free(series->buckets);
    memory_free(series);
}

static void free_list(struct metric *series)
{
    while (series) {
        struct metric *next = series->next;

        free_series(series);
        series = next;
    }
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    assert(!metrics->blocks);
    free_list(metrics->retired.series);
    while (metrics->sampled) {
        struct metrics_sampled *next = metrics->sampled->next;

        memory_free(metrics->sampled);
        metrics->sampled = next;
    }
    pthread_mutex_destroy(&metrics->lock);
    memory_free(metrics);
}

struct metrics_block *metrics_block_new(struct metrics *metrics)
{
    struct metrics_block *block = memory_new(sizeof *block);

    block->metrics = metrics;
    pthread_mutex_lock(&metrics->lock);
    block->next = metrics->blocks;
    metrics->blocks = block;
    pthread_mutex_unlock(&metrics->lock);
    return block;
}

/* ---- series ------------------------------------------------------------------------------- */

/* Prometheus' escapes: backslash, quote and line feed. */
static void add_escaped(struct buffer *out, const char *text)
{
    int code = LEAT_OK;

    for (; *text && !code; text++) {
        if (*text == '\n')
            code = buffer_text(out, "\\n");
        else if (*text == '"' || *text == '\\')
            code = buffer_format(out, "\\%c", *text);
        else
            code = buffer_add(out, text, 1);
    }
    assert(!code);
}

static char *labels_text(va_list arguments)
{
    struct buffer text;
    const char *name;
    char *labels;

    buffer_init(&text, 1 << 20);
    while ((name = va_arg(arguments, const char *))) {
        int code = buffer_format(&text, "%s%s=\"", text.size ? "," : "", name);

        assert(!code);
        add_escaped(&text, va_arg(arguments, const char *));
        code = buffer_text(&text, "\"");
        assert(!code);
    }
    labels = memory_format("%.*s", (int)text.size, text.data ? text.data : "");
    buffer_free(&text);
    return labels;
}

/* Under the lock. */
static void link_series(struct metrics_block *block, struct metric *series)
{
    assert(block->metrics->series_count < LIMIT_METRIC_SERIES);
    block->metrics->series_count++;
    series->block = block;
    series->next = block->series;
    block->series = series;
}

/* Under the lock. */
static void unlink_series(struct metric *series)
{
    struct metric **link = &series->block->series;

    while (*link != series)
        link = &(*link)->next;
    *link = series->next;
    series->block->metrics->series_count--;
}

struct metric *metric_new(struct metrics_block *block, const struct metric_family *family, ...)
{
    struct metric *series = memory_new(sizeof *series);
    va_list arguments;

    assert(family->bound_count <= METRIC_BUCKETS_MAX);
    va_start(arguments, family);
    series->labels = labels_text(arguments);
    va_end(arguments);
    series->family = family;
    if (family->kind == METRIC_HISTOGRAM)
        series->buckets = memory_array(family->bound_count + 1, sizeof *series->buckets);
    pthread_mutex_lock(&block->metrics->lock);
    link_series(block, series);
    pthread_mutex_unlock(&block->metrics->lock);
    return series;
}

void metric_observe_many(struct metric *metric, int64_t value, int64_t times)
{
    const struct metric_family *family = metric->family;
    size_t at = 0;

    assert(family->kind == METRIC_HISTOGRAM);
    while (at < family->bound_count && value > family->bounds[at])
        at++;
    metric_bump(&metric->buckets[at], times);
    metric_bump(&metric->value, value * times);
}

void metric_observe(struct metric *metric, int64_t value)
{
    metric_observe_many(metric, value, 1);
}

/* ---- freeing without losing what was counted ---------------------------------------------- */

static bool is_same(const struct metric *a, const struct metric *b)
{
    return a->family == b->family && !strcmp(a->labels, b->labels);
}

static void add_to(struct metric *sum, const struct metric *series)
{
    metric_bump(&sum->value, metric_value(series));
    for (size_t i = 0; series->buckets && i <= series->family->bound_count; i++)
        metric_bump(&sum->buckets[i],
                    atomic_load_explicit(&series->buckets[i], memory_order_relaxed));
}

/* Under the lock. A counter that fell would look like a restart. */
static void retire(struct metric *series)
{
    struct metrics_block *retired = &series->block->metrics->retired;
    struct metric *sum = retired->series;

    unlink_series(series);
    if (series->family->kind == METRIC_GAUGE) {
        free_series(series);
        return;
    }
    while (sum && !is_same(sum, series))
        sum = sum->next;
    if (sum) {
        add_to(sum, series);
        free_series(series);
    } else {
        link_series(retired, series);
    }
}

void metric_free(struct metric *metric)
{
    struct metrics *metrics;

    if (!metric)
        return;
    metrics = metric->block->metrics;
    pthread_mutex_lock(&metrics->lock);
    retire(metric);
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_block_free(struct metrics_block *block)
{
    struct metrics_block **link;
    struct metrics *metrics;

    if (!block)
        return;
    metrics = block->metrics;
    pthread_mutex_lock(&metrics->lock);
    while (block->series)
        retire(block->series);
    for (link = &metrics->blocks; *link != block;)
        link = &(*link)->next;
    *link = block->next;
    pthread_mutex_unlock(&metrics->lock);
    memory_free(block);
}

void metrics_sample(struct metrics *metrics, const struct metric_family *family,
                    int64_t (*sample)(void *user), void *user)
{
    struct metrics_sampled *sampled = memory_new(sizeof *sampled);

    assert(family->kind != METRIC_HISTOGRAM);
    *sampled = (struct metrics_sampled){ family, sample, user, NULL };
    pthread_mutex_lock(&metrics->lock);
    sampled->next = metrics->sampled;
    metrics->sampled = sampled;
    pthread_mutex_unlock(&metrics->lock);
}
