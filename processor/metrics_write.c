/* metrics_write.c - all series in Prometheus' text format, version 0.0.4.
 *
 * Series are sorted by family and labels; those that are equal, one from each thread, become one
 * line. The lock is held while they are read, so nothing is freed under the reader; threads go on
 * counting.
 */
#include "processor/metrics_list.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct metric *one = *(const struct metric *const *)a;
    const struct metric *two = *(const struct metric *const *)b;
    int order = strcmp(one->family->name, two->family->name);

    return order ? order : strcmp(one->labels, two->labels);
}

static size_t gather(const struct metrics *metrics, const struct metric **list)
{
    size_t count = 0;

    for (const struct metric *at = metrics->retired.series; at; at = at->next)
        list[count++] = at;
    for (const struct metrics_block *block = metrics->blocks; block; block = block->next)
        for (const struct metric *at = block->series; at; at = at->next)
            list[count++] = at;
    assert(count == metrics->series_count);
    return count;
}

static double shown(const struct metric_family *family, int64_t value)
{
    return (double)value * (family->scale != 0 ? family->scale : 1);
}

/* Whole numbers stay whole: %g would round a count of more than six digits. */
static int write_number(struct buffer *out, const struct metric_family *family, int64_t value)
{
    if (family->scale == 0)
        return buffer_format(out, "%lld\n", (long long)value);
    return buffer_format(out, "%.15g\n", shown(family, value));
}

/* HELP escapes backslash and line feed; ours are one line each, and the names are ours. */
static int write_head(struct buffer *out, const struct metric_family *family)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };

    assert(!strpbrk(family->help, "\\\n"));
    return buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                         family->name, kinds[family->kind]);
}

static int write_plain(struct buffer *out, const struct metric_family *family, const char *suffix,
                       const char *labels, int64_t value)
{
    const char *open = *labels ? "{" : "", *close = *labels ? "}" : "";
    int code = buffer_format(out, "%s%s%s%s%s ", family->name, suffix, open, labels, close);

    return code ? code : write_number(out, family, value);
}

static int write_bucket(struct buffer *out, const struct metric *series, size_t at, int64_t count)
{
    const struct metric_family *family = series->family;
    const char *comma = *series->labels ? "," : "";

    if (at == family->bound_count)
        return buffer_format(out, "%s_bucket{%s%sle=\"+Inf\"} %lld\n", family->name, series->labels,
                             comma, (long long)count);
    return buffer_format(out, "%s_bucket{%s%sle=\"%.15g\"} %lld\n", family->name, series->labels,
                         comma, shown(family, family->bounds[at]), (long long)count);
}

/* Buckets hold what fell into each; what is shown is what fell into it or a lower one. */
static int write_histogram(struct buffer *out, const struct metric *const *equal, size_t count)
{
    const struct metric_family *family = equal[0]->family;
    const char *labels = equal[0]->labels;
    const char *open = *labels ? "{" : "", *close = *labels ? "}" : "";
    int64_t below = 0, sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += metric_value(equal[i]);
    for (size_t at = 0; at <= family->bound_count; at++) {
        for (size_t i = 0; i < count; i++)
            below += atomic_load_explicit(&equal[i]->buckets[at], memory_order_relaxed);
        if (write_bucket(out, equal[0], at, below))
            return LEAT_E_LIMIT;
    }
    if (write_plain(out, family, "_sum", labels, sum))
        return LEAT_E_LIMIT;
    return buffer_format(out, "%s_count%s%s%s %lld\n", family->name, open, labels, close,
                         (long long)below);
}

static int write_equal(struct buffer *out, const struct metric *const *equal, size_t count)
{
    int64_t sum = 0;

    if (equal[0]->family->kind == METRIC_HISTOGRAM)
        return write_histogram(out, equal, count);
    for (size_t i = 0; i < count; i++)
        sum += metric_value(equal[i]);
    return write_plain(out, equal[0]->family, "", equal[0]->labels, sum);
}

static int write_list(struct buffer *out, const struct metric *const *list, size_t count)
{
    int code = LEAT_OK;

    for (size_t from = 0, to; from < count && !code; from = to) {
        if (!from || strcmp(list[from]->family->name, list[from - 1]->family->name))
            code = write_head(out, list[from]->family);
        for (to = from + 1; to < count && !compare(&list[from], &list[to]);)
            to++;
        if (!code)
            code = write_equal(out, list + from, to - from);
    }
    return code;
}

static int write_sampled(struct buffer *out, const struct metrics_sampled *sampled)
{
    int code = LEAT_OK;

    for (; sampled && !code; sampled = sampled->next) {
        code = write_head(out, sampled->family);
        if (!code)
            code = write_plain(out, sampled->family, "", "", sampled->sample(sampled->user));
    }
    return code;
}

int metrics_write(struct metrics *metrics, struct buffer *out)
{
    const struct metric **list;
    size_t count;
    int code;

    pthread_mutex_lock(&metrics->lock);
    list = memory_array(metrics->series_count, sizeof *list);
    count = gather(metrics, list);
    qsort(list, count, sizeof *list, compare);
    code = write_list(out, list, count);
    if (!code)
        code = write_sampled(out, metrics->sampled);
    pthread_mutex_unlock(&metrics->lock);
    memory_free(list);
    return code;
}
