/* logline.c - one line an event, written with one call so that threads do not mix. */
#include "base/logline.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int threshold = LOG_LEVEL_INFO;

void logline_set_level(enum logline_level level)
{
    atomic_store(&threshold, (int)level);
}

static int stamp(char *line, size_t size, enum logline_level level, const char *event)
{
    static const char *const names[] = { "ERROR", "WARN", "INFO", "DEBUG" };
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    return snprintf(line, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s ", utc.tm_year + 1900,
                    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                    now.tv_nsec / 1000000, names[level], event);
}

void logline(enum logline_level level, const char *event, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    int length, more;

    if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    length = stamp(line, sizeof line - 1, level, event);
    va_start(arguments, format);
    more = vsnprintf(line + length, sizeof line - 1 - (size_t)length, format, arguments);
    va_end(arguments);
    length += more < 0 ? 0 : more;
    if (length > (int)sizeof line - 2)
        length = (int)sizeof line - 2;
    for (int i = 0; i < length; i++)
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = ' ';
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)length) < 0)
        return;
}
