/* metrics_process.c - what the kernel says of this process. */
#include "processor/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int64_t cpu_us(void *user)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage))
        return 0;
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int64_t resident_bytes(void *user)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long long pages = 0;

    if (file && fscanf(file, "%*s %lld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static int64_t open_files(void *user)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = -3; /* itself, "." and ".." */

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count > 0 ? count : 0;
}

/* The process's own, to within what happened before the metrics were made. */
static int64_t start_ms(void *user)
{
    struct timespec wall, cpu;
    char line[1024];
    unsigned long long ticks = 0;
    FILE *file = fopen("/proc/self/stat", "re");
    const char *behind = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;

    if (file)
        fclose(file);
    if (!behind || sscanf(behind + 1,
                          " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
                          " %*s %*s %*s %*s %*s %llu",
                          &ticks) != 1)
        return 0;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &cpu);
    return (int64_t)(wall.tv_sec - cpu.tv_sec) * 1000 + (wall.tv_nsec - cpu.tv_nsec) / 1000000 +
           (int64_t)(ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

void metrics_sample_process(struct metrics *metrics)
{
    static const struct metric_family families[] = {
        { "process_cpu_seconds_total", "CPU time of all threads.", METRIC_COUNTER, 1e-6 },
        { "process_resident_memory_bytes", "Memory that is in RAM.", METRIC_GAUGE },
        { "process_open_fds", "Open files and sockets.", METRIC_GAUGE },
        { "process_start_time_seconds", "When the process began, since 1970.", METRIC_GAUGE, 1e-3 },
    };

    metrics_sample(metrics, &families[0], cpu_us, NULL);
    metrics_sample(metrics, &families[1], resident_bytes, NULL);
    metrics_sample(metrics, &families[2], open_files, NULL);
    metrics_sample(metrics, &families[3], start_ms, NULL);
}
