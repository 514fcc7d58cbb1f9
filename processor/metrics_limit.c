/* metrics_limit.c - how much memory this process may have: the least limit of the cgroups that it
 * is in, or the machine's memory.
 */
#include "processor/metrics.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t machine_bytes(void)
{
    return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

/* "max", or no such file: no limit. */
static int64_t read_limit(const char *root, const char *group, const char *name)
{
    char path[PATH_MAX];
    long long bytes = INT64_MAX;
    FILE *file;

    if (snprintf(path, sizeof path, "%s%s/%s", root, group, name) >= (int)sizeof path)
        return INT64_MAX;
    file = fopen(path, "re");
    if (!file)
        return INT64_MAX;
    if (fscanf(file, "%lld", &bytes) != 1)
        bytes = INT64_MAX;
    fclose(file);
    return bytes;
}

/* A group's limit holds for all below it: up to the root, whose name is empty. */
static int64_t least_limit(const char *root, char *group, const char *name)
{
    int64_t least = INT64_MAX;
    char *slash;

    do {
        int64_t one = read_limit(root, group, name);

        least = one < least ? one : least;
        slash = strrchr(group, '/');
        if (slash)
            *slash = '\0';
    } while (slash);
    return least;
}

/* A line of /proc/self/cgroup: 0::/group, or 4:memory:/group where there are several trees. */
static int64_t line_limit(char *line)
{
    char *kind = strchr(line, ':'), *group = kind ? strchr(kind + 1, ':') : NULL;

    if (!group)
        return INT64_MAX;
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    if (!strcmp(kind, ":"))
        return least_limit("/sys/fs/cgroup", group, "memory.max");
    if (!strcmp(kind, ":memory"))
        return least_limit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
    return INT64_MAX;
}

static int64_t limit_bytes(void *user)
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    int64_t least = machine_bytes();
    char line[PATH_MAX + 64];

    while (file && fgets(line, sizeof line, file)) {
        int64_t one = line_limit(line);

        least = one < least ? one : least;
    }
    if (file)
        fclose(file);
    return least;
}

void metrics_sample_limit(struct metrics *metrics)
{
    static const struct metric_family family = {
        "leat_memory_limit_bytes",
        "What the process may have: its cgroup's limit, or the machine's memory.", METRIC_GAUGE
    };

    metrics_sample(metrics, &family, limit_bytes, NULL);
}
